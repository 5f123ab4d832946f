"""Compute with C's numbers the way C does: by its types, widths and rules. What these leave undefined is an error."""
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from libffi import Type, c, features, sizeof


class NotConstant(Exception):
    """What C's rules give no value for; the caller knows the place, and `python` is what Python calls such an error."""

    def __init__(self, message: str, python: type[Exception] = TypeError) -> None:
        super().__init__(message)
        self.python = python


@dataclass(frozen=True, slots=True)
class CType:
    """The C type of a number: an integer's rank decides between two of the same width."""

    name: str
    size: int
    signed: bool = True
    rank: int = 0
    is_address: bool = False
    step: int = 0       # an address's: the size of what it points to, 0 where that is not known

    @property
    def is_integer(self) -> bool:
        """Say whether it holds no fractions; an address counts."""
        return self.rank >= 0


INT = CType("int", sizeof(c.int), True, 1)
UINT = CType("unsigned int", sizeof(c.int), False, 1)
LONG = CType("long", sizeof(c.long), True, 2)
ULONG = CType("unsigned long", sizeof(c.long), False, 2)
LONGLONG = CType("long long", 8, True, 3)
ULONGLONG = CType("unsigned long long", 8, False, 3)
CHAR_IS_SIGNED: bool = features()["char_signed"]
WCHAR_IS_SIGNED: bool = features()["wchar_signed"]
SIZE_T = next(t for t in (UINT, ULONG, ULONGLONG) if t.size == sizeof(c.size_t))
FLOAT = CType("float", 4, rank=-1)
DOUBLE = CType("double", 8, rank=-1)
LONGDOUBLE = CType("long double", sizeof(c.longdouble), rank=-1)
_FLOATING = (FLOAT, DOUBLE, LONGDOUBLE)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value and its C type; a `long double` but 0, infinity and NaN is a fraction, and so has all its digits."""

    value: int | float | Fraction | bytes | str
    type: CType


def integer(value: int) -> Constant:
    """Return an integer constant with the type that an enumerator of that value has."""
    for kind in (INT, UINT, LONG, ULONG, LONGLONG, ULONGLONG):
        if in_range(value, kind):
            return Constant(value, kind)
    raise NotConstant(f"{value} does not fit in 64 bits", OverflowError)


def in_range(value: int, kind: CType) -> bool:
    """Say whether an integer type holds a value."""
    bits = 8 * kind.size
    return -(1 << (bits - 1)) <= value < 1 << (bits - 1) if kind.signed else 0 <= value < 1 << bits


def wrap(value: int, kind: CType) -> int:
    """Return what is left of a value in an integer type's bits."""
    bits = 8 * kind.size
    value &= (1 << bits) - 1
    return value - (1 << bits) if kind.signed and value >> (bits - 1) else value


def _format_of(kind: CType) -> tuple[int, int]:
    """Return how many bits the digits of a floating type have, and its exponent's limit."""
    if kind is FLOAT:
        return 24, 128
    if kind is DOUBLE or kind.size == 8:
        return 53, 1024
    exact = c.exact(c.longdouble)
    digits = next(bits for bits in (64, 113, 106) if exact((1 << bits) - 1).value == (1 << bits) - 1
                  and exact((1 << bits) + 1).value != (1 << bits) + 1)
    return digits, 1024 if digits == 106 else 16384


def nearest(value: float | Fraction, kind: CType) -> float | Fraction:
    """Return the number of a floating type that is nearest to one, rounded once."""
    if isinstance(value, float) and (kind is not FLOAT or not math.isfinite(value)):
        return value if kind is not LONGDOUBLE or not value or not math.isfinite(value) else Fraction(value)
    if not value:
        return float(value)
    exact = Fraction(value)
    digits, limit = _format_of(kind)
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, 2 - limit) - digits + 1)
    exact = round(exact / unit) * unit      # to even, as processors do
    if abs(exact) >= 1 << limit:
        return math.inf if exact > 0 else -math.inf
    if not exact:
        return 0.0 if value > 0 else -0.0
    return exact if kind is LONGDOUBLE else float(exact)


