"""Annotated Python stubs: the decorator, its options and what it refuses."""
import inspect
from typing import Annotated, Optional

import pytest
from helpers import stubs_with_text_annotations

from libffi import CIF, DeclarationError, Function, Library, Pointer, Struct, SymbolNotFound, c
from libffi.annotations import Target

libm = Library("m")
libc = Library(None)


def test_a_stub():
    @libm.function
    def hypot(x: c.double, y: c.double) -> c.double:
        """Length of the hypotenuse.

        In one line or more.
        """

    assert isinstance(hypot, Function) and hypot(3, 4) == 5.0
    assert hypot.__doc__ == "Length of the hypotenuse.\n\nIn one line or more."
    assert hypot.__name__ == "hypot" and hypot.library is libm
    assert hypot.cif is CIF(c.double, [c.double, c.double])


def test_help_shows_the_parameters():
    @libm.function
    def ldexp(x: c.double, exponent: c.int) -> c.double: ...

    assert list(inspect.signature(ldexp).parameters) == ["x", "exponent"]
    assert ldexp.__doc__ == "double ldexp(double x, int exponent)"


def test_options():
    @libc.function(gil="hold", errno=True)
    def close(fd: c.int) -> c.int: ...

    assert close.gil == "hold" and close.errno is True

    @libm.function(name="cos")
    def cosine(x: c.double) -> c.double: ...

    @libm.function("sin", gil="hold")
    def sine(x: c.double) -> c.double: ...

    assert cosine(0.0) == 1.0 and sine(0.0) == 0.0
    assert (cosine.name, sine.name) == ("cos", "sin")

    @libm.function()
    def tan(x: c.double) -> c.double: ...

    assert tan(0.0) == 0.0


def test_annotated_says_both_types():
    @libm.function
    def ldexp(
        x: Annotated[float, "a note", c.double], exponent: "Annotated[int, c.int]"
    ) -> Annotated[float, c.double]: ...

    assert ldexp.cif is CIF(c.double, [c.double, c.int]) and ldexp(1, 3) == 8.0
    with pytest.raises(TypeError, match="expected a libffi type"):
        @libm.function
        def cos(x: Annotated[float, "no C type"]) -> c.double: ...


def test_variadic_void_and_out():
    @libc.function
    def snprintf(buffer: c.pointer, size: c.size_t, format: c.string, *args) -> c.int: ...

    out = bytearray(16)
    assert snprintf(out, 16, "%d %s", 5, "x") == 3 and out[:3] == b"5 x"

    @libc.function
    def srand(seed: c.uint) -> None: ...

    assert srand.cif.restype is c.void and srand(1) is None

    @libm.function
    def frexp(x: c.double, exponent: c.out(c.int)) -> c.double: ...

    assert frexp(8.0) == (0.5, 4)
    assert list(inspect.signature(frexp).parameters) == ["x"]


def test_annotations_as_text():
    assert stubs_with_text_annotations.hypot(3, 4) == 5.0
    assert stubs_with_text_annotations.with_local_type() == (3, 2)
    with pytest.raises(DeclarationError, match=r"cos\(\) parameter 'x': cannot evaluate.*'c\.doubel'"):
        stubs_with_text_annotations.with_a_mistake()


class Place(Struct):
    x: int


def test_pointers_need_no_annotated():
    @libc.function("memchr")
    def found(a: Place | Pointer[Place] | None, what: c.int, size: c.size_t) -> Pointer["Place"]: ...
    @libc.function("memcmp")
    def same(a: "Target[Place]", b: Optional["Pointer[Place]"], size: c.size_t) -> c.int: ...

    place = Place(7)
    assert found.argtypes == (c.ptr(Place), c.int, c.size_t) and same.argtypes[:2] == (c.ptr(Place),) * 2
    assert found(c.ptr(Place)(place), 7, 4)[0].x == 7 and same(place, found(place, 7, 4), 4) == 0
    for wrong in Pointer[list], Pointer[int] | Pointer[Place], Place | Pointer[int], Place | None:
        def refused(a: wrong) -> c.int: ...
        with pytest.raises(TypeError, match="parameter 'a': expected a libffi type"):
            libc.function(refused)


def test_what_stubs_may_not_have():
    def no_annotation(x) -> c.double: ...
    def no_result(x: c.double): ...
    def python_type(x: float) -> c.double: ...
    def no_default(x: c.double = ...) -> c.double: ...
    def keyword(*, x: c.double) -> c.double: ...
    def keywords(**x: c.double) -> c.double: ...
    def typed_rest(x: c.double, *rest: c.int) -> c.double: ...
    def wrong_result(x: c.double) -> float: ...

    for stub, message in [
        (no_annotation, r"no_annotation\(\) parameter 'x' has no annotation"),
        (no_result, r"no_result\(\) result has no annotation"),
        (python_type, r"python_type\(\) parameter 'x': expected a libffi type.*float"),
        (no_default, r"no_default\(\) parameter 'x': `\.\.\.` is no value"),
        (keyword, r"keyword\(\) parameter 'x': C functions take arguments by position"),
        (keywords, r"keywords\(\) parameter 'x': C functions take arguments by position"),
        (typed_rest, r"typed_rest\(\) parameter 'rest': variable arguments"),
        (wrong_result, r"wrong_result\(\) result: expected a libffi type"),
    ]:
        with pytest.raises(TypeError, match=message):
            libm.function(stub)
    with pytest.raises(TypeError, match="expected a Python function with annotations, got type"):
        libm.function(int)
    with pytest.raises(TypeError, match="got int"):
        libm.function(5)


def test_missing_symbols():
    with pytest.raises(SymbolNotFound, match="no_such_symbol_here"):

        @libm.function
        def no_such_symbol_here(x: c.double) -> c.double: ...
