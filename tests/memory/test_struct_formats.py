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


def test_long_arrays_in_structs():
    numpy = pytest.importorskip("numpy")
    point = c.struct("p", x=c.short, y=c.char)

    class P(ctypes.Structure):
        _fields_ = [("x", ctypes.c_short), ("y", ctypes.c_char)]

    pairs = numpy.dtype([("x", "i2"), ("y", "S1")], align=True)
    for kind, theirs, dtype in [
        (c.array(c.char, 8192), ctypes.c_char * 8192, "S8192"), (c.array(c.char, 8192), None, "V8192"),
        (c.array(c.double, 5000), ctypes.c_double * 5000, ("f8", 5000)),
        (c.array(c.array(c.float, 100), 90), ctypes.c_float * 100 * 90, ("f4", (90, 100))),
        (c.array(c.char32_t, 5000), None, "U5000"), (c.array(point, 7000), P * 7000, (pairs, 7000)),
        (c.array(c.array(point, 70), 100), P * 70 * 100, (pairs, (100, 70))),
    ]:
        T = c.struct("s", n=c.int, a=kind, last=c.short)
        other = c.struct("s", n=c.float, a=kind, last=c.short)
        late = c.struct("s", n=c.int, a=kind, last=c.ushort)
        made = [numpy.zeros(2, numpy.dtype([("n", "i4"), ("a", dtype), ("last", "i2")], align=True)),
                memoryview(T.new()), numpy.asarray(c.array(T, 2).new())]
        if theirs is not None:
            made.append(type("S", (ctypes.Structure,), {
                "_fields_": [("n", ctypes.c_int), ("a", theirs), ("last", ctypes.c_short)]})())
        for buffer in made:
            assert takes(T, buffer), (kind, buffer)
            assert not takes(other, buffer) and not takes(late, buffer)


def test_a_memoryview_is_of_what_its_object_is():
    class S(ctypes.Structure):
        _fields_ = [("c", ctypes.c_char), ("e", Either), ("n", ctypes.c_int), ("a", ctypes.c_double * 5000)]

    kind = c.struct("s", c=c.char, e=EITHER, n=c.int, a=c.array(c.double, 5000))
    for view in memoryview(S()), memoryview((S * 2)()), memoryview((S * 4)())[1:3]:
        assert takes(kind, view) and not takes(c.struct("s", c=c.char, e=EITHER, n=c.uint, a=kind.fields["a"]), view)
    assert takes(c.int, memoryview((ctypes.c_int * 3)()))
    cast = memoryview((ctypes.c_double * 3)()).cast("B").cast("q")
    assert takes(c.longlong, cast) and not takes(c.double, cast)
    numpy = pytest.importorskip("numpy")
    cast = memoryview(numpy.zeros(3)).cast("B").cast("q")
    assert takes(c.longlong, cast) and not takes(c.double, cast)
    pairs = numpy.zeros(2, numpy.dtype([("p", numpy.dtype([("x", "i2"), ("y", "S1")], align=True), 3), ("z", "i4")],
                                       align=True))
    pair = c.struct("p", x=c.short, y=c.char)
    assert takes(c.struct("s", p=c.array(pair, 3), z=c.int), memoryview(pairs))


def test_large_unions():
    class U(ctypes.Union):
        _fields_ = [("bytes", ctypes.c_char * 70000), ("d", ctypes.c_double * 9000), ("i", ctypes.c_int)]

    members = {"bytes": c.array(c.char, 70000), "d": c.array(c.double, 9000), "i": c.int}
    assert takes(c.union("u", **members), U()) and takes(c.struct("s", u=c.union("u", **members)), type(
        "S", (ctypes.Structure,), {"_fields_": [("u", U)]})())
    for name, other in ("bytes", c.array(c.char, 69999)), ("d", c.array(c.long, 9000)), ("i", c.float):
        assert not takes(c.union("u", **{**members, name: other}), U())
    assert takes(c.union("u", bytes=members["bytes"], d=c.array(c.array(c.double, 90), 100), i=c.int), U())


def test_structs_in_rows_without_padding_between_them():
    class Packed(ctypes.Structure):
        _pack_, _layout_ = 1, "ms"
        _fields_ = [("h", ctypes.c_short), ("i", ctypes.c_uint), ("b", ctypes.c_byte)]

    class Outer(ctypes.Structure):
        _pack_, _layout_ = 1, "ms"
        _fields_ = [("h", ctypes.c_short), ("rows", Packed * 2 * 3)]

    inner = c.struct("inner", [("h", c.short), ("i", c.uint), ("b", c.schar)], _pack_=1)
    outer = c.struct("outer", [("h", c.short), ("rows", c.array(c.array(inner, 2), 3))], _pack_=1)
    for buffer in Outer(), memoryview(Outer()), memoryview((Outer * 2)()):
        assert takes(outer, buffer)
        assert not takes(c.struct("outer", [("h", c.short), ("rows", c.array(c.array(inner, 3), 2)),
                                            ("x", c.char)], _pack_=1), buffer)


def test_text_of_a_fixed_length_is_rows_of_characters():
    numpy = pytest.importorskip("numpy")
    names, wide = numpy.array([b"ab", b"cd", b"ef"], "S8"), numpy.array(["ab", "cd"], "U8")
    for taken in c.char, c.uchar, c.array(c.char, 8), c.array(c.schar, 8), c.array(c.array(c.char, 8), 3):
        assert takes(taken, names) and takes(taken, numpy.zeros((2, 3), "S8"))
        assert not takes(taken, wide)
    for refused in c.array(c.char, 7), c.array(c.char, 24), c.array(c.array(c.char, 8), 2), c.short, c.array(c.int, 2):
        assert not takes(refused, names)
    for taken in c.char32_t, c.array(c.char32_t, 8), c.array(c.array(c.char32_t, 8), 2):
        assert takes(taken, wide) and not takes(taken, wide.astype(wide.dtype.newbyteorder()))
        assert not takes(taken, names)
    assert not takes(c.array(c.char32_t, 7), wide)
    take = CIF(c.bytes, [c.ptr(c.array(c.char, 8))]).closure(lambda rows: rows[2].value)
    assert take.cif.bind(take)(names) == b"ef"
