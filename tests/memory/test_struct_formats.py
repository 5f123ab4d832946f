"""A buffer of structs goes where C wants a pointer to such a struct: compared member by member, not by size."""
from __future__ import annotations

import ctypes

import pytest

from libffi import CIF, c

POINT = c.struct("point", x=c.double, y=c.double, tag=c.int)
NESTED = c.struct("nested", a=POINT, b=c.array(c.short, 3), p=c.ptr(c.int),
                  q=c.struct("q", u=c.float, v=c.array(POINT, 2)))
PACKED = c.struct("packed", [("a", c.char), ("b", c.int)], _pack_=1)
BITS = c.struct("bits", a=c.bits(c.int, 3), b=c.int)


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double), ("tag", ctypes.c_int)]


class Part(ctypes.Structure):
    _fields_ = [("u", ctypes.c_float), ("v", Point * 2)]


class Nested(ctypes.Structure):
    _fields_ = [("a", Point), ("b", ctypes.c_short * 3), ("p", ctypes.POINTER(ctypes.c_int)), ("q", Part)]


class Swapped(ctypes.Structure):
    _fields_ = [("y", ctypes.c_double), ("tag", ctypes.c_int), ("x", ctypes.c_double)]


def takes(T, buffer):
    f = CIF(c.pointer, [c.ptr(T, const=True)]).closure(lambda p: p)
    try:
        f.cif.call(f, buffer)
    except TypeError as error:
        assert "got a buffer of items" in str(error)
        return False
    return True


def test_ctypes():
    assert takes(POINT, Point()) and takes(POINT, (Point * 3)())
    assert takes(NESTED, Nested()) == ("4x" in memoryview(Nested()).format)     # before 3.12 it hides its padding
    assert not takes(POINT, Swapped()) and not takes(POINT, (ctypes.c_longlong * 3)())


@pytest.mark.parametrize("T", [POINT, NESTED, PACKED, BITS], ids=str)
def test_ours_and_bytes(T):
    for buffer in memoryview(T.new()), memoryview(c.array(T, 2).new()), bytearray(T.size), T.new():
        assert takes(T, buffer)
    assert not takes(T, memoryview(c.array(c.double, 20).new())) and T.size


def test_numpy():
    np = pytest.importorskip("numpy")
    point = np.dtype([("x", "f8"), ("any", "f8"), ("name", "i4")], align=True)
    nested = np.dtype([("a", point), ("b", "i2", 3), ("p", "uintp"),
                       ("q", np.dtype([("u", "f4"), ("v", point, 2)], align=True))], align=True)
    assert takes(POINT, np.zeros(3, point)) and takes(NESTED, np.zeros(1, nested))
    assert takes(PACKED, np.zeros(2, np.dtype([("a", "S1"), ("b", "i4")])))
    for members in (("f8", "i4", "f8"), ("i8", "i8", "i8"), ("f8", "f8", "f4"), ("f8", "f8", "u4")):
        other = np.dtype([(f"m{i}", member) for i, member in enumerate(members)], align=True)
        assert other.itemsize == POINT.size and not takes(POINT, np.zeros(1, other)), members
    assert not takes(POINT, np.zeros(1, point.newbyteorder()))
    assert not takes(POINT, np.zeros(1, np.dtype([("y", "f8"), ("x", "f8"), ("tag", "i4")], align=True)))
    assert not takes(PACKED, np.zeros(1, np.dtype([("a", "i4"), ("b", "S1")])))
    assert not takes(BITS, np.zeros(1, np.dtype([("a", "i4"), ("b", "i4")])))
