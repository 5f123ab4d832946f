"""Compute C's constant expressions the way a C compiler does: by its types, widths and rules."""
import math
import operator
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from libffi import Type, c, features, sizeof


class NotConstant(Exception):
    """What a constant expression cannot be; the caller knows the place."""


@dataclass(frozen=True, slots=True)
class CType:
    """The C type of a constant: an integer's rank decides between two of the same width."""

    name: str
    size: int
    signed: bool = True
    rank: int = 0
    is_address: bool = False

    @property
    def is_integer(self) -> bool:
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
    """A value and its C type."""

    value: int | float | bytes | str
    type: CType


def integer(value: int) -> Constant:
    """Return an integer constant with the type that an enumerator of that value has."""
    for kind in (INT, UINT, LONG, ULONG, LONGLONG, ULONGLONG):
        if in_range(value, kind):
            return Constant(value, kind)
    raise NotConstant(f"{value} does not fit in 64 bits")


def in_range(value: int, kind: CType) -> bool:
    """Say whether an integer type holds a value."""
    bits = 8 * kind.size
    return -(1 << (bits - 1)) <= value < 1 << (bits - 1) if kind.signed else 0 <= value < 1 << bits


def wrap(value: int, kind: CType) -> int:
    """Return what is left of a value in an integer type's bits."""
    bits = 8 * kind.size
    value &= (1 << bits) - 1
    return value - (1 << bits) if kind.signed and value >> (bits - 1) else value


# Literals.

_INTEGER = re.compile(
    r"(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|(?P<octal>0[0-7]*)|(?P<decimal>[1-9][0-9]*))"
    r"(?P<suffix>[uU](?:ll|LL|[lL])?|(?:ll|LL|[lL])[uU]?)?"
)
_DECIMAL_FLOAT = re.compile(
    r"((?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)([fFlL]?)")
_HEX_FLOAT = re.compile(
    r"(0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)([fFlL]?)")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27,
            "\\": 92, "'": 39, '"': 34, "?": 63}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")


def number(text: str) -> Constant:
    """Return the value of a number as C writes it."""
    digits = text.replace("'", "")
    if len(digits) > 400:
        raise NotConstant("a number of more than 400 characters")
    if match := _INTEGER.fullmatch(digits):
        return _integer_literal(match)
    if match := _DECIMAL_FLOAT.fullmatch(digits):
        return _floating(float(match[1]), match[2])
    if match := _HEX_FLOAT.fullmatch(digits):
        try:
            return _floating(float.fromhex(match[1]), match[2])
        except OverflowError:
            raise NotConstant(f"{text} is too large") from None
    raise NotConstant(f"malformed number {text!r}")


def _integer_literal(match: re.Match[str]) -> Constant:
    value = int(match["hex"] or "0", 16) or int(match["binary"] or "0", 2) \
        or int(match["octal"] or "0", 8) or int(match["decimal"] or "0")
    suffix = (match["suffix"] or "").lower()
    least = suffix.count("l") + 1
    for kind in (INT, UINT, LONG, ULONG, LONGLONG, ULONGLONG):
        unsigned_allowed = "u" in suffix or match["decimal"] is None
        if kind.rank >= least and (not kind.signed or "u" not in suffix) \
                and (kind.signed or unsigned_allowed) and in_range(value, kind):
            return Constant(value, kind)
    if value < 1 << 64:  # too large for long long, decimal without u: compilers take it as unsigned
        return Constant(value, ULONGLONG)
    raise NotConstant(f"{match[0]} does not fit in 64 bits")


def _floating(value: float, suffix: str) -> Constant:
    kind = {"f": FLOAT, "l": LONGDOUBLE}.get(suffix.lower(), DOUBLE)
    return Constant(_as_float(value) if kind is FLOAT else value, kind)


