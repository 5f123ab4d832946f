"""What functions say of themselves, and what their parameters' names are good for."""
import copy
import inspect
import pickle
import pydoc
import sys
from typing import Annotated

import pytest

from libffi import ArgumentError, Function, Library, c

if sys.platform == "win32":
    pytest.skip("declares snprintf, which is no function of the C library there", allow_module_level=True)

libm = Library("m")
libc = Library(None)

libc.declare("""
    double fma(double x, double y, double from);
    int snprintf(char *into, size_t size, const char *format, ...);
    int abs(int);
    long labs(long n), atol(const char *text);
    double ldexp(double, int exponent);
""")


@libm.function
def pow(x: Annotated[float, c.double], y: Annotated[float, c.double] = 2.0) -> Annotated[float, c.double]:
    """Raise x to the power of y."""


class InAClass:
    labs = libc.labs

    @libm.function
    def cos(x: Annotated[float, c.double]) -> Annotated[float, c.double]: ...


def test_c_text_says_the_names():
    assert libc.fma.parameters == ("x", "y", "from_")      # `from` is Python's
    assert str(inspect.signature(libc.fma)) == "(x, y, from_)"
    assert libc.fma.__doc__ == "double fma(double x, double y, double from_)"
    assert str(inspect.signature(libc.snprintf)) == "(into, size, format, *args)"
    assert libc.snprintf.__doc__ == "int snprintf(char *into, size_t size, const char *format, ...)"


@pytest.mark.parametrize("function, signature, doc", [
    (libc.abs, "(arg1, /)", "int abs(int)"),
    (libc.ldexp, "(arg1, arg2, /)", "double ldexp(double, int)"),        # some have a name: none has
    (libm.function("cos", c.double, [c.double]), "(arg1, /)", "double cos(double)"),
    (libc.function("rand", c.int), "()", "int rand(void)"),
    (libm.function("frexp", c.double, [c.double, c.out(c.int)]), "(arg1, /)", "double frexp(double, int *)"),
    (libc.abs.cif.bind(libc.abs), "(arg1, /)", "int abs(int)"),
])
def test_without_names(function, signature, doc):
    assert function.parameters is None
    assert str(inspect.signature(function)) == signature and function.__doc__ == doc
    with pytest.raises(ArgumentError.TypeError, match=rf"^{function.name}\(\) takes no keyword arguments$"):
        function(x=1)


def test_by_name():
    assert libc.fma(2, 3, from_=4) == libc.fma(from_=4, y=3, x=2) == libc.fma(2, 3, 4) == 10.0
    assert libc.fma(2, **{"y": 3, "fro" + "m_": 4}) == 10.0       # no interned string
    assert libc.labs(n=-5) == 5 and libc.atol(text="12") == 12
    into = bytearray(8)
    assert libc.snprintf(into, format=b"x", size=8) == 1 and into[:1] == b"x"
    assert libc.snprintf(into, 8, "%d", 12) == 2


@pytest.mark.parametrize("call, message", [
    (lambda: libc.fma(1, 2, 3, z=4), r"^fma\(\) has no parameter 'z'$"),
    (lambda: libc.fma(1, 2, x=4), r"^fma\(\) got more than one value for 'x'$"),
    (lambda: libc.fma(1, y=4), r"^fma\(\) misses the argument 'from_'$"),
    (lambda: libc.fma(1, 2, 3, 4, from_=4), r"^fma\(\) got more than one value for 'from_'$"),
    (lambda: libc.fma(1, 2), r"^fma\(\) takes 3 arguments, got 2$"),
    (lambda: libc.fma(1, y="2", from_=4), r"^fma\(\) argument 2: expected double, got str$"),
    (lambda: libc.snprintf(format="x"), r"^snprintf\(\) misses the argument 'into'$"),
    (lambda: pow(), r"^pow\(\) misses the argument 'x'$"),
    (lambda: pow(1, 2, 3), r"^pow\(\) takes 2 arguments, got 3$"),
])
def test_wrong_names(call, message):
    with pytest.raises(ArgumentError.TypeError, match=message):
        call()


def test_defaults():
    assert pow(3) == 9.0 and pow(3, 3) == 27.0 and pow(y=1, x=5) == 5.0 and pow.call(3) == 9.0
    assert str(inspect.signature(pow).parameters["y"]).endswith("= 2.0")

    @libm.function
    def frexp(x: c.double, exponent: c.out(c.int) = ...) -> c.double: ...

    assert frexp(8) == frexp(x=8) == (0.5, 4) and frexp.parameters == ("x",)


def test_a_default_is_checked_like_an_argument():
    @libm.function
    def cos(x: c.double = "one") -> c.double: ...

    with pytest.raises(ArgumentError.TypeError, match=r"^cos\(\) argument 1: expected double, got str$"):
        cos()


def test_where_it_is_from():
    assert (pow.__module__, pow.__qualname__, pow.__name__) == (__name__, "pow", "pow")
    assert InAClass.cos.__qualname__ == "InAClass.cos"
    cos = libm.function("cos", c.double, [c.double])
    assert (cos.__module__, cos.__qualname__) == (__name__, "cos")
    assert Function.__module__ and Function.__doc__.startswith("Call a C function")
    with pytest.raises(AttributeError):
        Function.__signature__      # noqa: B018


def test_in_a_class_it_is_a_static_method():
    assert InAClass().labs is libc.labs is InAClass.labs
    assert InAClass().cos(0) == 1.0


def test_help():
    assert inspect.isroutine(pow)
    text = pydoc.plain(pydoc.render_doc(pow))
    assert "Raise x to the power of y." in text and "y: " in text and "= 2.0" in text
    text = pydoc.plain(pydoc.render_doc(libc.fma))
    assert "fma(x, y, from_)\n    double fma(double x, double y, double from_)" in text


def test_one_may_say_it_oneself():
    function = libm.function("cos", c.double, [c.double])
    function.__doc__, function.__module__ = "Cosine.", "mathematics"
    assert (function.__doc__, function.__module__) == ("Cosine.", "mathematics")
    assert libm.function("cos", c.double, [c.double]).__doc__ == "double cos(double)"


@pytest.mark.parametrize("function", [pow, libc.fma, libc.abs], ids=lambda function: function.name)
def test_pickles_say_the_same(function):
    made = pickle.loads(pickle.dumps(function))
    for attribute in ("parameters", "__doc__", "__module__", "__qualname__"):
        assert getattr(made, attribute) == getattr(function, attribute)
    assert inspect.signature(made) == inspect.signature(function)
    assert copy.deepcopy(function) is function
    if function is pow:
        assert made(3) == made(x=3) == 9.0
