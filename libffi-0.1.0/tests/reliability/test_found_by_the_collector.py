"""What the garbage collector shows of our objects is Python code's to change: nothing that C trusts is among it."""
from __future__ import annotations

import textwrap

import pytest
from helpers.surroundings import REFUSED

PRELUDE = """
import gc, weakref
import libffi
from libffi import CIF, Library, c, closure

def reached(start):
    '''All that get_referents() leads to, but for types and what they are made of.'''
    found, now = {}, [start]
    while now:
        now = [one for one in gc.get_referents(*now) if id(one) not in found
               and not isinstance(one, (type, type(gc), libffi.Type)) and one is not globals()]
        found.update((id(one), one) for one in now)
    return list(found.values())

class New:
    '''Containers and views that came since this was made, but for those that Python code of ours knows.'''
    def __init__(self):
        self.known = gc.get_objects()
        self.ids = {id(one) for one in self.known} | {id(self), id(self.known)}
    def __call__(self):
        self.ids |= {id(self.ids), id(vars(self))}
        return [one for one in gc.get_objects() if id(one) not in self.ids and one is not globals()
                and isinstance(one, (list, set, dict, memoryview))]

def spoil(things):
    '''Do what any code may do to lists, dicts and views; say which of them let it.'''
    done = []
    for one in things:
        try:
            if isinstance(one, memoryview):
                one.release()
            elif isinstance(one, (list, set, dict, bytearray)):
                one.clear()
            else:
                continue
        except BufferError:             # it is held
            continue
        done.append(type(one))
    return done

def dirt():
    return tuple([bytearray(b"#" * size) for size in (8, 16, 32, 64, 128, 256, 512, 1024, 4096) for _ in range(20)])
""" + REFUSED