def _as_float(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _split(text: str) -> tuple[str, str]:
    """Return a literal's prefix and what stands between its quotes."""
    quote = text[-1]
    prefix, _, rest = text.partition(quote)
    return prefix, rest[:-1]


def _units(inside: str) -> list[tuple[int, bool]]:
    """Return the characters of a literal; True marks those given by number, which stay one unit."""
    units = []
    position = 0
    while position < len(inside):
        if inside[position] != "\\":
            units.append((ord(inside[position]), False))
            position += 1
            continue
        match = _ESCAPE.match(inside, position)
        if match is None:
            raise NotConstant("a backslash that escapes nothing")
        hexadecimal, octal, short, long, simple = match.groups()
        if simple is not None:
            if simple not in _ESCAPES:
                raise NotConstant(f"unknown escape sequence '\\{simple}'")
            units.append((_ESCAPES[simple], True))
        elif short or long:
            code = int(short or long, 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise NotConstant(f"'{match[0]}' is no character")
            units.append((code, False))
        else:
            units.append((int(hexadecimal, 16) if hexadecimal else int(octal, 8), True))
        position = match.end()
    return units


def _bytes(inside: str) -> bytes:
    result = bytearray()
    for code, by_number in _units(inside):
        if by_number:
            if code > 255:
                raise NotConstant("an escape sequence that does not fit in a char")
            result.append(code)
        elif 0xD800 <= code < 0xE000:
            raise NotConstant("a lone surrogate is no character")
        else:
            result += chr(code).encode()
    return bytes(result)


def character(text: str) -> Constant:
    """Return the value of a character constant."""
    prefix, inside = _split(text)
    if prefix in ("", "u8"):
        data = _bytes(inside)
        if len(data) == 1:
            code = data[0]
            return Constant(code - 256 if code > 127 and CHAR_IS_SIGNED and not prefix else code, INT)
        if 1 < len(data) <= 4 and not prefix:  # as gcc packs them
            return Constant(wrap(int.from_bytes(data, "big"), INT), INT)
        raise NotConstant(f"{text} is not one character")
    units = _units(inside)
    if len(units) != 1 or units[0][0] > 0x10FFFF:
        raise NotConstant(f"{text} is not one character")
    return integer(units[0][0])


def string(texts: list[str]) -> Constant:
    """Return the value of adjacent string literals: bytes, or str for wide ones."""
    parts = [_split(text) for text in texts]
    prefixes = {prefix for prefix, _ in parts} - {"", "u8"}
    if not prefixes:
        data = b"".join(_bytes(inside) for _, inside in parts)
        return Constant(data, CType("string", len(data) + 1, rank=-1))
    codes = [code for _, inside in parts for code, _ in _units(inside)]
    if any(code > 0x10FFFF for code in codes):
        raise NotConstant("an escape sequence that is no character")
    wide = "".join(map(chr, codes))
    return Constant(wide, CType("wide string", (len(wide) + 1) * sizeof(c.wchar_t), rank=-1))


# Arithmetic.


def cast(constant: Constant, kind: CType) -> Constant:
    """Convert a number to a C type."""
    value = constant.value
    if not isinstance(value, (int, float)):
        raise NotConstant(f"a {constant.type.name} cannot be cast")
    if kind.name == "bool":
        return Constant(int(value != 0), kind)
    if not kind.is_integer:
        try:
            value = float(value)
        except OverflowError:
            raise NotConstant(f"{value} is too large") from None
        return Constant(_as_float(value) if kind is FLOAT else value, kind)
    if isinstance(value, float):
        if not math.isfinite(value) or not in_range(int(value), kind):
            raise NotConstant(f"{value} does not fit in {kind.name}")
        return Constant(int(value), kind)
    return Constant(wrap(value, kind), kind)


def _promote(constant: Constant) -> Constant:
    if isinstance(constant.value, (bytes, str)):
        raise NotConstant(f"no arithmetic with a {constant.type.name}")
    if constant.type.is_integer and constant.type.rank < INT.rank:
        assert isinstance(constant.value, int)
        return Constant(constant.value, INT if in_range(constant.value, INT) else UINT)
    return constant


def balance(left: Constant, right: Constant) -> tuple[Constant, Constant]:
    """Apply C's usual arithmetic conversions."""
    left, right = _promote(left), _promote(right)
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
    operand = _promote(operand)
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
        return _shift(sign, _promote(left), _promote(right))
    left, right = balance(left, right)
    a: Any = left.value
    b: Any = right.value
    kind = left.type
    if sign in _COMPARISONS:
        return Constant(int(_COMPARISONS[sign](a, b)), INT)
    if sign in "&|^%" and not kind.is_integer:
        raise NotConstant(f"the operator {sign!r} needs integers")
    if sign in "/%":
        return _result(_divide(sign, a, b, kind), kind)
    if sign not in _OPERATORS:
        raise NotConstant(f"the operator {sign!r} makes no constant")
    return _result(_OPERATORS[sign](a, b), kind)


def _shift(sign: str, left: Constant, right: Constant) -> Constant:
    value, count = left.value, right.value
    if not isinstance(value, int) or not isinstance(count, int):
        raise NotConstant(f"the operator {sign!r} needs integers")
    if not 0 <= count < 8 * left.type.size:
        raise NotConstant(f"a shift of {left.type.name} by {count} bits")
    # 1 << 31 is common in headers, and compilers take it as the sign bit.
    return Constant(wrap(value << count if sign == "<<" else value >> count, left.type), left.type)


def _divide(sign: str, a: Any, b: Any, kind: CType) -> Any:
    if not kind.is_integer:
        if b == 0:  # as C: headers spell infinity and NaN this way
            return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)
        return a / b
    if b == 0:
        raise NotConstant("division by zero")
    quotient = abs(a) // abs(b) * (-1 if (a < 0) != (b < 0) else 1)  # C rounds towards zero
    return quotient if sign == "/" else a - b * quotient


def _result(value: Any, kind: CType) -> Constant:
    if not kind.is_integer:
        return Constant(_as_float(value) if kind is FLOAT else value, kind)
    if kind.signed and not in_range(value, kind):
        raise NotConstant(f"{value} overflows {kind.name}")
    return Constant(wrap(value, kind), kind)


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
            return CType(kind.name, sizeof(c.pointer), False, 2, is_address=True)
    return None
