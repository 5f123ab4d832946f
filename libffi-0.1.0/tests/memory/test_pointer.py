"""Pointers: an address and a type."""
from __future__ import annotations

import array
import ctypes
import gc
import sys
import weakref

import pytest

import libffi
from libffi import CIF, Memory, Pointer, addressof, c

INT_P = c.ptr(c.int)
POINT = c.struct("point", x=c.double, y=c.double)


@pytest.fixture
def numbers():
    return c.array(c.int, 5).new([10, 20, 30, 40, 50])


@pytest.fixture
def p(numbers):
    return INT_P(numbers)


def test_what_a_pointer_knows(p, numbers):
    assert isinstance(p, Pointer)
    assert (p.address, p.type) == (numbers.address, INT_P)
    assert addressof(p) == numbers.address and libffi.typeof(p) is INT_P
    assert "int" in repr(p)


def test_items(p, numbers):
    assert [p[i] for i in range(5)] == [10, 20, 30, 40, 50]
    p[1] = 21
    assert numbers[1] == 21
    assert (p + 3)[-1] == 30
    assert p.value == 10
    p.value = 11
    assert numbers[0] == p[0] == 11


def test_slices(p):
    assert p[0:3] == [10, 20, 30]
    assert p[1:4:2] == [20, 40]
    assert p[2:2] == []
    text = c.ptr(c.char)(c.array(c.char, 6).new(b"hello"))
    assert text[0:5] == b"hello" and text[1] == b"e"


def test_a_slice_goes_no_further_than_addresses_do():
    """p[2**62] of ints is no p[0], and neither is a slice that begins there."""
    bare, rows = INT_P(c.array(c.int, 4).new([1, 2, 3, 4]).address), c.ptr(c.array(c.char, 1 << 40))(1 << 20)
    for start in 1 << 62, -(1 << 62), (1 << 61) + (1 << 60):
        for index in start, slice(start, start + 1), slice(start, start + 4, 2):
            with pytest.raises(IndexError, match="out of range"):
                bare[index]
        with pytest.raises(IndexError, match="out of range"):
            bare[start:start + 1] = [5]
    with pytest.raises(IndexError, match="out of range"):
        rows[1 << 30]


@pytest.mark.parametrize("index", [slice(None), slice(1, None)])
def test_a_slice_needs_an_end(index):
    """A bare pointer into memory of unknown size has none of its own."""
    bare = INT_P(0x1000)
    with pytest.raises((TypeError, ValueError)):
        bare[index]


def test_arithmetic(p):
    assert (p + 2).address == p.address + 8
    assert (p + 4 - 1)[0] == 40
    assert (p + 4) - p == 4 and p - (p + 4) == -4
    assert ((p + 2) - 2) == p
    q = p
    q += 1
    assert q[0] == 20 and p[0] == 10
    assert (p + (-0)).type is p.type


def test_comparison(p, numbers):
    assert p == INT_P(numbers) and p != p + 1
    assert hash(p) == hash(INT_P(numbers))
    assert p != 5 and p != "x"


def test_null():
    null = INT_P(None)
    assert not null and null.address == 0
    assert null == INT_P(0)
    assert bool(INT_P(0x1000))
    assert "NULL" in repr(null)


@pytest.mark.parametrize("use", [
    lambda p: p[0], lambda p: p.value, lambda p: p.__setitem__(0, 1), lambda p: p[0:2],
    lambda p: setattr(p, "value", 1),
], ids=["read", "value", "write", "slice", "set value"])
def test_null_has_no_items(use):
    with pytest.raises(ValueError, match="NULL"):
        use(INT_P(None))


@pytest.mark.parametrize("index, error", [
    ("0", TypeError), (1.0, TypeError), (None, TypeError), (1 << 80, (IndexError, OverflowError)),
])
def test_indexes_are_integers(p, index, error):
    with pytest.raises(error):
        p[index]
    with pytest.raises(error):
        p[index] = 1


def test_arithmetic_takes_integers_only(p):
    for wrong in (1.5, "1", None):
        with pytest.raises(TypeError):
            p + wrong
        with pytest.raises(TypeError):
            p - wrong
    with pytest.raises(TypeError):
        p + p
    with pytest.raises(TypeError):
        p - c.ptr(c.double)(0x1000)


def test_items_outside_of_known_memory_are_refused(p):
    for q, index in ((p, 5), (p + 5, 0), (p, 1 << 62), (p, -1), (p - 1, 0), (p + 2, -3)):
        with pytest.raises(IndexError):
            q[index]
        with pytest.raises(IndexError):
            q[index] = 1
    assert (p + 5)[-1] == 50 and (p - 1)[1] == 10
    assert p[0:100] == [10, 20, 30, 40, 50]


def test_length_only_when_known(p, numbers):
    with pytest.raises(TypeError):
        len(INT_P(0x1000))
    try:
        assert len(p) == 5
    except TypeError:
        pass


