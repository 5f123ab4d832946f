"""Any Python value for any C type: converted exactly or refused with a plain error, the same way on every path."""
from __future__ import annotations

import array
import enum
import math
from decimal import Decimal
from fractions import Fraction

from helpers.anything import examples, hypothesis
from helpers.errors import plain_class
from hypothesis import strategies as st

import libffi
from libffi import CIF, c

INT_INT = CIF(c.int, [c.int])
IDENTITY = INT_INT.closure(lambda x: x, name="identity")
PLAIN_ERRORS = (TypeError, ValueError, OverflowError, BufferError, IndexError, DeprecationWarning,
                libffi.FFIError)
POINT = c.struct("point", x=c.double, y=c.int)


class Color(enum.IntEnum):
    RED, BLUE = 1, 300


class Broken(Exception):
    """What the objects below raise: it must come out as it is."""


class Strange:
    """Has the special methods that conversions ask for; they give `answer`, or raise it."""

    def __init__(self, answer):
        self.answer = answer

    def give(self, *_):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    __index__ = __float__ = __complex__ = __len__ = __iter__ = __getitem__ = __int__ = __fspath__ = give


class OddInt(int):
    def __index__(self):
        return "no int"


class OddStr(str):
    def encode(self, *arguments):
        return "no bytes"


INTEGERS = {T: (-(1 << 8 * T.size - 1), (1 << 8 * T.size - 1) - 1) if T.kind == "signed" else (0, (1 << 8 * T.size) - 1)
            for T in (c.int8, c.uint8, c.short, c.ushort, c.int, c.uint, c.longlong, c.ulonglong)}
FLOATS = [c.float, c.double, c.longdouble, c.exact(c.longdouble), c.complex_float, c.complex_double]
POINTERS = [c.pointer, c.string, c.bytes, c.wstring, c.ptr(c.int), c.ptr(c.char, const=True), c.ptr(POINT),
            c.func(INT_INT)]
SCALARS = [*INTEGERS, *FLOATS, *POINTERS, c.bool, c.char, c.wchar_t, c.char16_t, c.enum(Color), c.int128]
AGGREGATES = [POINT, c.array(c.int, 3), c.array(c.char, 4), c.union("either", i=c.int, d=c.double),
              c.struct("nested", p=POINT, text=c.pointer, more=c.array(POINT, 2)),
              c.struct("flags", [("a", c.bits(c.uint, 3)), ("b", c.bits(c.int, 29))])]

edges = st.sampled_from([sign * (1 << bits) + d for bits in (0, 7, 8, 15, 16, 31, 32, 62, 63, 64, 127, 128, 2000)
                         for d in (-1, 0, 1) for sign in (1, -1)])
numbers = st.one_of(
    edges, st.integers(), st.booleans(), st.floats(), st.complex_numbers(), st.decimals(), st.fractions(),
    st.sampled_from([Color.BLUE, 2.0**1023, -0.0, 1e400, OddInt(5), Decimal("sNaN"), Fraction(1, 3)]))
texts = st.one_of(st.text(max_size=5), st.binary(max_size=5), st.text(st.characters(), max_size=2),
                  st.sampled_from(["a\0b", b"a\0b", "\ud800", "\U0010ffff", OddStr("x"), bytearray(b"xyz"), ""]))
OBJECTS = [
    None, ..., object(), int, POINT, c.int, c.int.new(5), c.array(c.int, 3).new([1, 2, 3]), POINT.new(x=1, y=2),
    c.ptr(c.int)(c.int.new(7)), c.ptr(c.int)(None), c.long(7), c.double(1.5), IDENTITY, INT_INT.bind(IDENTITY), len,
    array.array("i", [1, 2]), array.array("d", [1.5]), memoryview(b"abcd"), memoryview(bytearray(8))[::2], range(3)]
objects = st.integers(0, len(OBJECTS) - 1).map(OBJECTS.__getitem__)
strange = st.builds(Strange, st.one_of(numbers, texts, objects, st.just(Broken()), st.just(TypeError("mine"))))
simple = st.one_of(numbers, texts, objects, strange)
values = st.recursive(simple, lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.tuples(inner, inner),
    st.dictionaries(st.sampled_from(["x", "y", "p", "text", "more", "i", "d", "a", "b", 1]), inner, max_size=3)),
    max_leaves=6)


def attempt(use, *arguments):
    """Return what use() gives, or the class of the plain error it raises."""
    try:
        return use(*arguments), None
    except (Broken, *PLAIN_ERRORS) as error:
        str(error)
        return None, plain_class(error)


def same(one, other):
    if isinstance(one, (float, complex)) and isinstance(other, (float, complex)):
        return repr(one) == repr(other)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one.compare_total(other) == 0
    if isinstance(one, libffi.Function) and isinstance(other, libffi.Function):
        return one.address == other.address
    return one == other


