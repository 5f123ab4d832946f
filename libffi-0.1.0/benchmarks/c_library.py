"""Measure calls of the C library, next to ctypes: nothing is compiled, and no NumPy is needed, as under Wine."""
import ctypes
import sys
from ctypes import POINTER, c_char_p, c_double, c_int, c_size_t, c_void_p
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import report, timing
from benchmarks.timing import Candidate, Row

NAME = "c_library"
ROUNDS = 15
TITLES = {"abs": "int abs(int)", "ldexp": "double ldexp(double, int)", "strlen": "size_t strlen(bytes)",
          "qsort": "qsort of 100 ints, compared in Python"}


def spell_ctypes(path):
    """Spell the calls with ctypes."""
    library = ctypes.CDLL(path)
    types = {"abs": (c_int, c_int), "ldexp": (c_double, c_double, c_int), "strlen": (c_size_t, c_char_p),
             "qsort": (None, c_void_p, c_size_t, c_size_t, c_void_p)}
    functions = {}
    for name, (result, *arguments) in types.items():
        functions[name] = library[name]
        functions[name].restype, functions[name].argtypes = result, arguments
    callback = ctypes.CFUNCTYPE(c_int, *[POINTER(c_int)] * 2)(compare)
    return functions, (c_int * 100)(*range(100)), callback


def spell_libffi(path):
    """Spell the calls with this package."""
    from libffi import Library, c, closure

    library, integer = Library(path), c.ptr(c.int)
    types = {"abs": (c.int, c.int), "ldexp": (c.double, c.double, c.int), "strlen": (c.size_t, c.bytes),
             "qsort": (c.void, c.pointer, c.size_t, c.size_t, c.pointer)}
    functions = {name: library.function(name, result, arguments) for name, (result, *arguments) in types.items()}
    return functions, c.array(c.int, 100).new(range(100)), closure(c.int, [integer, integer])(compare)


def compare(a, b):
    """Compare two ints behind pointers, like a comparator in C."""
    return a[0] - b[0]


def rows(path):
    """Make the rows."""
    made = {key: Row(title, floors=("ctypes",)) for key, title in TITLES.items()}
    for name, spell in ("ctypes", spell_ctypes), ("libffi", spell_libffi):
        functions, numbers, callback = spell(path)
        expressions = {"abs": "f(-42)", "ldexp": "f(1.5, 4)", "strlen": "f(b'hello, world')",
                       "qsort": "f(numbers, 100, 4, callback)"}
        for key, expression in expressions.items():
            names = {"f": functions[key], "numbers": numbers, "callback": callback}
            made[key].candidates.append(Candidate(name, expression, names))
    return made


def main():
    """Measure them and print the tables."""
    path = "ucrtbase.dll" if sys.platform == "win32" else None
    measured = {key: {"title": row.title, "floors": row.floors, "candidates": timing.measure(row, ROUNDS)}
                for key, row in rows(path).items()}
    print(report.suite(NAME, measured))


if __name__ == "__main__":
    main()
