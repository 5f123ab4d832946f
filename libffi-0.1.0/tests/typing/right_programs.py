"""Programs that every checker must pass: mypy and pyright do in tools/lint. They are not run."""
# mypy: disable-error-code="empty-body, redundant-expr"
# ruff: noqa
from __future__ import annotations
import asyncio
from array import array
from typing import Annotated, Any
import numpy as np
from libffi import Library, c, closure, CIF, Function, Struct, Pointer, Memory, Array, Closure, Type, string_at
from libffi.annotations import Target

libm = Library("m"); libc = Library(None)
# 1 typed result
f1 = libm.function("pow", c.double, [c.double, c.double])
r1: float = f1(2, 10)
# 2 no args list omitted
f2 = libc.function("getpid", c.int)
# 3 void with None
f3 = libc.function("srand", None, [c.uint])
# 4 variadic
f4 = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
# 5 tuple argtypes
f5 = libc.function("abs", c.int, (c.int,))
# 6 stub, C types as annotations
@libm.function
def hypot(x: c.double, y: c.double) -> c.double: ...
r6: float = hypot(3, 4)
# 7 stub Annotated
@libm.function(gil="hold")
def cbrt(x: Annotated[float, c.double]) -> Annotated[float, c.double]: ...
r7: float = cbrt(27.0)
# 8 stub with no "..." but docstring
@libm.function
def fabs(x: Annotated[float, c.double]) -> Annotated[float, c.double]:
    """Absolute."""
    ...
# 9 stub void
@libc.function
def srand(seed: Annotated[int, c.uint]) -> None: ...
srand(1)
# 10 renamed stub
@libc.function("abs")
def absolute(x: Annotated[int, c.int]) -> Annotated[int, c.int]: ...
# 11 closure decorator
@closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
def compare(a: Pointer[int], b: Pointer[int]) -> int:
    return a[0] - b[0]
# 12 struct
point = c.struct("point", x=c.double, y=c.double)
p = point.new(x=1, y=2)
# 13 struct class
class corner(Struct):
    x: float
    y: float
    def length(self) -> float:
        return abs(complex(self.x, self.y))
class segment(Struct):
    a: corner
    b: corner
s = segment.new()
# 14 struct class Annotated
class vec(Struct):
    x: Annotated[float, c.double]
    y: Annotated[float, c.double]
v = vec.new(x=1.0)
# 15 array
arr = c.array(c.int, 5).new([1, 2, 3])
# 16 pointer
pi = c.ptr(c.int)(arr)
# 17 pointer to struct
pp = c.ptr(point)(p)
# 18 out
frexp = libm.function("frexp", c.double, [c.double, c.out(c.int)])
m, e = frexp(8.0)
# 19 out stub
@libm.function("frexp")
def frexp2(x: Annotated[float, c.double], exp: Annotated[int, c.out(c.int)] = ...) -> Annotated[tuple[float, int], c.double]: ...
m2, e2 = frexp2(8.0)
# 20 declared
libc.declare("int atoi(const char *);")
n: int = libc.atoi("3")
# 21 buffers
def fill(buf: bytearray | array[int] | np.ndarray[Any, Any]) -> None:
    libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t])(buf, 0, 8)
# 22 func type
cmp_t = c.func(CIF(c.int, [c.pointer, c.pointer]))
# 23 method closure
class Handler:
    cb: Closure
    def __init__(self) -> None:
        self.cb = closure(c.void, [c.int])(self.on)
    def on(self, x: int) -> None: ...
# 24 dispatch to asyncio
async def main() -> None:
    loop = asyncio.get_running_loop()
    @closure(c.void, [c.int], dispatch=loop.call_soon_threadsafe)
    def later(x: int) -> None: ...
    await asyncio.to_thread(libc.atoi, "3")
# 25 own annotations with Type[...] and Function[...]
def make(t: Type[float]) -> Function[[float], float]:
    return libm.function("cos", t, [t])
# 26 string_at ptr
ptrc = c.ptr(c.char)(bytearray(b"hi\0"))
b: bytes = string_at(ptrc)
# 27 struct subclass annotation for a parameter
def length(q: Struct) -> float:
    return float((q.x ** 2 + q.y ** 2) ** .5)
# 28 errcheck
def check(result: int, function: Function, arguments: tuple[Any, ...]) -> int:
    return result
f28 = libc.function("close", c.int, [c.int], errno=True, errcheck=check)
closed: int = libc.function("abs", c.int, (c.int,), errcheck=check)(-1)
# 29 enum
import enum
class Color(enum.IntEnum):
    RED = 0
color = c.enum(Color)
# 30 void* new
place = c.pointer.new()
place30 = c.ptr(c.int).new()
pointer30: Pointer[int] = place30.value
# 31 stub with pointer
@libc.function("strlen")
def slen(s: Annotated[str | bytes, c.string]) -> Annotated[int, c.size_t]: ...
slen("abc"); slen(b"abc")
# 32 recursive struct
node = c.struct("node"); node.define(value=c.int, next=c.ptr(node))
# 33 with
with c.array(c.double, 10).new() as big: print(big)
# 34 iterate struct array
pts = c.array(point, 3).new()
for q in pts:
    print(q)
