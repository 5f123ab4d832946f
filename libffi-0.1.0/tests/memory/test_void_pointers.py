"""Addresses: a number is one for `void *` only, and what C gives as `void *` is a pointer that fits everywhere."""
from __future__ import annotations

import array
import enum
import types

import pytest

import libffi
from libffi import CIF, Library, Pointer, c

FUNCTION = c.func(CIF(c.int, [c.int]))
TYPED = [c.ptr(c.int), c.ptr(c.int, const=True), c.ptr(c.struct("opaque")), c.ptr(c.pointer), c.string, c.bytes,
         c.wstring, FUNCTION, c.ptr(c.char, const=True)]
VOID = [c.pointer, c.ptr(c.void, const=True)]


class Index:
    def __index__(self):
        return 0x1000


class Handle(enum.IntEnum):
    FIRST = 0x1000


def ways_in(T):
    """All that takes a T: an argument, a field, an item, a variable, a closure's result."""
    S, A = c.struct("S", p=T), c.array(T, 2)
    echo = CIF(c.pointer, [T])
    f = CIF(c.pointer, [c.pointer]).closure(lambda p: p)
    g = CIF(T, [])

    def result(value):
        g.bind(g.closure(lambda: value))()

    return [lambda value: echo.call(f.address, value), lambda value: S.new(p=value),
            lambda value: setattr(S.new(), "p", value), lambda value: A.new([value]), lambda value: T.new(value),
            lambda value: A.new().__setitem__(1, value), result]


@pytest.mark.parametrize("T", TYPED, ids=str)
@pytest.mark.parametrize("value", [1700000000, 0, -1, Handle.FIRST, Index()], ids=["time", "0", "-1", "enum", "index"])
def test_a_number_is_no_typed_pointer(T, value):
    for take in ways_in(T):
        with pytest.raises(TypeError, match="expected"):
            take(value)


@pytest.mark.parametrize("T", [*TYPED, *VOID], ids=str)
@pytest.mark.parametrize("value", [True, False])
def test_a_bool_is_no_address(T, value):
    for take in ways_in(T):
        with pytest.raises(TypeError):
            take(value)
    for cast in [T, c.int.at, libffi.string_at, CIF(c.int).bind]:
        with pytest.raises(TypeError):
            cast(value)


@pytest.mark.parametrize("T", VOID, ids=str)
def test_void_takes_numbers(T):
    for value in 0x1000, Handle.FIRST, Index():
        for take in ways_in(T):
            take(value)
    assert c.struct("S", p=T).new(p=0x1000).p == 0x1000


@pytest.mark.parametrize("T", TYPED, ids=str)
def test_void_goes_everywhere(T):
    place = c.array(c.int64, 4).new()
    void = c.pointer(place)
    for take in ways_in(T):
        take(void)
    assert c.pointer.at(T.new(void)).value == void


def test_what_c_gives_as_void_is_a_pointer(libc):
    malloc = libc.function("malloc", c.pointer, [c.size_t])
    free = libc.function("free", c.void, [c.pointer])
    p = malloc(16)
    assert type(p) is Pointer and p.type is c.pointer and p and int(p) == p.address
    assert p == p.address == int(p) and hash(p) == hash(p.address) and p in {p.address} and p != p.address + 1
    assert p != 1 and c.pointer(1) != True and p != "text"      # noqa: E712
    assert (p + 3).address == p.address + 3 and (p + 3) - p == 3 and (p + 3) - 3 == p
    assert p < p + 1 and p + 1 > p.address and p <= p and p >= p.address and sorted([p + 1, p, p + 2])[0] == p
    assert f"{p.address:#x}" in repr(p) and repr(p) == f"<void * {p.address:#x}>"
    whole = c.array(c.int, 4).at(p)
    whole[:] = [1, 2, 3, 4]
    assert c.ptr(c.int)(p)[3] == 4 and libffi.string_at(p, 1) == bytes(whole)[:1]
    for use in (lambda: p[0], lambda: p.value, lambda: len(p), lambda: p < None, lambda: p < "text", lambda: p < True,
                lambda: hex(p), lambda: p - c.ptr(c.int)(p)):
        with pytest.raises(TypeError):
            use()
    free(p)
    assert free(None) is None and libc.function("calloc", c.ptr(c.void, const=True), [c.size_t] * 2)(1, 1) is not None


