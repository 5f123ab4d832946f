"""Types: what they are called, how C lays them out, which values they take and give."""
from __future__ import annotations

import copy
import ctypes
import decimal
import enum
import gc
import math
import pickle
import random
import struct
import subprocess
import sys
from decimal import Decimal

import pytest
from helpers.compilers import compiler_words

import libffi
from libffi import CIF, Type, c

DOUBLE_ALIGNMENT = struct.calcsize("cd") - 8  # in a struct: 4 on i386

# name in c, its C spelling, kind, what ctypes calls it (an oracle for the size)
SCALARS = [
    ("bool", "_Bool", "bool", ctypes.c_bool),
    ("char", "char", "char", ctypes.c_char),
    ("schar", "signed char", "signed", ctypes.c_byte),
    ("uchar", "unsigned char", "unsigned", ctypes.c_ubyte),
    ("short", "short", "signed", ctypes.c_short),
    ("ushort", "unsigned short", "unsigned", ctypes.c_ushort),
    ("int", "int", "signed", ctypes.c_int),
    ("uint", "unsigned int", "unsigned", ctypes.c_uint),
    ("long", "long", "signed", ctypes.c_long),
    ("ulong", "unsigned long", "unsigned", ctypes.c_ulong),
    ("longlong", "long long", "signed", ctypes.c_longlong),
    ("ulonglong", "unsigned long long", "unsigned", ctypes.c_ulonglong),
    ("int8", "int8_t", "signed", ctypes.c_int8),
    ("uint8", "uint8_t", "unsigned", ctypes.c_uint8),
    ("int16", "int16_t", "signed", ctypes.c_int16),
    ("uint16", "uint16_t", "unsigned", ctypes.c_uint16),
    ("int32", "int32_t", "signed", ctypes.c_int32),
    ("uint32", "uint32_t", "unsigned", ctypes.c_uint32),
    ("int64", "int64_t", "signed", ctypes.c_int64),
    ("uint64", "uint64_t", "unsigned", ctypes.c_uint64),
    ("size_t", "size_t", "unsigned", ctypes.c_size_t),
    ("ssize_t", "ssize_t", "signed", ctypes.c_ssize_t),
    ("ptrdiff_t", "ptrdiff_t", "signed", ctypes.c_ssize_t),
    ("intptr_t", "intptr_t", "signed", ctypes.c_ssize_t),
    ("uintptr_t", "uintptr_t", "unsigned", ctypes.c_size_t),
    ("intmax_t", "intmax_t", "signed", ctypes.c_int64),
    ("uintmax_t", "uintmax_t", "unsigned", ctypes.c_uint64),
    ("wchar_t", "wchar_t", "wchar", ctypes.c_wchar),
    ("char16_t", "char16_t", "wchar", ctypes.c_uint16),
    ("char32_t", "char32_t", "wchar", ctypes.c_uint32),
    ("float", "float", "float", ctypes.c_float),
    ("double", "double", "float", ctypes.c_double),
    ("longdouble", "long double", "float", ctypes.c_longdouble),
]
POINTERS = [
    ("pointer", "void *", "pointer"),
    ("string", "const char *", "string"),
    ("bytes", "const char *", "bytes"),
    ("wstring", "const wchar_t *", "wstring"),
    ("py_object", "PyObject *", "object"),
]
COMPLEX = ["complex_float", "complex_double", "complex_longdouble"]
INTEGERS = [name for name, _, kind, _ in SCALARS if kind in ("signed", "unsigned")]
EVERY_SCALAR = [row[0] for row in SCALARS] + COMPLEX


@pytest.mark.parametrize("name, spelling, kind, oracle", SCALARS, ids=[row[0] for row in SCALARS])
def test_scalar(name, spelling, kind, oracle):
    T = getattr(c, name)
    assert isinstance(T, Type)
    assert (T.name, T.kind, T.size) == (spelling, kind, ctypes.sizeof(oracle))
    assert str(T) == spelling
    assert spelling in repr(T)
    assert T.alignment == ctypes.alignment(oracle)
    assert dict(T.fields) == {} and dict(T.offsets) == {}
    assert (T.item, T.length, T.cif, T.enum) == (None, None, None, None)


@pytest.mark.parametrize("name, spelling, kind", POINTERS)
def test_pointer_like_scalar(name, spelling, kind):
    T = getattr(c, name)
    void_p = ctypes.c_void_p
    assert (T.kind, T.size, T.alignment) == (kind, ctypes.sizeof(void_p), ctypes.alignment(void_p))
    assert T.name == spelling


