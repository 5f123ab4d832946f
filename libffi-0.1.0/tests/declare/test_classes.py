"""Classes of one's own for structs and unions that C declares: what the library hands back is an instance."""
from __future__ import annotations

import pickle

import pytest
from fuzz import compiler

from libffi import CIF, DeclarationError, Library, Struct, c, typeof

TEXT = """
typedef struct { int quot, rem; } div_t;
struct tree { struct tree *left, *right; div_t value; };
union number { int i; float f; };
div_t div(int, int);
"""


class Division(Struct):
    def whole(self):
        return self.rem == 0


def test_results_fields_pointers_and_callbacks_are_instances():
    class Result(Struct):
        def whole(self):
            return self.rem == 0

    class Tree(Struct):
        def depth(self):
            return 1 + max((side[0].depth() for side in (self.left, self.right) if side), default=0)

    class Number(Struct):
        def hex(self):
            return hex(self.i)

    with Library(None) as lib:
        lib.declare(TEXT, classes={"div_t": Result, "tree": Tree, "number": Number})
        assert type(lib.div(7, 2)) is Result and lib.div(6, 2).whole() and Result(1, 0).whole()
        assert lib.div_t is typeof(Result) and lib["struct tree"] is typeof(Tree)
        leaf = Tree(None, None, (1, 0))
        assert Tree(leaf, None, (5, 0)).depth() == 2 and type(leaf.value) is Result
        assert Number(f=1.0).hex() == "0x3f800000" and Number.kind == "union"
        assert (Result.name, Tree.name, Number.name) == ("struct div_t", "struct tree", "union number")
        lib.declare("typedef struct tree forest[2];")
        assert type(lib.forest.new()[1]) is Tree
        seen = CIF(c.int, [c.ptr(Tree)]).closure(lambda p: p[0].depth())
        assert seen.cif.call(seen, leaf) == 1


def test_the_same_class_in_two_libraries_and_pickles():
    libraries = Library(None), Library(None)
    for lib in libraries:
        lib.declare("typedef struct { int quot, rem; } div_t; div_t div(int, int);", classes={"div_t": Division})
        assert type(lib.div(7, 2)) is Division
    again = pickle.loads(pickle.dumps(libraries[0]))
    assert type(again.div(7, 2)) is Division


def test_a_class_that_says_its_fields():
    class Point(Struct):
        x: float
        y: float

    with Library(None) as lib:
        lib.declare("struct point { double x, y; };", classes={"point": Point})
        assert lib["struct point"] is typeof(Point)
        with pytest.raises(DeclarationError, match="Point has other members than the struct place"):
            lib.declare("struct place { double x; int y; };", classes={"place": Point})


def refused():
    class Point(Struct):
        pass

    yield {"pint": Point}, TypeError, "no struct or union 'pint'"
    yield {"point": int}, DeclarationError, "expected a class of a struct"
    yield {"point": Struct}, DeclarationError, "expected a class of a struct"
    yield {"only": Point}, TypeError, "no struct or union 'only' its members"
    yield {"number": Point}, TypeError, "no struct or union 'number'"


@pytest.mark.parametrize(("classes", "error", "message"), list(refused()), ids=str)
def test_refused(classes, error, message):
    with Library(None) as lib:
        with pytest.raises(error, match=message):
            lib.declare("struct point { double x; }; struct only; typedef int number;", classes=classes)
        assert "struct point" not in lib


def test_with_an_error_the_class_stays_as_it_was():
    class Point(Struct):
        pass

    with Library(None) as lib:
        for wrong in "struct point { int x; }; nonsense", "struct point { int x; }; int no_such_function_at_all(void);":
            with pytest.raises((DeclarationError, AttributeError)):
                lib.declare(wrong, classes={"point": Point})
            assert Point.size is None
        lib.declare("struct point { int y; };", partial=True, classes={"point": Point})
        assert list(Point.fields) == ["y"]


@pytest.mark.skipif(not compiler.command(), reason="needs a compiler")
def test_by_pointer_and_by_value(tmp_path):
    source = "struct p { double x, y; }; double one(struct p a) { return a.x; } void two(struct p *a) { a->y = a->x; }"

    class P(Struct):
        def both(self):
            return self.x, self.y

    with Library(str(compiler.build(source, tmp_path / "classes.so", "-O1"))) as lib:
        lib.declare("struct p { double x, y; }; double one(struct p a); void two(struct p *a);", classes={"p": P})
        p = P(3, 4)
        assert lib.one(p) == 3 and lib.two(p) is None and p.both() == (3, 3)
