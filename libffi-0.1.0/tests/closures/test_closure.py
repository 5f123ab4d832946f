"""Closures: Python callables that C calls."""
from __future__ import annotations

import asyncio
import functools
import gc
import math
import operator
import signal
import sys
import threading
import traceback
import weakref
from decimal import Decimal

import pytest

import libffi
from libffi import CIF, BadTypedef, Closure, ClosureExpired, Memory, Pointer, c, closure

INT_INT = CIF(c.int, [c.int])
POINT = c.struct("point", x=c.double, y=c.double)
PAIR = c.struct("pair", a=c.int, b=c.short)
BIG = c.struct("big", items=c.array(c.long, 20))


@pytest.fixture
def through(callbacks):
    """A function that gives a callback of type T(T) an argument, and gives back its result."""

    def through(name, T, f, x):
        cif = CIF(T, [T])
        return callbacks.function(f"through_{name}", T, [c.func(cif), T])(cif.closure(f), x)

    return through


@pytest.fixture
def call_n(callbacks):
    """Call f for 0 ... n - 1 from C, with the results as a list."""
    function = callbacks.function("call_n", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])

    def call_n(f, n):
        results = c.array(c.int, n).new([-99] * n)
        call_n.results = results
        assert function(f, n, results) == n
        return list(results)

    return call_n


# ---- values


VALUES = [
    *[(name, v) for name in ["schar", "short", "int", "long", "longlong", "int8", "int16", "int32", "int64"]
      for v in (0, -1, (1 << 8 * getattr(c, name).size - 1) - 1, -1 << 8 * getattr(c, name).size - 1)],
    *[(name, v) for name in ["uchar", "ushort", "uint", "ulong", "ulonglong", "uint8", "uint16", "uint32", "uint64"]
      for v in (0, 1, (1 << 8 * getattr(c, name).size) - 1)],
    ("bool", True), ("bool", False), ("char", b"x"), ("char", b"\xff"),
    ("wchar_t", "\u20ac"), ("char16_t", "\uffff"), ("char32_t", "\U0010ffff"),
    ("float", 1.5), ("float", -math.inf), ("double", 0.1), ("double", -0.0), ("longdouble", -0.1),
    ("complex_float", 1.5 - 2.5j), ("complex_double", 0.1 + 0.2j), ("complex_longdouble", 0.1 - 1e300j),
    ("pointer", c.pointer(0x1234)), ("pointer", None), ("string", None), ("wstring", None),
]
if not libffi.features()["complex"]:
    VALUES = [(name, value) for name, value in VALUES if not name.startswith("complex")]


@pytest.mark.parametrize("name, value", VALUES)
def test_there_and_back(through, name, value):
    seen = []

    def f(x):
        seen.append(x)
        return x

    assert through(name, getattr(c, name), f, value) == value
    assert seen == [value] and type(seen[0]) is type(value)


@pytest.mark.parametrize("name", ["int128", "uint128"])
def test_int128(through, name):
    T = getattr(c, name)
    if not libffi.features()["int128"]:
        with pytest.raises(BadTypedef, match="128"):
            through(name, T, lambda x: x, 1)
        return
    top = (1 << 128 if name == "uint128" else 1 << 127) - 1
    for value in (0, 1, 1 << 64, top):
        assert through(name, T, lambda x: x, value) == value


def test_exact_long_double(through):
    T = c.exact(c.longdouble)
    third = T(Decimal(1) / 3).value
    seen = []
    assert through("longdouble", T, lambda x: seen.append(x) or x, third) == third
    assert seen == [third] and isinstance(seen[0], Decimal)


def test_nan_and_zero(through):
    assert math.isnan(through("double", c.double, lambda x: x, math.nan))
    assert math.copysign(1, through("float", c.float, lambda x: -x, 0.0)) == -1


