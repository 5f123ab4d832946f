"""c.ndarray(): NumPy's arrays, checked."""
from __future__ import annotations

from array import array
from typing import Annotated

import pytest

from libffi import CIF, ArgumentError, Library, c, closure

np = pytest.importorskip("numpy")


@closure(c.double, [c.ptr(c.double), c.size_t])
def item(data, i):
    return data[i]


def taking(*args, **options):
    return CIF(c.double, [c.ndarray(*args, **options), c.size_t]).bind(item, "item")


GRID = np.arange(12.0).reshape(3, 4)


def read_only():
    grid = GRID.copy()
    grid.flags.writeable = False
    return grid


def unaligned():
    return np.zeros(12 * 8 + 1, np.uint8)[1:].view("f8").reshape(3, 4)


@pytest.mark.parametrize(("given", "message"), [
    (GRID.astype("f4"), "dtype double, got dtype float32"),
    (GRID.astype("i8"), "dtype double, got dtype int64"),
    (GRID.astype(">f8"), "dtype double, got dtype >f8"),
    (GRID.astype("c16"), "dtype double, got dtype complex128"),
    (GRID.astype("O"), "dtype double, got dtype object"),
    (GRID.astype("f2"), "dtype double, got dtype float16"),
    (GRID.view("u1"), "dtype double, got dtype uint8"),
    (np.zeros((3, 4), [("x", "f8"), ("y", "f8")]), "dtype double, got dtype [('x', '<f8'), ('y', '<f8')]"),
    (GRID[0], "ndim 2, got ndim 1"),
    (GRID[None], "ndim 2, got ndim 3"),
    (np.float64(1), "ndim"),
    (np.zeros((3, 5)), "shape (None, 4), got shape (3, 5)"),
    (np.asfortranarray(GRID), "order C, got order F"),
    (np.arange(24.0).reshape(3, 8)[:, ::2], "order C, got one of neither order, with strides (64, 16)"),
    (np.broadcast_to(np.arange(4.0), (3, 4)), "writable"),
    (read_only(), "expected a writable array, got a read-only numpy.ndarray"),
    (unaligned(), "alignment 8, got alignment"),
    (GRID.tolist(), "expected an array of double, got list"),
    (np.zeros((3, 4), "M8[s]"), "datetime64"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_an_error_says_which_property(given, message):
    take = taking(c.double, shape=(None, 4), order="C", writable=True)
    if isinstance(given, np.float64):
        message = "writable"
    with pytest.raises(ArgumentError, match=r"^item\(\) argument 1: ") as caught:
        take(given, 0)
    assert message.replace("datetime64", "dtype 'M'") in str(caught.value)


def test_what_fits():
    take = taking(c.double, shape=(None, 4), order="C", writable=True)
    assert take(GRID, 5) == 5 and take(GRID[1:], 5) == 9
    unread = closure(c.int, [c.ptr(c.double)])(lambda data: 7)
    assert CIF(c.int, [c.ndarray(c.double, shape=(None, 4))]).bind(unread)(np.zeros((0, 4))) == 7
    assert taking(c.double, order="F")(np.asfortranarray(GRID), 1) == 4
    assert taking(c.double, order="A")(GRID, 1) == taking(c.double, order="A")(GRID.T, 1) == 1
    assert taking(c.double, order=None)(GRID[::-1, ::2], 0) == 8
    assert taking(c.double, writable=False)(read_only(), 3) == 3
    assert taking(c.double)(np.ma.masked_array(GRID, GRID > 3), 3) == 3
    assert taking(c.double)(GRID.view(np.matrix), 3) == 3
    assert taking(c.double, alignment=1)(unaligned(), 3) == 0


@pytest.mark.parametrize(("T", "dtype"), [
    (c.bool, "?"), (c.char, "S1"), (c.int8, "i1"), (c.uint16, "u2"), (c.int, "i4"), (c.long, "l"), (c.longlong, "q"),
    (c.float, "f4"), (c.longdouble, "g"), (c.complex_float, "c8"), (c.complex_double, "c16"), (c.big(c.int), ">i4"),
], ids=str)
def test_items(T, dtype):
    take = CIF(c.size_t, [c.ndarray(T), c.size_t]).bind(
        CIF(c.size_t, [c.pointer, c.size_t]).closure(lambda p, n: p.address), "take")
    given = np.zeros(3, dtype)
    assert take(given, 0) == given.ctypes.data
    with pytest.raises(ArgumentError, match="expected an array of dtype"):
        take(np.zeros(3, "f4" if dtype != "f4" else "f8"), 0)


def test_records_and_bit_fields():
    pair = c.struct("pair", n=c.int, x=c.double)
    bits = c.struct("bits", low=c.bits(c.uint, 3), high=c.bits(c.uint, 5), n=c.short)
    address = CIF(c.size_t, [c.pointer]).closure(lambda p: p.address)
    for T in pair, bits, c.pointer:
        take = CIF(c.size_t, [c.ndarray(T, ndim=1)]).bind(address, "take")
        given = np.zeros(2, T)
        assert take(given) == given.ctypes.data
        with pytest.raises(ArgumentError, match=r"take\(\) argument 1: expected an array of dtype"):
            take(np.zeros(2, [("a", "f4"), ("b", "f4"), ("c", "u8")]))


def test_a_series_is_no_array():
    class Series:
        def __array__(self, dtype=None, copy=None):
            raise AssertionError("nobody asks")

    with pytest.raises(ArgumentError, match=r"got Series \(numpy.asarray\(\) of it is one\)"):
        taking(c.double)(Series(), 0)


def test_map_and_stubs():
    assert list(taking(c.double, ndim=2).map(GRID, np.array([3, 1], c.size_t))) == [3, 1]

    @Library(None).function("memset")
    def fill(
        to: Annotated[np.ndarray, c.ndarray(c.double, ndim=2)], byte: Annotated[int, c.int],
        size: Annotated[int, c.size_t]
    ) -> None: ...

    to = GRID.copy()
    fill(to, 0, to.nbytes)
    assert not to.any()
    with pytest.raises(ArgumentError, match=r"fill\(\) argument 1|memset\(\) argument 1"):
        fill(array("d", [1]), 0, 8)