@pytest.mark.parametrize("name", COMPLEX)
def test_complex(name):
    T, part = getattr(c, name), getattr(c, name.removeprefix("complex_"))
    assert (T.kind, T.size, T.alignment) == ("complex", 2 * part.size, part.alignment)


@pytest.mark.parametrize("name", EVERY_SCALAR)
def test_size_and_alignment_are_the_compilers(name, values):
    T = getattr(c, name)
    said = (values.variable(f"{what}_of_{name}", c.size_t).value for what in ("size", "align"))
    assert (T.size, T.alignment) == tuple(said)


def test_void():
    assert (c.void.name, c.void.kind) == ("void", "void")
    assert c.ptr(c.void) is c.pointer


def test_int128_exists_always():
    for T in (c.int128, c.uint128):
        assert (T.size, T.kind) == (16, "signed" if T is c.int128 else "unsigned")


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_libffis_own_spelling_is_an_alias(bits):
    assert getattr(c, f"sint{bits}") is getattr(c, f"int{bits}")


POINT = c.struct("point", x=c.double, y=c.double)


def test_types_do_not_change_and_compare_by_identity():
    with pytest.raises((AttributeError, TypeError)):
        c.int.size = 8
    with pytest.raises((AttributeError, TypeError)):
        c.int.anything = 1
    for mapping in (POINT.fields, POINT.offsets):
        with pytest.raises((AttributeError, TypeError)):
            mapping["z"] = c.int
        with pytest.raises((AttributeError, TypeError)):
            mapping.clear()
    assert list(POINT.fields) == ["x", "y"]
    assert c.int != c.uint and c.int == c.int
    assert len({c.int, c.int, c.uint}) == 2


def test_sizeof_and_typeof():
    assert libffi.sizeof(c.double) == 8
    box = c.array(c.short, 5).new()
    assert libffi.sizeof(box) == 10
    assert libffi.typeof(box) is c.array(c.short, 5)
    assert libffi.typeof(c.int(3)) is c.int


# ---- interning, copying, pickling


class Color(enum.IntEnum):
    RED = 0
    GREEN = 5
    BLUE = 6


class Mode(enum.IntFlag):
    READ = 4
    WRITE = 2


def _types():
    """One of each way to make a type."""
    return {
        "scalar": c.int,
        "pointer": c.ptr(c.int),
        "const pointer": c.ptr(c.char, const=True),
        "pointer to pointer": c.ptr(c.ptr(c.int)),
        "void pointer": c.pointer,
        "array": c.array(c.int, 3),
        "array of arrays": c.array(c.array(c.int, 3), 2),
        "struct": c.struct("point", x=c.double, y=c.double),
        "packed struct": c.struct("tight", a=c.char, b=c.int, _pack_=1),
        "aligned struct": c.struct("wide", a=c.char, _align_=32),
        "union": c.union("either", i=c.int, d=c.double),
        "bit-fields": c.struct("flags", [("a", c.bits(c.uint, 3)), ("b", c.bits(c.int, 5))]),
        "enum": c.enum(Color),
        "enum with a base": c.enum(Mode, c.uchar),
        "function pointer": c.func(CIF(c.int, [c.string, ...])),
        "out": c.out(c.int),
        "inout": c.inout(c.int),
        "ref": c.ref(POINT),
        "exact": c.exact(c.longdouble),
        **({"vector": c.vector(c.float, 4)} if libffi.features()["vectors"] else {}),
    }


KINDS = sorted(_types())


@pytest.mark.parametrize("which", KINDS)
def test_equal_constructions_are_one_object(which):
    assert _types()[which] is _types()[which]


@pytest.mark.parametrize("which", KINDS)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_gives_the_same_object(which, protocol):
    T = _types()[which]
    assert pickle.loads(pickle.dumps(T, protocol)) is T


@pytest.mark.parametrize("which", KINDS)
def test_copy_gives_the_same_object(which):
    T = _types()[which]
    assert copy.copy(T) is T and copy.deepcopy(T) is T


@pytest.mark.parametrize("which", KINDS)
def test_a_type_has_a_name_and_a_repr_with_it(which):
    T = _types()[which]
    assert T.name and str(T) == T.name and T.name in repr(T)
    assert hash(T) == hash(_types()[which])


def test_different_members_make_different_structs():
    one = c.struct("s", x=c.int)
    assert one is not c.struct("s", x=c.uint)
    assert one is not c.struct("s", y=c.int)
    assert one is not c.struct("t", x=c.int)
    assert one is not c.struct("s", x=c.int, _align_=16)
    assert c.struct("s", x=c.int, y=c.int) is not c.struct("s", y=c.int, x=c.int)