@examples(600)
@hypothesis.given(st.sampled_from(SCALARS), values)
def test_scalars(T, value):
    """A new value, an assignment, a field, an argument and a variadic argument agree."""
    memory, fields = T.new(), c.struct("holder", before=c.char, field=T).new()
    old = bytes(memory)
    stored, refused = attempt(setattr, memory, "value", value)
    assert refused is None or bytes(memory) == old, "a refused value was written"
    assert attempt(T.new, value)[1] == refused
    assert attempt(setattr, fields, "field", value)[1] == refused
    if T in (c.string, c.bytes, c.wstring):
        return              # an int is an address: reading what is there is another matter
    if refused is None:
        assert same(memory.value, fields.field)
    cif, unpassable = attempt(CIF, T, [T])
    if unpassable is None:
        got, unlike = attempt(cif.call, cif.closure(lambda x: x), value)
        assert unlike == refused
        if refused is None and T.kind not in ("pointer", "function"):
            assert same(got, memory.value)


@examples(300)
@hypothesis.given(st.sampled_from(list(INTEGERS)), st.one_of(edges, st.integers()))
def test_integers_are_exact(T, number):
    low, high = INTEGERS[T]
    got, refused = attempt(lambda: T.new(number).value)
    assert (got, refused) == ((number, None) if low <= number <= high else (None, OverflowError))


@examples(300)
@hypothesis.given(st.floats(), st.one_of(edges, st.integers()))
def test_floats_are_exact(number, integer):
    assert repr(c.double.new(number).value) == repr(number)
    exact = c.exact(c.longdouble).new(number).value
    assert exact == Decimal(number) if not math.isnan(number) else exact.is_nan()
    got, refused = attempt(lambda: c.double.new(integer).value)
    assert refused is OverflowError if abs(integer) >= 1 << 1024 else got == float(integer)


@examples(600)
@hypothesis.given(st.sampled_from(AGGREGATES), values)
def test_aggregates(T, value):
    """Stored or refused; what was stored can be read, copied, and passed by value where that is possible."""
    memory, refused = attempt(T.new, value)
    other = T.new()
    assert attempt(setattr, other, "value", value)[1] == refused
    if refused is not None:
        return
    assert bytes(memory) == bytes(other) or "*" in repr(T.fields) or T.name == "struct nested"
    repr(memory), memory.value, memoryview(memory).tobytes()
    try:
        cif = CIF(T, [T])
    except libffi.BadTypedef:
        return
    got, unlike = attempt(cif.call, cif.closure(lambda x: x), value)
    assert unlike is None and repr(got.value) == repr(memory.value)


@examples(600)
@hypothesis.given(st.lists(values, max_size=4))
def test_variadic_arguments(arguments):
    snprintf = libffi.Library(None).function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    result, _ = attempt(snprintf, bytearray(8), 8, "x", *arguments)
    assert result in (None, 1)


@examples(600)
@hypothesis.given(st.sampled_from([c.int, c.double, c.char, POINT]), values, values)
def test_pointers_and_items(T, index, value):
    memory = c.array(T, 4).new()
    p = c.ptr(T)(memory)
    for where in (memory, p):
        attempt(where.__setitem__, index, value)
        attempt(where.__getitem__, index)
    attempt(lambda: (p + index)[0] if isinstance(index, int) and 0 <= index < 4 else p + index)
    attempt(libffi.string_at, memory, value if not isinstance(value, int) or value <= memory.size else 0)


@examples(200)
@hypothesis.given(values, values, values)
def test_the_makers(one, two, three):
    """Whatever is given to what makes types, CIFs, closures and functions: made or refused."""
    for make in (c.ptr, c.ref, c.out, c.inout, c.exact, c.func, c.enum, libffi.CIF, libffi.closure):
        attempt(make, one)
    for make in (c.array, c.vector, c.bits, c.struct, c.union, libffi.CIF):
        attempt(make, c.int, one)
        attempt(make, one, two)
    attempt(c.struct, "s", [(one, c.int), ("y", two)])
    attempt(lambda: c.struct("s", x=c.int, _pack_=one, _align_=two))
    attempt(lambda: INT_INT.closure(len, on_error=one, name=two, dispatch=three))
    attempt(lambda: INT_INT.bind(one if not isinstance(one, int) else 8, two, gil=three, errno=one, errcheck=two))
    # An int is an address: C would believe it.
    one, two = (None if isinstance(value, int) else value for value in (one, two))
    attempt(INT_INT.call_raw, IDENTITY, one, [two])
    attempt(INT_INT.call_exchange, IDENTITY, one)
