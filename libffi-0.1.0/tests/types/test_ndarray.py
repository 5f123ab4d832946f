"""c.ndarray(): parameters that check the arrays they are given, without NumPy."""
import pickle
from array import array
from typing import Annotated

import pytest

import libffi
from libffi import CIF, ArgumentError, BadTypedef, Closure, Library, Value, c, closure


@closure(c.double, [c.ptr(c.double), c.size_t])
def item(data, i):
    return data[i] if data else -1


def taking(*args, **options):
    """Return a function of such an array and of the number of an item, which it returns."""
    return CIF(c.double, [c.ndarray(*args, **options), c.size_t]).bind(item, "item")


def sizes(*numbers):
    return c.array(c.size_t, len(numbers)).new(numbers)


def rows(*shape, code="d"):
    """Return a memoryview of numbers from 0 on, of that shape."""
    count = 1
    for length in shape:
        count *= length
    return memoryview(array(code, range(count))).cast("B").cast(code, shape)


MATRIX = taking(c.double, ndim=2, order="C", writable=True)


def test_arrays_are_passed_where_they_are():
    numbers = array("d", [1, 2, 3])
    assert taking(c.double)(numbers, 2) == 3 and MATRIX(rows(2, 3), 4) == 4
    assert taking(c.double)(c.array(c.double, 3).new([4, 5, 6]), 1) == 5
    assert MATRIX(c.array(c.array(c.double, 3), 2).new([[1, 2, 3], [4, 5, 6]]), 5) == 6
    assert MATRIX.call(rows(2, 3), 5) == 5

    @closure(c.void, [c.ptr(c.double)])
    def write(data):
        data[1] = 7

    CIF(c.void, [c.ndarray(c.double)]).bind(write)(numbers)
    assert list(numbers) == [1, 7, 3]


@pytest.mark.parametrize(("given", "error", "message"), [
    (rows(3, 2, code="f"), TypeError, "dtype double, got dtype 'f'"),
    (rows(3, 2, code="q"), TypeError, "dtype double, got dtype 'q'"),
    (memoryview(bytearray(48)).cast("B", (6, 8)), TypeError, "dtype double, got dtype 'B'"),
    (array("d", range(3)), ValueError, "ndim 2, got ndim 1"),
    (rows(2, 2, 2), ValueError, "ndim 2, got ndim 3"),
    (rows(2, 3).toreadonly(), TypeError, "expected a writable array, got a read-only memoryview"),
    (c.double.new(1), ValueError, "ndim 2, got ndim 0"),
    ([[1.0]], TypeError, "expected an array of double, got list"),
    (None, TypeError, "expected an array of double, got NoneType"),
    (5, TypeError, "expected an array of double, got int"),
    (c.ptr(c.double)(c.double.new(1)), TypeError, "expected an array of double, got libffi._ffi.Pointer"),
])
def test_an_error_says_which_property(given, error, message):
    for call in (MATRIX, MATRIX.call):
        with pytest.raises(ArgumentError, match=r"^item\(\) argument 1: ") as caught:
            call(given, 0)
        assert message in str(caught.value) and isinstance(caught.value, error)


def test_shape():
    take = taking(c.double, shape=(None, 3))
    assert take(rows(2, 3), 4) == 4
    with pytest.raises(ArgumentError, match=r"expected an array of shape \(None, 3\), got shape \(3, 2\)"):
        take(rows(3, 2), 0)
    with pytest.raises(ArgumentError, match="ndim 2, got ndim 1"):
        take(rows(3), 0)
    assert c.ndarray(c.int, shape=3) is c.ndarray(c.int, shape=[3]) is c.ndarray(c.int, ndim=1, shape=(3,))


def test_order():
    strided = rows(12)[::2]
    for order in "C", "F", "A":
        with pytest.raises(ArgumentError, match=r"of neither order, with strides \(16,\)"):
            taking(c.double, order=order)(strided, 1)
    assert taking(c.double, order=None)(strided, 2) == 2
    assert taking(c.double, order=None)(rows(3)[::-1], 0) == 2      # its first item is C's last
    with pytest.raises(ArgumentError, match="expected an array of order F, got order C"):
        taking(c.double, order="F")(rows(2, 3), 0)
    assert taking(c.double, order="A")(rows(2, 3), 1) == 1
    assert taking(c.double, order="F")(rows(3, 1), 1) == 1          # it is both


