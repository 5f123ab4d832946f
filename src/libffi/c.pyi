# The scalars by the Python value that reading gives; see _ffi.pyi. What C writes `int` is a name of this
# module, hence Python's own come from builtins.
import builtins
from typing import TypeAlias

from ._ffi import (
    Pointer,
    Type,
    Value,
    _Boolean,
    _Letter,
    array,
    big,
    bits,
    enum,
    exact,
    func,
    inout,
    little,
    out,
    ptr,
    ref,
    struct,
    union,
    vector,
    wrap,
)
from .annotations import Address, Character, Complex, Floating, Integer, Text, WideText

_Int: TypeAlias = Type[builtins.int, Integer]
_Str: TypeAlias = Type[builtins.str, _Letter]
_Float: TypeAlias = Type[builtins.float, Floating]
_Complex: TypeAlias = Type[builtins.complex, Complex]

__all__ = [
    "array", "big", "bits", "bool", "bytes", "char", "char16_t", "char32_t", "complex_double", "complex_float",
    "complex_longdouble", "double", "enum", "exact", "float", "func", "inout", "int", "int128", "int16", "int32",
    "int64", "int8", "intmax_t", "intptr_t", "little", "long", "longdouble", "longlong", "out", "pointer", "ptr",
    "ptrdiff_t", "ref", "schar", "short", "sint16", "sint32", "sint64", "sint8", "size_t", "ssize_t", "string",
    "struct", "uchar", "uint", "uint128", "uint16", "uint32", "uint64", "uint8", "uintmax_t", "uintptr_t", "ulong",
    "ulonglong", "union", "ushort", "va_list", "vector", "void", "wchar_t", "wrap", "wstring",
]

void: Type[None]
va_list: Type
bool: Type[builtins.bool, _Boolean]

char: Type[builtins.bytes, Character]
wchar_t: _Str
char16_t: _Str
char32_t: _Str

schar: _Int
uchar: _Int
short: _Int
ushort: _Int
int: _Int
uint: _Int
long: _Int
ulong: _Int
longlong: _Int
ulonglong: _Int

int8: _Int
int16: _Int
int32: _Int
int64: _Int
int128: _Int
uint8: _Int
uint16: _Int
uint32: _Int
uint64: _Int
uint128: _Int
sint8: _Int
sint16: _Int
sint32: _Int
sint64: _Int

size_t: _Int
ssize_t: _Int
ptrdiff_t: _Int
intptr_t: _Int
uintptr_t: _Int
intmax_t: _Int
uintmax_t: _Int

float: _Float
double: _Float
longdouble: _Float
complex_float: _Complex
complex_double: _Complex
complex_longdouble: _Complex

pointer: Type[Pointer[None] | None, Address]
string: Type[builtins.str | None, Text | Value[builtins.str | None]]
bytes: Type[builtins.bytes | None, Text | Value[builtins.bytes | None]]
wstring: Type[builtins.str | None, WideText | Value[builtins.str | None]]
