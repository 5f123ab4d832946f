"""Measure two threads against one, where there is no global lock."""
import math
import sys
import threading
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, machine, running
from benchmarks.peers import libffi_
from benchmarks.values import TIMES, on_pair

NAME = "threads"
CALLS = 100_000
SAMPLES = 60


def rows(notice):
    """Have no rows: interleaving is no way to measure threads."""
    if machine.gil_enabled():
        notice("threads skipped: this interpreter has a global lock")
    return {}


def facts(measured):
    """Say how many times the work of one thread two threads do."""
    if machine.gil_enabled() or not building.installed("libffi"):
        return {}
    library, c = libffi_.opened()
    from libffi import CIF
    add = library.function("add", c.int, [c.int, c.int])
    pair = CIF(c.int, [c.int, c.int])
    repeat = library.function("repeat", c.int, [c.func(pair), c.int])

    def own():
        return library.function("add", c.int, [c.int, c.int])

    def calls(function):
        for _ in range(CALLS):
            function(20, 22)

    def callbacks(repeat):
        callback = pair.closure(on_pair)
        for _ in range(CALLS // TIMES):
            repeat(callback, TIMES)

    return {f"{name}, 2 threads to 1": (2 * best(work, make, 1) / best(work, make, 2), "×")
            for name, work, make in (
                ("calls, each thread its own Function", calls, own),
                ("calls of one Function", calls, lambda: add),
                ("calls of one built-in (math.hypot)", calls, lambda: math.hypot),
                ("callbacks", callbacks, lambda: repeat))}


def best(work, make, count):
    """Give the shortest time in which that many threads each did the work on what make() gives."""
    times = []
    for _ in range(SAMPLES):
        barrier = threading.Barrier(count)
        spans = []

        def run(barrier=barrier, spans=spans):
            function = make()
            barrier.wait()
            begun = perf_counter()
            work(function)
            spans.append((begun, perf_counter()))

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times.append(max(end for _, end in spans) - min(begun for begun, _ in spans))
    return min(times)


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