@pytest.mark.parametrize("T, name", [
    (lambda: c.ptr(c.int), "int *"),
    (lambda: c.ptr(c.ptr(c.int)), "int **"),
    (lambda: c.ptr(c.char, const=True), "const char *"),
    (lambda: c.pointer, "void *"),
    (lambda: POINT, "struct point"),
    (lambda: c.ptr(POINT), "struct point *"),
    (lambda: c.array(c.int, 3), "int[3]"),
    (lambda: c.array(c.array(c.int, 3), 2), "int[2][3]"),
    (lambda: c.union("either", i=c.int, d=c.double), "union either"),
])
def test_names_are_c(T, name):
    T = T()
    assert T.name.replace("* *", "**").replace(" [", "[") == name


def test_the_parts_of_a_type():
    p = c.ptr(POINT)
    assert (p.kind, p.item, p.const) == ("pointer", POINT, False)
    assert c.ptr(c.char, const=True).const is True
    a = c.array(c.short, 7)
    assert (a.kind, a.item, a.length, a.size, a.alignment) == ("array", c.short, 7, 14, 2)
    e = c.enum(Color, c.uchar)
    assert (e.kind, e.enum, e.size) == ("enum", Color, 1)
    cif = CIF(c.int, [c.int])
    f = c.func(cif)
    assert f.kind == "function" and f.cif is cif
    assert [c.ref(POINT).kind, c.out(c.int).kind, c.inout(c.int).kind] == ["ref", "out", "inout"]
    assert c.out(c.int).item is c.int
    assert c.bits(c.uint, 3).kind == "bits"


def test_vectors():
    if not libffi.features()["vectors"]:
        with pytest.raises(libffi.BadTypedef, match="vector"):
            CIF(c.vector(c.float, 4))
        return
    v = c.vector(c.float, 4)
    assert (v.kind, v.item, v.length, v.size) == ("vector", c.float, 4, 16)
    double = CIF(v, [v]).closure(lambda x: [2 * lane for lane in x])
    assert list(double.cif.call(double, [1, 2, 3, 4])) == [2, 4, 6, 8]


def test_types_are_freed_when_nobody_has_them():
    def make(i):
        return c.struct(f"passing_{i}", x=c.array(c.int, i + 1), p=c.ptr(c.array(c.long, i + 1)))

    for i in range(200):
        make(i)
    gc.collect()
    before = sys.getallocatedblocks()
    for i in range(2000):
        make(i % 200)
    gc.collect()
    assert sys.getallocatedblocks() - before < 2000


# ---- values


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_take_their_whole_range_and_nothing_more(name):
    T = getattr(c, name)
    bits = 8 * T.size
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if T.kind == "signed" else (0, (1 << bits) - 1)
    for value in {low, low + 1, 0, 1, high - 1, high}:
        assert T(value).value == value
        assert T.new(value).value == value
        assert T.read(bytes(T.new(value))) == value
        assert bytes(T.new(value)) == value.to_bytes(T.size, sys.byteorder, signed=low < 0)
    for value in (low - 1, high + 1, 1 << 200, -1 << 200):
        with pytest.raises(OverflowError, match=str(value)[:10]):
            T(value)


class Indexed:
    """Not an int, but stands for one."""

    def __index__(self):
        return 42


class Floating:
    def __float__(self):
        return 2.5


def test_integers_take_index_and_nothing_else():
    assert c.int(Indexed()).value == 42
    assert c.int(True).value == 1
    for wrong in (1.0, "1", None, b"1", Decimal(1), [1], 1j, Floating()):
        with pytest.raises(TypeError, match="int"):
            c.int(wrong)


@pytest.mark.parametrize("name", ["float", "double", "longdouble"])
def test_floats(name):
    T = getattr(c, name)
    for value in (0.0, -0.0, 1.5, -2.25, 2.0**-126, math.inf, -math.inf):
        got = T(value).value
        assert type(got) is float and got == value and math.copysign(1, got) == math.copysign(1, value)
    assert math.isnan(T(math.nan).value)
    assert T(3).value == 3.0
    assert T(Indexed()).value == 42.0
    for wrong in ("1", None, b"1", 1j, [1.0]):
        with pytest.raises(TypeError, match="expected " + T.name):
            T(wrong)


def test_a_float_rounds_as_c_does_and_overflows_as_c_does():
    assert c.float(0.1).value == ctypes.c_float(0.1).value
    assert c.float(1e-46).value == 0.0
    tiny = 2.0**-149
    assert c.float(tiny).value == tiny
    # (float)1e39 is infinity in C; struct.pack refuses. Either way, never a finite number.
    try:
        assert c.float(1e39).value == math.inf
    except OverflowError:
        pass


