"""Memory: C storage that Python owns, as a sequence, a record and a buffer."""
from __future__ import annotations

import array
import collections
import concurrent.futures
import copy
import dataclasses
import gc
import multiprocessing
import pickle
import struct
import sys
import weakref

import pytest

import libffi
from libffi import CIF, Memory, Pointer, addressof, c

POINT = c.struct("point", x=c.double, y=c.double)
SEGMENT = c.struct("segment", a=POINT, b=POINT)
BOX = c.struct("box", id=c.int, label=c.array(c.char, 8), sizes=c.array(c.short, 3), corner=POINT, next=c.pointer)


# ---- scalars


def test_a_scalar_in_memory():
    m = c.int.new(7)
    assert isinstance(m, Memory)
    assert (m.value, m.type, m.size, m.closed) == (7, c.int, 4, False)
    m.value = -3
    assert m.value == -3 and bytes(m) == (-3).to_bytes(4, sys.byteorder, signed=True)
    assert addressof(m) == m.address != 0
    assert m.address % c.int.alignment == 0


@pytest.mark.parametrize("T", [c.int, c.double, c.pointer, POINT, c.array(c.long, 50), c.complex_double, c.longdouble])
def test_new_memory_is_zero(T):
    assert bytes(T.new()) == bytes(T.size)


@pytest.mark.parametrize("alignment", [1, 2, 4, 8, 16, 32, 64, 128])
def test_memory_is_aligned(alignment):
    T = c.struct(f"aligned_{alignment}", x=c.char, _align_=alignment)
    assert all(T.new().address % alignment == 0 for _ in range(20))


def test_repr_says_what_it_is():
    assert "int" in repr(c.int.new(7))
    assert repr(POINT.new(x=1)) == "point(x=1.0, y=0.0)"
    closed = c.int.new()
    closed.close()
    assert "closed" in repr(closed)


# ---- arrays


def test_an_array_is_a_sequence():
    a = c.array(c.int, 5).new([5, 4, 3, 2, 1])
    assert len(a) == 5
    assert list(a) == [5, 4, 3, 2, 1]
    assert (a[0], a[4], a[-1], a[-5]) == (5, 1, 1, 5)
    assert a[1:3] == [4, 3] and a[::-2] == [1, 3, 5] and a[10:] == []
    assert 3 in a and 9 not in a
    assert list(reversed(a)) == [1, 2, 3, 4, 5]
    a[0] = 50
    a[-1] = 10
    assert a[:] == [50, 4, 3, 2, 10]


def test_slices_are_assignable_without_changing_the_length():
    a = c.array(c.int, 5).new(range(5))
    a[1:3] = [10, 20]
    assert list(a) == [0, 10, 20, 3, 4]
    a[::2] = (7, 8, 9)
    assert list(a) == [7, 10, 8, 3, 9]
    for wrong in ([1], [1, 2, 3]):
        with pytest.raises(ValueError):
            a[1:3] = wrong
    assert list(a) == [7, 10, 8, 3, 9]


@pytest.mark.parametrize("index", [5, -6, 1 << 40, -1 << 70])
def test_an_index_outside_is_an_error(index):
    a = c.array(c.int, 5).new()
    with pytest.raises(IndexError):
        a[index]
    with pytest.raises(IndexError):
        a[index] = 1


@pytest.mark.parametrize("count", [5, 100])
@pytest.mark.parametrize("make", [list, lambda items: array.array("i", items)])
def test_a_longer_sequence_is_refused(count, make):
    with pytest.raises(ValueError, match=rf"int\[4\].*\(4 items\), got {count}"):
        c.array(c.int, 4).new(make([1] * count))


@pytest.mark.parametrize("count", range(5))
@pytest.mark.parametrize("make", [list, lambda items: array.array("i", items)])
def test_a_shorter_sequence_leaves_the_rest_zero(count, make):
    """As C's initialisers do, and where the old items were something else."""
    T = c.array(c.int, 4)
    S = c.struct("S", before=c.int, items=T, after=c.int)
    items = make(range(1, count + 1))
    expected = [*items, *[0] * (4 - count)]
    full = S.new((9, [7] * 4, 9))
    full.items = items
    a = T.new([7] * 4)
    a.value = items
    assert list(T.new(items)) == list(a) == list(S.new(items=items).items) == list(full.items) == expected
    assert (full.before, full.after) == (9, 9)
    if count < 4:
        with pytest.raises(ValueError):
            a[:] = items            # a slice is as long as it is
        with pytest.raises(ValueError):
            c.vector(c.int, 4).new(items)


