"""Users' classes over scalars, pointers, functions, arrays and vectors: their instances are memory."""
from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref

import pytest

import libffi
from libffi import CIF, Array, Function, Library, Memory, MemoryClass, Pointer, Struct, Type, c, closure, sizeof, typeof


class Celsius(c.double):
    __slots__ = ("note",)

    def fahrenheit(self):
        return self.value * 9 / 5 + 32


class Row(c.array(c.int, 3)):
    def total(self):
        return sum(self)


class Counter(c.uint8):
    pass


class Handle(c.pointer):
    pass


class Ints(c.ptr(c.int)):
    def __getitem__(self, index):
        return self.value[index]


class Text(c.string):
    pass


UNARY = CIF(c.int, [c.int])


class Unary(c.func(UNARY)):
    def __call__(self, *args):
        return self.value(*args)


@pytest.mark.parametrize("cls, over, value", [
    (Celsius, c.double, 36.6), (Counter, c.uint8, 200), (Row, c.array(c.int, 3), [1, 2, 3]), (Text, c.string, "hello")])
def test_a_class_has_what_its_type_has(cls, over, value):
    kind = typeof(cls)
    assert isinstance(kind, Type) and kind is not over and typeof(cls(value)) is kind
    assert (cls.name, cls.kind, cls.size, cls.alignment) == (over.name, over.kind, over.size, over.alignment)
    assert sizeof(cls) == over.size and cls(value).value == value == cls.new(value).value
    assert type(cls.new()) is type(cls.at(over.new(value))) is type(c.ptr(cls)(cls(value))[0]) is cls
    assert isinstance(cls(), (Array if over.kind == "array" else Memory))
    assert CIF(c.ptr(cls), [c.out(cls)]) is CIF(c.ptr(kind), [c.out(kind)])


def test_instances_are_what_fields_items_results_and_callbacks_give():
    class Reading(Struct):
        t: Celsius
        row: Row
        raw: c.double

    r = Reading(1.5, [1, 2, 3], 5)
    assert (type(r.t), type(r.row), r.raw, r.row.total()) == (Celsius, Row, 5.0, 6)
    r.t.value = 100                                     # a view: the field
    assert r.t.fahrenheit() == 212 and bytes(r)[:8] == bytes(c.double.new(100))
    r.t, r.row = Celsius(5), Row([4, 5, 6])
    r.row[1] = 7
    assert (r.t.value, r.row.total(), r.value["raw"]) == (5, 17, 5)
    items = c.array(Celsius, 2).new([1, Celsius(2)])
    assert [type(item) for item in items] == [Celsius] * 2 and items[1].value == 2
    seen = []
    there = CIF(Celsius, [Celsius, Counter]).closure(lambda t, n: (seen.append((t, n)), t)[1])
    assert type(there.cif.call(there, 3.5, Counter(9))) is Celsius
    assert [(type(t), t.value, type(n), n.value) for t, n in seen] == [(Celsius, 3.5, Counter, 9)]
    assert libffi.asdict(r) == {"t": 5.0, "row": [4, 7, 6], "raw": 5.0}


def test_an_instance_of_a_class_over_a_number_is_a_number_to_c():
    assert Library("m").function("sqrt", c.double, [c.double])(Celsius(16)) == 4
    assert c.struct("s", x=c.double, n=c.int).new(x=Celsius(3), n=Counter(4)).value == {"x": 3.0, "n": 4}
    text = c.array(c.char, 20).new()
    Library(None).function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])(
        text, 20, "%g %d %s", Celsius(1.5), Counter(7), Text("x"))
    assert text.value == b"1.5 7 x"
    changed = CIF(c.void, [c.ptr(c.double)]).closure(lambda p: p.__setitem__(0, 9))
    t = Celsius(1)
    changed.cif.call(changed, t)                        # and memory to a pointer
    assert t.value == 9
    with pytest.raises(OverflowError):
        Counter(256)
    with pytest.raises(TypeError, match=r"Celsius\(\) takes one value, got 2"):
        Celsius(1, 2)