# 35 map, 36 memory as ndarray
nd = np.asarray(arr)
# 37 what fields of structs, arrays and pointers are set to
class link(Struct):
    place: corner
    next: "Pointer[link]"
    marks: Annotated[Array[int], c.array(c.int, 3)]
l = link(place=(1, 2), next=None, marks=[1, 2, 3])
l.place = (3, 4)
l.place = corner(3, 4)
l.marks = [3, 2]
l.next = link.new(next=l)
r37: float = l.next[0].place.x + l.place.length() + l.marks[0]
# 38 fields that a program finds
columns = {"x": c.int, "y": c.int}
n = c.struct("row", **columns).new().y
# 39 any type
def first(t: Type, m: Memory) -> Any:
    return c.ptr(t)(m)[0].anything
# 40 through a pointer
@c.struct
class pair:
    left: int
    right: int
n = c.ptr(pair)(bytearray(8)).left
# 41 a class over a number
class Celsius(c.double):
    def fahrenheit(self) -> float:
        return self.value * 9 / 5 + 32
# 42 functions and closures of decorated classes, with tuples of types
swap = libm.function("swap", pair, (pair, c.int))
n = swap((1, 2), 3).left + swap(pair(1, 2), 3).right
@closure(pair, (pair, c.ptr(pair)))
def swapped(a: pair, b: Pointer[pair]) -> pair: return b[0]
@closure(pair, [pair])
def pairs(a: pair) -> tuple[int, int]: return 1, 2
# 43 variadic functions and out parameters
printf = libc.function("printf", c.int, [c.string, ...])
n = printf("%d %s %p", 1, "x", None) + printf("x")
n = libc.function("printf", c.int, (c.string, ...))("%d", 1)
libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])(arr, 3, "x", 1.5, c.long(2), pi)
clock = libc.function("time", c.long, [c.out(c.long)])
a37, b37 = clock()
libc.function("bump", None, [c.inout(c.int), c.out(c.int)])(3)
# 44 five parameters and more
@libm.function
def five(a: c.int, b: c.int, c_: c.int, d: c.int, e: c.double) -> c.int: ...
n = five(1, 2, 3, 4, 5)
@libm.function
def eight(a: c.int, b: c.int, c_: c.int, d: c.int, e: c.int, f: c.string, g: c.int, h: c.int) -> None: ...
eight(1, 2, 3, 4, 5, "x", 7, 8)
# 45 functions that a library's class annotates
class LibC(Library):
    atoi: Function[[str], int]
    strlen: Function[[str], Annotated[int, c.size_t]]
n = LibC(None).atoi("3") + LibC(None).strlen("x")
# 46 methods as closures, with tuples, lists and none
class Sorter:
    calls = 0
    @closure(c.int, (c.ptr(c.int), c.ptr(c.int)))
    def compare(self, a: Pointer[int], b: Pointer[int]) -> int:
        self.calls += 1
        return a[0] - b[0]
    @closure(c.int, [c.int])
    def turn(self, number: int) -> int: return -number
    @closure(c.void)
    def nothing(self) -> None: ...
closure(c.int, (c.int,))(Sorter().calls.__add__)
closure(c.int, (c.int, c.int))(lambda a, b: a + b)
# 47 defaults and variable arguments besides what c.double and the like annotate
@libm.function
def ldexp(x: c.double, exponent: Annotated[int, c.int] = 1) -> c.double: ...
r6 = ldexp(1) + ldexp(1, 3)
@libc.function("snprintf")
def written(text: c.pointer, size: c.size_t, form: c.string, *args: Any) -> c.int: ...
n = written(arr, 3, "x") + written(arr, 3, "%d %s", 1, "x")
@libm.function("frexp")
def halves(x: c.double, exponent: Annotated[int, c.out(c.int)] = ...) -> Annotated[tuple[float, int], c.double]: ...
r6, n = halves(8)
# 48 pointers to structs, and what else goes for one
@libc.function("memcmp")
def same(a: Target[pair], b: Target[pair], size: Annotated[int, c.size_t] = 8) -> Annotated[int, c.int]: ...
n = same(pair(1, 2), c.ptr(pair)(None)) + same(None, c.array(pair, 2).new(), size=4)
@libc.function("memchr")
def found(a: pair | Pointer[pair] | None, what: Annotated[int, c.int], n: Annotated[int, c.size_t]) -> Pointer[pair]: ...
n = found(found(pair(1, 2), 1, 8), 2, 8)[0].left
class LibC2(Library):
    memcmp: Function[[pair | Pointer[pair], pair | Pointer[pair], Annotated[int, c.size_t]], int]
n = LibC2(None).memcmp(pair(1, 2), c.ptr(pair)(None), 8)
# 49 functions of tuples where less is passed
def cosine(name: str) -> Function[[float], float]:
    return libm.function(name, c.double, (c.double,))
waves: list[Function[[float], float]] = [libm.function("cos", c.double, (c.double,)), cosine("sin")]
r6 = sum(wave(1.0) for wave in waves)
