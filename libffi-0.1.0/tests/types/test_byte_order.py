"""Byte order: numbers, arrays and structs of the other order, in memory, in buffers and by value."""
from __future__ import annotations

import copy
import enum
import pickle
import struct
import sys
from array import array

import pytest
from fuzz import compiler

from libffi import CIF, BadTypedef, Library, c

NATIVE = sys.byteorder
OTHER = {"little": "big", "big": "little"}[NATIVE]
MARK = {"little": "<", "big": ">"}
ORDERED = {"little": c.little, "big": c.big}

NUMBERS = [
    ("int16", "h", -2), ("uint16", "H", 0xFEDC), ("int32", "i", -3), ("uint32", "I", 0xFEDCBA98), ("int64", "q", -4),
    ("uint64", "Q", 0xFEDCBA9876543210), ("float", "f", 1.5), ("double", "d", -1e100),
]


class Color(enum.IntEnum):
    RED = 1
    BLUE = 0x200


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(("name", "code", "value"), NUMBERS)
def test_numbers(order, name, code, value):
    T = ORDERED[order](getattr(c, name))
    expected = struct.pack(MARK[order] + code, value)
    memory = T.new(value)
    assert bytes(memory) == expected
    assert memory.value == value == T.read(expected) == T.at(bytearray(expected)).value == c.ptr(T)(memory)[0]
    assert (T.size, T.alignment, T.byteorder) == (getattr(c, name).size, getattr(c, name).alignment, order)
    view = memoryview(c.array(T, 2).new([value, value]))
    assert bytes(view) == expected * 2
    assert struct.calcsize(view.format) == T.size and struct.unpack(view.format, expected) == (value,)
    c.ptr(T)(memory)[0] = 0
    assert memory.value == 0
    with pytest.raises(TypeError, match="expected"):
        memory.value = "1"


def test_the_machines_own_order_is_the_type_itself():
    for order, T in ((NATIVE, c.int), (OTHER, c.char), (OTHER, c.uint8), (OTHER, c.bool)):
        assert ORDERED[order](T) is T
    other = ORDERED[OTHER](c.int)
    assert ORDERED[OTHER](c.int) is other is ORDERED[OTHER](other) and ORDERED[NATIVE](other) is c.int
    assert other.item is c.int and other.kind == "swapped" and str(other) == f"{OTHER}-endian int"
    assert ORDERED[OTHER](c.array(c.array(c.int, 2), 3)) is c.array(c.array(other, 2), 3)
    assert copy.copy(other) is other and pickle.loads(pickle.dumps(other)) is other
    assert other.new(1) != c.int.new(1) and c.array(other, 2).new([1, 2]) == [1, 2]


def test_other_sorts_of_numbers():
    color, letter = ORDERED[OTHER](c.enum(Color)), ORDERED[OTHER](c.char32_t)
    assert bytes(color.new(Color.BLUE)) == (0x200).to_bytes(4, OTHER) and color.new(Color.BLUE).value is Color.BLUE
    assert bytes(letter.new("é")) == ord("é").to_bytes(4, OTHER) and letter.new("é").value == "é"
    assert bytes(ORDERED[OTHER](c.int128).new(-2)) == (-2).to_bytes(16, OTHER, signed=True)
    z = ORDERED[OTHER](c.complex_double).new(1 + 2j)
    assert bytes(z) == struct.pack(MARK[OTHER] + "dd", 1, 2) and z.value == 1 + 2j
    assert repr(letter.at(bytearray(b"\xff" * 4))) == f"<{OTHER}-endian char32_t memory: {0xFFFFFFFF}>"


@pytest.mark.parametrize("T", [c.pointer, c.ptr(c.int), c.string, c.longdouble, c.struct("s", x=c.int), c.void,
                               c.vector(c.float, 4), c.bits(c.int, 3), c.ref(c.int)], ids=str)
def test_what_has_no_byte_order(T):
    with pytest.raises(BadTypedef, match=rf"c.{OTHER}\(\): .* is no"):
        ORDERED[OTHER](T)


