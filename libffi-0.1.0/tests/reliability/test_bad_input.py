"""Wrong uses: each is an exact exception class with a message that names the function and the argument.

A row is (use, exception, regular expression of the message). `w` has the functions of tests/c/values.c, by name, and
some memory; after every row the count of calls that C saw must be what it was: nothing bad arrives.
"""
from __future__ import annotations

import array
import enum
import types
from decimal import Decimal

import pytest
from helpers.errors import plain_class

import libffi
from libffi import ABI, CIF, BadABI, BadArgType, BadTypedef, ClosureExpired, LibraryNotFound, SymbolNotFound, c

INT_INT = CIF(c.int, [c.int])
POINT = c.struct("point", x=c.double, y=c.double)
PAIR = c.struct("pair", a=c.int, b=c.short)
MIXED = c.struct("mixed", tag=c.char, weight=c.double, counts=c.array(c.int, 3), inner=PAIR)
FLAGS = c.struct("flags", [("a", c.bits(c.uint, 3)), ("b", c.bits(c.int, 5))])
OPAQUE = c.struct("opaque")


class Color(enum.IntEnum):
    RED = 0
    GREEN = 5


class NotAnInt:
    def __index__(self):
        return "seven"


class Raises:
    def __index__(self):
        raise LookupError("from __index__")


SIGNATURES = {
    "nothing": (c.void, []),
    "echo_pointer": (c.pointer, [c.pointer]),
    "echo_string": (c.string, [c.string]),
    "length": (c.size_t, [c.bytes]),
    "wide_length": (c.size_t, [c.wstring]),
    "sum_doubles": (c.double, [c.ptr(c.double, const=True), c.int]),
    "fill_ints": (c.void, [c.ptr(c.int), c.int]),
    "read_int": (c.int, [c.ptr(c.int, const=True)]),
    "divide": (c.int, [c.int, c.int, c.out(c.int), c.out(c.int)]),
    "add_one": (c.void, [c.inout(c.int)]),
    "distance2": (c.double, [c.ref(POINT), c.ref(POINT)]),
    "echo_point": (POINT, [POINT]),
    "echo_mixed": (MIXED, [MIXED]),
    "echo_color": (c.enum(Color), [c.enum(Color)]),
    "record": (c.int, [c.pointer, c.string, ...]),
    "sum_longs": (c.long, [c.int, ...]),
}
SCALARS = """bool char schar uchar short ushort int uint long ulong longlong ulonglong int8 uint8 int16 uint16 int32
    uint32 int64 uint64 size_t ssize_t ptrdiff_t intptr_t uintptr_t intmax_t uintmax_t wchar_t char16_t char32_t float
    double longdouble complex_float complex_double complex_longdouble""".split()
SIGNATURES |= {f"echo_{name}": (getattr(c, name), [getattr(c, name)]) for name in SCALARS}


@pytest.fixture(scope="module")
def w(values, libm, compile_c):
    """The world that the rows of the table use."""
    w = types.SimpleNamespace(**{
        name: values.function(name, *signature) for name, signature in SIGNATURES.items()})
    w.lib, w.calls = values, values.variable("calls", c.int)
    w.cos = libm.function("cos", c.double, [c.double])
    w.pow = libm.function("pow", c.double, [c.double, c.double])
    w.hundred = c.array(c.int, 100).new()
    w.shorts = c.array(c.short, 4).new()
    w.closure = INT_INT.closure(abs)
    w.through = INT_INT.bind(w.closure.address, "through")
    return w


def closed(memory):
    memory.close()
    return memory


def expired():
    """The address of a closure that is no more."""
    closure = INT_INT.closure(abs)
    address = closure.address
    closure.close()
    return address


def closed_library():
    library = libffi.Library("m")
    function = library.function("cos", c.double, [c.double])
    library.close()
    return library, function


def returns(T, value, argtypes=(), arguments=()):
    """Call a closure whose callable, named wrong_result, gives a wrong result."""
    def wrong_result(*args):
        return value

    cif = CIF(T, argtypes)
    return cif.call(cif.closure(wrong_result), *arguments)


def refer_to_itself():
    T = c.struct("loop")
    T.define(x=c.int, again=T)


def refer_to_each_other():
    a, b = c.struct("hen"), c.struct("egg")
    a.define(x=c.array(b, 2))
    b.define(y=a)
    return b.new()


def limits(T):
    bits = 8 * T.size
    return (-1 << bits - 1, (1 << bits - 1) - 1) if T.kind == "signed" else (0, (1 << bits) - 1)


# ---- the number of arguments

COUNTS = {
    "none instead of two": (lambda w: w.pow(), TypeError, r"^pow\(\) takes 2 arguments, got 0$"),
    "one instead of two": (lambda w: w.pow(2.0), TypeError, r"^pow\(\) takes 2 arguments, got 1$"),
    "three instead of two": (lambda w: w.pow(1, 2, 3), TypeError, r"^pow\(\) takes 2 arguments, got 3$"),
    "one argument": (lambda w: w.cos(), TypeError, r"^cos\(\) takes 1 argument, got 0$"),
    "one instead of none": (lambda w: w.nothing(1), TypeError, r"^nothing\(\) takes (0|no) arguments, got 1$"),
    "through .call": (lambda w: w.pow.call(2.0), TypeError, r"^pow\(\) takes 2 arguments, got 1$"),
    "through cif.call": (lambda w: w.pow.cif.call(w.pow.address, 1.0), TypeError, r"takes 2 arguments, got 1$"),
    "variadic": (lambda w: w.record(), TypeError, r"^record\(\) takes at least 2 arguments, got 0$"),
    "variadic, one": (lambda w: w.record(None), TypeError, r"^record\(\) takes at least 2 arguments, got 1$"),
    "with out": (lambda w: w.divide(1), TypeError, r"^divide\(\) takes 2 arguments, got 1$"),
    "out given": (lambda w: w.divide(1, 2, 3, 4), TypeError, r"^divide\(\) takes 2 arguments, got 4$"),
    "keyword": (lambda w: w.cos(x=1.0), TypeError, r"^cos\(\) takes no keyword arguments$"),
    "keyword too many": (lambda w: w.cos(1.0, y=2), TypeError, r"^cos\(\) takes no keyword arguments$"),
    "keyword of .call": (lambda w: w.cos.call(x=1.0), TypeError, r"keyword"),
    "map of nothing": (lambda w: w.cos.map(), TypeError, r"^cos\(\) takes 1 argument, got 0$"),
    "map of too many": (lambda w: w.cos.map(array.array("d", [1]), array.array("d", [1])), TypeError, r"^cos"),
}