def test_alignment():
    data = c.array(c.double, 9).new(range(9))
    start = memoryview(data)
    aligned = 0 if data.address % 16 == 0 else 1
    take = taking(c.double, alignment=16)
    assert take(start[aligned:], 0) == aligned
    with pytest.raises(ArgumentError, match="expected an array of alignment 16, got alignment 8"):
        take(start[aligned + 1:], 0)
    odd = memoryview(bytearray(17))[1:].cast("d")
    take = taking(c.double)
    with pytest.raises(ArgumentError, match="expected an array of alignment 8, got alignment 1"):
        take(odd, 0)
    assert taking(c.double, alignment=1)(odd, 0) == 0


def test_what_is_read_only_or_missing():
    fixed = rows(3).toreadonly()
    assert taking(c.double, writable=False)(fixed, 2) == 2 and taking(c.double, writable=False)(rows(3), 2) == 2
    with pytest.raises(ArgumentError, match="writable"):
        taking(c.double)(fixed, 2)
    assert taking(c.double, optional=True)(None, 0) == -1
    assert taking(c.double, optional=True)(array("d", [5]), 0) == 5


def test_any_items():
    take = CIF(c.size_t, [c.ndarray(ndim=1), c.size_t]).bind(
        CIF(c.size_t, [c.pointer, c.size_t]).closure(lambda p, n: n), "take")
    assert take(array("h", [1]), 1) == take(bytearray(3), 1) == 1
    with pytest.raises(ArgumentError, match="writable"):
        take(b"fixed", 1)
    with pytest.raises(ArgumentError, match="ndim 1, got ndim 2"):
        take(rows(2, 2), 1)


def test_records():
    pair = c.struct("pair", n=c.int, x=c.double)

    @closure(c.double, [c.ptr(pair)])
    def last(pairs):
        return pairs[1].x

    take = CIF(c.double, [c.ndarray(pair)]).bind(last)
    assert take(c.array(pair, 2).new([(1, 2), (3, 4)])) == 4
    with pytest.raises(ArgumentError, match="dtype struct pair"):
        take(c.array(c.struct("other", x=c.double, n=c.int), 2).new())
    with pytest.raises(ArgumentError, match="dtype struct pair"):
        take(bytearray(32))                                         # bytes are bytes here


def test_closed_storage_is_refused():
    memory = c.array(c.double, 2).new()
    memory.close()
    with pytest.raises(ValueError, match="closed"):
        taking(c.double)(memory, 0)


def test_the_array_stays_as_long_as_c_may_look():
    data = bytearray(16)

    @closure(c.void, [c.ptr(c.char)])
    def grow(pointer):
        with pytest.raises(BufferError):
            data.append(1)

    CIF(c.void, [c.ndarray(c.char)]).bind(grow)(data)
    data.append(1)
    with pytest.raises(ArgumentError):
        CIF(c.void, [c.ndarray(c.int)]).bind(grow)(data)
    data.append(1)                                                  # nor is what was refused held


def test_map_gives_the_same_array_to_each_call():
    numbers = array("d", [3, 2, 1])
    assert list(taking(c.double).map(numbers, sizes(2, 0, 1))) == [1, 3, 2]
    with pytest.raises(ArgumentError, match=r"item\.map\(\) argument 1: expected an array of ndim 2"):
        MATRIX.map(numbers, sizes(0))
    strided = rows(6)[::2]
    assert list(taking(c.double, order=None).map(strided, sizes(2))) == [2]
    with pytest.raises(ArgumentError, match="of neither order"):
        taking(c.double).map(strided, sizes(2))


def test_many_arguments():
    """More than a frame that lies on the stack has room for."""
    n = 64

    @closure(c.double, [c.ptr(c.double)] * n)
    def total(*all):
        return sum(p[0] for p in all)

    arrays = [array("d", [i]) for i in range(n)]
    assert CIF(c.double, [c.ndarray(c.double)] * n).bind(total)(*arrays) == sum(range(n))


def test_c_text_and_stubs():
    lib = Library(None)
    lib.declare("void *memcpy(void *to, const void *from, size_t n);")
    copy = lib.function("memcpy", None, (
        c.ndarray(c.double, ndim=1), c.ndarray(c.double, ndim=1, writable=False), lib.memcpy.argtypes[2]))
    to = array("d", [0, 0])
    copy(to, rows(2).toreadonly(), 16)
    assert list(to) == [0, 1]
    with pytest.raises(ArgumentError, match=r"memcpy\(\) argument 2: expected an array of dtype double, got dtype 'f'"):
        copy(to, array("f", [1, 2]), 8)

    @lib.function("memcpy")
    def again(
        to: Annotated[object, c.ndarray(c.double)],
        source: Annotated[object, c.ndarray(c.double, writable=False, optional=True)] = None,
        size: Annotated[int, c.size_t] = 0,
    ) -> None:
        """Copy."""

    again(to)
    again(to, source=rows(2), size=8)
    with pytest.raises(ArgumentError, match="argument 1: expected an array of double, got tuple"):
        again((1, 2))