def test_a_pointer_made_from_many_things(numbers):
    for source in (numbers, INT_P(numbers), addressof(numbers), memoryview(numbers), c.pointer(addressof(numbers))):
        assert INT_P(source)[1] == 20
    data = bytearray((7).to_bytes(4, sys.byteorder))
    q = INT_P(data)
    q[0] = 9
    assert int.from_bytes(data, sys.byteorder) == 9


def test_a_pointer_type_called_is_a_cast(numbers):
    as_bytes = c.ptr(c.uint8)(numbers)
    assert as_bytes[0:4] == list((10).to_bytes(4, sys.byteorder))
    assert INT_P(as_bytes)[1] == 20 and c.ptr(c.double)(addressof(numbers)).type is c.ptr(c.double)


def test_void_pointers_match_everything(numbers):
    assert c.pointer(numbers).address == numbers.address
    assert INT_P(c.pointer(numbers))[0] == 10


@pytest.mark.parametrize("void_p", [c.pointer, c.ptr(c.void, const=True)], ids=str)
def test_void_pointers_are_read_as_addresses_const_or_not(numbers, void_p):
    seen = []

    @libffi.closure(void_p, [void_p])
    def echo(p):
        seen.append(p)
        return p

    assert (echo.cif.call(echo, numbers), echo.cif.call(echo, None)) == (numbers.address, None)
    assert seen == [numbers.address, None]
    assert void_p.new(numbers).value == numbers.address
    assert c.struct("s", p=void_p).new(p=numbers).p == numbers.address
    assert isinstance(void_p(numbers), Pointer)


FLEXIBLE = c.struct("flexible", n=c.int, items=c.array(c.int, 0))


def test_a_flexible_array_in_a_buffer_ends_with_it():
    record = FLEXIBLE.at(bytearray(FLEXIBLE.size + 3 * c.int.size))
    items = INT_P(record.items)
    items[0:3] = 1, 2, 3
    assert (len(items), items[:]) == (3, [1, 2, 3])
    assert list(c.array(c.int, 3).at(record.items)) == [1, 2, 3]
    with pytest.raises(IndexError):
        items[3]
    with pytest.raises(ValueError, match="expected at least 16 bytes, got 12"):
        c.array(c.int, 4).at(record.items)
    del record
    gc.collect()
    assert items[2] == 3
    room = c.array(c.int, 3).new([2, 5, 6])
    assert INT_P(FLEXIBLE.at(room).items)[:] == [5, 6]
    assert INT_P(FLEXIBLE.new().items)[:] == []
    with pytest.raises(ValueError, match=r"flexible.items: expected int\[0\] .*, got 2 \(.*T\.at\(bytearray"):
        FLEXIBLE.new().items = [1, 2]


def test_a_flexible_array_of_c_has_no_known_end(numbers):
    record = FLEXIBLE.at(numbers.address)
    items = INT_P(record.items)
    assert items[0:4] == [20, 30, 40, 50] and items[3] == 50
    with pytest.raises(TypeError, match="not known"):
        len(items)
    assert list(c.array(c.int, 2).at(record.items)) == [20, 30]
    assert INT_P(c.ptr(FLEXIBLE)(numbers.address)[0].items)[0:1] == [20]
    with pytest.raises(IndexError, match=r"int\[0\] index 0 is out of range: a flexible array"):
        record.items[0]


def test_const_pointers_do_not_write(numbers):
    q = c.ptr(c.int, const=True)(numbers)
    assert q[0] == 10
    with pytest.raises(TypeError, match="const"):
        q[0] = 1
    assert numbers[0] == 10


def test_const_takes_bytes_others_do_not():
    q = c.ptr(c.char, const=True)(b"abc")
    assert q[0:3] == b"abc"
    with pytest.raises((TypeError, BufferError)):
        c.ptr(c.char)(b"abc")


def test_pointer_to_pointer(numbers):
    cell = INT_P.new(numbers)
    pp = c.ptr(INT_P)(cell)
    assert pp[0][1] == 20
    pp[0] = INT_P(numbers) + 2
    assert cell.value[0] == 30
    pp[0] = None
    assert not cell.value


def test_pointer_to_struct():
    points = c.array(POINT, 3).new([(1, 2), (3, 4), (5, 6)])
    p = c.ptr(POINT)(points)
    assert isinstance(p[1], Memory) and p[1].x == 3.0
    p[1].x = 30
    assert points[1].x == 30.0
    p[2] = (50, 60)
    assert (points[2].x, points[2].y) == (50, 60)
    assert p.value.y == 2.0
    assert [(q.x, q.y) for q in p[0:2]] == [(1, 2), (30, 4)]


def test_a_pointer_keeps_its_memory_alive():
    p = INT_P(c.array(c.int, 1000).new([42] * 1000))
    q = p + 1 - 1
    del p
    gc.collect()
    junk = [c.array(c.int, 1000).new([-1] * 1000) for _ in range(50)]
    assert q[0] == 42 and junk


