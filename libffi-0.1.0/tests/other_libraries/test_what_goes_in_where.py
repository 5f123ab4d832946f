"""The table of the guide, "what goes in where, copied or not": each of its rows."""
from __future__ import annotations

import array
import ctypes
import re
from enum import IntEnum
from pathlib import Path

import pytest

from libffi import CIF, ArgumentError, c

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "other-libraries.md"
same = CIF(c.size_t, [c.pointer]).closure(lambda p: p.address if p else 0)
twice = CIF(c.int, [c.int]).closure(lambda n: 2 * n)


class Color(IntEnum):
    RED = 1


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]


POINT = c.from_ctypes(Point)


def passed(T, value):
    """Return the address that C gets for a value."""
    return CIF(c.size_t, [T]).bind(same.address, "f")(value)


def refused(T, value):
    with pytest.raises(ArgumentError):
        passed(T, value)


def exported(value):
    return ctypes.addressof(ctypes.c_char.from_buffer(value))


def given(T, value):
    """Return what a closure gets for a value."""
    got = []
    with CIF(c.void, [T]).closure(got.append) as keep:
        CIF(c.void, [T]).bind(keep.address, "f")(value)
    return got[0]


def buffers():
    np = pytest.importorskip("numpy")
    numbers = np.arange(4, dtype="i4")
    assert passed(c.ptr(c.int), numbers) == numbers.ctypes.data
    for value in bytearray(8), array.array("i", [1, 2]), memoryview(bytearray(8)):
        assert passed(c.ptr(c.int), value) == exported(value)
    for value in numbers[::2], numbers.astype("f4"):
        refused(c.ptr(c.int), value)
    arrow = pytest.importorskip("pyarrow").py_buffer(bytearray(8))
    assert passed(c.ptr(c.int, const=True), arrow) == arrow.address


def buffers_as_bytes():
    data = bytearray(8)
    assert passed(c.pointer, data) == passed(c.ptr(c.char), data) == exported(data)
    numbers = array.array("i", [1])
    assert passed(c.pointer, numbers) == exported(numbers)
    refused(c.ptr(c.char), numbers)


def arrays_of_a_types_dtype():
    np = pytest.importorskip("numpy")
    for T in POINT, c.union("either", i=c.int, d=c.double), c.struct("bits", a=c.bits(c.uint, 3), b=c.bits(c.uint, 5)):
        table = np.zeros(2, T)
        assert passed(c.ptr(T), table) == table.ctypes.data
        refused(c.ptr(T), np.zeros(2, [("a", "f2"), ("b", "f2"), ("c", "S12")]))


def a_series_is_no_pointer():
    series = pytest.importorskip("pandas").Series([1, 2], dtype="i4")
    refused(c.ptr(c.int, const=True), series)
    assert passed(c.ptr(c.int, const=True), series.to_numpy()) == series.to_numpy().ctypes.data


def arrays_are_copied_into_fields():
    np = pytest.importorskip("numpy")
    numbers = np.arange(2, dtype="i4")
    holder = c.struct("holder", numbers=c.array(c.int, 2)).new(numbers=numbers)
    copy = c.array(c.int, 2).new(numbers)
    numbers[:] = 7
    assert list(holder.numbers) == list(copy) == [0, 1]


def records():
    np = pytest.importorskip("numpy")
    either = c.union("either", i=c.int, d=c.double)
    for T, member in (POINT, "x"), (either, "i"):
        table = np.zeros(2, T)
        copy, other = T(table[0]), T(np.zeros((), T))
        table[member] = 9
        assert getattr(copy, member) == getattr(other, member) == 0


def numbers_of_numpy():
    np = pytest.importorskip("numpy")
    assert given(c.int, np.bool_(True)) == 1 and given(c.int, np.int64(3)) == 3 and given(c.double, np.uint8(3)) == 3
    assert c.enum(Color)(np.int8(1)).value is Color.RED
    assert c.struct("bits", n=c.bits(c.int, 3)).new(n=np.int64(-2)).n == -2
    with pytest.raises(OverflowError):
        given(c.int8, np.int64(300))


def floats_of_numpy():
    np = pytest.importorskip("numpy")
    for cls in np.float16, np.float32, np.float64, np.longdouble:
        assert given(c.double, cls(1.5)) == given(c.float, cls(1.5)) == 1.5
    refused(c.double, np.complex64(1))


def addresses_of_numpy():
    np = pytest.importorskip("numpy")
    assert passed(c.pointer, np.uintp(4096)) == passed(c.pointer, np.int32(4096)) == 4096
    refused(c.ptr(c.int), np.uintp(4096))