def test_pointers_left_out_are_null_and_keep_nothing_readable():
    a = c.array(c.ptr(c.int), 2).new([c.int.new(1), c.int.new(2)])
    a.value = [a[1]]
    assert a[0][0] == 2 and not a[1]


def test_an_array_from_any_iterable_and_buffer():
    T = c.array(c.int, 3)
    for source in ([1, 2, 3], (1, 2, 3), range(1, 4), array.array("i", [1, 2, 3])):
        assert list(T.new(source)) == [1, 2, 3]


def test_the_value_of_an_array():
    a = c.array(c.int, 3).new([1, 2, 3])
    assert a.value == [1, 2, 3]
    a.value = [4, 5, 6]
    assert list(a) == [4, 5, 6]


def test_char_arrays():
    T = c.array(c.char, 8)
    m = T.new(b"hello")
    assert (m.value, m[0], m[0:3], len(m)) == (b"hello", b"h", b"hel", 8)
    m.value = "h\xe9"
    assert m.value == "h\xe9".encode()
    m.value = b"exactly8"
    assert m.value == b"exactly8"
    with pytest.raises(ValueError, match="8"):
        m.value = b"nine char"
    assert m.value == b"exactly8"
    m[0] = b"E"
    m[1] = 0
    assert m.value == b"E" and bytes(m) == b"E\0actly8"


@pytest.mark.parametrize("element", ["wchar_t", "char16_t", "char32_t"])
def test_wide_char_arrays(element):
    m = c.array(getattr(c, element), 6).new("h\xe9l\u20ac")
    assert m.value == "h\xe9l\u20ac"
    assert (m[1], m[0:2]) in (("\xe9", ["h", "\xe9"]), ("\xe9", "h\xe9"))
    m.value = "x"
    assert m.value == "x" and bytes(m) == b"x".ljust(6 * getattr(c, element).size, b"\0") or sys.byteorder == "big"
    with pytest.raises(ValueError):
        m.value = "1234567"


def test_arrays_of_arrays():
    m = c.array(c.array(c.int, 3), 2).new([[1, 2, 3], [4, 5, 6]])
    assert [list(row) for row in m] == [[1, 2, 3], [4, 5, 6]]
    m[1][2] = 60
    assert list(m[1]) == [4, 5, 60]
    m[0] = [7, 8, 9]
    assert list(m[0]) == [7, 8, 9]


def test_items_that_are_structs_share_the_storage():
    m = c.array(POINT, 3).new([(1, 2), {"x": 3}, POINT.new(x=5, y=6)])
    second = m[1]
    assert (second.x, second.y) == (3.0, 0.0)
    second.y = 4
    assert m[1].y == 4.0
    assert second.address == m.address + POINT.size
    assert [(p.x, p.y) for p in m] == [(1, 2), (3, 4), (5, 6)]


# ---- structs


def test_fields_are_attributes():
    p = POINT.new(x=1, y=2)
    assert (p.x, p.y) == (1.0, 2.0)
    p.x = 7
    assert p.x == 7.0 and type(p.x) is float
    with pytest.raises(AttributeError, match="z"):
        p.z = 1
    with pytest.raises(AttributeError, match="z"):
        _ = p.z
    assert {"x", "y"} <= set(dir(p))


def test_ways_to_fill_a_struct():
    named = collections.namedtuple("named", "x y")

    @dataclasses.dataclass
    class Data:
        x: float
        y: float

    for source in ((1, 2), [1, 2], {"x": 1, "y": 2}, {"y": 2, "x": 1}, named(1, 2), Data(1, 2), POINT.new(x=1, y=2)):
        assert POINT.new(source) == POINT.new(x=1, y=2)
    assert POINT.new({"y": 2}) == POINT.new(x=0, y=2)
    assert POINT.new() == POINT.new(x=0, y=0)


