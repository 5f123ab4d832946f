"""What type checkers see of a generated module."""
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


def complaints(folder, program):
    """Return the numbers of the lines that mypy complains of."""
    pytest.importorskip("mypy")
    (folder / "program.py").write_text(program)
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir",
                           str(folder / "cache"), "program.py", "shapes_c.pyi"],
                          cwd=folder, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout


def test_right_programs_pass(folder):
    assert complaints(folder, PROGRAM) == ""


def test_wrong_lines_are_errors(folder):
    said = complaints(folder, PROGRAM + WRONG)
    first = PROGRAM.count("\n") + 1
    wrong = {first + number for number in range(1, WRONG.count("\n"))}
    assert {int(line.split(":")[1]) for line in said.splitlines() if ": error: " in line} == wrong, said