# ---- integers: each width, below and above, and what is no integer

INTEGERS = [name for name in SCALARS if getattr(c, name).kind in ("signed", "unsigned")]


def overflow(name, value):
    T = getattr(c, name)
    low, high = limits(T)
    message = rf"^echo_{name}\(\) argument 1: {value} is out of range for {T.name} \({low} to {high}\)$"
    return lambda w: getattr(w, f"echo_{name}")(value), OverflowError, message


OVERFLOWS = {
    f"{name} {which}": overflow(name, value)
    for name in INTEGERS
    for which, value in (("too small", limits(getattr(c, name))[0] - 1), ("too large", limits(getattr(c, name))[1] + 1))
} | {
    "huge": (lambda w: w.echo_int(1 << 5000), OverflowError, r"^echo_int\(\) argument 1: .*out of range for int"),
    "thousands of digits": (lambda w: w.echo_longlong(-(1 << 20000)), OverflowError, r"^echo_longlong\(\) argument 1"),
    "char too large":
        (lambda w: w.echo_char(256), OverflowError, r"^echo_char\(\) argument 1: 256 is out of range for char"),
    "char too small": (lambda w: w.echo_char(-129), OverflowError, r"^echo_char\(\) argument 1: -129 is out of range"),
    "bool 2": (lambda w: w.echo_bool(2), OverflowError, r"^echo_bool\(\) argument 1: 2 is out of range for _Bool"),
    "bool -1": (lambda w: w.echo_bool(-1), OverflowError, r"^echo_bool\(\) argument 1: -1 is out of range for _Bool"),
    "double": (lambda w: w.cos(10**400), OverflowError, r"^cos\(\) argument 1: "),
    "float": (lambda w: w.echo_float(10**400), OverflowError, r"^echo_float\(\) argument 1: "),
    "complex": (lambda w: w.echo_complex_double(10**400), OverflowError, r"^echo_complex_double\(\) argument 1: "),
    "enum":
        (lambda w: w.echo_color(1 << 40), OverflowError, r"^echo_color\(\) argument 1: 1099511627776 is out of range"),
    "pointer": (lambda w: w.echo_pointer(1 << 64), OverflowError, r"^echo_pointer\(\) argument 1: "),
    "negative pointer": (lambda w: w.echo_pointer(-(1 << 63) - 1), OverflowError, r"^echo_pointer\(\) argument 1: "),
    "char16_t": (lambda w: w.echo_char16_t("\U0001F600"), OverflowError, r"^echo_char16_t\(\) argument 1: .*char16_t"),
    "char32_t": (lambda w: w.echo_char32_t(1 << 32), OverflowError, r"^echo_char32_t\(\) argument 1: .*char32_t"),
    "through .call": (lambda w: w.echo_int8.call(300), OverflowError,
                      r"^echo_int8\(\) argument 1: 300 is out of range for int8_t \(-128 to 127\)$"),
    "through cif.call": (lambda w: w.echo_int8.cif.call(w.echo_int8.address, 300), OverflowError,
                         r"argument 1: 300 is out of range for int8_t"),
    "second argument": (lambda w: w.divide(1, 1 << 31), OverflowError, r"^divide\(\) argument 2: 2147483648 is out of"),
    "inout":
        (lambda w: w.add_one(1 << 31), OverflowError, r"^add_one\(\) argument 1: 2147483648 is out of range for int"),
    "value": (lambda w: c.uint8(256), OverflowError, r"256 is out of range for uint8_t \(0 to 255\)$"),
    "new": (lambda w: c.uint8.new(-1), OverflowError, r"-1 is out of range for uint8_t \(0 to 255\)$"),
    "item": (lambda w: w.shorts.__setitem__(0, 40000), OverflowError, r"40000 is out of range for short"),
    "item of a pointer": (lambda w: c.ptr(c.short)(w.shorts).__setitem__(0, 40000), OverflowError, r"40000 is out of"),
    "item of an initializer":
        (lambda w: c.array(c.int8, 3).new([1, 200, 3]), OverflowError, r"200 is out of range for int8_t"),
    "field": (lambda w: setattr(PAIR.new(), "b", 40000), OverflowError, r"40000 is out of range for short"),
    "field of an initializer": (lambda w: PAIR.new(b=40000), OverflowError, r"b.*40000 is out of range for short"),
    "bit-field": (lambda w: FLAGS.new(a=8), OverflowError, r"8 is out of range"),
    "bit-field below": (lambda w: setattr(FLAGS.new(), "b", -17), OverflowError, r"-17 is out of range"),
}


def wrong_type(name, value, got):
    T = getattr(c, name)
    message = rf"^echo_{name}\(\) argument 1: expected {T.name}.* {got}"
    return lambda w: getattr(w, f"echo_{name}")(value), TypeError, message


