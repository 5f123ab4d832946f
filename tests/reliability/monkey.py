"""Use the whole API at random and wrongly: nothing may crash. `python monkey.py SEED STEPS [THREADS]`.

Objects of all sorts are made, filled, read, copied, closed and called with values of all sorts, some of which
run more of the same when they are looked at. Only what C itself could not survive is left out: addresses that
are plain numbers, and strings in memory that something else may overwrite.

Several threads share their types, memory, pointers and closures; not their views, since releasing one in two threads at
once crashes CPython 3.13 without the GIL.
"""
from __future__ import annotations

import array
import asyncio
import contextlib
import copy
import ctypes
import decimal
import enum
import faulthandler
import functools
import gc
import io
import os
import pickle
import queue
import random
import sys
import threading
import warnings

import others

import libffi
import libffi.compat.ctypes as front
from libffi import CIF, Library, Memory, MemoryClass, Struct, c

try:
    import _testcapi
except ImportError:
    _testcapi = None
try:
    import greenlet
except ImportError:
    greenlet = None
if os.environ.get("LIBFFI_SANITIZER") == "address":
    greenlet = None             # it copies stacks, with what AddressSanitizer lays between their variables
try:
    import cffi
except ImportError:
    cffi = None
try:
    import numpy
except ImportError:
    numpy = None


class Colour(enum.IntEnum):
    RED = 1
    GREEN = 2


NUMBERS = [c.bool, c.char, c.uchar, c.short, c.int, c.ulong, c.int128, c.float, c.double, c.longdouble,
           c.exact(c.longdouble), c.complex_double, c.wchar_t, c.char16_t, c.enum(Colour)]
MOST = 40                       # objects of a sort that are kept
DEEPEST = 3                     # how often a step may run another

PLAIN = [0, 1, -1, 255, 2**31, -2**63, 2**64, 1.5, float("nan"), 1e300, 1 + 2j, decimal.Decimal("1.5"), True, None,
         "", "text", "\u20ac\U0001f600", "a\0b", b"", b"bytes", b"x" * 100, Colour.GREEN]


