"""The scalar types of C that the package names, and the headers that C needs for them."""
from __future__ import annotations

import sys

from .model import Scalar

HEADERS = "stdarg stddef stdint stdbool string wchar sys/types".split()


def _ints(promoted: bool, **names: str) -> list[Scalar]:
    return [Scalar(attr, c, "int", promoted=promoted) for attr, c in names.items()]


SMALL_INTS = _ints(
    False, schar="signed char", uchar="unsigned char", short="short", ushort="unsigned short",
    int8="int8_t", uint8="uint8_t", int16="int16_t", uint16="uint16_t",
)
INTS = _ints(
    True, int="int", uint="unsigned int", long="long", ulong="unsigned long",
    longlong="long long", ulonglong="unsigned long long",
    int32="int32_t", uint32="uint32_t", int64="int64_t", uint64="uint64_t",
    size_t="size_t", ssize_t="ssize_t", ptrdiff_t="ptrdiff_t", intptr_t="intptr_t",
    uintptr_t="uintptr_t", intmax_t="intmax_t", uintmax_t="uintmax_t",
)
INT128 = _ints(True, int128="__int128", uint128="unsigned __int128")
CHARS = [
    # Not every platform has <uchar.h>.
    Scalar("bool", "bool", "bool", promoted=False),
    Scalar("char", "char", "char", promoted=False),
    Scalar("char16_t", "__CHAR16_TYPE__", "wchar", promoted=False),
    Scalar("char32_t", "__CHAR32_TYPE__", "wchar"),
    Scalar("wchar_t", "wchar_t", "wchar", promoted=sys.platform != "win32"),     # of 16 bits there
]
FLOAT = Scalar("float", "float", "float", "float", promoted=False)
DOUBLE = Scalar("double", "double", "float", "double")
LONGDOUBLE = Scalar("longdouble", "long double", "float", "long double")
EXACT = Scalar("longdouble", "long double", "exact", "long double")
FLOATS = [FLOAT, DOUBLE, LONGDOUBLE]
COMPLEX = [
    Scalar("complex_float", "float _Complex", "complex", "float"),
    Scalar("complex_double", "double _Complex", "complex", "double"),
    Scalar("complex_longdouble", "long double _Complex", "complex", "long double"),
]
POINTERS = [
    Scalar("pointer", "void *", "address"),
    Scalar("ptr(double)", "double *", "pointer"),
]
# Lanes of a known width only: the generator must know how many make a vector.
LANES = {
    **{name: int(name.strip("uint")) // 8 for name in
       "int8 uint8 int16 uint16 int32 uint32 int64 uint64".split()},
    "float": 4, "double": 8,
}
ALL = [*SMALL_INTS, *INTS, *INT128, *CHARS, *FLOATS, *COMPLEX, *POINTERS]
BY_ATTR = {scalar.attr: scalar for scalar in ALL}
