"""The spelling of C signatures that type checkers understand: Annotated[Python type, C type]."""
# mypy: disable-error-code=empty-body
from typing import TYPE_CHECKING, Annotated, TypeAlias, assert_type

import pytest

from libffi import CIF, Function, Library, Struct, c

Double: TypeAlias = Annotated[float, c.double]
libm = Library("m")


@libm.function
def pow(x: Double, y: Double) -> Double:
    """Raise x to the power of y."""
    ...


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


@libm.function
def hypot(x: c.double, y: c.double) -> c.double: ...


@libm.function("ldexp", gil="hold")
def scaled(x: c.double, exponent: Annotated[int, c.int]) -> c.double: ...


@libm.function
def nan(tag: c.string) -> c.double: ...


def test_scalars_are_annotations() -> None:
    assert_type(hypot(3, 4), float)
    assert_type(hypot(x=3, y=4), float)
    assert_type(scaled(1, exponent=3), float)
    nan(b"1")
    assert hypot(3, 4) == hypot(x=3, y=4) == 5.0 and scaled(1, exponent=3) == 8.0
    with pytest.raises(TypeError):
        hypot(3)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        hypot(3, "4")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        nan(3.0)  # type: ignore[call-overload]


class Sample(Struct):
    channel: c.uint8
    value: c.float
    label: c.string


def test_scalars_are_fields() -> None:
    sample = Sample(channel=3, value=1, label="left")
    assert_type(sample.channel, int)
    assert_type(sample.value, float)
    assert_type(sample.label, str | None)
    sample.value = 2
    assert (sample.channel, sample.value, sample.label) == (3, 2.0, "left") and Sample.fields["value"] is c.float
    if TYPE_CHECKING:
        sample.channel = "x"  # type: ignore[assignment]
        Sample(channel=3, value="x", label=None)  # type: ignore[arg-type]