def test_an_int_too_large_for_a_double_is_an_error():
    with pytest.raises(OverflowError):
        c.double(10**400)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_values(name):
    T = getattr(c, name)
    for value in (0j, 1.5 - 2.5j, complex(-0.0, math.inf), 3, 2.5):
        got = T(value).value
        assert type(got) is complex and got == value
    for wrong in ("1j", None, [1, 2]):
        with pytest.raises(TypeError):
            T(wrong)


WIDE = decimal.Context(prec=200)
DIGITS = "3.14159265358979323846264338327950288"


def _last_digit():
    """The distance of 1 and the next long double."""
    return {"x87 80-bit": 63, "IEEE quad": 112}.get(libffi.features()["long_double"], 52)


wider_than_double = pytest.mark.skipif(_last_digit() < 60, reason="long double has a double's range here")


def test_exact_long_double_keeps_every_digit():
    T = c.exact(c.longdouble)
    got = T(Decimal(DIGITS)).value
    assert isinstance(got, Decimal)
    assert abs(got - Decimal(DIGITS)) < Decimal(2) ** (1 - _last_digit())
    assert T(got).value == got
    one_and_a_bit = WIDE.add(1, WIDE.power(2, -_last_digit()))
    assert T(one_and_a_bit).value == one_and_a_bit
    assert T(Decimal("-0")).value.is_signed()
    for special in ("Infinity", "-Infinity"):
        assert T(Decimal(special)).value == Decimal(special)
    assert T(Decimal("NaN")).value.is_nan()


@wider_than_double
def test_exact_long_double_takes_numbers_exactly():
    T = c.exact(c.longdouble)
    assert T(0.1).value == Decimal.from_float(0.1)
    assert T(2**53 + 1).value == 2**53 + 1
    assert T(-(2**63) + 1).value == -(2**63) + 1


@wider_than_double
def test_decimals_of_other_classes_and_those_that_are_no_numbers():
    class Money(Decimal):
        pass

    for T in c.exact(c.longdouble), c.longdouble:
        for wrong in "sNaN", "-sNaN", "NaN123":
            with pytest.raises(ValueError, match="is no long double"):
                T(Decimal(wrong))
    T = c.exact(c.longdouble)
    assert T(Money(DIGITS)).value == T(Decimal(DIGITS)).value


@wider_than_double
def test_exact_long_double_goes_where_doubles_do_not():
    T = c.exact(c.longdouble)
    for text in ("1e4000", "-1e-4900", "3.25e2000"):
        value, ulp = Decimal(text), Decimal(2) ** -_last_digit()
        assert abs(T(value).value / value - 1) <= ulp
    assert c.longdouble(Decimal("1e4000")).value == math.inf      # a float cannot say more
    with pytest.raises(OverflowError):
        T(Decimal("1e5000"))


def test_long_double_takes_a_decimal_without_losing_digits():
    memory = c.longdouble.new(Decimal(DIGITS))
    exact = c.exact(c.longdouble).read(memory)
    assert abs(exact - Decimal(DIGITS)) < Decimal(2) ** (1 - _last_digit())


def test_long_double_and_numpy():
    np = pytest.importorskip("numpy")
    third = np.longdouble(1) / 3
    memory = c.longdouble.new(third)
    assert np.frombuffer(bytes(memory), np.longdouble)[0] == third
    exact = c.exact(c.longdouble)(third).value
    assert abs(exact * 3 - 1) < Decimal(2) ** (2 - _last_digit())


def test_bool():
    assert [c.bool(v).value for v in (True, False, 0, 1)] == [True, False, False, True]
    assert type(c.bool(1).value) is bool
    for wrong in (2, -1):
        with pytest.raises((OverflowError, ValueError)):
            c.bool(wrong)
    for wrong in ("", None, 1.0, b""):
        with pytest.raises(TypeError):
            c.bool(wrong)


def test_char_is_a_byte_string_of_one():
    assert c.char(b"x").value == b"x"
    assert c.char(65).value == b"A"
    assert c.char(b"\xff").value == b"\xff"
    assert c.char(b"\0").value == b"\0"
    for wrong, error in ((b"", ValueError), (b"ab", ValueError), ("a", TypeError), (None, TypeError), (1.5, TypeError)):
        with pytest.raises(error, match="expected char"):
            c.char(wrong)
    for wrong in (256, -129):
        with pytest.raises(OverflowError):
            c.char(wrong)


