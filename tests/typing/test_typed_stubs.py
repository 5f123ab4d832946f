"""The spelling of C signatures that type checkers understand: Annotated[Python type, C type]."""
# mypy: disable-error-code=empty-body
from typing import Annotated, assert_type

import pytest

from libffi import CIF, Function, Library, c

Double = Annotated[float, c.double]
libm = Library("m")


@libm.function
def pow(x: Double, y: Double) -> Double:
    """Raise x to the power of y."""


@libm.function(gil="hold")
def ldexp(x: Double, exponent: Annotated[int, c.int]) -> Double: ...


def test_the_signature_is_known() -> None:
    known: Function[[float, float], float] = libm.function("pow", c.double, [c.double, c.double])
    assert_type(known(2.0, 3), float)
    assert_type(pow(2.0, 3), float)
    assert_type(ldexp(1.0, 3), float)
    assert_type(pow.call(2.0, 3.0), float)
    assert pow.cif is CIF(c.double, [c.double, c.double]) is known.cif
    assert (pow(2.0, 3), ldexp(1.0, 3), pow.call(2.0, 3.0)) == (8.0, 8.0, 8.0)


def test_wrong_calls_are_seen_before_they_are_made() -> None:
    with pytest.raises(TypeError):
        pow(2.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ldexp(1.0, "3")  # type: ignore[arg-type]
