"""Classes of one's own: made of annotations, or over a struct type; what they are to Python and to C."""
from __future__ import annotations

import abc
import functools
import gc
import inspect
import sys
import typing
import weakref
from typing import Annotated, ClassVar, Optional

import pytest

import libffi
from libffi import CIF, Library, MemoryClass, Pointer, Struct, Type, c, sizeof, typeof


@c.struct
class Point:
    """A place."""

    x: float
    y: Annotated[float, c.float]
    made: ClassVar[int] = 0

    def total(self):
        return self.x + self.y

    @property
    def both(self):
        return self.x, self.y

    @classmethod
    def origin(cls):
        return cls(0, 0)

    @staticmethod
    def dimensions():
        return 2

    def own_class(self):
        return __class__


class Pixel(Point):
    color: Annotated[int, c.uint8] = 7

    def total(self):
        return super().total() + self.color


@c.struct
class Node:
    value: int
    next: Pointer[Node]


def test_the_class_is_the_users():
    p = Point(3, 4)
    assert isinstance(Point, type) and type(p) is Point and isinstance(p, Struct)
    assert (p.total(), p.both, Point.origin(), Point.dimensions(), Point.made) == (7, (3, 4), (0, 0), 2, 0)
    assert p.own_class() is Point and Point.__doc__ == "A place." and Point.__module__ == __name__
    assert repr(p) == "Point(x=3.0, y=4.0)" and Point.__qualname__ == "Point"
    Point.made += 1
    assert p.made == 1
    Point.made = 0
    assert [parameter.name for parameter in inspect.signature(Point).parameters.values()] == ["x", "y"]


def test_it_has_what_its_type_has():
    kind = typeof(Point)
    assert isinstance(kind, Type) and typeof(Point.new()) is kind and kind.name == Point.name == "struct Point"
    assert (Point.size, Point.alignment, Point.kind) == (kind.size, kind.alignment, "struct")
    assert sizeof(Point) == Point.size == 16
    assert (dict(Point.fields), dict(Point.offsets)) == ({"x": c.double, "y": c.float}, {"x": 0, "y": 8})
    assert Point.read(Point.new(x=5)).x == 5 and Point.at(kind.new(y=2)).y == 2
    assert type(Point.at(bytearray(16))) is type(Point.read(bytes(16))) is type(kind.new()) is Point
    for name in "size", "new", "fields":
        with pytest.raises(AttributeError):
            getattr(Struct, name)
    with pytest.raises(AttributeError):
        Point.new().fields                          # noqa: B018


def test_it_is_taken_where_types_are():
    assert c.ptr(Point) is c.ptr(typeof(Point)) and c.array(Point, 3) is c.array(typeof(Point), 3)
    segment = c.struct("segment", a=Point, b=("b" and Point))
    assert segment.fields["a"] is typeof(Point) and type(segment.new().b) is Point
    cif = CIF(Point, (Point, c.ptr(Point)))
    assert cif is CIF(typeof(Point), [typeof(Point), c.ptr(typeof(Point))])
    assert str(cif) == "struct Point (struct Point, struct Point *)"
    assert c.out(Point) is c.out(typeof(Point)) and c.union("either", p=Point, i=c.int).size == 16
    assert libffi.Library(None).function("abs", c.int, [c.int]) is not None
    later = c.struct("later")
    later.define(first=Point)
    assert later.size == 16
    for wrong in lambda: c.ptr(int), lambda: CIF(c.int, Point), lambda: typeof(Struct), lambda: sizeof(int):
        with pytest.raises(TypeError):
            wrong()


