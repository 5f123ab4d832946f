"""CPython's own `_ctypes_test` shared library: C that nobody here wrote."""
from __future__ import annotations

import importlib.util
import math
import operator
import sysconfig
from pathlib import Path

import pytest

import libffi
from libffi import CIF, Memory, Pointer, c


def find():
    """The library's path: an importable extension module, else a file beside the other ones; not imported."""
    spec = importlib.util.find_spec("_ctypes_test")
    if spec and spec.origin:
        return spec.origin
    folder = sysconfig.get_config_var("DESTSHARED")
    return next(map(str, Path(folder).glob("_ctypes_test*")), None) if folder else None


PATH = find()
pytestmark = pytest.mark.skipif(PATH is None, reason="this Python does not ship _ctypes_test")

POINT = c.struct("tagpoint", x=c.int, y=c.int)
LONG_POINT = c.struct("POINT", x=c.long, y=c.long)
RECT = c.struct("RECT", left=c.long, top=c.long, right=c.long, bottom=c.long)
THREE = c.struct("Test", first=c.ulong, second=c.ulong, third=c.ulong)
TWO = c.struct("TestReg", first=c.uint, second=c.uint)
S2H = c.struct("S2H", x=c.short, y=c.short)
S8I = c.struct("S8I", **dict.fromkeys("abcdefgh", c.int))
TEST4 = c.union("Test4", a_long=c.long, a_struct=c.struct("a_struct", an_int=c.int, another_int=c.int))
TEST5 = c.struct("Test5", an_int=c.int, nested=c.struct("nested", an_int=c.int, a_union=TEST4), another_int=c.int)
BITS = c.struct("BITS", [
    *((name, c.bits(c.int, width)) for width, name in enumerate("ABCDEFGHI", 1)),
    *((name, c.bits(c.short, width)) for width, name in enumerate("MNOPQRS", 1)),
])
BHILFD = [c.schar, c.short, c.int, c.long, c.float, c.double]


@pytest.fixture(scope="module")
def lib():
    return libffi.Library(PATH)


def needs(lib, *names):
    """Skip where this version of CPython has no such function."""
    for name in names:
        try:
            lib.symbol(name)
        except libffi.SymbolNotFound:
            pytest.skip(f"{name} is not in this version")


# ---- tf_*, tv_i: a third of every type, with and without an argument before


LETTERS = {"b": c.schar, "B": c.uchar, "h": c.short, "H": c.ushort, "i": c.int, "I": c.uint, "l": c.long, "L": c.ulong,
           "q": c.longlong, "Q": c.ulonglong, "f": c.float, "d": c.double, "D": c.longdouble}


def arguments(letter):
    T = LETTERS[letter]
    if T.kind == "float":
        return [0.0, 42.0, -42.0, 3.0]
    bits = 8 * T.size
    return [0, 42, -42, -1 << bits - 1, (1 << bits - 1) - 1] if T.kind == "signed" else [0, 42, (1 << bits) - 1]


