"""What closures return stays until the call into C that they ran under is over; the last 256 of it."""
from __future__ import annotations

import gc
import threading
import weakref

import pytest

from libffi import CIF, c

NAME = CIF(c.string, [c.int])
PLACE = CIF(c.pointer, [c.int])
KEPT = 256


@pytest.fixture(params=["release", "hold"])
def join(request, callbacks):
    function = callbacks.function("join_names", c.int, [c.func(NAME), c.int, c.pointer, c.size_t], gil=request.param)

    def call(name, n):
        out = bytearray(16 * n + 1)
        used = function(NAME.closure(name), n, out, len(out))
        return out[:used].decode().split("|")[:-1]

    return call


@pytest.fixture(params=["release", "hold"])
def ask(request, callbacks):
    return callbacks.function("ask", c.void, [c.func(PLACE), c.int], gil=request.param)


@pytest.fixture
def made():
    """Make memory, and count what of it is there."""
    alive = []

    def make(*_):
        memory = c.int.new(7)
        alive.append(weakref.ref(memory))
        return memory

    def count():
        gc.collect()
        return sum(reference() is not None for reference in alive)

    make.count = count
    return make


@pytest.mark.parametrize("n", [1, 4, KEPT])
def test_c_asks_for_many_and_then_reads(join, n):
    expected = [f"näme{i}" for i in range(n)]
    assert join(lambda i: f"näme{i}", n) == expected


def test_a_call_in_between_lets_go_of_its_own(join):
    """The closure's own calls of C, the same closure under them, end first."""
    def name(i):
        assert join(lambda j: f"in{i}.{j}", 3) == [f"in{i}.{j}" for j in range(3)]
        return f"out{i}"

    assert join(name, 5) == [f"out{i}" for i in range(5)]


def test_one_closure_under_two_calls(callbacks):
    function = callbacks.function("join_names", c.int, [c.func(NAME), c.int, c.pointer, c.size_t])
    inner = []

    @NAME.closure
    def name(i):
        if i >= 10:
            return f"in{i}"
        out = bytearray(100)
        shifted = NAME.closure(lambda j: f"{i}.{j}")
        function(shifted, 3, out, 100)
        inner.append(out.rstrip(b"\0").decode())
        return f"out{i}"

    out = bytearray(100)
    function(name, 4, out, 100)
    assert out.rstrip(b"\0") == b"out0|out1|out2|out3|" and inner == [f"{i}.0|{i}.1|{i}.2|" for i in range(4)]


def test_they_stay_during_the_call_and_no_longer(ask, made):
    counts = []

    def place(i):
        counts.append(made.count())
        return made()

    f = PLACE.closure(place)
    ask(f, 10)
    assert counts == list(range(10)) and made.count() <= 1      # the closure's last
    ask(f, 10)
    assert made.count() <= 1
    f.close()
    del f
    assert made.count() <= 1


def test_a_loop_that_goes_on_is_bounded(ask, made):
    most = 0

    def place(i):
        nonlocal most
        if i % 500 == 0:
            most = max(most, made.count())
        return made()

    ask(PLACE.closure(place), 5000)
    assert KEPT <= most <= KEPT + 1


def test_they_stay_where_a_closure_raises(ask, made):
    counts = []

    def place(i):
        counts.append(made.count())
        if i % 2:
            raise LookupError(i)
        return made()

    with pytest.raises(LookupError) as caught:
        ask(PLACE.closure(place), 6)
    assert caught.value.args == (1,) and counts == [0, 1, 1, 2, 2, 3] and made.count() <= 1


def test_what_a_thread_returns_is_its_own(callbacks, join):
    results = {}

    def work(n):
        results[n] = join(lambda i: f"t{n}.{i}", 50)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [f"t{n}.{i}" for i in range(50)] for n in range(4)}


def test_greenlets_keep_their_own(callbacks, greenlet):
    function = callbacks.function("join_names", c.int, [c.func(NAME), c.int, c.pointer, c.size_t])
    main = greenlet.getcurrent()

    def run(n):
        out = bytearray(200)
        function(NAME.closure(lambda i: main.switch() or f"g{n}.{i}"), 4, out, 200)
        return out.rstrip(b"\0").decode()

    turns = [greenlet.greenlet(run) for _ in range(3)]
    for n, turn in enumerate(turns):
        turn.switch(n)
    results = {}
    while len(results) < 3:
        for n, turn in enumerate(turns):
            if not turn.dead:
                value = turn.switch()
                if turn.dead:
                    results[n] = value
    assert results == {n: "".join(f"g{n}.{i}|" for i in range(4)) for n in range(3)}
