"""Functions, their built-ins and the classes of structs, as objects among others: pickled, copied, called by name."""
from __future__ import annotations

import concurrent.futures
import copy
import functools
import inspect
import pickle

import pytest

from libffi import CIF, Function, c


@pytest.fixture(scope="module")
def labs(libc):
    return libc.function("labs", c.long, [c.long])


def again(value):
    return pickle.loads(pickle.dumps(value))


def test_called_by_its_slot(labs):
    assert labs.__call__(-3) == type(labs).__call__(labs, -3) == Function.__call__(labs, -3) == 3
    assert labs.call.__call__(-3) == 3
    with pytest.raises(TypeError, match=r"labs\(\) takes no keyword"):
        labs.__call__(x=3)
    with pytest.raises(TypeError, match=r"labs\(\) takes 1 argument, got 0"):
        labs.__call__()


@pytest.mark.parametrize("arguments", [[c.long], [c.long, c.long], [c.string, ...], []], ids=str)
def test_the_built_in_pickles(libc, arguments):
    call = libc.function("labs", c.long, arguments).call
    assert again(call).__self__.argtypes == call.__self__.argtypes
    assert call.__name__ == "call" and inspect.isbuiltin(call)


def test_in_a_process_pool(labs):
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        assert list(pool.map(labs.call, [-1, -2])) == [1, 2]
        assert pool.submit(functools.partial(labs, -3)).result() == 3


def test_a_stub_keeps_what_it_says(libc):
    @libc.function
    def labs(number: c.long) -> c.long:
        """Return the absolute value."""

    made = again(labs)
    assert made(-3) == 3 and made.__doc__ == "Return the absolute value."
    assert inspect.signature(made) == inspect.signature(labs)
    assert again(labs.call).__self__.__doc__ == labs.__doc__


def test_copies_are_the_function(labs):
    bound = labs.cif.bind(labs.address)
    for function in labs, bound:
        assert copy.copy(function) is function and copy.deepcopy([function])[0] is function
        assert copy.copy(functools.partial(function, -3))() == 3
    with pytest.raises(TypeError, match="not from a library"):
        pickle.dumps(bound)


@pytest.mark.parametrize("make", [
    lambda: c.struct("named", x=c.int), lambda: c.union("choice", x=c.int, y=c.double),
    lambda: c.struct("of_bits", [(None, c.bits(c.int, 3))]),
    lambda: c.struct("of_packed_bits", a=c.char, b=c.bits(c.int, 3, packed=True)),
    lambda: c.struct("sly", __libffi_type__=c.int),
    lambda: c.struct("outer", [(None, c.struct("", y=c.int)), ("z", c.int)]),
])
def test_the_class_of_a_structs_memory(make):
    kind = make()
    cls = type(kind.new())
    assert again(cls) is cls and copy.copy(cls) is cls and copy.deepcopy(cls) is cls
    assert isinstance(kind.new(), cls) and not isinstance(c.struct("other", q=c.int).new(), cls)
    assert type(again(kind.new())) is cls
    with pytest.raises(TypeError, match="made by"):
        cls()


def test_a_class_in_another_process():
    cls = type(c.struct("travels", x=c.int).new())
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        assert pool.submit(_name, cls).result() == "travels"


def _name(cls):
    return cls.__name__


def test_a_struct_defined_in_two_steps():
    node = c.struct("pickled_node")
    node.define([("next", c.ptr(node)), ("cif", c.func(CIF(c.int, [c.ptr(node)])))])
    cls = type(node.new())
    assert again(cls).__name__ == cls.__name__