def test_what_annotations_mean():
    @c.struct
    class everything:
        i: int
        d: float
        b: bool
        z: complex
        t: str
        n: str | None
        r: bytes
        p: Pointer[int]
        v: Pointer[None]
        o: Pointer[float] | None
        s: Point
        a: Annotated[list, c.array(c.int, 3)]
        w: Annotated[int, "a note", c.bits(c.uint, 3)]
        q: Pointer[Pointer[Point]]
        e: Point | Pointer[Point] | None
        f: Optional["Pointer[Point]"]  # noqa: UP037, UP045

    assert list(everything.fields.values()) == [
        c.int, c.double, c.bool, c.complex_double, c.string, c.string, c.bytes, c.ptr(c.int), c.pointer,
        c.ptr(c.double), typeof(Point), c.array(c.int, 3), c.bits(c.uint, 3), c.ptr(c.ptr(Point)),
        c.ptr(Point), c.ptr(Point)]
    named = c.struct(type("named", (), {"__annotations__": {"x": Pointer["'Point'"], "y": "Pointer['named']"}}))
    assert list(named.fields.values()) == [c.ptr(Point), c.ptr(named)]
    for wrong in list, "Pointer[list]", "int | None", "int | str", 5, Struct:
        with pytest.raises(TypeError, match="refused.x: expected a libffi.Type"):
            c.struct(type("refused", (), {"__annotations__": {"x": wrong}}))
    with pytest.raises(NameError):
        c.struct(type("refused", (), {"__annotations__": {"x": "unknown"}}))


def test_plain_types_still_need_types():
    with pytest.raises(TypeError):
        c.struct("s", x=int)


def test_calls():
    class Three(Struct):
        a: c.int
        b: c.int = 2
        c: typing.Annotated[int, libffi.c.int] = 3

    assert [tuple(three) for three in (Three(1), Three(1, 5), Three(1, 5, 6), Three(a=4), Three(1, c=9), Three())] == \
        [(1, 2, 3), (1, 5, 3), (1, 5, 6), (4, 2, 3), (1, 2, 9), (0, 2, 3)]
    assert tuple(Three((4, 5, 6))) == tuple(Three([4, 5, 6])) == tuple(Three({"a": 4, "b": 5, "c": 6})) == (4, 5, 6)
    assert tuple(Three(Three(7))) == (7, 2, 3) and tuple(Three.new(a=4)) == (4, 2, 3) == tuple(typeof(Three).new(a=4))
    assert tuple(Three.new((4, 5, 6))) == (4, 5, 6) and tuple(c.array(Three, 1).new()[0]) == (0, 0, 0)
    for wrong, message in [
        (lambda: Three(1, 2, 3, 4), r"Three\(\): expected 3 values at most, got 4"),
        (lambda: Three(1, a=2), "a is given by position and by name"),
        (lambda: Three(b=1, d=2), "no field 'd'"),
        (lambda: Three("a"), "struct Three.a: expected int, got str"),
        (lambda: Point(1), "y is missing"),
        (lambda: Three(1, 2, 3, a=1), "by position and by name"),
    ]:
        with pytest.raises(TypeError, match=message):
            wrong()


def test_a_default_that_does_not_fit_is_an_error_of_the_class():
    with pytest.raises(TypeError, match="struct wrong.x: the default does not fit: .*expected int, got str"):
        @c.struct
        class wrong:
            x: c.int = "one"
    with pytest.raises(OverflowError, match="default does not fit"):
        @c.struct
        class large:
            x: c.int8 = 200


def test_defaults_are_copied():
    @c.struct
    class segment:
        a: Point = Point(1, 2)
        name: str = "none"

    one, two = segment(), segment()
    one.a.x = 9
    assert (two.a.x, segment().a.x, one.name) == (1, 1, "none")


def test_an_init_of_ones_own():
    class Squared(Point):
        __slots__ = ("note",)

        def __init__(self, x, *, note=None):
            super().__init__(x, x * x)
            self.note = note

    s = Squared(3, note="n")
    assert (tuple(s), s.note) == ((3, 9), "n")
    assert tuple(Squared.new(x=3)) == (3, 0) and not hasattr(Squared.new(), "note")     # not for what C hands back

    class Singular(Point):
        def __new__(cls, *args):
            made = super().__new__(cls)
            made.x = 5
            return made

        def __init__(self, *args):
            pass

    assert tuple(Singular(1, 2, 3)) == (5, 0)
    Point.__init__(s, y=1)
    assert tuple(s) == (3, 1)