@pytest.mark.parametrize("before", [False, True], ids=["alone", "after a char"])
@pytest.mark.parametrize("letter", LETTERS)
def test_a_third(lib, letter, before):
    T = LETTERS[letter]
    needs(lib, "last_tf_arg_u", "last_tf_arg_s")
    f = lib.function(f"tf_{'b' if before else ''}{letter}", T, [c.schar, T] if before else [T])
    last = lib.variable("last_tf_arg_u" if T.kind == "unsigned" else "last_tf_arg_s",
                        c.ulonglong if T.kind == "unsigned" else c.longlong)
    for x in arguments(letter):
        expected = x / 3 if T.kind == "float" else (abs(x) // 3) * (-1 if x < 0 else 1)
        assert f(*([-7] if before else []), x) == expected
        assert last.value == int(x)


def test_a_void_function(lib):
    needs(lib, "last_tf_arg_s")
    assert lib.function("tv_i", c.void, [c.int])(-42) is None
    assert lib.variable("last_tf_arg_s", c.longlong).value == -42


@pytest.mark.parametrize("name, T", [("i", c.int), ("f", c.float), ("d", c.double), ("q", c.longlong)])
def test_bhilfd(lib, name, T):
    f = lib.function(f"_testfunc_{name}_bhilfd", T, BHILFD)
    for signs in (1, -1):
        got = f(*(signs * n for n in range(1, 7)))
        assert got == signs * 21 and type(got) is (float if T.kind == "float" else int)


def test_bhilfd_of_long_double(lib):
    f = lib.function("_testfunc_D_bhilfD", c.longdouble, [*BHILFD[:-1], c.longdouble])
    assert f(1, 2, 3, 4, 5.0, 6.0) == 21 and f(-1, -2, -3, -4, -5.0, -6.0) == -21


def test_bhilfdq(lib):
    f = lib.function("_testfunc_q_bhilfdq", c.longlong, [*BHILFD, c.longlong])
    assert f(1, 2, 3, 4, 5.0, 6.0, 21) == 42


def test_a_wide_character_argument(lib):
    """A wchar_t of the same size as the int that C wants."""
    f = lib.function("_testfunc_i_bhilfd", c.int, [c.schar, c.short, c.wchar_t, c.long, c.float, c.double])
    assert f(1, 2, "x", 4, 5.0, 6.0) == 18 + ord("x")


def test_narrow_result_of_a_wide_one(lib):
    f = lib.function("_testfunc_i_bhilfd", c.short, BHILFD)
    assert f(1, 2, 3, 0x10004, 5.0, 6.0) == 21


# ---- pointers and strings


def test_p_p(lib):
    as_bytes = lib.function("_testfunc_p_p", c.bytes, [c.pointer])
    assert as_bytes(b"123") == b"123" and as_bytes(None) is None
    as_ints = lib.function("_testfunc_p_p", c.ptr(c.int), [c.ptr(c.int)])
    number = c.int.new(42)
    got = as_ints(number)
    assert isinstance(got, Pointer) and got.value == 42 and got.address == number.address
    with pytest.raises(TypeError, match=r"_testfunc_p_p\(\) argument 1"):
        as_ints(c.short.new(22))


def test_c_p_p(lib):
    f = lib.function("_testfunc_c_p_p", c.string, [c.ref(c.int), c.ptr(c.string)])
    words = [c.array(c.char, 8).new(word) for word in (b"first", b"second", b"third")]
    argv = c.array(c.string, 4).new([*words, None])
    assert [f(n, argv) for n in (1, 2, 3)] == ["first", "second", "third"]
    assert list(argv) == ["first", "second", "third", None]


def test_v(lib):
    f = lib.function("_testfunc_v", c.void, [c.int, c.int, c.out(c.int)])
    assert f(1, 2) == 3


def test_ai8(lib):
    f = lib.function("_testfunc_ai8", c.ptr(c.int), [c.ptr(c.int)])
    numbers = c.array(c.int, 8).new(range(8))
    assert f(numbers)[0:8] == list(range(8))


def test_deref_pointer(lib):
    f = lib.function("_testfunc_deref_pointer", c.int, [c.ptr(c.int)])
    assert f(c.int.new(-7)) == -7


def test_two_out_args(lib):
    f = lib.function("TwoOutArgs", c.void, [c.int, c.inout(c.int), c.int, c.inout(c.int)])
    assert f(1, 10, 2, 20) == (11, 22)


def test_strings(lib):
    strchr = lib.function("my_strchr", c.string, [c.string, c.int])
    assert strchr("abcdefghi", ord("b")) == "bcdefghi" and strchr("abc", ord("x")) is None
    dup, free = lib.function("my_strdup", c.pointer, [c.string]), lib.function("my_free", c.void, [c.pointer])
    copy = dup("h\xe9llo")
    assert libffi.string_at(copy) == "h\xe9llo".encode()
    free(copy)


def test_strtok(lib):
    strtok = lib.function("my_strtok", c.bytes, [c.pointer, c.string])
    text, tokens = c.array(c.char, 32).new(b"a\nb\nc"), []
    token = strtok(text, "\n")
    while token is not None:
        tokens.append(token)
        token = strtok(None, "\n")
    assert tokens == [b"a", b"b", b"c"]


def test_wide_strings(lib):
    needs(lib, "my_wcslen", "my_wcsdup")
    assert lib.function("my_wcslen", c.size_t, [c.wstring])("h\xe9l\u20ac") == 4
    dup = lib.function("my_wcsdup", c.pointer, [c.wstring])
    copy = dup("h\xe9l\u20ac")
    assert libffi.wstring_at(copy) == "h\xe9l\u20ac"
    lib.function("my_free", c.void, [c.pointer])(copy)


def test_a_function_from_a_function(lib):
    strchr = lib.function("get_strchr", c.func(CIF(c.string, [c.string, c.int])))()
    assert strchr("abc", ord("b")) == "bc" and strchr("abc", ord("x")) is None


def test_sqrt(lib):
    assert lib.function("my_sqrt", c.double, [c.double])(4.0) == 2.0


def test_spam_and_eggs(lib):
    spam = c.struct("SPAM", name=c.string, value=c.string)
    egg = c.struct("EGG", name=c.string, num_spams=c.int, spams=c.ptr(spam))
    count, eggs = lib.function("getSPAMANDEGGS", c.int, [c.out(c.ptr(egg))])()
    assert (count, eggs[0].name, eggs[0].num_spams) == (1, "first egg", 1)
    assert [(s.name, s.value) for s in eggs[0].spams[0:2]] == [("name1", "value1"), ("name2", "value2")]


def test_variables(lib):
    number = lib.variable("an_integer", c.int)
    get = lib.function("get_an_integer", c.int)
    assert number.value == get() == 42
    number.value = -7
    assert get() == -7
    number.value = 42
    assert [lib.variable(name, c.long).value for name in ("left", "top", "right", "bottom")] == [10, 20, 30, 40]


# ---- structs by value


def test_byval(lib):
    f = lib.function("_testfunc_byval", c.int, [POINT, c.ptr(POINT)])
    out = POINT.new()
    assert f((101, 102), out) == 203 and (out.x, out.y) == (101, 102)
    assert f((1, 2), None) == 3


def test_struct_results(lib):
    two = lib.function("ret_2h_func", S2H, [S2H])((99, 88))
    assert isinstance(two, Memory) and (two.x, two.y) == (198, 264)
    eight = lib.function("ret_8i_func", S8I, [S8I])(range_struct := S8I.new(tuple(range(1, 9))))
    assert tuple(getattr(eight, name) for name in "abcdefgh") == tuple(n * (n + 1) for n in range(1, 9))
    assert range_struct.a == 1


def test_point_in_rect(lib):
    f = lib.function("PointInRect", c.int, [c.ref(RECT), LONG_POINT])
    rect = RECT.new(left=10, top=20, right=30, bottom=40)
    assert [f(rect, p) for p in ((15, 25), (10, 20), (9, 25), (15, 41))] == [1, 1, 0, 0]


def test_return_rect(lib):
    """Large and small structs and pointers in turn: registers run out in the middle."""
    f = lib.function("ReturnRect", RECT, [c.int, RECT, c.ptr(RECT), LONG_POINT, RECT, c.ptr(RECT), LONG_POINT, RECT])
    box = {"left": 10, "top": 20, "right": 30, "bottom": 40}
    for i in range(4):
        got = f(i, box, RECT.new(box), (3, 4), box, RECT.new(box), (3, 4), box)
        assert (got.left, got.top, got.right, got.bottom) == (10, 20, 30, 40)
    assert f(0, box, RECT.new(box), (3, 4), box, RECT.new(box), (5, 4), box).left == -100


def test_get_rectangle(lib):
    f = lib.function("GetRectangle", c.int, [c.int, c.out(RECT)])
    found, rect = f(5)
    assert found == 1 and (rect.left, rect.top, rect.right, rect.bottom) == (5, 6, 7, 8)
    assert f(0)[0] == 0


@pytest.mark.parametrize("name, T, value", [
    ("_testfunc_large_struct_update_value", THREE, (0xDEAD_BEEF, 0xCAFE_BABE, 0x0BAD_1DEA)),
    ("_testfunc_reg_struct_update_value", TWO, (0xDEAD_BEEF, 0xCAFE_BABE)),
])
def test_what_c_does_to_its_copy_is_not_seen(lib, name, T, value):
    mine = T.new(value)
    assert lib.function(name, c.void, [T])(mine) is None
    assert mine == T.new(value)
    if T is TWO:
        needs(lib, "last_tfrsuv_arg")       # CPython 3.14 keeps it elsewhere
        assert lib.variable("last_tfrsuv_arg", TWO) == mine


def test_arrays_in_structs(lib):
    sixteen = c.struct("Test2", data=c.array(c.uchar, 16))
    pair = c.struct("Test3", data=c.array(c.double, 2))
    floats = c.struct("Test3B", data=c.array(c.float, 2), more_data=c.array(c.float, 2))
    try:
        lib.symbol("_testfunc_array_in_struct1")
        names = ("_testfunc_array_in_struct1", "_testfunc_array_in_struct2", "_testfunc_array_in_struct2a")
    except libffi.SymbolNotFound:       # renamed in CPython 3.13
        names = ("_testfunc_array_in_struct2", "_testfunc_array_in_struct3B", "_testfunc_array_in_struct3A")
    needs(lib, *names)
    one, two, three = names
    mine = sixteen.new(data=range(16))
    assert lib.function(one, c.int, [sixteen])(mine) == 120 and list(mine.data) == list(range(16))
    mine = pair.new(data=(3.14159, 2.71828))
    assert lib.function(two, c.double, [pair])(mine) == 3.14159 + 2.71828
    assert list(mine.data) == [3.14159, 2.71828]
    assert lib.function(three, c.double, [floats])(((1.5, 2.5), (-3, 0.25))) == 1.25


@pytest.mark.parametrize("letter, length", [("B", 2), ("C", 4), ("D", 8), ("E", 9)])
def test_arrays_of_doubles_both_ways(lib, letter, length):
    name = f"_testfunc_array_in_struct3{letter}"
    needs(lib, name, name + "_set_defaults")
    T = c.struct(f"Test3{letter}", data=c.array(c.double, length))
    mine = T.new(data=range(length))
    assert lib.function(name, c.double, [T])(mine) == sum(range(length))
    assert list(mine.data) == [float(i) for i in range(length)]
    assert list(lib.function(name + "_set_defaults", T)().data) == [i + 1.0 for i in range(length)]


@pytest.mark.parametrize("letter, length", [("C", 4), ("D", 5)])
def test_arrays_of_doubles_as_results(lib, letter, length):
    name = f"_testfunc_array_in_struct_set_defaults_3{letter}"      # CPython 3.12's spelling
    needs(lib, name)
    T = c.struct(f"Test3{letter}", data=c.array(c.double, length))
    assert list(lib.function(name, T)().data) == [i + 1.0 for i in range(length)]


# ---- unions


def union_arguments():
    return TEST4.new(a_struct=(0x1234, 0x5678))


def test_unions_by_reference(lib):
    one = lib.function("_testfunc_union_by_reference1", c.long, [c.ptr(TEST4)])
    u = TEST4.new(a_long=0x1234)
    assert one(u) == 0x1234 and u.a_long == 0
    two = lib.function("_testfunc_union_by_reference2", c.long, [c.ptr(TEST4)])
    u = union_arguments()
    assert two(u) == 0x1234 + 0x5678 and (u.a_struct.an_int, u.a_struct.another_int) == (0, 0)
    three = lib.function("_testfunc_union_by_reference3", c.long, [c.ptr(TEST5)])
    s = TEST5.new(an_int=1, nested={"an_int": 2}, another_int=3)
    assert three(s) == 6 and bytes(s) == bytes(TEST5.size)


def test_unions_by_value(lib):
    one = lib.function("_testfunc_union_by_value1", c.long, [TEST4])
    u = union_arguments()
    assert one(u) == u.a_long + 0x1234 + 0x5678
    assert u.a_struct.an_int == 0x1234
    two = lib.function("_testfunc_union_by_value2", c.long, [TEST5])
    s = TEST5.new(an_int=1, nested={"an_int": 2}, another_int=3)
    assert two(s) == 3 and s.another_int == 3


# ---- bit-fields


@pytest.mark.parametrize("name", "ABCDEFGHIMNOPQRS")
def test_bit_fields(lib, name):
    unpack = lib.function("unpack_bitfields", c.int, [c.ptr(BITS), c.char])
    bits = BITS.fields[name]
    width = "ABCDEFGHI".find(name) + 1 or "MNOPQRS".find(name) + 1
    for value in range(-1 << width - 1, 1 << width - 1):
        b = BITS.new(**{name: value})
        assert getattr(b, name) == value == unpack(b, name.encode()), bits


def test_bit_fields_by_reference(lib):
    for sign, T, expected in ((1, c.int, -4), (2, c.uint, 14)):
        flags = c.struct(f"Test{sign + 5}", [(n, c.bits(T, w)) for n, w in zip("ABCD", (1, 2, 3, 2), strict=True)])
        f = lib.function(f"_testfunc_bitfield_by_reference{sign}", c.long, [c.ptr(flags)])
        mine = flags.new(**{n: -1 if T is c.int else (1 << w) - 1 for n, w in zip("ABCD", (1, 2, 3, 2), strict=True)})
        assert f(mine) == expected and bytes(mine) == bytes(flags.size)


def test_bit_fields_by_value_are_refused(lib):
    flags = c.struct("Test6", [("A", c.bits(c.int, 1)), ("B", c.bits(c.int, 2))])
    with pytest.raises(libffi.BadTypedef, match="bit-field"):
        lib.function("_testfunc_bitfield_by_value1", c.long, [flags])


# ---- callbacks


def test_callback_i_if(lib):
    f = lib.function("_testfunc_callback_i_if", c.int, [c.int, c.func(CIF(c.int, [c.int]))])
    seen = []
    assert f(2**18, CIF(c.int, [c.int]).closure(lambda v: seen.append(v) or v)) == 2**19 - 1
    assert seen == [2**n for n in range(18, -1, -1)]
    assert f(-10, CIF(c.int, [c.int]).closure(lambda v: v)) == -18


def test_callback_q_qf(lib):
    cif = CIF(c.longlong, [c.longlong])
    f = lib.function("_testfunc_callback_q_qf", c.longlong, [c.longlong, c.func(cif)])
    assert f(1000000000000, cif.closure(lambda v: v & 0x7FFFFFFF)) == 13577625587


def test_callback_with_pointer(lib):
    cif = CIF(c.int, [c.ptr(c.int)])
    f = lib.function("_testfunc_callback_with_pointer", c.int, [c.func(cif)])
    seen = []
    assert f(cif.closure(lambda p: seen.extend(p[0:10]) or sum(seen))) == 55
    assert seen == list(range(1, 11))


@pytest.mark.parametrize("name, T", [("int", c.int), ("double", c.double)])
def test_callback_in_registers(lib, name, T):
    cif = CIF(T, [T] * 5)
    f = lib.function(f"_testfunc_cbk_reg_{name}", T, [*[T] * 5, c.func(cif)])
    seen = []
    assert f(1, -2, 3, -4, 5, cif.closure(lambda *a: seen.extend(a) or sum(a))) == 55
    assert seen == [1, 4, 9, 16, 25]


def test_callback_with_a_large_struct(lib):
    cif = CIF(c.void, [THREE])
    seen = []

    def check(s):
        seen.append((s.first, s.second, s.third))
        s.first = s.second = s.third = 0x0BADF00D       # a copy

    mine = THREE.new((0xDEADBEEF, 0xCAFEBABE, 0x0BAD1DEA))
    lib.function("_testfunc_cbk_large_struct", c.void, [THREE, c.func(cif)])(mine, cif.closure(check))
    assert seen == [(0xDEADBEEF, 0xCAFEBABE, 0x0BAD1DEA)] and mine.first == 0xDEADBEEF


def test_callfuncp(lib):
    cif = CIF(c.int, [c.int, c.int])
    functions = c.struct("FUNCS", c=c.func(cif), s=c.func(cif))
    seen = []
    record = cif.closure(lambda a, b: seen.append((a, b)) or 0)
    assert lib.function("_testfunc_callfuncp", c.int, [c.ptr(functions)])(functions.new(c=record, s=record)) == 0
    assert seen == [(1, 2), (3, 4)]


def test_integrate(lib):
    cif = CIF(c.double, [c.double])
    f = lib.function("integrate", c.double, [c.double, c.double, c.func(cif), c.long])
    assert math.isclose(f(0.0, 1.0, cif.closure(lambda x: x * x), 1000), 1 / 3, rel_tol=1e-5)
    cos = libffi.Library("m").function("cos", c.double, [c.double])
    assert math.isclose(f(0.0, 1.0, cos, 1000), math.sin(1), rel_tol=1e-5)      # C calls C, we only introduce them


def test_qsort(lib):
    cif = CIF(c.int, [c.pointer, c.pointer])
    sort = lib.function("my_qsort", c.void, [c.pointer, c.size_t, c.size_t, c.func(cif)])
    text = c.array(c.char, 12).new(b"spam, spam, ")

    @libffi.closure(c.int, [c.ptr(c.char), c.ptr(c.char)])
    def compare(a, b):
        return operator.gt(a[0], b[0]) - operator.lt(a[0], b[0])

    sort(text, 12, 1, compare)
    assert bytes(text) == bytes(sorted(b"spam, spam, "))


def test_library_get(lib, capfd):
    """A function pointer in a struct takes two function pointers, and calls them."""
    allocate, free = CIF(c.pointer, [c.int]), CIF(c.void, [c.pointer])
    initialize = CIF(c.void, [c.func(allocate), c.func(free)])
    library = lib.function("library_get", c.ptr(c.struct("xxx_library", initialize=c.func(initialize))))()
    seen = []
    library[0].initialize(allocate.closure(lambda n: seen.append(n) or 0x1000), free.closure(seen.append))
    assert seen == [32, 0x1000]


def test_functions_that_print(lib, libc, capfd):
    flush = libc.function("fflush", c.int, [c.pointer])
    assert lib.function("testfunc_iii", c.int, [c.int, c.int])(6, 7) == 42
    assert lib.function("testfunc_Ddd", c.longdouble, [c.double, c.double])(0.5, 4) == 2.0
    assert lib.function("testfunc_DDD", c.longdouble, [c.longdouble, c.longdouble])(0.5, 4) == 2.0
    lib.function("testfunc_array", c.void, [c.ptr(c.int)])(c.array(c.int, 4).new([1, 2, 3, 4]))
    n = lib.function("myprintf", c.int, [c.string, ...])("%s %d %.2f\n", "printed", 42, 2.5)
    flush(None)
    out = capfd.readouterr().out
    assert "testfunc_array 1 2 3 4" in out and "testfunc_DDD(0.5, 4)" in out and "printed 42 2.50\n" in out
    assert n == len("printed 42 2.50\n")


def test_do_nothing(lib):
    assert lib.function("_py_func", c.void)() is None
    assert lib.function("_py_func_si", c.void, [c.string, c.int])("x", 1) is None


def test_python_objects_are_pointers(lib):
    """pylist_append(list, item) calls Python's C API: the GIL must be held."""
    needs(lib, "_testfunc_pylist_append")
    append = lib.function("_testfunc_pylist_append", c.int, [c.pointer, c.pointer], gil="hold")
    items, item = [1, 2], object()
    assert append(id(items), id(item)) == 0
    assert items == [1, 2, item]
