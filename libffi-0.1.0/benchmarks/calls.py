"""Measure calls: twelve signatures, hand-written C as the floor."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import running
from benchmarks.peers import (
    cffi_abi,
    cffi_api,
    ctypes_,
    cython_,
    fill,
    floor,
    libffi_,
    nanobind_,
    pybind11_,
)
from benchmarks.timing import Row

NAME = "calls"
FLOORS = (floor.NAME, floor.RELEASED)
PEERS = (floor, libffi_, ctypes_, cffi_abi, cffi_api, pybind11_, nanobind_, cython_)

# key: (title, is the value right?)
SIGNATURES = {
    "add": ("int add(int, int)", lambda v: v == 42),
    "half": ("double f(double)", lambda v: v == 0.75),
    "strlen": ("size_t strlen(bytes)", lambda v: v == 12),
    "nop": ("void nop(void)", lambda v: v is None),
    "six": ("6 ints", lambda v: v == 21),
    "mixed": ("8 mixed ints and doubles", lambda v: v == 38.0),
    "turn": ("struct by value, in and out", lambda v: (v.x, v.y) == (-2.0, 1.0)),
    "total": ("NumPy array to double *", lambda v: v == 10.0),
    "poke": ("bytearray to char *", lambda v: v == 65),
    "snprintf": ("variadic snprintf", lambda v: v == 2),
    "greeting": ("returns str", lambda v: v == "good evening"),
    "divide": ("out parameter", lambda v: tuple(v) == (3, 2)),
}


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    empty = {key: Row(title, floors=FLOORS, check=check)
             for key, (title, check) in SIGNATURES.items()}
    return fill(empty, PEERS, "calls", notice)


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
