"""What is promised of one interpreter (docs/reliability.md) holds where there are several."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig

import pytest
from helpers.interpreters import KINDS, ON_LINUX

pytestmark = ON_LINUX

# In other interpreters, whose GIL is `gil`: a closure, and a way to hear of its address.
THEIRS = """
import os
from libffi import CIF, Library, c
reading, writing = os.pipe()
cif = CIF(c.int, [c.int])

def theirs(body, result=None):
    other = create()
    run(other, f'''
import os
from libffi import CIF, c
{body}
closure = CIF(c.int, [c.int]).closure(f)
os.write({writing}, str(closure.address).encode())
''')
    return other, cif.bind(int(os.read(reading, 99)), "theirs")
"""


@KINDS
def test_a_fork_after_interpreters_have_ended(in_interpreters, gil):
    """The child has libffi in the main interpreter and in new ones; closures of those that ended give zero there, too.

    A fork while another interpreter lives ends in a fatal error of CPython's own in the child, on 3.13.
    """
    in_interpreters(THEIRS + """
mine = cif.closure(lambda x: x + 1)
other, f = theirs("f = lambda x: x + 2")
assert (f(1), cif.call(mine, 1)) == (3, 2)
interpreters.destroy(other)
child = os.fork()
if child == 0:
    code = 1
    try:
        assert (f(1), cif.call(mine, 1)) == (0, 2)
        exec(USE)
        new = create()
        run(new, USE)
        interpreters.destroy(new)
        assert (f(1), cif.call(mine, 1)) == (0, 2)
        code = 0
    finally:
        os._exit(code)
assert os.waitpid(child, 0)[1] == 0
assert (f(1), cif.call(mine, 1)) == (0, 2)
""", gil)


@KINDS
def test_a_process_ends_with_interpreters_in_it(run_python, compile_c, gil):
    """Exit handlers of C's call their closures once more: that gives zero."""
    from conftest import C_SOURCES
    from helpers.interpreters import PRELUDE

    printed = run_python(PRELUDE + THEIRS + """
library = Library(path)
others = [theirs("f = lambda x: x + 100") for _ in range(3)]
for _, f in others:
    library.function("call_at_exit", c.int, [c.pointer])(c.pointer(f.address))
print(*[f(1) for _, f in others], flush=True)
""", gil, compile_c(C_SOURCES / "callbacks.c"))
    assert printed.split() == ["101"] * 3 + ["0"] * 3


@KINDS
def test_a_signal_under_another_interpreters_closure(in_interpreters, gil):
    """Python's handlers are the main interpreter's: the signal waits until it runs again, and interrupts that."""
    in_interpreters(THEIRS + """
import signal
other, f = theirs('''
def f(x):
    os.kill(os.getpid(), signal)
    return sum(range(1000)) + x
'''.replace("signal)", f"{int(signal.SIGINT)})"))
signal.signal(signal.SIGINT, signal.default_int_handler)
for gil in "release", "hold":
    try:
        result = cif.bind(f.address, "f", gil=gil)(1)
        for _ in range(100):
            pass
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("the signal went by")
run(other, "assert closure.callable is f")
signal.signal(signal.SIGINT, signal.SIG_IGN)
assert f(1) == 499501
""", gil)


@KINDS
def test_a_library_is_loaded_once_for_all_interpreters(in_interpreters, gil):
    """They share its variables; it goes when both have closed it, or the other one has ended."""
    in_interpreters("""
import os
from libffi import CIF, Library, c
def is_loaded():
    with open("/proc/self/maps") as lines:
        return any(line.rstrip().endswith(path) for line in lines)
OPEN = '''
from libffi import CIF, Library, c
library = Library(path)
call_stored = library.function("call_stored", c.int, [c.int])
'''
for ends in False, True:
    library = Library(path)
    closure = CIF(c.int, [c.int]).closure(lambda x: x * 3)
    library.function("store", c.void, [c.pointer])(closure)
    other = create()
    run(other, OPEN + "assert call_stored(5) == 15", path=path)
    library.close()
    assert is_loaded()
    run(other, "assert call_stored(6) == 18")
    if not ends:
        run(other, "library.close()")
        assert not is_loaded()
    interpreters.destroy(other)
    assert not is_loaded() or ends
""", gil)