NOT_INTEGERS = {
    f"{got} for {name}": wrong_type(name, value, got)
    for name, value, got in [
        ("int", 1.0, "float"), ("int", "1", "str"), ("int", b"1", "bytes"), ("int", None, "NoneType"),
        ("int", 1j, "complex"), ("int", [1], "list"), ("int", Decimal(1), "decimal.Decimal|Decimal"),
        ("uint", 2.5, "float"), ("long", 2.0, "float"), ("longlong", "5", "str"), ("size_t", 1.0, "float"),
        ("int8", 1.0, "float"), ("uint8", b"a", "bytes"), ("int16", None, "NoneType"), ("uint64", 1e3, "float"),
        ("bool", "x", "str"), ("bool", None, "NoneType"), ("bool", 1.0, "float"),
        ("char", "a", "str"), ("char", None, "NoneType"), ("char", 1.5, "float"),
        ("wchar_t", b"a", "bytes"), ("wchar_t", None, "NoneType"),
        ("char16_t", 1.5, "float"), ("char32_t", b"a", "bytes"),
        ("float", "1", "str"), ("double", "1", "str"), ("double", None, "NoneType"), ("double", 1j, "complex"),
        ("double", b"1", "bytes"), ("longdouble", "1", "str"), ("longdouble", None, "NoneType"),
        ("complex_double", "1j", "str"), ("complex_float", None, "NoneType"), ("complex_longdouble", [1], "list"),
    ]
} | {
    "two bytes for a char":
        (lambda w: w.echo_char(b"ab"), ValueError, r"^echo_char\(\) argument 1: expected char.* 2 bytes"),
    "no byte for a char":
        (lambda w: w.echo_char(b""), ValueError, r"^echo_char\(\) argument 1: expected char.* 0 bytes"),
    "two characters":
        (lambda w: w.echo_wchar_t("ab"), ValueError, r"^echo_wchar_t\(\) argument 1: expected wchar_t.* 2 char"),
    "no character":
        (lambda w: w.echo_char16_t(""), ValueError, r"^echo_char16_t\(\) argument 1: expected char16_t.* 0 char"),
    "__index__ that gives a str": (lambda w: w.echo_int(NotAnInt()), TypeError, r"__index__"),
    "__index__ that raises": (lambda w: w.echo_int(Raises()), LookupError, r"^from __index__"),
    "str for an enum":
        (lambda w: w.echo_color("RED"), TypeError, r"^echo_color\(\) argument 1: expected .*Color.* str"),
    "float for an enum":
        (lambda w: w.echo_color(5.0), TypeError, r"^echo_color\(\) argument 1: expected .*Color.* float"),
    "str for double": (lambda w: w.pow(2.0, "ten"), TypeError, r"^pow\(\) argument 2: expected double, got str$"),
    "a value of another type":
        (lambda w: w.echo_short(c.double(1.5)), TypeError, r"^echo_short\(\) argument 1: .*short"),
    "a struct for an int": (lambda w: w.echo_int(POINT.new()), TypeError, r"^echo_int\(\) argument 1: expected int"),
}

# ---- strings and pointers

POINTERS = {
    "int for a string":
        (lambda w: w.echo_string(5.5), TypeError, r"^echo_string\(\) argument 1: expected const char \*, got float"),
    "list for a string":
        (lambda w: w.echo_string(["a"]), TypeError, r"^echo_string\(\) argument 1: expected const char \*, got list"),
    "str for bytes": (lambda w: w.length("text"), TypeError, r"^length\(\) .* 1: expected const char \*, got str"),
    "bytes for a wide string":
        (lambda w: w.wide_length(b"x"), TypeError, r"^wide_length\(\) argument 1: expected const wchar_t \*"),
    "NUL in a str": (lambda w: w.echo_string("a\0b"), ValueError, r"^echo_string\(\) argument 1: embedded NUL"),
    "NUL in bytes": (lambda w: w.length(b"a\0b"), ValueError, r"^length\(\) argument 1: embedded NUL"),
    "NUL in a wide string": (lambda w: w.wide_length("a\0b"), ValueError, r"^wide_length\(\) argument 1: embedded NUL"),
    "surrogate in a string": (lambda w: w.echo_string("\ud800"), UnicodeEncodeError, r"surrogates not allowed"),
    "NUL in a variadic str":
        (lambda w: w.record(None, "s", "a\0b"), ValueError, r"^record\(\) argument 3: embedded NUL"),
    "float for a pointer":
        (lambda w: w.echo_pointer(1.5), TypeError, r"^echo_pointer\(\) argument 1: expected void \*, got float"),
    "str for a pointer":
        (lambda w: w.echo_pointer("x"), TypeError,
         r"^echo_pointer\(\) argument 1: expected void \*, got str \(c\.string takes it; or pass bytes\)$"),
    "list for a pointer":
        (lambda w: w.fill_ints([1, 2], 2), TypeError,
         r"^fill_ints\(\) argument 1: expected int \*, got list \(pass memory: c\.array\(T, n\)\.new\(it\)\)$"),
    "a closure of another signature":
        (lambda w: CIF(c.int, [c.func(CIF(c.void))]).bind(1, "f")(w.closure), TypeError,
         r"1: expected void \(\*\)\(void\), got a closure int \(int\) "
         r"\(if that is meant, cast it: c\.func\(cif\)\(its \.address\)\)$"),
    "dict for a pointer to a struct":
        (lambda w: CIF(c.int, [c.ptr(POINT)]).bind(1, "f")({"x": 1}), TypeError,
         r"1: expected struct point \*, got dict \(pass memory: T\.new\(it\) or c\.array\(T, n\)\.new\(it\)\)$"),
    "a pointer to another type":
        (lambda w: w.fill_ints(c.double.new(), 1), TypeError,
         r"1: expected int \*, got a pointer to double \(if that is meant, cast it: c\.ptr\(T\)\(it\)\)$"),
    "a typed number for a pointer":
        (lambda w: w.fill_ints(c.int(5), 1), TypeError,
         r"1: expected int \*, got a typed int \(for memory that holds it: T\.new\(it\)\)$"),
    "a typed number for void *":
        (lambda w: w.echo_pointer(c.size_t(5)), TypeError, r"expected void \*, got a typed size_t"),
    "a typed number for a string": (lambda w: w.echo_string(c.long(5)), TypeError, r"got a typed long"),
    "a typed number for a pointer in memory":
        (lambda w: c.ptr(c.int).new(c.int(5)), TypeError, r"expected int \*, got a typed int"),
    "str for const void *":
        (lambda w: CIF(c.int, [c.ptr(c.void, const=True)]).bind(1, "f")("x"), TypeError,
         r"^f\(\) argument 1: expected const void \*, got str \(c\.string takes it; or pass bytes\)$"),
    "a callable for a pointer":
        (lambda w: w.echo_pointer(abs), TypeError, r"^echo_pointer\(\) argument 1: expected void \*"),
    "bytes to a writable pointer":
        (lambda w: w.fill_ints(b"12345678", 2), TypeError, r"^fill_ints\(\) argument 1: .*writable"),
    "read-only buffer to a writable pointer":
        (lambda w: w.fill_ints(memoryview(b"12345678"), 2), TypeError, r"^fill_ints\(\) argument 1: .*writable"),
    "read-only array to a writable pointer":
        (lambda w: w.fill_ints(memoryview(array.array("i", [1, 2])).toreadonly(), 2), TypeError,
         r"argument 1: .*writable"),
    "items of another type":
        (lambda w: w.fill_ints(w.shorts, 2), TypeError, r"^fill_ints\(\) argument 1: expected int \*.*short"),
    "a pointer of another type":
        (lambda w: w.fill_ints(c.ptr(c.short)(w.shorts), 2), TypeError,
         r"^fill_ints\(\) argument 1: expected int \*.*short"),
    "buffer of another type":
        (lambda w: w.fill_ints(array.array("d", [1, 2]), 2), TypeError,
         r"^fill_ints\(\) argument 1: expected int \*.*'d'"),
    "floats for doubles":
        (lambda w: w.sum_doubles(array.array("f", [1, 2]), 2), TypeError,
         r"^sum_doubles\(\) argument 1: expected .*double"),
    "a struct of another type":
        (lambda w: w.distance2(PAIR.new(), (1, 2)), TypeError, r"^distance2\(\) argument 1: expected .*point"),
    "strided buffer":
        (lambda w: w.fill_ints(memoryview(array.array("i", range(8)))[::2], 2), ValueError,
         r"argument 1: .*contiguous"),
    "const to a writable pointer":
        (lambda w: w.fill_ints(c.ptr(c.int, const=True)(w.hundred), 2), TypeError,
         r"^fill_ints\(\) argument 1: .*const"),
    "too small a buffer for an item":
        (lambda w: w.fill_ints(bytearray(3), 0), ValueError,
         r"^fill_ints\(\) argument 1: expected at least 4 bytes for int"),
    "closed memory":
        (lambda w: w.fill_ints(closed(c.int.new()), 1), ValueError, r"^fill_ints\(\) argument 1: .*closed"),
    "closed memory as void *":
        (lambda w: w.echo_pointer(closed(c.int.new())), ValueError, r"^echo_pointer\(\) argument 1: .*closed"),
    "closed memory by value":
        (lambda w: w.echo_point(closed(POINT.new())), ValueError, r"^echo_point\(\) argument 1: .*closed"),
    "closed memory by reference":
        (lambda w: w.distance2((0, 0), closed(POINT.new())), ValueError, r"^distance2\(\) argument 2: .*closed"),
    "ref of a wrong value":
        (lambda w: w.distance2((1, 2, 3), (0, 0)), TypeError, r"^distance2\(\) argument 1: .*point"),
    "None by reference":
        (lambda w: w.distance2(None, (0, 0)), TypeError, r"^distance2\(\) argument 1: expected .*point"),
    "pointer type of a float": (lambda w: c.ptr(c.int)(1.5), TypeError, r"int \*: .*float"),
    "list for a pointer type": (lambda w: c.ptr(c.double)([1.0]), TypeError, r"double \*: .*list"),
}

