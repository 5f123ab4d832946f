"""Measure the C API against libffi itself: calls, plan against plan, and closures with C handlers.

Both sides must be the same libffi: the one that a vendored build of this checkout links, or LIBFFI_PREFIX.
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, running
from benchmarks.timing import Candidate, Row

NAME = "backend"
TIMES = 1000
DIRECT, CALL, EXCHANGE, INVOKE = "libffi itself", "libffi_call", "libffi_call_exchange", "libffi_invoke"
WAYS = {DIRECT: "direct", CALL: "call", EXCHANGE: "exchange", INVOKE: "invoke"}
RESULTS = {"nop": None, "add": 3, "half": 0.5, "six": None, "mixed": None, "twice": 2.0}


def extension():
    """Build the loops against the installed package and the libffi that it has."""
    building.package_folder("libffi")
    import libffi
    include = f"-I{libffi.get_include()}"
    prefix = building.libffi_prefix()
    linked = libffi.features()["linkage"]
    if linked == "vendored" and not prefix:
        raise building.Missing("LIBFFI_PREFIX does not say where the vendored libffi is, nor was it built here")
    if prefix and linked == "vendored":
        loops = building.extension("backend", include, f"-I{prefix}/include",
                                   libraries=[f"{prefix}/lib/libffi.a"])
    else:
        loops = building.extension("backend", include, libraries=["-lffi"])
    if loops.version() not in (None, libffi.features()["version"]):
        raise building.Missing(f"libffi {loops.version()} is not the package's")
    return loops


def rows(notice):
    """Make the rows; `notice` hears why there are none."""
    try:
        loops = extension()
    except building.Missing as error:
        notice(f"backend skipped: {error}")
        return {}
    made = {}
    for index, (name, has_plan) in enumerate(loops.plans().items()):
        expected = loops.direct(index, 1)
        entry = "ffi_call_plan_invoke" if has_plan else "ffi_call"
        made[name] = Row(f"{name}, {entry}", floors=(DIRECT,), unroll=1,
                         check=lambda value, expected=expected: value == expected)
        made[name].candidates = [
            Candidate(way, f"loop({index}, {TIMES})", {"loop": getattr(loops, function)}, TIMES)
            for way, function in WAYS.items()]
        assert RESULTS[name] in (None, expected), (name, expected)
    made["closure"] = Row("int(int, int), handler in C", floors=(DIRECT,), unroll=1,
                          check=lambda value: value == loops.direct_callbacks(TIMES))
    made["closure"].candidates = [
        Candidate(way, f"loop({TIMES})", {"loop": loop}, TIMES)
        for way, loop in ((DIRECT, loops.direct_callbacks), ("libffi_closure", loops.api_callbacks))]
    return made


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