SNIPPETS = {
    "a buffer": """
        room = bytearray(b"x" * 1000)
        A, P, S = c.array(c.char, 1000), c.ptr(c.char), c.struct("S", p=c.ptr(c.char), q=c.ptr(c.char))
        view = memoryview(room)
        for made in (A.at(room), P(room), P(view), A.at(view), c.ptr(c.int)(P(room)), S.new(p=room), S.new(q=view),
                     libffi.pointer_to(A.at(room), 3)):
            assert spoil(reached(made)) == [], made
            refused(lambda: room.extend(b"y"), BufferError)
        del made
        view.release()
        room.extend(b"y")
    """,
    "a buffer in a cycle": """
        class Room(bytearray):
            pass
        for make in (c.long.at, c.ptr(c.long), lambda room: c.ptr(c.long)(memoryview(room)),
                     lambda room: c.struct("S", p=c.ptr(c.long)).new(p=room)):
            room = Room(8)
            room.made = make(room)
            gone = weakref.ref(room)
            del room
            gc.collect()
            assert gone() is None, make
    """,
    "memory in a cycle": """
        S = c.struct("S", p=c.pointer)
        one, other = S.new(), S.new()
        one.p, other.p = other, one
        gone = weakref.ref(one)
        del one, other
        gc.collect()
        assert gone() is None
    """,
    "a buffer whose memory is closed": """
        room = bytearray(8)
        with c.long.at(room) as number:
            number.value = -1
            assert spoil(reached(number)) == []
        room.clear()
        refused(lambda: number.value, ValueError)
    """,
    "what memory points to": """
        S = c.struct("S", p=c.ptr(c.int), text=c.string, a=c.array(c.ptr(c.int), 20))
        new = New()
        s = S.new(text="t" * 1000)
        s.p = c.array(c.int, 100).new(range(100))
        for i in range(20):
            s.a[i] = c.array(c.int, 100).new([i] * 100)
        copy = S.new(s)
        other = s.a
        assert spoil(new()) == [] and spoil(reached(s)) == [] and spoil(reached(copy)) == []
        del s
        room = dirt()
        assert copy.p[99] == 99 and copy.text == "t" * 1000 and [p[99] for p in copy.a] == list(range(20))
        assert [p[99] for p in other] == list(range(20))
    """,
    "what a call has the address of": """
        P = c.ptr(c.char, const=True)
        new = New()
        @closure(c.int, [P] * 20)
        def f(*pointers):
            spoiled.extend(spoil(one for one in new() if one is not spoiled))
            room.append(dirt())
            return sum(p.text() == f"{i}\\xe4" * 50 for i, p in enumerate(pointers))
        room, spoiled = [], []
        new.ids |= {id(room), id(spoiled)}
        call = f.cif.bind(f)
        for made in (lambda i: f"{i}\\xe4" * 50, lambda i: f"{i}\\xe4".encode() * 50 + b"\\0",
                     lambda i: bytearray(f"{i}\\xe4".encode() * 50 + b"\\0")):
            values = [made(i) for i in range(20)]
            new.ids.add(id(values))
            assert call(*values) == 20
            assert call(*(made(i) for i in range(20))) == 20
        assert CIF(c.int, [P, ...]).call(CIF(c.int, [P]).closure(lambda p: p.text() == "variadic"), "variadic") == 1
        assert spoiled == [], spoiled
    """,
    "what a raw call has the address of": """
        new = New()
        @closure(c.long, [c.long, c.ptr(c.long)])
        def f(number, p):
            spoiled.extend(spoil(one for one in new() if one is not arguments and one is not spoiled))
            for one in arguments:
                refused(one.clear, BufferError)
            return number
        spoiled, arguments = [], [bytearray(b"\\1" + bytes(7)), bytearray(8)]
        result = bytearray(8)
        f.cif.call_raw(f, result, arguments)
        assert result[0] == 1 and spoiled == [], spoiled
    """,
    "what closures return": """
        new = New()
        function = CIF(c.pointer, [c.int])
        name = CIF(c.string, [c.int]).closure(lambda i: "text" * i)
        spoiled, found = [], []
        @closure(c.int, [c.int])
        def ask(i):
            found.append(function.bind(name)(i))
            spoiled.extend(spoil(one for one in new() if one is not spoiled and one is not found))
            room = dirt()
            return libffi.string_at(found[-1]) == b"text" * i
        assert ask.cif.bind(ask)(1000) == 1 and ask.cif.bind(ask)(50) == 1
        assert spoiled == [], spoiled
    """,
    "where the members are": """
        S = c.struct("S", a=c.int, b=c.int)
        s = S.new(a=1, b=2)
        for one in gc.get_referents(S):
            for inner in (one, *gc.get_referents(one)):
                if type(inner) is dict and "b" in inner:
                    inner["b"] = 1 << 28
        assert (s.a, s.b, S.new(b=5).b, S.new({"b": 6}).b) == (1, 2, 5, 6)
        s.b = 7
        assert libffi.pointer_to(s, "b").value == 7
    """,
    "the CIFs of a prototype": """
        snprintf = Library(None).function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])
        out = c.array(c.char, 100).new()
        other = CIF(c.double, [c.double] * 40)
        for i in range(100):                # more than C keeps at hand
            snprintf(out, 100, "%d", *[i] * (i % 10), *[1.5] * (i // 10))
        for one in reached(snprintf):
            if type(one) is dict and one is not vars(snprintf):
                one.update(dict.fromkeys(one, other))
        assert snprintf(out, 100, "%d %g", 3, 1.5) == 5 and out.value == b"3 1.5"
        assert snprintf(out, 100, "%d", 3) == 1
    """,
    "the core's own tables": """
        tables = [one for one in gc.get_objects() if type(one) is dict]
        for one in tables:
            if one.get("pointer") is c.pointer and "__name__" not in one:
                one["pointer"] = None
            elif len(one) > 20 and all(type(value) is weakref.ref for value in one.values()):
                weak = [value() for value in one.values()]
                if any(type(value) is libffi.Type for value in weak):
                    one.update(dict.fromkeys(one, lambda: 5))
        assert libffi.string_at(bytearray(b"text\\0")) == b"text"
        assert c.ptr(c.int)(c.int.new(3))[0] == 3 and c.array(c.int, 3).size == 12 and CIF(c.int, [c.int]).nfixed == 1
    """,
    "what the collector takes apart": """
        S = c.struct("S", p=c.ptr(c.long), text=c.string)
        seen = []
        def look(number):
            room = dirt()
            for one in gc.get_objects():
                if isinstance(one, libffi.Struct):
                    seen.append((one.text, one.p[0] if one.p else None))
        class Holder:
            pass
        holder = Holder()
        holder.me, holder.memory = holder, S.new(text="t" * 500, p=c.array(c.long, 100).new([7] * 100))
        S2 = c.struct("S2", p=c.pointer)
        ring = S2.new()
        holder.memory.p = c.ptr(c.long)(libffi.pointer_to(ring))
        ring.p = libffi.pointer_to(holder.memory)
        holder.end = libffi.owned(5, look)
        del holder, ring
        gc.collect()
        assert all(text in ("t" * 500, None) for text, _ in seen), seen
    """,
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_nothing_that_c_trusts_is_found_and_changed(run_python, name):
    run_python(PRELUDE + textwrap.dedent(SNIPPETS[name]))
