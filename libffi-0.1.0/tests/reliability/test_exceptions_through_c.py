"""Exceptions cross any number of C frames, in any company; more of them are in ../closures."""
from __future__ import annotations

import asyncio
import traceback

import pytest

from libffi import CIF, c

INT_INT = CIF(c.int, [c.int])
POINT = c.struct("point", x=c.double, y=c.double)
DEPTH = 50


@pytest.fixture
def add(callbacks):
    """One more than what a callback says: C runs on after it."""
    return callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int])


@pytest.fixture
def call_n(callbacks):
    return callbacks.function("call_n", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])


def nest(add, bottom, depth=DEPTH, on_error=None):
    """Python → C → Python → C …: `bottom` runs under `depth` calls of C."""

    def level(n):
        return bottom(n) if n == depth else add(f, n + 1)

    f = INT_INT.closure(level, on_error=on_error)
    return add(f, 1)


def test_values_come_back_from_50_levels(add):
    assert nest(add, lambda n: n) == DEPTH + DEPTH


def test_an_exception_crosses_50_levels(add):
    def bottom(n):
        raise LookupError("at the bottom", n)

    with pytest.raises(LookupError) as caught:
        nest(add, bottom)
    assert caught.value.args == ("at the bottom", DEPTH)
    assert getattr(caught.value, "__notes__", []) == []     # one exception, raised once
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names.count("level") == DEPTH and names[-1] == "bottom"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_what_is_not_an_exception_crosses_too(add, error):
    def bottom(n):
        raise error("stop")

    with pytest.raises(error, match="stop"):
        nest(add, bottom)


def test_an_exception_caught_half_way_and_raised_again_as_another(add):
    def bottom(n):
        raise LookupError(n)

    def middle(n):
        try:
            return nest(add, bottom, 25)
        except LookupError as error:
            raise RuntimeError("middle") from error

    with pytest.raises(RuntimeError, match="middle") as caught:
        nest(add, middle, 25)
    assert isinstance(caught.value.__cause__, LookupError)


def test_the_others_become_notes_of_the_first(call_n):
    results = c.array(c.int, 20).new()

    def fail(x):
        raise (KeyboardInterrupt if x == 3 else LookupError)(f"number {x}")

    with pytest.raises(LookupError) as caught:
        call_n(INT_INT.closure(fail, on_error=-1), 20, results)
    notes = caught.value.__notes__
    assert caught.value.args == ("number 0",) and list(results) == [-1] * 20
    assert notes[0] == "closure fail then raised LookupError: number 1"
    assert notes[2] == "closure fail then raised KeyboardInterrupt: number 3"
    assert notes[-1] == "(and 11 more exceptions of closures in the same call)" and len(notes) == 9


class NoText(Exception):
    def __str__(self):
        raise OSError("no text")


class NoNotes(Exception):
    def add_note(self, note):
        raise OSError("no notes")


@pytest.mark.parametrize("raised", [(LookupError, NoText), (NoNotes, LookupError)])
def test_an_exception_that_cannot_be_a_note(call_n, unraisable, raised):
    def fail(x):
        raise raised[x]("text")

    with pytest.raises(raised[0]):
        call_n(INT_INT.closure(fail), 2, c.array(c.int, 2).new())
    assert [kind for kind, _ in unraisable] == [OSError, raised[1]]


def test_two_closures_raise_in_one_call(callbacks):
    two = callbacks.function("call_two", c.int, [c.func(INT_INT), c.func(INT_INT), c.int])

    def first(x):
        raise LookupError("first")

    def second(x):
        raise OSError("second")

    with pytest.raises(LookupError, match="first") as caught:
        two(INT_INT.closure(first), INT_INT.closure(second), 1)
    assert caught.value.__notes__ == ["closure second then raised OSError: second"]