def in_python(constant: Constant) -> int | float | bytes | str:
    """Return a constant as Python has it: a `long double` as the nearest float, if there is one."""
    value = constant.value
    if not isinstance(value, Fraction):
        return value
    rounded = nearest(value, DOUBLE)
    assert isinstance(rounded, float)
    if not rounded or math.isinf(rounded):
        raise NotConstant("no float is near this long double", OverflowError)
    return rounded


def cast(constant: Constant, kind: CType) -> Constant:
    """Convert a number to a C type."""
    value = constant.value
    if isinstance(value, (bytes, str)):
        raise NotConstant(f"a {constant.type.name} cannot be cast")
    if kind.name == "bool":
        return Constant(int(value != 0), kind)
    if not kind.is_integer:
        return Constant(nearest(value, kind), kind)
    if not isinstance(value, int):
        if not math.isfinite(value) or not in_range(int(value), kind):
            shown = value if isinstance(value, float) else f"a {constant.type.name}"
            raise NotConstant(f"{shown} does not fit in {kind.name}", OverflowError)
        return Constant(int(value), kind)
    return Constant(wrap(value, kind), kind)


def promoted(constant: Constant) -> Constant:
    """Apply C's integer promotions."""
    if isinstance(constant.value, (bytes, str)):
        raise NotConstant(f"no arithmetic with a {constant.type.name}")
    if constant.type.is_integer and constant.type.rank < INT.rank:
        assert isinstance(constant.value, int)
        return Constant(constant.value, INT if in_range(constant.value, INT) else UINT)
    return constant


def balance(left: Constant, right: Constant) -> tuple[Constant, Constant]:
    """Apply C's usual arithmetic conversions."""
    left, right = promoted(left), promoted(right)
    for kind in reversed(_FLOATING):
        if kind in (left.type, right.type):
            return cast(left, kind), cast(right, kind)
    a, b = left.type, right.type
    if a.signed == b.signed:
        kind = max(a, b, key=lambda t: t.rank)
    else:
        unsigned, signed = (b, a) if a.signed else (a, b)
        if unsigned.rank >= signed.rank:
            kind = unsigned
        elif signed.size > unsigned.size:
            kind = signed
        else:
            kind = CType(f"unsigned {signed.name}", signed.size, False, signed.rank)
    return cast(left, kind), cast(right, kind)


def truth(constant: Constant) -> bool:
    """Say whether C takes a constant as true."""
    return isinstance(constant.value, (bytes, str)) or constant.value != 0


def unary(sign: str, operand: Constant) -> Constant:
    """Compute a unary operator."""
    if sign == "!":
        return Constant(int(not truth(operand)), INT)
    operand = promoted(operand)
    value: Any = operand.value
    if sign == "+":
        return operand
    if sign == "-":
        return _result(-value, operand.type)
    if sign == "~" and operand.type.is_integer:
        return Constant(wrap(~value, operand.type), operand.type)
    raise NotConstant(f"no constant has the operator {sign!r}")


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
}


def binary(sign: str, left: Constant, right: Constant) -> Constant:
    """Compute a binary operator but `&&` and `||`, which may leave the right side alone."""
    if sign in ("<<", ">>"):
        return _shift(sign, promoted(left), promoted(right))
    if sign in "+-" and (left.type.is_address or right.type.is_address):
        return _moved(sign, promoted(left), promoted(right))
    left, right = balance(left, right)
    a: Any = left.value
    b: Any = right.value
    kind = left.type
    if sign in _COMPARISONS:
        return Constant(int(_COMPARISONS[sign](a, b)), INT)
    if sign in "&|^%" and not kind.is_integer:
        raise NotConstant(f"the operator {sign!r} needs integers")
    if sign not in _OPERATORS and sign not in "/%":
        raise NotConstant(f"the operator {sign!r} makes no constant")
    if isinstance(a, Fraction) != isinstance(b, Fraction):
        if sign in "+-" and not (a and b):
            return unary(sign, right) if not a else left
        a, b = _as_floats(a, b)
    if sign in "/%":
        return _result(_divide(sign, a, b, kind), kind)
    return _result(_OPERATORS[sign](a, b), kind)


