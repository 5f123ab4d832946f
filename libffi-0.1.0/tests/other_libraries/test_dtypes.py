"""NumPy's dtypes for our types and back, and memory as arrays."""
from __future__ import annotations

import subprocess
import sys
from enum import IntEnum

import pytest

from libffi import CIF, ArgumentError, Struct, addressof, c, closure, typeof

np = pytest.importorskip("numpy")

PAIR = c.struct("pair", small=c.char, large=c.double)
PACKED = c.struct("packed", small=c.char, large=c.double, _pack_=1)
EITHER = c.union("either", i=c.int, d=c.double)
BITS = c.struct("bits", low=c.bits(c.uint, 3), high=c.bits(c.uint, 5), whole=c.bits(c.int, 16), n=c.short)
NODE = c.struct("node", next=c.pointer, n=c.int)
EVERYTHING = c.struct("everything", p=c.pointer, text=c.array(c.char, 4), pair=PAIR, packed=c.array(PACKED, 2),
                      e=EITHER, bits=BITS, f=c.func(CIF(c.int, [])), s=c.string, grid=c.array(c.array(c.float, 3), 2))


class Color(IntEnum):
    RED = 1


@pytest.mark.parametrize(("T", "dtype"), [
    (c.bool, "?"), (c.char, "S1"), (c.schar, "i1"), (c.uchar, "u1"), (c.short, "h"), (c.ushort, "H"), (c.int, "i"),
    (c.uint, "I"), (c.long, "l"), (c.ulong, "L"), (c.longlong, "q"), (c.ulonglong, "Q"), (c.float, "f4"),
    (c.double, "f8"), (c.longdouble, "g"), (c.exact(c.longdouble), "g"), (c.complex_float, "F"),
    (c.complex_double, "D"), (c.complex_longdouble, "G"), (c.char32_t, "U1"), (c.char16_t, "u2"),
    (c.pointer, "uintp"), (c.string, "uintp"),
    (c.ptr(c.int), "uintp"), (c.func(CIF(c.void, [])), "uintp"), (c.enum(Color), "i"), (c.big(c.int32), ">i4"),
    (c.little(c.double), "<f8"), (c.array(c.int, 3), ("i4", (3,))), (c.array(c.array(c.int, 3), 2), ("i4", (2, 3))),
    (c.vector(c.float, 4), ("f4", (4,))),
], ids=str)
def test_scalars_and_arrays(T, dtype):
    assert np.dtype(T) == T.dtype == np.dtype(dtype)


def test_structs_say_where_their_members_are():
    assert np.dtype(PAIR).fields["large"][1] == 8 and np.dtype(PAIR).itemsize == 16 and np.dtype(PAIR).isalignedstruct
    assert np.dtype(PACKED) == np.dtype([("small", "S1"), ("large", "f8")])
    assert [np.dtype(EITHER).fields[name][1] for name in "id"] == [0, 0] and np.dtype(EITHER).itemsize == 8
    assert np.dtype(BITS).names == ("{low,high}", "whole", "n") and np.dtype(BITS)["whole"] == np.dtype("i2")
    whole = np.dtype(EVERYTHING)
    assert whole.names == tuple(EVERYTHING.fields) and whole.itemsize == EVERYTHING.size
    assert all(whole.fields[name][1] == offset for name, offset in EVERYTHING.offsets.items())
    assert whole["packed"].base == np.dtype(PACKED) and whole["grid"].shape == (2, 3) and whole["e"] == np.dtype(EITHER)
    swapped = c.struct("swapped", n=c.int, b=c.bits(c.int, 4), _byteorder_="big")
    assert np.dtype(swapped)["n"] == np.dtype(">i4")


def test_classes_of_structs():
    @c.struct
    class Point:
        x: c.double
        y: c.int

    class Place(Point):
        name: c.array(c.char, 8)

    assert np.dtype(Point) == Point.dtype == np.dtype(typeof(Point)) and Point.dtype.names == ("x", "y")
    assert np.dtype(Place).names == ("x", "y", "name")
    table = np.zeros(3, Place)
    table["x"] = 1, 2, 3
    assert [c.array(Place, 3).at(table)[i].x for i in range(3)] == [1, 2, 3]
    with pytest.raises(AttributeError):
        print(Point(1, 2).dtype)

    class Named(Struct):
        dtype: c.int

    assert Named(3).dtype == 3 and typeof(Named).dtype.names == ("dtype",)