# ---- structs

STRUCTS = {
    "tuple too short":
        (lambda w: w.echo_point((1,)), TypeError, r"^echo_point\(\) argument 1: expected struct point \(2 fields\)"),
    "tuple too long":
        (lambda w: w.echo_point((1, 2, 3)), TypeError, r"^echo_point\(\) argument 1: expected struct point.* 3 "),
    "empty tuple": (lambda w: w.echo_point(()), TypeError, r"^echo_point\(\) argument 1: expected struct point.* 0 "),
    "dict with a stranger":
        (lambda w: w.echo_point({"z": 1}), TypeError, r"^echo_point\(\) argument 1: struct point has no field 'z'"),
    "dict with a key that is no str": (lambda w: w.echo_point({1: 1}), TypeError, r"^echo_point\(\) argument 1: .*1"),
    "number": (lambda w: w.echo_point(5), TypeError, r"^echo_point\(\) argument 1: expected struct point, got int"),
    "None":
        (lambda w: w.echo_point(None), TypeError, r"^echo_point\(\) argument 1: expected struct point, got NoneType"),
    "str": (lambda w: w.echo_point("xy"), TypeError, r"^echo_point\(\) argument 1: expected struct point, got str"),
    "bytes":
        (lambda w: w.echo_point(b"x" * 16), TypeError, r"^echo_point\(\) argument 1: expected struct point, got bytes"),
    "another struct":
        (lambda w: w.echo_point(PAIR.new()), TypeError, r"^echo_point\(\) argument 1: expected struct point.*pair"),
    "field of a wrong type":
        (lambda w: w.echo_point((1, "y")), TypeError, r"^echo_point\(\) argument 1.*y: expected double, got str"),
    "field of a wrong type in a dict":
        (lambda w: w.echo_point({"x": "1"}), TypeError, r"argument 1.*x: expected double, got str"),
    "nested field":
        (lambda w: w.echo_mixed({"inner": {"b": 1 << 20}}), OverflowError,
         r"^echo_mixed\(\) argument 1.*1048576 is out"),
    "array field too long":
        (lambda w: w.echo_mixed({"counts": [1, 2, 3, 4]}), ValueError, r"^echo_mixed\(\) argument 1.*counts.*3 items"),
    "array field with a wrong item":
        (lambda w: w.echo_mixed({"counts": [1, "2", 3]}), TypeError, r"argument 1.*expected int, got str"),
    "set": (lambda w: w.echo_point({1, 2}), TypeError, r"^echo_point\(\) argument 1: expected struct point, got set"),
    "new with a stranger": (lambda w: POINT.new(z=1), TypeError, r"struct point.*no field 'z'"),
    "new with both": (lambda w: POINT.new((1, 2), x=1), TypeError, r"struct point"),
    "new with two values": (lambda w: POINT.new(1, 2), TypeError, r"struct point"),
    "fields for a scalar": (lambda w: c.int.new(x=1), TypeError, r"int has no fields"),
    "set of a stranger": (lambda w: setattr(POINT.new(), "z", 1), AttributeError, r"z"),
    "read of a stranger": (lambda w: POINT.new().z, AttributeError, r"z"),
    "no struct at all": (lambda w: POINT.new().x.y, AttributeError, r"y"),
    "union from a tuple": (lambda w: c.union("u", i=c.int, d=c.double).new((1, 2)), TypeError, r"union u"),
}

# ---- variadic extras

def unpromoted(T):
    value = T(1)
    return lambda w: w.record(None, "i", value), BadArgType, rf"^record\(\) argument 3: .*{T.name}"