def test_an_instance_of_a_class_over_a_pointer_is_the_address_it_holds():
    memcmp = Library(None).function("memcmp", c.int, [c.pointer, c.pointer, c.size_t])
    handle, ints = Handle(c.int.new(5)), Ints(c.array(c.int, 3).new([5, 6, 7]))
    gc.collect()
    assert memcmp(handle, ints, 4) == 0 and ints[2] == 7 and isinstance(ints.value, Pointer)
    assert Handle().value is None and Handle(None).value is None and Ints(ints).value == ints.value
    fill = CIF(c.void, [c.ptr(c.pointer)]).closure(lambda p: p.__setitem__(0, 0x1234))
    fill.cif.call(fill, handle)                         # the address of such a pointer is its own
    assert int(handle.value) == 0x1234
    for wrong in Ints, Handle:
        with pytest.raises(TypeError):
            wrong(5 if wrong is Ints else 1.5)
    strlen = Library(None).function("strlen", c.size_t, [c.string])
    assert strlen(Text("hello")) == 5 == strlen(c.array(Text, 1).new(["hello"])[0])
    with pytest.raises(TypeError, match="expected int"):
        Library(None).function("abs", c.int, [c.int])(handle)
    with pytest.raises(TypeError, match="pointer to int"):
        CIF(c.void, [c.ptr(c.double)]).bind(1)(ints)


def test_a_class_over_a_function_pointer():
    f = Unary(UNARY.closure(lambda x: x + 1))
    gc.collect()                                        # what it holds stays
    assert f(4) == 5 and isinstance(f.value, Function) and Unary().value is None
    apply = CIF(c.int, [Unary, c.int]).closure(lambda g, x: g(g(x)))
    assert apply.cif.call(apply, f, 1) == 3 == apply.cif.call(apply, UNARY.closure(lambda x: x + 1), 1)
    table = c.struct("table", f=Unary).new(f=f)
    del f
    gc.collect()
    assert type(table.f) is Unary and table.f(1) == 2
    qsort = Library(None).function(
        "qsort", c.void, [c.pointer, c.size_t, c.size_t, c.func(CIF(c.int, [c.ptr(c.int), c.ptr(c.int)]))])

    class Compare(c.func(CIF(c.int, [c.ptr(c.int), c.ptr(c.int)]))):
        pass

    items = c.array(c.int, 3).new([3, 1, 2])
    qsort(items, 3, 4, Compare(closure(c.int, [c.ptr(c.int), c.ptr(c.int)])(lambda a, b: a[0] - b[0])))
    assert list(items) == [1, 2, 3]


def test_by_value_in_structs_and_by_reference():
    pair = c.struct("pair", a=Counter, b=Celsius)
    back = CIF(pair, [pair]).closure(lambda p: (p.a.value + 1, p.b))
    assert back.cif.call(back, (1, 2.5)).value["a"].value == 2
    double = CIF(c.void, [c.ptr(Celsius)]).closure(lambda p: p.__setitem__(0, p[0].value * 2))
    assert CIF(c.void, [c.inout(Celsius)]).call(double, 4).value == 8
    assert memoryview(pair.new()).format == "T{B:a:7xd:b:}" and memoryview(Celsius()).format == "d"
    assert pair.new((1, 2)) == pair.new((1, 2)) and c.array(Celsius, 2).new([1, 2]) == [1, 2]


def test_a_metaclass_gives_the_type():
    class Simple(MemoryClass):
        def __new__(cls, name, bases, namespace):
            if "_type_" in namespace:
                bases = (*bases, getattr(c, namespace["_type_"]))
            return super().__new__(cls, name, bases, namespace)

        def __mul__(cls, length):
            return type(Array)("many", (Array, c.array(cls, length)), {"item": cls})

    class Base(Memory, metaclass=Simple):               # of no type: there are no instances
        __slots__ = ("_objects",)

    class Int(Base):
        _type_ = "int"

        def __init__(self, value=0):
            super().__init__(value)
            self._objects = "kept"

    class Special(Int):
        pass

    assert (Int(5).value, Int()._objects, Int.__bases__) == (5, "kept", (Base,))
    assert not hasattr(Int.new(), "_objects") and Special(3).value == 3 and typeof(Special).item is c.int
    three = Int * 3
    assert three([1, 2, 3])[1].value == 2 and type(three()[0]) is Int and three.item is Int
    for abstract in Base, Memory, Array:
        with pytest.raises(TypeError, match="made by T.new"):
            abstract()


