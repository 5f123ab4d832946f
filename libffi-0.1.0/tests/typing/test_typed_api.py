"""What type checkers see of the public API: checked by mypy --strict, and run, so that it is also true."""
import enum
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, assert_type

import libffi
from libffi import ABI, CIF, Array, Closure, Function, Library, Memory, Pointer, Struct, Type, Value, c, closure
from libffi.annotations import Complex, Floating, Integer

# What a checker must refuse is marked `type: ignore`; strict mode reports ignores that are not needed.


class Color(enum.IntEnum):
    RED = 0
    BLUE = 2


def test_scalars() -> None:
    integer: Type[int, Integer] = c.int     # to checkers it is a class, too: see annotated()
    number: Type[float, Floating] = c.double
    pair: Type[complex, Complex] = c.complex_float
    assert all(isinstance(scalar, Type) for scalar in (integer, number, pair))
    for scalar in c.int, c.double:
        assert_type(scalar.new().value, int | float)
    argtypes = [c.int, c.double]
    assert_type(Library(None).function("abs", c.int, argtypes)(1, 2), int)
    assert_type(c.bool.read(b"1"), bool)
    assert_type(c.char.read(b"1"), bytes)
    assert_type(c.wchar_t.read(bytes(4)), str)
    assert_type(c.exact(c.longdouble).new(1).value, Decimal)
    anything: list[Type] = [c.int, c.double, c.string, c.pointer, c.ptr(c.int), c.array(c.int, 3), c.void]
    assert all(isinstance(kind, Type) for kind in anything)
    assert_type(c.double(2), Value[float])
    assert_type(c.double(2).value, float)
    assert_type(c.double(2).type, Type[float])
    assert_type(c.bool(1).value, bool)
    assert isinstance(c.double(2), Value) and isinstance(c.double(2).value, float)
    assert isinstance(c.bool(1).value, bool) and isinstance(c.char(65).value, bytes)


def test_the_type_itself() -> None:
    point = c.struct("point", x=c.int, y=c.int)
    kind: Type[Struct] = point
    assert_type(c.int.name, str)
    assert_type(c.int.item, Type | Any)
    assert_type(point.offsets["y"], int)
    assert_type(point.fields["y"], Type)
    total: int = c.int.size * 2 + point.alignment
    assert total == 12 and kind is point and c.int.kind == "signed" and point.kind == "struct"
    if TYPE_CHECKING:
        Type()
        Type("int")  # type: ignore[arg-type]
        c.int.size = 8  # type: ignore[misc]
        assert c.int.kind == "strutc"  # type: ignore[comparison-overlap]


def test_memory() -> None:
    number = c.int.new(7)
    assert_type(number, Memory[int, Integer])
    assert_type(number.value, int)
    number.value = c.int(8)
    with number as same:
        assert_type(same, Memory[int, Integer])
        assert isinstance(same.value, int) and same.value == 8
    view = memoryview(c.int.new(1))
    assert_type(view.nbytes, int)
    assert_type(c.int.at(c.int.new(3)).value, int)
    assert_type(c.int.read(bytes(4)), int)
    assert view.nbytes == 4 and c.int.read(bytes(4)) == 0


def test_arrays() -> None:
    numbers = c.array(c.double, 3).new([1, 2, 3])
    assert_type(numbers, Array[float, Floating])
    assert_type(numbers[0], float)
    assert_type(numbers[0:2], list[float])
    assert_type(list(numbers), list[float])
    numbers[0] = 5
    numbers[1:] = [6, 7]
    assert isinstance(numbers, Array) and isinstance(numbers[0:2], list) and sum(numbers) == 18
    text = c.array(c.char, 8).new(b"hello")
    assert_type(text[0], bytes)
    assert_type(text[0:2], bytes)
    assert text[0:2] == b"he" and text.value == b"hello"
    grid = c.array(c.array(c.int, 2), 2)()
    assert_type(grid[0], Array[int])
    assert isinstance(grid[0], Array) and grid[0][1] == 0


def test_structs() -> None:
    point = c.struct("point", [("x", c.double), ("y", c.double)], _pack_=1)
    p = point.new(x=1, y=2)
    own: list[Struct] = [p, point((1, 2))]
    x: float = p.x
    p.y = 3
    assert all(isinstance(each, Struct) for each in own) and x == 1.0
    tagged = c.struct("tagged", type=c.int, size=c.int)(type=4, size=5)
    tagged.type = tagged.type + tagged.size  # fields, not the attributes of memory
    assert tagged.type == 9


