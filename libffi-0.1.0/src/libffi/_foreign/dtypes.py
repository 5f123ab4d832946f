"""NumPy's dtypes for our types, and our types for its dtypes."""
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from libffi import Type, c
from libffi._ffi import _bytes_of_bits
from libffi._foreign.placing import PADDING, Place, place

_SCALARS = {"bool": "?", "char": "S1", "float": "f", "complex": "c", "signed": "i", "unsigned": "u"}
_known: "WeakKeyDictionary[Type, np.dtype[Any]]" = WeakKeyDictionary()


class Member(NamedTuple):
    """One of a struct's members, as NumPy sees them."""

    name: str
    dtype: "np.dtype[Any]"
    offset: int


def dtype_of(T: Type) -> "np.dtype[Any]":
    """Return the dtype of a type's values; TypeError where NumPy has none."""
    known = _known.get(T)
    if known is None:
        known = _known[T] = _make_dtype(T)
    return known


def _make_dtype(T: Type) -> "np.dtype[Any]":
    kind = T.kind
    if T.size is None:
        raise TypeError(f"{T} is incomplete: it has no dtype")
    if kind in ("pointer", "string", "bytes", "wstring", "function"):
        return np.dtype(np.uintp)
    if kind == "enum":
        return dtype_of(T.item)
    if kind == "swapped":
        return dtype_of(T.item).newbyteorder()
    if kind == "array":
        item = dtype_of(T.item)
        base, shape = item.subdtype or (item, ())
        return np.dtype((base, (T.length, *shape)))
    if kind == "vector":
        return np.dtype((dtype_of(T.item), (T.size // T.item.size,)))
    if kind in ("struct", "union"):
        return _structured(T)
    if kind == "wchar":
        return np.dtype("U1" if T.size == 4 else np.uint16)
    if T in (c.longdouble, c.exact(c.longdouble)):
        return np.dtype(np.longdouble)
    if T is c.complex_longdouble:
        return np.dtype(np.clongdouble)
    if kind not in _SCALARS or T.size > 16 or (kind in ("signed", "unsigned") and T.size > 8):
        raise TypeError(f"{T} has no dtype: NumPy has nothing of the kind")
    code = _SCALARS[kind]
    return np.dtype(code if kind in ("bool", "char") else f"{code}{T.size}")


def _structured(T: Type) -> "np.dtype[Any]":
    members = [Member(name, _of_member(T, name, item), T.offsets[name])
               for name, item in T.fields.items() if item.kind != "bits" and not name.startswith(PADDING)]
    members += _bit_fields(T)
    members.sort(key=lambda member: member.offset)
    aligned = T.size % T.alignment == 0 and all(
        member.offset % member.dtype.alignment == 0 and T.size % member.dtype.alignment == 0 for member in members)
    return np.dtype({
        "names": [member.name for member in members],
        "formats": [member.dtype for member in members],
        "offsets": [member.offset for member in members],
        "itemsize": T.size,
    }, align=aligned)


def _of_member(T: Type, name: str, item: Type) -> "np.dtype[Any]":
    try:
        return dtype_of(item)
    except TypeError as error:
        raise TypeError(f"{T}.{name}: {error}") from None


def _bit_fields(T: Type) -> list[Member]:
    """Return the bytes that bit-fields lie in."""
    return [Member(name, _integer(size, is_signed, T.byteorder), offset)
            for name, offset, size, is_signed in _bytes_of_bits(T)]


def _integer(size: int, is_signed: bool, byteorder: str) -> "np.dtype[Any]":
    if size not in (1, 2, 4, 8):
        return np.dtype(f"V{size}")
    return np.dtype(f"{'<' if byteorder == 'little' else '>'}{'i' if is_signed else 'u'}{size}")


# ---- and back ----

_C_TYPES: dict[str, Type] = {"b": c.bool, "i1": c.int8, "i2": c.int16, "i4": c.int32, "i8": c.int64, "u1": c.uint8,
                             "u2": c.uint16, "u4": c.uint32, "u8": c.uint64, "f4": c.float, "f8": c.double,
                             "c8": c.complex_float, "c16": c.complex_double}


def from_dtype(dtype: Any, name: str = "") -> Type:
    """Return the C type of what a dtype describes; see `libffi.c.from_dtype`."""
    found = np.dtype(dtype)
    if found.subdtype is not None:
        base, shape = found.subdtype
        made = from_dtype(base, name)
        for length in reversed(shape):
            made = c.array(made, length)
        return made
    if found.names is not None and found.fields is not None:
        places = [Place(field, from_dtype(found.fields[field][0]), found.fields[field][1]) for field in found.names]
        return place(name, places, found.itemsize).make(name)
    return _from_scalar(found)


def _from_scalar(dtype: "np.dtype[Any]") -> Type:
    kind, size = dtype.kind, dtype.itemsize
    made: Type
    if kind in "Mm":
        made = c.int64
    elif kind == "S":
        return c.char if size == 1 else c.array(c.char, size)
    elif kind == "V":
        return c.array(c.uint8, size)
    elif kind == "U":
        made = c.char32_t
    elif dtype.char in "gG":
        made = c.longdouble if dtype.char == "g" else c.complex_longdouble
    elif (known := _C_TYPES.get("b" if kind == "b" else f"{kind}{size}")) is not None:
        made = known
    else:
        raise TypeError(f"c.from_dtype(): C has no type for {dtype!r}")
    if not dtype.isnative:
        made = c.big(made) if np.little_endian else c.little(made)
    return c.array(made, size // 4) if kind == "U" and size != 4 else made
