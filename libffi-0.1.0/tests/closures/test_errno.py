"""errno is C's: a closure sees it, Python's own work in between does not change it, set_errno() does."""
from __future__ import annotations

import errno
import os
import sys
import threading
from contextlib import nullcontext

import pytest
from helpers.surroundings import POSIX

import libffi
from libffi import CIF, c, closure

INT_INT = CIF(c.int, [c.int])
OPTIONS = [{}, {"errno": True}, {"gil": "hold"}, {"gil": "hold", "errno": True}]
HOW = ["errno_around", "errno_around_in_thread"]


WATCHES = {"unwatched": nullcontext, "traced": lambda: libffi.trace(lambda call: disturb()), "debugged": libffi.debug}


@pytest.fixture(autouse=True, params=WATCHES)
def watch(request):
    """Look on in each of the tests, which changes nothing."""
    with WATCHES[request.param]():
        yield


def disturb():
    assert not os.path.exists("/nonexistent")       # the real errno: ENOENT


@pytest.fixture(ids=str, params=[
    (options, how) for options in OPTIONS for how in HOW
    if how == "errno_around" or options.get("gil") != "hold"])     # that thread would wait for the GIL for ever
def around(request, callbacks):
    options, how = request.param
    return callbacks.function(how, c.int, [c.func(INT_INT), c.int], **options)


def test_a_closure_sees_it(around):
    seen = []

    @INT_INT.closure
    def look(before):
        seen.append(libffi.get_errno())
        disturb()
        seen.append(libffi.get_errno())
        return 0

    assert [around(look, before) for before in (33, 0, 7)] == [33, 0, 7] and seen == [33, 33, 0, 0, 7, 7]


def test_it_survives_what_fails(around, unraisable):
    @INT_INT.closure
    def fail(before):
        disturb()
        raise LookupError(before)

    in_thread = around.name == "errno_around_in_thread"
    for before in 33, 7:
        if in_thread:
            assert around(fail, before) == before
        else:
            with pytest.raises(LookupError):
                around(fail, before)
    assert len(unraisable) == 2 * in_thread


def test_a_closure_sets_it(around):
    @INT_INT.closure
    def fail(before):
        libffi.set_errno(errno.ENOSPC)
        disturb()
        return -1

    assert around(fail, 0) == errno.ENOSPC


def test_a_call_with_errno_in_a_closure_is_seen_by_c(around, libc):
    rmdir = libc.function(f"{POSIX}rmdir", c.int, [c.string], errno=True)
    assert around(INT_INT.closure(lambda before: rmdir("/nowhere")), 33) == errno.ENOENT
    rmdir = libc.function(f"{POSIX}rmdir", c.int, [c.string])
    assert around(INT_INT.closure(lambda before: rmdir("/nowhere")), 33) == 33


def test_an_expired_closure_leaves_it(callbacks):
    around = callbacks.function("errno_around", c.int, [c.pointer, c.int], errno=True)
    late = INT_INT.closure(lambda x: x)
    address = late.address
    late.close()
    with pytest.raises(libffi.ClosureExpired):
        around(c.pointer(address), 33)
    assert libffi.get_errno() == 33


def test_the_callers_own_comes_back(callbacks):
    """What a closure sets is C's; a caller without errno=True finds its own."""
    around = callbacks.function("errno_around", c.int, [c.func(INT_INT), c.int])
    libffi.set_errno(5)
    assert around(INT_INT.closure(lambda before: libffi.set_errno(9) and 0), 33) == 9
    assert libffi.get_errno() == 5


def test_closures_in_closures(callbacks):
    around = callbacks.function("errno_around", c.int, [c.func(INT_INT), c.int], errno=True)
    seen = []

    @INT_INT.closure
    def outer(before):
        inner = INT_INT.closure(lambda before: seen.append(libffi.get_errno()) or 0)
        seen.append(around(inner, 44))
        libffi.set_errno(libffi.get_errno() + 1)
        return 0

    assert around(outer, 33) == 45 and seen == [44, 44]


def test_each_thread_has_its_own(callbacks):
    around = callbacks.function("errno_around", c.int, [c.func(INT_INT), c.int])
    together = threading.Barrier(4)

    @INT_INT.closure
    def look(before):
        for _ in range(20):
            together.wait()
            assert libffi.get_errno() == before
            libffi.set_errno(before)
        return 0

    results = {}

    def work(n):
        results[n] = around(look, n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: n for n in range(1, 5)}


