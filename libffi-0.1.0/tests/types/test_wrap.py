"""c.wrap(T): C's own conversions, against the compiler's."""
from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest

import libffi
from libffi import CIF, Library, Struct, c

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "char", "schar", "wchar_t",
            "char16_t", "bool", "int128", "uint128"]
VALUES = [0, 1, -1, 127, 128, -129, 255, 256, 65535, 65536, 2**31, -2**31 - 1, 2**32 + 5, 2**63, -2**63 - 1, 2**64 + 7,
          2**127, -2**127 - 3, 2**200 + 99]


def as_c(name, value):
    """What C makes of an int."""
    kind = getattr(c, name)
    if name == "bool":
        return value != 0
    low = value % 2**(8 * kind.size)
    signed = name.startswith("int") or name == "schar" or (name == "char" and c.char.new(-1).value == b"\xff")
    if signed and kind.kind == "signed" and low >= 2**(8 * kind.size - 1):
        low -= 2**(8 * kind.size)
    return low


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_wrap(name):
    kind = getattr(c, name)
    for value in VALUES:
        made = c.wrap(kind).new(value)
        expected = as_c(name, value)
        if kind.kind in ("char", "wchar"):
            assert int.from_bytes(bytes(made), c.int.byteorder) == expected % 2**(8 * kind.size)
        else:
            assert made.value == expected and type(made.value) is (bool if name == "bool" else int)


@pytest.mark.parametrize("name", ["int8", "uint8", "int32", "int64", "uint64", "int128"])
def test_floats_are_truncated_where_that_fits(name):
    wrapping = c.wrap(getattr(c, name))
    for value, whole in (3.9, 3), (0.99, 0), (100.5, 100), (Fraction(7, 2), 3), (Decimal("2.9"), 2), (-0.9, 0):
        assert wrapping(value).value == whole
    if name.startswith("int"):
        assert wrapping(-3.9).value == -3
    for undefined, error in (1e40, OverflowError), (math.inf, OverflowError), (math.nan, ValueError):
        with pytest.raises(error):
            wrapping(undefined)
    with pytest.raises(OverflowError):
        c.wrap(c.uint8)(-1.0)


def test_floating_point_numbers_become_infinite():
    assert c.wrap(c.float)(1e300).value == math.inf and c.wrap(c.float)(-10**60).value == -math.inf
    assert c.wrap(c.double)(10**400).value == math.inf and c.wrap(c.double)(-10**400).value == -math.inf
    assert c.wrap(c.float)(10**400).value == math.inf and c.wrap(c.double)(2.5).value == 2.5
    assert c.wrap(c.complex_float)(1e300 - 1e300j).value == complex(math.inf, -math.inf)
    assert c.wrap(c.complex_double)(-10**400).value == complex(-math.inf, 0)
    assert c.wrap(c.longdouble).new(Decimal("1e9999")).value == math.inf
    assert math.isnan(c.wrap(c.float)(math.nan).value)
    # Rounded once: by way of a double it would be 2**60.
    assert c.wrap(c.float)(2**60 + 2**36 + 1).value == 2**60 + 2**37
    for sign in 1, -1:
        assert c.wrap(c.float)(sign * (2**80 + 2**56 + 1)).value == sign * (2**80 + 2**57)
        assert c.wrap(c.float)(sign * (2**80 + 2**56)).value == sign * 2**80
        assert c.wrap(c.float)(sign * (2**80 + 2**57 + 2**56 - 1)).value == sign * (2**80 + 2**57)
        assert c.wrap(c.float)(sign * (2**128 - 2**103)).value == sign * math.inf
        assert c.wrap(c.float)(sign * (2**128 - 2**103 - 1)).value == sign * (2**128 - 2**104)


def test_truths():
    wrapping = c.wrap(c.bool)
    for value in 2, -1, 2**70, 0.5, math.nan:
        assert wrapping(value).value is True
    assert wrapping(0).value is wrapping(0.0).value is False


def test_where_types_are_taken():
    byte, real = c.wrap(c.uint8), c.wrap(c.float)

    class Pixel(Struct):
        r: byte
        x: real

    p = Pixel(300, 1e300)
    assert (p.r, p.x) == (44, math.inf)
    p.r = -1
    assert p.r == 255 and list(c.array(byte, 3).new([256, -1, 2.9])) == [0, 255, 2]
    q = c.ptr(byte)(c.array(byte, 2).new())
    q[0], q[1] = 257, 258
    assert q[0:2] == [1, 2]
    same = CIF(byte, [byte, c.wrap(c.int)]).closure(lambda a, b: a + b)
    assert same.cif.call(same, 300, 2**32 + 1) == 45 and str(same.cif) == "uint8_t (uint8_t, int)"
    assert same.cif.call(same, 300, 255) == 43          # the closure's result wraps as well
    absolute = Library(None).function("abs", c.int, [c.wrap(c.int)])
    assert absolute(2**32 - 5) == 5 and absolute(c.longlong(-(2**33) - 7)) == 7
    assert list(absolute.map([-1, 2**32 - 2])) == [1, 2]
    assert CIF(c.wrap(c.float), [c.double]).argtypes == (c.double,)


def test_bit_fields():
    flags = c.struct("flags", a=c.bits(c.wrap(c.uint), 3), b=c.bits(c.wrap(c.int), 3), t=c.bits(c.wrap(c.bool), 1))
    f = flags.new(a=9, b=5, t=2)
    assert (f.a, f.b, f.t) == (1, -3, True)
    f.a = 3.9
    assert f.a == 3
    with pytest.raises(OverflowError):
        f.a = 8.0


def test_byte_order():
    assert c.wrap(c.big(c.uint16)) is c.big(c.wrap(c.uint16))
    big = c.wrap(c.big(c.uint16)).new(65536 + 80)
    assert bytes(big) == b"\0P" and memoryview(big).format in (">H", "H")
    s = c.struct("s", x=c.wrap(c.uint32), y=c.wrap(c.complex_float), _byteorder_="big").new((2**32 + 1, 1e300))
    assert bytes(s)[:4] == b"\0\0\0\1" and s.y.real == math.inf


def test_what_it_is():
    kind = c.wrap(c.int)
    assert c.wrap(kind) is kind is c.wrap(c.int) is not c.int
    assert (kind.name, kind.kind, kind.size, kind.item) == ("int", "signed", 4, c.int)
    assert repr(kind(5)) == repr(c.int(5))
    assert c.ptr(kind) is not c.ptr(c.int) and CIF(c.void, [c.ptr(c.int)]).bind(1) is not None
    take = CIF(c.int, [c.ptr(c.int)]).closure(lambda p: p[0])
    assert take.cif.call(take, kind.new(2**32 + 3)) == 3
    for wrong in c.pointer, c.string, c.void, c.array(c.int, 2), c.struct("s", x=c.int):
        with pytest.raises(libffi.BadTypedef, match="is no number"):
            c.wrap(wrong)
    for value in "3", None, b"3", [3], 1j:
        with pytest.raises(TypeError):
            kind(value)
    assert c.wrap(c.char)(b"x").value == b"x" and c.wrap(c.wchar_t)("y").value == "y"
