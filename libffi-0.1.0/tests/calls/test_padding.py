"""Bytes between members by value: zeros, where nobody has said what they are."""
from __future__ import annotations

import pytest

from libffi import Library, c

SOURCE = """
#include <string.h>
struct small { char c; int i; };
struct large { char c; double x; struct small in[2]; char end; };
static int padding(const void *p, int from, int to)
{
    int any = 0;
    for (; from < to; ++from)
        any |= ((const unsigned char *)p)[from];
    return any;
}
static int of_small(const struct small *s) { return padding(s, 1, 4); }
static int of_large(const struct large *l)
{
    return padding(l, 1, (char *)&l->x - (char *)l) | of_small(&l->in[0]) | of_small(&l->in[1])
           | padding(l, (int)(&l->end + 1 - (char *)l), sizeof *l);
}
int looked_at(struct small s, struct large l) { return of_small(&s) | of_large(&l) << 8; }
struct small one_small(int i) { struct small s; s.c = 1; s.i = i; return s; }
struct large one_large(int i) { struct large l; l.c = l.end = 1; l.x = i; l.in[0] = l.in[1] = one_small(i); return l; }
int returned_small(struct small (*f)(int)) { struct small s = f(1); return of_small(&s); }
int returned_large(struct large (*f)(int)) { struct large l = f(1); return of_large(&l); }
int given(int (*f)(struct small, struct large))
{
    struct small s; struct large l;
    memset(&s, 0x55, sizeof s); memset(&l, 0x55, sizeof l);
    s.c = 1; s.i = 2; l.c = l.end = 3; l.x = 4; l.in[0].c = l.in[1].c = 5; l.in[0].i = l.in[1].i = 6;
    return f(s, l);
}
int dirty(long a, long b, long c, long d, double e, double f)
{
    volatile char room[5000];
    memset((void *)room, 0x5a, sizeof room);
    return room[a + b + c + d];
}
"""
DECLARED = """
struct small { char c; int i; };
struct large { char c; double x; struct small in[2]; char end; };
int looked_at(struct small, struct large);
struct small one_small(int);
struct large one_large(int);
int returned_small(struct small (*)(int));
int returned_large(struct large (*)(int));
int given(int (*)(struct small, struct large));
int dirty(long, long, long, long, double, double);
"""
SMALL = (b"\1", 2)
LARGE = (b"\3", 4.0, [(b"\5", 6), (b"\5", 6)], b"\3")


@pytest.fixture
def library(compile_c):
    made = Library(compile_c(SOURCE, "padding", "-fno-tree-vectorize"))
    made.declare(DECLARED)
    return made


def zeros_between(memory):
    """Is it what would have been made from its members?"""
    return bytes(memory) == bytes(memory.type.new(memory.value))


@pytest.mark.parametrize("as_what", [tuple, list, dict])
def test_arguments(library, as_what):
    def as_wanted(names, values):
        return dict(zip(names, values, strict=True)) if as_what is dict else as_what(values)

    inner = [as_wanted(("c", "i"), one) for one in LARGE[2]]
    for _ in range(20):
        library.dirty(1, 2, 3, 4, 5.0, 6.0)
        assert library.looked_at(as_wanted(("c", "i"), SMALL),
                                 as_wanted(("c", "x", "in", "end"), (*LARGE[:2], inner, LARGE[3]))) == 0


def test_results(library):
    for i in range(20):
        library.dirty(1, 2, 3, 4, 5.0, 6.0)
        assert zeros_between(library.one_small(i)) and zeros_between(library.one_large(i))


def test_what_closures_are_given_and_return(library):
    seen = []

    @library.given.cif.argtypes[0].closure
    def look(small, large):
        seen.extend((zeros_between(small), zeros_between(large), tuple(small.value.values()) == SMALL, large.x == 4.0))
        return 7

    assert library.given(look) == 7 and seen == [True] * 4
    for name, value in ("small", SMALL), ("large", LARGE):
        take = library[f"returned_{name}"]
        made = take.cif.argtypes[0].closure(lambda i, value=value: value)
        for _ in range(20):
            library.dirty(1, 2, 3, 4, 5.0, 6.0)
            assert take(made) == 0


def test_memory_keeps_what_is_between_its_members():
    """Who reads another layout there may have put it there."""
    small = c.struct("small", c=c.char, i=c.int)
    room = bytearray(b"\x55" * small.size)
    memory = small.at(room)
    memory.value = SMALL
    assert room[1] == 0x55
