"""All of C99's <math.h> and <complex.h>, in float, double and long double, against Python's own mathematics."""
from __future__ import annotations

import cmath
import decimal
import math
import platform
import struct
import sys
from decimal import Decimal

import pytest

import libffi
from libffi import SymbolNotFound, c, features

WIDTHS = {"f": (c.float, c.complex_float, 1e-6), "": (c.double, c.complex_double, 1e-14),
          "l": (c.longdouble, c.complex_longdouble, 1e-14)}
EXACT = c.exact(c.longdouble)


@pytest.fixture(params=list(WIDTHS), ids=["float", "double", "long double"])
def width(request):
    return request.param


@pytest.fixture
def get(libm, width):
    """The function of this width, from its signature in letters: "r" real, "z" complex, "i" int, "R" out real."""
    real, complex_, _ = WIDTHS[width]
    types = {"r": real, "z": complex_, "i": c.int, "l": c.long, "q": c.longlong, "s": c.string, "D": c.longdouble,
             "R": c.out(real), "I": c.out(c.int)}

    def get(name, signature):
        if "z" in signature and not features()["complex"]:
            pytest.skip("libffi has no complex numbers here")
        try:
            return libm.function(name + width, types[signature[0]], [types[letter] for letter in signature[1:]])
        except SymbolNotFound:
            pytest.skip(f"{name}{width} is not in this libm")

    return get


@pytest.fixture
def close(width):
    tolerance = WIDTHS[width][2]

    def close(got, expected):
        if isinstance(expected, complex):
            return cmath.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)
        return math.isclose(got, expected, rel_tol=tolerance, abs_tol=tolerance)

    return close


# Every value here is exact as a float: the three widths get the same argument.
ANY = [0.0, 0.25, 0.5, 1.0, 1.75, 3.0, -0.5, -2.5]
UNIT = [0.0, 0.25, 0.5, 0.875, -0.5, 1.0, -1.0]
INSIDE = [0.0, 0.25, -0.5, 0.875]
POSITIVE = [0.25, 0.5, 1.0, 2.0, 7.5, 1000.0]
HALVES = [0.0, 0.25, 0.5, 0.75, 1.5, 2.5, -0.5, -1.25, -2.5, 1e6]


def halfway_from_zero(x):
    """round() of C: halves go away from zero."""
    return math.copysign(math.floor(abs(x) + 0.5), x)


def half_to_even(x):
    return math.copysign(round(abs(x)), x)


UNARY = {
    "acos": (math.acos, UNIT), "asin": (math.asin, UNIT), "atan": (math.atan, ANY), "cos": (math.cos, ANY),
    "sin": (math.sin, ANY), "tan": (math.tan, ANY), "acosh": (math.acosh, [1.0, 1.5, 2.0, 100.0]),
    "asinh": (math.asinh, ANY), "atanh": (math.atanh, INSIDE), "cosh": (math.cosh, ANY), "sinh": (math.sinh, ANY),
    "tanh": (math.tanh, ANY), "exp": (math.exp, ANY), "exp2": (lambda x: 2.0 ** x, ANY), "expm1": (math.expm1, ANY),
    "log": (math.log, POSITIVE), "log10": (math.log10, POSITIVE), "log1p": (math.log1p, POSITIVE),
    "log2": (math.log2, POSITIVE), "logb": (lambda x: float(math.frexp(x)[1] - 1), POSITIVE),
    "cbrt": (lambda x: math.copysign(abs(x) ** (1 / 3), x), ANY), "fabs": (math.fabs, ANY),
    "sqrt": (math.sqrt, [0.0, *POSITIVE]), "erf": (math.erf, ANY), "erfc": (math.erfc, ANY),
    "lgamma": (math.lgamma, POSITIVE), "tgamma": (math.gamma, [0.25, 0.5, 1.0, 2.5, 5.0, -0.5]),
    "ceil": (math.ceil, HALVES), "floor": (math.floor, HALVES), "trunc": (math.trunc, HALVES),
    "round": (halfway_from_zero, HALVES), "nearbyint": (half_to_even, HALVES), "rint": (half_to_even, HALVES),
}


@pytest.mark.parametrize("name", UNARY)
def test_one_real(get, close, name):
    expected, arguments = UNARY[name]
    function = get(name, "rr")
    for x in arguments:
        got = function(x)
        assert type(got) is float and close(got, expected(x)), x


TO_INTEGER = {
    "ilogb": ("ir", lambda x: math.frexp(x)[1] - 1, POSITIVE),
    "lrint": ("lr", half_to_even, HALVES), "llrint": ("qr", half_to_even, HALVES),
    "lround": ("lr", halfway_from_zero, HALVES), "llround": ("qr", halfway_from_zero, HALVES),
}