@pytest.mark.parametrize(("T", "reason"), [
    (c.void, "void has no dtype"), (c.int128, "__int128 has no dtype"), (c.struct("nowhere"), "incomplete"),
    (c.struct("wide", n=c.uint128), r"struct wide.n: unsigned __int128 has no dtype"), (c.out(c.int), "has no dtype"),
], ids=str)
def test_what_has_no_dtype(T, reason):
    with pytest.raises(TypeError, match=reason):
        print(T.dtype)
    with pytest.raises(TypeError):
        np.dtype(T)


@pytest.mark.parametrize("dtype", [
    "?", "i1", "u8", "f4", "g", "F", ">i4", ("i4", (2, 3)), [("a", "i1"), ("b", "i8")],
    np.dtype([("a", "i1"), ("b", "i8")], align=True), [("a", "i1"), ("b", ">f8", 2), ("c", [("x", "u2"), ("y", "f4")])],
    {"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [0, 0]},
    {"names": ["a", "b"], "formats": ["f8", "i2"], "offsets": [0, 3], "itemsize": 11},
    {"names": ["a"], "formats": ["i4"], "offsets": [3], "itemsize": 9},
], ids=str)
def test_there_and_back(dtype):
    T = c.from_dtype(dtype)
    assert np.dtype(T) == np.dtype(dtype) and c.from_dtype(T) is T


def test_from_dtype():
    assert c.from_dtype("S8") is c.array(c.char, 8) and c.from_dtype("S1") is c.char
    assert c.from_dtype("M8[s]") is c.int64
    assert c.from_dtype("V5") is c.array(c.uint8, 5) and c.from_dtype("U3") is c.array(c.char32_t, 3)
    assert c.from_dtype(np.dtype([("x", "f8"), ("y", "f8")]), "point") is c.struct("point", x=c.double, y=c.double)
    assert c.from_dtype(PAIR, "pair") is PAIR and c.from_dtype(PACKED, "packed").offsets == PACKED.offsets
    scattered = c.from_dtype({"names": ["b", "a"], "formats": ["i4", "f8"], "offsets": [20, 0], "itemsize": 32})
    assert (scattered.offsets["a"], scattered.offsets["b"], scattered.size) == (0, 20, 32)
    for dtype in "f2", "O", np.dtype([("a", "f2")]):
        with pytest.raises(TypeError, match=r"c\.from_dtype\(\): C has no type for dtype"):
            c.from_dtype(dtype)
    with pytest.raises(TypeError):
        c.from_dtype("no such")


@pytest.mark.parametrize("T", [PAIR, PACKED, c.pointer, c.ptr(c.int), c.string, NODE, c.array(NODE, 3), BITS,
                               c.array(PACKED, 2)], ids=str)
def test_memory_is_an_array_of_its_dtype(T):
    memory = T.new()
    array = np.asarray(memory)
    base, shape = np.dtype(T).subdtype or (np.dtype(T), ())
    assert array.dtype == base and array.shape == shape
    assert array.ctypes.data == addressof(memory)


def test_arrays_see_what_memory_holds():
    numbers = c.array(c.int, 2).new([5, 6])
    node = c.struct("node", p=c.ptr(c.int), n=c.int)
    nodes = c.array(node, 2).new([(numbers, 1), (None, 2)])
    table = np.asarray(nodes)
    assert table["p"].tolist() == [numbers.address, 0]
    table["n"] += 10
    assert nodes[1].n == 12 and c.ptr(c.int)(table["p"][0])[1] == 6
    packed = PACKED.new(small=b"a", large=2.5)
    assert np.asarray(packed)["large"] == 2.5
    bits = BITS.new(low=3, high=9, whole=-2, n=7)
    first, width = BITS.bits["high"]
    assert np.asarray(bits)["{low,high}"] >> first % 8 & (1 << width) - 1 == 9 and np.asarray(bits)["whole"] == -2
    assert np.asarray(EITHER.new(d=1.5)).view(EITHER)["d"] == 1.5


@pytest.mark.parametrize("T", [PAIR, PACKED, EITHER, BITS, EVERYTHING, c.array(EITHER, 2)], ids=str)
def test_arrays_of_a_types_dtype_go_where_its_pointers_go(T):
    base, shape = np.dtype(T).subdtype or (np.dtype(T), ())
    array = np.zeros((3, *shape), base)
    same = closure(c.pointer, [c.pointer])(lambda p: p)
    for item in T, c.big(c.int32), c.struct("other", a=c.char, b=c.array(c.char, T.size - 1)):
        f = CIF(c.pointer, [c.ptr(item)]).bind(same.address)
        if item is T:
            assert f(array) == array.ctypes.data
            with pytest.raises(ArgumentError):
                f(array[::2])
        else:
            with pytest.raises(ArgumentError, match="expected|not representable as buffers"):
                f(array)
    array.flags.writeable = False
    assert CIF(c.pointer, [c.ptr(T, const=True)]).bind(same.address)(array) == array.ctypes.data
    with pytest.raises(ArgumentError, match="expected .*, got "):
        CIF(c.pointer, [c.ptr(T)]).bind(same.address)(array)


@pytest.mark.parametrize("T", [PAIR, EITHER, EVERYTHING], ids=str)
def test_arrays_are_storage(T):
    array = np.zeros(3, T)
    same = closure(c.pointer, [c.pointer])(lambda p: p)
    assert same.cif.bind(same.address)(array) == c.array(T, 3).at(array).address == array.ctypes.data
    seen = T.at(array, T.size)
    c.array(c.uint8, T.size).at(seen)[0] = 7
    assert array.view("u1").reshape(3, T.size)[1, 0] == 7
    with pytest.raises(ValueError):
        c.array(T, 4).at(array)
    array.flags.writeable = False
    if T is not PAIR:
        with pytest.raises(ValueError, match="not representable"):
            T.at(array)


@pytest.mark.parametrize("T", [PAIR, PACKED, EITHER, EVERYTHING], ids=str)
def test_records_are_structs(T):
    record = np.zeros(2, T)[1]
    assert T(record) == T.new() and T(np.zeros((), T)) == T.new()
    outer = c.struct("outer", n=c.int, t=T)
    assert outer(1, record).t == T.new()
    with pytest.raises(TypeError, match="expected struct outer, got numpy.void"):
        outer(record)


def test_records_by_value_and_from_closures():
    table = np.array([(b"a", 1.5), (b"b", 2.5)], PAIR)
    with closure(c.double, [PAIR])(lambda pair: pair.large) as large:
        assert large.cif.bind(large.address)(table[1]) == 2.5
    with closure(PAIR, [])(lambda: table[0]) as give:
        assert give.cif.bind(give.address)() == PAIR(b"a", 1.5)


def test_scalars_of_numpy_are_values():
    for T in c.bool, c.int, c.uint8, c.double, c.float, c.long:
        assert T(np.bool_(True)).value == 1
    flags = c.struct("flags", b=c.bits(c.uint, 1), n=c.bits(c.int, 4)).new(b=np.bool_(True), n=np.int8(-3))
    assert (flags.b, flags.n) == (1, -3)
    assert c.enum(Color)(np.int64(1)).value is Color.RED and c.double(np.float16(1.5)).value == 1.5
    assert c.complex_double(np.complex64(2j)).value == 2j and c.char(np.bytes_(b"x")).value == b"x"
    for T, value in (c.double, np.complex64(1)), (c.int, np.float32(1)), (c.int64, np.datetime64(5, "s")), \
            (c.bool, np.float64(1)):
        with pytest.raises(TypeError, match="expected"):
            T(value)


def test_a_number_of_numpy_is_an_address_as_any_other():
    memory = c.int.new(7)
    assert c.ptr(c.int)(np.uintp(memory.address))[0] == 7 and c.int.at(np.uint64(memory.address)).value == 7
    same = closure(c.pointer, [c.pointer])(lambda p: p)
    address = same.cif.bind(same.address)
    assert address(np.uintp(memory.address)) == memory.address
    for value in np.bool_(True), np.float64(1):
        with pytest.raises(ArgumentError, match=r"expected void \*"):
            address(value)


def test_records_that_numpy_does_not_export(run_python):
    assert run_python("""
        import numpy
        from libffi import c
        from libffi.compat import ctypes
        record = numpy.zeros(2, c.union("either", i=c.int, d=c.double))[1]
        for view in (c.int.at, c.double.read, ctypes.c_int.from_buffer) * 20:
            try:
                print(view(record))
            except (ValueError, TypeError):
                pass
    """) == ""


def test_numpy_is_not_imported_by_itself():
    code = ("import sys; from libffi import c, CIF\n"
            "try: c.int('x')\nexcept TypeError: pass\n"
            "c.struct('s', x=c.int)(x=3)\nassert not {'numpy', 'cffi', '_cffi_backend'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True)
