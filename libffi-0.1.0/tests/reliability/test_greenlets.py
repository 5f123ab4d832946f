"""Greenlets that take turns under calls into C, in the callbacks of ctypes and cffi too."""
from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("greenlet")

# `PRELUDE` gives a snippet: `callback`, a C function pointer made by another binding, and `call`, that binding's
# call of call_one(f, x); `swap` switches to the main greenlet in the middle.
CTYPES = """
import ctypes
other = ctypes.CDLL(sys.argv[1])
def callback(function):
    kept.append(ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(function))
    return ctypes.cast(kept[-1], ctypes.c_void_p).value
def call(f, x):
    return other.call_one(ctypes.c_void_p(f), x)
"""
PYDLL = CTYPES.replace("CDLL", "PyDLL")
CFFI = """
import cffi
ffi = cffi.FFI()
ffi.cdef("int call_one(int (*f)(int), int x);")
other = ffi.dlopen(sys.argv[1])
def callback(function):
    kept.append(ffi.callback("int(int)", function))
    return int(ffi.cast("uintptr_t", kept[-1]))
def call(f, x):
    return other.call_one(ffi.cast("int (*)(int)", f), x)
"""
PRELUDE = """
import sys
from greenlet import getcurrent, greenlet
from libffi import CIF, Library, c
kept, seen = [], []
sys.unraisablehook = lambda unraisable: seen.append(repr(unraisable.exc_value))
INT = CIF(c.int, [c.int])
one = Library(sys.argv[1]).function("call_one", c.int, [c.pointer, c.int], gil=sys.argv[2])
main = getcurrent()
def swap(x):
    main.switch(x)
    return x
@INT.closure(on_error=-1)
def fail(x):
    raise LookupError(x)
@INT.closure
def double(x):
    return 2 * x
def caught(f, x):
    try:
        return one(f, x)
    except LookupError as error:
        return repr(error)
"""


@pytest.fixture(params=["ctypes", "pydll", "cffi"])
def run(request, run_python, callbacks):
    pytest.importorskip("ctypes" if request.param == "pydll" else request.param)
    binding = {"ctypes": CTYPES, "pydll": PYDLL, "cffi": CFFI}[request.param]

    def run(code, gil="release"):
        return run_python(PRELUDE + binding + code, str(callbacks.path), gil)

    run.binding = request.param
    return run


GIL = pytest.mark.parametrize("gil", ["release", "hold"])


@GIL
def test_a_closure_runs_while_a_call_waits(run, gil):
    assert run("""
a = greenlet(one)
assert a.switch(callback(swap), 5) == 5         # under `one`, in the other binding's callback
b = greenlet(call)
assert b.switch(double.address, 7) == 14        # a closure under the other binding's call
assert a.switch() == 5 and not seen
print("done")
""", gil) == "done\n"


@GIL
def test_its_exception_is_not_the_waiting_calls(run, gil):
    at_once = gil == "release" or run.binding != "pydll"        # where both keep the GIL, when that call ends
    assert run("""
a = greenlet(one)
a.switch(callback(swap), 5)
b = greenlet(call)
assert b.switch(fail.address, 7) == -1
print(seen)
assert a.switch() == 5
print(seen)
try:
    one(fail, 8)
except LookupError as error:
    print(repr(error))
""", gil) == f"{['LookupError(7)'] if at_once else []}\n['LookupError(7)']\nLookupError(8)\n"


@GIL
def test_each_call_gets_its_own(run, gil):
    """Calls at one place of the stack, that end in another order than they began."""
    assert run("""
def swap_and_fail(x):
    main.switch(x)
    try:
        one(fail, 10 * x)
    except LookupError as error:
        main.switch(repr(error))
    return x
turns = [greenlet(caught) for _ in range(5)]
pointer = callback(swap_and_fail)
assert [turn.switch(pointer, i) for i, turn in enumerate(turns)] == [0, 1, 2, 3, 4]
order = [3, 0, 4, 1, 2]
assert [turns[i].switch() for i in order] == [f"LookupError({10 * i})" for i in order]
assert [turns[i].switch() for i in reversed(order)] == list(reversed(order))
print(seen)
""", gil) == "[]\n"


