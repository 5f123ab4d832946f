"""The spelling of C signatures that type checkers understand: Annotated[Python type, C type]."""
# mypy: disable-error-code=empty-body
from typing import TYPE_CHECKING, Annotated, TypeAlias, assert_type

import pytest

from libffi import (
    CIF,
    Function,
    Library,
    Struct,
    addressof,
    asdict,
    c,
    capsule,
    closure,
    owned,
    pointer_to,
    sizeof,
    string_at,
    typeof,
)

Double: TypeAlias = Annotated[float, c.double]
libm = Library("m")


@libm.function
def pow(x: Double, y: Double) -> Double:
    """Raise x to the power of y."""
    ...  # noqa: PIE790


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


@c.struct
class Division:
    quot: c.int
    rem: c.int


def test_decorated_classes_are_types() -> None:
    div = Library(None).function("div", Division, (c.int, c.int))
    assert_type(div(7, 2), Division)
    assert_type(div(7, 2).quot, int)
    pair = c.array(Division, 2).new([(7, 2), Division(quot=1, rem=0)])
    assert_type(pair[0], Division)
    assert_type(c.ptr(Division)(pair)[1].quot, int)

    @closure(Division, [Division])
    def swapped(division: Division) -> Division:
        return Division(quot=division.rem, rem=division.quot)

    turned = CIF(Division, [Division]).call(swapped, (3, 1))
    assert (turned.quot, turned.rem) == (1, 3) and div(7, 2).quot == 3 and pair[1].quot == 1
    if TYPE_CHECKING:
        div(7)  # type: ignore[call-arg]
        Division(quot="7", rem=0)  # type: ignore[arg-type]
        c.array(Other, 3)  # type: ignore[call-overload]


def test_instances_of_decorated_classes_go_where_memory_goes() -> None:
    division = Division(7, 2)
    compare = Library(None).function("memcmp", c.int, (c.pointer, c.pointer, c.size_t))
    assert compare(division, division, 8) == 0
    assert asdict(division) == {"quot": 7, "rem": 2} and typeof(division) is typeof(Division)
    assert addressof(division, "rem") == addressof(division) + 4
    assert string_at(division, 1) == b"\7" and sizeof(division) == sizeof(Division) == 8
    assert pointer_to(division, "rem")[0] == 2
    ended: list[int] = []
    assert_type(owned(division, lambda memory: ended.append(memory.quot)), Division)
    capsule(division)


class Other:     # no struct's
    pass