def test_strings(through):
    seen = []
    kept = c.array(c.char, 10).new("hé!")       # C keeps looking at a result: it must outlive the callback
    wide = c.array(c.wchar_t, 10).new("hé\u20ac")

    def f(x):
        seen.append(x)
        return kept if len(seen) == 1 else wide

    assert through("string", c.string, f, "a\u20ac") == "hé!"
    assert through("wstring", c.wstring, f, "a\u20ac") == "hé\u20ac"
    assert seen == ["a\u20ac", "a\u20ac"]


def test_a_string_result_of_python_lives_long_enough(callbacks):
    """A str that only the callback had: C reads it after the callback returned."""
    cif = CIF(c.string, [c.string])
    f = cif.closure(lambda x: x + "".join(["!"] * 100))
    function = callbacks.function("through_string", c.string, [c.func(cif), c.string])
    for i in range(100):
        assert function(f, f"call {i}") == f"call {i}" + "!" * 100


def test_structs(through):
    assert through("point", POINT, lambda p: (p.y, p.x), (1, 2)) == POINT.new(x=2, y=1)
    assert through("point", POINT, lambda p: {"y": p.x}, (1, 2)) == POINT.new(x=0, y=1)
    assert through("pair", PAIR, lambda p: PAIR.new(a=-p.a, b=-p.b), (1, 2)) == PAIR.new(a=-1, b=-2)
    lonely = c.struct("lonely", x=c.longdouble)
    assert through("lonely", lonely, lambda s: (-s.x,), (0.1,)).x == -0.1
    got = through("big", BIG, lambda b: (list(reversed(b.items)),), (range(20),))
    assert list(got.items) == list(range(19, -1, -1))


def test_a_struct_argument_belongs_to_python(through):
    kept = []
    through("point", POINT, lambda p: kept.append(p) or p, (1, 2))
    through("point", POINT, lambda p: kept.append(p) or p, (3, 4))
    assert [(p.x, p.y) for p in kept] == [(1, 2), (3, 4)]
    assert all(isinstance(p, Memory) for p in kept)


@pytest.mark.parametrize("T, make, look", [
    (c.ptr(c.int), lambda: c.array(c.int, 2).new([7, 8]), lambda got: got[0:2] == [7, 8]),
    (c.string, lambda: "".join(["h\xe9", "llo"]), lambda got: got == "h\xe9llo"),
    (c.func(INT_INT), lambda: INT_INT.closure(lambda x: 5 * x), lambda got: got(3) == 15),
], ids=["memory", "str", "closure"])
def test_a_result_that_only_the_callback_had_stays_alive(T, make, look):
    """C looks at a result after the callback has returned: it lives until the next result."""
    f = CIF(T).closure(make)
    for _ in range(3):
        got = f.cif.call(f)
        gc.collect()
        assert look(got)


def test_ref_parameters_are_values_that_may_be_kept():
    cif = CIF(c.void, [c.ref(POINT), c.ref(c.int)])
    kept = []
    f = cif.closure(lambda *a: kept.append(a))
    for i in range(3):
        cif.call(f, (i, 2), i)
    assert [(p.x, p.y, n) for p, n in kept] == [(i, 2, i) for i in range(3)]


def test_a_pointer_parameter_writes_to_the_callers_struct():
    cif = CIF(c.void, [c.ptr(POINT)])
    point = POINT.new(x=1, y=2)

    def double(p):
        p[0].x *= 2

    cif.call(cif.closure(double), point)
    assert point.x == 2.0


@pytest.mark.parametrize("parameter", [c.out, c.inout])
def test_out_parameters_are_for_calls(parameter):
    with pytest.raises(BadTypedef, match=r"argument 2.*c\.ptr"):
        CIF(c.void, [c.int, parameter(c.int)]).closure(abs)


def test_pointer_arguments_are_pointers(qsort):
    seen = []
    numbers = c.array(c.int, 3).new([3, 1, 2])

    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        seen.append((a, b))
        return a[0] - b[0]

    qsort(numbers, 3, 4, compare)
    assert list(numbers) == [1, 2, 3]
    assert all(isinstance(p, Pointer) for pair in seen for p in pair)
    assert all(numbers.address <= p.address < numbers.address + 12 for pair in seen for p in pair)


