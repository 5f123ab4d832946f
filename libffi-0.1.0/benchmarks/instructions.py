"""Count machine instructions under callgrind: a measure of calls that no noise touches.

Compares with instructions.json unless --update: a count may grow by a quarter and a few more.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, report
from benchmarks.timing import Candidate, compile_loop
from benchmarks.values import TIMES

BASELINE = Path(__file__).with_name("instructions.json")
FACTOR, SLACK = 1.25, 25
SHORT, LONG = 100, 600      # two loops; their difference is free of what surrounds them
CANDIDATES = ("libffi, gil=hold", "libffi, gil=release", "libffi .call, gil=hold")
ROWS = ("add", "half", "strlen", "nop", "mixed", "turn", "total", "snprintf", "divide")
OWN_ROWS = ("turn, own class", "pointer", "pointer, own class")    # that a C extension has no counterpart of
CALLBACKS = ("held", "released")
AFTER_TRACE = ", after a trace"     # which leaves nothing on the way of a call


def main(arguments=None):
    """Count, print, and compare with the stored counts or store them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="store the counts as the baseline")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        return evaluate()
    if not shutil.which("valgrind"):
        print("instructions skipped: no valgrind", file=sys.stderr)
        return 0
    counts = count()
    stored = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    expected = stored.get(configuration(), {})
    print(report.table(["", "instructions", "baseline"], [
        [key, f"{value:.0f}", f"{expected[key]:.0f}" if key in expected else ""]
        for key, value in counts.items()]))
    if options.update:
        stored[configuration()] = {key: round(value) for key, value in counts.items()}
        BASELINE.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
        return 0
    if not expected:
        print(f"no baseline for {configuration()}", file=sys.stderr)
    grown = [key for key in expected if counts[key] > FACTOR * expected[key] + SLACK]
    for key in grown:
        print(f"{key}: {counts[key]:.0f} instructions, {expected[key]} before", file=sys.stderr)
    traced = [key for key in counts if key.endswith(AFTER_TRACE)
              and round(counts[key]) != round(counts[key.removesuffix(AFTER_TRACE)])]
    for key in traced:
        print(f"{key}: {counts[key]:.0f} instructions, not as many as without", file=sys.stderr)
    return 1 if grown or traced else 0


def configuration():
    """Name what counts depend on: the interpreter and the libffi."""
    from libffi import features
    known = features()
    python = "{}.{}".format(*sys.version_info)
    return f"{sys.implementation.name} {python}, libffi {known['version']} {known['linkage']}"


def candidates():
    """Choose what is counted; the floor first, to compare with."""
    from benchmarks.peers import floor, libffi_
    ways = floor.calls() | libffi_.calls()
    for name in (floor.NAME, *CANDIDATES):
        for row in ROWS if name == floor.NAME else ROWS + OWN_ROWS:
            yield Candidate(f"{row}, {name}", *ways[name][row])
    ways_back = floor.callbacks() | libffi_.callbacks()
    for name in (floor.NAME, libffi_.NAME):
        for row in CALLBACKS:
            yield Candidate(f"callback {row}, {name}", *ways_back[name][row], TIMES)
    for name in CANDIDATES:
        yield Candidate(f"add, {name}{AFTER_TRACE}", *ways[name]["add"])


def spans(candidate):
    """Give the lengths of a candidate's two loops."""
    return (1, 3) if candidate.operations > 1 else (SHORT, LONG)


def evaluate():
    """Run the two loops of every candidate, with a mark before and after each."""
    import libffi
    mark = building.floor().mark
    for candidate in list(candidates()):
        if candidate.name.endswith(AFTER_TRACE):
            with libffi.trace(lambda call: None), libffi.debug():
                compile_loop(candidate, 1)(repeat(None, SHORT))
        loop = compile_loop(candidate, 1)
        short, long = spans(candidate)
        loop(repeat(None, short))   # specialise the call sites before anything counts
        for times in short, long:
            mark()
            loop(repeat(None, times))
            mark()
    return 0


def count():
    """Give the instructions of one operation of each candidate."""
    counted = list(candidates())
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--dump-before=mark", "-q",
                   f"--callgrind-out-file={folder}/out", sys.executable, __file__, "--child"]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONMALLOC": "pymalloc"}
        subprocess.run(command, check=True, env=environment)
        totals = [total(path) for path in sorted(Path(folder).glob("out.*"),
                                                 key=lambda path: int(path.suffix[1:]))]
    between_marks = totals[1:4 * len(counted):2]
    result = {}
    for i, candidate in enumerate(counted):
        short, long = spans(candidate)
        extra = between_marks[2 * i + 1] - between_marks[2 * i]
        result[candidate.name] = extra / (long - short) / candidate.operations
    return result


def total(path):
    """Read the total of one of callgrind's files."""
    lines = path.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(("summary:", "totals:")))


if __name__ == "__main__":
    sys.exit(main())
