"""Every public operation where memory runs out. `python no_memory.py GROUP [STEP]` (no name: all of them).

Each operation is done again and again: the n-th allocation fails, then all from the n-th on, for each n up to its last
(or every STEP-th). It succeeds or raises MemoryError, and what it was done with is used afterwards.

What is made of Python code (the groups "classes", "fronts", "python" and "headers") has one allocation at a time fail:
where all do, CPython goes round for ever between two handlers of exceptions (it cannot make the int that says where it
was).
Its compiler crashes where it has no memory, and its enums raise TypeError: no text is evaluated here, and no enum
declared. 3.13.0 crashes where it has none to make a function (PyFunction_NewWithQualName) or a dict larger
(build_indices_unicode): there the groups "python" and "headers" are not for.
"""
from __future__ import annotations

import _testcapi
import array
import asyncio
import contextlib
import copy
import ctypes
import enum
import faulthandler
import functools
import gc
import inspect
import io
import itertools
import os
import pickle
import queue
import sys
import tempfile
from pathlib import Path

import libffi
import libffi.bindgen
from libffi import CIF, Library, c, closure

try:
    import numpy
except ImportError:
    numpy = None

PROCESS = Library(None)
NAMES = itertools.count()
GROUPS: dict[str, list] = {}
ONE_BY_ONE = "classes", "fronts", "python", "headers"


def operation(group):
    """Note a function that returns an operation without arguments, made anew for each attempt."""
    def note(make):
        GROUPS.setdefault(group, []).append(make)
        return make
    return note


class Colour(enum.IntEnum):
    RED = 1
    GREEN = 2


class Flag(enum.IntFlag):
    A = 1
    B = 2


POINT = c.struct("point", x=c.double, y=c.double)
NODE = c.struct("node")
NODE.define([("next", c.ptr(NODE)), ("text", c.string), ("items", c.array(c.int, 3)), ("colour", c.enum(Colour))])
EITHER = c.union("either", i=c.int64, d=c.double)
FIELDS = c.struct("fields", a=c.bits(c.int, 3), b=c.bits(c.uint, 7))
POINT_OF_CTYPES = type("Point", (ctypes.Structure,), {"_fields_": [("x", ctypes.c_int)]})
COMPARE = CIF(c.int, [c.ptr(c.int, const=True), c.ptr(c.int, const=True)])
QSORT = PROCESS.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.func(COMPARE)])
LABS = PROCESS.function("labs", c.long, [c.long])
# The types that map() makes: 3.13.0 goes round for ever where it has no memory to end what has weak references.
ARRAYS = [c.array(c.long, n) for n in range(101)]
STRLEN = PROCESS.function("strlen", c.size_t, [c.string])
SNPRINTF = PROCESS.function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])
DIV = PROCESS.function("ldiv", c.struct("ldiv_t", quot=c.long, rem=c.long), [c.long, c.long])
STRTOL = PROCESS.function("strtol", c.long, [c.string, c.out(c.ptr(c.char)), c.int])
STRCHR = PROCESS.function("strchr", c.string, [c.string, c.int])
SHARED = CIF(POINT, [POINT, c.string, c.ptr(c.int), c.longlong, c.complex_double, c.enum(Flag), c.ref(POINT)])


def a_name():
    return f"name{next(NAMES)}"


def refused(attempts, *errors):
    """The operation that tries each of them."""
    def each():
        for attempt in attempts:
            try:
                attempt()
            except errors:
                continue
            raise AssertionError("was not refused")
    return each


def raising_in_c(function, error):
    """The operation that calls it; an exception that there is no memory to leave to the call goes to unraisablehook."""
    def call():
        with contextlib.suppress(error):
            function(1)
    return call


# ---- types ----

@operation("types")
def array_type():
    n = next(NAMES) + 1
    return lambda: c.array(c.int, n)


@operation("types")
def vector_type():
    inner = c.short
    return lambda: c.vector(inner, 8)


@operation("types")
def pointer_types():
    inner = c.struct(a_name(), x=c.int)
    return lambda: (c.ptr(inner), c.ptr(inner, const=True), c.ptr(c.ptr(inner)), c.ref(inner), c.out(inner),
                    c.inout(inner))


@operation("types")
def struct_type():
    name = a_name()
    return lambda: c.struct(name, x=c.int, inner=POINT, items=c.array(c.char, 7), flag=c.bits(c.int, 2))


@operation("types")
def struct_of_pairs():
    name = a_name()
    return lambda: c.struct(name, [("x", c.int), (None, EITHER), ("y", c.double)])


@operation("types")
def struct_in_two_steps():
    name = a_name()

    def make():
        made = c.struct(name)
        made.define([("next", c.ptr(made)), ("value", c.int)])
        return made
    return make