VARIADIC = {
    T.name: unpromoted(T)
    for T in (c.float, c.short, c.ushort, c.schar, c.uchar, c.int8, c.uint8, c.int16, c.uint16, c.bool, c.char,
              c.char16_t)
} | {
    "int too large":
        (lambda w: w.record(None, "i", 1 << 31), OverflowError, r"^record\(\) argument 3: .*2147483648.*c\.long"),
    "int too small":
        (lambda w: w.record(None, "i", -(1 << 40)), OverflowError,
         r"^record\(\) argument 3: .*-1099511627776.*c\.long"),
    "list": (lambda w: w.record(None, "i", [1]), TypeError, r"^record\(\) argument 3: .*list"),
    "tuple": (lambda w: w.record(None, "i", (1, 2)), TypeError, r"^record\(\) argument 3: .*tuple"),
    "object": (lambda w: w.record(None, "ii", 1, object()), TypeError, r"^record\(\) argument 4: .*object"),
    "closed memory":
        (lambda w: w.record(None, "p", closed(c.int.new())), ValueError, r"^record\(\) argument 3: .*closed"),
    "fixed argument":
        (lambda w: w.sum_longs("x", c.long(1)), TypeError, r"^sum_longs\(\) argument 1: expected int, got str"),
}

# ---- addresses, libraries, lifetimes

LIFETIMES = {
    "bind to NULL": (lambda w: INT_INT.bind(0), ValueError, r"NULL"),
    "bind to None": (lambda w: INT_INT.bind(None), (TypeError, ValueError), r"NULL|None"),
    "bind to a str": (lambda w: INT_INT.bind("cos"), TypeError, r"str"),
    "bind to a float": (lambda w: INT_INT.bind(1.5), TypeError, r"float"),
    "bind to a huge address": (lambda w: INT_INT.bind(1 << 64), OverflowError, r"."),
    "named NULL": (lambda w: INT_INT.bind(0, "absent"), ValueError, r"absent.*NULL|NULL.*absent"),
    "call NULL": (lambda w: INT_INT.call(0, 1), ValueError, r"NULL"),
    "call_raw NULL": (lambda w: INT_INT.call_raw(0, bytearray(8), [b"1234"]), ValueError, r"NULL"),
    "NULL function pointer field":
        (lambda w: c.struct("ops", f=c.func(INT_INT)).new().f(1), TypeError, r"NoneType.*not callable"),
    "closed library": (lambda w: closed_library()[1](0.0), ValueError, r"^cos\(\).*closed"),
    "closed library, .call": (lambda w: closed_library()[1].call(0.0), ValueError, r"^cos\(\).*closed"),
    "closed library, map": (lambda w: closed_library()[1].map(array.array("d", [1])), ValueError, r"cos.*closed"),
    "closed library, symbol": (lambda w: closed_library()[0].symbol("cos"), ValueError, r"closed"),
    "closed library, function": (lambda w: closed_library()[0].function("cos", c.double), ValueError, r"closed"),
    "closed library, variable": (lambda w: closed_library()[0].variable("signgam", c.int), ValueError, r"closed"),
    "no such library": (lambda w: libffi.Library("no_such_library_at_all"), LibraryNotFound, r"no_such_library_at_all"),
    "no such path": (lambda w: libffi.Library("/no/such/library.so"), LibraryNotFound, r"/no/such/library\.so"),
    "library of a number": (lambda w: libffi.Library(5), TypeError, r"int"),
    "NUL in a library's name": (lambda w: libffi.Library("a\0b"), ValueError, r"names no library"),
    "no such symbol": (lambda w: w.lib.symbol("no_such_symbol"), SymbolNotFound, r"no_such_symbol"),
    "no such function": (lambda w: w.lib.function("no_such_function", c.int), SymbolNotFound, r"no_such_function"),
    "no such variable": (lambda w: w.lib.variable("no_such_variable", c.int), SymbolNotFound, r"no_such_variable"),
    "symbol of a number": (lambda w: w.lib.symbol(5), TypeError, r"int"),
    "NUL in a symbol": (lambda w: w.lib.symbol("a\0b"), (ValueError, SymbolNotFound), r"."),
    "closed closure, address": (lambda w: INT_INT.call(expired(), 1), ClosureExpired, r"closed"),
    "closed memory, value": (lambda w: closed(c.int.new()).value, ValueError, r"closed"),
    "closed memory, item": (lambda w: closed(c.array(c.int, 3).new())[0], ValueError, r"closed"),
    "closed memory, field": (lambda w: closed(POINT.new()).x, ValueError, r"closed"),
    "closed memory, buffer": (lambda w: memoryview(closed(c.int.new())), ValueError, r"closed"),
    "closed memory, pointer": (lambda w: c.ptr(c.int)(closed(c.int.new())), ValueError, r"closed"),
    "close under a buffer": (lambda w: (m := c.int.new(), memoryview(m), m.close()), BufferError, r"in use|export"),
    "NULL read": (lambda w: c.ptr(c.int)(None)[0], ValueError, r"NULL"),
    "NULL write": (lambda w: c.ptr(c.int)(None).__setitem__(0, 1), ValueError, r"NULL"),
    "NULL value": (lambda w: c.ptr(POINT)(0).value, ValueError, r"NULL"),
    "NULL slice": (lambda w: c.ptr(c.char)(0)[0:5], ValueError, r"NULL"),
    "view of NULL": (lambda w: c.int.at(0), ValueError, r"NULL"),
    "view of None": (lambda w: c.int.at(None), (TypeError, ValueError), r"NULL|None"),
    "string at NULL": (lambda w: libffi.string_at(0), ValueError, r"NULL"),
    "string at None": (lambda w: libffi.string_at(None), ValueError, r"NULL"),
    "string of negative size": (lambda w: libffi.string_at(w.hundred, -1), ValueError, r"-1|negative|size"),
    "string of a size that is no int": (
        lambda w: libffi.string_at(w.hundred, 1.5), TypeError, r"string_at\(\) size: expected int, got float"),
    "wide string of a size that is no int": (
        lambda w: libffi.wstring_at(w.hundred, "1"), TypeError, r"wstring_at\(\) size: expected int, got str"),
    "wide string of more than there can be": (
        lambda w: libffi.wstring_at(w.hundred, 1 << 62), OverflowError, r"wstring_at\(\) size"),
    "wide string at NULL": (lambda w: libffi.wstring_at(0), ValueError, r"NULL"),
    "string at a float": (lambda w: libffi.string_at(1.5), TypeError, r"float"),
    "address of a number": (lambda w: libffi.addressof(5.5), TypeError, r"float"),
    "size of a number": (lambda w: libffi.sizeof(5), TypeError, r"^sizeof\(\): int has no C type$"),
    "type of a number": (lambda w: libffi.typeof(5), TypeError, r"int"),
}