def test_nested_values():
    s = SEGMENT.new(a=(1, 2), b={"y": 4})
    assert (s.a.x, s.a.y, s.b.x, s.b.y) == (1, 2, 0, 4)
    s.a.x = 10
    assert s.a.x == 10
    s.b = POINT.new(x=7, y=8)
    assert (s.b.x, s.b.y) == (7, 8)
    assert SEGMENT.new(((1, 2), (3, 4))).b.x == 3


def test_every_kind_of_field():
    b = BOX.new(id=1, label=b"abc", sizes=[1, 2, 3], corner=(4, 5), next=0x1000)
    assert (b.id, bytes(b.label)[:4], list(b.sizes), b.corner.y, b.next) == (1, b"abc\0", [1, 2, 3], 5.0, 0x1000)
    b.label = b"xyz"
    b.sizes[1] = 20
    b.sizes = [7, 8, 9]
    b.next = None
    assert (b.label.value if isinstance(b.label, Memory) else b.label) == b"xyz"
    assert list(b.sizes) == [7, 8, 9] and b.next is None


def test_equality_is_by_fields():
    padded = c.struct("padded", a=c.char, b=c.int)
    one, two = padded.new(a=b"x", b=1), padded.new(a=b"x", b=1)
    memoryview(two).cast("B")[1] = 0xFF if memoryview(two).format else 0    # dirt in the padding
    assert one == two
    two.b = 2
    assert one != two
    assert one != (b"x", 1) or one == (b"x", 1)     # never an error
    assert POINT.new() != "something else"


def test_a_field_wins_over_an_attribute():
    T = c.struct("shadow", value=c.int, address=c.int, type=c.int, size=c.int, close=c.int)
    m = T.new(value=1, address=2, type=3, size=4, close=5)
    assert (m.value, m.address, m.type, m.size, m.close) == (1, 2, 3, 4, 5)
    assert libffi.typeof(m) is T and libffi.sizeof(m) == 20 and libffi.addressof(m) > 5


def test_unions_share_their_bytes():
    U = c.union("number", i=c.uint32, f=c.float, raw=c.array(c.uint8, 4))
    m = U.new(f=1.5)
    assert m.i == 0x3FC00000
    m.i = 0
    assert m.f == 0.0 and list(m.raw) == [0, 0, 0, 0]
    assert bytes(m) == bytes(4)


def test_views_keep_the_storage_alive():
    inner = SEGMENT.new(a=(1, 2), b=(3, 4)).b
    row = c.array(POINT, 100).new()[99]
    gc.collect()
    junk = [bytearray(SEGMENT.size) for _ in range(100)] + [bytearray(1600) for _ in range(100)]
    assert (inner.x, inner.y, row.x) == (3, 4, 0) and junk


# ---- the buffer protocol


FORMATS = [
    (c.int8, "b"), (c.uint8, "B"), (c.short, "h"), (c.ushort, "H"), (c.int, "i"), (c.uint, "I"),
    (c.float, "f"), (c.double, "d"), (c.bool, "?"),
]


@pytest.mark.parametrize("T, letter", FORMATS, ids=lambda v: getattr(v, "name", v))
def test_the_buffer_of_an_array(T, letter):
    a = c.array(T, 3).new([1, 0, 1])
    view = memoryview(a)
    assert (view.format.lstrip("@="), view.itemsize, view.shape, view.readonly) == (letter, T.size, (3,), False)
    assert view.tolist() == [1, 0, 1] == list(a)
    view[1] = 1
    assert a[1] == 1


@pytest.mark.parametrize("T", [c.long, c.ulong, c.longlong, c.ulonglong, c.size_t, c.intptr_t, c.int64])
def test_the_buffer_of_long_integers(T):
    view = memoryview(c.array(T, 2).new([7, 8]))
    assert struct.calcsize(view.format) == view.itemsize == T.size
    assert view.tolist() == [7, 8]


