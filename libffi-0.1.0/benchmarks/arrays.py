"""Measure arguments that are NumPy's arrays, checked or not: a sum of four doubles."""
import ctypes
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, running
from benchmarks.peers import ctypes_, libffi_
from benchmarks.timing import Candidate, Row

NAME = "arrays"
CHECKED = "ctypes, numpy.ctypeslib.ndpointer"


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    try:
        import numpy
    except ImportError:
        notice("arrays skipped: no NumPy")
        return {}
    made = {}
    for key, shape, title in ("vector", (4,), "one dimension"), ("matrix", (2, 2), "two dimensions"):
        made[key] = Row(f"double f(double *, size_t), an array of {title}", floors=(CHECKED,), check=lambda v: v == 10)
        a = numpy.array([1.0, 2.0, 3.0, 4.0]).reshape(shape)
        for name, f in functions(notice, len(shape)).items():
            made[key].candidates.append(Candidate(name, "f(a, 4)", {"f": f, "a": a}))
    return made


def functions(notice, ndim):
    """Give the ways to call it with an array."""
    from numpy.ctypeslib import ndpointer

    library = ctypes.CDLL(building.bench_library())
    checked = ndpointer("f8", ndim, flags="C_CONTIGUOUS,ALIGNED,WRITEABLE")
    ways = {CHECKED: ctypes_.function(library, "total", ctypes.c_double, checked, ctypes.c_size_t)}
    try:
        building.package_folder("libffi")
    except building.Missing as error:
        notice(f"libffi skipped: {error}")
        return ways
    library, c = libffi_.opened()
    for title, T in ("c.ndarray", c.ndarray(c.double, ndim)), ("c.ptr", c.ptr(c.double)):
        ways[f"libffi, {title}"] = library.function("total", c.double, [T, c.size_t])
    return ways


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