def test_many_arguments(callbacks):
    cif = CIF(c.double, [c.int, c.double] * 12)
    seen = []
    call = callbacks.function("call_many", c.double, [c.func(cif)])
    assert call(cif.closure(lambda *a: seen.extend(a) or sum(a))) == 300
    assert seen == list(range(1, 25))


def test_void(callbacks):
    seen = []
    f = CIF(c.void).closure(lambda: seen.append(1) or "ignored")
    callbacks.function("call_void", c.void, [c.func(f.cif)])(f)
    assert seen == [1]


def test_function_pointer_arguments_are_functions(callbacks, values):
    """C gives a callback a function pointer: Python can call it."""
    unary = c.func(INT_INT)
    cif = CIF(c.int, [unary, c.int])
    f = cif.closure(lambda g, x: g(x) + 1)
    assert cif.call(f.address, unary(values.symbol("echo_int")), 41) == 42
    assert cif.call(f.address, c.pointer(values.symbol("echo_int")), 41) == 42
    assert cif.call(f.address, INT_INT.closure(lambda x: 2 * x), 5) == 11


def test_function_pointer_results(values):
    unary = c.func(INT_INT)
    cif = CIF(unary, [c.int])
    echo = values.function("echo_int", c.int, [c.int])
    f = cif.closure(lambda x: echo if x else None)
    assert cif.call(f.address, 1)(9) == 9
    assert cif.call(f.address, 0) is None


@pytest.mark.parametrize("callable_", [
    abs, operator.neg, functools.partial(operator.add, 1), [].__contains__, int, float("1").__add__ and (lambda x: x),
    type("Callable", (), {"__call__": lambda self, x: x})(),
], ids=["builtin", "operator", "partial", "bound", "class", "lambda", "object"])
def test_any_callable(callable_):
    f = INT_INT.closure(callable_)
    assert INT_INT.call(f.address, 3) == int(callable_(3))


# ---- the object


def test_what_a_closure_knows():
    def double(x):
        """Twice."""
        return 2 * x

    f = closure(c.int, [c.int])(double)
    assert isinstance(f, Closure)
    assert (f.callable, f.cif, f.closed) == (double, INT_INT, False)
    assert f.address != 0
    assert f(21) == 42                              # from Python: the callable itself
    assert "int double(int)" in repr(f)


def test_a_decorator_in_all_its_spellings():
    @closure(c.int, [c.int])
    def one(x):
        return x

    @INT_INT.closure
    def two(x):
        return x

    @INT_INT.closure(on_error=-1)
    def three(x):
        return x

    @closure(c.int, [c.int], on_error=-1, name="fourth")
    def four(x):
        return x

    assert [INT_INT.call(f.address, 5) for f in (one, two, three, four)] == [5] * 4
    assert one.cif is two.cif is three.cif is four.cif
    assert "fourth" in repr(four)
    assert len({f.address for f in (one, two, three, four)}) == 4


def test_closures_do_not_change_but_by_retarget():
    f = INT_INT.closure(lambda x: x)
    with pytest.raises((AttributeError, TypeError)):
        f.address = 1
    with pytest.raises((AttributeError, TypeError)):
        f.callable = abs


def test_retarget_keeps_the_address():
    f = INT_INT.closure(lambda x: x)
    address = f.address
    f.retarget(abs)
    assert (f.address, f.callable) == (address, abs)
    assert INT_INT.call(address, -3) == 3 == f(-3)
    with pytest.raises(TypeError, match="callable"):
        f.retarget(5)
    assert INT_INT.call(address, -3) == 3


def test_retarget_from_within():
    def first(x):
        f.retarget(lambda x: -x)
        return x

    f = INT_INT.closure(first)
    assert [INT_INT.call(f.address, 5) for _ in range(2)] == [5, -5]


def test_closures_are_weakly_referable_and_collected():
    f = INT_INT.closure(lambda x: x)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


def test_a_cycle_through_its_callable_is_collected():
    class Holder:
        def method(self, x):
            return x

    holder = Holder()
    holder.closure = INT_INT.closure(holder.method)
    gone = weakref.ref(holder)
    del holder
    gc.collect()
    assert gone() is None


