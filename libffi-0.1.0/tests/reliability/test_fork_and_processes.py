"""Closures and fork: each process has its own, and leaves as quickly as ever."""
from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.thread_unsafe(reason="forks"),
]

PRELUDE = """
import os, sys, threading, time
from libffi import CIF, Library, c
cif = CIF(c.int, [c.int])
def in_child(work):
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return pid
def ended_well(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


def test_closures_of_parent_and_child_are_their_own(run_python):
    """Both make closures after the fork, at once: none disturbs another's memory."""
    run_python(PRELUDE + """
old = [cif.closure(lambda x, i=i: x + i) for i in range(300)]
ready, go = os.pipe(), os.pipe()
def child():
    for f in old[::2]:
        f.retarget(lambda x: -1)
    new = [cif.closure(lambda x, i=i: x - i) for i in range(1000)]
    for f in old[1::2]:
        f.close()
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    return ([cif.call(f, 0) for f in new] == [-i for i in range(1000)]
            and {cif.call(f, 0) for f in old[::2]} == {-1})
pid = in_child(child)
os.read(ready[0], 1)
mine = [cif.closure(lambda x, i=i: x + 7 * i) for i in range(1000)]
os.write(go[1], b"x")
assert [cif.call(f, 0) for f in mine] == [7 * i for i in range(1000)]
assert [cif.call(f, 0) for f in old] == list(range(300))
assert ended_well(pid)
""")


def test_fork_within_a_callback(run_python):
    run_python(PRELUDE + """
def f(x):
    if os.fork() == 0:
        os._exit(0 if cif.call(g, x) == 10 * x else 1)
    return os.waitstatus_to_exitcode(os.wait()[1])
g = cif.closure(lambda x: 10 * x)
assert cif.call(cif.closure(f), 4) == 0
pid = os.fork()         # and a child that runs on through C
if pid == 0:
    def again(x):
        if x == 0 and os.fork() == 0:
            return 33
        return 44
    value = cif.call(cif.closure(again), 0)
    os._exit(0 if value == 33 or (value == 44 and ended_well(-1)) else 1)
assert ended_well(pid)
""")


def test_a_child_does_not_wait_for_threads_that_only_the_parent_has(run_python, callbacks):
    """C's threads are inside closures at the fork; the child ends like any Python program."""
    out = run_python(PRELUDE + """
lib = Library(sys.argv[1])
call_for_ever = lib.function("call_for_ever", c.int, [c.func(cif)])
f = cif.closure(lambda x: time.sleep(0.01) or x)
for _ in range(3):
    call_for_ever(f)
time.sleep(0.05)
start = time.monotonic()
pid = os.fork()
if pid == 0:
    assert cif.call(f, 5) == 5
    sys.exit(0)         # with exit handlers
assert ended_well(pid)
print(time.monotonic() - start)
sys.stdout.flush()
os._exit(0)
""", callbacks.path)
    assert float(out) < 1.5


def test_a_child_of_a_thread_of_c(run_python, callbacks):
    """fork() in a callback on a thread of C's: the child may use closures and exit."""
    run_python(PRELUDE + """
in_thread = Library(sys.argv[1]).function("call_in_thread", c.int, [c.func(cif), c.int, c.ptr(c.int)])
def f(x):
    pid = in_child(lambda: cif.call(g, 3) == 30)
    return ended_well(pid)
g = cif.closure(lambda x: 10 * x)
results = c.array(c.int, 2).new()
assert in_thread(cif.closure(f), 2, results) == 0 and list(results) == [1, 1]
""", callbacks.path)


WORKERS = """
    import multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    from libffi import CIF, Library, c

    cif = CIF(c.int, [c.int])
    inherited = cif.closure(lambda x: x + 1)
    labs = Library(None).function("labs", c.long, [c.long])

    def work(n):
        made = cif.closure(lambda x: x * n)
        in_c = cif.call(inherited, n)
        try:
            cif.call(cif.closure(lambda x: x // 0), n)
        except ZeroDivisionError:
            return in_c, cif.call(made, n), labs(-n)

    def by_function(function, n):
        return function(n)

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        with context.Pool(2) as pool:
            assert pool.map(work, range(20)) == [(n + 1, n * n, n) for n in range(20)]
            assert pool.starmap(by_function, [(labs, -n) for n in range(5)]) == list(range(5))
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            assert list(pool.map(work, range(20))) == [(n + 1, n * n, n) for n in range(20)]
        print("done")
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(tmp_path, method):
    program = tmp_path / "workers.py"
    program.write_text(textwrap.dedent(WORKERS))
    done = subprocess.run([sys.executable, "-X", "faulthandler", program, method],
                          capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
