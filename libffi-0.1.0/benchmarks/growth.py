"""Measure how cost grows: arguments, signatures in the cache, live closures, declarations in a header."""
import sys
from pathlib import Path
from statistics import linear_regression
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, headers, running
from benchmarks.peers import cffi_abi, ctypes_, libffi_
from benchmarks.timing import Candidate, Row
from benchmarks.values import on_pair

NAME = "growth"
COUNTS = (0, 1, 2, 4, 8, 12, 16, 20, 25, 30)
MANY = 100_000
SAMPLES = 25


def rows(notice):
    """Make one row for each number of int arguments."""
    result = {str(n): Row(f"{n} ints", check=lambda v: v == 1, rounds=0.5) for n in COUNTS}
    for name, opened in (("ctypes", of_ctypes), ("cffi ABI mode", of_cffi),
                         ("libffi, gil=release", of_libffi),
                         ("libffi .call, gil=hold", of_libffi_call)):
        try:
            function = opened()
        except building.Missing as error:
            notice(f"{name} skipped: {error}")
            continue
        for n in COUNTS:
            expression = f"f({', '.join(map(str, range(n)))})"
            result[str(n)].candidates.append(Candidate(name, expression, {"f": function(n)}))
    return result


def of_ctypes():
    """Give a maker of functions with n ints."""
    from ctypes import CDLL, c_int
    library = CDLL(building.bench_library())
    return lambda n: ctypes_.function(library, f"take{n}", c_int, *[c_int] * n)


def of_cffi():
    """Give a maker of functions with n ints."""
    _, lib = cffi_abi.opened()
    return lambda n: getattr(lib, f"take{n}")


def of_libffi(gil="release"):
    """Give a maker of functions with n ints."""
    building.package_folder("libffi")
    library, c = libffi_.opened()
    return lambda n: library.function(f"take{n}", c.int, [c.int] * n, gil=gil)


def of_libffi_call():
    """Give a maker of the same as exact built-ins."""
    function = of_libffi("hold")
    return lambda n: function(n).call


def facts(measured):
    """Fit the cost of an argument; see what 100,000 signatures and closures slow down."""
    names = dict.fromkeys(name for row in measured.values() for name in row["candidates"])
    slopes = {f"{name}: cost of one more argument": (slope(measured, name), "ns") for name in names}
    slopes |= of_many() if building.installed("libffi") else {}
    return slopes | (headers.of_growth() if headers.can_generate() else {})


def slope(measured, name):
    """Fit a line to the minimal times over the numbers of arguments."""
    times = [measured[str(n)]["candidates"][name]["min"] for n in COUNTS]
    return linear_regression(COUNTS, times).slope


def of_many():
    """See what 100,000 signatures and 100,000 live closures slow down."""
    from libffi import CIF, c
    pair = CIF(c.int, [c.int, c.int])

    def look_up():
        CIF(c.int, (c.int, c.int))

    def make_closure():
        pair.closure(on_pair)

    few = quickest(look_up), quickest(make_closure)
    signatures = [CIF(c.int, digits(i, c)) for i in range(MANY)]
    many_signatures = quickest(look_up)
    del signatures
    closures, seconds = [], []
    for _ in range(10):
        begun = perf_counter()
        closures += [pair.closure(on_pair) for _ in range(MANY // 10)]
        seconds.append(perf_counter() - begun)
    many_closures = quickest(make_closure)
    return {
        "look up a signature, few in the cache": few[0],
        f"look up a signature, {MANY:,} in the cache": many_signatures,
        "make and free a closure, few alive": few[1],
        f"make and free a closure, {MANY:,} alive": many_closures,
        "make a closure, first tenth": (seconds[0] * 1e9 / (MANY // 10), "ns"),
        "make a closure, last tenth": (seconds[-1] * 1e9 / (MANY // 10), "ns"),
    }


def quickest(function):
    """Give the minimum over a few loops, in nanoseconds."""
    best = float("inf")
    for _ in range(SAMPLES):
        begun = perf_counter()
        for _ in range(1000):
            function()
        best = min(best, perf_counter() - begun)
    return best * 1e6, "ns"


def digits(i, c):
    """Spell a number in argument types, so that each signature is another one."""
    kinds = (c.int, c.double, c.pointer, c.float, c.long, c.short, c.uint8)
    types = []
    while i:
        types.append(kinds[i % 7])
        i //= 7
    return [*types, c.int]


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
