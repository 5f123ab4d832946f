"""The raw layer: addresses and buffers, the exchange block, libffi's raw API, Go closures."""
from __future__ import annotations

import array
import ctypes
import itertools
import struct
import sys
import types

import pytest

import libffi
from libffi import CIF, c

FEATURES = libffi.features()
WORD = FEATURES["pointer_size"]
POINT = c.struct("point", x=c.double, y=c.double)
BIG = c.struct("big", items=c.array(c.long, 20))
DOUBLE2 = CIF(c.double, [c.double, c.double])
INT_INT = CIF(c.int, [c.int])

needs_go = pytest.mark.skipif(not FEATURES["go_closures"], reason="this libffi has no Go closures here")
needs_raw = pytest.mark.skipif(not FEATURES["raw_api"], reason="this libffi has no raw API here")


@pytest.fixture(scope="module")
def pow_(libm):
    return libm.symbol("pow")


def narrow(buffer):
    """The int in a result slot: libffi widens what is narrower than a word."""
    return int.from_bytes(buffer, sys.byteorder, signed=True)


# ---- call_raw


def test_call_raw(pow_):
    result = bytearray(8)
    DOUBLE2.call_raw(pow_, result, [struct.pack("d", 2), struct.pack("d", 10)])
    assert struct.unpack("d", result) == (1024.0,)


def test_call_raw_with_every_kind_of_buffer(pow_):
    base, power = c.double.new(3), array.array("d", [4])
    result = c.double.new()
    DOUBLE2.call_raw(pow_, result, (base, power))
    assert result.value == 81.0
    DOUBLE2.call_raw(pow_, result.address, [base.address, memoryview(power)])
    assert result.value == 81.0


@pytest.mark.thread_unsafe(reason="C counts in one variable")
def test_call_raw_without_a_result(values):
    calls = values.variable("calls", c.int)
    before = calls.value
    CIF(c.void).call_raw(values.symbol("nothing"), None, [])
    INT_INT.call_raw(values.symbol("echo_int"), None, [struct.pack("i", 5)])
    assert calls.value == before + 2


@pytest.mark.parametrize("name, value", [
    ("schar", -5), ("short", -300), ("int", -70000), ("longlong", -1 << 40), ("uchar", 200),
])
def test_small_results_fill_a_word(values, name, value):
    T = getattr(c, name)
    result = bytearray(max(WORD, T.size))
    CIF(T, [T]).call_raw(values.symbol(f"echo_{name}"), result, [T.new(value)])
    assert narrow(result) == value


def test_call_raw_of_structs(values):
    result = POINT.new()
    CIF(POINT, [POINT]).call_raw(values.symbol("swap_point"), result, [POINT.new(x=1, y=2)])
    assert (result.x, result.y) == (2, 1)
    big, out = BIG.new(items=range(20)), BIG.new()
    for _ in range(3):          # libffi before 3.7 overwrites the list of pointers
        CIF(BIG, [BIG]).call_raw(values.symbol("echo_big"), out, [big])
        assert out == big


def test_call_raw_of_a_variadic_function_is_refused_or_right(values):
    """There is nothing that says the types of the extras."""
    cif = CIF(c.long, [c.int, ...])
    with pytest.raises((TypeError, libffi.FFIError), match="no fixed list"):
        cif.call_raw(values.symbol("sum_longs"), bytearray(8), [struct.pack("i", 1), struct.pack("l", 1)])


@pytest.mark.parametrize("arguments, error, message", [
    (lambda pow_: (0, bytearray(8), [b"12345678"] * 2), ValueError, "NULL"),
    (lambda pow_: (pow_, bytearray(4), [b"12345678"] * 2), ValueError, "8"),
    (lambda pow_: (pow_, b"12345678", [b"12345678"] * 2), (TypeError, BufferError), "writable|read-only"),
    (lambda pow_: (pow_, bytearray(8), [b"12345678"]), TypeError, "2"),
    (lambda pow_: (pow_, bytearray(8), [b"12345678"] * 3), TypeError, "2"),
    (lambda pow_: (pow_, bytearray(8), [b"12345678", b"1234567"]), ValueError, r"avalues\[1\]"),
    (lambda pow_: (pow_, bytearray(8), [b"12345678", 2.5]), TypeError, r"avalues\[1\]"),
    (lambda pow_: (pow_, bytearray(8), [b"12345678", None]), TypeError, r"avalues\[1\]"),
    (lambda pow_: (pow_, bytearray(8), 5), TypeError, None),
    (lambda pow_: ("pow", bytearray(8), [b"12345678"] * 2), TypeError, None),
    (lambda pow_: (pow_, 2.5, [b"12345678"] * 2), TypeError, None),
], ids=[
    "null", "small result", "read-only result", "too few", "too many", "small argument", "no buffer",
    "null argument", "no sequence", "no address", "no result",
])
def test_call_raw_refuses(pow_, arguments, error, message):
    with pytest.raises(error, match=message):
        DOUBLE2.call_raw(*arguments(pow_))


