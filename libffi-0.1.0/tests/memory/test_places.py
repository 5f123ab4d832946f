"""Places in memory: T.at() and T.read() with an offset, fields through pointers, pointers to members and items."""
from __future__ import annotations

import pytest

from libffi import CIF, addressof, c, pointer_to

POINT = c.struct("point", x=c.int, y=c.double)
OUTER = c.struct("outer", [("n", c.short), ("p", POINT), ("items", c.array(c.int, 3)), ("flag", c.bits(c.uint, 3)),
                           ("value", c.int), (None, c.union("", a=c.int, b=c.float))])


# ---- offsets ----

def test_read_at_an_offset():
    data = bytes(range(16))
    assert [c.uint16.read(data, i) for i in (0, 1, 14)] == [int.from_bytes(data[i:i + 2], "little" if
            c.int.byteorder == "little" else "big") for i in (0, 1, 14)]
    with pytest.raises(ValueError, match=r"uint16_t.read\(\): expected at least 2 bytes at offset 15, got 1"):
        c.uint16.read(data, 15)
    with pytest.raises(ValueError, match=r"at offset 99, got 0"):
        c.uint16.read(data, 99)


def test_view_at_an_offset():
    data = bytearray(32)
    m = POINT.at(data, 8)
    m.x, m.y = 1, 2.5
    assert POINT.read(data, 8) == (1, 2.5) and POINT.at(m).x == 1 and c.int.at(POINT.new(x=1, y=2), 0).value == 1
    assert c.double.at(m, POINT.offsets["y"]).value == 2.5
    assert c.double.at(c.ptr(POINT)(m), 8).value == 2.5 and c.double.at(m.address, 8).value == 2.5
    assert c.array(c.uint8, 4).at(data, offset=28) == [0, 0, 0, 0]
    for offset, message in ((24, "at offset 24, got 8"), (-8, "offset -8 is out of range"), (1 << 70, "out of range"),
                            (4, "not aligned to 8 bytes")):
        with pytest.raises(ValueError, match=message):
            POINT.at(data, offset)
    with pytest.raises(ValueError, match="at least 16 bytes at offset 8, got 8"):
        POINT.at(POINT.new(), 8)
    with pytest.raises(TypeError, match=r"point.at\(\): expected an int offset, got str"):
        POINT.at(data, "x")
    with pytest.raises(TypeError, match="const"):
        POINT.at(bytes(32), 8).x = 1
    assert c.uint8.at(bytearray(b"abc"), 1).value == ord("b")


# ---- fields through pointers ----

def test_fields_through_pointers():
    s = OUTER.new(n=1, p=(2, 3), items=[4, 5, 6], flag=7, value=8, a=9)
    p = c.ptr(OUTER)(s)
    assert (p.n, p.p.x, p.flag, p.a, list(p.items)) == (1, 2, 7, 9, [4, 5, 6])
    p.n, p.p, p.flag, p.a = 10, (20, 30), 1, 90
    p.p.x = 21
    p.items[1] = 50
    assert (s.n, s.p.x, s.flag, s.a, s.items[1]) == (10, 21, 1, 90, 50)
    assert p.value == s                         # the pointer's own names come first
    p.value = OUTER.new(value=3)
    assert s.value == 3 and p[0].value == 3 and p.n == 0
    with pytest.raises(OverflowError, match=r"struct outer.n: 99999 is out of range"):
        p.n = 99999
    for name in ("z", "__array_interface__", "n2"):
        with pytest.raises(AttributeError, match=rf"struct outer \* has no attribute '{name}'"):
            getattr(p, name)
    with pytest.raises(AttributeError):
        p.z = 1
    with pytest.raises(AttributeError):
        p.address = 1
    with pytest.raises(AttributeError):
        c.ptr(c.int)(s).n = 1
    assert not hasattr(p, "__len__") or len(p) == 1


def test_no_field_through_such_pointers():
    null = c.ptr(OUTER)(None)
    for use in (lambda: null.n, lambda: setattr(null, "n", 1)):
        with pytest.raises(ValueError, match=r"NULL struct outer \*"):
            use()
    s = OUTER.new()
    const, past = c.ptr(OUTER, const=True)(s), c.ptr(OUTER)(s) + 1
    assert const.n == 0
    with pytest.raises(TypeError, match="cannot write through const struct outer"):
        const.n = 1
    with pytest.raises(IndexError):
        past.n  # noqa: B018
    p = c.ptr(OUTER)(s)
    s.close()
    for use in (lambda: p.n, lambda: setattr(p, "n", 1)):
        with pytest.raises(ValueError, match="closed"):
            use()
    incomplete = c.ptr(c.struct("later"))(16)
    with pytest.raises(AttributeError):
        incomplete.n  # noqa: B018


def test_fields_keep_what_they_are_given():
    node = c.struct("node")
    node.define(value=c.int, next=c.ptr(node))
    first = c.ptr(node)(node.new())
    first.next = node.new(next=node.new(value=5))
    assert first.next.next[0].value == 5 and first.next.next.value.value == 5


# ---- pointers to members ----

def test_pointers_to_members():
    s = OUTER.new(n=1, p=(2, 3), items=[4, 5, 6])
    for whole in (s, c.ptr(OUTER)(s)):
        n, y, item = pointer_to(whole, "n"), pointer_to(pointer_to(whole, "p"), "y"), pointer_to(s.items, 1)
        assert (n.type, y.type, item.type) == (c.ptr(c.short), c.ptr(c.double), c.ptr(c.int))
        assert (n[0], y[0], item[0], len(n), len(item), item[-1]) == (1, 3.0, 5, 1, 2, 4)
        assert pointer_to(whole, "items").type is c.ptr(c.array(c.int, 3))
        assert pointer_to(whole, "a").type is c.ptr(c.int)
        assert addressof(whole, "p") == s.address + OUTER.offsets["p"]
        for member, message in (("z", "has no member 'z'"), ("flag", "is a bit-field, which has no address")):
            with pytest.raises(TypeError, match=message):
                pointer_to(whole, member)
    assert pointer_to(s).type is c.ptr(OUTER) and pointer_to(s)[0].n == 1 and pointer_to(item) is item
    assert pointer_to(item, 1)[0] == 6 and pointer_to(c.int.new(7), 0)[0] == 7
    f = CIF(c.int, [c.ptr(c.int), c.ptr(c.double)]).closure(lambda p, q: p[0] + int(q[0]))
    assert f.cif.call(f, pointer_to(s.items, 2), pointer_to(s.p, "y")) == 9


def test_pointers_to_members_know_their_place():
    s = OUTER.new(n=1)
    n = pointer_to(s, "n")
    with pytest.raises(IndexError):
        n[1]
    with pytest.raises(IndexError):
        pointer_to(s.items, 3)
    with pytest.raises(TypeError, match="expected memory or a pointer, got bytearray"):
        pointer_to(bytearray(8))
    with pytest.raises(ValueError, match="NULL"):
        pointer_to(c.ptr(OUTER)(None), "n")
    assert pointer_to(OUTER.at(bytes(OUTER.size)), "n").type is c.ptr(c.short, const=True)
    address = n.address
    del s
    assert pointer_to(n).address == address and n[0] == 1
