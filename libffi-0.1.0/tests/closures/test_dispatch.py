"""dispatch=: C calls, another executor runs the callable, and C does not wait."""
from __future__ import annotations

import asyncio
import contextvars
import functools
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import libffi
from libffi import CIF, c, closure

VOID_INT = CIF(c.void, [c.int])


@pytest.fixture(scope="module")
def notify(compile_c):
    """Call f(0) … f(n - 1) from a thread of C's own; the seconds that took."""
    path = compile_c("""
        #include <pthread.h>
        #include <time.h>
        struct work { void (*f)(int); int n; };
        static void *run(void *p) { struct work *w = p; for (int i = 0; i < w->n; i++) w->f(i); return 0; }
        double notify(void (*f)(int), int n)
        {
            struct work w = {f, n};
            struct timespec a, b;
            pthread_t t;
            clock_gettime(CLOCK_MONOTONIC, &a);
            if (pthread_create(&t, 0, run, &w) || pthread_join(t, 0))
                return -1;
            clock_gettime(CLOCK_MONOTONIC, &b);
            return b.tv_sec - a.tv_sec + 1e-9 * (b.tv_nsec - a.tv_nsec);
        }
        void hand_over(void (*f)(const char *, double), char *text)
        {
            f(text, 0.5);
            text[0] = '#';      /* C's own storage is C's again */
        }
    """, "notify")
    return libffi.Library(path)


def test_to_an_event_loop(notify):
    async def main():
        loop, done, seen = asyncio.get_running_loop(), asyncio.Event(), []
        its_thread = threading.current_thread()

        @closure(c.void, [c.int], dispatch=loop.call_soon_threadsafe)
        def arrived(n):
            seen.append((n, threading.current_thread() is its_thread))
            if n == 99:
                done.set()

        call = notify.function("notify", c.double, [c.func(VOID_INT), c.int])
        await asyncio.to_thread(call, arrived, 100)
        await asyncio.wait_for(done.wait(), 30)
        return seen

    assert asyncio.run(main()) == [(n, True) for n in range(100)]


def test_c_does_not_wait_for_a_busy_loop(notify):
    async def main():
        seen = []
        f = VOID_INT.closure(lambda n: (seen.append(n), time.sleep(0.01)),
                             dispatch=asyncio.get_running_loop().call_soon_threadsafe)
        # The loop stands still while C calls: nothing has run when C is through.
        seconds = notify.function("notify", c.double, [c.func(VOID_INT), c.int])(f, 20)
        assert seen == [] and 0 <= seconds < 10
        await asyncio.sleep(0.3)
        while len(seen) < 20:
            await asyncio.sleep(0.01)
        return seen

    assert asyncio.run(main()) == list(range(20))


@pytest.mark.parametrize("make", [queue.Queue, queue.SimpleQueue, asyncio.Queue])
def test_to_a_queue(make):
    pending, seen = make(), []
    f = VOID_INT.closure(seen.append, dispatch=pending)
    for n in range(3):
        VOID_INT.call(f, n)
    assert seen == []
    while not pending.empty():
        pending.get_nowait()()
    assert seen == [0, 1, 2]


def test_a_full_queue_is_an_exception():
    f = VOID_INT.closure(print, dispatch=queue.Queue(1))
    VOID_INT.call(f, 1)
    with pytest.raises(queue.Full):
        VOID_INT.call(f, 2)


def test_arguments_are_converted_already(notify):
    tell = notify.function("hand_over", c.void, [c.func(CIF(c.void, [c.string, c.double])), c.pointer])
    pending = queue.SimpleQueue()
    text = c.array(c.char, 10).new(b"hello")
    got = []
    tell(closure(c.void, [c.string, c.double], dispatch=pending)(lambda *a: got.append(a)), text)
    assert text.value == b"#ello"
    pending.get()()
    assert got == [("hello", 0.5)]


def test_to_a_pool_whose_exceptions_are_not_lost(unraisable):
    seen = []

    def work(n):
        seen.append(threading.current_thread().name)
        if n == 2:
            raise LookupError(n)

    with ThreadPoolExecutor(1, "pool") as pool:
        f = VOID_INT.closure(work, dispatch=pool.submit)
        for n in range(4):
            VOID_INT.call(f, n)
    assert len(seen) == 4 and all(name.startswith("pool") for name in seen)
    assert [repr(error) for _, error in unraisable] == ["LookupError(2)"]
    with pytest.raises(RuntimeError, match="shutdown"):     # the executor's own refusal reaches the caller
        VOID_INT.call(f, 1)


def test_any_callable_will_do():
    sent = []
    f = VOID_INT.closure(print, dispatch=lambda f, *args: sent.append((f, args)))
    VOID_INT.call(f, 5)
    assert sent == [(print, (5,))]