def test_generators_in_between(add):
    def numbers():
        for n in range(3):
            yield add(INT_INT.closure(lambda x: x), n)
        add(INT_INT.closure(lambda x: 1 // 0), 0)

    running = numbers()
    pull = INT_INT.closure(lambda x: next(running))
    assert [add(pull, 0) for _ in range(3)] == [2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        add(pull, 0)
    with pytest.raises(StopIteration):      # the generator is over: from next() as ever
        add(pull, 0)


def test_stop_iteration_does_not_end_a_generator_quietly(add):
    def outer():
        yield add(INT_INT.closure(lambda x: next(iter(()))), 0)

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(outer())


def test_an_event_loop_inside_a_callback(add):
    async def inner(x):
        await asyncio.sleep(0)
        if x == 2:
            raise LookupError("in the coroutine")
        return add(INT_INT.closure(lambda y: 10 * y), x)

    f = INT_INT.closure(lambda x: asyncio.run(inner(x)))
    assert add(f, 1) == 12
    with pytest.raises(LookupError, match="in the coroutine"):
        add(f, 2)


def test_callbacks_in_tasks_that_take_turns(add):
    async def task(n):
        for i in range(20):
            f = INT_INT.closure(lambda x, n=n: n if x < 15 else 1 // 0)
            assert add(f, i) == n + 1
            await asyncio.sleep(0)

    async def main():
        return await asyncio.gather(*(task(n) for n in range(10)), return_exceptions=True)

    assert [type(error) for error in asyncio.run(main())] == [ZeroDivisionError] * 10


def test_an_errcheck_that_raises(callbacks):
    checked = []

    def check(result, function, args):
        checked.append(result)
        raise OSError(result)

    call = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int], errcheck=check)
    with pytest.raises(OSError) as caught:
        call(INT_INT.closure(lambda x: x), 5)
    assert caught.value.args == (6,) and checked == [6]
    with pytest.raises(ZeroDivisionError):      # there is no result to check
        call(INT_INT.closure(lambda x: 1 // 0), 5)
    assert checked == [6]

    def through(x):
        return call(INT_INT.closure(lambda x: x), x)

    with pytest.raises(OSError):
        call(INT_INT.closure(through), 7)
    assert checked == [6, 8]


@pytest.mark.parametrize("on_error", [None, (7, 8)])
def test_c_never_gets_half_a_result(on_error):
    """A struct whose second member does not convert, over memory that is not zero."""
    cif = CIF(POINT)
    f = cif.closure(lambda: (1.0, "x"), on_error=on_error)
    result = bytearray(b"\xaa" * POINT.size)
    with pytest.raises(TypeError, match="y"):
        cif.call_raw(f, result, [])
    assert result == bytes(POINT.new(on_error or (0, 0)))


@pytest.mark.parametrize("T", [c.int8, c.short, c.int, c.long, c.float, c.double, c.bool, c.pointer])
def test_a_result_that_does_not_convert_is_zero_to_its_last_byte(T):
    cif = CIF(T)
    f = cif.closure(list)
    result = bytearray(b"\xaa" * max(T.size, 8))
    with pytest.raises(TypeError):
        cif.call_raw(f, result, [])
    assert not any(result[:T.size])


def test_the_hook_is_called_once_and_may_raise_itself(callbacks, monkeypatch, capfd):
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    seen = []

    def hook(unraisable):
        seen.append(unraisable.exc_value)
        raise OSError("the hook is broken")

    def fail(x):
        raise LookupError(x)

    monkeypatch.setattr("sys.unraisablehook", hook)
    assert call(INT_INT.closure(fail), 1, c.array(c.int, 1).new()) == 0
    assert [repr(error) for error in seen] == ["LookupError(0)"]
    assert "the hook is broken" in capfd.readouterr().err


def test_python_threads_under_a_callback(add):
    import threading

    def in_thread(x):
        caught = []

        def work():
            try:
                add(INT_INT.closure(lambda y: y // 0), x)
            except ZeroDivisionError as error:
                caught.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        raise LookupError from caught[0]

    with pytest.raises(LookupError) as caught:
        add(INT_INT.closure(in_thread), 1)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