@KINDS
@pytest.mark.skipif(sys.version_info < (3, 13), reason="CPython passes buffers since 3.13")
def test_memory_passes_as_a_buffer(in_interpreters, gil):
    """C of another interpreter writes to it, through what CPython makes of it there; it stays as long."""
    in_interpreters("""
import gc
from libffi import c
memory = c.array(c.int, 4).new([1, 2, 3, 4])
other = create()
run(other, "import _interpreters")
interpreters.set___main___attrs(other, {"view": memoryview(memory)})
run(other, '''
from libffi import Library, c
memset = Library("c").function("memset", c.pointer, [c.ptr(c.void), c.int, c.size_t])
here = memoryview(view)
assert here.nbytes == 16
memset(here, 0, 8)
''')
assert list(memory) == [0, 0, 3, 4]
memory[0] = 77
del memory
gc.collect()
run(other, "assert bytes(here[:1].cast('B') if here.format != 'B' else here[:4])[0] == 77; del here, view")
interpreters.destroy(other)
""", gil)


@KINDS
def test_threads_outlive_the_interpreters_that_they_visited(in_interpreters, gil):
    in_interpreters(THEIRS + """
import threading
interpreters_and_closures = [theirs("f = lambda x: x + 1") for _ in range(4)]
visited, go = threading.Barrier(4), threading.Event()
def visit():
    for _, f in interpreters_and_closures:
        assert f(1) == 2
    visited.wait()
    go.wait()
    for _, f in interpreters_and_closures[:2]:
        assert f(1) == 0
    for _, f in interpreters_and_closures[2:]:
        assert f(1) == 2
threads = [threading.Thread(target=visit) for _ in range(3)]
for thread in threads:
    thread.start()
visited.wait()
for other, _ in interpreters_and_closures[:2]:
    interpreters.destroy(other)
new = create()
run(new, USE)
go.set()
for thread in threads:
    thread.join()
for other, _ in interpreters_and_closures[2:]:
    interpreters.destroy(other)
interpreters.destroy(new)
""", gil)


@KINDS
@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="another binding's import has a GIL")
def test_another_binding_finds_its_own_interpreter_afterwards(in_interpreters, gil):
    """PyGILState_Ensure() takes a thread that has visited another interpreter to the main one."""
    in_interpreters(THEIRS + """
import ctypes
other, f = theirs('''
here = object()
def f(x):
    assert here is globals()["here"]
    return x + 1
''')
here = object()
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
def g(x):
    assert here is globals()["here"]
    return x * 10
library = ctypes.CDLL(path)
for _ in range(5):
    assert library.call_two(ctypes.c_void_p(f.address), g, 4) == 50
    assert library.call_two(g, ctypes.c_void_p(f.address), 4) == 41
interpreters.destroy(other)
assert library.call_two(ctypes.c_void_p(f.address), g, 4) == 0
""", gil)


KEEPS_GUESTS = pytest.mark.skipif(
    sys.version_info < (3, 12) or bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    reason="there a visiting thread has a state for each callback")


@KINDS
@KEEPS_GUESTS
def test_a_thread_is_adopted_once_for_each_interpreter(in_interpreters, gil):
    """What Python keeps for the thread stays from one callback to the next, and goes with it."""
    in_interpreters(THEIRS + """
COUNT = '''
import threading
of_thread = threading.local()
class Gone:
    def __del__(self):
        os.write(writing, b"-")
def f(x):
    if x >= 0:
        of_thread.gone = Gone()
    of_thread.calls = getattr(of_thread, "calls", 0) + 1
    return of_thread.calls
'''.replace("writing", str(writing))
others = [theirs(COUNT) for _ in range(2)]
library = Library(path)
call_in_thread = library.function("call_in_thread", c.int, [c.pointer, c.int, c.pointer])
results = c.array(c.int, 5).new()
for _ in range(20):
    for _, f in others:
        assert call_in_thread(c.pointer(f.address), 5, results) == 0
        assert list(results) == [1, 2, 3, 4, 5], list(results)
        assert os.read(reading, 99) == b"-----"
mine = {}
def both(x):
    mine[x] = mine.get(x, 0) + 1
    return others[0][1](x) * 10 + others[1][1](x)
both = cif.closure(both)
assert call_in_thread(both, 3, results) == 0
assert list(results)[:3] == [11, 22, 33]
assert [others[0][1](-1) for _ in range(3)] == [1, 2, 3]       # this thread is one, too
interpreters.destroy(others[0][0])
assert call_in_thread(both, 3, results) == 0
assert list(results)[:3] == [1, 2, 3]
interpreters.destroy(others[1][0])
assert call_in_thread(both, 3, results) == 0
assert list(results)[:3] == [0, 0, 0]
""", gil)


