"""Make Python modules of C headers: what `python -m libffi bindgen` does, for build scripts.

    module = bindgen.generate(["zlib.h"], libraries=["z"], match="crc32.*|Z_.*")
    module.write("zlib_c.py")

It writes the module and its `.pyi`; `module.left_out` says what is not in it, and why.
"""
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from libffi._bindgen.errors import BindgenError
from libffi._bindgen.generate import Module, Request
from libffi._bindgen.generate import generate as _generate

__all__ = ["BindgenError", "Module", "generate"]


def generate(
    headers: Iterable[str | os.PathLike[str]],
    *,
    libraries: Iterable[str | None] = (),
    pkg_config: Iterable[str] = (),
    cc: str | None = None,
    flags: Iterable[str] = (),
    match: str | None = None,
    skip: str | None = None,
    files: Iterable[str] = (),
    rename: Mapping[str, str] | None = None,
    shim: str | None = None,
    command: str = "",
    progress: Callable[[str], None] = lambda step: None,
) -> Module:
    """Return the module of some headers.

    The options are those of the command: `files` are the patterns of --from, `flags` go to the compiler,
    None among the libraries is the process itself. `shim` is the name of the shim's library, `NAME_shim` for a
    module NAME, which `write()` compiles. `command` is what the module's first lines say that made it.
    """
    return _generate(Request(
        headers=tuple(os.fspath(header) for header in headers), libraries=tuple(libraries),
        pkg_config=tuple(pkg_config), cc=cc, flags=tuple(flags), match=match, skip=skip, files=tuple(files),
        rename=tuple((rename or {}).items()), shim=shim, command=command), progress)
