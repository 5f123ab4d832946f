"""Programs that go over from a front to this package's own functions, which take what the front made."""
import ctypes as interpreters

import pytest
from helpers.c_library import LIBC

import libffi.compat.ctypes as ours
from libffi import CIF, Library, c

libc = Library(LIBC)
BOTH = pytest.mark.parametrize("ctypes", [interpreters, ours], ids=["ctypes", "compat"])


def point_of(ctypes):
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_short * 4), ("flags", ctypes.c_uint, 3)]

    class Line(ctypes.Structure):
        pass

    Line._fields_ = [("next", ctypes.POINTER(Line)), ("ends", Point * 2), ("name", ctypes.c_char_p),
                     ("order", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p))]
    return Point, Line


@BOTH
def test_classes_are_types(ctypes):
    point, line = (c.from_ctypes(cls) for cls in point_of(ctypes))
    assert (point.size, dict(point.offsets)) == (16, {"x": 0, "y": 4, "flags": 12})
    assert line.fields["next"].item is line
    assert line.fields["order"] is c.func(CIF(c.int, [c.pointer]))
    assert c.from_ctypes(ctypes.c_ushort) is c.ushort
    assert c.from_ctypes(ctypes.c_int.__ctype_be__) is c.big(c.int)


@BOTH
def test_instances_are_arguments(ctypes):
    compare = libc.function("memcmp", c.int, [c.ptr(c.int), c.ptr(c.int), c.size_t])
    five = ctypes.c_int(5)
    for given in (ctypes.byref(five), ctypes.pointer(five), (ctypes.c_int * 2)(5, 6)):
        assert compare(given, ctypes.pointer(five), 4) == 0
    assert libc.function("labs", c.long, [c.long])(ctypes.c_int(-4)) == 4
    assert libc.function("strlen", c.size_t, [c.string])(ctypes.c_char_p(b"four")) == 4
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    libc.function("qsort", None, [c.pointer, c.size_t, c.size_t, c.pointer])(
        numbers, 3, 4, order(lambda a, b: a[0] - b[0]))
    assert list(numbers) == [1, 2, 3]


@BOTH
def test_a_structure_is_seen_in_place_by_its_type(ctypes):
    Point, _ = point_of(ctypes)
    point = Point(1)
    seen = c.from_ctypes(Point).at(point)
    seen.x = 7
    assert point.x == 7


def test_what_is_no_class_of_either_is_refused():
    for cls in (int, type("_CData", (), {"__module__": "_ctypes"}), type("CArgObject", (), {})):
        with pytest.raises(TypeError, match=r"expected a class of ctypes'"):
            c.from_ctypes(cls)


@pytest.mark.parametrize("compat", [False, True])
def test_ctypes_of_cffi_are_types(compat):
    cffi = pytest.importorskip("cffi")
    from libffi.compat import cffi as backend

    ffi = cffi.FFI(backend=backend if compat else None)
    ffi.cdef("struct pair { int a; double b; unsigned flag : 3; }; enum kind { A, B = 5 }; typedef int (*f)(char *);")
    pair = c.from_cffi(ffi.typeof("struct pair"))
    assert (pair.size, dict(pair.offsets)) == (24, {"a": 0, "b": 8, "flag": 16})
    assert c.from_cffi(ffi.typeof("f")) is c.func(CIF(c.int, [c.ptr(c.char)]))
    assert c.from_cffi(ffi.typeof("enum kind")).kind == "enum"
    cdata = ffi.new("struct pair *", [1, 2.0])
    assert pair.at(int(ffi.cast("intptr_t", cdata))).b == 2.0


@BOTH
def test_structures_of_other_names_are_compared_by_their_members(ctypes):
    class Pair(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double)]

    other = c.struct("other", a=c.int, b=c.double)
    pair = Pair(5, 2.5)
    assert libc.function("memcmp", c.int, [c.ptr(other), c.ptr(other), c.size_t])(pair, ctypes.byref(pair), 16) == 0


@pytest.mark.parametrize("compat", [False, True])
def test_cdata_are_arguments(compat):
    cffi = pytest.importorskip("cffi")
    from libffi.compat import cffi as backend

    ffi = cffi.FFI(backend=backend if compat else None)
    ffi.cdef("struct pair { int a; double b; };")
    numbers, pair = ffi.new("int[]", [1, 2]), ffi.new("struct pair *", [1, 2.0])
    compare = libc.function("memcmp", c.int, [c.pointer, c.pointer, c.size_t])
    assert compare(numbers, numbers, 8) == compare(pair, pair[0], 16) == 0
    assert libc.function("labs", c.long, [c.long])(ffi.cast("long", -4)) == 4
    assert libc.function("strlen", c.size_t, [c.string])(ffi.new("char[]", b"four")) == 4
    seen = c.from_cffi(ffi.typeof("struct pair")).at(pair)
    seen.a = 7
    assert pair.a == 7
    order = ffi.callback("int(int *, int *)", lambda a, b: b[0] - a[0])
    libc.function("qsort", None, [c.pointer, c.size_t, c.size_t, c.pointer])(numbers, 2, 4, order)
    assert list(numbers) == [2, 1]