class Monkey:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.types, self.memory, self.pointers, self.closures, self.views = [], [], [], [], []
        self.foreign = list(foreign_objects())
        self.fronts = [front.c_int(5), FrontPoint(1), (front.c_int * 4)(1, 2, 3, 4), front.create_string_buffer(9)]
        self.others = []        # (interpreter or None, function of its closure, what that calls)
        self.depth = self.worked = 0
        self.starved = False    # an allocation is about to fail
        library, name = ("msvcrt", "_snprintf") if sys.platform == "win32" else (None, "snprintf")
        self.snprintf = Library(library).function(name, c.int, [c.ptr(c.char), c.size_t, c.string, ...])
        self.steps = [getattr(self, name) for name in sorted(dir(self)) if name.startswith("step_")]

    def run(self, steps):
        for _ in range(steps):
            with contextlib.suppress(OutsideError):
                self.depth, self.starved = 0, False
                self.step()
                gc.set_threshold(700, 10, 10)   # a greenlet may have been left in the middle of a step
        return self.worked

    def step(self):
        if self.depth > DEEPEST or self.starved:
            return
        self.depth += 1
        try:
            self.random.choice(self.steps)()
            self.worked += 1
        except Exception:
            pass                # a Python exception is the right end of a wrong use
        finally:
            self.depth -= 1
        for kept in self.types, self.memory, self.pointers, self.closures, self.views, self.fronts:
            while len(kept) > MOST:
                with contextlib.suppress(IndexError):       # another thread's pop came first
                    kept.pop(self.random.randrange(len(kept)))

    def share(self, other):
        self.types, self.memory = other.types, other.memory
        self.pointers, self.closures = other.pointers, other.closures
        for monkey in self, other:          # memory is every thread's
            monkey.steps = [step for step in monkey.steps if step.__name__ != "step_without_memory"]

    # What to use.

    def type(self):
        return self.random.choice(NUMBERS + self.types)

    def simple(self):
        return self.random.choice([*PLAIN, Evil(self), *self.memory[:5]])

    def value(self):
        pick, some = self.random.choice, range(self.random.randrange(5))
        return pick([
            self.simple, self.simple, lambda: Evil(self), self.type,
            lambda: [self.simple() for _ in some], lambda: tuple(self.simple() for _ in some),
            lambda: {pick("abcx"): self.simple() for _ in some}, lambda: bytearray(len(some) * 8),
            lambda: array.array(pick("bBhilqd"), [1] * len(some)),
            lambda: pick(self.memory), lambda: pick(self.pointers), lambda: pick(self.closures),
            lambda: pick(self.views), lambda: pick(self.foreign), lambda: pick(self.fronts), lambda: Endless()])()

    def index(self):
        return self.random.choice([0, 1, -1, 7, slice(0, 2), slice(None, None, -1), Evil(self)])

    def keep(self, found):
        if isinstance(found, Memory):
            self.memory.append(found)
        elif isinstance(found, FrontPoint.__mro__[2]):      # ctypes' own name for it is private
            self.fronts.append(found)

    # Types.

    def step_struct(self):
        make = self.random.choice([c.struct, c.union])
        self.types.append(make("s", [(name, self.type()) for name in "abc"[:self.random.randrange(4)]]))

    def step_struct_in_two_steps(self):
        made = c.struct("list")
        self.types.append(made)
        made.define([("value", self.type()), ("next", c.ptr(made))])

    def step_array(self):
        self.types.append(self.random.choice([c.array, c.vector])(self.type(), self.random.randrange(6)))

    def step_pointer_type(self):
        self.types.append(c.ptr(self.type(), const=self.random.random() < 0.3))

    def step_pickle(self):
        pickle.loads(pickle.dumps(self.random.choice([self.type(), self.random.choice(self.closures).cif])))

    # Memory, pointers, buffers.

    def step_new(self):
        self.keep(self.type().new(*[self.value()] * self.random.randrange(2)))

    def step_call_a_type(self):
        self.keep(self.type()(self.value()))

    def step_value(self):
        memory = self.random.choice(self.memory)
        memory.value = self.random.choice([self.value, lambda: memory.value])()

    def step_item(self):
        self.keep(self.random.choice(self.memory)[self.index()])

    def step_set_item(self):
        self.random.choice(self.memory)[self.index()] = self.value()

    def step_field(self):
        memory = self.random.choice(self.memory)
        self.keep(getattr(memory, self.random.choice(list(memory.type.fields))))

    def step_set_field(self):
        memory = self.random.choice(self.memory)
        setattr(memory, self.random.choice(list(memory.type.fields)), self.value())

    def step_compare(self):
        memory = self.random.choice(self.memory)
        repr(memory), memory == self.value(), list(memory)

    def step_copy(self):
        self.keep(self.random.choice([copy.copy, copy.deepcopy])(self.random.choice(self.memory)))

    def step_at(self):
        self.keep(self.type().at(self.random.choice(self.memory + self.views)))

    def step_read(self):
        self.type().read(self.value())

    def step_view(self):
        self.views.append(memoryview(self.random.choice(self.memory)))

    def step_release(self):
        self.random.choice(self.views).release()

    def step_close(self):
        self.random.choice(self.memory).close()

    def step_pointer(self):
        memory = self.random.choice(self.memory)
        self.pointers.append(c.ptr(self.random.choice([memory.type, self.type()]))(memory))

    def step_pointer_item(self):
        pointer = self.random.choice(self.pointers)
        if len(pointer) > 0:
            at = self.random.randrange(len(pointer))
            self.keep(pointer[at])
            pointer[at] = self.value()

    # Calls.

    def step_closure(self):
        cif = CIF(self.type(), [self.type() for _ in range(self.random.randrange(5))])
        callable = self.random.choice([Evil(self), print, lambda *args: args[0], lambda *args: self.value()])
        self.closures.append(cif.closure(callable, on_error=self.random.choice([None, self.value()])))

    def step_call(self):
        closure = self.random.choice(self.closures)
        closure.cif.call(closure, *[self.value() for _ in closure.cif.argtypes])

    def step_map(self):
        closure = self.random.choice(self.closures)
        closure.cif.bind(closure).map(*[self.value() for _ in closure.cif.argtypes])

    def step_call_raw(self):
        closure = self.random.choice(self.closures)
        closure.cif.call_raw(closure, bytearray(512), [bytearray(512) for _ in closure.cif.argtypes])

    def step_close_closure(self):
        self.random.choice(self.closures).close()

    def step_retarget(self):
        self.random.choice(self.closures).retarget(self.random.choice([abs, Evil(self), self.value()]))

    def step_variadic(self):
        self.snprintf(None, 0, "%d", self.value())

    def step_call_its_slot(self):
        closure = self.random.choice(self.closures)
        function = closure.cif.bind(closure)
        self.random.choice([function.__call__, function.call])(*[self.value() for _ in closure.cif.argtypes])

    def step_raw_block(self):
        closure = self.random.choice(self.closures)
        cif = closure.cif               # without pointers: a block says where they point to
        if all(kind.kind not in ("pointer", "string", "bytes", "wstring", "ref") for kind in cif.argtypes):
            block = cif.ptrarray_to_raw([bytearray(512) for _ in cif.argtypes])
            cif.raw_to_ptrarray(block)
            cif.raw_call(closure, bytearray(512), block)

    def step_pickle_class(self):
        cls = type(self.random.choice(self.memory))
        copy.copy(cls), isinstance(self.value(), pickle.loads(pickle.dumps(cls)))

    def step_look(self):
        for kept in self.memory, self.pointers, self.closures, self.views:
            item = self.random.choice(kept)
            repr(item), str(item), f"{item}", item == self.value(), item != item, hash(item)

    def step_union_of_texts(self):
        made = c.union("texts", i=c.size_t, s=c.string, p=c.ptr(c.int), w=c.wstring)
        foreign = made.at(bytearray(self.random.randbytes(made.size)))
        repr(foreign), foreign == made.new(i=self.random.getrandbits(40)), str(made.at(bytearray(b"\xff" * made.size)))

    def step_chain(self):
        """A pointer that is read and stored again; a chain of views and pointers that ends at once."""
        node = c.struct("node", next=c.ptr(c.int), cell=c.array(c.int, 4))
        memory = node.new(next=c.array(c.int, 300).new())
        for _ in range(200):
            memory.next += 1
        view = memory.cell
        for _ in range(self.random.choice([3, 2000])):
            view = c.array(c.int, 4).at(view) if self.random.random() < 0.5 else c.ptr(view.type)(view)[0]
        self.memory.append(view)

    def step_known_sizes(self):
        memory = self.random.choice(self.memory)
        size = self.random.choice([0, 1, len(bytes(memory)), len(bytes(memory)) + 1, 1 << 30, self.index()])
        self.random.choice([libffi.string_at, libffi.wstring_at])(memory, size)
        c.ptr(c.char)(memory).text()

    def step_any_name(self):
        name = self.random.choice(["_made_by", "type", "value", "__class__", "__len__", "m", "close", "keep"])
        made = c.struct("named", [(name, self.type()), ("other", c.int)])
        memory = made.new()
        self.keep(memory)
        setattr(memory, name, self.value())
        getattr(memory, name), repr(memory), memory.other

    def step_empty(self):
        made = c.struct("empty")
        made.define()
        self.types += [made, c.struct("around", a=c.char, e=made, b=c.bits(c.int, 3, packed=True))]

    def step_format(self):
        """A buffer of one thing where another is wanted."""
        memory = self.random.choice(self.views + self.memory)
        takes = CIF(c.size_t, [c.ptr(self.type(), const=True)]).closure(lambda pointer: 0)
        takes.cif.call(takes, memory)

    def step_many_variants(self):
        for i in range(80):
            self.snprintf(None, 0, "%d", c.struct(f"v{i}", x=c.int).new(x=i))

    def step_without_memory(self):
        """One allocation of an operation fails.

        Not in a function of Python's, nor in steps that classes' methods take then: where CPython 3.12 and 3.13 find no
        memory for a `lambda`, its code loses a reference and dies one day under others.
        """
        pick, kind, value = self.random.choice, self.type(), pick_plain(self.random)
        memory, closure = pick(self.memory), pick(self.closures).cif.closure(abs)
        pointer = c.ptr(memory.type)(memory)
        operation = functools.partial(*pick([
            (kind.new,), (kind.new, value), (kind, value), (kind.at, memory), (c.array, kind, 3), (c.ptr, kind),
            (repr, memory), (memory.__eq__, memory), (type(memory).value.__get__, memory), (memory.__getitem__, 0),
            (type(memory).value.__set__, memory, value), (memory.__setitem__, 0, value), (memory.__copy__,),
            (memoryview, memory), (pointer.__getitem__, 0), (pointer.__add__, 1), (repr, pointer),
            (CIF, kind, [kind]), (str, closure.cif), (closure.cif.closure, abs), (closure.cif.bind, closure),
            (closure.cif.call, closure, *[value for _ in closure.cif.argtypes]), (self.snprintf, None, 0, "%d", value),
            (libffi.string_at, memory), (libffi.addressof, memory), (memory.close,), (libffi.owned, pointer, abs)]))
        first = self.random.randrange(30)
        try:
            self.starved = True
            _testcapi.set_nomemory(first, first + 1)
            made = operation()
        finally:
            _testcapi.remove_mem_hooks()
            self.starved = False
        self.keep(made)
        repr(made)

    def step_collect(self):
        gc.collect(self.random.randrange(3))

    def step_with_the_collector(self):
        """Up to CPython 3.11 the collector runs inside allocations, and with it what finalizers do."""
        cycle = Last(self)
        cycle.me = cycle
        del cycle
        gc.set_threshold(self.random.randrange(1, 40))
        self.step()

    # Text, raw calls, recursion.

    def step_bad_texts(self):
        made = c.struct("texts", s=c.string, w=c.wstring, n=c.int)
        foreign = made.at(bytearray(self.random.randbytes(made.size)))
        repr(foreign), foreign == made.new(s="a"), hash(foreign.n), copy.copy(foreign)

    def step_raw_closure(self):
        cif = CIF(self.type(), [self.type() for _ in range(self.random.randrange(4))])
        raw = cif.raw_closure(self.random.choice([Evil(self), lambda *args: args[0], lambda *args: self.value()]))
        if all(kind.kind in ("signed", "unsigned", "float", "bool", "complex") for kind in cif.argtypes):
            cif.raw_call(raw, bytearray(512), bytearray(cif.raw_size))

    def step_exchange(self):
        closure = self.random.choice(self.closures)
        cif = closure.cif
        if all(kind.kind in ("signed", "unsigned", "float", "bool") for kind in cif.argtypes):
            cif.call_exchange(closure, bytearray(cif.exchange_size))

    def step_endless(self):
        taking = self.random.choice([c.int, c.double, c.complex_double, c.string, c.pointer, c.array(c.int, 3),
                                     c.array(c.int, 2), c.ptr(c.int), c.enum(Colour)])
        use = self.random.choice([taking, taking.new, c.struct("s", x=taking).new,
                                  CIF(c.void, [taking]).closure(print)])
        small = self.random.random() < 0.2 and self.depth < 2
        if not small:
            use(Endless())
            return
        threading.stack_size(self.random.choice([1 << 16, 1 << 18]))
        try:
            thread = threading.Thread(target=attempt, args=(use, Endless()))
            thread.start()
        finally:
            threading.stack_size(0)
        thread.join()

    # Other interpreters.

    def step_interpreter(self):
        """Another one comes and goes, while nothing runs in it; its closures call ours, before and after."""
        if others.interpreters is None or self.depth > 1 or self.random.random() < 0.9:
            return
        if len(self.others) > 3:
            made, function, ours = self.others.pop(self.random.randrange(4))
            if made is not None:
                others.interpreters.destroy(made)
                self.others.append((None, function, ours))
            return
        cif = CIF(c.int, [c.int])
        ours = cif.closure(self.random.choice([abs, lambda x: x // (x % 3), lambda x: "text"]))
        made, address = others.create(self.random.random() < 0.5, f"""
import libffi.compat.ctypes
sys.unraisablehook = lambda unraisable: None
def f(x):
    return cif.call({ours.address}, x) // (x % 2)
""")
        self.others.append((made, cif.bind(address, "f"), ours))

    def step_call_interpreter(self):
        _, function, ours = self.random.choice(self.others)
        function(self.random.randrange(9))
        results = c.array(c.int, 4).new()
        CIF(c.int, [c.int]).bind(function.address, "f", gil="hold").map([1, 2, 3, 4], out=results)

    # Threads, greenlets, what watches.

    def step_thread(self):
        """A callback on a thread that C makes."""
        closure = CIF(c.pointer, [c.pointer]).closure(lambda _: self.step(), on_error=None)
        thread = c.ulong.new()
        create = Library(None).function("pthread_create", c.int, [c.ptr(c.ulong), c.pointer, c.pointer, c.pointer])
        if create(thread, None, closure, None) == 0:
            Library(None).function("pthread_join", c.int, [c.ulong, c.pointer])(thread.value, None)

    def step_greenlet(self):
        """Greenlets that change places in callbacks, of ours and of another library under ours."""
        here = greenlet.getcurrent()
        def away(*_):
            here.switch()
            self.step()
            return 0
        ours = CIF(c.int, [c.int]).closure(away)
        theirs = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(away)
        outer = CIF(c.int, [c.int]).closure(lambda n: theirs(n))
        calls = [lambda: ours.cif.call(ours, 1), lambda: outer.cif.call(outer, 1), lambda: theirs(1), self.step]
        running = [greenlet.greenlet(self.random.choice(calls)) for _ in range(3)]
        self.random.shuffle(running)
        for each in running * 2:
            if not each.dead:
                with contextlib.suppress(Exception):
                    each.switch()
                    self.step()

    def step_errno(self):
        """Greenlets that take turns under calls that save errno, and set it."""
        here = greenlet.getcurrent()
        def away(code):
            libffi.set_errno(code)
            here.switch()
            self.step()
            return libffi.get_errno()
        closure = CIF(c.int, [c.int]).closure(away)
        call = closure.cif.bind(closure, errno=self.random.random() < 0.7, gil=self.random.choice(["hold", "release"]))
        running = [greenlet.greenlet(functools.partial(call, code)) for code in (1, 2, 3)]
        for each in running * 2:
            if not each.dead:
                with contextlib.suppress(Exception):
                    each.switch()

    def step_async(self):
        """Calls on an executor's threads, of which some are given up."""
        closure = self.random.choice(self.closures)
        function = closure.cif.bind(closure)
        async def gather():
            # Where a call is refused at once, nobody asks for what the calls before it raised.
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            calls = [function.call_async(*[self.value() for _ in closure.cif.argtypes]) for _ in range(3)]
            if self.random.random() < 0.3:
                calls[0].cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        asyncio.run(gather())

    def step_watched(self):
        """What watches calls begins and ends in the middle of them."""
        watch = self.random.choice([lambda: libffi.trace(lambda call: self.step()), libffi.debug,
                                    lambda: libffi.trace("/dev/null")])()
        with watch:
            self.step()
            self.step()
            if self.random.random() < 0.3:
                libffi.enable_crash_reports()
                self.step()
                libffi.disable_crash_reports()

    # Hooks, converters, pickles, exceptions from outside.

    def step_hooks(self):
        """What is called instead of C's caller or of Python's: for exceptions, elsewhere, before and after a call."""
        kind = self.type()
        hook = self.random.choice([Evil(self), lambda *args: self.value(), repr, queue.SimpleQueue()])
        failing = CIF(kind, [kind]).closure(lambda value: value // 0, on_exception=hook)
        self.closures.append(failing)
        failing.cif.call(failing, self.value())
        elsewhere = CIF(c.void, [kind, c.string]).closure(print, dispatch=hook)
        self.closures.append(elsewhere)
        elsewhere.cif.call(elsewhere, self.value(), "text")

    def step_converters(self):
        closure = self.random.choice(self.closures)
        pick, arguments = self.random.choice, len(closure.cif.argtypes)
        function = closure.cif.bind(closure, convert=pick([None, {0: Evil(self)}, [Evil(self)] * arguments]),
                                    errcheck=pick([None, Evil(self), lambda result, function, given: function(*given)]))
        values = [self.value() for _ in range(arguments)]
        pick([function, function.call, function.map, functools.partial(function.cif.call, function)])(*values)

    def step_made_again(self):
        """Copies and pickles, and what makes them with other arguments."""
        made = self.random.choice([self.value, self.type, lambda: self.snprintf, lambda: self.snprintf.call,
                                   lambda: type(self.random.choice(self.memory)),
                                   lambda: self.random.choice(self.closures).cif])()
        self.random.choice([copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])(made)
        make, arguments, *state = made.__reduce_ex__(self.random.choice([2, 4]))
        arguments = [self.value() if self.random.random() < 0.3 else each for each in arguments]
        if getattr(make, "__module__", "").startswith("libffi"):
            again = make(*arguments)
            self.keep(again)
            again.__setstate__(self.random.choice([*state, self.value()]))

    def step_asked(self):
        one = self.random.choice(self.random.choice([self.memory, self.pointers, self.closures, self.types]))
        self.random.choice([libffi.asdict, libffi.capsule, libffi.typeof, libffi.pointer_to, libffi.sizeof,
                            libffi.addressof, lambda one: one._repr_html_(), lambda one: one.dtype, dir,
                            lambda one: one.__replace__(a=self.value()), lambda one: one.origin,
                            lambda one: one < self.value(), lambda one: self.value() in one])(one)

    def step_exception_from_outside(self):
        """Another thread, or a signal, raises in the middle of what comes."""
        me, raised = ctypes.c_ulong(threading.get_ident()), ctypes.py_object(OutsideError)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(me, raised)
        self.step()

    # Owned handles, users' classes, other libraries' objects, fronts.

    def step_owned(self):
        what = self.random.choice([self.value, lambda: c.ptr(c.int)(c.int.new()),
                                   lambda: self.random.choice(self.pointers)])()
        handle = libffi.owned(what, self.random.choice([Evil(self), lambda given: self.step(), repr]))
        self.memory.append(c.pointer.new(handle))
        self.random.choice([handle.close, lambda: repr(handle), lambda: handle == self.value(), handle.__enter__])()

    def step_class(self):
        monkey = self

        class Meta(MemoryClass):
            def __call__(cls, *args):
                monkey.step()
                return super().__call__(*args)

        def finalize(self):
            monkey.step()
            if monkey.random.random() < 0.3:
                monkey.memory.append(self)

        fields = {name: self.type() for name in "abc"[:self.random.randrange(4)]}
        names = {"__annotations__": fields, "__module__": "__main__"}
        if self.random.random() < 0.4:
            names["__del__"] = finalize
        if self.random.random() < 0.4:
            names["__init__"] = lambda self, *args: monkey.step()
        if self.random.random() < 0.4:
            names["__slots__"] = ("other", "__dict__")
        base = self.random.choice([Struct, self.type()])
        if base is not Struct:
            del names["__annotations__"]
        made = self.random.choice([MemoryClass, Meta])("Made", (base,), names)
        self.types.append(made)
        self.keep(made(*[self.value()] * self.random.randrange(2)))
        again = type(made)("Again", (made,), {"__annotations__": {"z": self.type()}})
        self.types.append(again)

    def step_exchange_class(self):
        one = self.random.choice(self.memory)
        object.__dict__["__class__"].__set__(one, type(self.random.choice(self.memory)))

    def step_wrap(self):
        make = self.random.choice([c.wrap, c.big, c.little, lambda kind: c.bits(kind, self.random.randrange(9))])
        kind = make(self.type())
        self.types.append(c.struct("wrapped", a=kind, b=self.type()))
        kind(self.value())

    def step_from_others(self):
        self.types.append(self.random.choice([c.from_dtype, c.from_ctypes, c.from_cffi])(
            self.random.choice([*self.foreign, type(self.random.choice(self.foreign))])))

    def step_front(self):
        """What programs do that are written for ctypes."""
        one = self.random.choice(self.fronts)
        self.random.choice([
            lambda: front.resize(one, self.random.randrange(5000)),
            lambda: self.fronts.append(type(one)()),
            lambda: self.fronts.append(type(one)(self.value())),
            lambda: self.fronts.append(type(one).from_buffer(self.value())),
            lambda: front.CFUNCTYPE(type(one), type(one))(lambda given: self.value())(one),
            lambda: self.fronts.append((type(one) * 3)(one)),
            lambda: self.fronts.append(front.pointer(one).contents),
            lambda: self.fronts.append(copy.copy(one)),
            lambda: self.views.append(memoryview(one)),
            lambda: setattr(one, self.random.choice(["x", "value", "p", "raw"]), self.value()),
            lambda: getattr(one, self.random.choice(["x", "value", "p", "raw", "_objects", "_b_base_"])),
            lambda: one.__setitem__(self.index(), self.value()),
            lambda: self.keep(one[self.index()]),
            lambda: setattr(one, "__class__", type(self.random.choice(self.fronts))),
            lambda: FrontPoint.x.__set__(one, self.value()),
            lambda: FrontPoint.x.__get__(one), lambda: repr(one), lambda: bytes(one)])()


def pick_plain(pick):
    return pick.choice([*PLAIN, [], [1], (1, 2.5), {"a": 1}, bytearray(8)])


def attempt(use, value):
    with contextlib.suppress(Exception):
        use(value)


class FrontPoint(front.Structure):
    _fields_ = [("x", front.c_int), ("p", front.POINTER(front.c_int)), ("many", front.c_int * 20)]


class TheirPoint(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]


def foreign_objects():
    """Yield objects of other libraries, and what pretends to be one."""
    yield from [TheirPoint(1, 2), ctypes.c_int(3), (ctypes.c_int * 3)(1, 2, 3), ctypes.pointer(TheirPoint(3, 4)),
                ctypes.byref(ctypes.c_int(5)), ctypes.c_char_p(b"text"), ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1),
                ctypes.py_object(5), Pretender()]
    if cffi is not None:
        ffi = cffi.FFI()
        ffi.cdef("struct point { int x; double y; };")
        yield from [ffi.new("int *", 5), ffi.new("int[3]", [1, 2, 3]), ffi.new("struct point *", [1, 2]), ffi.NULL,
                    ffi.new("struct point *")[0], ffi.from_buffer(bytearray(16)), ffi.callback("int(int)", abs)]
    if numpy is not None:
        yield from [numpy.zeros(3, "i4"), numpy.zeros((2, 2), "f8").T, numpy.float32(1.5), numpy.zeros((), "i8"),
                    numpy.zeros(2, [("x", "i4"), ("y", "f8")]), numpy.dtype("i4"), numpy.zeros(3, "O")]


class Pretender:
    """An array by its word."""
    __array_interface__ = {"version": 3, "typestr": "<i4", "shape": (1 << 60,), "data": (8, False)}
    __cuda_array_interface__ = __array_interface__
    _as_parameter_ = 5
    __class__ = ctypes.Structure


class Endless:
    """What it is converted to has to be converted."""

    def __index__(self):
        return c.int(self).value

    def __float__(self):
        return c.double(self).value

    def __complex__(self):
        return c.complex_double(self).value

    def __fspath__(self):
        return c.string(self).value

    def __getitem__(self, index):
        return self


class OutsideError(Exception):
    """Comes between any two instructions of Python's."""


class Last:
    """What the collector finds does something, too."""

    def __init__(self, monkey):
        self.monkey = monkey

    def __del__(self):
        self.monkey.step()


class Evil:
    """Whatever is asked of it, it does something else first."""

    def __init__(self, monkey):
        self.monkey = monkey

    def act(self, result):
        self.monkey.step()
        return result

    def __index__(self):
        return self.act(1)

    def __float__(self):
        return self.act(1.5)

    def __fspath__(self):
        return self.act("path")

    def __complex__(self):
        return self.act(1j)

    def __len__(self):
        return self.act(2)

    def __getitem__(self, index):
        if index > 2:
            raise IndexError
        return self.act(index)

    def __iter__(self):
        return self.act(iter([1, 2]))

    def __eq__(self, other):
        return self.act(True)

    def __hash__(self):
        return self.act(1)

    def __buffer__(self, flags):
        return self.act(memoryview(bytearray(16)))

    def __call__(self, *args):
        return self.act(self.monkey.simple())


if __name__ == "__main__":
    faulthandler.enable()
    sys.unraisablehook = lambda unraisable: None
    warnings.simplefilter("ignore")             # NumPy's, of odd comparisons
    seed, steps = int(sys.argv[1]), int(sys.argv[2])
    monkeys = [Monkey(seed)]
    for i in range(1, int(sys.argv[3]) if len(sys.argv) > 3 else 1):
        monkeys.append(Monkey(1000 * seed + i))
        monkeys[i].share(monkeys[0])
    with contextlib.redirect_stdout(io.StringIO()):     # one of the closures prints
        threads = [threading.Thread(target=monkey.run, args=(steps,)) for monkey in monkeys[1:]]
        for thread in threads:
            thread.start()
        monkeys[0].run(steps)
        for thread in threads:
            thread.join()
    others.end_all()
    worked = sum(monkey.worked for monkey in monkeys)
    print(f"libffi {libffi.__version__}: seed {seed}, {worked} of {steps * len(monkeys)} steps worked")
