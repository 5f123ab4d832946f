"""Use the whole API at random and wrongly: nothing may crash. `python monkey.py SEED STEPS [THREADS]`.

Objects of all sorts are made, filled, read, copied, closed and called with values of all sorts, some of which
run more of the same when they are looked at. Only what C itself could not survive is left out: addresses that
are plain numbers, and strings in memory that something else may overwrite.

Several threads share their types, memory, pointers and closures; not their views, since releasing one in two threads at
once crashes CPython 3.13 without the GIL.
"""
from __future__ import annotations

import array
import contextlib
import copy
import decimal
import enum
import faulthandler
import gc
import io
import pickle
import random
import sys
import threading

import libffi
from libffi import CIF, Library, Memory, c


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
        self.depth = self.worked = 0
        self.snprintf = Library(None).function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])
        self.steps = [getattr(self, name) for name in sorted(dir(self)) if name.startswith("step_")]

    def run(self, steps):
        for _ in range(steps):
            self.step()
        return self.worked

    def step(self):
        if self.depth > DEEPEST:
            return
        self.depth += 1
        try:
            self.random.choice(self.steps)()
            self.worked += 1
        except Exception:
            pass                # a Python exception is the right end of a wrong use
        finally:
            self.depth -= 1
        for kept in self.types, self.memory, self.pointers, self.closures, self.views:
            while len(kept) > MOST:
                with contextlib.suppress(IndexError):       # another thread's pop came first
                    kept.pop(self.random.randrange(len(kept)))

    def share(self, other):
        self.types, self.memory = other.types, other.memory
        self.pointers, self.closures = other.pointers, other.closures

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
            lambda: pick(self.views)])()

    def index(self):
        return self.random.choice([0, 1, -1, 7, slice(0, 2), slice(None, None, -1), Evil(self)])

    def keep(self, found):
        if isinstance(found, Memory):
            self.memory.append(found)

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

    def step_collect(self):
        gc.collect(self.random.randrange(3))


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
    worked = sum(monkey.worked for monkey in monkeys)
    print(f"libffi {libffi.__version__}: seed {seed}, {worked} of {steps * len(monkeys)} steps worked")