# ---- indexes, lengths, assignment

INDEXES = {
    "past the end": (lambda w: w.hundred[100], IndexError, r"100"),
    "before the start": (lambda w: w.hundred[-101], IndexError, r"-101"),
    "write past the end": (lambda w: w.hundred.__setitem__(100, 1), IndexError, r"100"),
    "huge index": (lambda w: w.hundred[1 << 80], IndexError, r"."),
    "str as an index": (lambda w: w.hundred["0"], TypeError, r"str"),
    "float as an index": (lambda w: w.hundred[1.0], TypeError, r"float"),
    "None as an index": (lambda w: w.hundred[None], TypeError, r"None"),
    "item of a scalar": (lambda w: c.int.new()[0], TypeError, r"Memory.*not subscriptable"),
    "length of a scalar": (lambda w: len(c.int.new()), TypeError, r"Memory.*len"),
    "str as an index of a pointer": (lambda w: c.ptr(c.int)(w.hundred)["0"], TypeError, r"str"),
    "float as an index of a pointer": (lambda w: c.ptr(c.int)(w.hundred)[1.0], TypeError, r"float"),
    "huge index of a pointer": (lambda w: c.ptr(c.int)(w.hundred)[1 << 80], IndexError, r"."),
    "pointer plus a float": (lambda w: c.ptr(c.int)(w.hundred) + 1.5, TypeError, r"float"),
    "pointer plus a pointer": (lambda w: c.ptr(c.int)(w.hundred) + c.ptr(c.int)(w.hundred), TypeError, r"."),
    "pointer minus another type": (lambda w: c.ptr(c.int)(8) - c.ptr(c.short)(8), TypeError, r"."),
    "length of a pointer": (lambda w: len(c.ptr(c.int)(0x1000)), TypeError, r"int \*.*not known"),
    "write through const": (lambda w: c.ptr(c.int, const=True)(w.hundred).__setitem__(0, 1), TypeError, r"const"),
    "slice of another length": (lambda w: w.hundred.__setitem__(slice(0, 3), [1]), ValueError, r"3"),
    "initializer too long": (lambda w: c.array(c.int, 2).new([1, 2, 3]), ValueError, r"int\[2\] \(2 items\), got 3"),
    "initializer no sequence": (lambda w: c.array(c.int, 2).new(5.5), TypeError, r"int\[2\].*float"),
    "wrong item": (lambda w: w.hundred.__setitem__(0, "x"), TypeError, r"expected int, got str"),
    "bytes too long": (lambda w: c.array(c.char, 3).new(b"four"), ValueError, r"char\[3\]"),
    "value too long": (lambda w: setattr(c.array(c.char, 3).new(), "value", b"four"), ValueError, r"char\[3\]"),
    "wide value too long": (lambda w: c.array(c.wchar_t, 3).new("four"), ValueError, r"wchar_t\[3\]"),
    "negative array": (lambda w: c.array(c.int, -1), ValueError, r"-1"),
    "huge array": (lambda w: c.array(c.int, 1 << 62), (ValueError, OverflowError, BadTypedef), r"."),
    "array of a float length": (lambda w: c.array(c.int, 2.5), TypeError, r"float"),
    "read of too few bytes": (lambda w: c.int.read(b"abc"), ValueError, r"int.*4"),
    "read of no buffer": (lambda w: c.int.read(5), TypeError, r"int"),
    "read-only attribute": (lambda w: setattr(w.cos, "address", 5), AttributeError, r"."),
    "incomplete item": (lambda w: c.ptr(OPAQUE)(0x1000)[0], TypeError, r"opaque.*no known size"),
    "arithmetic on incomplete": (lambda w: c.ptr(OPAQUE)(0x1000) + 1, TypeError, r"opaque.*no known size"),
    "new of incomplete": (lambda w: OPAQUE.new(), TypeError, r"opaque.*incomplete"),
    "view of incomplete": (lambda w: OPAQUE.at(0x1000), TypeError, r"opaque.*incomplete"),
    "new of void": (lambda w: c.void.new(), TypeError, r"void"),
    "value of void": (lambda w: c.void(1), TypeError, r"void"),
    "two values": (lambda w: c.int(1, 2), TypeError, r"int"),
    "item of void *": (lambda w: c.pointer(w.hundred)[0], TypeError, r"void"),
}

# ---- types that cannot be

