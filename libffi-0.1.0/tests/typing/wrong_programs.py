"""Lines that every checker must refuse: an ignore without an error is one itself (mypy, strict). They are not run."""
# mypy: disable-error-code=empty-body
# pyright: reportUnnecessaryTypeIgnoreComment=true
# ruff: noqa
from __future__ import annotations
from typing import Annotated, Any
from libffi import *
from libffi import c
libc = Library("c"); libm = Library("m")
def checked(result: float, function: Function, arguments: tuple[Any, ...]) -> float: return result
abs_ = libc.function("abs", c.int, (c.int,))
abs_()  # type: ignore
abs_(1, 2)  # type: ignore
abs_("x")  # type: ignore
abs_(1.5)  # type: ignore
s: str = abs_(1)  # type: ignore
lst = libc.function("labs", c.long, [c.long])
lst(1.5)  # type: ignore
lst("x")  # type: ignore
lst(None)  # type: ignore
s = lst(3)  # type: ignore
mem = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t])
mem([1, 2], 0, 3)  # type: ignore
n1: int = mem(None, 0, 0)  # type: ignore
strlen = libc.function("strlen", c.size_t, [c.string])
strlen(3)  # type: ignore
strlen(2.5)  # type: ignore
point = c.struct("point", x=c.double, y=c.double)
d = libm.function("dist", c.double, (point, c.ptr(point)))
d(3, None)  # type: ignore
d((1, 2), 3)  # type: ignore
d((1, 2))  # type: ignore
a = c.array(c.double, 3).new()
a[0] = "x"  # type: ignore
a[0] = None  # type: ignore
a.valu  # type: ignore
a["x"]  # type: ignore
b = c.array(c.int, 3).new()
b[0] = 1.5  # type: ignore
b.value = 5  # type: ignore
c.array(int, 3)  # type: ignore
c.array(c.int, "3")  # type: ignore
c.array(c.int, 3).new(5)  # type: ignore
for z in b: z.upper()  # type: ignore
p = c.ptr(c.int)(b)
p.value = "x"  # type: ignore
p + 1.5  # type: ignore
s = p.value  # type: ignore
p.address = 3  # type: ignore
sum_ = libm.function("s", c.double, [c.ptr(c.double), c.size_t])
sum_(b, 3)  # type: ignore
sum_(c.int.new(), 1)  # type: ignore
sum_("abc", 1)  # type: ignore
v = c.int.new(3)
v.value = "x"  # type: ignore
v.value = 2.5  # type: ignore
v.vlue  # type: ignore
s = v.value  # type: ignore
c.double.new(None)  # type: ignore
c.string.new(5)  # type: ignore
c.int(2.5)  # type: ignore
c.char.new(2.5)  # type: ignore
c.bool.new("x")  # type: ignore
@closure(c.int, (c.int,))  # type: ignore
def k1(a: int, b: int) -> int: return a
@closure(c.int, (c.int, c.string))  # type: ignore
def k2(a: str, b: str) -> int: return 1
@closure(c.int, [c.int])  # type: ignore
def k3(a: int) -> str: return ""
@closure(c.double, [c.ptr(c.int)])  # type: ignore
def k4(a: Pointer[float]) -> float: return 1.0
@closure("int", [c.int])  # type: ignore
def k5(a: int) -> int: return a
closure(c.int, [c.int], on_err=3)  # type: ignore
closure(c.int, [c.int])(3)  # type: ignore
@closure(c.int, [int])  # type: ignore
def k6(a: int) -> int: return a
libm.function("x", c.double, [c.double], gil="x")  # type: ignore
libm.function("x", c.double, [c.double], errcheck=3)  # type: ignore
libm.function("x", c.double, (c.double,), errcheck=checked)("no")  # type: ignore
libm.function("x", c.double, (c.double,), errcheck=checked)(1.0, 2.0)  # type: ignore
libm.function("x", c.double, [c.double], errcheck=checked)("no")  # type: ignore
libm.function("x", c.double, [c.double], errno="yes")  # type: ignore
libm.function(3, c.double, [c.double])  # type: ignore
libm.function("x", [c.double])  # type: ignore
libm.function("x", c.double, {"a": c.int})  # type: ignore
Library(3)  # type: ignore
Library("m", mod=3)  # type: ignore
libm.symbol(3)  # type: ignore
libm.variable("x", int)  # type: ignore
string_at("x")  # type: ignore
CIF(c.int, c.int)  # type: ignore
CIF(c.int, ["int"])  # type: ignore
c.struct("s", [("x", int)])  # type: ignore
c.struct("s", x="int")  # type: ignore
c.ptr(int)  # type: ignore
c.func(c.int)  # type: ignore
c.out(int)  # type: ignore
@libm.function
def cbrt(x: Annotated[float, c.double]) -> Annotated[float, c.double]: ...
cbrt(1, 2)  # type: ignore
cbrt(y=3)  # type: ignore
cbrt.call("x")  # type: ignore
s = cbrt.call(3.0)  # type: ignore
f: Function[[str], int] = cbrt  # type: ignore
abs_.foo  # type: ignore
abs_.name = "x"  # type: ignore
g: Memory[str] = c.int.new()  # type: ignore
h: Array[str] = c.array(c.int, 3).new()  # type: ignore
i: Pointer[str] = c.ptr(c.int)(b)  # type: ignore
t: Type[str] = c.int  # type: ignore
point.new(3)  # type: ignore
q = point.new(x=1)
q.x = "s"  # type: ignore
q.x.foo  # type: ignore
pts = c.array(point, 2).new()
pts[0] = 3  # type: ignore
pts[0].x = "s"  # type: ignore
with abs_ as ff: pass  # type: ignore
cb = closure(c.int, [c.int])(lambda x: x)
cb.adress  # type: ignore
cb.retarget(3)  # type: ignore
set_errno("x")  # type: ignore
libm.function("cos", c.double, [c.double])("a")  # type: ignore
lst.call("x")  # type: ignore
abs_.map("x", out=3)  # type: ignore
libc.declare(3)  # type: ignore
libc.declare("int f(void);", string="bytes")  # type: ignore
c.enum(3)  # type: ignore
e2: str = c.char.new(b"a").value  # type: ignore
c.ptr(c.int)("x")  # type: ignore
libm.funtion("cos", c.double)  # type: ignore
libm.declare("double cos(double);")
libm.cos(c.double)  # type: ignore
@libm.function
def hypot(x: c.double, y: c.double) -> c.double: ...
hypot(1)  # type: ignore
hypot(1, 2, 3)  # type: ignore
hypot("1", 2)  # type: ignore
s = hypot(1, 2)  # type: ignore
class Reading(Struct):
    channel: c.uint8
    value: c.float