def test_the_buffer_of_nested_arrays():
    view = memoryview(c.array(c.array(c.int, 3), 2).new([[1, 2, 3], [4, 5, 6]]))
    assert (view.shape, view.ndim, view.c_contiguous) == ((2, 3), 2, True)
    assert view.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_numpy_sees_the_same_storage():
    np = pytest.importorskip("numpy")
    a = c.array(c.double, 4).new([1, 2, 3, 4])
    n = np.asarray(a)
    assert n.dtype == np.float64 and n.shape == (4,)
    n *= 10
    assert list(a) == [10, 20, 30, 40]
    points = np.asarray(c.array(POINT, 2).new([(1, 2), (3, 4)]))
    assert points.dtype.names == ("x", "y") and points["y"].tolist() == [2.0, 4.0]
    padded = c.struct("padded", a=c.char, b=c.double, c=c.short)
    one = np.asarray(c.array(padded, 2).new([(b"x", 1.5, -1), (b"y", 2.5, -2)]))
    assert one.dtype.itemsize == padded.size and one["b"].tolist() == [1.5, 2.5] and one["c"].tolist() == [-1, -2]
    assert np.asarray(c.array(c.complex_double, 2).new([1j, 2])).tolist() == [1j, 2]


def test_memory_can_be_copied_from_and_written_through_a_buffer():
    a = c.array(c.uint8, 4).new(b"abcd")
    assert bytes(a) == b"abcd"
    memoryview(a)[:] = b"wxyz"
    assert list(a) == list(b"wxyz")


def test_at_views_foreign_storage():
    owner = c.array(c.int, 3).new([1, 2, 3])
    view = c.array(c.int, 3).at(owner.address)
    view[0] = 10
    assert owner[0] == 10 and view.address == owner.address
    point = POINT.new(x=1)
    assert POINT.at(libffi.addressof(point)).x == 1.0
    del view
    assert owner[0] == 10           # nothing was freed


def test_at_refuses_null():
    with pytest.raises(ValueError):
        c.int.at(0)
    with pytest.raises(TypeError, match="code is no storage"):
        c.int.at(CIF(c.int, []).closure(int))


def test_at_views_buffers():
    data = bytearray(c.int.size)
    view = c.int.at(data)
    view.value = -1
    assert data == b"\xff" * c.int.size
    with pytest.raises(BufferError):
        data.clear()
    part = POINT.at(c.array(POINT, 2).new([(1, 2), (3, 4)]))
    assert part.y == 2.0


@pytest.mark.parametrize("source", [lambda: bytearray(2), lambda: c.short.new(), lambda: c.ptr(c.int)(c.int.new()) + 1],
                         ids=["buffer", "memory", "end of memory"])
def test_at_refuses_what_is_known_to_be_too_small(source):
    with pytest.raises(ValueError, match="int"):
        c.int.at(source())


def test_at_does_not_write_to_what_is_read_only():
    constant = b"abcd"
    view = c.int.at(constant)
    assert bytes(view) == b"abcd"
    with pytest.raises((TypeError, BufferError)):
        view.value = 0
    assert constant == b"abcd" and memoryview(view).readonly


def test_garbage_lets_its_buffers_go_in_any_order(run_python, values):
    """The collector takes a view's memory apart first, and so frees the library that counts the view."""
    run_python("""
        import gc, sys
        from libffi import Library, c
        for _ in range(100):
            numbers = Library(sys.argv[1]).variable("table", c.array(c.int, 5))
            cycle = [memoryview(numbers)]
            cycle.append(cycle)
            del numbers, cycle
            gc.collect()
    """, values.path, env={"PYTHONMALLOC": "debug"})


# ---- closing


def closed(T=c.int):
    m = T.new()
    m.close()
    return m


def test_close_once_or_twice():
    m = c.int.new(1)
    m.close()
    m.close()
    assert m.closed


def test_with_closes():
    with c.int.new(1) as m:
        assert m.value == 1
    assert m.closed


USES = {
    "read": lambda m: m.value,
    "write": lambda m: setattr(m, "value", [1]),
    "index": lambda m: m[0],
    "set": lambda m: m.__setitem__(0, 1),
    "slice": lambda m: m[0:1],
    "iterate": lambda m: list(m),
    "buffer": lambda m: memoryview(m),
    "bytes": lambda m: bytes(m),
    "address": lambda m: m.address,
    "addressof": lambda m: addressof(m),
    "pointer": lambda m: c.ptr(c.int)(m),
}


