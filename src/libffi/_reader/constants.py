"""What C's numbers, characters and strings stand for."""
import math
import re
from decimal import Decimal
from fractions import Fraction

from libffi import c, sizeof
from libffi._arithmetic import (
    CHAR_IS_SIGNED,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    LONGDOUBLE,
    LONGLONG,
    UINT,
    ULONG,
    ULONGLONG,
    Constant,
    CType,
    NotConstant,
    ctype_of,
    in_range,
    nearest,
    wrap,
)

_INTEGER = re.compile(
    r"(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|(?P<octal>0[0-7]*)|(?P<decimal>[1-9][0-9]*))"
    r"(?P<suffix>[uU](?:ll|LL|[lL])?|(?:ll|LL|[lL])[uU]?)?"
)
_DECIMAL_FLOAT = re.compile(
    r"((?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)([fFlL]?)")
_HEX_FLOAT = re.compile(
    r"0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP]([+-]?[0-9]+)([fFlL]?)")
# Powers of two and of ten beyond it are beyond every floating type, however many digits stand before them.
_HUGE = 50_000
_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "e": 27,
            "\\": 92, "'": 39, '"': 34, "?": 63}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")

# The types of L'x', u'x' and U'x'.
_WIDE = {prefix: made for prefix, kind in (("L", c.wchar_t), ("u", c.char16_t), ("U", c.char32_t))
         if (made := ctype_of(kind))}

# What <math.h> makes INFINITY, HUGE_VAL and NAN of.
BUILTINS = {
    f"__builtin_{name}{suffix}": Constant(value, kind)
    for name, value in (("inf", math.inf), ("huge_val", math.inf), ("nan", math.nan))
    for suffix, kind in (("", DOUBLE), ("f", FLOAT), ("l", LONGDOUBLE))
}


def number(text: str) -> Constant:
    """Return the value of a number as C writes it."""
    digits = text.replace("'", "")
    if len(digits) > 400:
        raise NotConstant("a number of more than 400 characters")
    if match := _INTEGER.fullmatch(digits):
        return _integer_literal(match)
    if match := _DECIMAL_FLOAT.fullmatch(digits):
        decimal = Decimal(match[1])
        return _floating(Fraction(decimal) if abs(decimal.adjusted()) < _HUGE else float(decimal), match[2])
    if match := _HEX_FLOAT.fullmatch(digits):
        whole, _, fraction = match[1].partition(".")
        exponent = max(-_HUGE, min(int(match[2]) - 4 * len(fraction), _HUGE))
        return _floating(int(whole + fraction, 16) * Fraction(2) ** exponent, match[3])
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


def _floating(value: float | Fraction, suffix: str) -> Constant:
    kind = {"f": FLOAT, "l": LONGDOUBLE}.get(suffix.lower(), DOUBLE)
    return Constant(nearest(value, kind), kind)


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
    units, kind = _units(inside), _WIDE[prefix]
    if len(units) != 1 or units[0][0] >> 8 * kind.size:
        raise NotConstant(f"{text} is not one character")
    return Constant(wrap(units[0][0], kind), kind)


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