@operation("types")
def union_type():
    name = a_name()
    return lambda: c.union(name, i=c.int, d=c.double, p=POINT)


@operation("types")
def enum_types():
    made = enum.IntEnum(a_name(), "A B C")
    return lambda: (c.enum(made), c.enum(made, c.uint8))


@operation("types")
def function_type():
    cif = CIF(c.int, [c.array(c.int, next(NAMES) + 1).item, c.ptr(c.struct(a_name(), x=c.int))])
    return lambda: c.func(cif)


@operation("types")
def what_types_say():
    kind = c.struct(a_name(), x=c.int, y=c.ptr(c.double))
    return lambda: (repr(kind), str(kind), kind.name, kind.offsets, kind.size, dict(kind.fields), hash(kind))


@operation("types")
def offsets():
    kind = c.struct(a_name(), x=c.int, y=c.double)
    return lambda: libffi.struct_offsets(kind)


@operation("types")
def pickled_types():
    kind = c.struct(a_name(), x=c.int, y=c.ptr(c.double))
    return lambda: pickle.loads(pickle.dumps(kind)).size


@operation("types")
def features():
    return lambda: libffi.features()


@operation("types")
def types_around_others():
    inner = c.struct(a_name(), x=c.int)
    return lambda: (c.wrap(c.short), c.ndarray(c.double), c.ndarray(c.int, writable=False),
                    c.ptr(inner, const=True).const, c.big(c.array(c.int, next(NAMES) + 1)), inner.byteorder,
                    c.struct(a_name(), i=c.bits(c.int, 3), o=c.ptr(inner)).bits)


# ---- CIFs ----

@operation("cifs")
def many_arguments():
    kinds = [c.int, c.double, c.ptr(c.struct(a_name(), x=c.int)), c.string, POINT] * 3
    return lambda: CIF(c.int, kinds)


@operation("cifs")
def variadic_cif():
    kind = c.ptr(c.struct(a_name(), x=c.int))
    return lambda: CIF(c.int, [kind, ...])


@operation("cifs")
def structs_by_value():
    kind = c.struct(a_name(), x=c.int, items=c.array(c.short, 5), p=POINT)
    union = c.union(a_name(), x=c.int, y=c.float)
    return lambda: CIF(kind, [kind, union])


@operation("cifs")
def what_a_cif_says():
    return lambda: (repr(SHARED), str(SHARED), SHARED.argtypes, SHARED.abi, SHARED.exchange_offsets)


@operation("cifs")
def pickled_cif():
    return lambda: pickle.loads(pickle.dumps(SHARED)) is SHARED


@operation("cifs")
def bound():
    return lambda: (LABS.cif.bind(LABS), LABS.cif.bind(LABS.address, "again", errno=True, errcheck=max))


# ---- calls ----

@operation("calls")
def plain():
    return lambda: (LABS(-(1 << 62)), LABS.call(-(1 << 61)), LABS.cif.call(LABS, -1 << 40))


@operation("calls")
def called_by_its_slot():
    return lambda: (LABS.__call__(-(1 << 62)), functools.partial(LABS, -5)())


@operation("calls")
def text():
    return lambda: (STRLEN("text"), STRLEN("\u20ac" * 50), STRLEN(b"bytes"), STRCHR("text", ord("x")))


@operation("calls")
def struct_result():
    return lambda: DIV(7, 2).quot


@operation("calls")
def out_parameter():
    return lambda: STRTOL("12 rest", 10)


@operation("calls")
def variadic():
    out = c.array(c.char, 100).new()
    kind = c.ptr(c.struct(a_name(), x=c.int))
    return lambda: (SNPRINTF(out, 100, "%d %s %g %p", 1, "two", 3.0, kind(c.pointer(out))), SNPRINTF(out, 100, "none"))


@operation("calls")
def mapped():
    numbers = array.array("l", range(-50, 50))
    return lambda: list(LABS.map(numbers))


@operation("calls")
def mapped_in_place():
    numbers = array.array("l", range(-50, 50))
    return lambda: LABS.map(numbers, out=numbers)


@operation("calls")
def mapped_over_lists_and_shapes():
    add = CIF(c.long, [c.long, c.long]).closure(max)
    function, rows = add.cif.bind(add), c.array(c.array(c.long, 3), 2).new()
    return lambda: (function.map([[1, 2, 3], [4, 5, 6]], [1, 2, 3]), function.map(rows, 5), LABS.map(range(-3, 3)),
                    function.map(rows, [[1], [2]], out=rows))