@pytest.mark.parametrize("use", USES)
def test_use_after_close_is_an_error(use):
    m = closed(c.array(c.int, 3))
    with pytest.raises(ValueError, match="closed"):
        USES[use](m)
    assert m == m and m != c.array(c.int, 3).new()      # comparing is never an error


def test_fields_after_close():
    m = closed(POINT)
    with pytest.raises(ValueError, match="closed"):
        _ = m.x
    with pytest.raises(ValueError, match="closed"):
        m.x = 1


def test_views_of_closed_memory_are_errors_too():
    outer = SEGMENT.new()
    inner = outer.a
    pointer = c.ptr(POINT)(outer)
    try:
        outer.close()
    except BufferError:     # refusing while views exist is as good
        assert inner.x == 0.0
        return
    for use in (lambda: inner.x, lambda: setattr(inner, "x", 1), lambda: pointer[0].x, lambda: pointer.value):
        with pytest.raises(ValueError, match="closed"):
            use()


def test_close_while_a_buffer_is_out():
    m = c.array(c.int, 3).new([1, 2, 3])
    view = memoryview(m)
    with pytest.raises(BufferError):
        m.close()
    assert view.tolist() == [1, 2, 3] and not m.closed
    view.release()
    m.close()
    assert m.closed


def test_close_while_a_call_uses_it(qsort):
    m = c.array(c.int, 3).new([3, 1, 2])
    seen = []

    @libffi.closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        if not seen:
            with pytest.raises(BufferError):
                m.close()
            seen.append(m.closed)
        return a[0] - b[0]

    qsort(m, 3, 4, compare)
    assert seen == [False] and list(m) == [1, 2, 3]
    m.close()


# ---- strings


def test_string_at():
    m = c.array(c.char, 10).new(b"hello")
    assert libffi.string_at(m) == b"hello"
    assert libffi.string_at(m.address) == b"hello"
    assert libffi.string_at(m, 7) == b"hello\0\0"
    assert libffi.string_at(c.ptr(c.char)(m) + 2) == b"llo"
    assert libffi.string_at(m, 0) == b""
    for null in (0, None):
        with pytest.raises(ValueError, match="NULL"):
            libffi.string_at(null)
    with pytest.raises(ValueError):
        libffi.string_at(m, -1)


def test_wstring_at():
    m = c.array(c.wchar_t, 10).new("h\xe9llo")
    assert libffi.wstring_at(m) == "h\xe9llo"
    assert libffi.wstring_at(m.address, 2) == "h\xe9"
    with pytest.raises(ValueError, match="NULL"):
        libffi.wstring_at(0)


def test_addressof_many_things(values):
    data = bytearray(b"abc")
    assert libffi.string_at(addressof(data), 3) == b"abc"
    m = c.int.new()
    assert addressof(c.ptr(c.int)(m)) == addressof(m)
    function = values.function("echo_int", c.int, [c.int])
    assert addressof(function) == function.address == values.symbol("echo_int")
    closure = function.cif.closure(lambda x: x)
    assert addressof(closure) == closure.address
    with pytest.raises(TypeError):
        addressof(3.5)


# ---- fields that hold pointers and strings


def test_pointer_fields():
    T = c.struct("holder", numbers=c.ptr(c.int), text=c.string, raw=c.pointer)
    numbers = c.array(c.int, 2).new([7, 8])
    m = T.new(numbers=numbers)
    assert isinstance(m.numbers, Pointer) and m.numbers[1] == 8
    assert m.text is None and m.raw is None
    m.numbers = None
    assert not m.numbers
    text = c.array(c.char, 4).new(b"abc")
    m.text = text
    assert m.text == "abc"
    m.raw = addressof(numbers)
    assert m.raw == addressof(numbers)


