"""Wrong lines that no checker sees, and the spelling that lets it: mypy and pyright pass this file in tools/lint.

What the guide's page on typing says of them goes for as long as that is so. They are not run.
"""
# mypy: disable-error-code=empty-body
# ruff: noqa
from __future__ import annotations
from typing import Annotated
from libffi import CIF, Library, Struct, c, closure
libc = Library(None); libm = Library("m")
# 1 how many types a list has: a tuple says it, or a stub
pow = libm.function("pow", c.double, [c.double, c.double])
pow(2)
@closure(c.int, [c.int])
def one(a: int, b: int) -> int: return a
# 2 the names of keywords: a class says them
point = c.struct("point", x=c.double, y=c.double)
p = point.new(z=3)
p.z
# 3 what a text declares: a class of the library says it, or a generated module
libc.declare("int atoi(const char *);")
libc.atoi(1, 2, 3)
libc.atoy("3")
# 4 whether the halves of an Annotated fit: c.double alone says both
@libm.function
def cos(x: Annotated[str, c.double]) -> Annotated[str, c.double]: ...
# 5 arguments by name, where c.double and the like annotate the parameters: Annotated[float, c.double] says it
@libm.function
def hypot(x: c.double, y: c.double) -> c.double: ...
hypot(x=3, z="4")
# 6 what a CIF is called with, and its closures: libffi.closure and Library.function know
CIF(c.int, (c.int,)).call(one, "x")
CIF(c.int, (c.int,)).closure(lambda: "x")
# 7 whether a class fits the text that it is completed by: its own annotations do
class Quotient(Struct): pass
libc.declare("typedef struct { int quot, rem; } div_t; div_t div(int, int);", classes={"div_t": Quotient})
# 8 what is passed for a struct by value, and returned by a closure of one, with tuples: a stub and its own annotations do
class Pair(Struct):
    left: int
    right: int
class Triple(Pair):
    middle: int
turn = libc.function("turn", Pair, (Pair,))
turn(3)
@closure(Pair, (c.int,))
def pair(a: int) -> int: return a
# 9 that a class with more fields is not the struct that it extends, by value
@libc.function("turn")
def turned(a: Annotated[Pair, Pair]) -> Annotated[Pair, Pair]: ...
turned(Triple(1, 2, 3))
