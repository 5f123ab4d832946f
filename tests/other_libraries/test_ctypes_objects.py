"""ctypes' objects go where values and pointers go, and its classes are types."""
from __future__ import annotations

import ctypes
import gc
import sys
import weakref

import pytest
from helpers.c_library import LIBC

from libffi import CIF, ArgumentError, BadArgType, Function, addressof, c, closure


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_int)]


class Node(ctypes.Structure):
    pass


Node._fields_ = [("next", ctypes.POINTER(Node)), ("value", ctypes.c_int)]


class Packed(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("small", ctypes.c_char), ("n", ctypes.c_int)]


class Bits(ctypes.Structure):
    _fields_ = [("low", ctypes.c_int, 3), ("high", ctypes.c_int, 20), ("p", Point)]


class Either(ctypes.Union):
    _fields_ = [("i", ctypes.c_short), ("d", ctypes.c_double)]


class Big(ctypes.BigEndianStructure):
    _fields_ = [("a", ctypes.c_short), ("b", ctypes.c_int)]


class Extended(Point):
    _anonymous_ = ["either"]
    _fields_ = [("either", Either), ("text", ctypes.c_char * 3)]


COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Point), ctypes.c_void_p)
POINT = c.from_ctypes(Point)
INT = c.from_ctypes(ctypes.c_int)       # c.long where ctypes has one class for both, as on Windows


@pytest.fixture
def same():
    """Give a function of pointers of a type that returns what it is given."""
    with closure(c.pointer, [c.pointer])(lambda p: p) as made:
        yield lambda T: CIF(c.pointer, [T]).bind(made.address)


def test_types():
    assert POINT is c.struct("Point", x=c.double, y=INT)
    assert c.from_ctypes(ctypes.POINTER(ctypes.c_long)) is c.ptr(c.long) and c.from_ctypes(ctypes.c_void_p) is c.pointer
    assert c.from_ctypes(ctypes.c_int * 3 * 2) is c.array(c.array(INT, 3), 2)
    assert c.from_ctypes(ctypes.c_bool) is c.bool
    assert c.from_ctypes(COMPARE) is c.func(CIF(INT, [c.ptr(POINT), c.pointer]))
    node = c.from_ctypes(Node)
    assert node.fields["next"].item is node and c.from_ctypes(Node) is node
    for cls in Point, Node, Packed, Either, Big, Extended, Bits:
        T = c.from_ctypes(cls)
        assert T.size == ctypes.sizeof(cls) and T.kind == ("union" if cls is Either else "struct")
        for name, offset in T.offsets.items():
            assert T.fields[name].kind == "bits" or offset == getattr(cls, name).offset
    assert c.from_ctypes(Big).byteorder == "big" and c.from_ctypes(Bits).bits["high"] == (3, 20)
    assert list(c.from_ctypes(Extended).fields) == ["x", "y", "i", "d", "text"]


def test_what_is_no_type():
    class Undefined(ctypes.Structure):
        pass

    for cls in int, Point(), ctypes.py_object, Undefined, type("S", (ctypes.Structure,), {
            "_fields_": [("o", ctypes.py_object)]}):
        with pytest.raises(TypeError, match=r"c\.from_ctypes\(\)"):
            c.from_ctypes(cls)
    assert c.from_ctypes(ctypes.POINTER(Undefined)).item.size is None


def test_pointers(same):
    number, many = ctypes.c_int(7), (ctypes.c_int * 3)(1, 2, 3)
    pointer, address = ctypes.pointer(number), ctypes.addressof(number)
    f = same(c.ptr(c.int))
    assert f(pointer) == f(ctypes.byref(number)) == f(number) == address
    assert f(ctypes.byref(many, 4)) == ctypes.addressof(many) + 4 and f(many) == ctypes.addressof(many)
    assert same(c.pointer)(pointer) == same(c.pointer)(ctypes.c_void_p(address)) == address
    assert same(c.ptr(c.void, const=True))(pointer) == address and same(c.pointer)(ctypes.c_void_p()) is None
    assert same(c.string)(ctypes.c_char_p(b"text")) and same(c.wstring)(ctypes.c_wchar_p("text"))
    assert same(c.ptr(POINT))(ctypes.pointer(Point(1, 2))) and same(c.ptr(POINT))(ctypes.byref(Point()))
    for wrong in pointer, ctypes.byref(number):
        with pytest.raises(ArgumentError, match=rf"expected double \*, got a pointer to {INT.name}"):
            same(c.ptr(c.double))(wrong)
    with pytest.raises(ArgumentError, match="const char"):
        same(c.ptr(c.char))(ctypes.c_char_p(b"x"))


