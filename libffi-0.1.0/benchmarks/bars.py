"""The bars this package set itself, and what was measured; nothing fails here."""
import re
from statistics import geometric_mean

from benchmarks import report
from benchmarks.peers.floor import NAME as FLOOR
from benchmarks.peers.floor import RELEASED as FLOOR_RELEASED
from benchmarks.peers.libffi_ import REF

HOLD, RELEASE = "libffi, gil=hold", "libffi, gil=release"
CALL = "libffi .call, gil=hold"
SCALARS = ("add", "half", "nop", "six", "mixed")


class Absent(Exception):
    """A figure was not measured."""


def text(results):
    """Give a table of the bars whose figures were measured."""
    lines = []
    for what, limit, figure in BARS:
        try:
            value = figure(results)
        except Absent:
            continue
        reached = value <= limit if limit >= 0 else value >= -limit
        lines.append([what, f"{'≤' if limit >= 0 else '≥'} {abs(limit):g}", f"{value:.3g}",
                      "reached" if reached else "missed"])
    return "## bars\n\n" + report.table(["", "bar", "measured", ""], lines) if lines else ""


def cells(results, suite, name):
    """Give the candidates' figures in each row of a suite where the candidate is present."""
    rows = results["rows"].get(suite, {})
    found = {key: row["candidates"] for key, row in rows.items() if name in row["candidates"]}
    if not found:
        raise Absent
    return found


def times(results, suite, one, other):
    """Give, for each row, how many times the shortest time of `other` the shortest of `one` is."""
    result = {key: row[one]["min"] / row[other]["min"]
              for key, row in cells(results, suite, one).items() if other in row}
    if not result:
        raise Absent
    return result


def over_floor(name, floor=FLOOR, keys=None, worst=False):
    """Make a figure: a candidate's ratio to a floor, over some rows of the calls."""
    def figure(results):
        rows = cells(results, "calls", name)
        ratios = [row[name]["ratio"][floor] for key, row in rows.items() if not keys or key in keys]
        return max(ratios) if worst else geometric_mean(ratios)
    return figure


def faster(peer, worst=False):
    """Make a figure: how many times faster than a peer calls are, the GIL released."""
    def figure(results):
        ratios = times(results, "calls", peer, RELEASE).values()
        return min(ratios) if worst else geometric_mean(ratios)
    return figure


def row(suite, key, one, other):
    """Make a figure: the ratio of two candidates in one row."""
    def figure(results):
        ratios = times(results, suite, one, other)
        if key not in ratios:
            raise Absent
        return ratios[key]
    return figure


def across(suite, one, other):
    """Make a figure: the ratio of two candidates in rows of their own, each a (row, candidate)."""
    def figure(results):
        return nanoseconds(suite, *one)(results) / nanoseconds(suite, *other)(results)
    return figure


def nanoseconds(suite, key, name):
    """Make a figure: the shortest time of a candidate in one row."""
    def figure(results):
        rows = cells(results, suite, name)
        if key not in rows:
            raise Absent
        return rows[key][name]["min"]
    return figure


def fact(suite, pattern, divided_by=None):
    """Make a figure: a single figure by its title, perhaps divided by another."""
    def figure(results):
        facts = results["facts"].get(suite, {})
        found = [next((value for title, (value, _) in facts.items() if re.search(wanted, title)),
                      None) for wanted in (pattern, divided_by) if wanted]
        if not found or None in found:
            raise Absent
        return found[0] / found[1] if divided_by else found[0]
    return figure


def over_an_empty_module(results):
    """Make a figure: what importing a generated module takes more than 1.5 times an empty one, in milliseconds."""
    generated = fact("footprint", "import a generated module")(results)
    return (generated - 1.5 * fact("footprint", "import an empty module")(results)) / 1000


def over_libffi(name):
    """Make a figure: the worst ratio of a way of the C API to libffi itself."""
    return lambda results: max(times(results, "backend", name, "libffi itself").values())