Reading(channel="x", value=1)  # type: ignore
reading = Reading(channel=1, value=1)
reading.value = "x"  # type: ignore
s = reading.value  # type: ignore
reading.valu  # type: ignore
reading.valu = 1  # type: ignore
class Frame(Struct):
    first: Reading
    last: "Pointer[Reading]"
    marks: Annotated[Array[int], c.array(c.int, 3)]
    def total(self) -> float:
        return self.frist.value  # type: ignore
frame = Frame(first=3)  # type: ignore
frame.first = "x"  # type: ignore
frame.first.value = "x"  # type: ignore
frame.last = 3  # type: ignore
frame.last[0].valu  # type: ignore
frame.marks = ["x"]  # type: ignore
c.struct("s", **{"x": int})  # type: ignore
@c.struct
class Pair:
    left: float
    right: Annotated[int, c.int]
pair = Pair(1, 2)
Pair(left="x", right=1)  # type: ignore
Pair(middle=1)  # type: ignore
pair.right = 1.5  # type: ignore
turned = libm.function("f", Pair, (Pair, c.double))
turned(pair)  # type: ignore
turned(pair, "x")  # type: ignore
turned(pair, 1).middle  # type: ignore
@closure(c.double, (Pair, c.int))  # type: ignore
def k7(a: Pair) -> float: return 1.0
@closure(c.double, (Pair, c.int))  # type: ignore
def k8(a: Pair, n: str) -> float: return 1.0
@closure(Pair, [c.int])  # type: ignore
def k9(n: int) -> str: return ""
printf = libc.function("printf", c.int, [c.string, ...])
printf()  # type: ignore
printf("x", object())  # type: ignore
s = printf("x")  # type: ignore
libc.function("printf", c.int, (c.string, ...))(3)  # type: ignore
libc.function("printf", c.int, (c.string, c.int, ...))("x")  # type: ignore
@libm.function
def five(a: c.int, b: c.int, c_: c.int, d: c.int, e: c.double) -> c.int: ...
five(1, 2)  # type: ignore
five(1, 2, 3, 4, "x")  # type: ignore
s = five(1, 2, 3, 4, 5)  # type: ignore
p.x  # type: ignore
p.x = 3  # type: ignore
c.inout(int)  # type: ignore
class LibC(Library):
    atoi: Function[[str], int]
LibC(None).atoi(3)  # type: ignore
LibC(None).atoi("3", 4)  # type: ignore
s = LibC(None).atoi("3")  # type: ignore
import libffi
libffi.Libary  # type: ignore
from libffi import clsoure  # type: ignore
libffi.addressof(3.5)  # type: ignore
class Sorter:
    @closure(c.int, (c.int,))  # type: ignore
    def one(self, a: str) -> int: return 1
    @closure(c.int, (c.int,))  # type: ignore
    def two(self, a: int, b: int) -> int: return 1
    @closure(c.int, (c.int,))  # type: ignore
    def three(self) -> int: return 1
    @closure(c.int, (c.int,))  # type: ignore
    def four(self, a: int) -> str: return ""
    @closure(c.int, [c.int])  # type: ignore
    def five(self, a: str) -> int: return 1
@closure(c.int, [c.int])  # type: ignore
def k10(a: str, b: int) -> int: return 1
@libc.function("memcmp")
def same(a: Pair | Pointer[Pair], b: Pair | Pointer[Pair], size: Annotated[int, c.size_t] = 8) -> Annotated[int, c.int]: ...
same(reading, pair)  # type: ignore
same(pair, pair, "x")  # type: ignore
same(pair)  # type: ignore
same(pair, None)  # type: ignore
same(pair, c.ptr(Reading)(reading))  # type: ignore
class LibC2(Library):
    memcmp: Function[[Pair | Pointer[Pair], Pair | Pointer[Pair], Annotated[int, c.size_t]], int]
LibC2(None).memcmp(reading, pair, 8)  # type: ignore
