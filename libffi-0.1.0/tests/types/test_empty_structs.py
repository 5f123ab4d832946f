"""Structs without size, a thing of GNU C: by value they are what gcc makes of them.

The random signatures of tests/fuzz have them too, in every way to call and be called.
"""
import platform
import sys

import pytest

import libffi
from libffi import CIF, BadTypedef, Library, c

TYPES = """
struct empty {};
union nothing {};
struct rows { int rows[0]; };
struct holds { char a; struct empty e; int b; };
struct floats { float x; struct empty e[2]; float y; };
typedef int callback(struct empty, int x, union nothing, int y);
typedef struct empty make(int x);
"""
FUNCTIONS = {
    "struct empty pass(struct empty a, int x, struct empty b, int *out)": "*out = x; return b;",
    "int last(struct empty a, int b, union nothing n, int d, int e, int f, struct rows r, int g, int h, int i, int j)":
        "return b * j;",
    "struct holds swap(struct holds h)": "struct holds r = { h.b, {}, h.a }; return r;",
    "struct floats turn(struct floats f)": "struct floats r = { f.y, {}, f.x }; return r;",
    "int add(struct empty e, int n, ...)":
        "__builtin_va_list rest; __builtin_va_start(rest, n); __builtin_va_arg(rest, struct empty);"
        " n += __builtin_va_arg(rest, int); __builtin_va_end(rest); return n;",
    "int call(callback *f, int x, int y)":
        "struct empty e; union nothing n; return f(e, x, n, y);",
    "int call_for_nothing(make *f, int x)": "f(x); return x;",
}


@pytest.fixture
def library(compile_c):
    source = TYPES + "\n".join(f"{head} {{ {body} }}" for head, body in FUNCTIONS.items())
    made = Library(compile_c(source, "empty_structs", "-w"))
    made.declare(TYPES + "".join(f"{head};" for head in FUNCTIONS))
    return made


def test_arguments_and_results(library):
    empty, out = library["struct empty"], c.int.new()
    result = library["pass"]((), 7, {}, out)
    assert out.value == 7 and result == empty.new() and not bytes(result)
    library["pass"](empty.new(), 8, result, out)
    assert out.value == 8
    assert library.last((), 3, {}, 0, 0, 0, {"rows": []}, 0, 0, 0, 5) == 15
    with pytest.raises(TypeError, match="argument 3"):
        library["pass"]((), 7, (1,), out)
    with pytest.raises(TypeError, match="argument 1"):
        library["pass"](None, 7, (), out)


def test_members(library):
    swapped = library.swap((5, (), 6))
    assert (swapped.a, swapped.b) == (b"\x06", 5)
    if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64"):
        turned = library.turn((1.5, [(), ()], 2.5))
        assert (turned.x, turned.y) == (2.5, 1.5)


HALVES = """
struct half { long double none[0]; short x; };
union half_union { long double none[0]; short x; };
union of_half { struct half x; short y; };
"""
TAKES = "long take_{name}({type} s, long b, double d, {type} t)"


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="about x86-64's registers")
def test_a_half_that_is_padding_takes_no_register(compile_c):
    types = {"struct half": "s.x", "union half_union": "s.x", "union of_half": "s.y"}
    heads = {type: TAKES.format(name=type.replace(" ", "_"), type=type) for type in types}
    back = {type: f"{type} back_{type.replace(' ', '_')}({type} s)" for type in types}
    source = HALVES + "".join(
        f"{heads[type]} {{ return {x} + 10 * b + 100 * (long)d + 1000 * {x.replace('s.', 't.')}; }}"
        f"{back[type]} {{ return s; }}" for type, x in types.items())
    made = Library(compile_c(source, "halves"))
    made.declare(HALVES + "".join(f"{head};" for head in (*heads.values(), *back.values())))
    for type in types:
        name, value = type.replace(" ", "_"), {"y": 4} if type == "union of_half" else {"x": 4}
        assert made[f"take_{name}"](value, 3, 2.0, value) == 4234
        assert made[f"back_{name}"](value).value == made[type].new(value).value


def test_behind_the_dots(library):
    assert library.add((), 3, library["struct empty"].new(), 4) == 7


def test_closures(library):
    @library.callback.cif.closure
    def callback(empty, x, nothing, y):
        assert not bytes(empty) and not bytes(nothing)
        return 10 * x + y

    assert library.call(callback, 3, 4) == 34
    assert callback.cif.bind(callback)((), 5, {}, 6) == 56
    made = []

    @library.make.cif.closure
    def make(x):
        made.append(x)
        return ()

    assert library.call_for_nothing(make, 8) == 8 and made == [8]
    with make.cif.closure(lambda x: 1) as wrong, pytest.raises(TypeError, match="result"):
        library.call_for_nothing(wrong, 8)


def test_raw_calls(library):
    function = library["pass"]
    cif, out, pointer = function.cif, c.int.new(), c.pointer.new()
    pointer.value = out
    x = c.int.new(9)
    cif.call_raw(function, None, [bytearray(), x, library["struct empty"].new(), pointer])
    assert out.value == 9
    block = bytearray(cif.exchange_size)
    for offset, value in zip(cif.exchange_offsets[2::2], (c.int.new(10), pointer), strict=True):
        block[offset:offset + value.size] = bytes(value)
    cif.call_exchange(function, block)
    assert out.value == 10
    assert libffi.struct_offsets(library["struct empty"]) == ()


def test_what_libffi_cannot_say_is_refused():
    empty = c.struct("empty_here")
    empty.define()
    moved = c.struct("moved", a=c.char, z=c.array(c.int64, 0), b=c.char)
    flexible = c.struct("flexible", a=c.float, z=c.array(c.float, 0))
    aligned = c.struct("aligned", z=c.array(c.longdouble, 0))
    for type, why in (moved, "moves another"), (flexible, "floating-point"), (aligned, "alignment"):
        with pytest.raises(BadTypedef, match=why):
            CIF(c.void, [type])
        assert CIF(c.void, [c.ref(type)])
    assert CIF(empty, [empty, empty]) is CIF(empty, [empty, empty])