@pytest.mark.parametrize("name", TO_INTEGER)
def test_real_to_integer(get, name):
    signature, expected, arguments = TO_INTEGER[name]
    function = get(name, signature)
    for x in arguments:
        got = function(x)
        assert type(got) is int and got == int(expected(x)), x


PAIRS = [(0.5, 2.0), (3.0, -1.5), (-2.5, 0.75), (7.5, 7.5), (-1.0, 3.0)]
BINARY = {
    "atan2": math.atan2, "copysign": math.copysign, "fdim": lambda x, y: max(x - y, 0.0), "fmax": max, "fmin": min,
    "fmod": math.fmod, "hypot": math.hypot, "pow": lambda x, y: x ** y, "remainder": math.remainder,
}


@pytest.mark.parametrize("name", BINARY)
def test_two_reals(get, close, name):
    function = get(name, "rrr")
    pairs = [(abs(x), y) for x, y in PAIRS] if name == "pow" else PAIRS
    for x, y in pairs:
        assert close(function(x, y), BINARY[name](x, y)), (x, y)


def step(x, towards, width):
    """The next number of that width, by its bits (x > 0)."""
    if width == "f":
        bits = struct.unpack("i", struct.pack("f", x))[0] + (1 if towards > x else -1)
        return struct.unpack("f", struct.pack("i", bits))[0]
    return math.nextafter(x, towards)


@pytest.mark.parametrize("name, signature", [("nextafter", "rrr"), ("nexttoward", "rrD")])
def test_next_numbers(get, libm, width, name, signature):
    function = get(name, signature)
    for x, towards in ((1.0, 2.0), (1.0, 0.0), (7.5, 8.0)):
        if width != "l":
            assert function(x, towards) == step(x, towards, width)
    if width == "l":
        exact = libm.function(name + "l", EXACT, [EXACT, EXACT])
        up, down = exact(1, 2), exact(1, 0)
        assert down < 1 < up and exact(up, 0) == 1 == exact(down, 2)
        # A pair of doubles has no even spacing.
        assert up - 1 == 2 * (1 - down) or features()["long_double"] == "IBM double-double"


def test_fma_rounds_once(get, width, compile_c):
    fma = get("fma", "rrrr")
    assert fma(2.0, 3.0, 4.0) == 10.0
    if width == "":
        x = 1 + 2.0**-52
        # What C gets, which qemu's mips64 has wrong in the last bit.
        c_fma = libffi.Library(compile_c("""
            double fma(double, double, double);
            double call_fma(double x, double y, double z) { return fma(x, y, z); }
        """, "call_fma")).function("call_fma", c.double, [c.double] * 3)
        exact = c_fma(x, x, -1 - 2.0**-51)
        assert fma(x, x, -1 - 2.0**-51) == exact
        assert exact == 2.0**-104 or platform.machine().startswith("mips")


def test_results_through_pointers(get, close):
    assert get("frexp", "rrI")(12.0) == (0.75, 4)
    fraction, whole = get("modf", "rrR")(-3.25)
    assert (fraction, whole) == (-0.25, -3.0)
    rest, quotient = get("remquo", "rrrI")(7.5, 2.0)
    assert rest == -0.5 and quotient & 7 == 4


def test_scaling(get):
    assert get("ldexp", "rri")(0.75, 4) == 12.0
    assert get("scalbn", "rri")(0.75, -2) == 0.1875
    assert get("scalbln", "rrl")(0.75, 10) == 768.0


def test_nan(get):
    assert math.isnan(get("nan", "rs")(""))
    assert math.isnan(get("nan", "rs")("0x123"))


def test_the_bits_of_a_nan_survive(libm):
    nan = struct.pack("Q", 0x7FF8_0000_0000_0123)
    keep = libm.function("fabs", c.double, [c.double])
    assert struct.pack("d", keep(struct.unpack("d", nan)[0])) == nan


def test_domain_and_range_are_cs_not_pythons(get):
    """No exception: C gives infinities and NaNs."""
    assert math.isnan(get("sqrt", "rr")(-1.0)) and math.isnan(get("acos", "rr")(2.0))
    assert get("log", "rr")(0.0) == -math.inf and get("exp", "rr")(1e9) == math.inf
    assert math.copysign(1, get("sin", "rr")(-0.0)) == -1


# ---- long double, all of its digits


ORACLE = decimal.Context(prec=60)


def ulp(libm):
    nextafter = libm.function("nextafterl", EXACT, [EXACT, EXACT])
    return nextafter(1, 2) - 1


