"""Measure two threads against one, where there is no global lock."""
import sys
import threading
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, machine, running
from benchmarks.peers import libffi_
from benchmarks.values import TIMES, on_pair

NAME = "threads"
CALLS = 300_000
SAMPLES = 7


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

    def calls():
        for _ in range(CALLS):
            add(20, 22)

    def callbacks():
        callback = pair.closure(on_pair)
        for _ in range(CALLS // TIMES):
            repeat(callback, TIMES)

    return {f"{work.__name__}, 2 threads to 1": (2 * best(work, 1) / best(work, 2), "×")
            for work in (calls, callbacks)}


def best(work, count):
    """Give the shortest time in which that many threads each do the work."""
    times = []
    for _ in range(SAMPLES):
        barrier = threading.Barrier(count + 1)

        def run(barrier=barrier):
            barrier.wait()
            work()

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        barrier.wait()
        begun = perf_counter()
        for thread in threads:
            thread.join()
        times.append(perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
