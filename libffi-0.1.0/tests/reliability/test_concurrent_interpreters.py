"""CPython 3.14's own ways to other interpreters: concurrent.interpreters, InterpreterPoolExecutor."""
from __future__ import annotations

import os

import pytest
from helpers.interpreters import PRELUDE

pytest.importorskip("concurrent.interpreters", reason="is new in CPython 3.14")
pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

TASKS = '''
from libffi import CIF, ClosureExpired, Library, MisuseError, c, sizeof

comparison = CIF(c.int, [c.ptr(c.int), c.ptr(c.int)])

def sort(numbers):
    """With qsort(), which calls back."""
    qsort = Library("c").function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.func(comparison)])
    memory = c.array(c.int, len(numbers)).new(numbers)
    qsort(memory, len(numbers), 4, comparison.closure(lambda a, b: a.value - b.value))
    return list(memory)

def use(function, cif, type, n):
    """Of what came from elsewhere."""
    value = type.new(x=n, y=2.5)
    assert cif is CIF(c.int, [c.int])
    return function(value.x, 4), cif.call(cif.closure(lambda x: x + n), 1), sizeof(type), value.y

def call(address, n):
    return [CIF(c.int, [c.int]).bind(address, "theirs")(i) for i in range(n)]

def fail(n):
    def f(x):
        raise LookupError("of the callback")
    cif = CIF(c.int, [c.int])
    return cif.call(cif.closure(f), n)
'''


@pytest.fixture
def in_pools(run_python, compile_c, tmp_path):
    """Return a function that runs a test's source in a process, with the tasks in a module."""
    from conftest import C_SOURCES

    (tmp_path / "tasks.py").write_text(TASKS)

    def run(source):
        source = f"""{PRELUDE}
from concurrent import interpreters
from concurrent.futures import InterpreterPoolExecutor
import tasks
from libffi import ArgumentError, CIF, Library, c
cif = CIF(c.int, [c.int])
{source}
print("done")
"""
        path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])   # new interpreters' too
        done = run_python(source, "own", compile_c(C_SOURCES / "callbacks.c"), env={"PYTHONPATH": path})
        assert done == "done\n"

    return run


def test_what_pickles_is_an_argument_of_tasks(in_pools):
    in_pools("""
hypot = Library("m").function("hypot", c.double, [c.double, c.double])
point = c.struct("point", x=c.int, y=c.double)
with InterpreterPoolExecutor(3) as pool:
    sorted_ones = [pool.submit(tasks.sort, [n, 3, -n, 2]) for n in range(20)]
    used = [pool.submit(tasks.use, hypot, cif, point, 3) for _ in range(20)]
    assert list(pool.map(hypot, [3, 5, 8], [4, 12, 15])) == [5, 13, 17]         # a task itself
    assert pool.submit(pow, 2, 3).result() == 8
    assert [one.result() for one in sorted_ones] == [sorted([n, 3, -n, 2]) for n in range(20)]
    assert [one.result() for one in used] == [(5, 4, 16, 2.5)] * 20
    assert pool.submit(c.ptr, c.int).result() is c.ptr(c.int)                   # and a result
    assert pool.submit(CIF, c.int, [c.int]).result() is cif
    assert pool.submit(Library("c").function, "abs", c.int, [c.int]).result()(-3) == 3
""")


def test_exceptions_of_tasks(in_pools):
    """Those of callbacks and of arguments come back as what they are."""
    in_pools("""
hypot = Library("m").function("hypot", c.double, [c.double, c.double])
with InterpreterPoolExecutor(2) as pool:
    error = pool.submit(tasks.fail, 1).exception()
    assert type(error) is LookupError and error.args == ("of the callback",), repr(error)
    error = pool.submit(hypot, "three", 4).exception()
    assert isinstance(error, ArgumentError) and isinstance(error, TypeError), repr(error)
    assert "hypot() argument 1" in str(error), error
    assert pool.submit(hypot, 3, 4).result() == 5
""")


def test_memory_goes_as_a_buffer(in_pools):
    """What another interpreter writes is here at once, by a name of its main module or through a queue."""
    in_pools("""
memory = c.array(c.int, 4).new([1, 2, 3, 4])
other, queue = interpreters.create(), interpreters.create_queue()
other.prepare_main(view=memoryview(memory), queue=queue)
queue.put(memoryview(memory))
other.exec('''
from libffi import Library, c
memset = Library("c").function("memset", c.pointer, [c.ptr(c.void), c.int, c.size_t])
memset(view, 0, 8)
also = queue.get()
assert also.nbytes == 16
memory = c.array(c.int, 4).at(also)
memory[3] += 1
''')
assert list(memory) == [0, 0, 3, 5]
other.close()
assert list(memory) == [0, 0, 3, 5]
""")


def test_calls_into_another_interpreter(in_pools):
    in_pools("""
import math
cosine = Library("m").function("cos", c.double, [c.double])
other = interpreters.create()
assert other.call(cosine, 0.0) == 1
assert other.call(tasks.sort, [3, 1, 2]) == [1, 2, 3]
mine = cif.closure(lambda x: x * 2)
assert other.call(tasks.call, mine.address, 3) == [0, 2, 4]
threads = [other.call_in_thread(tasks.sort, [2, 1])] + [
    interpreters.create().call_in_thread(tasks.call, mine.address, 1000) for _ in range(3)]
for thread in threads:
    thread.join()
other.close()
""")


def test_pools_come_and_go(in_pools):
    """Their interpreters leave no image behind but the last pool's."""
    in_pools("""
mine = cif.closure(lambda x: x + 1)
for _ in range(5):
    with InterpreterPoolExecutor(3) as pool:
        assert list(pool.map(tasks.call, [mine.address] * 6, [3] * 6)) == [[1, 2, 3]] * 6
assert interpreters.list_all() == [interpreters.get_main()]
other = interpreters.create()
other.call(tasks.sort, [1])
assert images() <= 4, images()
""")