@pytest.mark.parametrize("name, oracle", [
    ("sqrtl", lambda x: x.sqrt(ORACLE)), ("expl", lambda x: x.exp(ORACLE)),
    ("logl", lambda x: x.ln(ORACLE)), ("log10l", lambda x: x.log10(ORACLE)),
    ("cbrtl", lambda x: ORACLE.power(x, ORACLE.divide(Decimal(1), Decimal(3)))),
])
@pytest.mark.parametrize("x", ["2", "3.5", "0.125", "1234.5678"])
def test_long_double_digits(libm, name, oracle, x):
    function = libm.function(name, EXACT, [EXACT])
    x = EXACT(Decimal(x)).value
    got, expected = function(x), oracle(x)
    assert isinstance(got, Decimal)
    if expected > Decimal(sys.float_info.max) and got.is_infinite():
        pytest.skip("more than this long double holds")
    assert abs(ORACLE.divide(got, expected) - 1) <= 2 * ulp(libm)


def test_long_double_identities(libm):
    sin, cos = (libm.function(name, EXACT, [EXACT]) for name in ("sinl", "cosl"))
    for x in ("0.1", "1", "2.5", "-30"):
        x = Decimal(x)
        assert abs(ORACLE.add(ORACLE.power(sin(x), 2), ORACLE.power(cos(x), 2)) - 1) <= 4 * ulp(libm)


# ---- complex


POINTS = [0.5 + 0.25j, -1.5 + 2j, 3 - 0.5j, -0.25 - 0.75j, 1 + 1j]
COMPLEX = {
    "cacos": cmath.acos, "casin": cmath.asin, "catan": cmath.atan, "ccos": cmath.cos, "csin": cmath.sin,
    "ctan": cmath.tan, "cacosh": cmath.acosh, "casinh": cmath.asinh, "catanh": cmath.atanh, "ccosh": cmath.cosh,
    "csinh": cmath.sinh, "ctanh": cmath.tanh, "cexp": cmath.exp, "clog": cmath.log, "csqrt": cmath.sqrt,
    "conj": complex.conjugate, "cproj": lambda z: z,
}


@pytest.mark.parametrize("name", COMPLEX)
def test_one_complex(get, close, width, name):
    function = get(name, "zz")
    if (name, width) in (("catan", "l"), ("catanh", "l")) and platform.libc_ver()[0] != "glibc":
        pytest.skip("musl's has a float's precision")
    for z in POINTS:
        got = function(z)
        assert type(got) is complex and close(got, complex(COMPLEX[name](z))), z


def test_two_complex(get, close):
    power = get("cpow", "zzz")
    for z in POINTS:
        for w in (2, 0.5 - 1j, -1j):
            assert close(power(z, w), z ** w)


@pytest.mark.parametrize("name, oracle", [
    ("cabs", abs), ("carg", cmath.phase), ("cimag", lambda z: z.imag), ("creal", lambda z: z.real),
])
def test_complex_to_real(get, close, name, oracle):
    function = get(name, "rz")
    for z in POINTS:
        got = function(z)
        assert type(got) is float and close(got, oracle(z)), z


def test_complex_infinity(get):
    got = get("cproj", "zz")(complex(-math.inf, math.nan))
    assert got.real == math.inf and got.imag == 0


def test_a_real_is_a_complex(get, close):
    assert close(get("csqrt", "zz")(-4), 2j) and close(get("cexp", "zz")(0.5), cmath.exp(0.5))


def test_everything_of_c99_is_here():
    """The tables and tests above name every function of C99's two headers."""
    real = set("""acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 frexp ilogb ldexp log
        log10 log1p log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf erfc lgamma tgamma ceil floor nearbyint
        rint lrint llrint round lround llround trunc fmod remainder remquo copysign nan nextafter nexttoward fdim fmax
        fmin fma""".split())
    complex_ = set("""cacos casin catan ccos csin ctan cacosh casinh catanh ccosh csinh ctanh cexp clog cabs cpow csqrt
        carg cimag conj cproj creal""".split())
    alone = {"frexp", "modf", "remquo", "ldexp", "scalbn", "scalbln", "nan", "nextafter", "nexttoward", "fma",
             "cabs", "carg", "cimag", "creal", "cpow"}
    assert real | complex_ == {*UNARY, *TO_INTEGER, *BINARY, *COMPLEX, *alone}


def test_numpy_agrees_over_an_array(libm):
    np = pytest.importorskip("numpy")
    x = np.linspace(-3, 3, 1001)
    for name in ("sin", "exp", "tanh", "cbrt"):
        out = np.empty_like(x)
        libm.function(name, c.double, [c.double]).map(x, out=out)
        assert np.allclose(out, getattr(np, name)(x), rtol=1e-14, atol=1e-15)