@pytest.mark.parametrize("name, top", [("wchar_t", 0x10FFFF), ("char16_t", 0xFFFF), ("char32_t", 0x10FFFF)])
def test_wide_characters_are_strings_of_one(name, top):
    T = getattr(c, name)
    if name == "wchar_t" and T.size == 2:
        top = 0xFFFF
    for character in ("a", "\0", "\xe9", "\u20ac", chr(top)):
        assert T(character).value == character
    assert T(0x20AC).value == "\u20ac"
    for wrong, error in (("", ValueError), ("ab", ValueError), (b"a", TypeError), (None, TypeError), (1.0, TypeError)):
        with pytest.raises(error, match="expected " + name):
            T(wrong)
    if top == 0xFFFF:
        with pytest.raises((OverflowError, TypeError)):
            T("\U0001F600")


def test_enum_values():
    T = c.enum(Color)
    assert T(Color.BLUE).value is Color.BLUE
    assert T(5).value is Color.GREEN
    got = T(77).value
    assert got == 77 and type(got) is int
    with pytest.raises(TypeError):
        T("RED")
    with pytest.raises(OverflowError):
        T(1 << 40)


def test_flags_combine():
    T = c.enum(Mode, c.uchar)
    both = Mode.READ | Mode.WRITE
    assert T(both).value == both and isinstance(T(both).value, Mode)
    assert T.new(both).value == both


def test_a_value_is_immutable_and_knows_its_type():
    v = c.short(7)
    assert (v.type, v.value) == (c.short, 7)
    assert "7" in repr(v) and "short" in repr(v)
    with pytest.raises(AttributeError):
        v.value = 8
    with pytest.raises((AttributeError, TypeError)):
        v.other = 1


def test_t_of_a_struct_makes_memory():
    p = POINT((1, 2))
    assert isinstance(p, libffi.Memory) and (p.x, p.y) == (1.0, 2.0)
    q = c.array(c.int, 2)([3, 4])
    assert isinstance(q, libffi.Memory) and list(q) == [3, 4]


def test_t_of_a_pointer_type_makes_a_pointer():
    numbers = c.array(c.int, 2).new([1, 2])
    p = c.ptr(c.int)(numbers)
    assert isinstance(p, libffi.Pointer) and p[1] == 2
    assert not c.ptr(c.int)(None)
    assert c.ptr(c.int)(0x1000).address == 0x1000


def test_read():
    assert c.int.read((7).to_bytes(4, sys.byteorder)) == 7
    assert c.double.read(memoryview(c.double.new(2.5)).cast("B")) == 2.5
    got = POINT.read(bytes(POINT.new(x=1, y=2)))
    assert (got.x, got.y) == (1.0, 2.0)
    with pytest.raises(ValueError, match="int"):
        c.int.read(b"abc")
    with pytest.raises(TypeError):
        c.int.read(7)


# ---- layout


CTYPES_OF = {name: oracle for name, _, _, oracle in SCALARS}


def _random_layouts(count=120, seed=7):
    rng = random.Random(seed)
    names = list(CTYPES_OF)
    for n in range(count):
        members = [(f"m{i}", rng.choice(names), rng.choice([0, 0, 0, 1, 3])) for i in range(rng.randint(1, 9))]
        yield n, members, rng.choice([0, 0, 0, 1, 2, 4, 8])


@pytest.mark.parametrize("union", [False, True], ids=["struct", "union"])
def test_layout_is_that_of_c(union):
    """The same members given to ctypes have the same size, alignment and offsets."""
    for n, members, pack in _random_layouts():
        fields = [(name, CTYPES_OF[t] * length if length else CTYPES_OF[t]) for name, t, length in members]
        base = ctypes.Union if union else ctypes.Structure
        extra = {"_pack_": pack, "_layout_": "ms"} if pack else {}
        oracle = type("oracle", (base,), {**extra, "_fields_": fields})
        ours = [(name, c.array(getattr(c, t), length) if length else getattr(c, t)) for name, t, length in members]
        T = (c.union if union else c.struct)(f"layout_{n}", ours, _pack_=pack)
        assert (T.size, T.alignment) == (ctypes.sizeof(oracle), ctypes.alignment(oracle)), (members, pack)
        assert dict(T.offsets) == {name: getattr(oracle, name).offset for name, _, _ in members}
        assert list(T.fields) == [name for name, _, _ in members]


def test_nested_layout():
    inner = c.struct("inner", a=c.char, b=c.double)
    outer = c.struct("outer", tag=c.char, inner=inner, tail=c.array(inner, 2), end=c.char)
    size = DOUBLE_ALIGNMENT + 8
    assert (inner.size, outer.size) == (size, 3 * size + 2 * DOUBLE_ALIGNMENT)
    assert outer.offsets == {"tag": 0, "inner": DOUBLE_ALIGNMENT, "tail": DOUBLE_ALIGNMENT + size,
                             "end": DOUBLE_ALIGNMENT + 3 * size}
    assert outer.fields["tail"] is c.array(inner, 2)


