"""ArgumentError: what is wrong with an argument, known before C runs."""
from __future__ import annotations

import array
import concurrent.futures
import pickle

import pytest

import libffi
from libffi import CIF, ArgumentError, c


class Raising:
    """Its conversions raise what they are told."""

    def __init__(self, error):
        self.error = error

    def __index__(self):
        raise self.error

    __float__ = __complex__ = __index__


@pytest.fixture(scope="module")
def labs(libc):
    return libc.function("labs", c.long, [c.long])


@pytest.fixture(scope="module")
def snprintf(libc):
    return libc.function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])


BITS = c.struct("bits", [("a", c.bits(c.int, 3))])
CALLS = {
    "a type": (lambda f: f.labs("x"), TypeError, r"labs\(\) argument 1: expected long, got str"),
    "a range": (lambda f: f.labs(1 << 70), OverflowError, r"labs\(\) argument 1: .* out of range"),
    "a value": (lambda f: f.strlen("a\0b"), ValueError, r"strlen\(\) argument 1: embedded NUL"),
    "the built-in": (lambda f: f.labs.call("x"), TypeError, r"labs\(\) argument 1"),
    "too few": (lambda f: f.labs(), TypeError, "takes 1 argument, got 0"),
    "too many": (lambda f: f.labs(1, 2), TypeError, "takes 1 argument, got 2"),
    "a keyword": (lambda f: f.labs(x=1), TypeError, "takes no keyword"),
    "map": (lambda f: f.labs.map([1, "2"]), TypeError, r"labs.map\(\) argument 1"),
    "map of another type": (lambda f: f.labs.map(array.array("d", [1])), TypeError, r"labs.map\(\) argument 1"),
    "map of what cannot be mapped": (lambda f: f.snprintf.map([1]), TypeError, r"snprintf.map\(\) cannot map"),
    "map without an array": (lambda f: f.labs.map(1), TypeError, "at least one array"),
    "map to a small array": (lambda f: f.labs.map(array.array("l", [1, 2]), out=array.array("l", [1])), ValueError,
                             r"labs.map\(\) out"),
    "once": (lambda f: f.labs.cif.call(f.labs, "x"), TypeError, "argument 1"),
    "a variadic one": (lambda f: f.snprintf(None, 0, "", object()), TypeError, r"snprintf\(\) argument 4"),
    "a variadic int": (lambda f: f.snprintf(None, 0, "", 1 << 40), OverflowError, r"snprintf\(\) argument 4"),
    "no variadic type": (lambda f: f.snprintf(None, 0, "", c.float(1)), libffi.BadArgType, r"snprintf\(\) argument 4"),
    "no way to pass it": (lambda f: f.snprintf(None, 0, "", BITS.new()), libffi.BadTypedef, r"\(\): argument 4"),
    "a fixed one": (lambda f: f.snprintf(None, "x", ""), TypeError, r"snprintf\(\) argument 2"),
    "a closed closure": (lambda f: f.on_exit(f.closed), libffi.ClosureExpired, r"on_exit\(\) argument 1: closure"),
    "inside a struct": (lambda f: f.of_struct({"x": "x"}), TypeError, r"argument 1: struct point\.x: expected"),
}


@pytest.fixture(scope="module")
def functions(libc, labs, snprintf):
    """A namespace; its `never` functions would end the process if C ran."""
    handler = CIF(c.void, [])
    closed = handler.closure(lambda: None)
    closed.close()
    point = CIF(c.void, [c.struct("point", x=c.int)])

    class Functions:
        of_struct = staticmethod(point.bind(libc.symbol("abort"), "of_struct"))
        on_exit = staticmethod(CIF(c.void, [c.func(handler)]).bind(libc.symbol("abort"), "on_exit"))

    Functions.labs, Functions.snprintf, Functions.closed = labs, snprintf, closed
    Functions.strlen = libc.function("strlen", c.size_t, [c.string])
    return Functions


@pytest.mark.parametrize("name", CALLS)
def test_is_an_argument_error(functions, name):
    call, error, message = CALLS[name]
    with pytest.raises(error, match=message) as caught:
        call(functions)
    assert isinstance(caught.value, ArgumentError)
    assert caught.type is getattr(ArgumentError, error.__name__)
    assert (caught.type.__name__, caught.type.__module__) == (error.__name__, "libffi")


@pytest.mark.parametrize("raised", [TypeError("mine"), ValueError("mine"), OverflowError("mine"), ZeroDivisionError()])
@pytest.mark.parametrize("kind", [c.long, c.double, c.complex_double, c.bool, c.char32_t])
def test_what_python_code_raises_comes_out_as_it_is(kind, raised):
    identity = CIF(kind, [kind]).closure(lambda value: value)
    with pytest.raises(type(raised)) as caught:
        identity.cif.bind(identity, "identity")(Raising(raised))
    assert caught.value is raised and not isinstance(caught.value, ArgumentError)
    assert raised.args in (("mine",), ())
    assert raised.__notes__[-1] == "in identity() argument 1"


def test_what_comes_after_the_call_is_none(libc, labs):
    def check(result, function, arguments):
        raise TypeError("checked")

    checked = libc.function("labs", c.long, [c.long], errcheck=check)
    wide = CIF(c.char32_t, [c.long]).bind(labs, "wide")
    closure = CIF(c.int, []).closure(lambda: "x")
    for call, error in (lambda: checked(1), TypeError), (lambda: wide(0x7FFFFFFF), ValueError), \
            (closure.cif.bind(closure), TypeError):
        with pytest.raises(error) as caught:
            call()
        assert not isinstance(caught.value, ArgumentError)


def test_another_way_without_calling_twice():
    calls = []
    for cif in CIF(c.int, [c.int]), CIF(c.int, [c.string]):
        f = cif.closure(lambda value: calls.append(value) or 0)
        try:
            cif.bind(f)("5")
            break
        except ArgumentError:
            continue
    assert calls == ["5"]


def test_the_exception_being_handled_is_its_context(labs):
    with pytest.raises(ArgumentError) as caught:
        try:
            raise KeyError("first")
        except KeyError:
            labs("x")
    assert isinstance(caught.value.__context__, KeyError)


def test_pickles(labs):
    with pytest.raises(ArgumentError) as caught:
        labs("x")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is ArgumentError.TypeError and again.args == caught.value.args


def test_out_of_a_process_pool(labs):
    with concurrent.futures.ProcessPoolExecutor(1) as pool, pytest.raises(ArgumentError, match="argument 1"):
        pool.submit(labs, "x").result()


def test_text_that_has_no_bytes(functions):
    with pytest.raises(UnicodeEncodeError) as caught:
        functions.strlen("\ud800")
    assert isinstance(caught.value, ArgumentError) and caught.value.object == "\ud800"


def test_its_traceback_says_what_it_is(run_python):
    printed = run_python("""
        import traceback
        from libffi import Library, c
        try:
            Library(None).function("labs", c.long, [c.long])("x")
        except TypeError:
            print(traceback.format_exc().splitlines()[-1])
    """)
    assert printed.strip() == "libffi.ArgumentError.TypeError: labs() argument 1: expected long, got str"
