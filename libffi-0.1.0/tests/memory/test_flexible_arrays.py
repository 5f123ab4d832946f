"""Flexible arrays: a struct made with its items, or viewed in a buffer, knows how many there are."""
from __future__ import annotations

import copy
import pickle

import pytest

from libffi import CIF, c

T = c.struct("message", n=c.int, tag=c.char, items=c.array(c.int, 0))
TEXT = c.struct("text", n=c.int, text=c.array(c.char, 0))


@pytest.mark.parametrize("make", [
    lambda items: T.new(n=len(items), items=items), lambda items: T.new((len(items), b"x", items)),
    lambda items: T.new({"n": len(items), "items": items}), lambda items: T(n=len(items), items=items),
    lambda items: T(len(items), b"x", items),
])
@pytest.mark.parametrize("n", [1, 3, 100])
def test_made_with_items(make, n):
    items = list(range(1, n + 1))
    t = make(items)
    assert t.n == n and list(t.items) == items and len(t.items) == n and t.items[n - 1] == n
    assert t.size == T.offsets["items"] + 4 * n and T.size == 8 and bytes(t) == bytes(memoryview(t))
    assert bytes(t)[T.offsets["items"]:] == bytes(c.array(c.int, n).new(items))
    t.items[0] = -1
    t.items = t.items[:]
    with pytest.raises(IndexError):
        t.items[n]
    with pytest.raises(ValueError, match="items"):
        t.items = [0] * (n + 1)
    assert t.items[0] == -1
    read = CIF(c.int, [c.ptr(T)]).closure(lambda p: c.ptr(c.int)(p[0].items.address)[p.n - 1])
    assert read.cif.call(read, t) == (n if n > 1 else -1)
    pointer = c.ptr(T)(t)
    assert list(pointer[0].items) == list(t.items) and len(c.ptr(c.int)(t.items)) == n


def test_copies_and_comparisons():
    t = T.new(n=3, items=[1, 2, 3])
    for other in (copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert other == t and list(other.items) == [1, 2, 3]
        other.items[2] = 0
        assert other != t and t.items[2] == 3
    assert T.new(n=3) != t and repr(t) == "message(n=3, tag=b'\\x00', items=[1, 2, 3])"
    outer = c.struct("outer", t=T, after=c.int).new(t=t, after=7)
    assert (outer.t.n, outer.after, len(outer.t.items)) == (3, 7, 0)    # as C copies it: without


def test_a_struct_of_nothing_else():
    only = c.struct("only", items=c.array(c.int, 0))
    three = only.new(items=[1, 2, 3])
    for t in (three, only.new(([1, 2, 3],)), only(items=[1, 2, 3]), only.at(bytearray(bytes(three)))):
        assert t.size == 12 and only.size == 0 and list(t.items) == [1, 2, 3] and repr(t) == "only(items=[1, 2, 3])"
        t.items[2] = 5
        assert copy.copy(t) == t == pickle.loads(pickle.dumps(t)) != only.new(items=[1, 2, 3])
    assert list(only.new().items) == []


def test_items_whose_length_does_its_worst():
    class Items(list):
        def __len__(self):
            given[key] = None           # nobody else has them now
            return 3

    class Raising:
        def __hash__(self):
            return hash("items")

        def __eq__(self, other):
            raise KeyError("no")

    for made in (T, TEXT):
        for key, given in (("items", {"n": 1}), (2, [1, b"x", None])):
            given[key] = Items([1, 2])
            with pytest.raises(TypeError):
                made(given)
    with pytest.raises(TypeError, match="has no field"):
        T({Raising(): 1})


def test_without_items():
    for t in (T.new(), T.new(n=1), T.new(n=0, items=[])):
        assert len(t.items) == 0 and t.size == T.size
        with pytest.raises(IndexError, match="a flexible array is read through"):
            t.items[0]
    with pytest.raises(TypeError, match=r"message.items.*expected"):
        T.new(n=1, items=5)
    with pytest.raises(TypeError, match="item 1: expected int, got str"):
        T.new(n=1, items=[1, "2"])
    assert len(c.array(T, 2).new()[0].items) == 0 and len(T.at(T.new().address).items) == 0


def test_in_a_buffer():
    data = bytearray(T.size + 4 * 3)
    t = T.at(data)
    t.items = [1, 2, 3]
    assert list(T.at(data).items) == [1, 2, 3] and len(T.at(data, 4).items) == 2
    with T.at(data) as borrowed:
        items = borrowed.items
    with pytest.raises(ValueError, match="closed"):
        items[0]


def test_text():
    for text in (b"hello", "hello"):
        t = TEXT.new(n=5, text=text)
        assert t.text.value == b"hello" and len(t.text) == 6
    assert TEXT.new(text="\udcff").text.value == b"\xff"
    wide = c.struct("wide", n=c.int, text=c.array(c.char16_t, 0)).new(text="hé")
    assert wide.text.value == "hé"
    packet = c.struct("packet", n=c.int, data=c.array(c.uint8, 0)).new(n=3, data=b"\1\0\2")
    assert bytes(packet)[4:] == b"\1\0\2"


def test_pointers_among_the_items_keep_what_they_point_to():
    P = c.struct("pointers", n=c.int, items=c.array(c.ptr(c.int), 0))
    t = P.new(n=2, items=[c.int.new(5), c.int.new(6)])
    other = copy.copy(t)
    del t
    assert [p[0] for p in other.items] == [5, 6]


def test_classes():
    @c.struct
    class Message:
        n: c.int
        items: c.array(c.int, 0)
    assert list(Message(n=2, items=[1, 2]).items) == [1, 2] == list(Message(2, [1, 2]).items)
