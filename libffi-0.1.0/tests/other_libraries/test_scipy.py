"""SciPy calls our functions and closures as it calls compiled code."""
from __future__ import annotations

import math

import pytest

import libffi
from libffi import CIF, c

numpy = pytest.importorskip("numpy")
scipy = pytest.importorskip("scipy")
LowLevelCallable = scipy.LowLevelCallable


def integral(function, *limits):
    from scipy.integrate import quad

    return quad(function, *limits)[0]


def test_a_function_of_a_library_is_integrated(libm):
    cos = libm.function("cos", c.double, [c.double])
    low = LowLevelCallable(libffi.capsule(cos))
    assert low.signature == "double (double)"
    assert integral(low, 0, math.pi / 2) == pytest.approx(1)


def test_a_closure_is_integrated_and_given_its_data():
    parameters = c.array(c.double, 2).new([3, 1])

    @CIF(c.double, [c.double, c.pointer]).closure
    def line(x, data):
        factor, constant = c.ptr(c.double)(data)[0:2]
        return factor * x + constant
    low = LowLevelCallable(libffi.capsule(line), libffi.capsule(parameters))
    assert integral(low, 0, 2) == pytest.approx(8)


def test_without_data_c_gets_null():
    given = []

    @CIF(c.double, [c.double, c.pointer]).closure
    def f(x, data):
        given.append(data)
        return x
    assert integral(LowLevelCallable(libffi.capsule(f)), 0, 2) == pytest.approx(2)
    assert set(given) == {None}


def test_another_signature_is_refused_by_scipy(libm):
    power = libm.function("pow", c.double, [c.double, c.double])
    with pytest.raises(ValueError, match="signature"):
        integral(LowLevelCallable(libffi.capsule(power)), 0, 1)


def test_a_filter_of_an_image():
    from scipy.ndimage import generic_filter

    @CIF(c.int, [c.ptr(c.double), c.intptr_t, c.ptr(c.double), c.pointer]).closure
    def mean(values, n, result, data):
        result[0] = sum(values[0:n]) / n
        return 1
    image = numpy.arange(25.0).reshape(5, 5)
    filtered = generic_filter(image, LowLevelCallable(libffi.capsule(mean)), size=3)
    assert filtered == pytest.approx(generic_filter(image, numpy.mean, size=3))