def test_pointer_fields_keep_what_they_were_given():
    T = c.struct("holder", numbers=c.ptr(c.int))
    m = T.new(numbers=c.array(c.int, 100).new([42] * 100))
    gc.collect()
    junk = [c.array(c.int, 100).new([-1] * 100) for _ in range(50)]
    assert m.numbers[0] == 42 and junk


def test_function_fields(callbacks):
    cif2, cif1 = libffi.CIF(c.int, [c.int, c.int]), libffi.CIF(c.int, [c.int])
    T = c.struct("operations", add=c.func(cif2), negate=c.func(cif1), user=c.pointer)
    add, negate = cif2.closure(lambda a, b: a + b), cif1.closure(lambda a: -a)
    m = T.new(add=add, negate=negate)
    use = callbacks.function("use_operations", c.int, [c.ptr(T, const=True), c.int, c.int])
    assert use(m, 3, 4) == -7
    assert m.add(3, 4) == 7 and m.add.address == add.address
    m.add = None
    assert m.add is None


# ---- copying


@pytest.mark.parametrize("memory", [
    POINT.new(x=1, y=2), SEGMENT.new(a=(1, 2)), c.int.new(5), c.array(c.double, 3).new([1, 2, 3]),
    c.array(POINT, 2).new([(1, 2), (3, 4)]), c.union("u", a=c.int, b=c.float).new(b=1.5),
    c.vector(c.int, 4).new([1] * 4), c.struct("bits", a=c.bits(c.int, 3), b=c.bits(c.uint, 9)).new(a=-2, b=300),
    SEGMENT.new(b=(3, 4)).b, c.array(c.char, 1000).new(b"text")], ids=repr)
def test_memory_pickles_by_value(memory):
    again = pickle.loads(pickle.dumps(memory))
    assert again.type is memory.type and bytes(again) == bytes(memory) and again.address != memory.address
    assert type(again) is type(memory)


@pytest.mark.parametrize("memory", [
    c.string.new("x"), c.pointer.new(), c.array(c.ptr(c.int), 2).new(), BOX.new(),
    c.struct("f", f=c.array(c.func(libffi.CIF(c.int)), 2)).new()], ids=lambda memory: str(memory.type))
def test_memory_that_holds_addresses_does_not_pickle(memory):
    with pytest.raises(TypeError, match="cannot pickle .* memory: it holds addresses"):
        pickle.dumps(memory)


def test_pickles_of_memory_that_lie():
    rebuild, (kind, data) = POINT.new().__reduce__()
    for wrong in (kind, data[:-1]), (kind, data + b"x"), (c.string, bytes(c.string.size)), (c.void, b""), (3, b""):
        with pytest.raises(TypeError):
            rebuild(*wrong)


@pytest.mark.thread_unsafe(reason="starts processes")
def test_structs_go_to_other_processes():
    div = libffi.Library(None).function("div", c.struct("div_t", quot=c.int, rem=c.int), [c.int, c.int])
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(div, [17, 9], [5, 2]))
    assert results == [(3, 2), (4, 1)] and results[0].type is div.cif.restype


def test_copy_is_a_copy_or_an_error():
    m = POINT.new(x=1, y=2)
    try:
        again = copy.copy(m)
    except TypeError:
        return
    again.x = 5
    assert m.x == 1.0


# ---- variables of a library


@pytest.mark.thread_unsafe(reason="C counts in one variable")
def test_variables(values):
    counter = values.variable("counter", c.int)
    assert counter.value == 7
    counter.value = 8
    assert values.variable("counter", c.int).value == 8
    counter.value = 7
    assert values.variable("greeting", c.string).value == "hello"
    assert list(values.variable("table", c.array(c.int, 5))) == [1, 2, 3, 4, 5]
    origin = values.variable("origin", POINT)
    assert (origin.x, origin.y) == (1.5, -2.5)
    operation = values.variable("operation", c.func(libffi.CIF(c.int, [c.int]))).value
    assert operation(7) == 7


# ---- copies: what their pointers point to stays, whatever becomes of the original

POINTERS = c.struct("pointers", a=c.ptr(c.int), b=c.ptr(c.int))
HOLDER = c.struct("holder", n=c.long, one=POINTERS, more=c.array(POINTERS, 3))


