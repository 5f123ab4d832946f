"""Classes of structs that Python code exchanges, takes apart or finds half made: an exception, never a crash."""
from __future__ import annotations

import textwrap

import pytest

PRELUDE = """
import copy, gc
import libffi
from libffi import CIF, Memory, MemoryClass, Struct, c, typeof

def attempt(*uses):
    for use in uses:
        try:
            use()
        except Exception:
            pass
"""

SNIPPETS = {
    "an instance whose class is exchanged behind its back": r"""
        class Small(Struct):
            a: c.char
        class Large(Struct):
            a: c.array(c.long, 1000)
        one = Small()
        set_class = object.__dict__["__class__"].__set__
        for other in Large, Struct, libffi.Array, int:
            try:
                set_class(one, other)
            except TypeError:
                continue
            assert one.a == b"\0" and bytes(one) == b"\0" and typeof(one) is typeof(Small)
            f = CIF(c.void, [Large]).closure(lambda x: None)
            attempt(lambda: f.cif.call(f, one), lambda: Large.a.__get__(one), lambda: Large(one),
                    lambda: one == Large(), lambda: copy.copy(one), lambda: repr(one))
            set_class(one, Small)
    """,
    "classes of other kinds exchanged behind an instance's back": r"""
        class Small(Struct):
            a: c.char
        class Row(c.array(c.long, 100)):
            pass
        class Number(c.char):
            pass
        class Handle(c.ptr(c.long)):
            pass
        classes = Small, Row, Number, Handle
        set_class = object.__dict__["__class__"].__set__
        for cls in classes:
            for other in classes:
                one = cls()
                try:
                    set_class(one, other)
                except TypeError:
                    continue
                assert typeof(one) is typeof(cls) and len(bytes(one)) == cls.size
                attempt(lambda: one[0], lambda: one[0:5], lambda: one.__setitem__(0, 1),
                        lambda: one.__setitem__(slice(0, 5), [1] * 5), lambda: list(one), lambda: one == cls(),
                        lambda: one == [1], lambda: one.a, lambda: setattr(one, "a", b"x"), lambda: one.__private,
                        lambda: Small.__init__(one, a=b"x"), lambda: Row.__init__(one, [5]), lambda: one.value,
                        lambda: Memory.__init__(one, 5), lambda: copy.copy(one), lambda: other(one),
                        lambda: libffi.asdict(one), lambda: one._repr_html_(), lambda: one.__replace__(a=b"y"))
                f = CIF(c.void, [c.ptr(other)]).closure(lambda x: None)
                attempt(lambda: f.cif.call(f, one), lambda: repr(one))
    """,
    "a class taken apart": """
        class Point(Struct):
            x: c.int
            y: c.int
            def total(self):
                return self.x + self.y
        class Below(Point):
            z: c.int
        points = [Point(1, 2), Below(1, 2, 3)]
        attribute = vars(Struct)["size"]
        for use in (
            lambda: setattr(Below, "__bases__", (Struct,)),
            lambda: setattr(Below, "__bases__", (object,)),
            lambda: setattr(Point, "__getattribute__", lambda self, name: 5),
            lambda: delattr(Point, "total"),
            lambda: delattr(Point, "__getattribute__"),
            lambda: setattr(Point, "__new__", lambda cls: 5),
            lambda: setattr(Point, "__init__", lambda self, *a: 1 / 0),
            lambda: Point.__init__(points[1], 5),
            lambda: delattr(Point, "new"),
            lambda: setattr(Point, "__slots__", 5),
            lambda: setattr(Point, "__del__", lambda self: 1 / 0),
            lambda: Point.x.__get__(c.int.new()),
            lambda: type(Point.x)(),
            lambda: Point.x.__set__(points[0], "a"),
            lambda: attribute.__get__(5, int),
            lambda: type(attribute)().__get__(None, Point),
            lambda: type(attribute)().__get__(points[0], Point),
            lambda: MemoryClass.__setattr__(Struct, "a", 1),
            lambda: MemoryClass.__init__(Point, "a", (), {}),
            lambda: MemoryClass.__signature__.__get__(Struct),
            lambda: Point.define(a=c.int),
            lambda: typeof(Point).__setstate__(((), 0, 0)),
        ):
            attempt(use)
            for point in points:
                cls = type(point)
                attempt(lambda: point.x, lambda: point.total(), lambda: repr(point), lambda: copy.copy(point),
                        cls, lambda: cls(1, 2), lambda: cls.new(x=1), lambda: c.array(cls, 3).new()[1].y)
    """,
    "a class found half made": """
        looking = []
        def look():
            for one in gc.get_objects():
                if isinstance(one, MemoryClass) and not looking:
                    looking.append(one)
                    attempt(one, lambda: one.new(x=1), lambda: one.size, lambda: c.ptr(one),
                            lambda: c.array(one, 2).new(), lambda: typeof(one).define(q=c.long),
                            lambda: type("more", (one,), {"__annotations__": {"w": c.int}})(1))
                    looking.clear()
            return c.int
        class Curious:
            def __set_name__(self, owner, name):
                look()
        for _ in range(3):
            try:
                class Half(Struct):
                    curious = Curious()
                    x: "look()" = 5
                    y: c.int
                    def __init_subclass__(cls):
                        look()
                class More(Half):
                    z: "look()"
                More(1, 2, 3)
            except TypeError:
                pass
        gc.collect()
    """,
    "fields that a definition left behind": """
        import copyreg
        fields = []
        class Failing(dict):
            def setdefault(self, key, value):
                fields.extend(one for one in gc.get_objects() if type(one).__name__ == "Field")
                raise RuntimeError
        struct, table = c.struct("late"), copyreg.dispatch_table
        copyreg.dispatch_table = Failing(table)
        try:
            struct.define(**{f"a{i}": c.double for i in range(40)})
        except RuntimeError:
            copyreg.dispatch_table = table
        struct.define(x=c.int)
        late, junk = struct.new(x=5), [b"\\xff" * 2000 for _ in range(100)]
        assert len(fields) >= 40
        for field in fields:
            attempt(lambda: field.__get__(late), lambda: field.__set__(late, 1))
            assert "field" in repr(field) and late.x == 5
    """,
    "methods of a class for objects of others": """
        import types
        others = [None, 5, "text", c.int, c.int(5), c.int.new(), c.ptr(c.int)(c.int.new()), Struct,
                  CIF(c.int, []), CIF(c.int, []).closure(int), libffi.owned(5, int), CIF(c.int, []).bind(16)]
        for cls in vars(libffi._ffi).values():
            if not isinstance(cls, type) or cls.__module__ != "libffi._ffi":
                continue
            for name, method in vars(cls).items():
                if not callable(method) or isinstance(method, (type, types.ClassMethodDescriptorType)):
                    continue
                for other in others:
                    if isinstance(other, cls):
                        continue
                    for given in range(4):
                        try:
                            method(other, *["x"] * given)
                        except (TypeError, AttributeError):
                            continue
                        raise SystemExit(f"{cls.__name__}.{name} took {other!r}")
    """,
    "names that are none": """
        class Point(Struct):
            x: c.int
        for one in Point(1), c.struct("point", x=c.int).new(x=1):
            for name in 5, 10**40, b"x" * 300, None, 1.5, (1,) * 9, memoryview(b"x" * 180):
                for use in (Struct.__getattribute__, Struct.__delattr__, one.__getattribute__,
                            lambda one, name: Struct.__setattr__(one, name, 1),
                            lambda one, name: Struct.__setattr__(one, name, []),
                            lambda one, name: MemoryClass.__setattr__(Point, name, 1)):
                    try:
                        use(one, name)
                    except TypeError:
                        continue
                    raise SystemExit(f"{name!r} is a name")
    """,
    "instances whose finalizers bring them back": """
        kept = []
        class Back(Struct):
            x: c.int
            def __del__(self):
                kept.append(self)
        for _ in range(1000):
            Back(5)
            c.array(Back, 2).new()[1].x
            if len(kept) > 100:
                assert {one.x for one in kept} <= {0, 5}
                kept.clear()
        ring = Back(7)
        Back.ring = ring
        del Back, ring, kept[:]
        gc.collect()
        gc.collect()
    """,
    "recursion": """
        class Deep(Struct):
            x: c.int
        for i in range(300):
            try:
                Deep = type(f"D{i}", (Deep,), {"__annotations__": {f"x{i}": c.int}})
            except libffi.BadTypedef:
                break
        else:
            raise SystemExit("no end")
        assert sum(Deep(*range(i + 1))) == sum(range(i + 1))
        class Loop(Struct):
            x: c.int
            def __getattr__(self, name):
                return getattr(self, name + "_")
        attempt(lambda: Loop(1).y)
        class Around(Struct):
            x: c.int
            def __repr__(self):
                return repr(self)
        attempt(lambda: repr(Around(1)))
        attempt(lambda: c.struct(type("R", (), {"__annotations__": {"x": "'" * 2}})))
    """,
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_classes_taken_apart(run_python, name):
    run_python(PRELUDE + textwrap.dedent(SNIPPETS[name]))
