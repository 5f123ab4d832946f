"""Whose storage it is: pointers, functions and views read and stored again are no chain, however often."""
from __future__ import annotations

import gc
import sys

import pytest
from helpers.surroundings import SANITIZER

import libffi
from libffi import CIF, Library, c

LABS = CIF(c.long, [c.long])
S = c.struct("S", cur=c.ptr(c.char), void=c.pointer, one=c.func(LABS), two=c.func(CIF(c.long, [c.ptr(c.int)])),
             text=c.string)


def count_up(s):
    s.cur += 1
    s.void = s.void + 1


def store_again(s):
    s.cur, s.void, s.one, s.text = s.cur, s.cur, s.one, s.text


@pytest.mark.skipif(SANITIZER == "address", reason="AddressSanitizer keeps what is freed")
@pytest.mark.parametrize("step", ["count up", "store again", "shuffle", "view", "pointer", "copy"])
def test_a_million_steps_are_flat(run_python, step):
    assert run_python("""
        import copy, sys
        from libffi import CIF, Library, c
        LABS = CIF(c.long, [c.long])
        S = c.struct("S", cur=c.ptr(c.char), void=c.pointer, f=c.func(LABS), text=c.string)
        place = c.array(c.char, 1 << 21).new()
        s = S.new(cur=c.ptr(c.char)(place), void=place, f=Library(None).function("labs", c.long, [c.long]), text="t")
        many = c.array(c.ptr(c.char), 3).new([c.ptr(c.char)(place)] * 3)
        view, pointer, copied = s, c.ptr(S)(s), s
        def count_up(): s.cur += 1; s.void += 1
        def store_again(): s.cur, s.void, s.f, s.text = s.cur, s.cur, s.f, s.text
        def shuffle(): many[0], many[1], many[2] = many[2], many[0], many[1]
        def look(): global view; view = S.at(view)
        def point(): global pointer; pointer = c.ptr(S)(pointer[0])
        def duplicate(): global copied; copied = copy.copy(copied)
        step = {"count up": count_up, "store again": store_again, "shuffle": shuffle, "view": look, "pointer": point,
                "copy": duplicate}[sys.argv[1]]
        def resident():         # now: the largest so far may be that of who started us
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * 4096
        def grown(n):
            before = resident()
            for _ in range(n): step()
            return resident() - before
        grown(1000)
        print(grown(1_000_000) < 3_000_000)
        assert s.f(-3) == 3 and s.text == "t"
        del s, many, view, pointer, copied
    """, step) == "True\n"


def test_long_chains_end(run_python):
    """Long lists, each node of which owns the next."""
    assert run_python("""
        from libffi import c
        node = c.struct("node"); node.define(next=c.ptr(node), void=c.pointer)
        for keep in lambda last: last, c.ptr(node):
            first = None
            for _ in range(100_000): first = node.new(next=keep(first)) if first else node.new()
            del first
            first = c.pointer(node.new())
            for _ in range(100_000): first = c.pointer(node.new(void=first))
            del first
        print("done")
    """) == "done\n"


def test_what_was_stored_is_kept_by_what_is_read():
    s = S.new(cur=c.array(c.char, 9).new(b"kept"))
    moved = (s.cur + 1) + 1
    s.cur = None
    gc.collect()
    assert libffi.string_at(moved) == b"pt"


def test_a_pointer_that_c_moved_keeps_its_storage():
    s = S.new(cur=c.array(c.char, 9).new(b"moved"))
    c.uintptr_t.at(s).value += 2            # as C would
    p = s.cur
    del s
    gc.collect()
    assert libffi.string_at(p) == b"ved"
    place = c.array(c.char, 9).new(b"closed")
    s = S.new(cur=place)
    c.uintptr_t.at(s).value += 2
    place.close()
    with pytest.raises(ValueError, match="closed"):
        s.cur[0]


def test_a_part_of_foreign_storage_keeps_what_is_stored_in_it():
    inner = c.struct("inner", p=c.ptr(c.int))
    outer = c.struct("outer", i=inner, many=c.array(inner, 2))
    view = outer.at(bytearray(outer.size))
    view.i.p = c.int.new(41)
    view.many[1].p = c.int.new(42)
    gc.collect()
    assert (view.i.p[0], view.many[1].p[0]) == (41, 42)


def test_functions_stay_callable(values):
    same_as_long = c.int64 if c.long.size == 8 else c.int32
    T = c.struct("T", one=c.func(LABS), other=c.func(CIF(c.long, [same_as_long])))
    t = T.new(one=Library(None).function("labs", c.long, [c.long]))
    for _ in range(100):
        t.other = t.one
        t.one = t.other
    assert t.one(-3) == t.other(-3) == 3


COLLECTOR = """
        import gc
        from libffi import c
        gc.disable()
        R = c.struct("R", a=c.ptr(c.long), t=c.string)
        S, A = c.struct("S", p=c.ptr(c.long), q=c.ptr(c.long), r=R), c.array(c.long, 1 << 12)
        class Evil:
            def __init__(self, act): self.act = act; self.me = self
            def __del__(self): self.act()
        def at_next_allocation(act, use, skip):
            Evil(act)
            hold = [{} for _ in range(200)]
            gc.set_threshold(gc.get_count()[0] + skip); gc.enable()
            try: return use()
            finally: gc.disable(); gc.set_threshold(700); gc.collect()
        def fresh(): return S.new(p=A.new([1] * 5), q=A.new([2] * 5), r=dict(a=A.new([3] * 5), t="t" * 50))
"""


@pytest.mark.parametrize("skip", range(6))
def test_the_collector_runs_inside(run_python, skip):
    """Up to CPython 3.11 it does, inside allocations, and with it anybody's __del__; elsewhere this is just code."""
    assert run_python(COLLECTOR + f"""
        m, other = S.new(), A.new()
        at_next_allocation(lambda: setattr(m, "q", A.new([7] * 5)), lambda: setattr(m, "p", other), {skip})
        assert m.q[0] == 7
        m = fresh()
        def change(): m.p = A.new([9] * 5); m.r.a = A.new([9] * 5); m.r.t = "u" * 60
        p = at_next_allocation(change, lambda: m.p, {skip})
        assert p[0] in (1, 9)
        m = fresh()
        copied = at_next_allocation(change, lambda: type(m).__copy__(m), {skip})
        assert copied.p[0] in (1, 9) and copied.r.a[0] == (3 if copied.p[0] == 1 else 9), (copied.p[0], copied.r.a[0])
        assert copied.r.t[0] == ("t" if copied.p[0] == 1 else "u")
        m, n = fresh(), fresh()
        at_next_allocation(change, lambda: setattr(n, "r", m.r), {skip})
        assert n.r.a[0] in (3, 9) and n.r.t[0] in "tu"
        m = fresh()
        at_next_allocation(lambda: m.close(), lambda: m.p, {skip})
        m = fresh()
        try: at_next_allocation(lambda: m.close(), lambda: setattr(m, "p", other), {skip})
        except (BufferError, ValueError): pass
        print("done")
    """) == "done\n"


def test_refcounts_of_owners():
    place = c.array(c.char, 100).new()
    s = S.new(cur=place, void=place)
    before = sys.getrefcount(place)
    for _ in range(100):
        count_up(s), store_again(s)
    assert sys.getrefcount(place) <= before + 2
