"""Measure .map: one C function over a million elements."""
import array
import ctypes
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, running
from benchmarks.peers import ctypes_, libffi_
from benchmarks.timing import Candidate, Row

NAME = "bulk"
COUNT = 1_000_000


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    x = array.array("d", range(COUNT))
    n = array.array("i", range(COUNT))
    library = ctypes.CDLL(building.bench_library())
    half = ctypes_.function(library, "half", ctypes.c_double, ctypes.c_double)
    add = ctypes_.function(library, "add", ctypes.c_int, ctypes.c_int, ctypes.c_int)
    doubles = Row("double f(double) over 1,000,000 doubles", unroll=1, rounds=0.25,
                  check=lambda v: v[3] == 1.5 and len(v) == COUNT)
    ints = Row("int add(int, int), one argument broadcast", unroll=1, rounds=0.25,
               check=lambda v: v[3] == 10 and len(v) == COUNT)
    side = range(1000)
    row, column = memoryview(array.array("i", side)), memoryview(array.array("i", side)).cast("B").cast("i", (1000, 1))
    table = memoryview(array.array("i", n)).cast("B").cast("i", (1000, 1000))
    tables = Row("int add(int, int), a column of 1,000 and a row of 1,000", unroll=1, rounds=0.25,
                 check=lambda v: v[3, 4] == 7 and v.nbytes == 4 * COUNT)
    try:
        loops = building.floor_map()
    except building.Missing as error:
        notice(f"loops around libffi skipped: {error}")
    else:
        doubles.floors = ("C loop around ffi_call", "compiled C loop")
        for name, title in (("ffi_call_loop", "C loop around ffi_call"),
                            ("ffi_plan_loop", "C loop around a call plan"),
                            ("compiled_loop", "compiled C loop")):
            if hasattr(loops, name):
                doubles.candidates.append(over(title, "(f(x, y), y)[1]", f=getattr(loops, name),
                                               x=x, y=array.array("d", x)))
        ints.floors = tables.floors = ("compiled C loop",)
        ints.candidates.append(over("compiled C loop", "(f(n, seven, m), m)[1]", f=loops.compiled_broadcast, n=n,
                                    seven=array.array("i", [7]), m=array.array("i", n)))
        tables.candidates.append(over("compiled C loop", "(f(a, b, m), m)[1]", f=loops.compiled_broadcast,
                                      a=column, b=row, m=table))
    doubles.candidates.append(over("ctypes, list comprehension", "[f(v) for v in x]", f=half, x=x))
    ints.candidates.append(over("ctypes, list comprehension", "[f(v, 7) for v in n]", f=add, n=n))
    try:
        building.package_folder("libffi")
    except building.Missing as error:
        notice(f"libffi skipped: {error}")
    else:
        library, c = libffi_.opened()
        half = library.function("half", c.double, [c.double])
        add = library.function("add", c.int, [c.int, c.int])
        doubles.candidates.append(over("libffi .map", "(f.map(x, out=y), y)[1]", f=half, x=x,
                                       y=array.array("d", x)))
        ints.candidates.append(over("libffi .map", "(f.map(n, 7, out=m), m)[1]", f=add, n=n,
                                    m=array.array("i", n)))
        tables.candidates.append(over("libffi .map", "(f.map(a, b, out=m), m)[1]", f=add, a=column, b=row, m=table))
    return {"doubles": doubles, "broadcast": ints, "table": tables}


def over(name, expression, **names):
    """Make a candidate that does the whole array at once."""
    return Candidate(name, expression, names, operations=COUNT)


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