TYPES = {
    "struct without members":
        (lambda w: c.struct("none", []) and CIF(c.int, [c.struct("none", [])]), BadTypedef, r"none"),
    "struct in itself": (lambda w: refer_to_itself(), BadTypedef, r"loop"),
    "structs in each other": (lambda w: refer_to_each_other(), BadTypedef, r"egg|hen"),
    "define twice": (lambda w: POINT.define(x=c.int), TypeError, r"struct point is already complete"),
    "define of a scalar": (lambda w: c.int.define(x=c.int), TypeError, r"int"),
    "void member": (lambda w: c.struct("s", x=c.void), BadTypedef, r"struct s\.x: void"),
    "out member": (lambda w: c.struct("s", x=c.out(c.int)), BadTypedef, r"struct s\.x"),
    "incomplete member": (lambda w: c.struct("s", x=OPAQUE), (BadTypedef, TypeError), r"opaque"),
    "member that is no type": (lambda w: c.struct("s", x=int), TypeError, r"struct s\.x: expected a libffi\.Type"),
    "member that is a str":
        (lambda w: c.struct("s", x="int"), TypeError, r"struct s\.x: expected a libffi\.Type, got str"),
    "same name twice": (lambda w: c.struct("s", [("x", c.int), ("x", c.int)]), BadTypedef, r"struct s.*same name"),
    "members that are no pairs": (lambda w: c.struct("s", [c.int]), TypeError, r"struct s.*pairs"),
    "member's name a number": (lambda w: c.struct("s", [(5, c.int)]), TypeError, r"struct s.*name"),
    "unnamed scalar": (lambda w: c.struct("s", [(None, c.int)]), BadTypedef, r"struct s.*anonymous"),
    "packing of three": (lambda w: c.struct("s", x=c.int, _pack_=3), ValueError, r"_pack_.*3"),
    "alignment of three": (lambda w: c.struct("s", x=c.int, _align_=3), ValueError, r"_align_.*3"),
    "negative packing": (lambda w: c.struct("s", x=c.int, _pack_=-1), ValueError, r"_pack_.*-1"),
    "a class without fields": (lambda w: c.struct(type("Empty", (), {})), TypeError, r"Empty"),
    "a struct of a number": (lambda w: c.struct(5), TypeError, r"int"),
    "array of void": (lambda w: c.array(c.void, 3), BadTypedef, r"void"),
    "array of incomplete": (lambda w: c.array(OPAQUE, 3), (BadTypedef, TypeError), r"opaque"),
    "array of no type": (lambda w: c.array(int, 3), TypeError, r"type"),
    "pointer to no type": (lambda w: c.ptr("int"), TypeError, r"str"),
    "pointer to out": (lambda w: c.ptr(c.out(c.int)), BadTypedef, r"int"),
    "bits of a double": (lambda w: c.bits(c.double, 3), BadTypedef, r"double"),
    "too many bits": (lambda w: c.bits(c.int, 33), BadTypedef, r"33.*int"),
    "negative bits": (lambda w: c.bits(c.int, -1), (BadTypedef, ValueError), r"-1"),
    "a packed end of a unit": (lambda w: c.bits(c.int, 0, packed=True), BadTypedef, r"packed"),
    "no bits with a name": (lambda w: c.struct("s", [("x", c.bits(c.int, 0))]), BadTypedef, r"struct s\.x"),
    "enum of no enum": (lambda w: c.enum(int), TypeError, r"enum"),
    "enum of a float": (lambda w: c.enum(Color, c.double), BadTypedef, r"double"),
    "function of no CIF": (lambda w: c.func(c.int), TypeError, r"CIF"),
    "out of void": (lambda w: c.out(c.void), BadTypedef, r"void"),
    "exact of a double": (lambda w: c.exact(c.double), (TypeError, BadTypedef), r"double"),
    "vector of pointers": (lambda w: c.vector(c.pointer, 4), BadTypedef, r"c\.vector\(\)"),
    "a type by hand": (lambda w: libffi.Type(), TypeError, r"."),
    "memory by hand": (lambda w: libffi.Memory(), TypeError, r"."),
}

# ---- CIFs that cannot be

CIFS = {
    "void argument": (lambda w: CIF(c.int, [c.void]), BadTypedef, r"void"),
    "void among arguments": (lambda w: CIF(c.int, [c.int, c.void]), BadTypedef, r"argtypes\[1\].*void"),
    "array argument": (lambda w: CIF(c.int, [c.array(c.int, 3)]), BadTypedef, r"argtypes\[0\].*int\[3\]"),
    "array result": (lambda w: CIF(c.array(c.int, 3)), BadTypedef, r"restype.*int\[3\]"),
    "opaque argument": (lambda w: CIF(c.int, [c.int, OPAQUE]), BadTypedef, r"argtypes\[1\].*opaque.*incomplete"),
    "opaque result": (lambda w: CIF(OPAQUE), BadTypedef, r"restype.*opaque.*incomplete"),
    "bit-fields by value": (lambda w: CIF(c.int, [FLAGS]), BadTypedef, r"argtypes\[0\].*flags.*bit-field"),
    "bit-fields as a result": (lambda w: CIF(FLAGS), BadTypedef, r"restype.*flags.*bit-field"),
    "nested bit-fields": (lambda w: CIF(c.int, [c.struct("deep", f=FLAGS)]), BadTypedef, r"deep.*bit-field"),
    "packed struct by value":
        (lambda w: CIF(c.int, [c.struct("tight", a=c.char, b=c.int, _pack_=1)]), BadTypedef,
         r"argtypes\[0\].*tight.*pack"),
    "a bit-field as an argument": (lambda w: CIF(c.int, [c.bits(c.int, 3)]), BadTypedef, r"argtypes\[0\]"),
    "out as a result": (lambda w: CIF(c.out(c.int)), BadTypedef, r"restype"),
    "ref as a result": (lambda w: CIF(c.ref(POINT)), BadTypedef, r"restype"),
    "an argument that is no type": (lambda w: CIF(c.int, [int]), TypeError, r"argtypes\[0\].*Type"),
    "an argument that is None": (lambda w: CIF(c.int, [c.int, None]), TypeError, r"argtypes\[1\].*NoneType"),
    "an argument that is a str": (lambda w: CIF(c.int, ["int"]), TypeError, r"argtypes\[0\].*str"),
    "a result that is no type": (lambda w: CIF(int), TypeError, r"restype.*Type"),
    "a result that is a Python type": (lambda w: CIF(float), TypeError, r"restype.*such as c\.int, got type"),
    "arguments that are a type": (lambda w: CIF(c.int, c.int), TypeError, r"."),
    "dots in the middle":
        (lambda w: CIF(c.int, [c.int, ..., c.int]), TypeError, r"argtypes\[1\].*ellipsis"),
    "dots twice": (lambda w: CIF(c.int, [c.int, ..., ...]), TypeError, r"argtypes\[1\].*ellipsis"),
    "unknown ABI": (lambda w: CIF(c.int, abi=9999), BadABI, r"9999"),
    "negative ABI": (lambda w: CIF(c.int, abi=-1), BadABI, r"-1"),
    "ABI of zero": (lambda w: CIF(c.int, abi=0), BadABI, r"0"),
    "ABI that is a str": (lambda w: CIF(c.int, abi="UNIX64"), TypeError, r"str"),
    "unknown ABI by name": (lambda w: ABI["NO_SUCH"], KeyError, r"NO_SUCH"),
    "unknown keyword": (lambda w: CIF(c.int, [], variadic=True), TypeError, r"variadic"),
}

# ---- options and closures