def test_pointers() -> None:
    numbers = c.array(c.int, 3).new([1, 2, 3])
    p = c.ptr(c.int)(numbers)
    kinds: list[Type[Pointer[int]]] = [c.ptr(c.int), c.ptr(c.long)]
    assert_type(p, Pointer[int, Integer])
    given: Pointer[int] = p     # takes ints only
    assert_type(p[0], int)
    assert_type(p.value, int)
    assert_type(p[0:2], list[int])
    assert_type((p + 2)[0], int)
    assert_type((p + 2) - p, int)
    assert_type(p.type.new().value, Pointer[int, Integer])
    assert isinstance(given, Pointer) and given.type is kinds[0]
    assert (p + 2) - p == 2 and (p + 2)[0] == 3 and p[0:2] == [1, 2]
    assert_type(c.ptr(c.ptr(c.int))(c.ptr(c.int).new(p))[0][0], int)
    text = c.ptr(c.char, const=True)(b"abc")
    assert_type(text[0:2], bytes)
    assert text[0:2] == b"ab"
    assert_type(c.pointer.new().value, Pointer[None] | None)
    assert_type(c.ptr(c.void, const=True).new().value, Pointer[None] | None)
    assert c.ptr(c.void) is c.pointer and c.pointer.new().value is None
    assert_type(c.ptr(c.string)(c.string.new("text")).value, str | None)
    assert isinstance(c.pointer(5), Pointer)
    if TYPE_CHECKING:
        p["x"]  # type: ignore[call-overload]
        Pointer(5)  # type: ignore[arg-type]
        c.ptr(int)  # type: ignore[type-var]


def test_enums_functions_and_parameters() -> None:
    color = c.enum(Color)
    assert_type(color.new().value, Color | int)
    assert color.new(Color.BLUE).value is Color.BLUE and color.new(1).value == 1
    assert_type(c.func(CIF(c.int)).new().value, Function | None)
    assert c.func(CIF(c.int)).new().value is None
    made = c.func(CIF(c.int)).cif.closure(lambda: 3)
    assert made() == 3
    assert_type(c.out(c.int).item, Type | Any)
    if TYPE_CHECKING:
        c.enum(str)  # type: ignore[type-var]
        c.exact(c.string)  # type: ignore[arg-type]


def test_cifs() -> None:
    cif = CIF(c.int, [c.pointer, c.size_t, c.string, ...])
    assert_type(cif.argtypes, tuple[Type, ...])
    assert_type(cif.abi, ABI)
    assert_type(cif.nfixed, int)
    abi: ABI = ABI.DEFAULT
    assert isinstance(cif.argtypes, tuple) and isinstance(cif.abi, ABI) and cif.abi == abi
    if TYPE_CHECKING:
        abi = ABI.UNIX64 or ABI.WIN64 or ABI.SYSV or ABI.STDCALL  # those of other platforms too
        abi = ABI.UNIX32  # type: ignore[attr-defined]
        CIF(int)  # type: ignore[arg-type]
        CIF(c.int, [int])  # type: ignore[list-item]
        cif.bind("address")  # type: ignore[arg-type]
        cif.bind(1, gil="keep")  # type: ignore[arg-type]
        cif.variadic = False  # type: ignore[misc]


def test_functions() -> None:
    libm = Library("m")
    pow = libm.function("pow", c.double, [c.double, c.double], gil="hold")
    function: Function = pow
    assert_type(pow.cif, CIF)
    assert_type(pow.library, Library | None)
    assert_type(pow.gil, Literal["release", "hold"])
    assert_type(pow(2, 3), float)
    known: Callable[[float, float], float] = pow
    assert_type(known(2, 3), float)
    result: float = pow.call(2.0, 3.0)
    assert isinstance(function, Function) and pow.library is libm and known(2, 3) == 8.0 == result
    cos = libm.function("cos", c.double, [c.double])
    out = c.array(c.double, 2).new()
    same = cos.map(out, out=out)
    assert_type(same, Array[float, Floating])
    assert same is out and out[0] == 1.0
    if TYPE_CHECKING:
        libm.function("pow", float, [])  # type: ignore[call-overload]
        libm.function("pow", c.double, gli="hold")  # type: ignore[call-overload]
        libm.declare("int f(void);", gil=True)  # type: ignore[arg-type]
        pow.errcheck = print  # type: ignore[misc]


def test_errcheck() -> None:
    def check(result: int, function: Function, arguments: tuple[Any, ...]) -> str:
        return f"{function.name}{arguments}: {result}"

    abs = Library(None).function("abs", c.int, [c.int], errcheck=check)
    assert abs(-2) == "abs(-2,): 2"
    with_a_tuple = Library(None).function("abs", c.int, (c.int,), errcheck=check)
    assert_type(with_a_tuple(-3), str)
    assert with_a_tuple(-3) == "abs(-3,): 3"


def test_memory_of_a_pointer() -> None:
    ints, place = c.array(c.int, 2).new([3, 4]), c.ptr(c.int).new()
    place.value = c.ptr(c.int)(ints)
    assert_type(place.value[1], int)
    assert place.value[1] == c.ptr(c.int).at(place.address).value[1] == 4


