"""Nothing is lost and nothing is freed twice: each kind of call 100,000 times, with every count as before.

Watched: the references of every object taking part, the interpreter's own total in a debug build, the blocks that
Python's allocator has given out, and the resident size of the process for what is not in that allocator.
"""
from __future__ import annotations

import array
import enum
import gc
import itertools
import pickle
import sys
import sysconfig
from decimal import Decimal

import pytest
from helpers.surroundings import SANITIZER

import libffi
from libffi import CIF, c

pytestmark = pytest.mark.thread_unsafe(reason="counts what the whole process has")

REPETITIONS = 100_000 if SANITIZER != "thread" else 20_000      # some hundred times slower there
WARM_UP = 10_000        # more than the expired closures that are kept back before their addresses are used again

INT_INT = CIF(c.int, [c.int])
POINT = c.struct("point", x=c.double, y=c.double)
INT_P = c.ptr(c.int)


class Color(enum.IntEnum):
    GREEN = 5


def resident():
    """Bytes of this process in memory; 0 where the system does not say, or says a sanitizer's.

    Without a GIL CPython frees late what other threads may be reading, such as the old tables of a dictionary.
    """
    if SANITIZER or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return 0
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * 4096
    except OSError:
        return 0


def repeat(use, times):
    for _ in itertools.repeat(None, times):
        use()


