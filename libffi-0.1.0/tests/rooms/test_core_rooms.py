"""The rooms of the compiled core: each header compiles alone, and what a room uses lies below it."""
from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import libffi

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "tools" / "build"
CORE = ROOT / "_ffi"

pytestmark = [
    pytest.mark.skipif(not CORE.exists(), reason="needs the source tree"),
    pytest.mark.thread_unsafe(reason="starts compilers"),
]

# From the top down: a room uses those that follow it.
ROOMS = ["capi", "module", "closures", "calls", "values", "types", "libffi", "model", "base"]
HEADERS = sorted(path.relative_to(CORE).as_posix() for path in CORE.rglob("*.h"))
CYTHON = sorted(path.relative_to(CORE).as_posix() for path in CORE.glob("*/*.pyx"))
OWN_INCLUDE = re.compile(r'^\s*#\s*include "((?!libffi_config\.h|libffi/libffi_(?:api|module)\.h)[^"]+)"', re.MULTILINE)

# `static` functions and variables of a header are for whoever includes it.
STRICT = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-variable",
          "-Wno-missing-field-initializers"]


def room_of(path: str) -> str:
    return path.split("/")[0]


@pytest.fixture(scope="module")
def compile_header(tmp_path_factory):
    """Return a function that compiles one header by itself; it returns what the compiler says."""
    folder = tmp_path_factory.mktemp("rooms")
    sys.path.insert(0, str(BUILD))
    try:
        from setuptools._distutils.ccompiler import new_compiler
        from setuptools._distutils.sysconfig import customize_compiler

        import find_libffi
        import libffi_config
    finally:
        sys.path.remove(str(BUILD))
    compiler = new_compiler()
    customize_compiler(compiler)
    found = find_libffi.find(compiler, ROOT / "build")
    libffi_config.write(folder / "libffi_config.h", found, compiler)
    folders = [CORE, ROOT / "include", folder, sysconfig.get_path("include"), *found.include_dirs]

    def run(header: str) -> str:
        includes = [f"-I{path}" for path in folders]
        command = [compiler.compiler_so[0], "-x", "c", "-S", "-o", "-", *STRICT, *includes, str(CORE / header)]
        return subprocess.run(command, capture_output=True, text=True).stderr

    return run


# The Windows ones are compiled by tools/windows.py.
@pytest.mark.parametrize("header", [path for path in HEADERS if "/windows/" not in path or sys.platform == "win32"])
def test_header_compiles_alone(compile_header, header):
    assert compile_header(header) == ""


def test_every_file_is_in_a_room():
    assert {room_of(path) for path in HEADERS + CYTHON} - {"core.h"} == set(ROOMS)
    on_top = {path.name for path in CORE.iterdir() if path.is_file()}
    assert on_top == {"_ffi.pyx", "core.h", "core.pxd"}


@pytest.mark.parametrize("header", [path for path in HEADERS if path != "core.h"])
def test_header_includes_rooms_below(header):
    below = ROOMS[ROOMS.index(room_of(header)):]
    included = OWN_INCLUDE.findall((CORE / header).read_text())
    assert [path for path in included if room_of(path) not in below] == []


def test_headers_have_no_circle():
    uses = {header: OWN_INCLUDE.findall((CORE / header).read_text()) for header in HEADERS}
    seen: dict[str, bool] = {}      # header -> is everything that it uses seen, too?

    def visit(header: str, way: list[str]) -> None:
        assert seen.get(header) is not False, [*way, header]
        if header not in seen:
            seen[header] = False
            for used in uses[header]:
                visit(used, [*way, header])
            seen[header] = True

    for header in HEADERS:
        visit(header, [])


def test_core_reaches_every_header():
    reached, left = set(), ["core.h"]
    while left:
        header = left.pop()
        if header not in reached:
            reached.add(header)
            left += OWN_INCLUDE.findall((CORE / header).read_text())
    assert reached == set(HEADERS)


def test_module_includes_every_file():
    included = re.findall(r'^include "([^"]+)"', (CORE / "_ffi.pyx").read_text(), re.MULTILINE)
    assert sorted(path for path in included if path.endswith(".pyx")) == CYTHON


# Methods that are the face of rooms above: what makes memory, pointers and closures of a type or a signature.
FACES = {
    "calls/CIF.pyx": {"closure", "closure_or_decorator"},
    "types/Type.pyx": {
        "check_read", "closure", "foreign", "hold_buffer", "is_const", "known_size", "make_pointer", "make_value",
        "stand_in", "view_memory"},
    "types/constructors.pyx": {"make_value"},
    "types/structs.pyx": {"make_field"},
}


def test_functions_in_cython_lie_below():
    """A function calls those of rooms below it; the classes, which know each other, may be named anywhere."""
    texts = {path: re.sub(r'(?s:""".*?""")|#.*', "", (CORE / path).read_text()) for path in CYTHON}
    homes = {name: path for path, text in texts.items()
             for name in re.findall(r"^c?def (?!class)[^\n=(]*?\b(\w+)\(", text, re.MULTILINE)}
    for path, text in texts.items():
        called = set(re.findall(r"(?<![.\w])(?!__)(\w+)\(", text)) & homes.keys()
        above = {name for name in called if ROOMS.index(room_of(homes[name])) < ROOMS.index(room_of(path))}
        assert above == FACES.get(path, set()), path


def test_core_imports_nothing_of_the_package():
    package = {path.stem for path in (ROOT / "src" / "libffi").iterdir()} | {"libffi"}
    for path in CYTHON:
        imported = re.findall(r"^\s*(?:import|from) ([\w.]+)", (CORE / path).read_text(), re.MULTILINE)
        assert [name for name in imported if name.split(".")[0] in package or name.startswith(".")] == [], path


def test_functions_of_libraries_pickle_through_the_package():
    from libffi import c

    function = libffi.Library("m").function("cos", c.double, [c.double])
    assert function.__reduce__()[0].__module__ == "libffi._library"