def test_a_closure_keeps_its_callable_alive():
    class Callable:
        def __call__(self, x):
            return x + 1

    f = INT_INT.closure(Callable())
    gc.collect()
    assert INT_INT.call(f.address, 1) == 2


def test_many_closures_live_at_once():
    # Defaults bind the loop variable.
    many = [INT_INT.closure(lambda x, i=i: x + i) for i in range(3000)]
    assert len({f.address for f in many}) == 3000
    assert all(INT_INT.call(f.address, 1) == 1 + i for i, f in enumerate(many))


# ---- exceptions


def test_an_exception_is_raised_from_the_call(callbacks):
    add = callbacks.function("call_and_add", c.int, [c.func(INT_INT), c.int])

    def fail(x):
        raise LookupError("lost", x)

    with pytest.raises(LookupError) as caught:
        add(INT_INT.closure(fail), 7)
    assert caught.value.args == ("lost", 7)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-1] == "fail" and names[0] == "test_an_exception_is_raised_from_the_call"


@pytest.mark.parametrize("error", [
    KeyboardInterrupt, SystemExit, GeneratorExit, StopIteration, MemoryError, RecursionError,
])
def test_every_kind_of_exception_comes_back(error):
    def fail(x):
        raise error("from inside")

    with pytest.raises(error, match="from inside"):
        INT_INT.call(INT_INT.closure(fail), 1)


def test_the_same_exception_object_comes_back():
    mine = ValueError("mine")

    def fail(x):
        raise mine

    with pytest.raises(ValueError) as caught:
        INT_INT.call(INT_INT.closure(fail), 1)
    assert caught.value is mine


def test_c_runs_on_with_on_error(call_n):
    def f(x):
        if x == 1:
            raise LookupError(x)
        return x

    with pytest.raises(LookupError):
        call_n(INT_INT.closure(f, on_error=-7), 3)
    assert list(call_n.results)[:2] == [0, -7]
    with pytest.raises(LookupError):
        call_n(INT_INT.closure(f), 3)
    assert list(call_n.results)[:2] == [0, 0]


def test_the_first_exception_wins(call_n):
    seen = []

    def f(x):
        seen.append(x)
        raise LookupError(x)

    with pytest.raises(LookupError) as caught:
        call_n(INT_INT.closure(f), 5)
    assert caught.value.args == (0,)
    assert seen[0] == 0


