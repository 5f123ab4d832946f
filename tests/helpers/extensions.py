"""Extension modules for the tests of the C API, compiled against the installed package."""
from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from types import ModuleType

import pytest
from helpers.compilers import compiler_words

import libffi

SOURCES = Path(__file__).parents[1] / "c" / "capi"
STRICT = ["-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-pthread"]
LIBRARIES = [f"-L{sys.base_prefix}/libs", f"-lpython{sys.version_info[0]}{sys.version_info[1]}"] \
    if sys.platform == "win32" else []      # elsewhere the program has what is asked for
# What Cython writes is not ours; new CPythons add slots at the end of a type.
GENERATED = ["-Wno-unused-function", "-Wno-unused-parameter", "-Wno-missing-field-initializers"]


def compiler(variable: str, default: str) -> list[str]:
    found = compiler_words(variable, default)
    if not found or not Path(sysconfig.get_path("include"), "Python.h").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"needs {default} and Python.h")
    return found


def compile_files(target: Path, sources: list[Path], *flags: str, cxx: bool = False) -> None:
    """Compile and link in one step, moved into place: xdist's workers may race."""
    partial = target.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    command = [*(compiler("CXX", "c++") if cxx else compiler("CC", "cc")), *STRICT, *flags,
               f"-I{sysconfig.get_path('include')}", f"-I{libffi.get_include()}", "-o", partial, *sources,
               *LIBRARIES]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    partial.replace(target)


def load(name: str, path: Path) -> ModuleType:
    """Import a module from a file, anew each time, whatever its suffix."""
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(folder: Path, name: str, *flags: str, cxx: bool = False) -> Path:
    """Build capi_c.c under a name of its own."""
    target = folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not target.exists():
        compile_files(target, [SOURCES / "capi_c.c"], f"-DMODULE={name}", *flags, cxx=cxx)
    return target


def build_cython(folder: Path, name: str) -> Path:
    """Build a Cython module, which finds the package's declarations by the package's name."""
    pytest.importorskip("Cython")
    target = folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    generated = folder / f"{name}.{os.getpid()}.{threading.get_ident()}.c"
    if target.exists():
        return target
    # A checkout that was built in place has the declarations elsewhere; an installed package must not need it.
    installed = (Path(libffi.__file__).parent / "__init__.pxd").exists()
    include = [] if installed else ["-I", libffi.get_include()]
    command = [sys.executable, "-m", "cython", "--module-name", name, *include, "-o", generated,
               SOURCES / f"{name}.pyx"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    compile_files(target, [generated], *GENERATED)
    return target