def test_classes_that_extend_others():
    class Warm(Celsius):
        pass

    class Mixed(Warm, c.double):
        pass

    assert Warm(5).fahrenheit() == 41 and Mixed(1).value == 1 and Mixed.__mro__[1:3] == (Warm, Celsius)
    assert c.array(Warm, 1).new([Celsius(2)])[0].value == 2
    take = CIF(c.double, [c.ptr(Celsius)]).closure(lambda p: p[0].value)
    assert take.cif.call(take, Warm(7)) == 7

    class Longer(Row):
        def total(self):
            return super().total() + 1

    assert Longer([1, 2, 3]).total() == 7 and Longer([1, 2, 3]) == Row([1, 2, 3])
    for bases in ((Celsius, c.int), (Row, c.array(c.int, 4)), (Celsius, Row), (Row, c.int), (Struct, c.int),
                  (c.int, c.long)):
        with pytest.raises(TypeError):
            MemoryClass("wrong", bases, {})


def test_own_attributes_come_first():
    class Sized(c.int):
        size = "mine"

        def at(self):
            return "there"

    assert Sized.size == "mine" and Sized(1).at() == "there" and Sized.alignment == c.int.alignment


@pytest.mark.parametrize("one", [Celsius(5), Row([1, 2, 3])])
def test_copies_and_pickles(one):
    assert copy.copy(one).value == one.value and type(copy.deepcopy(one)) is type(one)
    assert pickle.loads(pickle.dumps(one)).value == one.value and pickle.loads(pickle.dumps(type(one))) is type(one)


def test_what_they_look_like():
    assert repr(Celsius(36.6)) == "Celsius(36.6)" and repr(Row([1, 2, 3])) == "Row([1, 2, 3])"
    assert repr(Handle()) == "Handle(NULL)" and repr(c.array(Celsius, 1).new()) == "<double[1] memory: [0.0]>"
    assert str(CIF(Celsius, [Row and c.ptr(Row), Unary])) == "double (int (*)[3], int (*)(int))"


def test_vectors():
    class Four(c.vector(c.float, 4)):
        def total(self):
            return sum(self)

    back = CIF(Four, [Four]).closure(lambda v: [x + 1 for x in v]) if libffi.features()["vectors"] else None
    assert Four([1, 2, 3, 4]).total() == 10
    if back is not None:
        assert back.cif.call(back, [1, 2, 3, 4]).total() == 14


def test_byte_orders_and_conversions():
    class Port(c.big(c.uint16)):
        pass

    class Wrapping(c.wrap(c.uint8)):
        pass

    assert bytes(Port(80)) == b"\0P" and Port(80).value == 80 and Wrapping(300).value == 44
    header = c.struct("header", port=Port, n=c.int, _byteorder_="big").new((80, 1))
    assert bytes(header)[:2] == b"\0P" and type(header.port) is Port
    with pytest.raises(libffi.BadTypedef, match=r"one over c.big\(T\)"):
        c.struct("wrong", t=Celsius, _byteorder_="big" if c.int.byteorder == "little" else "little")


def cycle(make):
    cls = make()
    cls.own = c.array(cls, 2).new()[1]
    cls.there = c.ptr(cls)
    cls.cif = CIF(cls, [c.ptr(cls)]) if cls.kind != "array" else CIF(c.void, [c.ptr(cls)])
    if "x" in vars(cls) or cls.kind == "pointer":
        cls.own.x = cls.own
    return weakref.ref(cls)


def test_cycles_through_classes_are_collected(run_python):
    """In a process of its own: once a thread was started, CPython 3.13 without a GIL frees no class."""
    run_python(f"""
        import gc, sys
        sys.path[:0] = {sys.path!r}
        from test_classes_over_types import UNARY, MemoryClass, c, cycle
        gone = [cycle(make) for make in (
            lambda: MemoryClass("A", (c.double,), {{"__slots__": ("x",)}}),
            lambda: MemoryClass("A", (c.array(c.int, 2),), {{}}),
            lambda: MemoryClass("A", (c.pointer,), {{"__slots__": ("__dict__",)}}),
            lambda: MemoryClass("A", (c.func(UNARY),), {{}}))]
        gc.collect()
        left = [reference() for reference in gone]
        assert left == [None] * 4, left
    """)


def test_functions_map_over_them():
    half = CIF(Celsius, [Celsius]).closure(lambda t: t.value / 2)
    mapped = half.cif.bind(half).map([2.0, 4.0])
    assert [t.value if isinstance(t, Memory) else t for t in mapped] == [1, 2]


def test_none_is_null_for_a_class_over_a_pointer():
    @c.struct
    class Node:
        ints: Ints | None

    assert list(typeof(Node).fields) == ["ints"] and Node(ints=None) == Node.new()


def test_text_behind_a_pointer_to_a_class_over_characters():
    class Letter(c.char):
        pass

    assert c.ptr(Letter)(c.array(c.char, 3).new(b"ab")).text() == "ab"
