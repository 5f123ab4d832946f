"""long double <-> bytes, for every format that C compilers use, exactly."""
from __future__ import annotations

import decimal
import math
import struct
import sys
from fractions import Fraction

Number = float | decimal.Decimal
_EXACT = decimal.Context(prec=20_000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
_BIAS = 16383


def number(value: Fraction) -> Number:
    """Return the value as a float if it is one, else as a Decimal with all digits."""
    try:
        if float(value) == value:
            return float(value)
    except OverflowError:
        pass
    return _EXACT.divide(decimal.Decimal(value.numerator), decimal.Decimal(value.denominator))


def pack(value: Number, mantissa: int) -> bytes:
    """Return the bytes that carry the value, of a long double with that many bits of mantissa."""
    if mantissa == 53:
        return struct.pack("d", value)
    if mantissa == 106:
        high = float(value)
        low = float(Fraction(value) - Fraction(high)) if math.isfinite(high) else 0.0
        return struct.pack("dd", high, low)
    negative, exponent, significand = _fields(value, mantissa)
    if mantissa == 64:
        return ((negative << 15 | exponent) << 64 | significand).to_bytes(10, sys.byteorder)
    fraction = significand & ((1 << 112) - 1)
    return ((negative << 15 | exponent) << 112 | fraction).to_bytes(16, sys.byteorder)


def unpack(data: bytes, mantissa: int) -> Number:
    """Return the value that these bytes carry, the lower part of a NaN's payload aside."""
    if mantissa == 53:
        return struct.unpack("d", data)[0]
    if mantissa == 106:
        high, low = struct.unpack("dd", data)
        exact = math.isfinite(high) and high
        return number(Fraction(high) + Fraction(low)) if exact else high
    bits = int.from_bytes(data, sys.byteorder)
    width = 64 if mantissa == 64 else 112
    exponent, significand = bits >> width & 0x7FFF, bits & ((1 << width) - 1)
    sign = -1 if bits >> (width + 15) & 1 else 1
    if exponent == 0x7FFF:
        # No math.nan: it is a signalling one on old mips.
        fraction = (significand & ((1 << mantissa - 1) - 1)) >> (mantissa - 1 - 52)
        return math.copysign(struct.unpack("=d", struct.pack("=Q", 0x7FF << 52 | fraction))[0], sign)
    if width == 112 and exponent:
        significand |= 1 << 112
    if not significand:
        return math.copysign(0.0, sign)
    return number(sign * significand * Fraction(2) ** (max(exponent, 1) - _BIAS - mantissa + 1))


def _fields(value: Number, mantissa: int) -> tuple[bool, int, int]:
    """Take a number apart: sign, biased exponent, significand with its leading bit."""
    negative = math.copysign(1, value) < 0
    top = 1 << (mantissa - 1)
    if math.isnan(value):
        fraction = struct.unpack("=Q", struct.pack("=d", value))[0] & ((1 << 52) - 1)
        return negative, 0x7FFF, top | fraction << (mantissa - 1 - 52)
    if value in (math.inf, -math.inf):  # isinf() would take a large Decimal for infinite
        return negative, 0x7FFF, top
    fraction = abs(Fraction(value))
    if not fraction:
        return negative, 0, 0
    exponent = fraction.numerator.bit_length() - fraction.denominator.bit_length()
    if Fraction(2) ** exponent > fraction:
        exponent -= 1
    exponent = max(exponent, 1 - _BIAS)
    significand = fraction / Fraction(2) ** (exponent - mantissa + 1)
    if significand.denominator != 1:
        raise ValueError(f"{value} is not a long double")
    subnormal = significand.numerator < top
    return negative, 0 if subnormal else exponent + _BIAS, significand.numerator
