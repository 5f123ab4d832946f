"""The C API: extensions in C, C++, limited-API C and Cython, compiled against the installed package."""
from __future__ import annotations

import array
import ctypes
import enum
import errno
import gc
import platform
import re
import struct
import subprocess
import sys
import sysconfig
import weakref
from pathlib import Path

import pytest
from helpers import extensions
from helpers.surroundings import POSIX, shared_by_workers

import libffi
from libffi import ABI, CIF, BadArgType, BadTypedef, Library, _ffi, c

FEATURES = libffi.features()
WORD = FEATURES["pointer_size"]
CODES = (
    "void bool char schar uchar short ushort int uint long ulong longlong ulonglong "
    "int8 uint8 int16 uint16 int32 uint32 int64 uint64 int128 uint128 "
    "size_t ssize_t ptrdiff_t intptr_t uintptr_t intmax_t uintmax_t wchar_t char16_t char32_t "
    "float double longdouble complex_float complex_double complex_longdouble "
    "pointer string bytes wstring py_object").split()
CODE = {name: i for i, name in enumerate(CODES)}
KINDS = ("void bool char wchar signed unsigned float complex pointer string bytes wstring function "
         "array struct union vector enum bits ref out inout swapped ndarray object").split()
POINT = c.struct("point", x=c.double, y=c.double)
PAIR = c.struct("pair", a=c.int, b=c.short)
BIG = c.struct("big", items=c.array(c.long, 20))
Colour = enum.IntEnum("Colour", "RED GREEN")
VOID, INT, DOUBLE2 = CIF(c.void), CIF(c.int, [c.int]), CIF(c.double, [c.double, c.double])
RELEASE, ERRNO = 1, 2
UNLIMITED = 0x030B0000
LANGUAGES = {
    "c": ("-std=c11", "-Wpedantic"),
    "cpp": ("-x", "c++", "-std=c++11", "-Wpedantic"),
    "limited": ("-std=c11", f"-DPy_LIMITED_API={UNLIMITED:#x}"),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return shared_by_workers(tmp_path_factory)


@pytest.fixture(scope="session", params=LANGUAGES)
def api(request, folder):
    """The C API as Python functions, in each language."""
    if request.param == "limited" and sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("free-threaded Pythons have no limited API")
    name = f"capi_{request.param}"
    return extensions.load(name, extensions.build(
        folder, name, *LANGUAGES[request.param], cxx=request.param == "cpp"))


@pytest.fixture(scope="session")
def cython(folder):
    return extensions.load("capi_cython", extensions.build_cython(folder, "capi_cython"))


@pytest.fixture(scope="module")
def pow_(libm):
    return libm.symbol("pow")


# ---- the header, the versions


def test_versions(api):
    assert api.versions() == (1, 3, 1, FEATURES["version"])
    assert api.import_again()


@pytest.mark.parametrize("flags", [["-std=c11"], ["-std=c17", "-Wpedantic", "-Wconversion"],
                                   ["-std=c11", "-DPy_LIMITED_API=0x03080000"],
                                   ["-x", "c++", "-std=c++11"], ["-x", "c++", "-std=c++20"]], ids=" ".join)
def test_the_header_stands_alone(tmp_path, flags):
    if "LIMITED" in flags[-1] and sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("free-threaded Pythons have no limited API")
    source = tmp_path / "header.c"
    source.write_text('#include "libffi/libffi_api.h"\nint nothing(void);\nint nothing(void) { return 0; }\n')
    extensions.compile_files(tmp_path / "header.so", [source], *flags, cxx="c++" in flags)


def test_a_newer_package_is_asked_for(folder):
    path = extensions.build(folder, "capi_newer", "-DLIBFFI_API_MINIMUM=1000")
    with pytest.raises(ImportError, match=r"ABI version 1 and API version 1000 or newer, "
                                          r"the installed package has ABI version 1 and API version 3$"):
        extensions.load("capi_newer", path)


@pytest.mark.parametrize("abi, version, fits", [
    (1, 3, True), (1, 7, True), (2, 3, False), (0, 9, False), (1, 2, False)])
def test_another_package(api, monkeypatch, abi, version, fits):
    name = b"libffi._ffi._C_API"
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    real = get(_ffi._C_API, name)
    size = struct.unpack("IIN", ctypes.string_at(real, 8 + WORD))[2]
    table = ctypes.create_string_buffer(ctypes.string_at(real, size))
    struct.pack_into("II", table, 0, abi, version)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(_ffi, "_C_API", new(ctypes.addressof(table), name, None))
            if fits:
                assert api.import_again() is False
            else:
                with pytest.raises(ImportError, match=f"compiled for ABI version 1 and API version 3 or newer, "
                                                      f"the installed package has ABI version {abi} and "
                                                      f"API version {version}$"):
                    api.import_again()
    finally:
        api.import_again()
    assert api.import_again() is True


def test_a_package_without_the_capsule(api, monkeypatch):
    monkeypatch.delattr(_ffi, "__getattr__")
    with pytest.raises(AttributeError):
        api.import_again()


def test_two_files_share_one_table(folder, tmp_path):
    target = tmp_path / "shared_table.so"
    other = tmp_path / "other.o"
    source = extensions.SOURCES / "shared_table.c"
    extensions.compile_files(other, [source], "-DLIBFFI_API_EXTERN", "-c")
    extensions.compile_files(target, [source, other])
    assert extensions.load("shared_table", target).version() == FEATURES["version"]


# ---- types


def test_every_code(api):
    assert [api.type_from_code(i) for i in range(len(CODES))] == [getattr(c, name) for name in CODES]
    for wrong in -1, len(CODES):
        with pytest.raises(ValueError, match="is no type code"):
            api.type_from_code(wrong)
    assert set(_ffi.scalars) == {*CODES, *(f"sint{bits}" for bits in (8, 16, 32, 64))}


def test_pointers(api):
    assert api.type_pointer(c.int, 0) is c.ptr(c.int) and api.type_pointer(POINT, 1) is c.ptr(POINT, const=True)
    with pytest.raises(TypeError):
        api.type_pointer(3, 0)


def test_constructors(api):
    assert api.type_array(POINT, 3) is c.array(POINT, 3) and api.type_vector(c.float, 4) is c.vector(c.float, 4)
    assert api.type_bits(c.uint, 3) is c.bits(c.uint, 3) and api.type_function(INT) is c.func(INT)
    assert api.type_enum(Colour) is c.enum(Colour)
    assert api.type_enum(Colour, c.uint8) is c.enum(Colour, base=c.uint8)
    members = [("a", c.char), (None, c.union("", i=c.int, f=c.float)), ("b", c.bits(c.int, 3))]
    for kind in "struct", "union":
        make = getattr(c, kind)
        assert api.aggregate(kind, "made", members, 0, 0) is make("made", members)
        assert api.aggregate(kind, "made", members, 1, 32) is make("made", members, _pack_=1, _align_=32)


def test_structs_that_point_to_themselves(api):
    for kind in "struct", "union":
        node = api.aggregate(kind, "node", [], 0, 0)
        assert node is not api.aggregate(kind, "node", [], 0, 0) and api.look(node)[3] == 0
        api.define(node, [("value", c.long), ("next", api.type_pointer(node, 0))])
        assert api.look(node)[:4] == (node.size, node.alignment, KINDS.index(kind), 1)
        assert node.fields["next"] is c.ptr(node)
        with pytest.raises(TypeError, match="already complete"):
            api.define(node, [("value", c.long)])


def test_types_that_cannot_be(api):
    for make, arguments, error in [
            (api.type_array, (c.void, 2), BadTypedef), (api.type_array, (c.int, -1), ValueError),
            (api.type_array, ("int", 2), TypeError), (api.type_vector, (c.longdouble, 2), BadTypedef),
            (api.type_vector, (c.int, 0), ValueError), (api.type_bits, (c.int, 33), BadTypedef),
            (api.type_bits, (c.double, 1), BadTypedef), (api.type_enum, (int,), TypeError),
            (api.type_enum, (Colour, c.double), BadTypedef), (api.type_pointer, (c.out(c.int), 0), BadTypedef),
            (api.aggregate, ("struct", "s", [("a", c.void)], 0, 0), BadTypedef),
            (api.aggregate, ("struct", "s", [("a", c.int), ("a", c.int)], 0, 0), BadTypedef),
            (api.aggregate, ("union", "u", [("a", c.int)], 3, 0), ValueError),
            (api.aggregate, ("struct", "s", [], 1, 0), TypeError),
            (api.aggregate, ("struct", "s", [("a", 7)], 0, 0), TypeError),
            (api.define, (c.int, [("a", c.int)]), TypeError), (api.define, (7, [("a", c.int)]), TypeError)]:
        with pytest.raises(error):
            make(*arguments)
    with pytest.raises(TypeError, match="expected a CIF, got int"):
        api.type_function(3)


@pytest.mark.skipif(not FEATURES["vectors"], reason="this libffi has no vectors")
def test_a_vector_through_the_api(api):
    """A type made in C, a CIF made of it, a C handler that answers with its bytes."""
    vector = api.type_vector(c.float, 4)
    cif = api.cif_new(vector, [vector, c.int], -1, int(ABI.DEFAULT))
    answer, given = struct.pack("4f", 1, 2, 3, 4), struct.pack("4f", 5, 6, 7, 8)
    keep, address = api.answerer(cif, answer)
    assert api.call("call", cif, address, [given, struct.pack("i", 9)], 0) == answer
    assert api.exchange(cif, address, [given, struct.pack("i", 9)], -1) == answer
    assert api.seen(keep) == (2, [given, struct.pack("i", 9)])


@pytest.mark.parametrize("T", [
    c.int, c.bool, c.char, c.wchar_t, c.double, c.complex_double, c.pointer, c.string, c.bytes, c.wstring,
    c.ptr(c.int), c.ptr(c.char, const=True), c.func(INT), c.array(c.int, 3), POINT, c.union("u", a=c.int, b=c.float),
    c.bits(c.int, 3), c.ref(c.int), c.out(c.int), c.inout(c.int), c.void,
    c.ndarray(c.int), c.ndarray(writable=False)], ids=str)
def test_look_at_a_type(api, T):
    size, alignment, kind, complete, const, name, item, cif, length, fields, _ = api.look(T)
    assert (size, alignment, KINDS[kind], name) == (T.size, T.alignment, T.kind, T.name)
    assert complete and const == T.const and item is T.item and cif is T.cif
    assert length == (-1 if T.length is None else T.length) and fields == len(T.fields)


def test_look_at_an_incomplete_struct(api):
    assert api.look(c.struct("unknown"))[:4] == (0, 0, KINDS.index("struct"), 0)


def test_whether_libffi_can_describe_it(api):
    assert api.look(c.int)[-1] and not api.look(c.array(c.int, 2))[-1]


def test_look_at_fields(api):
    T = c.struct("mixed", a=c.char, p=POINT, f=c.bits(c.uint, 3), g=c.bits(c.uint, 5))
    start = POINT.alignment
    fields = [api.field(T, i) for i in range(api.look(T)[9])]
    assert [field[:3] for field in fields] == [
        ("a", c.char, 0), ("p", POINT, start), ("f", T.fields["f"], start + 16), ("g", T.fields["g"], start + 16)]
    assert [field[3:] for field in fields] == [(0, 0), (0, 0), (0, 3), (3, 5)]
    for wrong in -1, 4:
        with pytest.raises(IndexError):
            api.field(T, wrong)
    with pytest.raises(TypeError):
        api.field(3, 0)
    with pytest.raises(TypeError, match="expected a libffi.Type, got str"):
        api.look("int")


# ---- CIFs


def test_cifs_are_the_same_objects(api):
    default = int(ABI.DEFAULT)
    assert api.cif_new(c.double, [c.double, c.double], -1, default) is DOUBLE2
    assert api.cif_from_codes(CODE["double"], [CODE["double"]] * 2, -1, default) is DOUBLE2


def test_cifs_that_cannot_be(api):
    default = int(ABI.DEFAULT)
    for arguments, error in [((c.array(c.int, 2), [], -1, default), BadTypedef),
                             ((c.int, [c.void], -1, default), BadTypedef),
                             ((c.int, [c.int], -1, 9999), libffi.BadABI),
                             ((c.int, [3], -1, default), TypeError),
                             ((c.int, [c.int], 2, default), ValueError),
                             ((c.int, [c.int, c.float], 1, default), BadArgType)]:
        with pytest.raises(error):
            api.cif_new(*arguments)
    with pytest.raises(ValueError, match="no type code"):
        api.cif_from_codes(CODE["int"], [99], -1, default)


@pytest.mark.parametrize("cif", [
    VOID, INT, DOUBLE2, CIF(BIG, [POINT, c.char]), CIF(c.schar, [c.longdouble] * 9)], ids=str)
def test_handles(api, cif):
    nargs, plan, result, size, alignment, offsets, owner, same = api.handle(cif)
    assert (nargs, owner, size, tuple(offsets)) == (len(cif.argtypes), cif, cif.exchange_size, cif.exchange_offsets)
    assert result == (0 if cif.restype is c.void else max(WORD, cif.restype.size))
    assert alignment == max([WORD] + [T.alignment for T in (cif.restype, *cif.argtypes)])
    assert not plan or FEATURES["call_plan"]
    assert same


def test_types_of_a_cif(api):
    cif = CIF(POINT, [c.int, c.out(c.double), c.ptr(POINT)])
    assert [api.cif_type(cif, i) for i in range(-1, 3)] == [POINT, c.int, c.out(c.double), c.ptr(POINT)]
    extended = api.cif_new(c.long, [c.int, c.long], 1, int(ABI.DEFAULT))
    assert api.cif_type(extended, 1) is c.long
    for wrong in -2, 3:
        with pytest.raises(IndexError, match=rf"has 3 arguments, none at {wrong}"):
            api.cif_type(cif, wrong)


def test_arguments_by_reference_are_pointers(api, libm):
    """To C a parameter c.out(T) is what it is in C: an address."""
    cif = CIF(c.double, [c.double, c.out(c.int)])
    exponent = c.int.new()
    data = [struct.pack("d", 8), struct.pack("P", exponent.address)]
    for call in (lambda: api.call("call", cif, libm.symbol("frexp"), data, 0),
                 lambda: api.exchange(cif, libm.symbol("frexp"), data, 0)):
        exponent.value = 0
        assert struct.unpack("d", call()) == (0.5,) and exponent.value == 4


def test_a_plan_is_used(api):
    here = platform.machine() == "x86_64" and FEATURES["pointer_size"] == 8  # 3.8.0 accelerates nothing elsewhere
    assert api.handle(DOUBLE2)[1] == (here and FEATURES["call_plan"])


def test_handles_die_with_their_cif(api):
    T = c.struct("of_this_test", only=c.int)
    cif = CIF(c.void, [T, T])
    api.handle(cif)
    dead = weakref.ref(cif)
    del cif
    gc.collect()
    assert dead() is None
    for _ in range(50):         # the same address again, another signature
        for n in range(1, 5):
            assert api.handle(CIF(c.void, [c.struct("of_this_test", only=c.int)] * n))[0] == n


def test_not_a_cif(api):
    with pytest.raises(TypeError, match="expected a libffi.CIF, got int"):
        api.handle(3)
    with pytest.raises(TypeError, match="no fixed list of arguments"):
        api.handle(CIF(c.int, [c.string, ...]))


# ---- calls

HOW = ["call", "detached", "thread", "invoke", "fence"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("flags", [0, RELEASE, RELEASE | ERRNO])
def test_call(api, pow_, how, flags):
    data = [struct.pack("d", 2), struct.pack("d", 10)]
    assert struct.unpack("d", api.call(how, DOUBLE2, pow_, data, flags)) == (1024.0,)


@pytest.mark.parametrize("name", ["longdouble", "complex_longdouble", "double", "int"])
def test_results_that_nobody_asked_for(api, values, name):
    """A long double among them leaves the x87 registers, of which there are eight."""
    T = getattr(c, name, None)
    if T is None or not FEATURES["complex"] and "complex" in name:
        pytest.skip("no complex numbers here")
    cif, echo = CIF(T, [T]), values.symbol(f"echo_{name}")
    one = T.new(1)
    for _ in range(9):
        api.call("unasked", cif, echo, [bytes(one)], 0)
        cif.call_raw(echo, None, [one])
    assert cif.call(echo, 1) == 1
    assert CIF(c.longdouble, [c.longdouble]).call(values.symbol("echo_longdouble"), 3) == 3


@pytest.mark.parametrize("flags", [-1, 0, RELEASE])
def test_exchange(api, pow_, callbacks, flags):
    data = [struct.pack("d", 2), struct.pack("d", 10)]
    assert struct.unpack("d", api.exchange(DOUBLE2, pow_, data, flags)) == (1024.0,)
    with CIF(c.int, [c.int]).closure(lambda x: -x) as f:
        got = api.exchange(CIF(c.int, [c.pointer, c.int]), callbacks.symbol("call_and_add"),
                           [struct.pack("P", f.address), struct.pack("i", 9)], flags)
    assert int.from_bytes(got, sys.byteorder, signed=True) == -8


@pytest.mark.parametrize("flags", [-1, RELEASE])
def test_exchange_of_many(api, flags):
    kinds = [c.int, c.double] * 12
    closure = CIF(c.double, kinds).closure(lambda *numbers: sum(i * n for i, n in enumerate(numbers)))
    data = [T.new(i + 1) for i, T in enumerate(kinds)]
    got = api.exchange(CIF(c.double, kinds), closure.address, [bytes(memoryview(x).cast("B")) for x in data], flags)
    assert struct.unpack("d", got) == (sum(i * (i + 1) for i in range(24)),)


@pytest.mark.parametrize("how", HOW)
def test_structs(api, values, how):
    point = bytes(memoryview(POINT.new(x=1, y=2)).cast("B"))
    got = api.call(how, CIF(POINT, [POINT]), values.symbol("swap_point"), [point], 0)
    assert POINT.read(got) == POINT.new(x=2, y=1)
    big = bytes(memoryview(BIG.new(items=range(20))).cast("B"))
    for _ in range(3):
        assert api.call("call", CIF(BIG, [BIG]), values.symbol("echo_big"), [big], 0) == big


@pytest.mark.parametrize("name, value", [("schar", -5), ("ushort", 60000), ("int", -7), ("longlong", -1 << 40)])
def test_narrow_results_are_widened(api, values, name, value):
    T = getattr(c, name)
    cif = CIF(T, [T])
    got = api.call("call", cif, values.symbol(f"echo_{name}"), [memoryview(T.new(value)).tobytes()], 0)
    assert len(got) >= WORD and int.from_bytes(got, sys.byteorder, signed=True) == value
    assert api.load_result(cif, got) == value


def test_variadic(api, values):
    types = [c.int, c.long, c.long, c.long]
    cif = api.cif_new(c.long, types, 1, int(ABI.DEFAULT))
    data = [struct.pack("i", 3), *(struct.pack("l", i) for i in (10, 20, 30))]
    assert api.load_result(cif, api.call("call", cif, values.symbol("sum_longs"), data, 0)) == 60
    none = api.cif_new(c.long, [c.int], 1, int(ABI.DEFAULT))
    assert api.load_result(none, api.call("call", none, values.symbol("sum_longs"), [struct.pack("i", 0)], 0)) == 0


def test_errno(api, libc):
    rmdir, nowhere = libc.symbol(f"{POSIX}rmdir"), c.array(c.char, 9).new(b"/nowhere")
    cif, arguments = CIF(c.int, [c.string]), [struct.pack("P", nowhere.address)]
    libffi.set_errno(0)
    api.call("invoke", cif, rmdir, arguments, 0)
    assert libffi.get_errno() == 0
    api.call("invoke", cif, rmdir, arguments, RELEASE | ERRNO)
    assert libffi.get_errno() == errno.ENOENT


# ---- exceptions of closures


@pytest.fixture
def failing():
    @libffi.closure(c.int, [c.int], on_error=40)
    def fail(x):
        raise LookupError(x)
    return fail


THROUGH = CIF(c.int, [c.pointer, c.int])


@pytest.mark.parametrize("how", ["invoke", "fence"])
@pytest.mark.parametrize("flags", [0, RELEASE])
def test_exceptions_are_raised(api, callbacks, failing, how, flags):
    data = [struct.pack("P", failing.address), struct.pack("i", 7)]
    with pytest.raises(LookupError, match="7") as caught:
        api.call(how, THROUGH, callbacks.symbol("call_and_add"), data, flags)
    assert len(getattr(caught.value, "__notes__", [])) == (2 if how == "fence" else 0)


@pytest.mark.parametrize("how", ["call", "detached", "thread"])
def test_exceptions_below_a_bare_call(api, callbacks, failing, unraisable, how):
    data = [struct.pack("P", failing.address), struct.pack("i", 7)]
    got = api.call(how, THROUGH, callbacks.symbol("call_and_add"), data, 0)
    assert int.from_bytes(got, sys.byteorder) == 41     # C went on with on_error
    assert [kind for kind, _ in unraisable] == [LookupError]


def test_a_fence_inside_a_closure(api, callbacks, failing):
    """Calls nest: the inner one's exception is the inner one's."""
    data = [struct.pack("P", failing.address), struct.pack("i", 7)]
    caught = []

    @libffi.closure(c.int, [c.int])
    def outer(x):
        try:
            api.call("invoke", THROUGH, callbacks.symbol("call_and_add"), data, RELEASE)
        except LookupError as error:
            caught.append(error)
        return x * 2

    assert callbacks.function("call_and_add", c.int, [c.func(INT), c.int])(outer, 4) == 9
    assert len(caught) == 1


# ---- closures


def test_a_c_handler(api, callbacks):
    cif = CIF(c.int, [c.int, c.double])
    keep, address = api.answerer(cif, (-3).to_bytes(WORD, sys.byteorder, signed=True))
    assert cif.bind(address)(5, 0.5) == -3
    assert api.seen(keep) == (1, [struct.pack("i", 5), struct.pack("d", 0.5)])
    keep, address = api.answerer(INT, (6).to_bytes(WORD, sys.byteorder))
    assert callbacks.function("call_and_add", c.int, [c.func(INT), c.int])(c.pointer(address), 1) == 7


def test_a_c_handler_and_structs(api):
    cif = CIF(BIG, [POINT, c.schar])
    big = memoryview(BIG.new(items=range(20))).tobytes()
    keep, address = api.answerer(cif, big)
    assert cif.bind(address)((1, 2), -1) == BIG.read(big)
    assert api.seen(keep)[1] == [struct.pack("dd", 1, 2), b"\xff"]


def test_a_c_handler_on_threads_of_c(api, callbacks):
    keep, address = api.answerer(INT, bytes(WORD))
    api.call("thread", INT, address, [struct.pack("i", 3)], 0)
    assert api.seen(keep) == (1, [struct.pack("i", 3)])


def test_a_c_handler_that_converts(api, unraisable):
    cif = CIF(c.short, [c.double, c.string])
    keep, address = api.answerer(cif, lambda number, text: -int(number) - len(text))
    assert cif.bind(address)(2.5, "four") == -6
    keep, address = api.answerer(cif, lambda number, text: 1 << 20)
    assert cif.bind(address)(2.5, "four") == 0
    assert [kind for kind, _ in unraisable] == [OverflowError]


def test_a_c_handler_keeps_its_cif(api):
    cif = CIF(c.double, [c.struct("kept", a=c.double, b=c.int)])
    keep, address = api.answerer(cif, struct.pack("d", 4.5))
    dead = weakref.ref(cif)
    del cif
    gc.collect()
    assert dead() is not None and dead().bind(address)((1.0, 2)) == 4.5
    del keep
    gc.collect()
    assert dead() is None


def test_closures_that_cannot_be(api):
    with pytest.raises(TypeError, match="fixed list"):
        api.answerer(CIF(c.int, [c.string, ...]), b"")
    for cif in CIF(c.int, [c.out(c.int)]), CIF(c.int, [c.string, ...]):
        with pytest.raises(BadTypedef):
            api.closure_from_callable(cif, print)
    with pytest.raises(TypeError, match="expected a callable"):
        api.closure_from_callable(INT, 3)


def test_a_closure_of_a_callable(api):
    made = api.closure_from_callable(INT, lambda x: x + 1)
    assert isinstance(made, libffi.Closure) and made.cif is INT
    assert INT.bind(api.address(made))(4) == 5


def test_many_closures(api):
    before = []
    for i in range(300):
        before.append(api.answerer(INT, i.to_bytes(WORD, sys.byteorder)))
    assert [INT.bind(address)(0) for _, address in before] == list(range(300))


# ---- values


def test_addresses(api, libc):
    memory, closure = c.int.new(), INT.closure(abs)
    function = libc.function("abs", c.int, [c.int])
    for value in memory, c.ptr(c.int)(memory), closure, function:
        assert api.address(value) == libffi.addressof(value)
    assert api.address(None) == 0 and api.address(1234) == 1234
    for wrong in "text", 1.5, b"bytes":
        with pytest.raises(TypeError, match="has no address"):
            api.address(wrong)
    memory.close()
    with pytest.raises(ValueError):
        api.address(memory)


@pytest.mark.parametrize("T, value", [(c.int, -5), (c.uint8, 255), (c.double, 0.1), (c.bool, True), (c.char, b"x"),
                                      (c.complex_double, 1 + 2j), (c.wchar_t, "é"), (c.ptr(c.int), None)], ids=str)
def test_values_both_ways(api, T, value):
    data, keep = api.store(T, value, T.size, 1)
    assert keep is None and api.load(T, data) == (T(None) if T is c.ptr(c.int) else value)
    assert api.store(T, value, T.size, 0) == (data, None)


def test_structs_as_values(api):
    data, _ = api.store(PAIR, (1, -2), PAIR.size, 1)
    loaded = api.load(PAIR, data)
    assert loaded == PAIR.new(a=1, b=-2) and loaded.address


def test_what_must_be_kept(api):
    data, keep = api.store(c.string, "four", WORD, 1)
    assert keep is not None and api.load(c.string, data) == "four"
    memory = c.int.new(3)
    data, keep = api.store(c.ptr(c.int), memory, WORD, 1)
    with pytest.raises(BufferError):
        memory.close()          # C may still look
    del keep
    memory.close()
    with pytest.raises(TypeError, match="kept alive"):
        api.store(c.string, "four", WORD, 0)


def test_a_struct_that_points_must_be_kept(api):
    T = c.struct("holds", n=c.int, p=c.ptr(c.int))
    target = c.int.new(3)
    gone = weakref.ref(target)
    data, keep = api.store(T, T.new(n=1, p=target), T.size, 1)
    del target
    gc.collect()
    assert gone() is not None and api.load(T, data).p[0] == 3
    del keep
    gc.collect()
    assert gone() is None
    with pytest.raises(TypeError, match="kept alive"):
        api.store(T, T.new(p=c.int.new()), T.size, 0)
    assert api.store(T, T.new(n=1), T.size, 0)[1] is None


def test_values_that_do_not_fit(api):
    with pytest.raises(OverflowError, match="300 is out of range for int8_t"):
        api.store(c.int8, 300, 1, 1)
    with pytest.raises(libffi.ArgumentError):   # so that a backend may try another way
        api.store(c.int8, 300, 1, 1)
    with pytest.raises(TypeError, match="expected double, got str"):
        api.store(c.double, "x", 8, 0)
    for wrong in c.void, c.struct("unknown"), c.out(c.int):
        with pytest.raises(TypeError):
            api.store(wrong, 1, 8, 1)
        with pytest.raises(TypeError):
            api.load(wrong, bytes(8))


# ---- ABIs, features


def test_abis(api):
    default, known = api.abis()
    assert default == ABI.DEFAULT and known == {name: ABI[name] for name in FEATURES["abis"]}
    assert api.abi_find("DEFAULT") == ABI.DEFAULT and api.abi_find("NONE") is None
    for name, number in known.items():
        assert api.abi_find(name) == number


@pytest.mark.skipif("WIN64" not in ABI.__members__, reason="x86-64 only")
def test_another_abi(api):
    cif = api.cif_from_codes(CODE["int"], [CODE["int"]] * 6, -1, ABI.WIN64)
    keep, address = api.answerer(cif, (11).to_bytes(WORD, sys.byteorder))
    got = api.call("call", cif, address, [struct.pack("i", i) for i in range(6)], 0)
    assert api.load_result(cif, got) == 11
    assert api.seen(keep)[1] == [struct.pack("i", i) for i in range(6)]


def test_features(api):
    assert api.features() == FEATURES


# ---- Cython


def test_cython_calls(cython, pow_):
    assert cython.power(2, 10, pow_) == 1024.0


def test_cython_handler(cython, libc):
    numbers = array.array("i", [5, 3, 9, 1, 7, 2, 8, 4])
    assert cython.sort(numbers, libc.symbol("qsort")) >= 7
    assert list(numbers) == [1, 2, 3, 4, 5, 7, 8, 9]


def test_cython_types(cython):
    made, size, fields, offset, items = cython.make_struct()
    assert made is c.struct("pair", x=c.double, items=c.array(c.double, 2))
    assert (size, fields, offset, items) == (3 * c.double.size, 2, c.double.size, c.array(c.double, 2))
    assert cython.result_type(CIF(POINT, [c.int])) is POINT


def test_cython_knows_what_came_later(cython):
    assert cython.later() == (True, True, True)


def test_cython_exceptions(cython):
    calls = []

    @VOID.closure
    def fail():
        calls.append(1)
        raise LookupError("from Cython")

    with pytest.raises(LookupError, match="from Cython"):
        cython.raise_through(VOID, fail.address, 3)
    assert len(calls) == 3
    with pytest.raises(ValueError, match="no type code"):
        cython.wrong()


def test_cython_finds_the_include_folder_too(tmp_path):
    pytest.importorskip("Cython")
    source = tmp_path / "only_include.pyx"
    source.write_text("cimport libffi\nlibffi.libffi_import()\n")
    subprocess.run([sys.executable, "-m", "cython", "-3", "-I", libffi.get_include(), source], check=True)


# ---- the documentation's example


def test_the_example_of_the_documentation(tmp_path, pow_):
    page = (Path(__file__).parents[2] / "docs" / "backend.md").read_text()
    source, more, _ = re.findall(r"^```c\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    more = more.replace("(void)\n{", "(PyObject *self, PyObject *args)\n{\n    (void)self; (void)args;")
    source = source.replace('METH_VARARGS, NULL}, {NULL', 'METH_VARARGS, NULL}, '
                            '{"points", signature_of_points, METH_NOARGS, NULL}, {NULL')
    (tmp_path / "power.c").write_text(source.replace("static PyMethodDef", more + "\nstatic PyMethodDef"))
    extensions.compile_files(tmp_path / "power.so", [tmp_path / "power.c"], "-std=c11")
    module = extensions.load("power", tmp_path / "power.so")
    power = module.power
    assert power(pow_, 2, 10) == 1024.0
    assert module.points() is CIF(c.double, [c.ptr(POINT), POINT])
    closure = DOUBLE2.closure(lambda x, y: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        power(closure.address, 1, 2)


def test_the_small_runtime_of_the_documentation(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "backend.md").read_text()
    source = re.search(r"^## A small runtime\n.*?^```c\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
    (tmp_path / "runtime.c").write_text(source)
    for name, *flags in ("c", "-std=c11"), ("cpp", "-x", "c++", "-std=c++11"):
        extensions.compile_files(tmp_path / f"{name}.so", [tmp_path / "runtime.c"], *flags, cxx=name == "cpp")
        sort = extensions.load("runtime", tmp_path / f"{name}.so").sort
        numbers = [3, -1, 2, 3, 0]
        in_order, calls = sort(numbers)
        assert in_order == sorted(numbers) and calls >= 4 and sort([]) == ([], 0)
        with pytest.raises(TypeError):
            sort(["3"])
        with pytest.raises(ValueError, match="too many"):
            sort(range(101))


def test_every_function_is_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "backend.md").read_text()
    header = (Path(libffi.get_include()) / "libffi" / "libffi_api.h").read_text()
    declarations = (Path(libffi.get_include()) / "libffi" / "__init__.pxd").read_text()
    functions = set(re.findall(r"^static inline .*?(libffi_\w+)\(", header, re.MULTILINE))
    assert len(functions) == 55
    assert [name for name in functions if f"{name}" not in page or f"{name}(" not in declarations] == []
    names = set(re.findall(r"\bLIBFFI_[A-Z0-9_]+\b", header))
    enumerated = {name for name in names if re.match(r"LIBFFI_(?!API|MODULE$|H$)", name)}
    assert [name for name in enumerated if name not in declarations] == []


# ---- leaks


def test_nothing_leaks(api, pow_, callbacks):
    data = [struct.pack("d", 2), struct.pack("d", 10)]

    def once():
        cif = api.cif_from_codes(CODE["double"], [CODE["double"]] * 2, -1, int(ABI.DEFAULT))
        api.handle(cif)
        for how in HOW:
            api.call(how, cif, pow_, data, 0)
        api.exchange(cif, pow_, data, RELEASE)
        api.answerer(cif, bytes(8))
        api.closure_from_callable(INT, abs).close()
        api.store(c.string, "four", WORD, 1)
        api.look(POINT), api.field(POINT, 0), api.features(), api.abis()

    def count():
        gc.collect()
        return sys.getrefcount(DOUBLE2), sys.getrefcount(c.double), sys.getrefcount(POINT)

    once()
    before = count()
    for _ in range(50):
        once()
    assert count() == before


def test_library_is_the_users_to_keep(api):
    """Addresses are bare: documented, and true for a library that lives."""
    library = Library("m")
    assert struct.unpack("d", api.call("call", DOUBLE2, library.symbol("pow"), [struct.pack("d", 3)] * 2, 0)) == (27.0,)