def times_of_numpy():
    np = pytest.importorskip("numpy")
    for cls in np.datetime64, np.timedelta64:
        for unit in "s", "ns", "D":
            refused(c.int64, cls(5, unit))
            refused(c.pointer, cls(5, unit))
        assert given(c.int64, cls(5, "s").astype("i8")) == 5
        times = np.array([cls(5, "s")])
        refused(c.ptr(c.int64), times)
        assert passed(c.ptr(c.int64), times.view("i8")) == times.ctypes.data


def pointers_of_ctypes():
    pair = (ctypes.c_int * 2)(1, 2)
    address = ctypes.addressof(pair)
    for T in c.ptr(c.int), c.pointer:
        assert passed(T, ctypes.pointer(ctypes.c_int.from_buffer(pair))) == address
        assert passed(T, ctypes.byref(pair)) == address
        assert passed(T, ctypes.byref(ctypes.c_int.from_buffer(pair), 4)) == address + 4


def pointers_of_ctypes_themselves():
    pointer = ctypes.pointer(ctypes.c_int(3))
    assert passed(c.ptr(c.ptr(c.int)), pointer) == ctypes.addressof(pointer)


def simple_pointers_of_ctypes():
    assert passed(c.pointer, ctypes.c_void_p(4096)) == 4096
    assert given(c.string, ctypes.c_char_p(b"abc")) == "abc" and given(c.wstring, ctypes.c_wchar_p("abc")) == "abc"


def objects_of_ctypes():
    for T, value in (POINT, Point(1, 2)), (c.int, ctypes.c_int(3)), (c.int, (ctypes.c_int * 2)()):
        assert passed(c.ptr(T), value) == ctypes.addressof(value)


def values_of_ctypes():
    point, number = Point(1, 2), ctypes.c_int(3)
    holder = c.struct("holder", p=POINT, n=c.int).new(p=point, n=number)
    point.x = number.value = 9
    assert (holder.p.x, holder.n) == (1, 3) and given(c.int, number) == 9 and given(POINT, point).x == 9


def functions_of_ctypes():
    kind = c.func(twice.cif)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: 2 * n)
    address = ctypes.cast(callback, ctypes.c_void_p).value
    assert passed(kind, callback) == passed(c.pointer, callback) == address
    refused(kind, ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int)(lambda n: 2.0))


def cffi():
    return pytest.importorskip("cffi").FFI()


def pointers_of_cffi():
    ffi = cffi()
    ffi.cdef("typedef struct { int x, y; } Point;")
    for value in ffi.new("int *"), ffi.new("int[2]"):
        assert passed(c.ptr(c.int), value) == passed(c.pointer, value) == int(ffi.cast("uintptr_t", value))
    point = ffi.new("Point *")
    assert passed(c.pointer, point[0]) == int(ffi.cast("uintptr_t", point))


def values_of_cffi():
    ffi = cffi()
    ffi.cdef("typedef struct { int x, y; } Point; enum color { RED = 1 };")
    T = c.from_cffi(ffi.typeof("Point"))
    point = ffi.new("Point *", (1, 2))
    holder = c.struct("holder", p=T, n=c.int).new(p=point[0], n=ffi.cast("int", 3))
    point.x = 9
    assert (holder.p.x, holder.n) == (1, 3)
    assert c.int(ffi.cast("enum color", 1)).value == 1


def functions_of_cffi():
    ffi = cffi()
    kind, callback = c.func(twice.cif), ffi.callback("int(int)", lambda n: 2 * n)
    assert passed(kind, callback) == passed(c.pointer, callback) == int(ffi.cast("uintptr_t", callback))
    refused(kind, ffi.callback("double(int)", lambda n: 2.0))


def memory_of_ours():
    np = pytest.importorskip("numpy")
    memory = c.array(c.int, 2).new([1, 2])
    seen, view = np.asarray(memory), memoryview(memory)
    memory[0] = 7
    assert seen[0] == view[0] == 7


def checked_arrays():
    np = pytest.importorskip("numpy")
    grid = np.zeros((2, 2))
    assert passed(c.ndarray(c.double, ndim=2), grid) == grid.ctypes.data
    refused(c.ndarray(c.double, ndim=1), grid)


ROWS = [buffers, buffers_as_bytes, checked_arrays, arrays_of_a_types_dtype, a_series_is_no_pointer,
        arrays_are_copied_into_fields, records, numbers_of_numpy, floats_of_numpy, addresses_of_numpy, times_of_numpy,
        pointers_of_ctypes, pointers_of_ctypes_themselves, simple_pointers_of_ctypes, objects_of_ctypes,
        values_of_ctypes, functions_of_ctypes, pointers_of_cffi, values_of_cffi, functions_of_cffi, memory_of_ours]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_row(row):
    row()


def test_each_row_of_the_table_is_tried():
    text = GUIDE.read_text()
    table = text[text.index("| what | where C wants"):].split("\n\n")[0]
    assert len(re.findall(r"^\|", table, re.MULTILINE)) - 2 == len(ROWS)