@pytest.mark.parametrize("name", ["_byteorder_", "_layout_"])
def test_wrong_options(name):
    with pytest.raises(ValueError, match=f"struct s: {name} must be '.*' or '.*', got 'huge'"):
        c.struct("s", x=c.int, **{name: "huge"})
    with pytest.raises(TypeError, match="come with the members"):
        c.struct("s", **{name: "big"})


def test_structs():
    inner = c.struct("inner", x=c.int16)
    T = c.struct("header", [("magic", c.uint32), ("sizes", c.array(c.uint16, 2)), ("at", c.pointer), ("own", inner),
                            ("low", c.bits(c.uint, 4)), ("high", c.bits(c.uint, 12))], _byteorder_=OTHER)
    assert T.byteorder == OTHER and inner.byteorder == NATIVE
    assert T.fields["magic"] is ORDERED[OTHER](c.uint32) and T.fields["own"] is inner
    m = T.new(magic=1, sizes=[2, 3], at=0x1234, own=(4,), low=5, high=6)
    assert bytes(m)[:8] == b"".join(n.to_bytes(size, OTHER) for n, size in ((1, 4), (2, 2), (3, 2)))
    assert (m.magic, list(m.sizes), m.at, m.own.x, m.low, m.high) == (1, [2, 3], 0x1234, 4, 5, 6)
    assert pickle.loads(pickle.dumps(T)) is T
    assert c.struct("header", list(T.fields.items())) is not T
    node = c.struct("node")
    node.define(value=c.int, next=c.ptr(node), _byteorder_=OTHER)
    assert bytes(node.new(value=1))[:4] == (1).to_bytes(4, OTHER)

    @c.struct
    class Decorated:
        _byteorder_ = OTHER
        x: c.int
    assert bytes(Decorated.new(x=1)) == (1).to_bytes(4, OTHER)


def test_the_same_struct_of_another_order_is_another_type():
    one, other = (c.struct("s", x=c.bits(c.int, 3), _byteorder_=order) for order in (NATIVE, OTHER))
    f = CIF(c.pointer, [c.ptr(one)]).closure(lambda p: None)
    f.cif.call(f, one.new())
    with pytest.raises(TypeError, match="expected struct s"):
        f.cif.call(f, other.new())


def takes(T, buffer):
    f = CIF(c.void, [c.ptr(T, const=True)]).closure(lambda p: None)
    try:
        f.cif.call(f, buffer)
    except TypeError as error:
        assert "got a buffer of items" in str(error)
        return False
    return True


def test_buffers_are_taken_by_order():
    numpy = pytest.importorskip("numpy")
    T = ORDERED[OTHER](c.int32)
    theirs = numpy.array([1, 2, 3], MARK[OTHER] + "i4")
    ours = c.array(T, 3).new([1, 2, 3])
    assert takes(T, theirs) and takes(T, ours) and takes(T, bytearray(12)) and takes(c.ptr(T).item, theirs)
    assert not takes(c.int32, theirs) and not takes(T, array("i", [1])) and not takes(T, theirs.astype("f4"))
    assert numpy.asarray(ours).dtype == theirs.dtype and (numpy.asarray(ours) == theirs).all()
    assert c.array(T, 3).new(theirs) == [1, 2, 3] and c.array(c.int32, 3).new(theirs) == [1, 2, 3]
    ours[:] = theirs * 2
    assert list(ours) == [2, 4, 6]


def test_buffers_of_structs():
    numpy = pytest.importorskip("numpy")
    members = [("a", c.int16), ("b", c.double), ("c", c.array(c.int32, 2)), ("d", c.struct("t", x=c.int64))]
    T = c.struct("s", members, _byteorder_=OTHER)
    m = T.new(a=1, b=2, c=[3, 4], d=(5,))
    seen = numpy.asarray(m)
    assert (seen["a"], seen["b"], list(seen["c"]), seen["d"]["x"]) == (1, 2, [3, 4], 5)
    assert seen.dtype["a"] == numpy.dtype(MARK[OTHER] + "i2") and seen.dtype["d"]["x"] == numpy.dtype("i8")
    assert seen.dtype.itemsize == T.size
    assert takes(T, numpy.zeros(2, seen.dtype)) and not takes(c.struct("s", members), numpy.zeros(2, seen.dtype))