def test_names_of_structures_are_python_s(same):
    """What has the members of a struct is one, whatever its class is called, wherever it stands."""
    class Other(ctypes.Structure):
        _fields_ = Point._fields_

    class Wrong(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int), ("z", ctypes.c_int)]

    class point(ctypes.Structure):        # the name alone does not make it one
        _fields_ = Wrong._fields_

    other = Other(1.5, 2)
    address, pointer = ctypes.addressof(other), ctypes.pointer(other)
    f = same(c.ptr(POINT))
    assert f(other) == f(ctypes.byref(other)) == f(pointer) == address
    assert same(c.ptr(POINT, const=True))(ctypes.byref(other)) == same(c.pointer)(ctypes.byref(other)) == address
    assert f(ctypes.POINTER(Other)()) is None
    assert same(c.ptr(c.ptr(POINT)))(pointer) == ctypes.addressof(pointer)
    assert same(c.ptr(c.ptr(POINT)))(ctypes.byref(pointer)) == ctypes.addressof(pointer)
    assert POINT(other) == POINT(1.5, 2) == c.struct("holder", p=POINT).new(p=other).p
    pair = (Other * 2)(other, other)
    assert f(ctypes.byref(pair, ctypes.sizeof(Other))) == ctypes.addressof(pair) + ctypes.sizeof(Other)
    for value in Wrong(), point():
        for wrong in value, ctypes.byref(value), ctypes.pointer(value):
            with pytest.raises(ArgumentError, match="expected struct"):
                f(wrong)
        with pytest.raises(TypeError, match="expected struct"):
            POINT(value)
        with pytest.raises(ArgumentError, match="expected struct"):
            same(c.ptr(c.ptr(POINT)))(ctypes.pointer(value))


def test_a_simple_type_of_the_users(same):
    """ctypes.cast() knows c_void_p itself and classes that extend it."""
    class Handle(ctypes._SimpleCData):
        _type_ = "P"
    assert same(c.pointer)(Handle(5)) == 5 and same(c.pointer)(ctypes.c_void_p(6)) == 6


def test_pointers_to_pointers(same):
    """The pointer itself where its own type is wanted, where it lies where C wants a pointer to that."""
    number = ctypes.c_int(7)
    pointer = ctypes.pointer(number)
    f = same(c.ptr(c.ptr(c.int)))
    assert f(pointer) == f(ctypes.byref(pointer)) == f(ctypes.pointer(pointer)) == ctypes.addressof(pointer)
    slot = ctypes.c_void_p()
    assert same(c.ptr(c.pointer))(slot) == ctypes.addressof(slot)


def test_functions():
    add = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(lambda a, b: a + b)
    F = c.func(CIF(c.int, [c.int, c.int]))
    assert F(add)(3, 4) == 7
    with closure(c.int, [F])(lambda f: f(1, 2)) as call, closure(F, [])(lambda: add) as give:
        assert call.cif.bind(call.address)(add) == 3 and give.cif.bind(give.address)()(5, 6) == 11
    got = f"{INT.name} \\({INT.name}, {INT.name}\\)"
    with pytest.raises(TypeError, match=rf"expected int \(\*\)\(double\), got a function {got}"):
        c.func(CIF(c.int, [c.double]))(add)
    undeclared = ctypes.CDLL(LIBC).abs
    absolute = c.func(CIF(c.int, [c.int]))(undeclared)
    assert isinstance(absolute, Function) and absolute(-3) == 3