@KINDS
@KEEPS_GUESTS
def test_a_thread_of_c_that_has_come_by_another_interpreter_is_adopted_once(in_interpreters, gil):
    """The main interpreter meets it under another one's closure first, and by itself then; so do others."""
    in_interpreters(THEIRS + """
import ctypes, threading
of_thread = threading.local()
def mine(x):
    of_thread.calls = getattr(of_thread, "calls", 0) + 1
    return of_thread.calls
mine = cif.closure(mine)
foreign = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: interpreters.get_current() == interpreters.get_main())
other, f = theirs(f'''
count = CIF(c.int, [c.int]).bind({mine.address}, "mine")
def f(x):
    return count(x)
''')
library = Library(path)
in_turn = library.function("call_in_turn_in_thread", c.int, [c.pointer, c.int, c.int, c.pointer])
results = c.array(c.int, 4).new()
addresses = [f.address, mine.address, f.address, ctypes.cast(foreign, ctypes.c_void_p).value]
for _ in range(5):
    assert in_turn(c.array(c.pointer, 4).new(addresses), 4, 7, results) == 0
    assert list(results) == [1, 2, 3, True], list(results)
""", gil)


@KINDS
def test_many_threads_of_c_in_an_interpreter_in_which_nothing_runs(in_interpreters, gil):
    """CPython itself takes an interpreter's first thread state for free too early: some state has to stay there."""
    in_interpreters(THEIRS + """
other, f = theirs("f = lambda x: x + 1")
library = Library(path)
call_in_threads = library.function("call_in_threads", c.int, [c.pointer, c.int, c.int, c.pointer])
results = c.array(c.int, 8 * 20).new()
for n in range(100):
    assert call_in_threads(c.pointer(f.address), 8, 20, results) == 0
    assert list(results) == list(range(1, 21)) * 8
    run(other, "1")
""", gil)


@KINDS
@KEEPS_GUESTS
def test_a_process_ends_while_threads_of_c_are_at_home_in_its_interpreters(run_python, compile_c, gil):
    """CPython ends a thread state of each interpreter that nobody has ended: it may be one of a thread that goes on."""
    from conftest import C_SOURCES
    from helpers.interpreters import PRELUDE

    printed = run_python(PRELUDE + THEIRS + """
import time
library = Library(path)
start_thread = library.function("start_thread", c.int, [c.pointer, c.int, c.pointer])
others = [theirs("f = lambda x: x + 1") for _ in range(3)]
results = Library("c").function("calloc", c.ptr(c.int), [c.size_t, c.size_t])(50_000_000, 4)     # C's, for good
assert [f(1) for _, f in others] == [2, 2, 2]
assert start_thread(c.pointer(others[1][1].address), 50_000_000, results) == 0
while not results[100]:
    time.sleep(0.001)       # CPython up to 3.12 lets no other interpreter's thread run beside one that only computes
print("ends", flush=True)
""", gil, compile_c(C_SOURCES / "callbacks.c"))
    assert printed == "ends\n"


@KINDS
def test_watchers_see_their_own_interpreter(in_interpreters, gil):
    """A trace, debug mode and closures() are one interpreter's each, also where its code runs under the other's."""
    in_interpreters(THEIRS + """
import libffi
other, f = theirs('''
import libffi
from libffi import Library
strlen = Library("c").function("strlen", c.size_t, [c.string])
def f(x):
    return strlen("12345") + x
told = []
trace = libffi.trace(told.append)
trace.__enter__()
''')
mine = cif.closure(lambda x: x)
careless = cif.closure(lambda x: (CIF(c.double, [c.int]).bind(mine.address, "wrong")(x), 7)[1])
told = []
with libffi.trace(told.append):
    assert f(1) == 6
assert [(one.kind, one.name) for one in told] == [("call", "theirs")], told
run(other, '''
trace.__exit__(None, None, None)
assert [(one.kind, one.name) for one in told] == [("call", "strlen"), ("callback", "f")], told
assert [one.callable for one in libffi.closures()] == [f]
with libffi.debug():
    wrong = CIF(c.double, [c.int]).bind(closure.address, "wrong")
    try:
        wrong(1)
    except libffi.MisuseError:
        pass
    else:
        raise AssertionError("debug mode saw nothing")
    assert CIF(c.int, [c.int]).bind(careless, "careless")(1) == 7
''', careless=careless.address)
assert {one.address for one in libffi.closures()} == {mine.address, careless.address}
""", gil)


