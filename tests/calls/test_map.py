"""f.map() over arrays of several shapes, lists, and what has an array."""
from __future__ import annotations

import array
import ctypes
import math

import pytest

import libffi
from libffi import CIF, ArgumentError, c

np = pytest.importorskip("numpy")


@pytest.fixture
def power(libm):
    return libm.function("pow", c.double, [c.double, c.double])


@pytest.fixture
def fma(libm):
    return libm.function("fma", c.double, [c.double] * 3)


@pytest.mark.parametrize("shapes", [
    [(3,), (3,)], [(3, 4), (4,)], [(3, 1), (4,)], [(2, 1, 4), (3, 1)], [(1,), (5,)], [(1, 1), (1,)], [(0,), (1,)],
    [(2, 0), (1, 1)], [(2, 3, 4), (2, 3, 4)], [(), (3,)],
])
@pytest.mark.parametrize("order", ["C", "F"])
def test_shapes_as_numpys_ufuncs_take_them(power, shapes, order):
    one, other = (np.asarray(np.arange(1.0, math.prod(shape) + 1).reshape(shape), order=order) for shape in shapes)
    expected = np.power(one, other)
    got = power.map(one, other)
    assert np.asarray(got).shape == expected.shape and np.allclose(got, expected, rtol=1e-13)
    out = np.zeros_like(expected)
    assert power.map(one, other, out=out) is out
    assert np.allclose(out, expected, rtol=1e-13)


def test_three_shapes(fma):
    x, y, z = np.arange(3.0).reshape(3, 1), np.arange(4.0), np.arange(2.0).reshape(2, 1, 1)
    assert np.array_equal(fma.map(x, y, z), x * y + z)
    assert np.array_equal(fma.map(x, 2, z), x * 2 + z)


def test_shapes_that_do_not_go_together(power):
    with pytest.raises(ArgumentError, match=r"pow\.map\(\) argument 2: its shape .* 4 items where they have 3"):
        power.map(np.ones((2, 3)), np.ones(4))
    with pytest.raises(ArgumentError, match=r"pow\.map\(\) out: its shape is not that of the results"):
        power.map(np.ones((2, 3)), 1.0, out=np.ones(3))


def test_steps_of_all_sorts(power):
    x = np.arange(24.0).reshape(2, 3, 4)
    for view in (x[:, ::-1], x.T, x[..., ::2], x[::-1, 1:], np.broadcast_to(x[0], (5, 3, 4))):
        assert np.array_equal(power.map(view, 2.0), view ** 2)
    packed = np.zeros(4, dtype=[("tag", "i1"), ("value", "f8")])       # not at their alignment
    packed["value"] = [1, 2, 3, 4]
    assert np.array_equal(power.map(packed["value"], 2.0), [1, 4, 9, 16])
    power.map(packed["value"], 3.0, out=packed["value"])
    assert packed["value"].tolist() == [1, 8, 27, 64] and not packed["tag"].any()


@pytest.mark.parametrize("given", [
    [1, 2, 3], (1.0, 2, 3.0), range(1, 4), np.array([1.0, 2, 3]), array.array("d", [1, 2, 3]),
])
def test_lists_and_arrays(power, given):
    assert list(power.map(given, 2)) == [1, 4, 9]
    assert list(power.map(2, given)) == [2, 4, 8]


def test_lists_keep_their_shape(power):
    assert np.asarray(power.map([[1, 2, 3], [4, 5, 6]], [1, 2, 3])).tolist() == [[1, 4, 27], [4, 25, 216]]
    assert list(power.map([], 1)) == []
    with pytest.raises(ArgumentError, match=r"pow\.map\(\) argument 1.*expected double, got str"):
        power.map([1, "2"], 1)
    with pytest.raises(ArgumentError, match=r"pow\.map\(\) argument 1"):
        power.map([[1, 2], [3]], 1)
    with pytest.raises(ArgumentError, match=r"labs\.map\(\) argument 1"):
        libffi.Library(None).function("labs", c.long, [c.long]).map([1, 2.5])


def test_arrays_of_ctypes(power):
    flat = (ctypes.c_double * 4)(1, 2, 3, 4)
    rows = (ctypes.c_double * 2 * 3)((1, 2), (3, 4), (5, 6))
    assert list(power.map(flat, 2)) == [1, 4, 9, 16]
    assert [list(row) for row in power.map(rows, flat[:2])] == [[1, 4], [3, 16], [5, 36]]
    assert power.map(flat, 2, out=flat) is flat and list(flat) == [1, 4, 9, 16]


