"""Looking follows nothing: repr, str, ==, format of anything say what is there, never what an address leads to."""
from __future__ import annotations

import enum

import pytest
from helpers.surroundings import POSIX

import libffi
from libffi import CIF, c, closure

NONSENSE = 0x0101010101010101
FUNCTION = c.func(CIF(c.int, [c.int]))
ADDRESSES = [c.string, c.bytes, c.wstring, c.pointer, c.ptr(c.int), c.ptr(c.string), FUNCTION]


class Colour(enum.IntEnum):
    RED = 1


class Talkative(enum.IntEnum):
    ONE = 1

    def __repr__(self):
        raise LookupError("no repr")

    @classmethod
    def _missing_(cls, value):
        raise LookupError("asked")


def looks(value):
    """Give back the repr, of which the others are no other; the str of a type or a signature is its C."""
    texts = [repr(value), f"{value!r}"]
    if not isinstance(value, (libffi.Type, CIF)):
        texts += str(value), f"{value}"
    assert len(set(texts)) == 1 and len(texts[0]) < 1200
    return texts[0]


@pytest.mark.parametrize("T", ADDRESSES, ids=str)
def test_an_address_is_a_number(T):
    for S in c.struct("S", before=c.int, it=T), c.union("U", it=T, whole=c.int64), c.array(T, 3), T:
        foreign, same = (S.at(bytearray(b"\1" * S.size)) for _ in range(2))
        assert hex(NONSENSE if c.pointer.size == 8 else NONSENSE & 0xffffffff) in looks(foreign)
        if S is not T:                          # memory of one scalar is equal to itself only
            assert foreign == same and foreign != S.new()
        assert "NULL" in looks(S.new())


def test_a_union_says_what_its_bytes_would_be():
    U = c.union("U", i=c.int64, d=c.double, text=c.string, wide=c.wchar_t)
    u = U.new(i=-1)
    assert looks(u).startswith("U(i=-1, d=nan, text=0xffffffffffffffff, wide=") and u == U.new(i=-1)
    assert U.new(d=0.0) == U.new(d=-0.0) or bytes(U.new(d=0.0)) != bytes(U.new(d=-0.0))


def test_value_of_a_union_follows_nothing():
    U = c.union("U", i=c.int64, text=c.string, data=c.bytes, wide=c.wstring, p=c.ptr(c.int), one=c.wchar_t)
    u = U.new(i=-1)
    character = {"one"} if c.wchar_t.size == 2 else set()    # of 32 bits, none has that number
    assert set(u.value) == {"i", "p"} | character and u.value["i"] == -1 and u.value["p"].address == 2**64 - 1
    u.value = {"text": "asked for by name"}
    assert u.text == "asked for by name" and "text" not in u.value


@pytest.mark.parametrize("data", [b"\xff\xfe caf\xe9", b"\xed\xa0\x80", b""])
def test_text_that_is_none(data):
    S = c.struct("S", name=c.string)
    assert looks(S.at(memoryview(c.struct("S2", name=c.bytes).new(name=data)))).startswith("S(name=0x")
    looks(c.array(c.char, 16).new(data)), looks(c.struct("T", name=c.array(c.char, 16)).new(name=data))


def test_code_points_that_are_none():
    for T in c.wchar_t, c.char32_t, c.array(c.char32_t, 4), c.char16_t, c.array(c.char16_t, 4):
        looks(T.at(bytearray(b"\xff" * T.size))), looks(T.at(bytearray(b"\x00\xd8" * T.size)))
    A = c.array(c.char32_t, 4)
    assert A.at(bytearray(b"\xff" * 16)) == A.at(bytearray(b"\xff" * 16)) != [1, 2, 3, 4]


def test_an_enum_is_not_asked():
    E = c.enum(Talkative)
    S = c.struct("S", one=E, bits=c.bits(E, 3))
    assert looks(S.new(one=7, bits=2)) == "S(one=7, bits=2)" and S.new(one=7) == S.new(one=7)
    looks(S.new(one=1, bits=1))
    assert S.new(one=1) == (1, 0)
    assert looks(c.struct("S", it=c.enum(Colour)).new(it=1)) == "S(it=<Colour.RED: 1>)"


def test_memory_that_is_gone():
    """Freed by C, or never there: nobody said that it is, so nobody reads it."""
    for T in c.int, c.array(c.int, 4), c.struct("S", a=c.int, b=c.int):
        gone = T.at(16)
        assert "0x10" in looks(gone) and gone != T.new() and gone != T.at(32) and gone == gone
        assert T.at(T.new()) == T.new() or T is c.int
    inside = c.ptr(c.struct("S", a=c.int))(16)[0]
    assert "cannot be read" in looks(inside) and inside != (0,) and c.array(c.int, 1).at(16) != [0]