@KINDS
@pytest.mark.parametrize("dispatch", [
    "queue.SimpleQueue()",
    *(pytest.param(there, marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="nothing runs beside threads"))
      for there in ("pool.submit", "loop.call_soon_threadsafe"))])
def test_what_a_closure_dispatches_runs_in_its_own_interpreter(in_interpreters, gil, dispatch):
    """Another interpreter's thread calls it, and one of C's: a queue, a pool, a loop and its coroutines are there."""
    if gil == "own" and sys.version_info < (3, 13):
        pytest.skip("the process ends with an interpreter that imported asyncio, without libffi, too")
    in_interpreters(THEIRS + """
other = create()
run(other, '''
import asyncio, concurrent.futures, os, queue, threading
from libffi import CIF, c
seen, here = [], object()
pool = concurrent.futures.ThreadPoolExecutor(1)
loop = asyncio.new_event_loop()
dispatch = DISPATCH
thread = threading.Thread(target=loop.run_forever)
if not hasattr(dispatch, "get"):
    thread.start()
def plain(x):
    assert here is globals()["here"]
    seen.append(x)
async def coroutine(x):
    await asyncio.sleep(0)
    plain(x)
f = CIF(c.void, [c.int]).closure(plain if hasattr(dispatch, "get") else coroutine, dispatch=dispatch)
os.write(writing, str(f.address).encode())
'''.replace("DISPATCH", sys.argv[3]), writing=writing)
dispatched = CIF(c.void, [c.int]).bind(int(os.read(reading, 99)), "dispatched")
for i in range(3):
    assert dispatched(i) is None
library = Library(path)
results = c.array(c.int, 2).new()
call_in_thread = library.function("call_in_thread", c.int, [c.pointer, c.int, c.pointer])
assert call_in_thread(c.pointer(dispatched.address), 2, results) == 0
run(other, '''
import time
until = time.monotonic() + 20
while len(seen) < 5 and time.monotonic() < until:
    if hasattr(dispatch, "get"):
        dispatch.get()()
    time.sleep(0.001)
if thread.ident:
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
pool.shutdown()
assert sorted(seen) == [0, 0, 1, 1, 2], seen
''')
interpreters.destroy(other)
assert dispatched(1) is None
""", gil, dispatch)


CRASH = THEIRS + """
import libffi
libffi.enable_crash_reports()
other, f = theirs('''
import libffi
libffi.enable_crash_reports()
def f(x):
    if x:
        os.kill(os.getpid(), 11)
    return 5
''')
assert f(0) == 5
kill = CIF(c.int, [c.int]).closure(lambda x: os.kill(os.getpid(), 11), name="kill")
"""


@KINDS
@pytest.mark.skipif("LIBFFI_SANITIZER" in os.environ, reason="the sanitizer has its own reports")
@pytest.mark.parametrize(("source", "named"), [
    ("f(1)", ["call theirs", "callback f"]),
    ("libffi.disable_crash_reports(); f(1)", ["callback f"]),
    ("run(other, 'import libffi; libffi.disable_crash_reports()'); f(1)", ["call theirs"]),
    ("cif.bind(kill, 'go')(1)", ["call go", "callback kill"]),
    ("interpreters.destroy(other); assert f(0) == 0; cif.bind(kill, 'go')(1)", ["call go", "callback kill"]),
])
def test_crash_reports_of_two_interpreters(compile_c, gil, source, named):
    """Each names the calls and callbacks of its own, also when the other one, with reports too, has ended."""
    from conftest import C_SOURCES
    from helpers.interpreters import PRELUDE

    done = subprocess.run([sys.executable, "-c", PRELUDE + CRASH + source, gil, compile_c(C_SOURCES / "callbacks.c")],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGSEGV, (done.returncode, done.stdout, done.stderr)
    told = [line.strip().split("(")[0] for line in done.stderr.splitlines() if line.startswith("  call")]
    assert sorted(told) == named, done.stderr


@KINDS
def test_what_the_environment_asks_for_is_for_each_interpreter(in_interpreters, gil):
    in_interpreters("""
other = create()
run(other, USE)
interpreters.destroy(other)
""", gil, env={"LIBFFI_CRASH_REPORTS": "1"})