def test_alignment_asked_for():
    T = c.struct("aligned", a=c.char, b=c.int, _align_=32)
    assert (T.size, T.alignment) == (32, 32)
    assert T.new().address % 32 == 0
    assert c.struct("holder", a=c.char, b=T).offsets["b"] == 32
    with pytest.raises(ValueError, match=r"alignment of 'a' \(bit-fields: c\.bits\(T, n\)\) must be a power of two"):
        c.struct("as_in_ctypes", [("a", c.uint8, 3)])


def test_struct_from_an_annotated_class():
    @c.struct
    class vector:
        x: c.double
        y: c.double

    assert dict(vector.fields) == {"x": c.double, "y": c.double} and vector.name == "struct vector"
    assert vector.new(x=1) == c.struct("vector", x=c.double, y=c.double).new(x=1)

    @c.struct
    class tight:
        _pack_ = 1
        a: c.char
        b: c.int

    assert (tight.name, tight.size) == ("struct tight", 5)

    @c.union
    class number:
        i: c.int
        d: c.double

    assert (number.kind, number.size) == ("union", 8)


def test_the_text_of_a_signature_declares_it():
    cif = CIF(c.string, [c.string, c.ptr(c.char), c.ptr(c.string), c.pointer, c.ptr(c.void, const=True), ...])
    lib = libffi.Library(None)
    lib.declare(f"typedef {str(cif).replace('(', 'f(', 1)};")
    assert lib.f.cif is cif