def test_ctypes_structures():
    import ctypes
    base = {"big": ctypes.BigEndianStructure, "little": ctypes.LittleEndianStructure}[OTHER]
    theirs = type("Theirs", (base,), {"_fields_": [("a", ctypes.c_short), ("b", ctypes.c_double)]})(1, 2)
    T = c.struct("s", a=c.short, b=c.double, _byteorder_=OTHER)
    assert T.at(theirs).a == 1 and T.at(theirs).b == 2
    assert takes(T, theirs) and not takes(c.struct("s", a=c.short, b=c.double), theirs)
    plain = type("Plain", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_short), ("b", ctypes.c_double)]})(1, 2)
    assert not takes(T, plain) and takes(c.struct("s", a=c.short, b=c.double), plain)
    bits = type("Bits", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_uint, 3), ("b", ctypes.c_uint, 5)]})()
    members = {"a": c.bits(c.uint, 3), "b": c.bits(c.uint, 5)}
    assert takes(c.struct("s", **members), bits) and not takes(c.struct("s", **members, _byteorder_=OTHER), bits)


SOURCE = f'#define OTHER __attribute__((scalar_storage_order("{OTHER}-endian")))' + """
struct OTHER mixed { int i; double d; };
struct OTHER floats { float x, y; };
struct OTHER shorts { short s[3]; int *p; };
struct mixed mixed(struct mixed m) { m.i += 1; m.d *= 2; return m; }
struct floats floats(struct floats f) { f.x += 1; f.y *= 2; return f; }
struct shorts shorts(struct shorts s) { s.s[0] += 1; s.s[2] *= 2; s.p += 1; return s; }
"""


@pytest.mark.skipif(not compiler.command() or not compiler.accepts(SOURCE), reason="needs gcc's scalar_storage_order")
@pytest.mark.parametrize("declared", [False, True])
def test_by_value(declared, tmp_path):
    """C gets and returns such structs as it does those of the machine's order."""
    with Library(str(compiler.build(SOURCE, tmp_path / "order.so", "-O1"))) as lib:
        types = {
            "mixed": c.struct("mixed", i=c.int, d=c.double, _byteorder_=OTHER),
            "floats": c.struct("floats", x=c.float, y=c.float, _byteorder_=OTHER),
            "shorts": c.struct("shorts", s=c.array(c.short, 3), p=c.ptr(c.int), _byteorder_=OTHER),
        }
        if declared:
            lib.declare("\n".join(
                line.partition(" {")[0] + ";" if "return" in line else line for line in SOURCE.splitlines()))
            for name, T in types.items():
                assert lib[f"struct {name}"] is T
        f = {name: lib.function(name, T, [T]) for name, T in types.items()}
        assert f["mixed"]((1, 2.5)) == (2, 5.0)
        assert f["floats"]((1, 2.5)) == (2.0, 5.0)
        three = c.array(c.int, 3).new()
        result = f["shorts"](([1, 2, 3], three))
        assert (list(result.s), result.p) == ([2, 2, 6], three.address + 4)
        echo = CIF(types["mixed"], [types["mixed"]]).closure(lambda m: (m.i + 1, m.d))
        assert echo.cif.call(echo, (1, 2.5)) == (2, 2.5)


def test_a_number_by_itself_is_not_passed():
    T = ORDERED[OTHER](c.int)
    with pytest.raises(BadTypedef, match="cannot be passed by value: only in memory"):
        CIF(c.void, [T])
    def double(p, q):
        q[0] = 2 * p[0]
    f = CIF(c.void, [c.ptr(T), c.ptr(T)]).closure(double)
    assert CIF(c.void, [c.ref(T), c.out(T)]).call(f.address, 5) == 10
