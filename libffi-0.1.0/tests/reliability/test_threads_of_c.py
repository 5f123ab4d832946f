"""Threads that C made, signals, tracing; more of it is in ../closures.

faulthandler watches: a deadlock ends the process with every thread's traceback instead of a silent timeout.
"""
from __future__ import annotations

import contextvars
import gc
import signal
import sys
import threading
import time

import pytest

from libffi import CIF, c

INT_INT = CIF(c.int, [c.int])

WATCHED = """
import faulthandler, gc, sys, threading
from libffi import CIF, Library, c
faulthandler.dump_traceback_later(100, exit=True)
cif = CIF(c.int, [c.int])
lib = Library(sys.argv[1])
in_threads = lib.function("call_in_threads", c.int, [c.func(cif), c.int, c.int, c.ptr(c.int)])
python = Library(None)
head = python.function("PyInterpreterState_ThreadHead", c.pointer, [c.pointer])
following = python.function("PyThreadState_Next", c.pointer, [c.pointer])
main = python.function("PyInterpreterState_Main", c.pointer)
def thread_states():
    count, state = 0, head(main())
    while state:
        count, state = count + 1, following(state)
    return count
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
"""

pytestmark = pytest.mark.thread_unsafe(reason="starts threads of its own")


def test_64_threads_times_10_000_calls(run_python, callbacks):
    """Every call answered right, each thread attached once, no thread state left."""
    out = run_python(WATCHED + """
results = c.array(c.int, 64 * 10_000).new()
local, starts = threading.local(), []
def f(x):
    if not hasattr(local, "seen"):
        local.seen = 0
        starts.append(threading.get_ident())
    local.seen += 1
    return x + 1
assert thread_states() == 1
assert in_threads(cif.closure(f), 64, 10_000, results) == 0
assert results[:] == list(range(1, 10_001)) * 64
assert len(starts) == 64
assert thread_states() == 1, thread_states()
print("done")
""", callbacks.path)
    assert out == "done\n"


def test_thread_states_and_memory_stay_flat(run_python, callbacks, true_memory):
    """6,400 threads come and go."""
    out = run_python(WATCHED + """
results = c.array(c.int, 64 * 4).new()
f = cif.closure(lambda x: x)
for i in range(100):
    assert in_threads(f, 64, 4, results) == 0
    if i == 19:
        gc.collect()
        before = resident(), sys.getallocatedblocks()
gc.collect()
grown = resident() - before[0], sys.getallocatedblocks() - before[1]
assert thread_states() == 1
assert grown[0] < 2_000_000 and grown[1] < 500, grown
""", callbacks.path)
    assert out == ""


@pytest.fixture
def in_thread(callbacks):
    """Call f for 0 … n - 1 in a thread of C's."""
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])

    def in_thread(f, n):
        results = c.array(c.int, n).new()
        assert call(INT_INT.closure(f), n, results) == 0
        return list(results)

    return in_thread


def test_context_variables(in_thread, callbacks):
    """A call in this thread sees this context; a thread of C's has one of its own, from call to call."""
    variable = contextvars.ContextVar("variable", default=0)
    token = variable.set(100)

    def count(x):
        variable.set(variable.get() + 1)
        return variable.get()

    try:
        assert in_thread(count, 5) == [1, 2, 3, 4, 5]
        assert variable.get() == 100
        add = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int])
        assert add(INT_INT.closure(count), 0) == 102 and variable.get() == 101
        assert contextvars.Context().run(add, INT_INT.closure(count), 0) == 2
    finally:
        variable.reset(token)


def test_what_threading_says_of_a_thread_of_c(in_thread):
    seen = set()

    def f(x):
        thread = threading.current_thread()
        seen.add((thread.ident, type(thread).__name__))
        return thread is threading.main_thread()

    before = threading.active_count()
    assert in_thread(f, 3) == [0, 0, 0]
    assert len(seen) == 1 and [name for _, name in seen] == ["_DummyThread"]
    assert threading.active_count() <= before + 1       # CPython 3.11 keeps such a record, 3.13 does not


def test_tracing_a_callback(callbacks):
    events = []

    def trace(frame, event, arg):
        if frame.f_code.co_name == "traced":
            events.append(event)
        return trace

    def traced(x):
        y = x + 1
        return y

    add = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int])
    f = INT_INT.closure(traced)
    sys.settrace(trace)
    try:
        add(f, 1)
    finally:
        sys.settrace(None)
    assert events == ["call", "line", "line", "return"]