def test_the_closure_shows_the_callable():
    def mine(n):
        seen.append(n)

    seen, pending = [], queue.SimpleQueue()
    f = VOID_INT.closure(mine, dispatch=pending)
    assert f.callable is mine and f.name == "mine" and f.origin.endswith(f":{mine.__code__.co_firstlineno}")
    f(1)                        # from Python: the callable itself, now
    assert seen == [1] and pending.empty()
    f.retarget(lambda n: seen.append(-n))
    VOID_INT.call(f, 2)
    pending.get()()
    assert seen == [1, -2]
    f.close()
    with pytest.raises(libffi.ClosureExpired):
        f.retarget(print)


def test_calls_that_wait_outlive_the_closure():
    pending, seen = queue.SimpleQueue(), []
    VOID_INT.call(VOID_INT.closure(seen.append, dispatch=pending), 1)
    pending.get()()
    assert seen == [1]


def test_the_context_of_the_thread_that_c_called_in():
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []

    async def main():
        variable.set("outer")
        f = VOID_INT.closure(lambda n: seen.append(variable.get()),
                             dispatch=asyncio.get_running_loop().call_soon_threadsafe)
        VOID_INT.call(f, 1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert seen == ["outer"]


def test_only_void_and_only_what_can_take_it():
    with pytest.raises(TypeError, match="closure abs dispatch: .*void"):
        closure(c.int, [c.int], dispatch=print)(abs)
    with pytest.raises(TypeError, match="closure f dispatch: expected a callable or a queue, got int"):
        VOID_INT.closure(print, name="f", dispatch=5)


async def until(condition):
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_coroutines_on_an_event_loop(notify, unraisable):
    async def main():
        seen = []

        @closure(c.void, [c.int], dispatch=asyncio.get_running_loop().call_soon_threadsafe)
        async def arrived(n):
            await asyncio.sleep(0)
            seen.append(n)
            if n == 2:
                raise LookupError("two")

        call = notify.function("notify", c.double, [c.func(VOID_INT), c.int])
        await asyncio.to_thread(call, arrived, 4)
        await until(lambda: len(seen) == 4 and unraisable)
        assert sorted(seen) == [0, 1, 2, 3]
        assert [repr(exception) for _, exception in unraisable] == ["LookupError('two')"]

    asyncio.run(main())


def test_coroutines_on_other_threads(notify):
    seen = []

    async def arrived(n):
        await asyncio.sleep(0)
        seen.append(n)

    call = notify.function("notify", c.double, [c.func(VOID_INT), c.int])
    with ThreadPoolExecutor(1) as pool:
        call(VOID_INT.closure(arrived, dispatch=pool.submit), 3)
    assert seen == [0, 1, 2]
    work = queue.SimpleQueue()
    call(VOID_INT.closure(arrived, dispatch=work), 1)
    work.get()()
    assert seen == [0, 1, 2, 0]


def test_what_returns_a_coroutine_is_seen_through():
    seen = []

    async def arrived(n):
        await asyncio.sleep(0)
        seen.append(n)

    class Receiver:
        async def arrived(self, n):
            await arrived(n)

    receiver = Receiver()
    callables = [lambda n: receiver.arrived(n), functools.partial(arrived), lambda n: seen.append(n)]

    async def main():
        for function in callables:
            closure = VOID_INT.closure(function, dispatch=asyncio.get_running_loop().call_soon_threadsafe)
            closure.cif.call(closure, len(seen))
            await until(lambda: seen and seen[-1] == callables.index(function))     # noqa: B023

    asyncio.run(main())
    assert seen == [0, 1, 2]


def test_a_coroutine_function_that_nobody_would_await():
    async def arrived(n):
        pass

    class Arrived:
        async def __call__(self, n):
            pass

    for function in (arrived, Arrived()):
        with pytest.raises(TypeError, match="C does not await"):
            VOID_INT.closure(function)
    plain = VOID_INT.closure(lambda n: None)
    with pytest.raises(TypeError, match="C does not await"):
        plain.retarget(arrived)


def test_calls_that_coroutines_await():
    usleep = libffi.Library(None).function("usleep", c.int, [c.uint])
    labs = libffi.Library(None).function("labs", c.long, [c.long])
    libc = libffi.Library(None)
    libc.declare("long labs(long value);")
    variable = contextvars.ContextVar("variable", default=0)

    async def main():
        start = time.monotonic()
        calls = [usleep.call_async(100_000) for _ in range(3)]
        assert await asyncio.gather(*calls, labs.call_async(-3), libc.labs.call_async(value=-4)) == [0, 0, 0, 3, 4]
        assert time.monotonic() - start >= 0.1
        with pytest.raises(libffi.ArgumentError, match=r"labs\(\) argument 1"):
            await labs.call_async("x")
        variable.set(5)
        see = CIF(c.int, []).closure(variable.get)
        with ThreadPoolExecutor(1) as pool:
            assert await CIF(c.int, []).bind(see).call_async(executor=pool) == 5

    asyncio.run(main())
