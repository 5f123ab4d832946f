"""Measure callbacks: C calls a Python function in a loop, from qsort, from a thread of its own."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import running
from benchmarks.peers import cffi_abi, cffi_api, ctypes_, fill, floor, libffi_
from benchmarks.timing import Row
from benchmarks.values import SHUFFLED, TIMES, on_pair

NAME = "callbacks"
FLOORS = (floor.NAME,)
PEERS = (floor, libffi_, ctypes_, cffi_abi, cffi_api)
EXPECTED = 0
for i in range(TIMES):
    EXPECTED ^= on_pair(i, 1)


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    def right(value):
        return value == EXPECTED

    def is_sorted(value):
        return value == type(SHUFFLED)("i", sorted(SHUFFLED))

    empty = {
        "held": Row("int(int, int), GIL held", floors=FLOORS, check=right, unroll=1),
        "released": Row("int(int, int), GIL released", floors=FLOORS, check=right, unroll=1),
        "thread": Row("on a thread C made", floors=FLOORS, check=right, unroll=1, rounds=0.5),
        "qsort": Row("qsort of 100,000 ints", floors=FLOORS, check=is_sorted, unroll=1, rounds=0.1),
        "make": Row("make and free a closure"),
    }
    operations = dict.fromkeys(("held", "released", "thread"), TIMES)
    return fill(empty, PEERS, "callbacks", notice, operations)


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