@operation("calls")
def by_name():
    library = Library(None)
    library.declare(f"long labs(long number_{next(NAMES)});")
    function = library.labs
    names = {function.parameters[0]: -5}
    return lambda: (function(**names), function.__call__(**names))


TOLD: list = []
TELL = TOLD.append


class Inline:
    """What call_async() needs of an event loop; asyncio's own loses its way without memory."""
    def run_in_executor(self, executor, call):
        return call()


@operation("classes")
def in_coroutines():
    loop = Inline()

    def use():
        asyncio._set_running_loop(loop)
        try:
            return LABS.call_async(-5), STRLEN.call_async("text")
        finally:
            asyncio._set_running_loop(None)
    return use


@operation("calls")
def watched():
    nested = CIF(c.int, [c.string, c.ptr(c.int), POINT]).closure(lambda text, pointer, point: LABS(-3))
    function = nested.cif.bind(nested)
    with contextlib.suppress(ValueError):       # there may have been no memory to remove it
        while True:
            libffi._ffi.remove_tracer(TELL)

    def use():
        libffi._ffi.add_tracer(TELL)
        try:
            return function("text", None, (1, 2)), LABS.map(array.array("l", [1, 2])), repr(TOLD[-1:])
        finally:
            TOLD.clear()
            libffi._ffi.remove_tracer(TELL)
    return use


@operation("calls")
def reported_if_they_crash():
    def use():
        libffi._ffi.report_crashes(True)
        try:
            return LABS(-5), STRLEN("text")
        finally:
            libffi._ffi.report_crashes(False)
    return use


@operation("calls")
def wrong_arguments():
    attempts = [
        lambda: LABS("x"), lambda: LABS(), lambda: LABS(1 << 70), lambda: STRLEN("a\0b"), lambda: LABS(x=1),
        lambda: SNPRINTF(None, 0, "", object()), lambda: DIV(1, None), lambda: LABS.map(["1"]),
    ]
    return refused(attempts, TypeError, ValueError, OverflowError)


@operation("calls")
def many_arguments_of_one_call():
    total = CIF(c.double, [c.double] * 40).closure(lambda *numbers: sum(numbers))
    function = total.cif.bind(total)
    return lambda: function(*range(40))


@operation("calls")
def raw():
    result = bytearray(8)
    block = bytearray(LABS.cif.exchange_size)
    return lambda: (LABS.cif.call_raw(LABS, result, [c.long.new(-3)]), LABS.cif.call_exchange(LABS, block))


@operation("calls")
def raw_blocks():
    if not libffi.features()["raw_api"]:
        return lambda: None
    result = bytearray(8)
    cif = LABS.cif

    def pack():
        block = cif.ptrarray_to_raw([c.long.new(-3)])
        cif.raw_call(LABS, result, block)
        return cif.raw_to_ptrarray(block)
    return pack


@operation("calls")
def converted():
    function = LABS.cif.bind(LABS, convert=[int], errcheck=max, errno=True, gil="hold")
    held = CIF(c.py_object, [c.py_object, c.wrap(c.uchar)]).closure(lambda value, number: [value, number])
    return lambda: (LABS.cif.bind(LABS, convert={0: int})("-5"), held.cif.bind(held)(function, 300), held(1, 2))


@operation("calls")
def what_functions_say():
    function = LABS.cif.bind(LABS)
    return lambda: (function.parameters, function.__qualname__, repr(function), repr(function.call), hash(function),
                    function.library, function.convert, function == LABS)


@operation("calls")
def arrays_that_are_checked():
    if numpy is None:
        return lambda: None
    total = CIF(c.double, [c.pointer, c.ptr(c.double, const=True), c.pointer]).closure(lambda *given: 1.5)
    function = CIF(c.double, [c.ndarray(c.double), *total.cif.argtypes[1:]]).bind(total)
    numbers = numpy.arange(6.0)
    return lambda: (function(numbers, numbers, numbers), LABS.map(numpy.arange(5)), c.array(c.double, 6).at(numbers)[2],
                    c.array(c.double, 6).new(numbers)[3], LABS(numbers.dtype.itemsize))


# ---- closures ----

@operation("closures")
def made():
    return lambda: (LABS.cif.closure(abs), closure(c.int, [c.int], on_error=3, name="three")(abs))


@operation("closures")
def called():
    made = SHARED.closure(lambda point, text, pointer, number, z, flag, by_reference: (point.x, number))
    function = SHARED.bind(made)
    return lambda: function((1, 2), "text", c.int.new(5), 1 << 40, 1j, Flag.A | Flag.B, {"x": 1, "y": 2}).y


