"""Code that numba compiles calls functions and closures at their addresses."""
from __future__ import annotations

import enum

import pytest

from libffi import CIF, Library, c

numpy = pytest.importorskip("numpy")
numba = pytest.importorskip("numba")
pytestmark = pytest.mark.filterwarnings("default")      # numba's own

libm = Library("m")
power = libm.function("pow", c.double, [c.double, c.double])


def test_a_function_of_a_library():
    @numba.njit
    def total(n):
        result = 0.0
        for i in range(n):
            result += power(i, 2.0)
        return result
    assert total(4) == 14.0


def test_as_an_argument_and_with_integers_of_any_width():
    absolute = Library(None).function("llabs", c.longlong, [c.longlong])

    @numba.njit
    def apply(f, x):
        return f(x)
    assert apply(absolute, -3) == 3
    assert apply(power.library.function("sqrtf", c.float, [c.float]), numpy.float32(4)) == 2


def test_a_closure_is_called_back():
    called = []

    @CIF(c.int, [c.int, c.bool]).closure
    def back(n, yes):
        called.append((n, yes))
        return 2 * n

    @numba.njit
    def run():
        return back(3, True) + back(4, False)
    assert run() == 14
    assert called == [(3, True), (4, False)]


def test_arrays_go_by_their_addresses():
    memset = Library(None).function("memset", c.pointer, [c.ptr(c.int), c.int, c.size_t])

    @numba.njit
    def clear(values):
        memset(values.ctypes, 0, 4 * values.size)
        return values.sum()
    assert clear(numpy.arange(5, dtype=numpy.int32)) == 0


def test_enums_are_their_numbers():
    class Colour(enum.IntEnum):
        RED = 1
    absolute = Library(None).function("abs", c.int, [c.enum(Colour)])

    @numba.njit
    def run(n):
        return absolute(n)
    assert run(-7) == 7


@pytest.mark.parametrize("function, why", [
    (CIF(c.double, [c.longdouble]).bind(power.address, "f"), "long double is no type"),
    (CIF(c.int, [c.int, ...]).bind(power.address, "f"), "variadic"),
    (CIF(c.int, [c.int]).bind(power.address, "f", errcheck=lambda *a: 0), r"f\(\) is not called .* errcheck"),
], ids=["longdouble", "variadic", "errcheck"])
def test_what_compiled_code_cannot_call_is_refused_with_a_reason(function, why):
    @numba.njit
    def run():
        return function(1)
    with pytest.raises(numba.TypingError, match=why):
        run()