def test_the_type():
    T = c.ndarray(c.double, ndim=2)
    assert T.kind == "ndarray" and T.item is c.double and T.name == str(T) == "double *" and not T.const
    assert T is c.ndarray(c.double, 2) is c.ndarray(c.double, shape=(None, None)) and T is not c.ndarray(c.double, 3)
    assert T is not c.ndarray(c.double, 2, order="F") and T is not c.ptr(c.double)
    assert c.ndarray(c.double, writable=False).name == "const double *" and c.ndarray().name == "void *"
    assert str(CIF(c.int, [T])) == "int (double *)" and CIF(c.int, [T]) is not CIF(c.int, [c.ptr(c.double)])
    full = c.ndarray(c.double, 2, (3, None), "A", False, 32, True)
    assert pickle.loads(pickle.dumps(full)) is full
    assert pickle.loads(pickle.dumps(Library("m").function("erf", c.double, [T]))).argtypes == (T,)


@pytest.mark.parametrize("make", [
    lambda T: c.array(T, 2), lambda T: c.struct("s", x=T), lambda T: c.ptr(T), lambda T: c.ndarray(T),
    lambda T: c.out(T), lambda T: CIF(T, []), lambda T: CIF(c.void, [T]).closure(print),
    lambda T: closure(c.void, [T])(print), lambda T: c.ref(T), lambda T: CIF(c.void, [T]).raw_closure(print),
])
def test_it_is_for_parameters_of_calls_only(make):
    with pytest.raises(BadTypedef):
        make(c.ndarray(c.double))


@pytest.mark.parametrize("make", [
    lambda T: T.new(), lambda T: T(array("d", [1])), lambda T: T.at(1 << 20), lambda T: T.read(bytes(8)),
    lambda T: type("Sub", (T,), {}),
])
def test_it_has_no_values(make):
    with pytest.raises(TypeError):
        make(c.ndarray(c.double))


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"order": "K"}, ValueError, 'order: expected "C", "F", "A" or None'),
    ({"ndim": -1}, ValueError, "ndim: length -1 is out of range"),
    ({"ndim": 65}, ValueError, "ndim: 65 is more than 64"),
    ({"ndim": "2"}, TypeError, "ndim: expected an int"),
    ({"shape": (1, -2)}, ValueError, "shape: length -2"),
    ({"ndim": 1, "shape": (1, 2)}, ValueError, "has not ndim 1"),
    ({"alignment": 24}, ValueError, "no power of two"),
    ({"alignment": 0}, ValueError, "alignment"),
    ({"item": float}, TypeError, "expected a libffi.Type"),
    ({"item": c.array(c.int, 2)}, BadTypedef, "cannot be an item"),
    ({"item": c.struct("incomplete_one")}, BadTypedef, "cannot be an item"),
])
def test_wrong_demands(options, error, message):
    with pytest.raises(error, match=message):
        c.ndarray(**options)


def test_watched_calls_see_the_address():
    seen = []
    numbers = array("d", [1, 2])
    with libffi.trace(seen.append):
        taking(c.double)(numbers, 1)
    assert seen[-1].arguments == f"{numbers.buffer_info()[0]:#x}, 1"


def test_debug_mode_sees_what_was_written_behind_an_array():
    fill = Library(None).function("memset", None, [c.ndarray(c.double), c.int, c.size_t])
    with libffi.debug(), pytest.raises(libffi.MisuseError, match="wrote right behind argument 1"):
        fill(c.array(c.double, 2).new(), 1, 17)


def test_as_a_callbacks_type():
    """A pointer to a function of such arrays may be called, and made of nothing else."""
    kind = c.func(CIF(c.double, [c.ndarray(c.double), c.size_t]))
    holder = c.struct("holder_of_checked", f=kind)
    made = CIF(c.double, [c.ptr(c.double), c.size_t]).closure(lambda p, i: p[i])
    assert isinstance(made, Closure)
    function = kind(made.address)
    function = function.value if isinstance(function, Value) else function
    assert function(array("d", [1, 2]), 1) == 2 and holder.size == kind.size
