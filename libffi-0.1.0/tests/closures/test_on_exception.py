"""on_exception: what a callable raises is dealt with at once, and C gets what the hook returns."""
from __future__ import annotations

import gc
import logging
import sys
import threading
import weakref

import pytest

import libffi
from libffi import CIF, c, closure

INT_INT = CIF(c.int, [c.int])


@pytest.fixture
def add(callbacks):
    return callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int])


def fail(x):
    raise LookupError(x)


def test_it_is_called_at_once_and_c_gets_what_it_returns(callbacks):
    call_n = callbacks.function("call_n", c.int, [c.func(INT_INT), c.int, c.pointer])
    events, results = [], c.array(c.int, 4).new()

    @INT_INT.closure(on_exception=lambda error: events.append(repr(error)) or -error.args[0])
    def sometimes(x):
        events.append(x)
        return 10 * x if x % 2 else fail(x)

    assert call_n(sometimes, 4, results) == 4 and list(results) == [0, 10, -2, 30]
    assert events == [0, "LookupError(0)", 1, 2, "LookupError(2)", 3]


@pytest.mark.parametrize("make", [
    lambda **options: INT_INT.closure(fail, **options), lambda **options: INT_INT.closure(**options)(fail),
    lambda **options: closure(c.int, [c.int], **options)(fail)])
def test_every_way_to_make_one(add, make):
    assert add(make(on_exception=lambda error: 7), 1) == 8


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_any_exception(add, error):
    def interrupt(x):
        raise error

    assert add(INT_INT.closure(interrupt, on_exception=lambda e: 1 if type(e) is error else 0), 1) == 2


def test_it_sees_the_traceback_and_is_in_an_except_clause(add, caplog):
    seen = []

    def hook(error):
        logging.getLogger("hook").exception("caught")
        seen.append((error, sys.exc_info()[1], error.__traceback__.tb_frame.f_code.co_name))
        return 0

    add(INT_INT.closure(fail, on_exception=hook), 5)
    assert seen[0][0] is seen[0][1] and seen[0][2] == "fail" and "LookupError: 5" in caplog.text
    assert sys.exc_info() == (None, None, None)


def test_results_and_arguments_that_do_not_convert(add):
    seen = []
    bad = INT_INT.closure(lambda x: "text", on_exception=lambda error: seen.append(error) or 4)
    assert add(bad, 1) == 5 and "result" in str(seen[0])
    shade = c.func(CIF(c.int, [c.string]))
    text = shade.cif.closure(lambda s: 1, on_exception=lambda error: 9)
    assert shade.cif.bind(text)("x") == 1


def test_a_hook_that_raises(add):
    """As a closure that raises: C gets on_error, the call raises it, with the first as its context."""
    def hook(error):
        raise OSError("hook")

    with pytest.raises(OSError, match="hook") as caught:
        add(INT_INT.closure(fail, on_exception=hook, on_error=3), 1)
    assert isinstance(caught.value.__context__, LookupError)
    results = []
    seen = INT_INT.closure(lambda x: results.append(x) or 0)
    assert add(seen, 1) == 1


def test_a_hook_that_raises_the_same_again(add):
    def hook(error):
        raise

    with pytest.raises(LookupError) as caught:
        add(INT_INT.closure(fail, on_exception=hook), 6)
    assert caught.value.args == (6,) and caught.value.__context__ is None


def test_a_hook_whose_result_does_not_convert(add):
    with pytest.raises(TypeError, match="closure fail result"):
        add(INT_INT.closure(fail, on_exception=lambda error: "text"), 1)


def test_on_a_thread_of_c(callbacks, unraisable):
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, c.pointer])
    results, threads = c.array(c.int, 3).new(), set()

    def hook(error):
        threads.add(threading.get_ident())
        return 100 + error.args[0]

    assert call(INT_INT.closure(fail, on_exception=hook), 3, results) == 0
    assert list(results) == [100, 101, 102] and len(threads) == 1 and not unraisable
    assert threading.get_ident() not in threads


def test_a_void_function(callbacks):
    seen = []
    hook = CIF(c.void).closure(lambda: 1 // 0, on_exception=seen.append)
    callbacks.function("call_void", c.void, [c.pointer])(hook)
    assert [type(error) for error in seen] == [ZeroDivisionError]


def test_calls_of_c_in_the_hook(add):
    def hook(error):
        return add(INT_INT.closure(lambda x: 2 * x), error.args[0])

    assert add(INT_INT.closure(fail, on_exception=hook), 5) == 12


def test_closed_in_its_own_callback_it_is_still_asked(add):
    def close_and_fail(x):
        f.close()
        fail(x)

    f = INT_INT.closure(close_and_fail, on_exception=lambda error: 7)
    assert add(f, 1) == 8
    with pytest.raises(libffi.ClosureExpired):
        add_late = CIF(c.int, [c.int]).bind(f.address)
        add_late(1)


def test_retarget_keeps_it(add):
    f = INT_INT.closure(lambda x: x, on_exception=lambda error: 7)
    f.retarget(fail)
    assert add(f, 1) == 8


def test_a_dispatch_that_raises():
    seen = []
    f = CIF(c.void).closure(lambda: None, on_exception=seen.append, dispatch=lambda callable: 1 // 0)
    f.cif.bind(f)()
    assert len(seen) == 1


def test_a_cycle_through_the_hook_goes():
    class Owner:
        def hook(self, error):
            return 0

    owner = Owner()
    owner.closure = INT_INT.closure(abs, on_exception=owner.hook)
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    gc.collect()
    assert gone() is None


def test_what_is_no_hook():
    with pytest.raises(TypeError, match="closure abs on_exception: expected a callable, got int"):
        INT_INT.closure(abs, on_exception=3)