def test_tracing_set_in_a_thread_of_c_lasts(in_thread):
    lines = []

    def profile(frame, event, arg):
        if event == "call":
            lines.append(frame.f_code.co_name)

    def f(x):
        if x == 0:
            sys.setprofile(profile)
        return x

    assert in_thread(f, 4) == [0, 1, 2, 3]
    assert lines == ["f"] * 3
    assert sys.getprofile() is None


def test_a_trace_function_that_raises(callbacks):
    def trace(frame, event, arg):
        if frame.f_code.co_name == "traced":
            raise LookupError("tracer")
        return trace

    def traced(x):
        return x

    add = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int])
    f = INT_INT.closure(traced)
    sys.settrace(trace)
    try:
        with pytest.raises(LookupError, match="tracer"):
            add(f, 1)
    finally:
        sys.settrace(None)


@pytest.mark.parametrize("gil", ["hold", "release"])
def test_functions_that_keep_the_gil_may_call_back(callbacks, gil):
    """On their own thread; the callback may let go of the GIL, and call again either way."""
    add = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int], gil=gil)
    other = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int],
                               gil="release" if gil == "hold" else "hold")

    def f(x):
        time.sleep(0.001)
        return x if x > 20 else other(g, x + 1)

    def deep(x):
        return add(f, x + 1)

    g = INT_INT.closure(deep)
    f = INT_INT.closure(f)
    assert add(f, 0) == 22 + 23
    with pytest.raises(ZeroDivisionError):
        add(INT_INT.closure(lambda x: x // 0), 1)


@pytest.fixture
def no_collection():
    """A handler's exception that meets a garbage collection is lost there: Python says so and goes on."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_signal_during_a_long_call_of_c(libc, no_collection):
    """C's sleep is cut short, and the handler's exception is raised from the call."""
    usleep = libc.function("usleep", c.int, [c.uint], errno=True)
    asleep, handled, raised = threading.Event(), [], None

    def handler(number, frame):
        handled.append(frame.f_code.co_name)
        raise TimeoutError("alarm")

    def send():     # to this thread, and once: a timer's signal may come to any thread
        asleep.wait()
        time.sleep(0.1)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    previous = signal.signal(signal.SIGALRM, handler)
    sender = threading.Thread(target=send)
    sender.start()
    start = time.monotonic()
    try:
        asleep.set()
        usleep(60_000_000)
        time.sleep(1)       # at the latest here
    except TimeoutError as error:
        raised = error
    finally:
        took = time.monotonic() - start
        asleep.set()
        sender.join()
        signal.signal(signal.SIGALRM, previous)
    assert raised is not None and took < 50, (handled, took, signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_signals_while_c_calls_back(callbacks, no_collection):
    """Handlers run in callbacks; what one raises ends that callback, and C goes on."""
    call_n = callbacks.function("call_n", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    n, handled = 400_000, []
    results = c.array(c.int, n).new()

    def handler(number, frame):
        handled.append(number)
        if len(handled) == 5:
            raise KeyboardInterrupt("fifth")

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        with pytest.raises(KeyboardInterrupt, match="fifth"):
            while True:
                call_n(INT_INT.closure(lambda x: x, on_error=-1), n, results)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    failed = [x for x in results if x == -1]
    assert len(handled) >= 5 and len(failed) <= 1 and results[n - 1] == n - 1


def test_a_signal_for_a_process_whose_main_thread_is_in_c(run_python, callbacks):
    """Callbacks of C's threads go on; the handler runs when the main thread is back."""
    out = run_python(WATCHED + """
import os, signal
signal.signal(signal.SIGUSR1, lambda *a: handled.append(threading.current_thread() is threading.main_thread()))
handled = []
def f(x):
    if x == 50:
        os.kill(os.getpid(), signal.SIGUSR1)
    return x + 1
results = c.array(c.int, 4 * 1000).new()
assert in_threads(cif.closure(f), 4, 1000, results) == 0
assert results[:] == list(range(1, 1001)) * 4
assert handled and all(handled)
""", callbacks.path)
    assert out == ""


LOADED = """
#include <stdlib.h>
__attribute__((constructor)) static void loaded(void)
{
    const char *address = getenv("CALL_AT_LOAD");
    if (address != NULL)
        ((void (*)(void))strtoull(address, NULL, 10))();
}
"""


def test_a_library_that_calls_back_while_it_is_loaded(run_python, compile_c):
    """The dynamic linker holds a lock meanwhile: who waits for that must not hold the GIL."""
    out = run_python("""
        import faulthandler, sys, threading
        from libffi import Library, c, closure
        faulthandler.dump_traceback_later(100, exit=True)
        inside, looked_up = threading.Event(), threading.Event()
        @closure(c.void, [])
        def at_load():
            inside.set()
            print("waited", looked_up.wait(0.5))
        python = Library(None)
        python.function("setenv", c.int, [c.string, c.string, c.int])("CALL_AT_LOAD", str(at_load.address), 1)
        thread = threading.Thread(target=Library, args=sys.argv[1:])
        thread.start()
        assert inside.wait(60)
        assert python.symbol("abs")
        looked_up.set()
        thread.join()
    """, compile_c(LOADED, "loaded"))
    assert out.startswith("waited ")


@pytest.mark.parametrize("gil", ["hold", "release"])
@pytest.mark.parametrize("end", ["exit", "pthread_exit"])
def test_a_thread_of_c_ends_in_its_callback(run_python, end, gil):
    out = run_python("""
        import sys, time
        from libffi import CIF, Library, c
        python, cif = Library(None), CIF(c.pointer, [c.pointer])
        end = python.function(sys.argv[1], c.void, [c.size_t], gil=sys.argv[2])
        @cif.closure
        def work(arg):
            print("inside", flush=True)
            end(0)
        thread = c.ulong.new()
        assert python.function("pthread_create", c.int, [c.pointer] * 4)(thread, None, work, None) == 0
        assert python.function("pthread_join", c.int, [c.ulong, c.pointer])(thread.value, None) == 0
        print("joined")
    """, end, gil)
    assert out == ("inside\n" if end == "exit" else "inside\njoined\n")


def test_a_closure_called_by_the_end_of_a_thread(run_python, callbacks):
    """A destructor of thread-specific data comes when the thread has given its state back."""
    out = run_python(WATCHED + """
    from libffi import closure
    local, ends = threading.local(), []
    class Last:
        def __del__(self):
            ends.append(cif.call(add.address, 1))
    add = cif.closure(lambda x: x + 1)
    @closure(c.void, [c.pointer])
    def destructor(data):
        ends.append(data)
        local.last = Last()
    @closure(c.pointer, [c.pointer])
    def work(data):
        local.last = Last()
        assert set_specific(key.value, 7) == 0
    key, thread = c.uint.new(), c.ulong.new()
    assert python.function("pthread_key_create", c.int, [c.pointer, c.pointer])(key, destructor) == 0
    set_specific = python.function("pthread_setspecific", c.int, [c.uint, c.pointer])
    create = python.function("pthread_create", c.int, [c.pointer] * 4)
    join = python.function("pthread_join", c.int, [c.ulong, c.pointer])
    before = thread_states()
    for _ in range(20):
        assert create(thread, None, work, None) == join(thread.value, None) == 0
    print(ends == [2, 7, 2] * 20, thread_states() - before)
    """.replace("\n    ", "\n"), callbacks.path)
    assert out == "True 0\n"


FIRST_AT_THE_END = """
#include <pthread.h>
static pthread_key_t key;
static void destructor(void *closure) { ((void (*)(void))closure)(); }
static void *work(void *closure) { pthread_setspecific(key, closure); return 0; }
int threads(int n, void (*closure)(void))
{
    pthread_t thread;
    int status = pthread_key_create(&key, destructor);
    while (status == 0 && n-- > 0)
        status = pthread_create(&thread, 0, work, (void *)closure) || pthread_join(thread, 0);
    return status;
}
"""


def test_a_first_callback_at_the_end_of_a_thread(run_python, callbacks, compile_c):
    """The destructor of thread-specific data is the first that calls Python: its state goes too."""
    out = run_python(WATCHED + """
end, local = CIF(c.void), threading.local()
class Last:
    def __del__(self):
        ends.append(threading.get_ident())
@end.closure
def last():
    calls.append(threading.get_ident())
    local.last = Last()
calls, ends = [], []
run = Library(sys.argv[2]).function("threads", c.int, [c.int, c.func(end)])
before = thread_states()
assert run(20, last) == 0
print(len(calls), calls == ends, thread_states() - before)
""", callbacks.path, compile_c(FIRST_AT_THE_END, "first_at_the_end", "-pthread"))
    assert out == "20 True 0\n"
