"""Functions that a class of a library annotates."""
import pickle
import sys
from typing import Annotated, Any

import pytest
from helpers import stubs_with_text_annotations

from libffi import DeclarationError, Function, Library, Pointer, Struct, SymbolNotFound, c


class Division(Struct):
    quot: int
    rem: int


class LibC(Library):
    atoi: Function[[str], int]
    strlen: Function[[bytes], Annotated[int, c.size_t]]
    div: Function[[int, int], Division]
    srand: "Function[[Annotated[int, c.uint]], None]"
    qsort: Function[[Pointer[None], c.size_t, c.size_t, c.pointer], None]
    getpid: Function[[], int]
    printf: Function[..., int]
    no_such_function: Function[[], int]
    of_no_type: Function[[list], int]
    of_no_name: "Function[[nowhere], int]"  # noqa: F821
    other: int


class More(LibC):
    atoi: Function[[bytes], int]


def test_they_are_the_librarys():
    libc = LibC(None)
    assert libc.atoi("42") == 42 and libc.atoi is libc.atoi and type(libc.atoi) is Function
    assert libc.atoi.library is libc and libc.atoi.__module__ == __name__ and libc.atoi.argtypes == (c.string,)
    assert libc.strlen(b"four") == 4 and libc.strlen.restype is c.size_t
    assert isinstance(libc.div(7, 2), Division) and libc.div(7, 2) == (3, 1)
    assert libc.srand(1) is None and libc.srand.argtypes == (c.uint,)
    assert libc.qsort.argtypes == (c.pointer, c.size_t, c.size_t, c.pointer)
    assert libc.getpid() > 0


def test_a_class_that_extends_it_may_say_otherwise():
    assert More(None).atoi.argtypes == (c.bytes,) and More(None).strlen(b"abc") == 3


def test_declared_text_goes_before():
    libc = LibC(None)
    libc.declare("int atoi(const char *text);")
    assert libc.atoi(text="42") == 42


def test_annotations_kept_as_text():
    assert stubs_with_text_annotations.LibC(None).atoi("42") == 42


@pytest.mark.parametrize("name, error, message", [
    ("no_such_function", SymbolNotFound, "no_such_function"),
    ("of_no_type", TypeError, r"LibC.of_no_type: expected a libffi type.*got <class 'list'>"),
    ("of_no_name", DeclarationError, r"LibC.of_no_name: cannot evaluate the annotation .*nowhere"),
    ("printf", AttributeError, "no declared name 'printf'"),
    ("other", AttributeError, "no declared name 'other'"),
    ("nothing", AttributeError, "no declared name 'nothing'"),
])
def test_what_is_none(name, error, message):
    with pytest.raises(error, match=message):
        getattr(LibC(None), name)


def test_they_pickle():
    assert pickle.loads(pickle.dumps(LibC(None).atoi))("7") == 7


def test_a_module_that_is_gone(monkeypatch):
    monkeypatch.delitem(sys.modules, __name__)
    libc: Any = LibC(None)
    assert libc.atoi("42") == 42