CLOSURES = {
    "unknown gil": (lambda w: w.lib.function("echo_int", c.int, [c.int], gil="maybe"), ValueError, r"gil.*maybe"),
    "gil that is no str": (lambda w: INT_INT.bind(8, gil=True), (TypeError, ValueError), r"gil"),
    "unknown option": (lambda w: INT_INT.bind(8, speed="fast"), TypeError, r"speed"),
    "errcheck that is not callable": (lambda w: INT_INT.bind(8, errcheck=5), TypeError, r"errcheck.*callable"),
    "closure of a number": (lambda w: INT_INT.closure(5), TypeError, r"callable"),
    "closure of None by retarget": (lambda w: INT_INT.closure(abs).retarget(None), TypeError, r"callable"),
    "decorator on a number": (lambda w: libffi.closure(c.int, [c.int])(5), TypeError, r"callable"),
    "variadic closure": (lambda w: CIF(c.int, [c.int, ...]).closure(abs), BadTypedef, r"\.\.\."),
    "variadic closure by decorator": (lambda w: libffi.closure(c.int, [...])(abs), BadTypedef, r"\.\.\."),
    "closure with an array": (lambda w: libffi.closure(c.int, [c.array(c.int, 2)])(abs), BadTypedef, r"int\[2\]"),
    "on_error that does not convert":
        (lambda w: INT_INT.closure(abs, on_error="x"), TypeError, r"expected int, got str"),
    "on_error out of range": (lambda w: INT_INT.closure(abs, on_error=1 << 40), OverflowError, r"out of range for int"),
    "unknown option of a closure": (lambda w: INT_INT.closure(abs, gil="hold"), TypeError, r"gil"),
    "closed closure called": (lambda w: closed(INT_INT.closure(abs))(1), (ClosureExpired, ValueError), r"closed"),
    "closed closure retargeted":
        (lambda w: closed(INT_INT.closure(abs)).retarget(abs), (ClosureExpired, ValueError), r"closed"),
    "str for an int result": (lambda w: returns(c.int, "x"), TypeError, r"wrong_result.*expected int, got str"),
    "None for an int result": (lambda w: returns(c.int, None), TypeError, r"wrong_result.*expected int, got NoneType"),
    "float for an int result": (lambda w: returns(c.int, 1.0), TypeError, r"wrong_result.*expected int, got float"),
    "result out of range":
        (lambda w: returns(c.uint8, 256), OverflowError, r"wrong_result.*256 is out of range for uint8_t"),
    "str for a double result": (lambda w: returns(c.double, "x"), TypeError, r"wrong_result.*expected double, got str"),
    "tuple too long as a result": (lambda w: returns(POINT, (1, 2, 3)), TypeError, r"wrong_result.*struct point"),
    "list for a pointer result":
        (lambda w: returns(c.pointer, [1]), TypeError, r"wrong_result.*expected void \*, got list"),
    "two bytes for a char result": (lambda w: returns(c.char, b"ab"), ValueError, r"wrong_result.*char"),
    "too many parameters":
        (lambda w: CIF(c.int).call(CIF(c.int).closure(lambda x: 1)), TypeError, r"positional"),
    "errcheck of too few parameters":
        (lambda w: INT_INT.bind(w.closure.address, errcheck=lambda: 1)(1), TypeError, r"positional"),
    "errno of a str": (lambda w: libffi.set_errno("x"), TypeError, r"."),
    "array of many arguments": (lambda w: c.array(c.int, 3)(1, 2, 3), TypeError, r"int\[3\].*takes one sequence"),
    "errno of a float": (lambda w: libffi.set_errno(1.5), TypeError, r"float"),
    "errno too large": (lambda w: libffi.set_errno(1 << 40), OverflowError, r"."),
    "exchange block too small":
        (lambda w: INT_INT.call_exchange(w.closure.address, bytearray(1)), ValueError, r"\d"),
    "raw arguments missing": (lambda w: INT_INT.call_raw(w.closure.address, bytearray(8), []), TypeError, r"1"),
    "raw result too small": (lambda w: INT_INT.call_raw(w.closure.address, bytearray(3), [b"1234"]), ValueError, r"\d"),
    "raw argument too small":
        (lambda w: INT_INT.call_raw(w.closure.address, bytearray(8), [b"123"]), ValueError, r"avalues\[0\]"),
    "map into a read-only buffer":
        (lambda w: w.cos.map(array.array("d", [1]), out=bytes(8)), BufferError,
         r"not writable.*\n.*cos\.map\(\) out"),
    "map into too small a buffer":
        (lambda w: w.cos.map(array.array("d", [1, 2]), out=array.array("d", [0])), ValueError, r"cos\.map"),
    "map over floats": (lambda w: w.cos.map(array.array("f", [1])), TypeError, r"cos\.map\(\) argument 1.*double.*'f'"),
    "map over lengths that differ":
        (lambda w: w.pow.map(array.array("d", [1, 2]), array.array("d", [1, 2, 3])), ValueError, r"pow\.map"),
    "map over a list of texts":
        (lambda w: w.cos.map(["1"]), TypeError, r"^cos\.map\(\) argument 1: .*expected double, got str$"),
    "map over strings": (lambda w: w.lib.function("length", c.size_t, [c.string]).map(["a"]), TypeError, r"length"),
}

TABLE = {
    f"{group}: {name}": row
    for group, rows in {
        "count": COUNTS, "range": OVERFLOWS, "kind": NOT_INTEGERS, "pointer": POINTERS, "struct": STRUCTS,
        "variadic": VARIADIC, "lifetime": LIFETIMES, "index": INDEXES, "type": TYPES, "cif": CIFS, "closure": CLOSURES,
    }.items()
    for name, row in rows.items()
}


def test_the_table_is_long_enough():
    assert len(TABLE) >= 150


@pytest.mark.parametrize("use, error, message", TABLE.values(), ids=TABLE)
def test_bad_input(w, use, error, message):
    before = w.calls.value
    with pytest.raises(error, match=message) as caught:
        use(w)
    # Itself, not one derived from it, but for what is wrong with an argument.
    assert plain_class(caught.value) in (error if isinstance(error, tuple) else (error,))
    assert w.calls.value == before


def test_after_all_that_good_input_still_works(w):
    """Errors leave nothing behind: run every row, then call well."""
    for use, error, _ in TABLE.values():
        with pytest.raises(error):
            use(w)
    before = w.calls.value
    assert w.echo_int(7) == 7 and w.divide(17, 5) == (0, 3, 2)
    point = w.echo_point({"x": 1, "y": 2})
    assert (point.x, point.y) == (1, 2) and w.through(-3) == 3
    assert w.calls.value == before + 3
