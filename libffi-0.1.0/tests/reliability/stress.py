"""Make, call, retarget, close and drop closures from many threads while threads of C call them, also closures of other
interpreters, which come and go: stress.py SECONDS."""
from __future__ import annotations

import faulthandler
import gc
import os
import random
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import others

from libffi import CIF, ClosureExpired, Library, c, closures

WORKERS, SLOTS, HAMMERS = 8, 512, 4
THEIRS = 32             # slots for other interpreters' closures, of which there are up to
INTERPRETERS = 4
INT_INT = CIF(c.int, [c.int])
OWN = (SLOTS - THEIRS) // WORKERS


class Broken(Exception):
    """What some callables raise."""


def good(x):
    return x + 1


def broken(x):
    raise Broken(x)


def in_a_cycle(on_error):
    """A closure whose callable keeps it: only the garbage collector ends it, with C inside as likely as not."""
    def callback(x):
        return x + len(cycle)

    cycle = [None]      # at once: a thread late by all of the quarantine calls what this address was before
    cycle[0] = INT_INT.closure(callback, on_error=on_error)
    return cycle[0]


def load():
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, "hammer.so")
        source = Path(__file__).parent.parent / "c" / "hammer.c"
        compiler = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run([*compiler, "-shared", "-fPIC", "-O1", "-pthread", "-o", built, source], check=True)
        return Library(str(built))


def worker(number, put, until, count, faults):
    """Own some slots of the table, and change what is in them, one after the other."""
    dice = random.Random(number)
    mine: dict[int, object] = {}
    turn = 0
    while time.monotonic() < until:
        turn += 1
        slot = number * OWN + turn % OWN
        what = dice.random()
        f = mine.get(slot)
        try:
            if f is None or what < 0.4:
                # An old closure in this slot is collected now, while C may be inside.
                if dice.random() < 0.1:
                    made = in_a_cycle(-1)
                    count["in cycles"] += 1
                else:
                    made = INT_INT.closure(broken if dice.random() < 0.05 else lambda x: x + 1, on_error=-1)
                put(slot, made)
                mine[slot] = made
                count["made"] += 1
            elif what < 0.6:
                f.retarget(dice.choice([good, lambda x: x + 1, (1).__add__]))
                count["retargeted"] += 1
            elif what < 0.75:
                f.close()           # the address stays in C's table until the slot's next turn
                mine[slot] = None
                count["closed"] += 1
            else:
                x = dice.randrange(1000)
                count["called from Python"] += 1
                if INT_INT.call(f.address, x) != x + 1:
                    faults.append("wrong result")
        except (ClosureExpired, Broken):
            pass
        except BaseException as error:      # anything else is what we look for
            faults.append(repr(error))
    for slot in range(number * OWN, (number + 1) * OWN):
        put(slot, None)


def interpreters_come_and_go(put, until, count, faults):
    """Each has a closure in some slots, which stays there after its end until the next one's takes the place."""
    dice = random.Random(WORKERS)
    living, slot = [], 0
    try:
        while time.monotonic() < until:
            if len(living) == INTERPRETERS:
                others.interpreters.destroy(living.pop(dice.randrange(INTERPRETERS)))
                count["ended"] += 1
            own_gil = sys.version_info >= (3, 12) and dice.random() < 0.5
            made, address = others.create(own_gil, "def f(x):\n    return x + 1")
            living.append(made)
            count["began"] += 1
            for _ in range(THEIRS // INTERPRETERS):
                put(SLOTS - THEIRS + slot, INT_INT.bind(address))
                slot = (slot + 1) % THEIRS
        for made in living:
            others.interpreters.destroy(made)
            count["ended"] += 1
    except BaseException as error:
        faults.append(repr(error))


def run(seconds):
    lib = load()
    put = lib.function("put", c.void, [c.int, c.func(INT_INT)])
    faults: list[str] = []
    reports: Counter[str] = Counter()

    def hook(unraisable):
        reports[unraisable.exc_type.__name__] += 1
        if unraisable.exc_type not in (ClosureExpired, Broken):
            faults.append(repr(unraisable.exc_value))

    sys.unraisablehook = hook
    faulthandler.enable()
    faulthandler.dump_traceback_later(seconds + 120, exit=True)
    until = time.monotonic() + seconds
    counts = [Counter() for _ in range(WORKERS)]
    threads = [threading.Thread(target=worker, args=(n, put, until, counts[n], faults)) for n in range(WORKERS)]
    interpreters = Counter()
    if others.interpreters is not None:
        threads.append(threading.Thread(target=interpreters_come_and_go, args=(put, until, interpreters, faults)))
    assert lib.function("start", c.int, [c.int])(HAMMERS) == HAMMERS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = c.array(c.long, 5).new()
    lib.function("stop", c.void, [c.ptr(c.long)])(totals)
    faulthandler.cancel_dump_traceback_later()
    gc.collect()
    sys.unraisablehook = sys.__unraisablehook__
    python = sum(counts, Counter())
    calls, right, late, failed, wrong = totals
    faults += ["wrong result in C"] * wrong
    if right + late + failed + wrong != calls:
        faults.append("calls lost")
    if closures():
        faults.append(f"{len(closures())} closures left")
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}, {'with' if gil else 'without'} the GIL, {seconds:.0f} seconds, "
          f"{WORKERS} threads of Python's, {HAMMERS} of C's")
    print(f"calls by C {calls:,}: {right:,} answered, {late:,} late, {failed:,} raised")
    print(f"calls from Python {python['called from Python']:,}; closures made {python['made']:,} "
          f"({python['in cycles']:,} in cycles), "
          f"retargeted {python['retargeted']:,}, closed {python['closed']:,}")
    if interpreters:
        print(f"interpreters begun {interpreters['began']:,}, ended {interpreters['ended']:,}")
    print(f"reports to sys.unraisablehook {sum(reports.values()):,}")
    print(f"faults {len(faults)}" + "".join(f"\n  {text}" for text in sorted(set(faults))[:10]))
    return not faults


if __name__ == "__main__":
    sys.exit(not run(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