def test_an_item_of_a_pointer_keeps_its_memory_alive():
    item = c.ptr(POINT)(c.array(POINT, 100).new([(1, 2)] * 100))[99]
    gc.collect()
    junk = [c.array(POINT, 100).new() for _ in range(50)]
    assert (item.x, item.y) == (1, 2) and junk


def test_a_pointer_keeps_a_buffer_alive():
    class Buffer(bytearray):
        pass

    data = Buffer(b"abcd")
    gone = weakref.ref(data)
    p = c.ptr(c.uint8)(data)
    del data
    gc.collect()
    assert gone() is not None and p[0] == ord("a")
    del p
    gc.collect()
    assert gone() is None


def test_results_are_pointers(values):
    echo = values.function("echo_pointer", INT_P, [INT_P])
    numbers = c.array(c.int, 2).new([1, 2])
    p = echo(numbers)
    assert isinstance(p, Pointer) and p[1] == 2 and p.type is INT_P
    null = echo(None)
    assert isinstance(null, Pointer) and not null
    raw = values.function("echo_pointer", c.pointer, [c.pointer])
    assert raw(numbers) == addressof(numbers) and raw(None) is None and raw(0) is None


def test_pointers_are_immutable(p):
    with pytest.raises(AttributeError):
        p.address = 5
    with pytest.raises((AttributeError, TypeError)):
        p.other = 5


def test_a_pointer_to_closed_memory_is_an_error():
    m = c.int.new(5)
    p = INT_P(m)
    try:
        m.close()
    except BufferError:
        assert p[0] == 5
        return
    for use in (lambda: p[0], lambda: p.__setitem__(0, 1), lambda: p.value):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_an_incomplete_item_has_no_size():
    p = c.ptr(c.struct("opaque"))(0x1000)
    assert p.address == 0x1000
    for use in (lambda: p[0], lambda: p + 1, lambda: p.value):
        with pytest.raises(TypeError, match="opaque"):
            use()


def test_objects_of_ctypes(libc):
    time = libc.function("time", c.long, [c.ptr(c.long)])
    now = ctypes.c_long()
    assert time(now) == now.value > 0
    many = (ctypes.c_int * 3)(3, 1, 2)
    with CIF(c.int, [INT_P, INT_P]).closure(lambda a, b: a[0] - b[0]) as compare:
        libc.function("qsort", c.void, [c.ptr(c.int), c.size_t, c.size_t, c.pointer])(many, 3, 4, compare)
    assert list(many) == [1, 2, 3]
    with pytest.raises(TypeError, match="got a buffer of items"):
        time((ctypes.c_short * 3)())
    memset = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t])
    assert memset(many, 0, 12) == ctypes.addressof(many) and list(many) == [0, 0, 0]
    strlen = libc.function("strlen", c.size_t, [c.ptr(c.void, const=True)])
    text = ctypes.c_char_p(b"xyz")
    assert strlen(text) == 3 and memset(text, 0, 0) == ctypes.cast(text, ctypes.c_void_p).value
    for f in lambda p: memset(p, 0, 0), strlen:
        with pytest.raises(TypeError, match="argument 1: expected .*void \\*, got .*, a pointer itself"):
            f(ctypes.py_object([]))
    slot = ctypes.c_void_p(int.from_bytes(b"\7" * c.pointer.size, "little"))
    memchr = libc.function("memchr", c.pointer, [c.ptr(c.pointer), c.int, c.size_t])
    assert memchr(slot, 7, 1) == ctypes.addressof(slot)     # where C wants a pointer to a pointer, it is meant


def test_fields_are_those_of_the_item():
    p = c.ptr(POINT)(POINT.new(x=1, y=2))
    assert p.x == 1
    with pytest.raises(AttributeError, match=r"struct point \* has no attribute 'z'$"):
        p.z  # noqa: B018
    assert not hasattr(c.ptr(c.int)(None), "x")


def test_rows_count():
    """A pointer to rows takes an array of such rows, whatever it is an array of, and no others."""
    take = CIF(c.pointer, [c.ptr(c.array(c.int, 3))]).closure(lambda p: p)
    call = take.cif.bind(take)

    def of(*lengths):
        T = c.int
        for n in reversed(lengths):
            T = c.array(T, n)
        return T.new()

    flat = array.array("i", range(6))
    for rows in (of(2, 3), of(3), of(4, 2, 3), memoryview(of(2, 3)), memoryview(of(4, 2, 3)), bytearray(24), flat[:3],
                 of(2, 3)[1], memoryview(flat).cast("B").cast("i", [2, 3]), (ctypes.c_int * 3 * 2)(),
                 (ctypes.c_int * 3)()):
        assert call(rows) == libffi.addressof(rows)
    for rows in (of(3, 2), of(2), of(6), of(3, 5), memoryview(of(3, 2)), memoryview(of(2, 4)), c.int.new(),
                 flat, memoryview(of(6)), array.array("i", [1, 2]), (ctypes.c_int * 6)(), (ctypes.c_int * 2 * 3)()):
        with pytest.raises(TypeError):
            call(rows)
    assert call(c.ptr(c.array(c.int, 3))(of(6))) is not None
