"""Build the shim of a generated module with a package: for its setup.py.

    from libffi import shim
    from setuptools import setup

    setup(packages=["pane"], ext_modules=[shim.extension("pane.zlib_c", libraries=["z"])])

builds `pane/zlib_c_shim.c`, which `python -m libffi bindgen --shim` wrote, to where `pane/zlib_c.py` looks for it.
"""
import importlib
import os
from collections.abc import Iterable
from typing import Any

__all__ = ["extension"]


def extension(
    module: str, *, folder: str | os.PathLike[str] = "", libraries: Iterable[str] = (), **options: Any
) -> Any:
    """Return the setuptools Extension of a module's shim.

    The module is named with its package; `folder` is where packages begin, such as "src". The libraries are those
    that the shim calls; other options are the Extension's own, such as include_dirs. There is nothing of Python in a
    shim, so one that is built with any version is for all.
    """
    options.setdefault("py_limited_api", True)
    extension_class: Any = importlib.import_module("setuptools").Extension
    source = os.path.join(folder, *module.split(".")) + "_shim.c"
    return extension_class(f"{module}_shim", [source], libraries=list(libraries), **options)