def test_a_class_with_more_fields_begins_with_the_other():
    p = Pixel(1, 2, 3)
    assert p.total() == 6 and isinstance(p, Point) and Pixel(1, 2).color == 7
    assert (Pixel.name, Pixel.size, dict(Pixel.offsets)) == ("struct Pixel", 24, {"x": 0, "y": 8, "color": 16})
    plain = c.struct("Pixel", [(None, Point), ("color", c.uint8)])
    assert (plain.size, dict(plain.offsets)) == (Pixel.size, dict(Pixel.offsets))
    total = CIF(c.double, [c.ptr(Point)]).closure(lambda q: q[0].total())
    assert total.cif.call(total, p) == 3 == total.cif.call(total, c.ptr(Pixel)(p))
    by_value = CIF(c.double, [Point]).closure(Point.total)
    with pytest.raises(TypeError, match="expected struct Point, got Pixel"):
        by_value.cif.call(by_value, p)
    with pytest.raises(TypeError, match="a pointer to struct Pixel"):       # the items of an array are further apart
        total.cif.call(total, c.array(Pixel, 2).new())
    there = CIF(Pixel, [Pixel]).closure(lambda q: q)
    assert tuple(there.cif.call(there, p)) == (1, 2, 3)
    assert memoryview(p).format == "T{d:x:f:y:4xB:color:7x}"


def test_a_class_with_methods_only_is_the_same_struct():
    class Named(Point):
        def __repr__(self):
            return "named"

    assert Named.name == "struct Point" and typeof(Named) is not typeof(Point) and Named.size == Point.size
    there = CIF(Point, [Point]).closure(lambda q: q)
    assert type(there.cif.call(there, Named(1, 2))) is Point
    back = CIF(Named, [c.ptr(Named)]).closure(lambda q: q[0])
    assert repr(back.cif.call(back, Point(1, 2))) == "named" and Named(1, 2) == Point(1, 2)
    assert memoryview(Named(1, 2)).format == memoryview(Point(1, 2)).format


def test_a_class_over_a_struct_type():
    T = c.struct("pair", a=c.int, b=c.int)

    class Pair(T):
        def total(self):
            return self.a + self.b

    class Same(type(T.new())):
        pass

    assert Pair(1, 2).total() == 3 and Pair.at(T.new(a=4)).total() == 4 and Same(1, 2) == Pair(1, 2) == T.new((1, 2))
    assert type(c.array(Pair, 2).new()[1]) is Pair and Pair.name == T.name
    assert type(T.new()) not in (Pair, Same) and typeof(Pair) is not T

    class Choice(c.union("choice", i=c.int32, f=c.float)):
        def hex(self):
            return hex(self.i)

    assert Choice(f=1.0).hex() == "0x3f800000" and Choice.kind == "union"
    for refused in c.struct("incomplete"), c.void, c.bits(c.int, 3), c.ref(c.int), c.va_list:
        with pytest.raises(TypeError, match="a class extends a complete type"):
            class Refused(refused):
                pass


def test_unions():
    @c.union
    class number:
        i: Annotated[int, c.int32]
        f: Annotated[float, c.float]

        def hex(self):
            return hex(self.i)

    assert number(f=1.0).hex() == "0x3f800000" and number.size == 4 and libffi.asdict(number(i=0)) == {"i": 0, "f": 0}
    with pytest.raises(TypeError, match="by field names"):
        number(1, 2)
    with pytest.raises(TypeError, match="no order"):
        tuple(number())
    with pytest.raises(TypeError, match="a union is not extended"):
        class more(number):
            d: c.double
    with pytest.raises(TypeError, match="is a union"):
        c.struct(number)
    assert c.union(number) is number


def test_text_that_names_the_class_itself():
    first = Node(1, Node(2, None))
    assert Node.fields["next"] is c.ptr(Node) and first.next[0].value == 2 and type(first.next[0]) is Node