# What, the limit (at most; a negative one means at least), the figure.
BARS = [
    ("Function, gil=hold: mean over the floor (1.6 on 3.11)", 1.5, over_floor(HOLD)),
    ("Function, gil=hold: worst scalar row", 2.0, over_floor(HOLD, keys=SCALARS, worst=True)),
    ("Function.call, gil=hold: mean over the floor", 1.35, over_floor(CALL)),
    ("Function, gil=release: mean over the releasing floor", 1.25,
     over_floor(RELEASE, FLOOR_RELEASED)),
    ("struct by value over the floor", 3.0, over_floor(HOLD, keys=("turn",))),
    ("faster than ctypes, mean", -5.0, faster("ctypes")),
    ("faster than ctypes, worst row", -1.0, faster("ctypes", worst=True)),
    ("faster than cffi ABI mode, mean", -3.0, faster("cffi ABI mode")),
    ("faster than cffi ABI mode, worst row", -1.0, faster("cffi ABI mode", worst=True)),
    ("faster than cffi API mode, mean", -1.5, faster("cffi API mode")),
    ("faster than cffi API mode, worst row", -0.85, faster("cffi API mode", worst=True)),
    ("callback over a hand-written one, GIL held", 1.6, row("callbacks", "held", "libffi", FLOOR)),
    ("callback faster than ctypes, GIL held", -1.5, row("callbacks", "held", "ctypes", "libffi")),
    ("callback, GIL held, faster than cffi ABI mode, which cannot hold it", -2.8,
     across("callbacks", ("released", "cffi ABI mode"), ("held", "libffi"))),
    ("qsort, c.ref arguments, faster than ctypes", -2.5, row("callbacks", "qsort", "ctypes", REF)),
    ("qsort, c.ref arguments, faster than cffi ABI mode", -2.5,
     row("callbacks", "qsort", "cffi ABI mode", REF)),
    ("callback on a thread C made, ns", 400.0, nanoseconds("callbacks", "thread", "libffi")),
    (".map over a C loop around ffi_call", 1.2,
     row("bulk", "doubles", "libffi .map", "C loop around ffi_call")),
    (".map over a compiled loop (stretch)", 2.0,
     row("bulk", "doubles", "libffi .map", "compiled C loop")),
    ("..., one argument broadcast", 2.0,
     row("bulk", "broadcast", "libffi .map", "compiled C loop")),
    ("..., a column and a row broadcast", 2.0,
     row("bulk", "table", "libffi .map", "compiled C loop")),
    (".map faster than a ctypes comprehension", -20.0,
     row("bulk", "doubles", "ctypes, list comprehension", "libffi .map")),
    ("make a struct, ns", 60.0, nanoseconds("objects", "make", "libffi")),
    ("read a field over a slot", 1.3,
     row("objects", "read", "libffi", "Python object with __slots__")),
    ("function on a known signature, ns", 1000.0, nanoseconds("objects", "function", "libffi")),
    ("make and free a closure, ns", 600.0, nanoseconds("callbacks", "make", "libffi")),
    ("bytes of a live closure", 400.0, fact("footprint", "bytes of a live closure, libffi")),
    ("import over import _cffi_backend", 1.5,
     fact("footprint", "import libffi", "import _cffi_backend")),
    ("look up a signature, many over few", 1.2,
     fact("growth", "signature, 100", "signature, few")),
    ("make a closure, many alive over few", 1.2,
     fact("growth", "free a closure, 100", "free a closure, few")),
    ("make a module, a declaration of 8,000 over one of 1,000", 1.2,
     fact("growth", "one of 8,000", "one of 1,000")),
    ("import a generated module, over 1.5 empty ones, ms", 5.0, over_an_empty_module),
    ("include() SDL 2 again, ms", 30.0, lambda results: fact("footprint", "SDL 2 again")(results) / 1000),
    ("libffi_call over libffi itself, worst row", 1.1,
     over_libffi("libffi_call")),
    ("libffi_call_exchange over libffi itself, worst row", 1.1,
     over_libffi("libffi_call_exchange")),
    ("closure with a C handler over libffi's", 1.1, over_libffi("libffi_closure")),
    ("calls from 2 threads", -1.8, fact("threads", "^calls")),
    ("callbacks from 2 threads", -1.8, fact("threads", "^callbacks")),
]