def _moved(sign: str, left: Constant, right: Constant) -> Constant:
    """Compute with addresses, which count what they point to."""
    if sign == "+" and right.type.is_address:
        left, right = right, left
    a, b, step = left.value, right.value, left.type.step
    if not left.type.is_address or not isinstance(a, int) or not isinstance(b, int):
        raise NotConstant(f"no addresses have the operator {sign!r} like that")
    if not step or (right.type.is_address and (sign == "+" or right.type.step != step)):
        raise NotConstant(f"the operator {sign!r} needs addresses of one type of a known size")
    if right.type.is_address:
        distance = LONG if LONG.size == left.type.size else LONGLONG if left.type.size == 8 else INT
        return Constant(wrap((a - b) // step, distance), distance)
    return Constant(wrap(a + step * (b if sign == "+" else -b), left.type), left.type)


def _as_floats(*values: float | Fraction) -> list[float]:
    """Return numbers of which one is 0, infinity or NaN: of any other its sign is all that counts."""
    return [value if isinstance(value, float) else 1.0 if value > 0 else -1.0 for value in values]


def _shift(sign: str, left: Constant, right: Constant) -> Constant:
    value, count = left.value, right.value
    if not isinstance(value, int) or not isinstance(count, int):
        raise NotConstant(f"the operator {sign!r} needs integers")
    if not 0 <= count < 8 * left.type.size:
        raise NotConstant(f"a shift of {left.type.name} by {count} bits", ValueError)
    # 1 << 31 is common in headers, and compilers take it as the sign bit.
    return Constant(wrap(value << count if sign == "<<" else value >> count, left.type), left.type)


def _divide(sign: str, a: Any, b: Any, kind: CType) -> Any:
    if not kind.is_integer:
        if b == 0:  # as C: headers spell infinity and NaN this way
            return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)
        return a / b
    if b == 0:
        raise NotConstant("division by zero", ZeroDivisionError)
    quotient = abs(a) // abs(b) * (-1 if (a < 0) != (b < 0) else 1)  # C rounds towards zero
    return quotient if sign == "/" else a - b * quotient


def _result(value: Any, kind: CType) -> Constant:
    if not kind.is_integer:
        return Constant(nearest(value, kind), kind)
    if kind.signed and not in_range(value, kind):
        raise NotConstant(f"{value} overflows {kind.name}", OverflowError)
    return Constant(wrap(value, kind), kind)


def _step_of(kind: Type) -> int:
    """Return what one more is to an address: as for gcc, a byte for `void *` and functions."""
    item = c.wchar_t if kind is c.wstring else kind.item
    return 1 if item is None or item is c.void else item.size or 0


def ctype_of(kind: Type) -> CType | None:
    """Return the C type of a cast to a libffi type, None where a constant cannot be cast to it."""
    if kind.kind == "enum" and kind.item is not None:
        kind = kind.item
    size = kind.size or 0
    match kind.kind:
        case "float":
            return next((t for t in _FLOATING if t.name == kind.name), DOUBLE)
        case "bool":
            return CType("bool", size, False, 0)
        case "signed" | "unsigned" | "char" | "wchar":
            signed = kind.kind == "signed" or (kind.kind == "char" and CHAR_IS_SIGNED)
            if kind.kind == "wchar":
                signed = kind is c.wchar_t and WCHAR_IS_SIGNED
            same = (t for t in (INT, UINT, LONG, ULONG, LONGLONG, ULONGLONG)
                    if t.size == size and t.signed == signed)
            return next(same, CType(kind.name, size, signed, 0 if size < INT.size else 4))
        case "pointer" | "string" | "bytes" | "wstring" | "function":
            return CType(kind.name, sizeof(c.pointer), False, 2, is_address=True, step=_step_of(kind))
    return None
