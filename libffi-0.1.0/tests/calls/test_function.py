"""Functions: calls with every type, options, .call, .map, pickling."""
from __future__ import annotations

import array
import collections
import concurrent.futures
import copy
import dataclasses
import enum
import errno
import math
import multiprocessing
import os
import pathlib
import pickle
import sys
import threading
from decimal import Decimal

import pytest
from helpers.surroundings import POSIX

import libffi
from libffi import ABI, CIF, Function, Memory, c

POINT = c.struct("point", x=c.double, y=c.double)
PAIR = c.struct("pair", a=c.int, b=c.short)
SEGMENT = c.struct("segment", a=POINT, b=POINT)
MIXED = c.struct("mixed", tag=c.char, weight=c.double, counts=c.array(c.int, 3), inner=PAIR)
BIG = c.struct("big", items=c.array(c.long, 20))


def ends(T):
    """The least, the greatest and some values between of an integer type."""
    bits = 8 * T.size
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if T.kind == "signed" else (0, (1 << bits) - 1)
    return [low, low + 1, 0, 1, high // 3, high - 1, high]


INTEGERS = [
    "schar", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "longlong", "ulonglong", "int8",
    "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "size_t", "ssize_t", "ptrdiff_t",
    "intptr_t", "uintptr_t", "intmax_t", "uintmax_t",
]
OTHERS = {
    "bool": [True, False],
    "char": [b"a", b"\0", b"\xff"],
    "wchar_t": ["a", "\0", "\u20ac"],
    "char16_t": ["a", "\0", "\uffff"],
    "char32_t": ["a", "\0", "\U0010ffff"],
    "float": [0.0, -1.5, 2.0**-149, math.inf, -math.inf],
    "double": [0.0, 0.1, -1e308, 5e-324, math.inf, -math.inf],
    "longdouble": [0.0, 0.1, -1e308, 5e-324, math.inf],
    "complex_float": [0j, 1.5 - 2.5j, complex(math.inf, -0.0)],
    "complex_double": [0j, 0.1 - 1e300j],
    "complex_longdouble": [0j, 0.1 - 1e300j],
}
VALUES = [(name, value) for name in INTEGERS for value in ends(getattr(c, name))]
VALUES += [(name, value) for name, all_of in OTHERS.items() for value in all_of]
if not libffi.features()["complex"]:
    VALUES = [(name, value) for name, value in VALUES if not name.startswith("complex")]


@pytest.mark.parametrize("gil", ["release", "hold"])
@pytest.mark.parametrize("name, value", VALUES)
def test_there_and_back(values, name, value, gil):
    T = getattr(c, name)
    echo = values.function(f"echo_{name}", T, [T], gil=gil)
    for got in (echo(value), echo.call(value), echo(T(value)), echo.cif.call(echo.address, value)):
        assert got == value and type(got) is type(value)


@pytest.mark.parametrize("name", ["float", "double", "longdouble"])
def test_signed_zero_and_nan(values, name):
    T = getattr(c, name)
    echo = values.function(f"echo_{name}", T, [T])
    assert math.copysign(1, echo(-0.0)) == -1
    assert math.isnan(echo(math.nan))


@pytest.mark.parametrize("name", ["int128", "uint128"])
def test_int128(values, name):
    T = getattr(c, name)
    if not libffi.features()["int128"]:
        with pytest.raises(libffi.BadTypedef, match="128"):
            CIF(T, [T])
        return
    echo = values.function(f"echo_{name}", T, [T])
    for value in [*ends(T), 1 << 64, (1 << 64) - 1]:
        assert echo(value) == value
    with pytest.raises(OverflowError, match=r"echo_u?int128\(\) argument 1"):
        echo(1 << 128)


def test_exact_long_double(values):
    T = c.exact(c.longdouble)
    echo = values.function("echo_longdouble", T, [T])
    third = T(Decimal(1) / 3).value
    assert isinstance(echo(third), Decimal) and echo(third) == third


def test_void(values):
    nothing = values.function("nothing", c.void)
    assert nothing() is None and nothing.call() is None


def test_many_arguments(values):
    many = values.function("many", c.double, [c.int, c.double] * 12)
    assert many(*range(1, 25)) == sum(i * i for i in range(1, 25))
    assert many.call(*range(24)) == sum(i * (i + 1) for i in range(24))


def test_what_a_function_knows(values):
    f = values.function("echo_int", c.int, [c.int])
    assert isinstance(f, Function)
    assert (f.name, f.library, f.address) == ("echo_int", values, values.symbol("echo_int"))
    assert f.cif is CIF(c.int, [c.int])
    assert "int echo_int(int)" in repr(f)
    bound = f.cif.bind(f.address)
    assert bound(3) == 3 and bound.library is None


def test_functions_do_not_change(values):
    f = values.function("echo_int", c.int, [c.int])
    with pytest.raises((AttributeError, TypeError)):
        f.address = 0


def test_functions_are_positional(values):
    f = values.function("echo_int", c.int, [c.int])
    with pytest.raises(TypeError, match="echo_int.*keyword"):
        f(x=1)
    with pytest.raises(TypeError, match="keyword"):
        f.call(x=1)


def test_call_is_the_same_call(values):
    f = values.function("echo_int", c.int, [c.int])
    assert f.call(7) == 7
    assert type(f.call) is type(len)
    for wrong in (("x",), (1 << 40,)):
        with pytest.raises((TypeError, OverflowError)) as one:
            f(*wrong)
        with pytest.raises((TypeError, OverflowError)) as two:
            f.call(*wrong)
        assert (type(one.value), str(one.value)) == (type(two.value), str(two.value))
    for wrong in ((), (1, 2)):
        with pytest.raises(TypeError, match=r"echo_int\(\) takes"):
            f.call(*wrong)


def test_call_outlives_its_function(values):
    call = values.function("echo_int", c.int, [c.int]).call
    assert [call(i) for i in range(3)] == [0, 1, 2]


# ---- strings and pointers


def test_strings(values):
    echo = values.function("echo_string", c.string, [c.string])
    buffer = c.array(c.char, 4).new(b"abc")
    for source, result in (("h\xe9llo", "h\xe9llo"), (b"raw", "raw"), (None, None), ("", ""), (buffer, "abc"),
                           (bytearray(b"ba\0"), "ba"), (c.ptr(c.char)(buffer), "abc"),
                           (c.ptr(c.char)(buffer.address), "abc")):
        assert echo(source) == result
    raw = values.function("echo_string", c.bytes, [c.bytes])
    assert raw(b"\xff\xfe") == b"\xff\xfe" and raw(None) is None
    assert values.function("length", c.size_t, [c.string])("h\xe9") == 3
    wide = values.function("wide_length", c.size_t, [c.wstring])
    assert wide("h\xe9l\U0001f600") == (4 if c.wchar_t.size == 4 else 5)


@pytest.mark.parametrize("data", [b"\xff", b"caf\xe9", b"\xed\xa0\x80", "\u20ac".encode()[:2], bytes(range(1, 256))])
def test_a_string_that_is_not_utf8(values, data):
    text = values.function("echo_string", c.string, [c.bytes])(data)
    assert text == data.decode("utf-8", "surrogateescape")
    assert values.function("echo_string", c.bytes, [c.string])(text) == data
    assert c.string.new(text).value == text and c.array(c.char, 300).new(text).value == data
    through = CIF(c.string, [c.string]).closure(lambda text: text)
    assert through.cif.bind(through)(text) == text
    with pytest.raises(UnicodeEncodeError):     # which stands for no bytes
        values.function("length", c.size_t, [c.string])("\ud800")


def test_paths_are_text(values):
    path = pathlib.PurePosixPath("/tmp/caf\udce9")
    data = b"/tmp/caf\xe9"
    for T in c.string, c.bytes, c.ptr(c.char, const=True):
        assert values.function("echo_string", c.bytes, [T])(path) == data
        stored = T.new(path)
        assert c.bytes.at(stored).value == data
    assert values.function("wide_length", c.size_t, [c.wstring])(pathlib.PurePosixPath("/tmp")) == 4
    assert c.array(c.char, 20).new(path).value == data
    assert c.struct("address", path=c.array(c.char, 20)).new(path=path).path.value == data
    with pytest.raises(TypeError, match="expected char \\*"):
        values.function("length", c.size_t, [c.ptr(c.char)])(path)


def test_text_for_characters_that_c_only_reads(values):
    length = values.function("length", c.size_t, [c.ptr(c.char, const=True)])
    assert [length(text) for text in ("h\xe9", b"abc", "", "\udcff", bytearray(b"ab\0"))] == [3, 3, 0, 1, 2]
    with pytest.raises(ValueError, match="embedded NUL"):
        length("a\0b")
    with pytest.raises(TypeError, match="got str"):
        values.function("length", c.size_t, [c.ptr(c.char)])("abc")
    assert values.function("echo_string", c.ptr(c.char, const=True), [c.string])("h\xe9").text() == "h\xe9"


def test_buffers_go_without_a_copy(values):
    total = values.function("sum_doubles", c.double, [c.ptr(c.double, const=True), c.int])
    data = array.array("d", [1, 2, 3])
    assert total(data, 3) == 6
    assert total(memoryview(data)[1:], 2) == 5
    assert total(c.array(c.double, 3).new([4, 5, 6]), 3) == 15
    fill = values.function("fill_ints", c.void, [c.ptr(c.int), c.int])
    for buffer in (array.array("i", [0] * 5), c.array(c.int, 5).new(), memoryview(array.array("i", [0] * 5))):
        fill(buffer, 5)
        assert list(buffer) == [0, 1, 2, 3, 4]
    raw = bytearray(8)
    fill(raw, 2)
    assert raw == (0).to_bytes(4, sys.byteorder) + (1).to_bytes(4, sys.byteorder)


def test_numpy_arrays_are_buffers(values):
    np = pytest.importorskip("numpy")
    total = values.function("sum_doubles", c.double, [c.ptr(c.double, const=True), c.int])
    data = np.arange(5.0)
    assert total(data, 5) == 10
    data.flags.writeable = False
    assert total(data, 5) == 10
    fill = values.function("fill_ints", c.void, [c.ptr(c.int), c.int])
    with pytest.raises((TypeError, BufferError), match=r"fill_ints\(\) argument 1"):
        fill(np.arange(5, dtype=np.float64), 5)
    out = np.zeros(5, np.intc)
    fill(out, 5)
    assert out.tolist() == [0, 1, 2, 3, 4]


# ---- structs, enums


LONELY = c.struct("lonely", x=c.longdouble)
STRUCTS = [
    ("point", POINT, (1.5, -2.5)),
    ("pair", PAIR, (-7, 12)),
    ("segment", SEGMENT, ((1, 2), (3, 4))),
    ("mixed", MIXED, (b"x", 0.25, [1, 2, 3], (5, 6))),
    ("big", BIG, (list(range(20)),)),
    ("lonely", LONELY, (0.1,)),         # libffi itself loses these two on x86-64
    ("wrapped", c.struct("wrapped", inner=c.array(LONELY, 1)), ([(0.1,)],)),
]


@pytest.mark.parametrize("name, T, value", STRUCTS, ids=[row[0] for row in STRUCTS])
def test_structs_by_value(values, name, T, value):
    echo = values.function(f"echo_{name}", T, [T])
    expected = T.new(value)
    for argument in (value, list(value), dict(zip(T.fields, value, strict=True)), expected):
        got = echo(argument)
        assert isinstance(got, Memory) and libffi.typeof(got) is T
        assert got == expected and got.address != expected.address


def test_structs_by_value_are_copies(values):
    trample = values.function("trample_big", c.long, [BIG])
    mine = BIG.new(items=range(20))
    trample(mine)
    assert list(mine.items) == list(range(20))


def test_struct_arguments_of_many_kinds(values):
    swap = values.function("swap_point", POINT, [POINT])
    named = collections.namedtuple("named", "x y")

    @dataclasses.dataclass
    class Data:
        y: float
        x: float

    through_a_pointer = c.ptr(POINT)(POINT.new(x=1, y=2))[0]
    for argument in (named(1, 2), Data(y=2, x=1), {"x": 1, "y": 2}, POINT.new(x=1, y=2), through_a_pointer):
        got = swap(argument)
        assert (got.x, got.y) == (2, 1)
    assert swap({"x": 5}).y == 5


def test_structs_by_reference(values):
    distance2 = values.function("distance2", c.double, [c.ref(POINT), c.ref(POINT)])
    assert distance2((0, 0), {"x": 3, "y": 4}) == 25
    assert distance2(POINT.new(x=1), POINT.new(y=1)) == 2
    read = values.function("read_int", c.int, [c.ref(c.int)])
    assert read(7) == 7


def test_enums(values):
    class Color(enum.IntEnum):
        RED = 0
        GREEN = 5
        BLUE = 6

    T = c.enum(Color)
    echo = values.function("echo_color", T, [T])
    assert echo(Color.BLUE) is Color.BLUE and echo(5) is Color.GREEN
    assert echo(3) == 3 and type(echo(3)) is int


# ---- out, inout


def test_out(values):
    divide = values.function("divide", c.int, [c.int, c.int, c.out(c.int), c.out(c.int)])
    assert divide(17, 5) == (0, 3, 2)
    split = values.function("split", c.void, [c.double, c.out(c.double), c.out(c.double)])
    assert split(2.25) == (2.0, 0.25)
    assert split.call(-1.5) == (-1.0, -0.5)


def test_a_lone_out_of_a_void_function_is_the_result(values):
    add = values.function("add_one", c.void, [c.out(c.int)])
    assert add() == 1


def test_inout(values):
    add = values.function("add_one", c.void, [c.inout(c.int)])
    assert add(41) == 42
    with pytest.raises(TypeError, match=r"add_one\(\) argument 1: expected int"):
        add("x")


def test_out_of_a_struct(libc):
    timespec = c.struct("timespec", tv_sec=c.long, tv_nsec=c.long)
    clock = libc.function("clock_gettime", c.int, [c.int, c.out(timespec)])
    status, now = clock(0)
    assert status == 0 and isinstance(now, Memory) and now.tv_sec > 1_600_000_000


def test_counts_do_not_include_outs(values):
    divide = values.function("divide", c.int, [c.int, c.int, c.out(c.int), c.out(c.int)])
    with pytest.raises(TypeError, match=r"divide\(\) takes 2 arguments, got 3"):
        divide(1, 2, 3)


# ---- options


def test_errno_is_saved_right_after_the_call(values):
    put = values.function("set_errno_to", c.int, [c.int], errno=True)
    libffi.set_errno(0)
    assert put(errno.ENOENT) == errno.ENOENT
    for name in ("no such file", "another"):        # these set the real errno
        with pytest.raises(OSError):
            os.stat(name)
    assert libffi.get_errno() == errno.ENOENT


def test_errno_goes_in_too(values):
    before = values.function("errno_before", c.int, errno=True)
    libffi.set_errno(errno.EXDEV)
    assert before() == errno.EXDEV
    assert libffi.get_errno() == errno.EXDEV


def test_without_the_option_errno_is_left_alone(values):
    put = values.function("set_errno_to", c.int, [c.int])
    libffi.set_errno(5)
    put(9)
    assert libffi.get_errno() == 5


def test_errno_is_of_the_thread(values):
    put = values.function("set_errno_to", c.int, [c.int], errno=True)
    put(errno.ENOENT)
    seen = []

    def other():
        seen.append(libffi.get_errno())
        put(errno.EPERM)
        seen.append(libffi.get_errno())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [0, errno.EPERM] and libffi.get_errno() == errno.ENOENT


def test_errcheck_sees_and_replaces_the_result(values):
    seen = []

    def check(result, function, args):
        seen.append((result, function, args))
        if result < 0:
            raise OSError("negative")
        return f"<{result}>"

    echo = values.function("echo_int", c.int, [c.int], errcheck=check)
    assert echo(5) == "<5>" and echo.call(6) == "<6>"
    with pytest.raises(OSError, match="negative"):
        echo(-1)
    assert seen == [(5, echo, (5,)), (6, echo, (6,)), (-1, echo, (-1,))]


def test_errcheck_with_errno(libc):
    def check(result, function, args):
        if result == -1:
            raise OSError(libffi.get_errno(), function.name, *args)
        return result

    rmdir = libc.function(f"{POSIX}rmdir", c.int, [c.string], errno=True, errcheck=check)
    with pytest.raises(FileNotFoundError, match="rmdir") as caught:
        rmdir("/nowhere/at/all")
    assert caught.value.filename == "/nowhere/at/all"


def test_the_gil_is_released(callbacks):
    """C waits for a thread of its own that needs the GIL to call back: with the GIL held this would never end."""
    cif = CIF(c.int, [c.int])
    closure = cif.closure(lambda i: i * i)
    results = c.array(c.int, 5).new()
    call = callbacks.function("call_in_thread", c.int, [c.func(cif), c.int, c.ptr(c.int)])
    assert call(closure, 5, results) == 0
    assert list(results) == [0, 1, 4, 9, 16]


def test_other_threads_run_during_a_call(libc):
    """read() of an empty pipe returns only because another Python thread writes to it."""
    inlet, outlet = os.pipe()
    read = libc.function(f"{POSIX}read", c.int, [c.int, c.pointer, c.uint])
    buffer = bytearray(3)
    ready = threading.Event()

    def write():
        ready.wait()
        os.write(outlet, b"abc")

    thread = threading.Thread(target=write)
    thread.start()
    ready.set()
    assert read(inlet, buffer, 3) == 3 and buffer == b"abc"
    thread.join()
    os.close(inlet)
    os.close(outlet)


def test_callbacks_under_a_held_gil(callbacks):
    """The option is a promise never to call back; keeping it badly must still not crash."""
    cif = CIF(c.int, [c.int])
    call = callbacks.function("through_int", c.int, [c.func(cif), c.int], gil="hold")
    assert call(cif.closure(lambda x: x + 1), 1) == 2


@pytest.mark.skipif("WIN64" not in ABI.__members__, reason="x86-64 only")
def test_another_abi(compile_c):
    """Compiled with gcc's ms_abi and called as such."""
    path = compile_c("""
        #include <stdarg.h>
        struct point { double x, y; };
        __attribute__((ms_abi)) double mix(int a, double b, long long c, float d, int e, double f)
        { return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f; }
        __attribute__((ms_abi)) struct point move(struct point p, double by)
        { p.x += by; p.y += by; return p; }
        __attribute__((ms_abi)) int through(__attribute__((ms_abi)) int (*f)(int, double, int, double, int), int x)
        { return f(x, 2.5, 3, 4.5, 5); }
        """, "ms_abi")
    lib = libffi.Library(path)
    options = {"abi": ABI.WIN64}
    mix = CIF(c.double, [c.int, c.double, c.longlong, c.float, c.int, c.double], **options)
    assert mix.call(lib.symbol("mix"), 1, 2, 3, 4, 5, 6) == 91
    move = CIF(POINT, [POINT, c.double], **options)
    moved = move.call(lib.symbol("move"), (1, 2), 10)
    assert (moved.x, moved.y) == (11, 12)
    closure = libffi.closure(c.int, [c.int, c.double, c.int, c.double, c.int], **options)(
        lambda *a: int(sum(a) * 2))
    through = CIF(c.int, [c.pointer, c.int], **options)
    assert through.call(lib.symbol("through"), closure, 1) == 32


# ---- map


@pytest.fixture
def cos(libm):
    return libm.function("cos", c.double, [c.double])


@pytest.fixture
def pow_(libm):
    return libm.function("pow", c.double, [c.double, c.double])


def test_map_into_out(cos):
    x, y = array.array("d", [0, 0.5, 1]), array.array("d", bytes(24))
    result = cos.map(x, out=y)
    assert list(y) == [math.cos(v) for v in x]
    assert result is None or result is y


def test_map_makes_its_own_result(cos):
    x = array.array("d", [0, 0.5, 1])
    got = cos.map(x)
    assert list(got) == [math.cos(v) for v in x] and len(got) == 3


def test_map_broadcasts_scalars(pow_):
    x = array.array("d", [1, 2, 3])
    out = array.array("d", bytes(24))
    pow_.map(x, 2.0, out=out)
    assert list(out) == [1, 4, 9]
    pow_.map(2, x, out=out)
    assert list(out) == [2, 4, 8]


def test_map_over_memory(pow_):
    x = c.array(c.double, 4).new([1, 2, 3, 4])
    y = c.array(c.double, 4).new([2, 2, 2, 0.5])
    out = c.array(c.double, 4).new()
    pow_.map(x, y, out=out)
    assert list(out) == [1, 4, 9, 2]


def test_map_follows_strides(pow_):
    np = pytest.importorskip("numpy")
    x = np.arange(20.0)[::4]
    backwards = np.arange(5.0)[::-1]
    out = np.zeros(10)
    pow_.map(x, backwards, out=out[::2])
    assert out[::2].tolist() == (x ** backwards).tolist() and not out[1::2].any()


def test_map_of_a_numpy_array_of_two_dimensions(cos):
    np = pytest.importorskip("numpy")
    x = np.linspace(0, 3, 12).reshape(3, 4)
    out = np.empty_like(x)
    cos.map(x, out=out)
    assert np.allclose(out, np.cos(x), rtol=1e-15)
    out.fill(0)
    cos.map(x.T, out=out.T)
    assert np.allclose(out, np.cos(x), rtol=1e-15)


@pytest.mark.parametrize("code, T", [("b", "schar"), ("H", "ushort"), ("i", "int"), ("q", "longlong"), ("f", "float")])
def test_map_of_every_width(values, code, T):
    echo = values.function(f"echo_{T}", getattr(c, T), [getattr(c, T)])
    x = array.array(code, [0, 1, 100, 7])
    out = array.array(code, [0] * 4)
    echo.map(x, out=out)
    assert out == x


def test_map_of_nothing(cos):
    out = array.array("d")
    cos.map(array.array("d"), out=out)
    assert list(out) == []


def test_map_counts_its_calls(values):
    calls = values.variable("calls", c.int)
    echo = values.function("echo_int", c.int, [c.int])
    before = calls.value
    echo.map(array.array("i", range(10)), out=array.array("i", [0] * 10))
    assert calls.value == before + 10


@pytest.mark.parametrize("arguments, out, error, message", [
    (lambda d: (), None, TypeError, r"cos"),
    (lambda d: (d, d), None, TypeError, r"cos"),
    (lambda d: (array.array("f", [1]),), None, TypeError, r"cos.*argument 1.*double"),
    (lambda d: ("abc",), None, TypeError, r"cos.*argument 1.*double"),
    (lambda d: (d,), array.array("d", [0]), ValueError, r"cos"),
    (lambda d: (d,), array.array("f", [0] * 3), TypeError, r"cos.*double"),
    (lambda d: (d,), bytes(24), (TypeError, BufferError), r"cos"),
    (lambda d: (d,), "x", TypeError, r"cos"),
], ids=[
    "too few", "too many", "item type", "no buffer", "length of out", "type of out", "read-only out", "no out",
])
def test_map_refuses(cos, arguments, out, error, message):
    with pytest.raises(error, match=message):
        cos.map(*arguments(array.array("d", [1, 2, 3])), out=out)


def test_map_refuses_lengths_that_differ(pow_):
    with pytest.raises(ValueError, match="pow"):
        pow_.map(array.array("d", [1, 2]), array.array("d", [1, 2, 3]))


def test_an_exception_in_a_mapped_callback_stops(callbacks):
    seen = []

    @libffi.closure(c.int, [c.int])
    def fail(x):
        seen.append(x)
        if x == 2:
            raise LookupError("two")
        return x

    function = fail.cif.bind(fail.address, "fail")
    with pytest.raises(LookupError, match="two"):
        function.map(array.array("i", range(10)), out=array.array("i", [0] * 10))
    assert seen[:3] == [0, 1, 2]


# ---- pickling


OPTIONS = [{}, {"gil": "hold"}, {"errno": True}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(libm, options, protocol):
    cos = libm.function("cos", c.double, [c.double], **options)
    again = pickle.loads(pickle.dumps(cos, protocol))
    assert (again(0.0), again.name, again.cif, again.address) == (1.0, "cos", cos.cif, cos.address)


def test_pickle_keeps_errno(libc):
    rmdir = pickle.loads(pickle.dumps(libc.function(f"{POSIX}rmdir", c.int, [c.string], errno=True)))
    libffi.set_errno(0)
    assert rmdir("/nowhere/at/all") == -1 and libffi.get_errno() == errno.ENOENT


def test_copy(cos):
    assert copy.copy(cos)(0) == copy.deepcopy(cos)(0) == 1.0


def test_a_function_of_an_address_does_not_pickle(values):
    f = CIF(c.int, [c.int]).bind(values.symbol("echo_int"), "echo_int")
    with pytest.raises((TypeError, pickle.PicklingError), match="echo_int"):
        pickle.dumps(f)


@pytest.mark.thread_unsafe(reason="starts processes")
def test_functions_work_in_other_processes(libm):
    """Spawned, so nothing is inherited: the function is found again by library, symbol and signature."""
    pow_ = libm.function("pow", c.double, [c.double, c.double])
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        assert list(pool.map(pow_, [2.0, 3.0], [3.0, 2.0])) == [8.0, 9.0]


# ---- threads


def test_one_function_in_many_threads(values):
    f = values.function("many", c.double, [c.int, c.double] * 12)
    wrong = []

    def work(n):
        for i in range(300):
            arguments = range(n + i, n + i + 24)
            if f(*arguments) != sum((k + 1) * v for k, v in enumerate(arguments)):
                wrong.append((n, i))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []


def test_a_signature_never_changes(libm):
    """What ctypes' users write would do nothing: it must not pass in silence."""
    pow = libm.function("pow", c.double, [c.double, c.double])
    assert pow.restype is c.double and pow.argtypes == (c.double, c.double)
    for name in "restype", "argtypes", "errcheck":
        with pytest.raises(AttributeError, match=f"'{name}'"):
            setattr(pow, name, None)


@pytest.mark.parametrize("buffer", [b"\xc3", bytearray(16), memoryview(b"\xc3"), c.int.new()])
def test_data_is_no_code(buffer):
    for use in (CIF(c.int, []).bind, CIF(c.int, []).call):
        with pytest.raises(TypeError, match=r"expected an int, Pointer.*addressof"):
            use(buffer)
