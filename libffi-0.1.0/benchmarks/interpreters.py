"""Measure what one more interpreter of the process costs, with and without libffi: python -m benchmarks.interpreters.

For each sort of interpreter and each import: kilobytes while it lives, kilobytes that stay when it has ended (CPython's
own leave some), and the time that the import takes in it.
"""
import os
import subprocess
import sys

ROUNDS = 30
IMPORTS = ("pass", "import ctypes", "import libffi", "import libffi; libffi.CIF(libffi.c.int, []).closure(len)")
SOURCE = """
import os, sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def create(own_gil):
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if own_gil else "legacy")
    return interpreters.create(isolated=own_gil)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024

code = "from time import perf_counter\\nbegun = perf_counter()\\n" + sys.argv[1] + \\
       "\\ntook = perf_counter() - begun\\nimport os\\nos.write(" + "{}, str(took).encode())"
reading, writing = os.pipe()
rounds, own_gil = int(sys.argv[2]), sys.argv[3] == "own"
times = []

def run(interpreter):
    failure = interpreters.run_string(interpreter, code.format(writing))
    if failure is not None:
        raise SystemExit(failure.formatted)
    times.append(float(os.read(reading, 99)))

def come_and_go():
    interpreter = create(own_gil)
    run(interpreter)
    interpreters.destroy(interpreter)

for _ in range(5):
    come_and_go()
before = resident()
for _ in range(rounds):
    come_and_go()
stays = (resident() - before) / rounds
before = resident()
for _ in range(rounds):
    run(create(own_gil))
print(round((resident() - before) / rounds), round(stays), round(min(times) * 1e6))
os._exit(0)
"""


def main():
    """Print a table."""
    print(f"{'GIL':8} {'lives, kB':>10} {'stays, kB':>10} {'import, µs':>11}  in it")
    for gil in ["shared"] + ["own"] * (sys.version_info >= (3, 12)):
        for code in IMPORTS:
            done = subprocess.run([sys.executable, "-c", SOURCE, code, str(ROUNDS), gil], env=os.environ, check=True,
                                  capture_output=True, text=True)
            lives, stays, took = done.stdout.split()
            print(f"{gil:8} {lives:>10} {stays:>10} {took:>11}  {code}")


if __name__ == "__main__":
    main()