def test_a_class_that_is_defined_later():
    class Tree(Struct):
        def leaf(self):
            return not self.left

    assert Tree.size is None
    for use in Tree, Tree.new, lambda: c.array(Tree, 2):
        with pytest.raises(TypeError, match="struct Tree"):
            use()
    Tree.define(left=c.ptr(Tree), value=c.int)
    assert Tree(None, 5).leaf() and not Tree(Tree(None, 1), 2).leaf()
    with pytest.raises(TypeError, match="already complete"):
        Tree.define(x=c.int)


def test_mixins_metaclasses_and_base_classes():
    class Area:
        def area(self):
            return self.x * self.y

    @c.struct
    class box(Area):
        x: c.int
        y: c.int

        def area(self):
            return super().area() + 1

    assert box(2, 3).area() == 7 and box.__mro__[1:3] == (Area, Struct)

    class Meta(MemoryClass, abc.ABCMeta):
        def __new__(cls, name, bases, names, *, tag=None):
            made = super().__new__(cls, name, bases, names)
            made.tag = tag
            return made

        def __init__(cls, name, bases, names, **options):
            super().__init__(name, bases, names)

    class Shape(Struct, metaclass=Meta, tag="shape"):
        @abc.abstractmethod
        def area(self):
            """What a subclass has."""

    class Square(Shape, tag="square"):
        side: c.int

        def area(self):
            return self.side ** 2

    assert Square(3).area() == 9 and (Shape.tag, Square.tag) == ("shape", "square")
    assert type(c.array(Square, 1).new()[0]) is Square

    class Generic(Struct, typing.Generic[typing.TypeVar("T")]):
        x: c.int

    assert Generic(1).x == 1


def test_what_a_struct_would_drop_of_a_base_is_an_error():
    class plain:
        x: c.double

    plain.__annotations__ = {"x": c.double}
    with pytest.raises(TypeError, match="plain, which it extends, has fields"):
        @c.struct
        class more(plain):
            y: c.double


def refused_classes():
    yield lambda: type("both", (Point, Node), {}), "cannot both be what it begins with"
    yield lambda: type("mixed", (Point, libffi.Array), {}), "a libffi.Struct or a libffi.Array, not both"
    yield lambda: MemoryClass("none", (), {}), "extends a type, a class of memory"
    yield lambda: MemoryClass("x"), "3 arguments"
    yield lambda: type.__new__(MemoryClass, "x", (Point,), {}), "not safe"
    yield lambda: c.struct(type("numbers", (int,), {"__annotations__": {"x": c.int}})), "lay-out conflict"
    yield lambda: c.struct(type("none", (), {})), "no annotated fields"
    yield lambda: type("slot", (Struct,), {"__annotations__": {"x": c.int}, "__slots__": ("x",)}), "no slot"
    yield lambda: setattr(Point, "x", 1), "is a field"
    yield lambda: delattr(Point, "x"), "is a field"
    yield lambda: setattr(Struct, "more", 1), "immutable"
    yield lambda: setattr(Point(1, 2), "__class__", Node), "cannot become"
    yield lambda: setattr(Point(1, 2), "__class__", int), "cannot become"
    yield Struct, "made by"
    yield lambda: object.__new__(Point), "not safe"


