"""Measure objects: structs made, read and written, and functions made of an address."""
import ctypes
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, running
from benchmarks.peers import cffi_abi, ctypes_, floor, libffi_
from benchmarks.timing import Candidate, Row

NAME = "objects"
SLOTS = "Python object with __slots__"


class Slots:
    """What plain Python offers for a pair of numbers."""

    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    def is_point(p):
        return (p.x, p.y) == (1.0, 2.0)

    result = {
        "make": Row("make a struct of two doubles", floors=(SLOTS,), check=is_point),
        "named": Row("the same, fields by name", floors=(SLOTS,), check=is_point),
        "class": Row("the same, of a class of one's own", floors=(SLOTS,), check=is_point),
        "new": Row("the same by T.new(), an int among them", floors=(SLOTS,), check=is_point),
        "read": Row("read a field", floors=(SLOTS,), check=lambda v: v == 1.0),
        "write": Row("write a field", floors=(SLOTS,)),
        "function": Row("a function on a known signature"),
        "signature": Row("look up a known signature"),
    }
    for name, peer in ((SLOTS, of_python), (floor.NAME, of_c), ("ctypes", of_ctypes), ("cffi", of_cffi),
                       ("libffi", of_libffi)):
        try:
            ways = peer()
        except building.Missing as error:
            notice(f"{name} skipped: {error}")
            continue
        for key, (expression, names) in ways.items():
            result[key].candidates.append(Candidate(name, expression, names))
    return result


def fields(make, /, **names):
    """Spell what is done with a struct, given how one is made."""
    p = eval(make, dict(names))
    named = make.replace("(1.0, 2.0)", "(x=1.0, y=2.0)")
    mixed = named.replace("1.0", "1")
    return {"make": (make, names), "named": (named, names), "class": (named, names), "new": (mixed, names),
            "read": ("p.x", {"p": p}), "write": ("p.x = 1.0", {"p": p})}


def of_python():
    """Spell it for a Python class."""
    return fields("make(1.0, 2.0)", make=Slots)


def of_c():
    """Spell it for a type written in C, whose fields are C doubles as well."""
    ways = fields("make(1.0, 2.0)", make=building.floor().Point)
    del ways["named"], ways["class"], ways["new"]
    return ways


def of_ctypes():
    """Spell it for ctypes."""
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)
    library = ctypes.CDLL(building.bench_library())
    address = ctypes.cast(library.add, ctypes.c_void_p).value
    return {**fields("make(1.0, 2.0)", make=ctypes_.Point),
            "function": ("make(address)", {"make": prototype, "address": address}),
            "signature": ("make(i, i, i)", {"make": ctypes.CFUNCTYPE, "i": ctypes.c_int})}


def of_cffi():
    """Spell it for cffi."""
    ffi, lib = cffi_abi.opened()
    address = int(ffi.cast("intptr_t", ffi.addressof(lib, "add")))
    struct = {"make": ffi.new, "point": ffi.typeof("point *")}
    named = "make(point, {'x': 1.0, 'y': 2.0})", struct
    return {**fields("make(point, (1.0, 2.0))", **struct), "named": named, "class": named, "new": named,
            "function": ("cast(pair, address)",
                         {"cast": ffi.cast, "pair": ffi.typeof("int(*)(int, int)"),
                          "address": address}),
            "signature": ("find('int(*)(int, int)')", {"find": ffi.typeof})}


def of_libffi():
    """Spell it for this package."""
    building.package_folder("libffi")
    library, c = libffi_.opened()
    from libffi import CIF
    point = c.struct("point", x=c.double, y=c.double)

    @c.struct
    class Point:
        x: float
        y: float

    return {**fields("make(1.0, 2.0)", make=point), "class": ("make(x=1.0, y=2.0)", {"make": Point}),
            "new": ("T.new(x=1, y=2.0)", {"T": point}),
            "function": ("bind(address)", {"bind": CIF(c.int, [c.int, c.int]).bind,
                                           "address": library.symbol("add")}),
            "signature": ("CIF(i, (i, i))", {"CIF": CIF, "i": c.int})}


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
