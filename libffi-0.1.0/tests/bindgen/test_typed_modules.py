"""What type checkers see of a generated module."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from libffi import bindgen

HERE = Path(__file__).parent
PROGRAM = """
from typing import assert_type

import shapes_c as s
from libffi import Pointer

shape = s.shape.new(kind=s.SHAPE_SQUARE)
assert_type(shape, s.shape_memory)
assert_type(shape.kind, s.shape_kind | int)
assert_type(shape.next, Pointer[s.shape_memory])
assert_type(shape.at.x, int)
assert_type(s.shape_area(shape, 2), float)
assert_type(s.shape_move((1, 2), 3, 4), s.point_memory)
assert_type(s.SHAPE_FILLED, s.shape_flags)
assert_type(s.SHAPES_NONE, Pointer[s.shape_memory])
assert_type(s.SHAPES_NO_NAME, Pointer[bytes])
assert_type(s.SHAPES_DOUBLED(3), int)
assert_type(s.SHAPES_DOUBLED(1.5), float)
assert_type(s.lambda_(s.None_.new(from_=1)), int)
assert_type(s.None_.new().from_, int)
shape.next = None
shape.at = (1, 2)
text: str = s.SHAPES_VERSION
names: str | None = s.shape_names[0]


@s.shape_visitor.closure
def visit(shape: Pointer[s.shape_memory], data: object) -> int:
    return 1


s.shape_visit(shape, visit, None)
s.shape_log("%d", 5)
"""
WRONG = """
s.shape_area("shape", 2)
s.shape_area(shape)
s.shape_area(s.point.new(), 2)
s.shape_visit(shape, 5, None)
s.shape_move((1, 2), "x", 3)
s.SHAPES_DOUBLED("3")
shape.nxt = None
shape.side = "long"
s.no_such_function()
s.shape_visitor.closure(lambda shape: 1)
s.shape_log(5)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, compile_c):
    """A folder with the module and its stub."""
    folder = tmp_path_factory.mktemp("typed")
    bindgen.generate([HERE / "shapes.h"], libraries=[compile_c(HERE / "shapes.c")]).write(folder / "shapes_c.py")
    return folder


@pytest.fixture(params=["mypy", "pyright"])
def complaints(request, folder):
    """Return what a type checker says of a program, by the program's lines."""
    pytest.importorskip(request.param)
    check = {"mypy": mypy, "pyright": pyright}[request.param]

    def complaints_(program):
        path = folder / f"{request.param}_program.py"
        path.write_text(program)
        return check(folder, path.name)

    return complaints_


def mypy(folder, program):
    """Return the errors of mypy --strict in a program and the stub."""
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir",
                           str(folder / "cache"), program, "shapes_c.pyi"],
                          cwd=folder, capture_output=True, text=True, check=False)
    assert not done.stderr
    return [(file, int(line)) for file, line in re.findall(r"^([^:\n]+):(\d+): error: ", done.stdout, re.MULTILINE)]


def pyright(folder, program):
    """Return the errors of pyright in strict mode in a program and the stub."""
    (folder / "pyrightconfig.json").write_text(json.dumps({
        "include": [program, "shapes_c.pyi"], "typeCheckingMode": "strict"}))
    done = subprocess.run([sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
                          cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):     # without Node.js
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"pyright does not run here: {done.stderr[:200]}")
    return [(Path(found["file"]).name, found["range"]["start"]["line"] + 1)
            for found in json.loads(done.stdout)["generalDiagnostics"] if found["severity"] == "error"]


def test_right_programs_pass(complaints):
    assert complaints(PROGRAM) == []


def test_wrong_lines_are_errors(complaints):
    first = PROGRAM.count("\n") + 1
    wrong = {first + number for number in range(1, WRONG.count("\n"))}
    said = complaints(PROGRAM + WRONG)
    assert {line for _, line in said} == wrong and len({file for file, _ in said}) == 1, said
