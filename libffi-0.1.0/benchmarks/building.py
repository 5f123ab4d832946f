"""Build the C side once, into _build: the functions that are called, the floor, the peers."""
import importlib.util
import os
import shlex
import subprocess
import sys
import sysconfig
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = HERE / "c"
BUILD = HERE / "_build" / sys.implementation.cache_tag
DECLARATIONS = (SOURCES / "bench.h").read_text()
MANY = 30           # take0 ... take30: a function for every number of arguments

CC = shlex.split(os.environ.get("CC", "cc"))
CXX = shlex.split(os.environ.get("CXX", "c++"))
FLAGS = ["-O2", "-fPIC", "-shared", "-DNDEBUG", "-fwrapv", "-fvisibility=hidden"]
INCLUDES = [f"-I{SOURCES}", f"-I{sysconfig.get_path('include')}"]
LINK = [f"-L{BUILD}", "-lbench", f"-Wl,-rpath,{BUILD}"]


class Missing(Exception):
    """A candidate can't be measured here; the message says why."""


def many_arguments():
    """Declare int takeN(int, ...) for every N; cffi reads it too."""
    lists = [", ".join(f"int a{i}" for i in range(n)) or "void" for n in range(MANY + 1)]
    return "".join(f"int take{n}({arguments});\n" for n, arguments in enumerate(lists))


def bench_library():
    """The shared library whose functions everybody calls."""
    many = BUILD / "many.c"
    target = BUILD / "libbench.so"
    BUILD.mkdir(parents=True, exist_ok=True)
    many.write_text("".join(line.replace(";", " { return 1; }\n")
                            for line in many_arguments().splitlines()))
    flags = [flag for flag in FLAGS if "visibility" not in flag]
    return compiled(target, [*CC, *flags, "-pthread", SOURCES / "bench.c", many], ["bench.c"])


def extension(name, *options, sources=None, compiler=CC, libraries=()):
    """Import an extension module, built first where it is missing or older than its source."""
    bench_library()
    files = [SOURCES / f"{name}.c"] if sources is None else sources
    target = BUILD / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = [*compiler, *FLAGS, *INCLUDES, *options, *files]
    compiled(target, command, [*files, SOURCES / "checks.h"], [*LINK, *libraries])
    return imported(name, target)


def compiled(target, command, sources, link=()):
    """Run a compiler unless the target is newer than all it comes from."""
    archives = [library for library in link if str(library).endswith(".a")]
    newest = max((SOURCES / source).stat().st_mtime for source in [*sources, "bench.h", *archives])
    if not target.exists() or target.stat().st_mtime < newest:
        print(f"building {target.name} ...", file=sys.stderr)
        run([*command, *link, "-o", target])
    return target


def run(command):
    """Run a command of a compiler; show what it says only when it fails."""
    try:
        subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise Missing(f"no {command[0]}") from None
    except subprocess.CalledProcessError as error:
        raise Missing(f"{error}\n{error.stderr}") from None


@cache
def imported(name, path):
    """Import a module from a file."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def installed(name):
    """Tell whether a module could be imported."""
    return importlib.util.find_spec(name) is not None


def package_folder(name):
    """Say where an installed package lies; raise Missing without it."""
    if not installed(name):
        raise Missing(f"{name} is not installed")
    return Path(importlib.util.find_spec(name).origin).parent


def floor(release_gil=False):
    """The hand-written extension, with the GIL held or released around each call."""
    if not release_gil:
        return extension("floor_hold", sources=[SOURCES / "floor.c"])
    return extension("floor_release", "-DRELEASE_GIL", sources=[SOURCES / "floor.c"])


def libffi_prefix():
    """Where a static libffi is: LIBFFI_PREFIX, else the last one that setup.py built here; None if nowhere."""
    built = sorted(HERE.parent.glob("build/libffi-*/lib/libffi.a"), key=lambda path: path.stat().st_mtime)
    return os.environ.get("LIBFFI_PREFIX") or (str(built[-1].parents[1]) if built else None)


def floor_map():
    """The loops that .map is compared with, around a static libffi or the system's."""
    prefix = libffi_prefix()
    if prefix:
        return extension("floor_map", f"-I{prefix}/include", libraries=[f"{prefix}/lib/libffi.a"])
    return extension("floor_map", libraries=["-lffi"])


def pybind11():
    """The pybind11 module."""
    return extension("peer_pybind11", "-std=c++17", f"-I{package_folder('pybind11') / 'include'}",
                     compiler=CXX, sources=[SOURCES / "peer_pybind11.cpp"])


def nanobind():
    """The nanobind module, with nanobind's own runtime compiled in."""
    folder = package_folder("nanobind")
    return extension("peer_nanobind", "-std=c++17", "-fno-strict-aliasing",
                     f"-I{folder / 'include'}", f"-I{folder / 'ext/robin_map/include'}",
                     compiler=CXX,
                     sources=[SOURCES / "peer_nanobind.cpp", folder / "src/nb_combined.cpp"])


def cython():
    """The Cython module."""
    package_folder("Cython")
    source = SOURCES / "peer_cython.pyx"
    generated = BUILD / "peer_cython.c"
    bench_library()
    compiled(generated, [sys.executable, "-m", "cython", source], [source])
    return extension("peer_cython", sources=[generated])


def cffi_api():
    """The cffi module of its API mode: the same declarations, through a compiler."""
    package_folder("cffi")
    from cffi import FFI
    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    ffi.cdef("size_t strlen(const char *); int snprintf(char *, size_t, const char *, ...);"
             'extern "Python" int on_pair(int, int);'
             'extern "Python" int compare_pointers(const int *, const int *);')
    ffi.set_source("peer_cffi_api", '#include <stdio.h>\n#include <string.h>\n#include "bench.h"\n')
    BUILD.mkdir(parents=True, exist_ok=True)
    generated = BUILD / "peer_cffi_api.c"
    if not generated.exists() or generated.stat().st_mtime < (SOURCES / "bench.h").stat().st_mtime:
        with redirect_stdout(sys.stderr):
            ffi.emit_c_code(str(generated))
    return extension("peer_cffi_api", sources=[generated])