def test_single_values_of_numpys(power):
    for two in (np.float64(2), np.float32(2), np.int8(2), np.array(2.0), np.array(2)):
        assert list(power.map([1, 3], two)) == [1, 9]


def test_a_series(power):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([1.0, 2.0, 3.0], index=["a", "b", "c"])
    assert list(power.map(series, series)) == [1, 4, 27]


def test_what_has_an_array(power):
    class Column:
        def __array__(self, dtype=None, copy=None):
            return np.array([1.0, 2.0])

    assert list(power.map(Column(), 2)) == [1, 4]


@pytest.mark.parametrize("T, code", [
    (c.int32, "i4"), (c.int64, "i8"), (c.float, "f4"), (c.double, "f8"), (c.uint64, "u8"), (c.int8, "i1"),
    (c.uint16, "u2"), (c.uint32, "u4"),
])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_functions_of_one_sort(T, code, count):
    function = CIF(T, [T] * count).closure(lambda *values: sum(values) - 2 * values[0], name="combine")
    columns = [np.arange(i, 5 + i).astype(code)[::-1] for i in range(1, count + 1)]
    if code[0] == "u":
        columns[0][:] = 0
    bound = function.cif.bind(function)
    assert np.array_equal(bound.map(*columns), sum(columns) - 2 * columns[0])
    repeated = [columns[0], *[3] * (count - 1)]
    assert np.array_equal(bound.map(*repeated), sum(repeated[1:]) - columns[0])


def test_mixed_sorts(libm):
    ldexp = libm.function("ldexp", c.double, [c.double, c.int])
    assert np.array_equal(ldexp.map(np.ones((2, 1)), np.arange(3, dtype="i4")), [[1, 2, 4]] * 2)


def test_results_that_go_over_the_arguments(power):
    """Each is made of what the arguments were, however they lie there."""
    def both(arguments, out):
        expected = np.power(*np.broadcast_arrays(*[np.array(one) for one in arguments]))
        assert power.map(*arguments, out=out) is out
        assert np.array_equal(out, expected)

    for make in (lambda a: ((a, 2.0), a[::-1]), lambda a: ((a[:-1], 2.0), a[1:]), lambda a: ((a[1:], 2.0), a[:-1]),
                 lambda a: ((a, a[::-1]), a), lambda a: ((a[:1], a), a), lambda a: ((a, 3.0), a),
                 lambda a: ((a[::2], 2.0), a[:4]), lambda a: ((a[3:4], 2.0), a[3:4])):
        both(*make(np.arange(1.0, 8.0)))
    square = np.arange(1.0, 10.0).reshape(3, 3)
    for make in (lambda a: ((a.T, 2.0), a), lambda a: ((a[0], a), a), lambda a: ((a[:, :1], a), a),
                 lambda a: ((a[::-1, ::-1], a.T), a.T)):
        both(*make(square.copy()))
    numbers = array.array("d", range(5))
    assert list(power.map(memoryview(numbers)[:4], 2.0, out=memoryview(numbers)[1:])) == [0, 1, 4, 9]


def test_results_of_another_size_over_the_arguments():
    widen = CIF(c.int64, [c.int32]).closure(lambda n: n)
    room = np.zeros(8, "i8")
    given = room.view("i4")[:8]
    given[:] = range(8)
    assert CIF(c.int64, [c.int32]).bind(widen).map(given, out=room).tolist() == list(range(8))


def test_lists_that_change_while_they_are_converted(power):
    class Number:
        def __float__(self):
            rows[1].clear()
            return 2.0

    class Longer(list):
        def __iter__(self):
            return iter([1.0, 2.0, 3.0])

    rows = [[1.0, Number()], [3.0, 4.0]]
    assert np.asarray(power.map(rows, 2.0)).tolist() == [[1, 4], [9, 16]] and rows[1] == []
    for rows in [Longer([1.0, 2.0])], [[1.0], Longer([2.0])], Longer([1.0]):
        with pytest.raises(ArgumentError, match="lists of one length"):
            power.map(rows, 2.0)