def test_values():
    assert c.int(ctypes.c_short(3)).value == 3 and c.double(ctypes.c_float(1.5)).value == 1.5
    assert c.char(ctypes.c_char(b"x")).value == b"x" and c.bool(ctypes.c_bool(True)).value is True
    assert POINT(Point(1.5, 2)) == POINT(1.5, 2)
    for T, value in (c.int, ctypes.c_double(1)), (c.int, ctypes.c_void_p(1)), (POINT, Node()), (c.double, Point()):
        with pytest.raises(TypeError, match="expected"):
            T(value)
    with pytest.raises(OverflowError):
        c.int8(ctypes.c_int(300))
    add = c.func(CIF(c.int, [c.int, POINT]))(closure(c.int, [c.int, POINT])(lambda n, p: n + p.y).address)
    assert add.cif is CIF(c.int, [c.int, POINT])
    with closure(c.int, [c.int, POINT])(lambda n, p: n + p.y) as made:
        assert made.cif.bind(made.address)(ctypes.c_int(3), Point(0, 4)) == 7


def test_fields_and_results():
    T = c.struct("holder", p=c.ptr(POINT), q=POINT, n=c.int, b=c.bits(c.int, 4), many=c.array(POINT, 2))
    point = Point(1.5, 2)
    held = T.new(p=ctypes.pointer(point), q=point, n=ctypes.c_int(3), b=ctypes.c_int(-2),
                 many=(Point * 2)(point, (3, 4)))
    assert (held.p[0], held.q, held.n, held.b, held.many[1].y) == (POINT(1.5, 2), POINT(1.5, 2), 3, -2, 4)
    with pytest.raises(OverflowError):
        held.b = ctypes.c_int(99)
    with closure(POINT, [])(lambda: point) as give, closure(c.ptr(POINT), [])(lambda: ctypes.pointer(point)) as where:
        assert give.cif.bind(give.address)() == POINT(1.5, 2) and where.cif.bind(where.address)()[0].x == 1.5


def test_what_is_pointed_to_stays():
    class Watched(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int)]

    T = c.struct("holder", p=c.ptr(c.from_ctypes(Watched)), inner=c.struct("inner", n=c.int, p=c.pointer))
    held = T.new()
    watched = Watched(7)
    there = weakref.ref(watched)
    pointer = ctypes.pointer(watched)
    held.p = pointer
    del watched
    pointer.contents = Watched(8)           # which no longer is what is stored
    del pointer
    gc.collect()
    assert there() is not None and held.p[0].x == 7
    held.p = None
    gc.collect()
    assert there() is None

    class Inner(ctypes.Structure):
        _fields_ = [("n", ctypes.c_int), ("p", ctypes.c_void_p)]

    class Typed(ctypes.Structure):
        _fields_ = [("n", ctypes.c_int), ("p", ctypes.POINTER(Watched))]

    watched = Watched(9)
    there = weakref.ref(watched)
    outer = c.struct("outer", t=c.from_ctypes(Typed)).new(t=Typed(1, ctypes.pointer(watched)))
    del watched
    gc.collect()
    assert there() is not None and outer.t.p[0].x == 9
    outer.t.p = None
    gc.collect()
    assert there() is None


def test_casts_and_views():
    point = Point(1.5, 2)
    pointer = ctypes.pointer(point)
    assert c.ptr(POINT)(pointer)[0].x == POINT.at(pointer).x == POINT.at(point).x == 1.5
    assert addressof(point) == ctypes.addressof(point) and c.ptr(c.char)(ctypes.c_void_p(5)).address == 5
    POINT.at(pointer).y = 9
    assert point.y == 9


@pytest.mark.skipif(sys.platform == "win32", reason="snprintf is no function there")
def test_variadic_arguments():
    out = bytearray(64)
    from libffi import Library

    snprintf = Library(None).function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    snprintf(out, 64, "%d %s %ld %p", ctypes.c_int(5), ctypes.c_char_p(b"abc"), ctypes.c_long(7), ctypes.c_void_p(16))
    assert out.split(b"\0")[0] == b"5 abc 7 0x10"
    with pytest.raises(BadArgType, match=r"signed char is not passed through '...'; write c.int"):
        snprintf(out, 64, "%d", ctypes.c_byte(3))