@operation("closures")
def sorted_by_c():
    order = COMPARE.closure(lambda one, other: one[0] - other[0])
    numbers = array.array("i", [3, 1, 2])
    return lambda: QSORT(numbers, 3, 4, order)


@operation("closures")
def what_is_returned():
    cif = CIF(c.string, [c.int])
    made = cif.closure(lambda n: f"text {n}")
    function = cif.bind(made)
    return lambda: function(5)


@operation("closures")
def raising():
    made = LABS.cif.closure(lambda n: n // 0)
    function = LABS.cif.bind(made)

    return raising_in_c(function, ZeroDivisionError)


@operation("closures")
def expired():
    made = LABS.cif.closure(abs)
    function = LABS.cif.bind(made.address)
    made.close()

    return raising_in_c(function, libffi.ClosureExpired)


@operation("closures")
def raising_to_a_hook():
    made = LABS.cif.closure(lambda n: n // 0, on_exception=bool, on_error=3)
    function = LABS.cif.bind(made)
    return lambda: (function(5), LABS.cif.closure(abs, on_exception=bool, name="other"))


@operation("closures")
def run_elsewhere():
    waiting = queue.SimpleQueue()
    cif = CIF(c.void, [c.string, c.long])

    def use():
        function = cif.bind(cif.closure(print, dispatch=waiting))
        function("text", 1 << 40)
        cif.bind(cif.closure(print, dispatch=functools.partial(max, 3, key=id)))("text", 2)
        return waiting.get_nowait().args
    return use


@operation("closures")
def of_other_conventions():
    cif, features = CIF(c.long, [c.long, c.double]), libffi.features()
    result = bytearray(16)

    def use():
        if features["go_closures"]:
            cif.call_go(cif.go_closure(max), 1 << 40, 2.0)
        if features["raw_api"]:
            raw = cif.raw_closure(max)
            cif.raw_call(raw, result, cif.ptrarray_to_raw([c.long.new(3), c.double.new(1.5)]))
    return use


class Handler:
    @closure(c.long, [c.long])
    def handle(self, number):
        return number + 1


@operation("closures")
def of_methods():
    def use():
        handler = Handler()
        return LABS.cif.bind(handler.handle)(1 << 40), repr(handler.handle), handler.handle.age, handler.handle.callable
    return use


@operation("closures")
def in_quarantine():
    def use():
        libffi.closure_quarantine(3)
        try:
            for _ in range(5):
                LABS.cif.closure(abs).close()
        finally:
            libffi.closure_quarantine(4096)
    return use


@operation("closures")
def what_closures_say():
    made = LABS.cif.closure(lambda x: x)
    return lambda: (repr(made), made.origin, made.size, made.name, libffi.closures(), made.retarget(abs))


@operation("closures")
def closed():
    made = [LABS.cif.closure(lambda x: x) for _ in range(3)]

    def close():
        made[0].close()
        made.clear()
    return close


@operation("closures")
def in_cycles():
    cell = []

    def use():
        cell.append(LABS.cif.closure(cell.append))
        gc.collect()
    return use


# ---- memory ----

@operation("memory")
def new():
    numbers = c.array(c.int, 100)
    return lambda: (c.int.new(5), POINT.new(x=1, y=2), POINT((1, 2)), numbers.new(range(100)), EITHER.new(d=1.5))


@operation("memory")
def linked():
    return lambda: NODE.new(next=NODE.new(text="inner"), text="outer", items=[1, 2], colour=Colour.RED).next[0].text


@operation("memory")
def fields():
    node = NODE.new(text="\u20acuro", items=[1, 2, 3])

    def use():
        node.text = f"text {next(NAMES)}"
        node.next = NODE.new()
        node.items = [4, 5, 6]
        node.colour = Colour.GREEN
        return node.text, node.next, list(node.items), node.items[1:], node.colour, node.value
    return use


@operation("memory")
def bit_fields():
    memory = FIELDS.new()

    def use():
        memory.a, memory.b = -2, 99
        return memory.a, memory.b, repr(memory)
    return use


@operation("memory")
def items():
    memory = c.array(c.double, 50).new()

    def use():
        memory[3] = 1.5
        memory[0:10] = range(10)
        memory[10:13] = array.array("d", [1, 2, 3])
        return memory[0:5], list(memory), memory == memory[:], 1.5 in memory, repr(memory)
    return use


@operation("memory")
def texts():
    characters, wide = c.array(c.char, 20).new(b"abc"), c.array(c.wchar_t, 20).new("\u20ac")
    return lambda: (characters.value, wide.value, libffi.string_at(characters), libffi.wstring_at(wide), repr(wide))


@operation("memory")
def looked_at():
    node = NODE.new(text="text", next=NODE.new(), colour=1)
    return lambda: (repr(node), str(node), node == NODE.new(), node != node, hash(NODE), repr(c.ptr(NODE)(node)))


@operation("memory")
def copied():
    node = NODE.new(text="text", next=NODE.new())
    return lambda: (copy.copy(node).text, copy.deepcopy(node).next)


@operation("memory")
def pickled():
    memory = POINT.new(x=1, y=2)
    return lambda: pickle.loads(pickle.dumps(memory)).y


@operation("memory")
def buffers():
    memory = c.array(c.array(c.int, 3), 2).new()
    return lambda: (memoryview(memory).tolist(), bytes(memory), memoryview(memory).shape, POINT.read(bytes(16)))


@operation("memory")
def views():
    block = bytearray(64)
    return lambda: (POINT.at(block).x, c.array(c.int, 4).at(block)[1], POINT.at(POINT.new()).y)


class Segment(libffi.Struct):
    start: POINT
    end: POINT = (1, 2)
    name: c.string = "a segment"


class Kept(Segment):
    __slots__ = ("__dict__",)
    next: c.ptr(Segment)


@operation("memory")
def of_classes():
    def use():
        one = Segment((1, 2), name=f"name{next(NAMES)}")
        more = Kept(start=one.start, next=one)
        more.note = [more]
        return one.name, more.next[0].end.x, repr(more), copy.deepcopy(more).note, one == Segment(one), list(one)
    return use


@operation("memory")
def of_classes_wrongly():
    attempts = [lambda: Segment(1), lambda: Segment(1, 2, 3, 4), lambda: Segment(start=5), lambda: Segment(none=1),
                lambda: Segment((1, 2), start=(1, 2)), lambda: Segment.at(bytearray(3)), lambda: Segment().none]
    return refused(attempts, TypeError, ValueError, AttributeError)


@operation("memory")
def with_flexible_arrays():
    numbers = c.struct(a_name(), n=c.int, items=c.array(c.int, 0))
    texts = c.struct("t", n=c.int, text=c.array(c.char, 0))

    def use():
        made = numbers(2, list(range(50)))
        made.items[3] = 1 << 30
        return (list(copy.copy(made).items), bytes(made), repr(made), texts(text="a text").text.value,
                pickle.loads(pickle.dumps(made)).items[2], numbers.at(bytearray(24)).items)
    return use


@operation("memory")
def of_the_other_byte_order():
    kind = c.struct(a_name(), a=c.int, b=c.array(c.double, 2), f=c.bits(c.int, 5), _byteorder_="big")
    number = c.little(c.big(c.long))

    def use():
        made = kind.new(a=1 << 30, b=[1, 2], f=-1)
        made.a += 1
        return made.value, repr(made), bytes(made), number.new(1 << 60).value, c.array(c.big(c.short), 5), hash(number)
    return use


@operation("memory")
def owned():
    freed = []

    def use():
        with libffi.owned(1 << 40, freed.append) as number:
            LABS(number)
        pointer = libffi.owned(c.pointer(16), freed.append)
        struct = libffi.owned(POINT.new(x=1), freed.append)
        return repr(number), pointer + 1, pointer.close(), struct.x, memoryview(struct).nbytes
    return use


@operation("memory")
def tables_and_dicts():
    node = NODE.new(text="text", items=[1, 2, 3], colour=1)
    return lambda: (node._repr_html_(), libffi.asdict(node), node.__replace__(text="other").text)


@operation("memory")
def closed_memory():
    def use():
        with c.array(c.int, 1000).new() as memory:
            memory[1] = 2
        return memory.closed
    return use


# ---- pointers and values ----

@operation("pointers")
def pointers():
    memory = c.array(c.int, 10).new(range(10))
    kind = c.ptr(c.int)

    def use():
        pointer = kind(memory)
        pointer[1] = 7
        pointer[2:4] = [1, 2]
        return ((pointer + 2)[0], pointer[0:3], pointer - kind(memory), hash(pointer), list(pointer), repr(pointer),
                pointer.value)
    return use


@operation("pointers")
def function_pointers():
    kind = c.func(LABS.cif)
    holder = c.struct(a_name(), f=kind)

    def use():
        memory = holder.new(f=LABS)
        made = kind(LABS.address)
        return memory.f(-5), made(-6), holder.new(f=LABS.cif.closure(abs)).f(-7)
    return use


@operation("pointers")
def capsules():
    memory = POINT.new()
    return lambda: (libffi.capsule(LABS), libffi.capsule(memory), libffi.typeof(memory), libffi.pointer_to(memory))


@operation("pointers")
def through_them():
    node = NODE.new(text="text", next=NODE.new(items=[1, 2, 3]), items=[4, 5, 6])
    pointer = c.ptr(POINT)(POINT.new())
    characters = c.ptr(c.char)(c.array(c.char, 9).new(b"a text"))

    def use():
        pointer.x = 1.5
        return (pointer.y, node.next.items[1], characters.text(), [*characters], 1 + characters, bool(pointer),
                int(pointer), pointer[0], characters[0:3], c.void, c.pointer(node) == pointer)
    return use


@operation("pointers")
def of_values():
    return lambda: (c.long(7), c.string("text"), c.longdouble(1.5), c.complex_double(1j), c.int128(1 << 100),
                    c.wstring("x"), repr(c.long(7)), c.long(7) == c.long(7), hash(c.long(7)), libffi.typeof(c.long(7)))


@operation("pointers")
def exact():
    return lambda: c.exact(c.longdouble)(1.5).value


@operation("pointers")
def enums():
    kind, flags = c.enum(Colour), c.enum(Flag)
    return lambda: (kind.new(1).value, kind(Colour.GREEN), flags.new(2).value)


@operation("pointers")
def addresses():
    memory = POINT.new()
    return lambda: (libffi.addressof(memory), libffi.sizeof(memory), libffi.string_at(memory, 3))


# ---- other packages' front doors ----

def plus(a, b):
    return a + b


@operation("fronts")
def classes_of_ctypes():
    from libffi.compat import ctypes
    kinds = {"_fields_": [("a", ctypes.c_int), ("b", ctypes.c_int, 3), ("c", ctypes.c_short * 3)]}

    def use():
        made = [type(ctypes.Structure)(a_name(), (base,), dict(kinds))
                for base in (ctypes.Structure, ctypes.BigEndianStructure)]
        return type(ctypes.Union)(a_name(), (ctypes.Union,), dict(kinds))(), made[0](1, 2), ctypes.sizeof(made[1] * 3)
    return use


@operation("fronts")
def pointers_of_ctypes():
    """For so many classes that the dictionary of those that are known grows."""
    from libffi.compat import ctypes

    def use():
        for _ in range(8):
            cls = type(ctypes.Structure)(a_name(), (ctypes.Structure,), {})
            assert ctypes.POINTER(cls) is ctypes.POINTER(cls)
    return use


@operation("fronts")
def values_of_ctypes():
    from libffi.compat import ctypes

    class Texts(ctypes.Structure):
        _fields_ = [("number", ctypes.c_int), ("text", ctypes.c_char_p), ("object", ctypes.py_object)]

    def use():
        one = Texts(1, b"text", [])
        array = (Texts * 2)(one, one)
        numbers = (ctypes.c_int * 3)(1, 2, 3)
        pointer = ctypes.pointer(one)
        pointer[0] = array[1]
        ctypes.resize(one, 100)
        return (one.text, array[1].object, list(numbers), numbers[0:2], pointer.contents.text, repr(ctypes.c_int(5)),
                ctypes.cast(numbers, ctypes.POINTER(ctypes.c_int))[1], ctypes.c_int(5).__reduce__(),
                ctypes.string_at(b"text"), ctypes.create_string_buffer(b"text").value, one._objects)
    return use


@operation("fronts")
def calls_of_ctypes():
    from libffi.compat import ctypes
    library, calls = ctypes.CDLL(None), ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)

    def use():
        assert calls(plus)(2, 3) == 5
        assert library.snprintf(None, 0, b"%d%s%.1f", 5, b"text", ctypes.c_double(1)) == 8
        library["abs"].argtypes = [ctypes.c_int]
        return library.abs(-5), library.strlen(ctypes.byref(ctypes.create_string_buffer(b"text")))
    return use


@functools.cache
def a_cffi():
    """cffi's FFI over our backend and its types, or None where there is no cffi: its parser makes functions, too."""
    try:
        import cffi
    except ImportError:
        return None
    from libffi.compat import cffi as backend
    ffi = cffi.FFI(backend=backend)
    ffi.cdef("struct pair { int a; double b; char text[8]; struct pair *next; }; struct open { int n; int v[]; };"
             "typedef int (*plus)(int, int); enum e { A, B = 5 };"
             "int abs(int); int snprintf(char *, size_t, char *, ...);")
    names = "struct pair *", "struct open *", "plus", "enum e", "int[]", "char[]", "long", "int", "void *"
    return ffi, ffi.dlopen(None), {name: ffi.typeof(name) for name in names}


@operation("fronts")
def values_of_cffi():
    if a_cffi() is None:
        return lambda: None
    ffi, _, types = a_cffi()

    def use():
        pair, numbers = ffi.new(types["struct pair *"], [1, 2.0, b"text"]), ffi.new(types["int[]"], [1, 2, 3])
        pair.next = pair
        kept = ffi.new(types["struct open *"], {"n": 1, "v": [1, 2]})     # what it has does not keep it, in cffi
        handles = [ffi.new_handle(i) for i in range(100)]
        assert [ffi.from_handle(handle) for handle in handles] == list(range(100))
        return (pair.next.b, list(numbers), ffi.unpack(numbers, 3), ffi.string(pair.text), ffi.buffer(numbers)[:],
                kept.v[1], ffi.gc(pair, id),
                ffi.from_buffer(types["int[]"], bytearray(16))[1], repr(ffi.cast(types["enum e"], 5)),
                int(ffi.cast(types["long"], ffi.cast(types["void *"], 5))))
    return use


@operation("fronts")
def calls_of_cffi():
    if a_cffi() is None:
        return lambda: None
    ffi, library, types = a_cffi()

    def use():
        assert ffi._backend.callback(types["plus"], plus)(2, 3) == 5    # ffi.callback() makes a function in Python
        text = ffi.new(types["char[]"], b"text")
        return library.abs(-5), library.snprintf(ffi.NULL, 0, b"%d%s", ffi.cast(types["int"], 5), text)
    return use


@operation("fronts")
def objects_of_ctypes_for_c():
    function = CIF(c.size_t, [c.pointer]).closure(id)
    function = function.cif.bind(function)
    given = [POINT_OF_CTYPES(), ctypes.c_void_p(5), ctypes.c_char_p(b"text"), ctypes.pointer(ctypes.c_int(5)),
             ctypes.byref(ctypes.c_int(5), 2), (ctypes.c_int * 3)()]
    return lambda: [*map(function, given), c.from_ctypes(POINT_OF_CTYPES)]


# ---- libraries ----

@operation("libraries")
def opened():
    def use():
        with Library(None) as library:
            return library.function("labs", c.long, [c.long])(-1), repr(library), library.symbol("strlen")
    return use


@operation("libraries")
def not_found():
    return refused([lambda: PROCESS.symbol("no_such_symbol")], libffi.SymbolNotFound)


@operation("libraries")
def variables():
    return lambda: PROCESS.variable("environ", c.ptr(c.string)).value


@operation("libraries")
def pickled_functions():
    return lambda: pickle.loads(pickle.dumps((LABS, LABS.call)))[1](-5)


# ---- the C API: what tests/backend/test_capi.py calls it through, an extension whose path is in the environment ----

def extension():
    from helpers import extensions
    return extensions.load("capi_no_memory", Path(os.environ["NO_MEMORY_EXTENSION"]))


@operation("backend")
def types_for_c():
    api, name = extension(), a_name()
    return lambda: (api.type_pointer(POINT, 1), api.type_array(c.int, next(NAMES) + 1), api.type_function(SHARED),
                    api.aggregate("struct", name, [("x", c.int), ("y", c.double)], 0, 0), api.look(NODE),
                    api.field(POINT, 1), api.features())


@operation("backend")
def cifs_for_c():
    api, kind, abi = extension(), c.ptr(c.struct(a_name(), x=c.int)), LABS.cif.abi     # an enum's: not without memory
    return lambda: (api.cif_new(c.int, [kind, c.double], -1, abi), api.handle(LABS.cif),
                    api.cif_new(c.int, [kind, c.int, kind], 1, abi), api.cif_type(LABS.cif, 0))


@operation("backend")
def values_for_c():
    api = extension()
    return lambda: (api.store(c.string, "text", 8, 1), api.load(POINT, bytes(16)).x, api.address(POINT.new()),
                    api.store(NODE, {"text": "text", "items": [1, 2]}, NODE.size, 1))


@operation("backend")
def calls_by_c():
    api = extension()
    made = LABS.cif.closure(lambda n: n + 1)
    argument = (-3).to_bytes(c.long.size, sys.byteorder, signed=True)
    return lambda: [api.call(how, LABS.cif, address, [argument], flags)
                    for how in ("call", "invoke") for flags in (0, 1, 3) for address in (LABS.address, made.address)]


@operation("backend")
def closures_by_c():
    api = extension()
    function = LABS.cif.bind

    def use():
        kept, address = api.answerer(LABS.cif, bytes(8))
        return function(address)(5), kept, api.closure_from_callable(LABS.cif, abs)
    return use


# ---- what Python code makes ----

TEXT = """
    typedef struct pair_N { int x, y; double z[3]; } pair_N;
    typedef int (*visit_N)(pair_N *, const char *);
    long labs(long);
    void qsort(void *, size_t, size_t, visit_N);
    #define MANY_N (3 + 4)
"""


@operation("python")
def declared():
    text = TEXT.replace("N", str(next(NAMES)))
    return lambda: Library(None).declare(text)


@operation("python")
def declared_in_part():
    text = TEXT.replace("N", str(next(NAMES)))
    return lambda: Library(None).declare(text + "int no_such_function(int);", partial=True)


@operation("classes")
def stub():
    def labs(x):
        """Return an absolute value."""
    labs.__annotations__ = {"x": c.long, "return": c.long}      # no texts: CPython's compiler would crash
    return lambda: PROCESS.function(labs)(-3)


@operation("classes")
def struct_of_a_class():
    pair = type("Pair", (), {"__annotations__": {"x": c.int, "y": c.double}})
    return lambda: c.struct(pair).new(x=1)


@operation("classes")
def class_of_a_struct():
    return lambda: type(libffi.Struct)("Pair", (libffi.Struct,), {"__annotations__": {"x": c.int, "y": c.double}})(1, 2)


@operation("classes")
def class_that_extends():
    return lambda: type(libffi.Struct)("More", (Kept,), {"__annotations__": {"z": c.int}, "z": 5})(z=3).z


@operation("classes")
def what_classes_say():
    return lambda: (inspect.signature(Segment), pickle.loads(pickle.dumps(type(POINT.new()))))


@operation("classes")
def traced():
    def use():
        with libffi.trace(io.StringIO()):
            return LABS(-5), LABS.map([1, 2])
    return use


@operation("python")
def found_by_name():
    return lambda: Library("m").close()


# ---- what the compiler says of headers ----

def header():
    """Return a header that nobody has seen, which nobody keeps anything of."""
    os.environ["LIBFFI_CACHE"] = "0"
    path = Path(HEADERS.name, f"{a_name()}.h")
    path.write_text("#include <stddef.h>\n" + TEXT.replace("N", "of_a_header"), encoding="utf-8")
    return path


HEADERS = tempfile.TemporaryDirectory()


@operation("headers")
def generated():
    path = header()
    return lambda: libffi.bindgen.generate([path], libraries=[None])


@operation("headers")
def included():
    path = header()
    return lambda: libffi.include(str(path)).labs(-3)


# ---- the runner ----

def outcome(made, start, stop):
    """Do it with these allocations failing; 1: it succeeded."""
    _testcapi.set_nomemory(start, stop)
    try:
        made()
        return True
    except MemoryError:
        return False
    except Exception as error:
        if not is_pythons_own(error):
            raise
        return False
    finally:
        _testcapi.remove_mem_hooks()


def is_pythons_own(error):
    """Python loses some of its MemoryErrors: in frames of its own, in locks, while it pickles."""
    message = str(error)
    return (error.__cause__ is not None and is_pythons_own(error.__cause__)
            or isinstance(error, SystemError) and (message.startswith("<function") or "error return without" in message)
            or isinstance(error, RuntimeError) and message.startswith("can't allocate")
            or isinstance(error, AttributeError) and message.startswith("type object")      # 3.13, setting one
            or isinstance(error, pickle.PicklingError))


def check_all():
    """Use what everything shares."""
    assert LABS(-5) == 5 and STRLEN("text") == 4 and POINT.new(x=1).x == 1.0
    assert SHARED.bind(SHARED.closure(lambda *args: args[0]))((1, 2), None, None, 1, 1, 1, (3, 4)).y == 2.0


def exhaust(make, step):
    """Fail each allocation of an operation; return how many it has."""
    make()()                        # what it makes once and for all, imports too
    for n in itertools.count(step=step):
        outcome(make(), n, n + 1)
        check_all()
        done = outcome(make(), n, 0)
        check_all()
        if done:
            make()()                # with memory it still works
            return n


def exhaust_one_by_one(make, step):
    """The same, but never more than one at a time; without a failure for a while it has no more."""
    enough = max(3, min(100, 30_000 // step))
    make()()
    quiet = 0
    for n in itertools.count(step=step):
        quiet = quiet + 1 if outcome(make(), n, n + 1) else 0
        check_all()
        if quiet == enough:
            return n - quiet * step


def main(names, step=1):
    faulthandler.enable()
    sys.unraisablehook = lambda unraisable: None        # what a finalizer has no memory for
    for group in names or GROUPS:
        for make in GROUPS[group]:
            print(group, make.__name__, end=" ", flush=True)
            print((exhaust_one_by_one if group in ONE_BY_ONE else exhaust)(make, step), flush=True)
        gc.collect()


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if not name.isdecimal()], *map(int, filter(str.isdecimal, sys.argv[1:])))