def test_null_is_none():
    through = CIF(c.pointer, [c.pointer]).closure(lambda p: seen.append(p) or p)
    seen = []
    assert through.cif.call(through, None) is None and through.cif.call(through, 0x10) == 0x10
    assert seen[0] is None and type(seen[1]) is Pointer
    assert c.pointer.new().value is None and c.struct("S", p=c.pointer).new().p is None
    assert c.array(c.pointer, 2).new([None, 5])[:] == [None, 5]


def test_functions_are_bound_to_void(libc, values):
    labs = values.function("echo_pointer", c.pointer, [c.pointer])(libc.symbol("labs"))
    LABS = CIF(c.long, [c.long])
    assert LABS.bind(labs)(-3) == LABS.call(labs, -3) == c.func(LABS)(labs)(-3) == 3
    result = bytearray(8)
    LABS.call_raw(labs, result, [c.long.new(-7)])
    assert c.long.read(result) == 7
    assert c.func(LABS)(labs.address)(-4) == 4 and c.func(LABS)(None) is None
    keep = c.struct("S", f=c.func(LABS)).new(f=labs)
    assert keep.f(-5) == 5
    with pytest.raises(TypeError, match="pointer to int"):
        keep.f = c.ptr(c.int)(labs)


def test_a_pointer_out_of_memory_keeps_what_was_stored_there():
    S = c.struct("S", p=c.pointer)
    s = S.new(p=c.array(c.int, 1000).new(range(1000)))
    whole = c.array(c.int, 1000).at(s.p)
    del s
    assert whole[999] == 999
    closed = c.int.new(5)
    s = S.new(p=closed)
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        c.int.at(s.p).value     # noqa: B018
    with pytest.raises(ValueError, match="closed"):
        s.p + 1


def test_the_message_says_how_to_cast():
    gmtime = Library(None).function("gmtime", c.pointer, [c.ptr(c.long, const=True)])
    with pytest.raises(TypeError, match=r"gmtime\(\) argument 1: expected const long \*, got int .*c\.ptr\(T\)\(it\)"):
        gmtime(1700000000)
    assert gmtime(c.ptr(c.long)(c.long.new(0).address)) is not None
    with pytest.raises(TypeError, match=r"c\.func\(cif\)\(it\)"):
        FUNCTION.new(5)


def test_text_behind_a_pointer():
    P = c.ptr(c.char, const=True)
    data = c.array(c.char, 16).new(b"caf\xe9\0more")
    p = P(data)
    assert p.text() == "caf\udce9" and p.text(errors="replace") == "caf\ufffd"
    assert p.text(encoding="latin-1") == "caf\xe9"
    assert p.text(3) == "caf" and p.text(9, encoding="latin-1") == "caf\xe9\0more" and p[0:3] == b"caf"
    assert c.pointer(data).text(3) == (p + 0).text(3) == "caf"
    with pytest.raises(UnicodeDecodeError):
        p.text(errors="strict")
    for T in c.wchar_t, c.char16_t, c.char32_t:
        wide = c.array(T, 8).new("h\xe9\U0001f600")
        assert c.ptr(T)(wide).text() == "h\xe9\U0001f600" and c.ptr(T)(wide).text(1) == "h"
    with pytest.raises(ValueError, match="NULL"):
        P(None).text()
    with pytest.raises(TypeError, match="no text"):
        c.ptr(c.int)(c.int.new()).text()
    with pytest.raises(ValueError, match="16"):
        p.text(17)


@pytest.mark.parametrize("kind", [c.ptr(c.int), c.string, c.func(CIF(c.int, []))], ids=str)
def test_a_buffer_of_numbers_is_no_array_of_addresses(kind):
    """... of a user's class over pointers neither."""
    for item in kind, types.new_class("Handle", (kind,)):
        with pytest.raises(TypeError, match="item 0"):
            c.array(item, 3).new(array.array("L", [1, 2, 3]))