@GIL
def test_closures_under_calls_that_were_switched(run, gil):
    """C goes on after the switch and calls a closure that raises: directly under its own call."""
    assert run("""
two = Library(sys.argv[1]).function("call_two", c.int, [c.pointer, c.pointer, c.int], gil=sys.argv[2])
def both(f, x):
    try:
        return two(f, fail, x)
    except LookupError as error:
        return repr(error)
turns = [greenlet(both) for _ in range(4)]
pointer = callback(swap)
assert [turn.switch(pointer, i) for i, turn in enumerate(turns)] == [0, 1, 2, 3]
order = [2, 0, 3, 1]
assert [turns[i].switch() for i in order] == [f"LookupError({i})" for i in order]
print(seen)
""", gil) == "[]\n"


@GIL
def test_closures_that_switch_and_callbacks_that_switch(run, gil):
    assert run("""
ours = INT.closure(lambda x: main.switch(x) or 1 // 0)
turns = [greenlet(one if i % 2 else caught) for i in range(6)]
theirs = callback(swap)
assert [turn.switch(ours if i % 3 == 0 else theirs, i) for i, turn in enumerate(turns)] == list(range(6))
results = []
for i in (5, 2, 0, 3, 1, 4):
    try:
        results.append((i, turns[i].switch(0)))
    except ZeroDivisionError:
        results.append((i, "raised"))
print(results, seen)
""", gil) == "[(5, 5), (2, 2), (0, 'raised'), (3, 'raised'), (1, 1), (4, 4)] []\n"


@GIL
def test_a_greenlet_that_never_goes_on(run, gil):
    assert run("""
for i in range(20):
    a = greenlet(caught)
    a.switch(callback(swap), i)
    del a                           # GreenletExit in the middle of the callback
    assert caught(fail, i) == f"LookupError({i})"
assert caught(double, 4) == 8
print("done")
""", gil) == "done\n"


def test_on_top_of_the_stack_of_a_waiting_call(run):
    """The second greenlet begins deeper in the stack: what the first has there is still in place."""
    assert run("""
def start_another(x):
    b = greenlet(call)
    assert b.switch(fail.address, x) == -1
    return x
assert one(callback(start_another), 6) == 6
print(seen)
""") == "['LookupError(6)']\n"


def test_gevent(run_python, callbacks):
    """Servers' greenlets sleep in callbacks, of this package and of ctypes."""
    pytest.importorskip("gevent")
    assert run_python("""
import gevent.monkey
gevent.monkey.patch_all()
import ctypes, sys, gevent
from libffi import CIF, Library, c
INT = CIF(c.int, [c.int])
add = Library(sys.argv[1]).function("call_and_add", c.int, [c.pointer, c.int])
def work(x):
    gevent.sleep(0.001 * (x % 3))
    if x % 5 == 4:
        raise LookupError(x)
    return x
ours = INT.closure(work)
def theirs(x):
    gevent.sleep(0.001 * (x % 3))
    return add(ours, x) if x % 5 != 4 else x
theirs = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(theirs)
address = ctypes.cast(theirs, ctypes.c_void_p).value
def run(x):
    try:
        return add(ours if x % 2 else address, x)
    except LookupError as error:
        return error.args[0]
tasks = [gevent.spawn(run, x) for x in range(60)]
gevent.joinall(tasks)
def expected(x):
    if x % 5 == 4:
        return x if x % 2 else x + 1
    return x + 1 if x % 2 else x + 2
assert [task.value for task in tasks] == [expected(x) for x in range(60)]
print("done")
""", str(callbacks.path)) == "done\n"