def test_the_next_call_is_clean(call_n):
    with pytest.raises(ZeroDivisionError):
        call_n(INT_INT.closure(lambda x: 1 // x), 1)
    assert call_n(INT_INT.closure(lambda x: x), 3) == [0, 1, 2]


def test_on_error_of_other_types(callbacks):
    cif = CIF(c.double, [c.double])
    seen = []
    fail = cif.closure(lambda x: 1 / 0, on_error=2.5)
    outer_cif = CIF(c.double, [c.double])

    def outer(x):
        try:
            cif.call(fail.address, x)
        except ZeroDivisionError:
            seen.append("raised")
        return 1.0

    assert outer_cif.call(outer_cif.closure(outer), 0) == 1.0 and seen == ["raised"]
    point = CIF(POINT, [POINT]).closure(lambda p: 1 / 0, on_error=(7, 8))
    with pytest.raises(ZeroDivisionError):
        point.cif.call(point.address, (1, 2))


def test_an_on_error_that_does_not_convert_is_refused_at_once():
    for wrong, error in (("x", TypeError), (1 << 40, OverflowError)):
        with pytest.raises(error, match="on_error|int"):
            INT_INT.closure(abs, on_error=wrong)


@pytest.mark.parametrize("T, result, error, message", [
    (c.int, "x", TypeError, "expected int, got str"),
    (c.int, None, TypeError, "expected int, got NoneType"),
    (c.int8, 300, OverflowError, "300 is out of range for int8_t"),
    (c.double, "x", TypeError, "expected double, got str"),
    (POINT, (1, 2, 3), (TypeError, ValueError), "point"),
    (c.char, b"ab", ValueError, "char"),
    (c.ptr(c.int), "x", TypeError, r"int \*"),
])
def test_a_result_that_does_not_convert(T, result, error, message):
    cif = CIF(T, [])

    def named():
        return result

    with pytest.raises(error, match=message) as caught:
        cif.call(cif.closure(named))
    assert "named" in str(caught.value)


def test_wrong_number_of_arguments_is_pythons_own_error():
    with pytest.raises(TypeError, match="positional argument"):
        INT_INT.call(INT_INT.closure(lambda: 1), 1)


def test_nested_calls_raise_where_they_should():
    """Inner calls' exceptions stop at the inner call when Python catches them there."""
    log = []

    def inner(x):
        log.append(x)
        raise LookupError(x)

    f = INT_INT.closure(inner)

    def outer(x):
        try:
            INT_INT.call(f.address, x)
        except LookupError as error:
            return error.args[0] * 2
        return -1

    assert INT_INT.call(INT_INT.closure(outer), 21) == 42
    assert log == [21]

    def passes_on(x):
        return INT_INT.call(f.address, x)

    with pytest.raises(LookupError):
        INT_INT.call(INT_INT.closure(passes_on), 3)


def test_recursion_through_c():
    def factorial(n):
        return 1 if n == 0 else n * cif.call(f.address, n - 1)

    cif = CIF(c.longlong, [c.longlong])
    f = cif.closure(factorial)
    assert cif.call(f.address, 20) == math.factorial(20)


@pytest.mark.thread_unsafe(reason="changes the recursion limit")
def test_endless_recursion_is_a_recursion_error(run_python):
    run_python("""
        import sys
        from libffi import CIF, c
        sys.setrecursionlimit(300)
        cif = CIF(c.int, [c.int])
        f = cif.closure(lambda n: cif.call(f.address, n + 1))
        try:
            cif.call(f.address, 0)
        except RecursionError:
            print("recursion")
    """)


def test_an_exception_in_a_hook_of_exceptions(unraisable):
    """Errors of the destructor of a result do not disturb the call."""
    class Angry:
        def __index__(self):
            return 7

        def __del__(self):
            raise LookupError("in __del__")

    assert INT_INT.call(INT_INT.closure(lambda x: Angry()), 1) == 7
    assert [kind for kind, _ in unraisable] == [LookupError]


def test_exceptions_when_an_exception_is_being_handled():
    try:
        raise KeyError("outer")
    except KeyError:
        with pytest.raises(ZeroDivisionError):
            INT_INT.call(INT_INT.closure(lambda x: 1 // 0), 1)
        assert isinstance(sys.exc_info()[1], KeyError)


# ---- closing


def test_close_twice_and_use_after():
    f = INT_INT.closure(abs)
    address = f.address
    f.close()
    f.close()
    assert f.closed
    with pytest.raises(ClosureExpired):
        INT_INT.call(address, 1)
    assert "closed" in repr(f)


def test_a_closed_closure_is_refused_as_an_argument(callbacks):
    f = INT_INT.closure(abs)
    f.close()
    call = callbacks.function("through_int", c.int, [c.func(INT_INT), c.int])
    with pytest.raises((ClosureExpired, ValueError), match="closed|expired"):
        call(f, 1)


def test_a_closed_closure_called_from_python():
    f = INT_INT.closure(abs)
    f.close()
    with pytest.raises((ClosureExpired, ValueError)):
        f(1)
    with pytest.raises((ClosureExpired, ValueError)):
        f.retarget(abs)


def test_with_closes():
    with INT_INT.closure(abs) as f:
        assert INT_INT.call(f.address, -1) == 1
    assert f.closed


def test_a_collected_closure_still_answers():
    address = INT_INT.closure(abs).address
    gc.collect()
    with pytest.raises(ClosureExpired):
        INT_INT.call(address, 1)


@pytest.mark.thread_unsafe(reason="C has one place to store it")
def test_a_collected_closure_gives_c_zero(callbacks):
    store = callbacks.function("store", c.void, [c.func(INT_INT)])
    call_stored = callbacks.function("call_stored", c.int, [c.int])
    f = INT_INT.closure(abs, on_error=-5)
    store(f)
    assert call_stored(-3) == 3
    f.close()
    with pytest.raises(ClosureExpired):
        call_stored(-3)
    store(None)
    assert call_stored(1) == -1


def test_an_expired_address_is_not_given_away_at_once():
    """An old address in C's hands must say "expired", not call a stranger."""
    address = INT_INT.closure(abs).address
    fresh = [INT_INT.closure(lambda x: 1000) for _ in range(100)]
    with pytest.raises(ClosureExpired):
        INT_INT.call(address, 1)
    assert fresh


def test_close_within_its_own_callback():
    def f(x):
        g.close()
        return x + 1

    g = INT_INT.closure(f)
    address = g.address
    assert INT_INT.call(address, 1) == 2
    assert g.closed
    with pytest.raises(ClosureExpired):
        INT_INT.call(address, 1)


def test_dropped_within_its_own_callback():
    box = []

    def f(x):
        box.clear()
        gc.collect()
        return x + 1

    box.append(INT_INT.closure(f))
    del f
    assert INT_INT.call(box[0].address, 1) == 2


def test_a_closure_given_to_a_call_lives_for_the_call(callbacks):
    """Nobody else has it."""
    call = callbacks.function("call_two", c.int, [c.func(INT_INT), c.func(INT_INT), c.int])

    def first(x):
        gc.collect()
        return x + 1

    assert call(INT_INT.closure(first), INT_INT.closure(lambda x: 10 * x), 4) == 50


# ---- threads


@pytest.fixture
def interruptible():
    """Take SIGINT as a terminal would have it: background jobs of a shell start with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_signal_within_a_callback(interruptible):
    def interrupted(x):
        signal.raise_signal(signal.SIGINT)
        return x

    with pytest.raises(KeyboardInterrupt):
        INT_INT.call(INT_INT.closure(interrupted), 1)
    assert INT_INT.call(INT_INT.closure(abs), -1) == 1


def test_a_thread_that_c_made(callbacks):
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    idents, results = [], c.array(c.int, 10).new()

    def f(x):
        idents.append(threading.get_ident())
        return x * x

    assert call(INT_INT.closure(f), 10, results) == 0
    assert list(results) == [x * x for x in range(10)]
    assert len(set(idents)) == 1 and idents[0] != threading.get_ident()


def test_a_thread_stays_attached_between_callbacks(callbacks):
    """Thread-local storage of Python lasts from one callback to the next."""
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    local, results = threading.local(), c.array(c.int, 10).new()

    def f(x):
        local.n = getattr(local, "n", 0) + 1
        return local.n

    assert call(INT_INT.closure(f), 10, results) == 0
    assert list(results) == list(range(1, 11))
    assert not hasattr(local, "n")


def test_many_threads_of_c(callbacks):
    call = callbacks.function("call_in_threads", c.int, [c.func(INT_INT), c.int, c.int, c.ptr(c.int)])
    results = c.array(c.int, 8 * 200).new()
    assert call(INT_INT.closure(lambda x: x + 1), 8, 200, results) == 0
    assert list(results) == list(range(1, 201)) * 8


def test_exceptions_without_python_underneath_are_unraisable(callbacks, unraisable):
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    results = c.array(c.int, 3).new([9, 9, 9])

    def f(x):
        raise LookupError(x)

    assert call(INT_INT.closure(f, on_error=-2), 3, results) == 0
    assert list(results) == [-2] * 3
    assert [(kind, error.args) for kind, error in unraisable] == [(LookupError, (x,)) for x in range(3)]


def test_an_expired_closure_in_a_thread_of_c(callbacks, unraisable):
    call = callbacks.function("call_in_thread", c.int, [c.pointer, c.int, c.ptr(c.int)])
    results = c.array(c.int, 2).new([9, 9])
    f = INT_INT.closure(abs, on_error=-2)
    address = f.address
    f.close()
    assert call(address, 2, results) == 0
    assert list(results) == [0, 0]
    assert [kind for kind, _ in unraisable] == [ClosureExpired] * 2


@pytest.mark.thread_unsafe(reason="C has one thread in the background")
def test_a_thread_in_the_background(callbacks):
    start = callbacks.function("start_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    join = callbacks.function("join_thread", c.int)
    results = c.array(c.int, 100).new()
    f = INT_INT.closure(lambda x: x + 1)
    assert start(f, 100, results) == 0
    busy = sum(range(10000))
    assert join() == 0
    assert list(results) == list(range(1, 101)) and busy


def test_one_closure_from_many_python_threads():
    f = INT_INT.closure(lambda x: x + 1)
    wrong = []

    def work():
        wrong.extend(x for x in range(500) if INT_INT.call(f.address, x) != x + 1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_retarget_and_close_while_other_threads_call():
    f = INT_INT.closure(lambda x: 1)
    address = f.address
    seen, start = set(), threading.Event()

    def work():
        start.wait()
        for _ in range(2000):
            try:
                seen.add(INT_INT.call(address, 0))
            except ClosureExpired:
                seen.add("expired")
                return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    start.set()
    for i in range(200):
        f.retarget(lambda x, i=i: i)
    f.close()
    for t in threads:
        t.join()
    assert seen <= {*range(200), 1, "expired"} and seen


def test_exceptions_of_two_threads_do_not_mix():
    barrier, caught = threading.Barrier(2), {}

    def fail(x):
        barrier.wait()
        raise LookupError(x)

    f = INT_INT.closure(fail)

    def work(n):
        try:
            INT_INT.call(f.address, n)
        except LookupError as error:
            caught[n] = error.args[0]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert caught == {0: 0, 1: 1}


# ---- in company


def test_a_callback_in_a_coroutine():
    async def main():
        f = INT_INT.closure(lambda x: x + 1)
        await asyncio.sleep(0)
        return INT_INT.call(f.address, 1)

    assert asyncio.run(main()) == 2


def test_user_data_by_pointer(callbacks):
    """The usual void * of C libraries: an object stands in a table, C carries its key."""
    cif = CIF(c.int, [c.int, c.pointer])
    each = callbacks.function("each", c.int, [c.ptr(c.int, const=True), c.int, c.func(cif), c.pointer])
    objects = {1: []}

    def f(item, user):
        objects[user].append(item)
        return item == 30

    numbers = c.array(c.int, 5).new([10, 20, 30, 40, 50])
    assert each(numbers, 5, cif.closure(f), 1) == 1
    assert objects[1] == [10, 20, 30]


def test_a_struct_of_closures_stays_usable(callbacks):
    binary = CIF(c.int, [c.int, c.int])
    operations = c.struct("operations", add=c.func(binary), negate=c.func(INT_INT), user=c.pointer)
    use = callbacks.function("use_operations", c.int, [c.ref(operations), c.int, c.int])
    assert use({"add": binary.closure(operator.add), "negate": INT_INT.closure(operator.neg)}, 3, 4) == -7


@pytest.mark.thread_unsafe(reason="sets a profile function")
def test_tracing_sees_callbacks():
    events = []

    def profile(frame, event, arg):
        if frame.f_code.co_name == "traced" and event == "call":
            events.append(frame.f_code.co_name)

    def traced(x):
        return x

    f = INT_INT.closure(traced)
    sys.setprofile(profile)
    try:
        INT_INT.call(f.address, 1)
    finally:
        sys.setprofile(None)
    assert events == ["traced"]


# ---- refused


def test_variadic_closures_are_refused():
    with pytest.raises(BadTypedef, match=r"\.\.\."):
        closure(c.int, [c.int, ...])(lambda *a: 0)


@pytest.mark.parametrize("wrong", [5, "f", object()], ids=["int", "str", "object"])
def test_only_callables(wrong):
    with pytest.raises(TypeError, match="callable"):
        INT_INT.closure(wrong)
    with pytest.raises(TypeError, match="callable"):
        closure(c.int, [c.int])(wrong)