def expect_flat(use, watched=(), times=REPETITIONS):
    """Fail when repeating use() leaves a count or a size higher, or lower, than it was."""
    repeat(use, min(times, WARM_UP))
    gc.collect()
    total = getattr(sys, "gettotalrefcount", lambda: 0)
    enabled = gc.isenabled()
    gc.disable()            # a collection in the middle would hide a leak of cycles, and disturb the counts
    try:
        before = [sys.getrefcount(thing) for thing in watched], total(), sys.getallocatedblocks(), resident()
        repeat(use, times)
        after = [sys.getrefcount(thing) for thing in watched], total(), sys.getallocatedblocks(), resident()
    finally:
        if enabled:
            gc.enable()
    # Free lists and caches move a little; a leak moves by the number of repetitions.
    slack = max(times // 100, 500)
    moved = [a - b for a, b in zip(after[0], before[0], strict=True)]
    assert max(map(abs, moved), default=0) < 10, f"references of the objects taking part moved by {moved}"
    assert abs(after[1] - before[1]) < slack, "all references"
    assert abs(after[2] - before[2]) < slack, "allocated blocks"
    assert after[3] - before[3] < 16 * times, "resident memory"


def raising(error, use, *arguments):
    """use(*arguments), which must raise."""
    def attempt():
        try:
            use(*arguments)
        except error:
            return
        raise AssertionError("did not raise")
    return attempt


@pytest.fixture(scope="module")
def world(values, callbacks, libc):
    """Named uses; each gives the callable to repeat and the objects whose references must stay."""
    f = {name: values.function(name, *signature) for name, signature in {
        "nothing": (c.void, []),
        "echo_int": (c.int, [c.int]),
        "echo_int8": (c.int8, [c.int8]),
        "echo_longlong": (c.longlong, [c.longlong]),
        "echo_double": (c.double, [c.double]),
        "echo_longdouble": (c.exact(c.longdouble), [c.exact(c.longdouble)]),
        "echo_complex_double": (c.complex_double, [c.complex_double]),
        "echo_bool": (c.bool, [c.bool]),
        "echo_char": (c.char, [c.char]),
        "echo_wchar_t": (c.wchar_t, [c.wchar_t]),
        "echo_string": (c.string, [c.string]),
        "length": (c.size_t, [c.bytes]),
        "wide_length": (c.size_t, [c.wstring]),
        "echo_pointer": (INT_P, [INT_P]),
        "echo_point": (POINT, [POINT]),
        "echo_color": (c.enum(Color), [c.enum(Color)]),
        "sum_doubles": (c.double, [c.ptr(c.double, const=True), c.int]),
        "divide": (c.int, [c.int, c.int, c.out(c.int), c.out(c.int)]),
        "add_one": (c.void, [c.inout(c.int)]),
        "distance2": (c.double, [c.ref(POINT), c.ref(POINT)]),
        "record": (c.int, [c.pointer, c.string, ...]),
    }.items()}
    held = values.function("echo_int", c.int, [c.int], gil="hold")
    with_errno = values.function("set_errno_to", c.int, [c.int], errno=True)
    checked = values.function("echo_int", c.int, [c.int], errcheck=lambda result, function, args: result)
    failing = values.function("echo_int", c.int, [c.int], errcheck=lambda result, function, args: 1 // 0)
    big, text, data, out = 1 << 60, "h\xe9llo " * 3, b"bytes" * 3, bytearray(64)
    numbers, point, doubles = c.array(c.int, 10).new(range(10)), POINT.new(x=1, y=2), array.array("d", [1.5] * 4)
    digits, pair, mapping, pointer = Decimal("0.1"), (1.5, 2.5), {"x": 1.5}, INT_P(numbers)
    result = array.array("d", [0.0] * 4)

    # ---- closures, each called from C
    def identity(x):
        return x

    def fail(x):
        raise LookupError("x")

    through = {name: callbacks.function(f"through_{name}", T, [c.func(CIF(T, [T])), T])
               for name, T in {"int": c.int, "double": c.double, "point": POINT, "string": c.string,
                               "pointer": INT_P, "complex_double": c.complex_double}.items()}
    closures = {name: g.cif.argtypes[0].cif.closure(identity) for name, g in through.items()}
    failing_closure, wrong_result = INT_INT.closure(fail, on_error=-1), INT_INT.closure(lambda x: "x")
    nested = INT_INT.closure(lambda x: INT_INT.call(closures["int"].address, x))
    nested_failing = INT_INT.closure(lambda x: INT_INT.call(failing_closure.address, x))
    call_n = callbacks.function("call_n", c.int, [c.func(INT_INT), c.int, INT_P])
    fresh_library = libffi.Library("m")

    def make_and_close():
        INT_INT.closure(identity).close()

    def expired():
        g = INT_INT.closure(identity)
        address = g.address
        g.close()
        try:
            INT_INT.call(address, 1)
        except libffi.ClosureExpired:
            pass

    uses = {
        "void": (lambda: f["nothing"](), ()),
        "int": (lambda: f["echo_int"](5), ()),
        "int held": (lambda: held(5), ()),
        "int .call": (lambda: f["echo_int"].call(5), ()),
        "int cif.call": (lambda: INT_INT.call(f["echo_int"].address, 5), ()),
        "large int": (lambda: f["echo_longlong"](big), (big,)),
        "double": (lambda: f["echo_double"](2.5), ()),
        "exact long double": (lambda: f["echo_longdouble"](digits), (digits,)),
        "complex": (lambda: f["echo_complex_double"](1j), ()),
        "bool, char, wchar_t": (lambda: (f["echo_bool"](True), f["echo_char"](b"x"), f["echo_wchar_t"]("\u20ac")),
                                (True, False)),
        "string": (lambda: f["echo_string"](text), (text,)),
        "None": (lambda: (f["echo_string"](None), f["echo_pointer"](None)), ()),
        "bytes": (lambda: f["length"](data), (data,)),
        "wide string": (lambda: f["wide_length"](text), (text,)),
        "memory as a pointer": (lambda: f["echo_pointer"](numbers), (numbers, INT_P)),
        "pointer": (lambda: f["echo_pointer"](pointer), (pointer, numbers, INT_P)),
        "buffer": (lambda: f["sum_doubles"](doubles, 4), (doubles,)),
        "struct": (lambda: f["echo_point"](point), (point, POINT)),
        "struct from a tuple": (lambda: f["echo_point"](pair), (pair, POINT)),
        "struct from a dict": (lambda: f["echo_point"](mapping), (mapping, POINT)),
        "ref": (lambda: f["distance2"](pair, point), (pair, point)),
        "enum": (lambda: f["echo_color"](Color.GREEN), (Color.GREEN, Color)),
        "out": (lambda: f["divide"](17, 5), ()),
        "inout": (lambda: f["add_one"](1), ()),
        "variadic": (lambda: f["record"](out, "isd", 1, text, 2.5), (out, text)),
        "variadic, typed": (lambda: f["record"](out, "l", c.long(5)), (out, c.long)),
        "errno": (lambda: (with_errno(5), libffi.get_errno()), ()),
        "errcheck": (lambda: checked(5), (checked,)),
        "map": (lambda: f["echo_double"].map(doubles, out=result), (doubles, result)),
        "map, new result": (lambda: f["echo_double"].map(doubles), (doubles,)),
        "raw call": (lambda: INT_INT.call_raw(f["echo_int"].address, out, [numbers]), (out, numbers)),
        "exchange": (lambda: INT_INT.call_exchange(f["echo_int"].address, out), (out,)),
        # errors of arguments
        "too few": (raising(TypeError, f["echo_int"]), (f["echo_int"],)),
        "wrong type": (raising(TypeError, f["echo_int"], text), (text,)),
        "overflow": (raising(OverflowError, f["echo_int8"], 300), ()),
        "NUL": (raising(ValueError, f["echo_string"], "a\0b"), ()),
        "second argument wrong": (raising(TypeError, f["sum_doubles"], doubles, "x"), (doubles,)),
        "struct wrong": (raising(TypeError, f["echo_point"], (1.0, text)), (text, POINT)),
        "read-only buffer": (raising(TypeError, f["echo_pointer"], data), (data,)),
        "variadic wrong": (raising(TypeError, f["record"], out, "i", [1]), (out,)),
        "unpromoted": (raising(libffi.BadArgType, f["record"], out, "i", c.float(1)), (out,)),
        "errcheck raises": (raising(ZeroDivisionError, failing, 1), (failing,)),
        "no such symbol": (raising(libffi.SymbolNotFound, values.symbol, "nothing_like_it"), (values,)),
        "bad CIF": (raising(libffi.BadTypedef, CIF, c.int, [c.void]), (c.int, c.void)),
        # closures
        **{f"callback {name}": (lambda g=through[name], k=closures[name], v=value: g(k, v), (closures[name], identity))
           for name, value in {"int": 5, "double": 2.5, "point": pair, "string": text, "pointer": numbers,
                               "complex_double": 1j}.items()},
        "callback, nested": (lambda: INT_INT.call(nested.address, 1), (nested, identity)),
        "callback raises": (raising(LookupError, through["int"], failing_closure, 1), (failing_closure, fail)),
        "callback raises, nested": (raising(LookupError, INT_INT.call, nested_failing, 1), (fail,)),
        "callback, wrong result": (raising(TypeError, through["int"], wrong_result, 1), (wrong_result,)),
        "many callbacks raise": (raising(LookupError, call_n, failing_closure, 3, numbers), (numbers, fail)),
        "closure made and closed": (make_and_close, (identity, INT_INT)),
        "closure made and dropped": (lambda: INT_INT.closure(identity), (identity, INT_INT)),
        "closure expired": (expired, (identity, INT_INT)),
        "retarget": (lambda: closures["int"].retarget(identity), (identity,)),
        # memory and pointers
        "new": (lambda: POINT.new(x=1, y=2), (POINT,)),
        "new array": (lambda: c.array(c.int, 3).new([1, 2, 3]), (c.int,)),
        "large memory": (lambda: c.array(c.char, 100_000).new(), (c.char,)),
        "close": (lambda: c.int.new(1).close(), (c.int,)),
        "fields": (lambda: (point.x, setattr(point, "y", 5)), (point,)),
        "items": (lambda: (numbers[1], numbers[2:5], numbers.__setitem__(0, 0), list(numbers)), (numbers,)),
        "buffer of memory": (lambda: memoryview(numbers).tolist(), (numbers,)),
        "pointer arithmetic": (lambda: ((pointer + 2)[0], pointer - pointer, pointer[0:3]), (pointer, numbers)),
        "NULL read": (raising(ValueError, INT_P(None).__getitem__, 0), (INT_P,)),
        "index outside": (raising(IndexError, numbers.__getitem__, 99), (numbers,)),
        "string_at": (lambda: libffi.string_at(numbers, 3), (numbers,)),
        # values, types, CIFs, functions
        "value": (lambda: c.int(5).value, (c.int,)),
        "value wrong": (raising(TypeError, c.int, "x"), (c.int,)),
        "struct type": (lambda: c.struct("passing", x=c.int, y=c.ptr(c.int)), (c.int, INT_P)),
        "array type": (lambda: c.array(c.double, 77), (c.double,)),
        "cached CIF": (lambda: CIF(c.int, [c.int]), (INT_INT,)),
        "new CIF": (lambda: CIF(c.int, [c.struct("passing", x=c.int)]), (c.int,)),
        "bind": (lambda: INT_INT.bind(f["echo_int"].address, "bound"), (INT_INT,)),
        "function": (lambda: values.function("echo_int", c.int, [c.int]), (values, INT_INT)),
        "variable": (lambda: values.variable("counter", c.int).value, (values,)),
    }
    # These cost more than a few microseconds: fewer, and the counts are still far above the slack.
    slow = {
        "pickle": (lambda: pickle.loads(pickle.dumps(fresh_library_cos)), (INT_INT,)),
        "library": (lambda: libffi.Library("m").close(), ()),
    }
    fresh_library_cos = fresh_library.function("cos", c.double, [c.double])
    return uses, slow


USES = """void|int|int held|int .call|int cif.call|large int|double|exact long double|complex|bool, char, wchar_t
    string|None|bytes|wide string|memory as a pointer|pointer|buffer|struct|struct from a tuple
    struct from a dict|ref|enum|out|inout|variadic|variadic, typed|errno|errcheck|map|map, new result|raw call
    exchange|too few|wrong type|overflow|NUL|second argument wrong|struct wrong|read-only buffer
    variadic wrong|unpromoted|errcheck raises|no such symbol|bad CIF|callback int|callback double
    callback point|callback string|callback pointer|callback complex_double|callback, nested|callback raises
    callback raises, nested|callback, wrong result|many callbacks raise|closure made and closed
    closure made and dropped|closure expired|retarget|new|new array|large memory|close|fields|items
    buffer of memory|pointer arithmetic|NULL read|index outside|string_at|value|value wrong|struct type
    array type|cached CIF|new CIF|bind|function|variable"""
USES = [name.strip() for line in USES.splitlines() for name in line.split("|")]
# Threads that share a library's function count no references to it: it does not go at once, in 3.13 never.
STAYS = [pytest.mark.skip("functions stay")] if sysconfig.get_config_var("Py_GIL_DISABLED") else []


def test_every_use_is_listed(world):
    assert list(world[0]) == USES


@pytest.mark.parametrize("name", [pytest.param(name, marks=STAYS if name == "function" else []) for name in USES])
def test_flat(world, name):
    expect_flat(*world[0][name])


@pytest.mark.parametrize("name", [pytest.param("pickle", marks=STAYS), "library"])
def test_flat_but_slow(world, name):
    expect_flat(*world[1][name], times=REPETITIONS // 50)


def test_threads_of_c_leave_nothing(callbacks):
    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, INT_P])
    closure, results = INT_INT.closure(lambda x: x), c.array(c.int, 5).new()
    expect_flat(lambda: call(closure, 5, results), (closure, results), times=2_000)


def test_unraisable_errors_leave_nothing(callbacks, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)

    def fail(x):
        raise LookupError(x)

    call = callbacks.function("call_in_thread", c.int, [c.func(INT_INT), c.int, INT_P])
    closure, results = INT_INT.closure(fail), c.array(c.int, 5).new()
    expect_flat(lambda: call(closure, 5, results), (closure, results, fail), times=2_000)


def test_the_check_finds_a_leak():
    """The test's own test: what does leak is seen."""
    kept, thing = [], object()
    with pytest.raises(AssertionError, match="references"):
        expect_flat(lambda: kept.append(thing), (thing,), times=10_000)
    if sys.getallocatedblocks():        # 0 with PYTHONMALLOC=malloc, as for sanitizers
        with pytest.raises(AssertionError, match="blocks|all references"):
            expect_flat(lambda: kept.append(object()), times=10_000)
    more = bytearray()
    if resident():
        with pytest.raises(AssertionError, match="resident"):
            expect_flat(lambda: more.extend(b"x" * 10_000), times=10_000)  # more than the heap may have free
