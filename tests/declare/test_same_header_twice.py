"""What is declared equally is the same to every check; what is not is refused."""
import enum
import sys

import pytest

from libffi import CIF, Library, c

HEADER = """
typedef struct node node;
typedef struct list list;
typedef int (*visitor)(node *, list *);
enum kind { LEAF, INNER };
struct node { node *next, *previous; list *owner; visitor visit; const char *name; enum kind kind; int value; };
struct list { node *first; struct { int count; union { long a; double b; }; } inside; node nodes[2]; };
typedef struct opaque opaque;
typedef struct { int x, y; } point;
"""
DECLARATIONS = HEADER + """
int node_value(const node *);
int list_value(const list *);
int same(opaque *, opaque *);
int point_sum(point);
int by_value(struct list);
"""
SOURCE = HEADER + """
int node_value(const node *n) { return n->value; }
int list_value(const list *l) { return l->inside.count + l->nodes[1].value; }
int same(opaque *a, opaque *b) { return a == b; }
int point_sum(point p) { return p.x + p.y; }
"""


@pytest.fixture
def path(compile_c):
    return compile_c(SOURCE, "same_header")


@pytest.fixture
def libraries(path):
    return [declared(path, HEADER) for _ in range(2)]


def declared(path, header, **options):
    library = Library(path)
    library.declare(header + DECLARATIONS[len(HEADER):].replace("int by_value(struct list);", ""), **options)
    return library


def test_structs_of_one_library_go_to_the_other(libraries):
    for one, other in (libraries, reversed(libraries)):
        assert one.node is not other.node
        node = other.node.new(value=7)
        assert one.node_value(node) == 7 == one.node_value(c.ptr(other.node)(node))
        assert one.list_value(other.list.new(inside={"count": 2}, nodes=[{}, node])) == 9
        assert one.list_value(other.list.new(inside={"count": 1}, nodes=[{}, one.node.new(value=4)])) == 5
        assert one.node.new(next=node).next.value.value == 7
        assert one.point_sum(other.point.new(x=1, y=2)) == 3


def test_equal_structs_compare(libraries):
    one, other = libraries
    assert one.node.new(value=3) == other.node.new(value=3) != other.node.new(value=4)


def test_opaque_structs_are_those_of_their_tag(libraries):
    one, other = libraries
    somewhere = c.int.new()
    a = c.ptr(one.opaque)(somewhere)
    b = c.ptr(other.opaque)(somewhere)
    assert one.same(a, b) == 1 == other.same(a, b)
    other.declare("struct opaque { int inside; };")
    assert one.same(a, b) == 1 == other.same(a, b)
    with pytest.raises(TypeError, match="pointer to struct node"):
        one.same(a, c.ptr(other.node)(somewhere))


def test_a_file_is_a_file():
    """However a text comes by it: as a standard name, as an opaque struct or with its members."""
    texts = ["", "typedef struct FILE FILE;", "struct _IO_FILE; typedef struct _IO_FILE FILE;",
             "struct _IO_FILE { int flags; char *end; }; typedef struct _IO_FILE FILE;"]
    if sys.platform != "linux":
        texts = texts[:2]
    libraries = [Library(None) for _ in texts]
    for library, text in zip(libraries, texts, strict=True):
        library.declare(text + "FILE *tmpfile(void); int fileno(FILE *); int fclose(FILE *);")
    for library in libraries:
        file = library.tmpfile()
        assert len({other.fileno(file) for other in libraries}) == 1
        assert libraries[0].fclose(file) == 0


def test_text_declared_otherwise_is_the_same_to_c(path, libraries):
    other = declared(path, HEADER, strings="pointer")
    assert libraries[0].node_value(other.node.new(value=3)) == 3


@pytest.mark.parametrize("old, new", [
    ("int value;", "unsigned value;"), ("int value;", "int worth;"), ("node *next, *previous;", "node *next;"),
    ("int value;", "float value;"), ("const char *name", "char *name"), ("list *owner", "void *owner"),
    ("struct list { node *first;", "struct list { int *first;"), ("int count;", "short count;"),
    ("double b;", "double c;"), ("nodes[2]", "nodes[3]"), ("(*visitor)(node *, list *)", "(*visitor)(node *)"),
    ("(*visitor)(node *, list *)", "(*visitor)(node *, node *)"), ("int (*visitor)", "long (*visitor)"),
    ("int value; };", "int value; } __attribute__((aligned(64)));"),
    ("enum kind", "enum sort"), ("LEAF, INNER", "LEAF, OUTER"), ("LEAF, INNER", "INNER, LEAF"),
])
def test_what_differs_anywhere_is_refused(path, libraries, old, new):
    assert old in HEADER
    other = declared(path, HEADER.replace(old, new))
    with pytest.raises(TypeError, match="node"):
        libraries[0].node_value(other.node.new())
    with pytest.raises(TypeError, match="node"):
        libraries[0].node.new(next=c.ptr(other.node)(c.array(c.char, 512).new()))


def test_what_is_incomplete_may_become_different():
    libraries = [Library(None) for _ in range(3)]
    for library, text in zip(libraries,
                             ("struct s;", "struct s { int a; };", "struct s { long long a; };"), strict=True):
        library.declare(text)
    opaque, one, other = (library["struct s"] for library in libraries)
    pointers = [c.ptr(kind)(c.longlong.new()) for kind in (opaque, one, other)]
    takes = [CIF(c.int, [c.ptr(kind)]).closure(lambda p: 1) for kind in (opaque, one, other)]
    accepted = {(i, j) for i, take in enumerate(takes) for j, pointer in enumerate(pointers)
                if accepts(take.cif.bind(take), pointer)}
    assert accepted == {(i, j) for i in range(3) for j in range(3)} - {(1, 2), (2, 1)}
    opaque.define([("a", c.int)])
    assert accepts(takes[0].cif.bind(takes[0]), pointers[1]) and not accepts(takes[0].cif.bind(takes[0]), pointers[2])


def accepts(function, pointer):
    try:
        return bool(function(pointer))
    except TypeError:
        return False


def test_thousands_of_structs_that_refer_to_each_other():
    text = "".join(f"struct s{i};" for i in range(1000)) + "".join(
        f"struct s{i} {{ struct s{(i * 7 + 1) % 1000} *a; struct s{(i * 3 + 2) % 1000} *b;"
        f" int (*f)(struct s{999 - i} *); }};"
        for i in range(1000))
    one, other = Library(None), Library(None)
    one.declare(text)
    other.declare(text)
    take = CIF(c.int, [c.ptr(one.s0)]).closure(lambda p: 5)
    assert take.cif.bind(take)(other.s0.new()) == 5


def test_an_enum_of_ones_own_is_what_the_text_has():
    class Colour(enum.IntEnum):
        ROT = 0
        BLAU = 1

    library = Library(None)
    library.declare("struct flower { enum colour { RED, BLUE } colour; };")
    take = CIF(c.enum(Colour, base=c.uint), [c.ptr(library.flower)]).closure(lambda p: p[0].colour)
    flower = c.struct("flower", colour=c.enum(Colour, base=c.uint)).new(colour=Colour.BLAU)
    assert take.cif.bind(take)(flower) is Colour.BLAU