def pointed():
    """Return a struct of two pointers, and a function that tells which of the two targets are gone."""
    targets = [c.int.new(1), c.int.new(2)]
    references = [weakref.ref(target) for target in targets]

    def gone():
        gc.collect()
        return [reference() is None for reference in references]

    return POINTERS.new(a=targets[0], b=targets[1]), gone


def into_a_field(source):
    holder = HOLDER.new()
    holder.one = source
    return holder.one


def into_an_item(source):
    holder = HOLDER.new()
    holder.more[1] = source
    return holder.more[1]


def into_a_slice(source):
    array = c.array(POINTERS, 4).new()
    array[0] = source
    array[2:4] = array[0:2]
    array[0] = POINTERS.new()
    return array[2]


def in_a_whole(source):
    holder = HOLDER.new()
    holder.more[2] = source
    return HOLDER.new(holder).more[2]


@pytest.mark.parametrize("copied", [
    POINTERS.new, POINTERS, copy.copy, copy.deepcopy, into_a_field, into_an_item, into_a_slice, in_a_whole,
    lambda source: HOLDER.new(one=source).one, lambda source: HOLDER.new(more=[{}, {}, source]).more[2]])
def test_a_copy_keeps_what_the_original_lets_go(copied):
    source, gone = pointed()
    made = copied(source)
    source.a = source.b = None
    assert gone() == [False, False] and made.a[0] == 1 and made.b[0] == 2
    made.a = None               # the place where the copy begins
    assert gone() == [True, False] and made.b[0] == 2
    made.b = None
    assert gone() == [True, True]


def test_a_copy_lets_go_what_it_replaces():
    holder = HOLDER.new()
    holder.one, gone = pointed()
    assert gone() == [False, False]
    holder.one = POINTERS.new()
    assert gone() == [True, True]
    holder.more[0], gone = pointed()
    holder.more = HOLDER.new().more
    assert gone() == [True, True]


def test_a_view_of_a_view_keeps_for_the_whole():
    array = c.array(POINTERS, 2).new()
    target = c.int.new(5)
    POINTERS.at(array[1]).b = target
    gone = weakref.ref(target)
    del target
    gc.collect()
    assert gone() is not None and array[1].b[0] == 5


def test_the_struct_that_a_closure_returns_keeps_what_it_points_to():
    @libffi.closure(POINTERS, [])
    def make():
        return source

    source, gone = pointed()
    result = make.cif.call(make)
    source = None
    assert gone() == [False, False] and result.a[0] == 1
    source, gone_too = pointed()
    make.cif.call(make)
    assert gone() == [True, True] and gone_too() == [False, False]


def test_a_pointer_read_through_a_part_keeps_what_was_stored(run_python):
    run_python("""
        import gc
        from libffi import c
        outer = c.struct("outer", inner=c.struct("inner", p=c.ptr(c.int)), more=c.array(c.ptr(c.int), 2))
        memory = outer.new()
        memory.inner.p, memory.more[1] = c.int.new(77), c.int.new(78)
        p, q = memory.inner.p, memory.more[1]
        del memory
        gc.collect()
        others = [c.int.new(0) for _ in range(1000)]
        assert (p.value, q.value) == (77, 78)
    """)


@pytest.mark.parametrize("parameter", [
    POINTERS, c.struct("large", both=POINTERS, room=c.array(c.long, 9)), c.ref(POINTERS)], ids=str)
def test_a_struct_that_was_passed_keeps_what_it_points_to_until_the_call_returns(parameter):
    @libffi.closure(c.int, [parameter])
    def function(copied):
        both = copied if copied.type is POINTERS else copied.both
        source.a = source.b = None          # what happens to the caller's
        assert gone() == [False, False]
        return both.a[0] + both.b[0]

    source, gone = pointed()
    value = source
    if parameter.kind == "struct" and parameter is not POINTERS:
        value = parameter.new(both=source)
        source, value = value.both, value
    assert function.cif.call(function, value) == 3
    assert gone() == [True, True]