def test_exceptions_come_back_through_raw_calls():
    f = INT_INT.closure(lambda x: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        INT_INT.call_raw(f.address, bytearray(8), [struct.pack("i", 1)])


# ---- the exchange block


def test_exchange(pow_):
    block = bytearray(DOUBLE2.exchange_size)
    result, x, y = DOUBLE2.exchange_offsets
    struct.pack_into("d", block, x, 2)
    struct.pack_into("d", block, y, 10)
    DOUBLE2.call_exchange(pow_, block)
    assert struct.unpack_from("d", block, result) == (1024.0,)


def test_exchange_of_many_types(values):
    cif = CIF(c.double, [c.int, c.double] * 12)
    block = bytearray(cif.exchange_size)
    result, *arguments = cif.exchange_offsets
    assert len(arguments) == 24
    for i, (T, offset) in enumerate(zip(cif.argtypes, arguments, strict=True)):
        assert offset % T.alignment == 0 and offset + T.size <= cif.exchange_size
        struct.pack_into("i" if T is c.int else "d", block, offset, i + 1)
    for _ in range(3):
        cif.call_exchange(values.symbol("many"), block)
        assert struct.unpack_from("d", block, result) == (sum(i * i for i in range(1, 25)),)


def test_exchange_slots_do_not_overlap():
    cif = CIF(BIG, [c.char, c.longdouble, POINT, c.short, BIG, c.float])
    slots = zip(cif.exchange_offsets, (cif.restype, *cif.argtypes), strict=True)
    spans = sorted((offset, offset + T.size) for offset, T in slots)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert spans[-1][1] <= cif.exchange_size


def test_exchange_refuses_a_small_or_read_only_block(pow_):
    with pytest.raises(ValueError, match=str(DOUBLE2.exchange_size)):
        DOUBLE2.call_exchange(pow_, bytearray(DOUBLE2.exchange_size - 1))
    with pytest.raises((TypeError, BufferError)):
        DOUBLE2.call_exchange(pow_, bytes(DOUBLE2.exchange_size))
    with pytest.raises(ValueError, match="NULL"):
        DOUBLE2.call_exchange(0, bytearray(DOUBLE2.exchange_size))


# ---- libffi's raw API


@needs_raw
def test_raw_size():
    assert INT_INT.raw_size == WORD
    assert CIF(c.int, [c.int, c.pointer, c.char]).raw_size == 3 * WORD


@needs_raw
def test_raw_call(values):
    cif = CIF(c.long, [c.long])
    result = bytearray(8)
    cif.raw_call(values.symbol("echo_long"), result, struct.pack("l", -7).ljust(cif.raw_size, b"\0"))
    assert narrow(result[:c.long.size]) == -7


@needs_raw
def test_pointers_to_raw_and_back():
    cif = CIF(c.long, [c.int, c.long])
    numbers = [c.int.new(-5), c.long.new(1 << 20)]
    raw = cif.ptrarray_to_raw(numbers)
    assert isinstance(raw, bytearray) and len(raw) == cif.raw_size
    addresses = cif.raw_to_ptrarray(raw)
    assert [c.int.at(addresses[0]).value, c.long.at(addresses[1]).value] == [-5, 1 << 20]


@needs_raw
def test_ptrarray_to_raw_feeds_raw_call(values):
    cif = CIF(c.double, [c.ptr(c.double), c.int])
    data = array.array("d", [1, 2, 3])
    raw = cif.ptrarray_to_raw([c.pointer.new(libffi.addressof(data)), c.int.new(3)])
    result = bytearray(8)
    cif.raw_call(values.symbol("sum_doubles"), result, raw)
    assert struct.unpack("d", result) == (6.0,)


@needs_raw
def test_raw_closure():
    seen = []

    def f(x):
        seen.append(x)
        return x + 1

    closure = INT_INT.raw_closure(f)
    assert INT_INT.call(closure.address, 41) == 42 and seen == [41]


@needs_raw
def test_raw_refuses_small_buffers(values):
    with pytest.raises(ValueError):
        INT_INT.raw_call(values.symbol("echo_int"), bytearray(8), b"")
    with pytest.raises(ValueError):
        INT_INT.raw_call(values.symbol("echo_int"), bytearray(1), bytes(WORD))
    with pytest.raises(TypeError):
        INT_INT.ptrarray_to_raw([])


# ---- Go closures


@needs_go
def test_go_closure_called_through_libffi():
    f = INT_INT.go_closure(lambda x: 2 * x)
    assert INT_INT.call_go(f.address, 21) == 42


@needs_go
def test_go_closure_called_by_c(callbacks):
    if not callbacks.variable("has_static_chain", c.int).value:
        pytest.skip("the compiler cannot set the static chain")
    call_go = callbacks.function("call_go", c.int, [c.pointer, c.int])
    f, g = INT_INT.go_closure(lambda x: 2 * x), INT_INT.go_closure(lambda x: x + 1)
    assert (call_go(f, 21), call_go(g, 21)) == (42, 22)


@needs_go
def test_go_closure_exceptions_and_close():
    f = INT_INT.go_closure(lambda x: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        INT_INT.call_go(f.address, 1)
    address = f.address
    f.close()
    with pytest.raises(libffi.ClosureExpired):
        INT_INT.call_go(address, 1)


@needs_go
def test_go_closure_of_structs_and_doubles():
    cif = CIF(POINT, [POINT, c.double])
    f = cif.go_closure(lambda p, by: (p.x * by, p.y * by))
    got = cif.call_go(f.address, (1, 2), 10)
    assert (got.x, got.y) == (10, 20)


@needs_go
def test_call_go_refuses_null():
    with pytest.raises(ValueError, match="NULL"):
        INT_INT.call_go(0, 1)


@pytest.mark.skipif(FEATURES["go_closures"], reason="has them")
def test_go_closures_are_named_when_missing():
    with pytest.raises((NotImplementedError, libffi.FFIError), match="Go"):
        INT_INT.go_closure(abs)


# ---- what libffi says about itself


def test_closure_size():
    assert FEATURES["closure_size"] >= 2 * WORD


def test_the_version_is_one():
    major, minor, patch = (int(n) for n in FEATURES["version"].split("-")[0].split("."))
    assert FEATURES["version_number"] in (None, 0, major * 10000 + minor * 100 + patch)


def test_a_function_bound_by_ctypes_address(libm):
    """An address is an address, whoever found it."""
    cos = ctypes.CDLL(libm.path).cos
    address = ctypes.cast(cos, ctypes.c_void_p).value
    assert CIF(c.double, [c.double]).call(address, 0.0) == 1.0


BY_ADDRESS = [
    POINT, BIG, c.struct("tiny", x=c.char), c.union("either", i=c.int, d=c.double), c.complex_double, c.complex_float,
    c.complex_longdouble, c.vector(c.float, 4), types.new_class("Z", (c.complex_double,)), c.wrap(c.complex_float),
]


@needs_raw
@pytest.mark.parametrize("kind", BY_ADDRESS, ids=str)
@pytest.mark.parametrize("before", [[], [c.int]], ids=["first", "second"])
def test_the_raw_api_refuses_what_it_would_have_the_address_of(kind, before):
    try:
        cif = CIF(c.long, [*before, kind])
    except libffi.BadTypedef:
        pytest.skip("cannot be passed by value here")
    block = bytearray(1 << 16)
    for use in (
        lambda: cif.raw_size, lambda: cif.ptrarray_to_raw([block] * len(cif.argtypes)),
        lambda: cif.raw_to_ptrarray(block), lambda: cif.raw_call(1, block, block),
        lambda: cif.raw_closure(print), lambda: cif.raw_closure(),
    ):
        with pytest.raises(libffi.BadTypedef, match="raw API takes no"):
            use()


@needs_raw
def test_the_raw_api_takes_addresses_of_them_and_returns_them(values):
    cif = CIF(c.double, [c.ref(POINT), c.ptr(POINT)])
    point = POINT.new(x=1, y=2)
    block = cif.ptrarray_to_raw([c.ptr(POINT)(point).address.to_bytes(WORD, sys.byteorder)] * 2)
    sum_ = cif.closure(lambda one, other: one.x + other[0].y)
    result = bytearray(8)
    cif.raw_call(sum_, result, block)
    assert struct.unpack("d", result) == (3.0,)
    out = POINT.new()
    made = CIF(POINT, [c.double]).closure(lambda x: (x, 2 * x))
    made.cif.raw_call(made, out, made.cif.ptrarray_to_raw([struct.pack("d", 5)]))
    assert (out.x, out.y) == (5, 10)
