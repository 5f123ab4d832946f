"""A buffer of structs goes where C wants a pointer to such a struct: compared member by member, not by size."""
from __future__ import annotations

import array
import ctypes
import sys

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
        assert "got a buffer of items" in str(error) or "rows of another length" in str(error)
        return False
    return True


def test_ctypes():
    assert takes(POINT, Point()) and takes(POINT, (Point * 3)())
    assert takes(NESTED, Nested()) and takes(NESTED, (Nested * 2)())    # before 3.12 its format hides the padding
    assert not takes(POINT, Swapped()) and not takes(POINT, (ctypes.c_longlong * 3)())


class Either(ctypes.Union):
    _fields_ = [("i", ctypes.c_int), ("d", ctypes.c_double), ("p", Point * 2)]


class Tagged(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_char), ("either", Either), ("next", ctypes.POINTER(ctypes.c_int))]


class More(Tagged):
    _fields_ = [("low", ctypes.c_int, 3), ("high", ctypes.c_int, 20), ("call", ctypes.CFUNCTYPE(None))]


EITHER = c.union("either", i=c.int, d=c.double, p=c.array(POINT, 2))
TAGGED = c.struct("tagged", tag=c.char, either=EITHER, next=c.ptr(c.int))
MORE = [("tag", c.char), ("either", EITHER), ("next", c.ptr(c.int)), ("low", c.bits(c.int, 3)),
        ("high", c.bits(c.int, 20)), ("call", c.pointer)]


def test_what_ctypes_formats_leave_out():
    assert takes(EITHER, Either()) and takes(TAGGED, Tagged()) and takes(TAGGED, (Tagged * 2)())
    assert takes(c.struct("more", MORE), More()) == (sys.byteorder == "little")
    assert takes(c.array(EITHER, 2), (Either * 2 * 3)()) and not takes(c.array(EITHER, 3), (Either * 2)())
    for i, wrong in (1, ("either", c.union("either", i=c.int, d=c.double))), (3, ("low", c.bits(c.int, 4))), \
            (4, ("high", c.bits(c.int, 21))), (0, ("tag", c.bool)), (0, ("next", c.char)):
        rest = [member for member in MORE[i + 1:] if member[0] != wrong[0]]
        assert not takes(c.struct("other", [*MORE[:i], wrong, *rest]), More())
    for wrong in (c.double, c.struct("one", d=c.double), c.union("u", f=c.float, d=c.double), TAGGED):
        assert not takes(wrong, Either())
    assert not takes(c.struct("xy", x=c.short, y=c.short), type("Big", (ctypes.BigEndianStructure,), {
        "_fields_": [("x", ctypes.c_short), ("y", ctypes.c_short)]})()) or sys.byteorder == "big"
    assert not takes(c.struct("yx", y=c.short, x=c.short), type("YX", (ctypes.Structure,), {
        "_fields_": [("x", ctypes.c_short), ("y", ctypes.c_short)]})())


def test_unions():
    """One of a union's members at a time, or bytes."""
    number = c.union("number", i=c.int64, d=c.double, s=c.struct("two", a=c.int, b=c.float))
    for format in "qd":
        assert takes(number, array.array(format, [1]))
    assert takes(number, bytearray(8)) and takes(number, memoryview(c.array(number, 2).new()))
    assert not takes(number, array.array("Q", [1])) and not takes(number, array.array("f", [1, 2]))
    np = pytest.importorskip("numpy")
    assert takes(number, np.zeros(1, "i4,f4")) and takes(number, np.zeros(1, "V8"))
    assert not takes(number, np.zeros(1, "f4,i4"))
    around = c.struct("around", kind=c.int64, n=number)
    assert takes(around, np.zeros(1, np.dtype([("kind", "i8"), ("n", "V8")])))
    assert not takes(around, np.zeros(1, np.dtype([("n", "V8"), ("kind", "i8")])))


def test_arrays_of_pointers():
    assert takes(c.string, (ctypes.c_char_p * 2)()) and takes(c.ptr(c.int), (ctypes.POINTER(ctypes.c_int) * 2)())
    assert takes(c.pointer, (ctypes.c_void_p * 2)()) and not takes(c.double, (ctypes.c_void_p * 2)())


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