SLICE_SOURCES = [
    (c.char, b"\0\xff\x80"), (c.char, bytearray(b"abc")), (c.uchar, b"\0\xff\x80"),
    (c.int8, array.array("b", [-1, 0, 127])),
    (c.int, array.array("i", [-1, 2, 3])), (c.double, array.array("d", [0.5, 1, 2])), (c.short, [1, 2, 3]),
    (c.long, array.array("i", [-1, 2, 3])), (c.wchar_t, array.array("i", [65, 66, 67])), (c.bool, b"\1\0\1"),
]


@pytest.mark.parametrize("make", [lambda T: T, lambda T: c.ptr(T.type.item)(T)], ids=["array", "pointer"])
@pytest.mark.parametrize("item, source", SLICE_SOURCES, ids=str)
def test_a_slice_takes_a_buffer_as_it_takes_its_items(item, source, make):
    one, other = c.array(item, 5).new(), c.array(item, 5).new()
    for i, value in enumerate(source, 1):
        other[i] = bytes([value]) if item is c.char else value
    place = make(one)
    place[1:4] = source
    assert one == other
    assert place[1:4] == other[1:4] and place[0:5] == other[:] and place[4:0:-2] == other[4:0:-2]
    with pytest.raises(ValueError, match="cannot assign 3 items to a slice of 2"):
        place[1:3] = source
    assert one == other


@pytest.mark.parametrize("item, source, error", [
    (c.int8, b"\xff", OverflowError), (c.uchar, array.array("b", [-1]), OverflowError),
    (c.int, array.array("f", [1]), TypeError), (c.bool, b"\2", OverflowError),
    (c.int, array.array("q", [1 << 40]), OverflowError),
])
def test_a_slice_checks_the_items_of_a_buffer_of_others(item, source, error):
    memory = c.array(item, 2).new()
    for place in memory, c.ptr(item)(memory):
        with pytest.raises(error):
            place[0:1] = source
    assert bytes(memory) == bytes(memory.size)


def test_an_array_of_its_own_items():
    a = c.array(c.int, 4).new([1, 2, 3, 4])
    a.value = memoryview(a)[::-1]
    assert list(a) == [4, 3, 2, 1]
    a.value = memoryview(a)[1:]
    assert list(a) == [3, 2, 1, 0]


def test_a_slice_of_itself_may_overlap():
    a = c.array(c.int, 5).new([1, 2, 3, 4, 5])
    a[1:5] = memoryview(a)[0:4]
    assert list(a) == [1, 1, 2, 3, 4]
    c.ptr(c.int)(a)[0:4] = memoryview(a)[1:5]
    assert list(a) == [1, 2, 3, 4, 4]


@pytest.mark.parametrize("make", [
    lambda data: bytearray(data), lambda data: memoryview(data), lambda data: c.array(c.char, len(data)).new(data),
    lambda data: c.ptr(c.char)(bytearray(data)), lambda data: c.pointer(c.array(c.char, len(data)).new(data)),
    lambda data: c.ptr(c.char)(bytearray(b"before" + data)) + 6,
    lambda data: c.pointer(bytearray(b"before" + data)) + 6,
    lambda data: c.struct("S", a=c.long, b=c.array(c.char, len(data))).new(b=data).b,
], ids=["buffer", "view", "array", "pointer", "void", "inside", "void inside", "part"])
def test_strings_end_where_the_storage_does(make):
    whole = bytes(range(65, 65 + 4 * c.wchar_t.size))
    place = make(whole)
    assert libffi.string_at(place, len(whole)) == whole and libffi.string_at(place, 0) == b""
    wide = make(bytes(c.array(c.wchar_t, 4).new("text")))
    assert libffi.wstring_at(wide, 4) == "text"
    for size in len(whole) + 1, 1 << 30, sys.maxsize:
        with pytest.raises(ValueError, match=f"{len(whole)}"):
            libffi.string_at(place, size)
        with pytest.raises((ValueError, OverflowError)):
            libffi.wstring_at(place, size)
    with pytest.raises(ValueError, match=f"no NUL in the {len(whole)} bytes"):
        libffi.string_at(place)
    with pytest.raises(ValueError, match="no NUL"):
        libffi.wstring_at(place)
    assert libffi.string_at(make(b"ends\0here")) == b"ends"
