"""Random values as the bytes that C sees, and the Python values that stand for them."""
from __future__ import annotations

import struct
import sys
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from libffi import Pointer, c

from . import longdouble
from .layout import Layouts
from .model import Array, CType, Record, Scalar, Vector

FORMATS = {"float": ("f", "I", 8, 23), "double": ("d", "Q", 11, 52)}


class Values:
    """Bytes for the types of one file.

    `wild` bytes hold whatever the memory of C can; the others only what a Python value says exactly,
    so no signalling NaN and, but for double, no NaN's payload.
    """

    def __init__(self, layouts: Layouts, rng: Random) -> None:
        self.layouts = layouts
        self.rng = rng

    def fill(self, type: CType, wild: bool) -> bytearray:
        """Return the bytes of a random value; padding is random too."""
        data = bytearray(self.rng.randbytes(self.layouts.size(type)))
        for slot in self.layouts.slots(type):
            size = self.layouts.size(slot.scalar)
            for i in range(slot.count):
                start = slot.offset + i * size
                value = self.scalar(slot.scalar, wild)
                data[start:start + len(value)] = value
        return data

    def scalar(self, scalar: Scalar, wild: bool) -> bytes:
        rng = self.rng
        size = self.layouts.size(scalar)
        match scalar.family:
            case "bool":
                return bytes([rng.getrandbits(1)]).ljust(size, b"\0")
            case "wchar" if size == 4 and not wild:
                points = [0, 0x7F, 0xFF, 0xFFFF, 0x10000, 0x10FFFF, rng.randrange(0xD800)]
                return rng.choice(points).to_bytes(4, sys.byteorder)
            case "float" | "exact":
                return self.real(scalar, wild)
            case "complex":
                half = size // 2
                return self.real(scalar, wild).ljust(half, b"\xCC") + self.real(scalar, wild)
            case _:
                top = 1 << (8 * size - 1)
                number = rng.choice([
                    0, 1, 2 * top - 1, top, top - 1, (2 * top - 1) // 3, rng.randrange(2 * top)
                ])
                return number.to_bytes(size, sys.byteorder)

    def real(self, scalar: Scalar, wild: bool) -> bytes:
        if scalar.part != "long double":
            return self._binary(*FORMATS[scalar.part], wild=wild, payload=scalar.part == "double")
        mantissa = self.layouts.mantissa
        if wild and mantissa == 64 and self.rng.random() < 0.1:
            # An x87 NaN: the leading bit set, any payload, quiet or not.
            bits = self.rng.choice([0x7FFF, 0xFFFF]) << 64 | 1 << 63 | self.rng.randrange(1, 1 << 63)
            return bits.to_bytes(10, sys.byteorder)
        exact = wild or scalar.family == "exact"
        return longdouble.pack(self._long_double(mantissa) if exact else self._double(), mantissa)

    def _binary(
        self, float_code: str, int_code: str, width: int, mantissa: int, *, wild: bool, payload: bool
    ) -> bytes:
        """Make an IEEE number from its fields: sign, exponent, mantissa."""
        rng = self.rng
        top, quiet = (1 << width) - 1, 1 << (mantissa - 1)
        exponent = rng.choice([0, 0, 1, top >> 1, top - 1, top, rng.randrange(top)])
        fraction = rng.choice([0, 0, 1, (1 << mantissa) - 1, rng.getrandbits(mantissa)])
        sign = rng.getrandbits(1)
        if exponent == top and fraction and not wild:
            known = self.layouts.nan >> (52 - mantissa)
            sign, fraction = (sign, fraction & ~quiet | known & quiet or known) if payload else (0, known)
        bits = (sign << width | exponent) << mantissa | fraction
        return struct.pack("=" + int_code, bits)

    def _double(self) -> float:
        bits = self._binary(*FORMATS["double"], wild=False, payload=False)
        return struct.unpack("d", bits)[0]

    def _long_double(self, mantissa: int) -> longdouble.Number:
        """Make a finite long double with all its digits, or one at the edge of the format."""
        rng = self.rng
        smallest = 1 - 1023 - 52 if mantissa in (53, 106) else 1 - 16383 - (mantissa - 1)
        largest = 1023 if mantissa in (53, 106) else 16383
        full = (1 << mantissa) - 1
        odd = rng.getrandbits(mantissa - 1) | 1 << (mantissa - 1) | 1
        edges = [(full, largest - mantissa + 1), (1, smallest), (1 << (mantissa - 1), smallest)]
        # Of two doubles, the lower one must be a normal number too.
        inner = (odd, rng.randint(-900, 900 - mantissa))
        digits, exponent = rng.choice(edges) if rng.random() < 0.1 and mantissa != 106 else inner
        value = digits * Fraction(2) ** exponent
        return longdouble.number(value if rng.getrandbits(1) else -value)

    def python(self, type: CType, data: bytes) -> Any:
        """Return the Python value of these bytes: a tuple for a struct, a list for an array."""
        size = self.layouts.size
        match type:
            case Scalar():
                return self._python_scalar(type, data[:size(type)])
            case Array(item=Scalar(family="char")):
                return bytes(data[:type.length])
            case Array(item=item, length=count) | Vector(item=item, lanes=count):
                step = size(item)
                return [self.python(item, data[i * step:]) for i in range(count)]
            case Record():
                starts = self.layouts.offsets(type)
                members = zip(type.members, starts, strict=True)
                return tuple(self.python(member, data[start:]) for (_, member), start in members)

    def _python_scalar(self, scalar: Scalar, data: bytes) -> Any:
        number = int.from_bytes(data, sys.byteorder, signed=self.layouts.signed(scalar))
        match scalar.family:
            case "bool":
                return bool(number)
            case "char":
                return bytes(data)
            case "wchar":
                return chr(number)
            case "address":
                return number or None
            case "pointer":
                return c.ptr(c.double)(number)
            case "float":
                return self._python_real(scalar.part, data)
            case "exact":
                return Decimal(self._python_real(scalar.part, data))
            case "complex":
                half = len(data) // 2
                return complex(*(self._python_real(scalar.part, part) for part in (data, data[half:])))
            case _:
                return number

    def _python_real(self, part: str, data: bytes) -> longdouble.Number:
        data = data[:self.layouts.significant(part)]
        if part == "long double":
            return longdouble.unpack(data, self.layouts.mantissa)
        return struct.unpack(FORMATS[part][0], data)[0]

    def bytes(self, scalar: Scalar, value: Any) -> bytes:
        """Return the significant bytes of a Python value, of exactly the type that the package promises."""
        size = self.layouts.size(scalar)
        match scalar.family, value:
            case ("int", int()) if value.__class__ is int:
                return value.to_bytes(size, sys.byteorder, signed=self.layouts.signed(scalar))
            case ("address", None):
                return bytes(size)
            case ("address" | "pointer", Pointer()):
                return value.address.to_bytes(size, sys.byteorder)
            case ("bool", bool()):
                return value.to_bytes(size, sys.byteorder)
            case ("char", bytes()):
                return value
            case ("wchar", str()):
                return ord(value).to_bytes(size, sys.byteorder, signed=False)
            case ("float", float()) | ("exact", Decimal()):
                return self._real_bytes(scalar.part, value)
            case ("complex", complex()):
                return b"".join(self._real_bytes(scalar.part, x) for x in (value.real, value.imag))
        raise TypeError(f"{value!r} is not what {scalar.c} should be in Python")

    def _real_bytes(self, part: str, value: longdouble.Number) -> bytes:
        if part == "long double":
            return longdouble.pack(value, self.layouts.mantissa)
        return struct.pack(FORMATS[part][0], value)

    def significant(self, type: CType, data: bytes) -> bytes:
        """Return only the bytes that carry a value, without padding."""
        return b"".join(data[start:start + size] for _, start, size in self.layouts.ranges(type))