def test_greenlets_that_take_turns(callbacks, greenlet):
    around = callbacks.function("errno_around", c.int, [c.func(INT_INT), c.int])
    main = greenlet.getcurrent()
    look = INT_INT.closure(lambda before: main.switch(libffi.get_errno()) or 0)
    turns = [greenlet.greenlet(around) for _ in range(4)]
    assert [turn.switch(look, 30 + i) for i, turn in enumerate(turns)] == [30, 31, 32, 33]
    assert [turns[i].switch(0) for i in (2, 0, 1, 3)] == [32, 30, 31, 33]


@pytest.mark.parametrize("gil", ["release", "hold"])
@pytest.mark.parametrize("saves", [False, True])
@pytest.mark.parametrize("in_frame", [False, True])
def test_each_greenlet_has_its_own(callbacks, libc, greenlet, gil, saves, in_frame):
    """What one sets, or a call of one, in the middle of a closure is seen by its own closure and C only."""
    around = callbacks.function("errno_around", c.int, [c.func(INT_INT), c.int], gil=gil, errno=saves)
    close_file = libc.function("close", c.int, [c.int], gil=gil, errno=True)
    main = greenlet.getcurrent()
    seen = {}

    @INT_INT.closure
    def look(before):
        main.switch()
        found = [libffi.get_errno()]
        libffi.set_errno(before + 100)
        main.switch()
        found.append(libffi.get_errno())
        if before != 31:
            close_file(-1)
        main.switch()
        found.append(libffi.get_errno())
        disturb()
        seen[before] = found
        return 0
    turns = {n: greenlet.greenlet((lambda *args: around(*args)) if in_frame else around) for n in (30, 31, 32)}
    for n, turn in turns.items():
        turn.switch(look, n)
    libffi.set_errno(77)
    for order in (31, 30, 32), (32, 30, 31):
        for n in order:
            turns[n].switch()
            assert libffi.get_errno() == 77
    assert [turns[n].switch() for n in (30, 32, 31)] == [errno.EBADF, errno.EBADF, 131]
    assert seen == {30: [30, 130, errno.EBADF], 31: [31, 131, 131], 32: [32, 132, errno.EBADF]}
    assert libffi.get_errno() == (131 if saves else 77)


def test_a_greenlet_that_is_given_up_takes_nothing_along(callbacks, greenlet):
    around = callbacks.function("errno_around", c.int, [c.func(INT_INT), c.int], errno=True)
    main = greenlet.getcurrent()
    libffi.set_errno(5)
    for n in range(100):
        turn = greenlet.greenlet(around)
        turn.switch(INT_INT.closure(lambda before: main.switch() or 0), 30 + n)
        assert libffi.get_errno() == 5
        turn.throw()
        assert turn.dead
        libffi.set_errno(5)


def test_a_stream_in_python_is_full(libc):
    """What a C library reads errno for: stdio tells why a write failed."""
    try:
        libc.symbol("fopencookie")
    except AttributeError:
        pytest.skip("this C library has no fopencookie")
    write_cif = CIF(c.ssize_t, [c.pointer, c.pointer, c.size_t])
    hooks = c.struct("cookie_io_functions", read=c.pointer, write=c.func(write_cif), seek=c.pointer, close=c.pointer)
    opens = libc.function("fopencookie", c.pointer, [c.pointer, c.string, hooks])
    puts = libc.function("fputs", c.int, [c.string, c.pointer])
    flush = libc.function("fflush", c.int, [c.pointer], errno=True)
    close = libc.function("fclose", c.int, [c.pointer])
    room, written = 8, []

    @closure(c.ssize_t, [c.pointer, c.pointer, c.size_t])
    def write(cookie, data, size):
        if sum(map(len, written)) + size > room:
            libffi.set_errno(errno.ENOSPC)
            disturb()
            return 0
        written.append(libffi.string_at(data, size))
        return size

    stream = opens(None, "w", (None, write, None, None))
    puts("1234", stream)
    libffi.set_errno(0)
    assert flush(stream) == 0 and written == [b"1234"]
    puts("too much", stream)
    assert flush(stream) == -1 and os.strerror(libffi.get_errno()) == os.strerror(errno.ENOSPC)
    close(stream)



@pytest.mark.skipif(sys.platform == "win32", reason="Windows has one")
def test_there_is_no_last_error_elsewhere(libc):
    with pytest.raises(ValueError, match="only Windows has GetLastError"):
        libc.function("abs", c.int, [c.int], last_error=True)
    assert not hasattr(libffi, "get_last_error") and not libc.function("abs", c.int, [c.int]).last_error