def test_closures() -> None:
    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)], on_error=-1)
    def compare(a: Pointer[int], b: Pointer[int]) -> int:
        return a[0] - b[0]

    assert_type(compare, Closure)
    with compare:
        assert_type(compare.address, int)
        compare.retarget(lambda a, b: 0)
    assert compare.closed and compare.callable is None

    cif = CIF(c.int, [c.int])

    @cif.closure
    def one(x: int) -> int:
        return x

    @cif.closure(name="two")
    def two(x: int) -> int:
        return 2 * x

    assert_type(one, Closure)
    assert_type(two, Closure)
    assert_type(cif.closure(lambda x: x), Closure)
    assert_type(cif.call(two, 4), Any)
    assert cif.call(two, 4) == 8 and two(3) == 6
    if TYPE_CHECKING:
        closure(c.int, on_eror=0)  # type: ignore[call-overload]
        cif.closure(5)  # type: ignore[call-overload]


def test_raw() -> None:
    cif = CIF(c.int, [c.int])
    abs = Library(None).symbol("abs")
    result, argument = bytearray(8), c.int.new(-5)
    cif.call_raw(abs, result, [argument])
    assert_type(c.int.read(result), int)
    assert_type(cif.exchange_offsets, tuple[int, ...])
    assert_type(cif.ptrarray_to_raw([argument]), bytearray)
    assert c.int.read(result) == 5 and len(cif.exchange_offsets) == 2


def test_libraries() -> None:
    with Library(None) as libc:
        assert_type(libc, Library)
        assert_type(libc.symbol("abs"), int)
        assert_type(libc.path, str | None)
        libc.declare("int abs(int);", gil="hold")
        assert_type(libc.abs(-1), Any)
        assert_type(libc.variable("environ", c.pointer).value, Pointer[None] | None)
        assert_type(libc.variable("stdout", c.array(c.char, 1))[0], bytes)
        assert libc.abs(-1) == 1
    assert_type(libc.closed, bool)
    try:
        libc.declare("int f(")
    except libffi.DeclarationError as error:
        assert_type(error.line, int | None)
        assert error.line == 1
    except ValueError:
        pass  # it is closed


def test_helpers() -> None:
    text = c.array(c.char, 4).new(b"abc")
    assert_type(libffi.string_at(text), bytes)
    assert_type(libffi.string_at(text, 2), bytes)
    assert_type(libffi.addressof(text), int)
    assert_type(libffi.sizeof(text), int)
    assert_type(libffi.sizeof(c.int), int)
    assert_type(libffi.typeof(c.int(3)), Type[int])
    assert_type(libffi.typeof(c.ptr(c.char)(text)), Type[Pointer[bytes]])
    assert_type(libffi.struct_offsets(c.struct("s", x=c.int)), tuple[int, ...])
    assert_type(libffi.get_errno(), int)
    assert_type(libffi.get_include(), str)
    assert libffi.string_at(text, 2) == b"ab" and libffi.typeof(c.int(3)) is c.int
    if TYPE_CHECKING:
        libffi.string_at("text")  # type: ignore[arg-type]
        libffi.addressof(3)  # type: ignore[arg-type]
        libffi.sizeof(3)  # type: ignore[arg-type]


def test_features() -> None:
    have = libffi.features()
    strings = [have["version"], have["build_version"], have["linkage"], have["default_abi"], have["long_double"]]
    assert_type(strings, list[str])
    numbers = [have["version_number"], have["closure_size"], have["pointer_size"]]
    assert_type(numbers, list[int])
    flags = [
        have["call_plan"], have["int128"], have["complex"], have["vectors"], have["static_trampolines"],
        have["go_closures"], have["raw_api"], have["native_raw_api"], have["char_signed"], have["wchar_signed"],
    ]
    assert_type(flags, list[bool])
    tuples = [have["abis"], have["patches"]]
    assert_type(tuples, list[tuple[str, ...]])
    assert_type(have["byteorder"], Literal["little", "big"])
    assert {*map(type, strings)} == {str} and {*map(type, numbers)} == {int} and {*map(type, flags)} == {bool}
    assert len(have) == len(strings) + len(numbers) + len(flags) + len(tuples) + 1
    if TYPE_CHECKING:
        have["int256"]  # type: ignore[typeddict-item]


def takes_all(  # every generic class without its parameters is fine in strict mode
    type: Type, value: Value, memory: Memory, array: Array, struct: Struct, pointer: Pointer, function: Function
) -> None:
    pass


def test_generic_classes_at_run_time() -> None:
    classes: list[Any] = [Type, Value, Memory, Array, Pointer, Function]
    for cls in classes:
        assert cls[int].__origin__ is cls
