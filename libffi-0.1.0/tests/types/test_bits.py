"""Where bit-fields lie: Type.bits, c.bits(c.char, n), and the layout of Microsoft's compiler."""
from __future__ import annotations

import sys

import pytest

from libffi import BadTypedef, c, features


def test_positions():
    T = c.struct("t", [("a", c.bits(c.uint, 3)), ("b", c.bits(c.uint, 7)), (None, c.bits(c.uint, 0)), ("x", c.char),
                       ("c", c.bits(c.ushort, 16))])
    assert dict(T.bits) == {"a": (0, 3), "b": (3, 7), "c": (48, 16)}
    assert dict(c.int.bits) == dict(c.struct("s", x=c.int).bits) == {}
    outer = c.struct("outer", [("x", c.int), (None, c.struct("", y=c.bits(c.int, 5)))])
    assert dict(outer.bits) == {"y": (32, 5)}
    with pytest.raises(TypeError):
        T.bits["a"] = 1


@pytest.mark.parametrize("order", ["little", "big"])
def test_positions_are_where_the_bits_are(order):
    T = c.struct("t", a=c.bits(c.uint, 3), b=c.bits(c.uint, 11), c=c.bits(c.uint, 18), _byteorder_=order)
    for name, (offset, width) in T.bits.items():
        bits = [int.from_bytes(T.new(**{name: 1 << i}), order) for i in range(width)]
        low = offset if order == "little" else 32 - offset - width
        assert bits == [1 << low + i for i in range(width)]


def test_char():
    T = c.struct("t", a=c.bits(c.char, 3), b=c.bits(c.uchar, 5))
    low = -4 if features()["char_signed"] else 0
    m = T.new(a=low, b=31)
    assert (m.a, m.b, m.value, T.size) == (low, 31, {"a": low, "b": 31}, 1)
    with pytest.raises(OverflowError, match=r"out of range for char : 3"):
        m.a = low + 8
    with pytest.raises(TypeError):
        m.a = b"x"


MS = {
    "units of one size": ([("a", c.bits(c.int32, 3)), ("b", c.bits(c.uint32, 29)), ("c", c.bits(c.int32, 1))],
                          {"a": (0, 3), "b": (3, 29), "c": (32, 1)}, 8, 4),
    "another size begins anew": ([("a", c.bits(c.uint8, 4)), ("b", c.bits(c.uint32, 4))],
                                 {"a": (0, 4), "b": (32, 4)}, 8, 4),
    "none crosses its unit": ([("a", c.bits(c.uint16, 12)), ("b", c.bits(c.uint16, 5))],
                              {"a": (0, 12), "b": (16, 5)}, 4, 2),
    "one of no width ends it": ([("a", c.bits(c.uint32, 4)), (None, c.bits(c.uint64, 0)), ("x", c.uint8)],
                                {"a": (0, 4)}, 16, 8),
    "... after another only": ([("x", c.uint8), (None, c.bits(c.uint64, 0)), ("y", c.uint8)], {}, 2, 1),
}


@pytest.mark.parametrize("case", MS)
def test_microsofts_layout(case):
    members, bits, size, alignment = MS[case]
    T = c.struct("t", members, _layout_="ms")
    assert (dict(T.bits), T.size, T.alignment) == (bits, size, alignment)
    assert c.struct("t", members, _layout_="ms" if sys.platform == "win32" else "gcc") is c.struct("t", members)


def test_microsofts_layout_packs_units():
    members = [("x", c.uint8), ("a", c.bits(c.uint32, 4)), ("b", c.bits(c.uint32, 4))]
    T = c.struct("t", members, _layout_="ms", _pack_=1)
    assert (dict(T.bits), T.size) == ({"a": (8, 4), "b": (12, 4)}, 5)
    U = c.union("u", [("a", c.bits(c.uint32, 4)), ("x", c.uint8)], _layout_="ms")
    assert (U.size, U.alignment) == (4, 1)
    with pytest.raises(BadTypedef, match="packs no bit-field by itself"):
        c.struct("t", [("a", c.bits(c.uint32, 4, packed=True))], _layout_="ms")