@pytest.mark.parametrize("make, message", [pytest.param(*case, id=case[1]) for case in refused_classes()])
def test_refused(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_another_class_of_the_same_struct():
    class Named(Point):
        pass

    p = Point(1, 2)
    p.__class__ = Named
    assert type(p) is Named and p.total() == 3


def test_a_property_in_place_of_a_field():
    class Doubled(Point):
        @property
        def x(self):
            return 2 * super().x

        @x.setter
        def x(self, value):
            Point.x.__set__(self, value / 2)

    d = Doubled(3, 4)
    assert (d.x, Point(d).x, d.total()) == (6, 3, 10)
    d.x = 20
    assert (d.x, libffi.asdict(d)["x"]) == (20, 10)


def test_attribute_hooks():
    class Hooked(Point):
        def __getattr__(self, name):
            return name.upper()

        def __setattr__(self, name, value):
            super().__setattr__(name, 2 * value)

    h = Hooked(1, 2)
    h.x = 4
    assert (h.x, h.y, h.other) == (8, 2, "OTHER")


def test_fields_with_the_names_of_a_types_attributes():
    names = ["size", "name", "new", "at", "read", "fields", "offsets", "define", "kind", "alignment"]

    class Odd(Struct):
        __annotations__ = dict.fromkeys(names, c.int)

    odd = Odd(**{name: i for i, name in enumerate(names)})
    assert [getattr(odd, name) for name in names] == list(range(len(names)))
    assert (Odd.size, Odd.name, Odd.kind, list(Odd.fields)) == (40, "struct Odd", "struct", names)
    assert Odd.new(new=3).new == 3 and Odd.at(bytes(40)).at == 0

    class Own(Point):
        name = "mine"

        @classmethod
        def read(cls, path):
            return path

    class Below(Own):
        pass

    assert (Own.name, Own.read("p"), Below.name, Below.read("p"), Own(1, 2).name) == ("mine", "p", "mine", "p", "mine")
    assert type(Below.new()) is Below


def test_misspelt_attributes_are_errors():
    p = Point(1, 2)
    for use in lambda: setattr(p, "z", 1), lambda: p.z, lambda: Point.z:
        with pytest.raises(AttributeError):
            use()


def test_cached_properties_and_dictionaries():
    @c.struct
    class lazy:
        __slots__ = ("__dict__",)
        x: c.int

        @functools.cached_property
        def squared(self):
            return self.x ** 2

    one = lazy(3)
    assert one.squared == 9
    one.x = 4
    assert one.squared == 9 and vars(one) == {"squared": 9}


def test_hooks_of_class_statements():
    seen = []

    class Named:
        def __set_name__(self, owner, name):
            seen.append((owner.__name__, name))

    class Watched(Struct):
        attribute = Named()

        def __init_subclass__(cls, **options):
            seen.append((cls.__name__, options))
            for use in cls, lambda: cls.new(), lambda: c.ptr(cls):
                with pytest.raises((TypeError, AttributeError)):
                    use()

    class Below(Watched, option=1):
        x: c.int

    assert seen == [("Watched", "attribute"), ("Below", {"option": 1})] and Below(5).x == 5


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs types.get_original_bases")
def test_original_bases():
    import types

    T = c.struct("pair", a=c.int)

    class Pair(T):
        pass

    assert types.get_original_bases(Pair) == (T,)


def cycles_through_the_newest(count):
    class Held(Struct):
        quot: int
        rem: int

    class Chain(Struct):
        next: Pointer[Chain]

    div = CIF(Held, [c.int, c.int]).bind(Library(None).function("div", c.void, []).address)
    Held.all = [div(7, 2) for _ in range(count)]
    Held.pointers = [c.ptr(Held)(0) for _ in range(count)]
    Held.views = [c.array(Held, 2).new()[1] for _ in range(count)]
    Chain.last = Chain(None)
    Chain.last.next = Chain.last
    return weakref.ref(Held), weakref.ref(Chain)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_cycles_through_the_newest_instances_are_collected(count, run_python):
    """The collector hears of them when it begins (base/nursery.h).

    In a process of its own: once a thread was started, CPython 3.13 without a GIL frees no class. Nor a function of
    a library: this one is bound to its address.
    """
    run_python(f"""
        import gc, sys
        sys.path[:0] = {sys.path!r}
        from test_struct_classes import cycles_through_the_newest
        seen = [cycles_through_the_newest({count}) for _ in range(3)]
        gc.collect()
        left = [(held(), chain()) for held, chain in seen]
        assert left == [(None, None)] * 3, left
    """)


def test_the_newest_instances_come_and_go_in_any_order():
    class Held(Struct):
        x: int

    living = []
    for i in range(200):
        living.append(Held(i))
        if i % 3:
            living.append(c.ptr(Held)(living[-1]) if i % 2 else c.ptr(Held)(0))
        if i % 5 == 0:
            gc.collect(0)
        del living[::7], living[-1:i % 4]
    assert all(gc.is_tracked(one) for one in living[:-2])
    assert all(one.x >= 0 for one in living if isinstance(one, Held))