def test_closed_memory():
    for T in c.int, c.array(c.int, 2), c.struct("S", a=c.int, b=c.int):
        closed = T.new()
        closed.close()
        assert "closed" in looks(closed) and closed != T.new() and closed != (0, 0) and closed != [0, 0]


def test_texts_stay_short():
    wide = c.struct("wide", [(f"member_{i}", c.int) for i in range(5000)])
    deep = c.int
    for i in range(80):
        deep = c.struct(f"a_name_that_is_not_short_{i}" * 20, x=deep, y=c.int)
    rows = c.array(c.array(c.array(c.double, 30), 30), 30)
    for it in (c.array(c.int, 1_000_000).new(), wide.new(), deep.new(), rows.new(),
               c.array(c.char, 10_000).new(b"x" * 10_000), c.array(c.wchar_t, 10_000).new("x" * 10_000),
               c.struct("t", t=c.string).new(t="x" * 10_000_000), c.string("x" * 10_000_000), c.bytes(b"x" * 10_000),
               c.struct("n" * 100_000, a=c.int), c.struct("n" * 100_000, a=c.int).new(), c.int128.new(2**127 - 1),
               c.ptr(c.struct("n" * 100_000, a=c.int))(16), CIF(c.int, [c.int] * 1000), c.bytes(bytearray(10_000))):
        looks(it)
    numbers = c.array(c.int, 100).new(range(100))
    assert looks(numbers) == "<int[100] memory: [0, 1, 2, …, 97, 98, 99]>"


def test_names_stay_short():
    name = "f" * 100_000

    @closure(c.int, [c.int], name=name)
    def named(x):
        return x

    for it in named, named.cif.bind(named), named.cif.bind(named.address, name):
        looks(it)


def test_equal_is_what_is_stored():
    S = c.struct("S", text=c.string, number=c.double, nested=c.struct("N", a=c.array(c.short, 3)))
    one = "".join(["te", "xt"])
    other = "".join(["te", "xt"])
    assert S.new(text=one) == S.new(text=one)           # one address
    assert S.new(text=one) != S.new(text=other)         # two
    assert S.new(number=1, nested={"a": [1, 2]}) == S.new(number=1.0, nested={"a": [1, 2, 0]})
    assert S.new(number=float("nan")) != S.new(number=float("nan"))
    assert S.new(nested={"a": [1, 2]}) != S.new(nested={"a": [1, 3]})
    assert c.array(c.string, 1).new(["a"]) != ["a"] and list(c.array(c.string, 1).new(["a"])) == ["a"]
    pair = c.struct("pair", a=c.int, p=c.ptr(c.int))
    assert pair.new(a=3) == (3, None) != (3, 5)


def test_padding_is_nobodys():
    S = c.struct("S", a=c.char, b=c.int)
    one, other = (S.at(bytearray(fill * S.size)) for fill in (b"\0", b"\xff"))
    one.a = other.a = 1
    one.b = other.b = 2
    assert bytes(one) != bytes(other) and one == other


def test_bit_fields_are_compared():
    S = c.struct("S", a=c.bits(c.int, 3), b=c.bits(c.uint, 5))
    assert S.new(a=-1, b=3) == S.new(a=-1, b=3) == (-1, 3) != S.new(a=-1, b=4)
    assert looks(S.new(a=-1, b=3)) == "S(a=-1, b=3)"


def test_looking_does_not_set_errno(libc):
    libc.function(f"{POSIX}rmdir", c.int, [c.string], errno=True)("/nowhere")
    looks(c.int.at(16))
    assert libffi.get_errno() != 0


def test_tables_for_notebooks():
    point = c.struct("point<>", x=c.int, name=c.ptr(c.char), bits=c.bits(c.uint, 3))
    table = point.new(x=1, bits=5)._repr_html_()
    assert table.startswith("<table><caption>struct point&lt;&gt;</caption><tr><th>member</th><th>type</th>")
    assert "<tr><td>x</td><td>int</td><td>1</td></tr><tr><td>name</td><td>char *</td><td>NULL</td></tr>" in table
    assert "<td>5</td>" in table
    assert "<tr><td>1</td><td>8</td></tr>" in c.array(c.int, 2).new([7, 8])._repr_html_()
    assert len(c.array(c.int, 100_000).new()._repr_html_()) < 1000
    closed = c.array(c.int, 2).new()
    closed.close()
    assert closed._repr_html_() is None
