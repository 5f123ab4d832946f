"""cffi's cdata go where values and pointers go, and its ctypes are types."""
from __future__ import annotations

import gc
import weakref

import pytest

from libffi import CIF, ArgumentError, Library, addressof, c, closure

cffi = pytest.importorskip("cffi")
pytest.importorskip("_cffi_backend")

ffi = cffi.FFI()
ffi.cdef("""
    struct point { int a; double b; };
    enum color { RED, BLUE };
    union either { int i; double d; };
    struct bits { int a : 3; int b : 5; };
    struct node { struct node *next; uint16_t n; int items[]; };
    struct opaque;
    typedef int (*compare)(const struct point *, void *);
""")
packed = cffi.FFI()
packed.cdef("struct packed { char a; int b; };", packed=True)
POINT = c.from_cffi(ffi.typeof("struct point"))


@pytest.fixture
def same():
    """Give a function of pointers of a type that returns what it is given."""
    with closure(c.pointer, [c.pointer])(lambda p: p) as made:
        yield lambda T: CIF(c.pointer, [T]).bind(made.address)


def test_types():
    assert POINT is c.struct("point", a=c.int, b=c.double)
    for name, T in {
        "char *": c.ptr(c.char), "void *": c.pointer, "uint8_t": c.uint8, "size_t": c.size_t,
        "long double": c.longdouble,
        "float _Complex": c.complex_float, "wchar_t": c.wchar_t, "_Bool": c.bool, "int[3]": c.array(c.int, 3),
        "uint_fast8_t": c.uint8, "void": c.void, "struct point **": c.ptr(c.ptr(POINT)),
        "int(*)(double, ...)": c.func(CIF(c.int, [c.double, ...])),
        "compare": c.func(CIF(c.int, [c.ptr(POINT), c.pointer])),
    }.items():
        assert c.from_cffi(ffi.typeof(name)) is T
    assert c.from_cffi(ffi.typeof("struct bits")).bits == {"a": (0, 3), "b": (3, 5)}
    assert c.from_cffi(packed.typeof("struct packed")).offsets == {"a": 0, "b": 1}
    assert c.from_cffi(ffi.typeof("union either")).kind == "union"
    assert c.from_cffi(ffi.typeof("struct opaque")).size is None
    node = c.from_cffi(ffi.typeof("struct node"))
    assert node.fields["next"].item is node and node.fields["items"].length == 0
    color = c.from_cffi(ffi.typeof("enum color"))
    assert color.enum.BLUE == 1 and color.name == "enum color"
    with pytest.raises(TypeError, match=r"c\.from_cffi\(\): expected a ctype"):
        c.from_cffi("int")


def test_pointers(same):
    number, many = ffi.new("int *", 4), ffi.new("int[3]")
    address = int(ffi.cast("uintptr_t", number))
    assert same(c.ptr(c.int))(number) == same(c.pointer)(number) == addressof(number) == address
    assert same(c.ptr(c.int))(many) and same(c.pointer)(ffi.NULL) is None
    point = ffi.new("struct point *", (1, 2.5))
    assert same(c.ptr(POINT))(point) == same(c.ptr(POINT))(point[0]) == addressof(point)
    assert Library(None).function("strlen", c.size_t, [c.string])(ffi.new("char[]", b"text")) == 4
    with pytest.raises(ArgumentError, match=r"expected double \*, got a pointer to int"):
        same(c.ptr(c.double))(number)
    for T in c.pointer, c.ptr(c.int):
        with pytest.raises(ArgumentError, match="got a typed int"):
            same(T)(ffi.cast("int", 5))


def test_values():
    point = ffi.new("struct point *", (1, 2.5))
    assert POINT(point[0]) == POINT(1, 2.5) and POINT.at(point).b == 2.5 and c.ptr(POINT)(point)[0].a == 1
    assert c.int(ffi.cast("short", 3)).value == 3 and c.double(ffi.cast("float", 1.5)).value == 1.5
    assert c.char(ffi.cast("char", b"x")).value == b"x" and c.bool(ffi.cast("_Bool", 1)).value is True
    assert c.int(ffi.cast("enum color", 1)).value == 1
    assert c.array(c.int, 3)(ffi.new("int[3]", [1, 2, 3])).value == [1, 2, 3]
    with pytest.raises(TypeError, match="expected int, got float"):
        c.int(ffi.cast("double", 1))
    with pytest.raises(TypeError):
        POINT(ffi.new("union either *")[0])


def test_functions_results_and_variadic_arguments():
    double = ffi.callback("int(int)", lambda n: 2 * n)
    F = c.func(CIF(c.int, [c.int]))
    assert F(double)(4) == 8
    with pytest.raises(TypeError, match="got a function int"):
        c.func(CIF(c.double, [c.int]))(double)
    point = ffi.new("struct point *", (1, 2.5))
    with closure(POINT, [])(lambda: point[0]) as give, closure(c.ptr(POINT), [])(lambda: point) as where:
        assert give.cif.bind(give.address)().b == 2.5 and where.cif.bind(where.address)()[0].a == 1
    out = bytearray(32)
    snprintf = Library(None).function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    snprintf(out, 32, "%d %g %s", ffi.cast("int", 5), ffi.cast("double", 1.5), ffi.new("char[]", b"abc"))
    assert out.split(b"\0")[0] == b"5 1.5 abc"


def test_what_is_pointed_to_stays():
    holder = c.struct("holder", p=c.ptr(POINT))
    point = ffi.new("struct point *", (1, 2.5))
    there = weakref.ref(point)
    held = holder.new(p=point)
    del point
    gc.collect()
    assert there() is not None and held.p[0].b == 2.5
    held.p = None
    gc.collect()
    assert there() is None