@pytest.mark.skipif(not compiler_words(), reason="needs a C compiler")
def test_names_of_types_and_signatures_are_c(tmp_path):
    """Of pointers, arrays and functions of one another, as gcc and as our own reader take them."""
    choose = random.Random(7)
    made = [(c.int, "int"), (c.double, "double"), (c.string, "text"), (c.struct("S", x=c.int), "struct S")]
    lines = ["struct S { int x; }; typedef const char *text;"]
    signatures = []
    while len(signatures) < 150:
        T, spelled = choose.choice([*made[:4], *made[-12:]])
        if len(T.name) > 200:
            continue
        name = f"t{len(made)}"
        kind = choose.choice(["pointer", "array", "function", "function"])
        if kind == "array":
            made.append((c.array(T, 3), name))
            lines.append(f"typedef {spelled} {name}[3];")
        elif kind == "pointer":
            const = choose.random() < 0.5
            made.append((c.ptr(T, const=const), name))
            lines.append(f"typedef {'const ' * const}{spelled} *{name};")
        elif T.kind != "array":
            arguments = [pair for pair in choose.sample([*made[:4], *made[-12:]], 2) if pair[0].kind != "array"]
            end = [...] if arguments and choose.random() < 0.2 else []
            cif = CIF(T, [*(argument for argument, _ in arguments), *end])
            texts = [*(text for _, text in arguments), *(["..."] if end else [])]
            made.append((c.func(cif), name))
            signatures.append(cif)
            lines.append(f"typedef {spelled} f{name}({', '.join(texts) or 'void'}); typedef f{name} *{name};")
            lines.append(f'_Static_assert(__builtin_types_compatible_p(f{name} *, __typeof__({cif}) *), "{cif}");')
        if made[-1][1] == name:
            T = made[-1][0]
            lines.append(f'_Static_assert(__builtin_types_compatible_p({name} *, __typeof__({T}) *), "{T}");')
    source = tmp_path / "names.c"
    source.write_text("\n".join(lines))
    done = subprocess.run([*compiler_words(), "-std=gnu11", "-c", "-o", tmp_path / "names.o", source],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lib = libffi.Library(None)
    lib.declare(f"struct S {{ int x; }}; {' '.join(f'typedef void f{i}({cif});' for i, cif in enumerate(signatures))}")
    for i, cif in enumerate(signatures):
        assert getattr(lib, f"f{i}").cif.argtypes == (c.func(cif),)
    assert str(CIF(c.func(CIF(c.void, [c.int])), [c.int])) == "void (*(int))(int)"


def test_members_as_pairs_may_have_any_name():
    T = c.struct("odd", [("size", c.int), ("value", c.int), ("_pack_", c.int), ("class", c.int)])
    m = T.new((1, 2, 3, 4))
    assert (m.size, m.value, m._pack_, getattr(m, "class")) == (1, 2, 3, 4)
    assert libffi.sizeof(m) == 16


def test_anonymous_members_lend_their_fields():
    T = c.struct("tagged", [
        ("tag", c.int),
        (None, c.union("", [("i", c.int), ("d", c.double)])),
    ])
    m = T.new(tag=1)
    m.d = 2.5
    assert (m.d, T.offsets["d"], T.size) == (2.5, DOUBLE_ALIGNMENT, DOUBLE_ALIGNMENT + 8)
    m.i = 7
    assert m.i == 7 and m.d != 2.5


def test_a_struct_that_points_to_itself():
    node = c.struct("node")
    assert node.size is None
    with pytest.raises(TypeError, match="node"):
        node.new()
    node.define(value=c.int, next=c.ptr(node))
    assert (node.size, node.offsets["next"]) == (2 * c.pointer.size, c.pointer.size)
    second = node.new(value=2)
    first = node.new(value=1, next=second)
    assert first.next.value.value == 2 and not first.next.value.next
    with pytest.raises(TypeError, match="node is already complete"):
        node.define(value=c.int)


def test_define_takes_pairs_too():
    T = c.struct("later")
    T.define([("a", c.int), ("b", c.ptr(T))])
    assert list(T.fields) == ["a", "b"]


def test_a_definition_that_fails_leaves_nothing():
    T = c.struct("a\0b")
    for _ in range(2):
        with pytest.raises(ValueError, match="null"):
            T.define(x=c.int)
        assert (T.size, dict(T.fields), dict(T.offsets)) == (None, {}, {})


def test_a_definition_that_fails_says_nothing_of_the_next():
    """Memory that holds addresses is not pickled; the pointer was in the definition that failed."""
    T, half = c.struct("later"), c.array(c.char, 2**47 if c.pointer.size == 8 else 2**29)
    with pytest.raises(libffi.BadTypedef, match="too many"):
        T.define(p=c.pointer, one=half, two=half)
    T.define(x=c.int)
    assert pickle.loads(pickle.dumps(T(x=3))).x == 3


def test_two_incomplete_structs_of_one_name_are_two():
    assert c.struct("twin") is not c.struct("twin")


def test_mutual_recursion():
    a, b = c.struct("a"), c.struct("b")
    a.define(n=c.int, other=c.ptr(b))
    b.define(n=c.int, other=c.ptr(a))
    one = a.new(n=1)
    two = b.new(n=2, other=one)
    one.other = two
    assert one.other[0].other[0].n == 1


def test_struct_offsets_are_what_libffi_says():
    T = c.struct("mixed", tag=c.char, weight=c.double, count=c.short)
    offsets = (0, DOUBLE_ALIGNMENT, DOUBLE_ALIGNMENT + 8)
    assert libffi.struct_offsets(T) == tuple(T.offsets.values()) == offsets
    assert libffi.struct_offsets(T, libffi.ABI.DEFAULT) == offsets


# ---- bit-fields, against the compiler


UNITS = ["schar", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "longlong", "ulonglong"]


def _bit_structs(count=60, seed=11):
    """Random structs of bit-fields and plain members, as (name, [(member, c name, width or None)])."""
    rng = random.Random(seed)
    for n in range(count):
        members = []
        for i in range(rng.randint(1, 8)):
            unit = rng.choice(UNITS)
            roll = rng.random()
            size = getattr(c, unit).size * 8
            if roll < 0.08:
                members.append((None, unit, 0))                     # "int : 0;"
            elif roll < 0.15:
                members.append((None, unit, rng.randint(1, size)))  # unnamed padding
            elif roll < 0.8:
                members.append((f"m{i}", unit, rng.randint(1, size)))
            else:
                members.append((f"m{i}", unit, None))
        if any(name for name, _, _ in members):
            yield f"b{n}", members, rng.choice([0, 0, 0, 1, 2])


def _bits_source():
    lines = ["#include <stddef.h>"]
    for name, members, pack in _bit_structs():
        body = " ".join(
            f"{getattr(c, unit).name} {member or ''}{'' if width is None else f':{width}'};"
            for member, unit, width in members)
        named = [member for member, _, _ in members if member]
        sets = " ".join(f"case {i}: s->{m} = v; break;" for i, m in enumerate(named))
        gets = " ".join(f"case {i}: return s->{m};" for i, m in enumerate(named))
        lines += [
            *([f"#pragma pack(push, {pack})"] if pack else []),
            f"struct {name} {{ {body} }};",
            *(["#pragma pack(pop)"] if pack else []),
            f"const size_t size_{name} = sizeof(struct {name}), align_{name} = _Alignof(struct {name});",
            f"void set_{name}(struct {name} *s, int i, long long v) {{ switch (i) {{ {sets} }} }}",
            f"long long get_{name}(struct {name} *s, int i) {{ switch (i) {{ {gets} }} return 0; }}",
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def bits_library(compile_c):
    return libffi.Library(compile_c(_bits_source(), "bits"))


@pytest.mark.parametrize("name, members, pack", list(_bit_structs()), ids=lambda v: v if isinstance(v, str) else "")
def test_bit_fields_are_where_gcc_puts_them(bits_library, name, members, pack):
    if sys.platform == "win32" and pack and any(width == 0 for _, _, width in members):
        pytest.skip("MinGW's compilers pack no bit-field without width, Microsoft's does")
    T = c.struct(name, [
        (member, getattr(c, unit) if width is None else c.bits(getattr(c, unit), width))
        for member, unit, width in members
    ], _pack_=pack)
    lib = bits_library
    assert T.size == lib.variable(f"size_{name}", c.size_t).value
    assert T.alignment == lib.variable(f"align_{name}", c.size_t).value
    put = lib.function(f"set_{name}", c.void, [c.ptr(T), c.int, c.longlong])
    get = lib.function(f"get_{name}", c.longlong, [c.ptr(T), c.int])
    named = [(member, getattr(c, unit), width) for member, unit, width in members if member]
    rng = random.Random(name)
    ours, theirs = T.new(), T.new()
    for i, (member, unit, width) in enumerate(named):
        bits = width or 8 * unit.size
        low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if unit.kind == "signed" else (0, (1 << bits) - 1)
        value = rng.choice([low, high, rng.randint(low, high)])
        setattr(ours, member, value)
        put(theirs, i, value if value < 1 << 63 else value - (1 << 64))
        assert getattr(ours, member) == getattr(theirs, member) == value
        assert get(ours, i) == (value if value < 1 << 63 else value - (1 << 64))
        assert bytes(ours) == bytes(theirs)


def test_bit_fields_refuse_what_does_not_fit():
    T = c.struct("flags", [("a", c.bits(c.uint, 3)), ("b", c.bits(c.int, 3)), ("ok", c.bits(c.bool, 1))])
    m = T.new(a=7, b=-4, ok=True)
    assert (m.a, m.b, m.ok) == (7, -4, True)
    for field, wrong in (("a", 8), ("a", -1), ("b", 4), ("b", -5), ("ok", 2)):
        with pytest.raises((OverflowError, ValueError), match=field):
            setattr(m, field, wrong)
    assert (m.a, m.b, m.ok) == (7, -4, True)


# ---- CIFs


def test_cif_is_interned_and_spelled_in_c():
    cif = CIF(c.int, [c.string, ...])
    assert cif is CIF(c.int, [c.string, ...])
    assert cif is not CIF(c.int, [c.string])
    assert (cif.restype, cif.argtypes, cif.nfixed, cif.variadic) == (c.int, (c.string,), 1, True)
    assert str(cif).endswith(", ...)") and str(cif).startswith("int (")
    none = CIF(c.void)
    assert (none.argtypes, none.nfixed, none.variadic, none.abi) == ((), 0, False, libffi.ABI.DEFAULT)
    assert str(CIF(c.double, [c.double, c.ptr(c.int)])) == "double (double, int *)"
    assert str(none) in ("void (void)", "void ()")


def test_cif_pickles_as_itself():
    for cif in (CIF(c.double, [c.double]), CIF(c.int, [c.string, ...]), CIF(POINT, [c.ptr(POINT), c.enum(Color)])):
        assert pickle.loads(pickle.dumps(cif)) is cif
        assert copy.deepcopy(cif) is cif


def test_cifs_do_not_change():
    with pytest.raises((AttributeError, TypeError)):
        CIF(c.int).restype = c.long


def test_abi_names_are_those_of_the_header():
    names = libffi.features()["abis"]
    assert "DEFAULT" in libffi.ABI.__members__
    assert set(names) - {"DEFAULT"} == set(libffi.ABI.__members__) - {"DEFAULT"}
    assert all(isinstance(abi, int) for abi in libffi.ABI)
    if sys.platform == "linux" and libffi.features()["default_abi"] == "UNIX64":
        assert {"UNIX64", "WIN64", "EFI64", "GNUW64"} <= set(names)
        assert CIF(c.int, [c.int], abi=libffi.ABI.UNIX64).abi == libffi.ABI.UNIX64


def test_features():
    said = libffi.features()
    assert tuple(map(int, said["version"].split("-")[0].split(".")[:2])) >= (3, 4)
    assert said["pointer_size"] == ctypes.sizeof(ctypes.c_void_p)
    assert said["byteorder"] == sys.byteorder
    assert said["linkage"] in ("system", "vendored")
    wanted = """version version_number build_version linkage default_abi abis call_plan int128 complex vectors
                static_trampolines go_closures raw_api native_raw_api closure_size pointer_size long_double byteorder"""
    assert set(wanted.split()) <= set(said)
