"""ctypes' classes as our types, and what its objects hold; those of libffi.compat.ctypes are like them."""
import importlib
import sys
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from libffi import ABI, CIF, Type, c
from libffi._ffi import _has_members, _view
from libffi._foreign.placing import Place, place

# The package over a module that has the base of all instances, and the class of what byref() gives.
_PACKAGES = {"_ctypes": "ctypes", "builtins": "ctypes", "libffi.compat._ctypes": "libffi.compat.ctypes"}


class _Package:
    """One ctypes: what its classes are, and its functions."""

    def __init__(self, ctypes: Any) -> None:
        self.ctypes = ctypes
        self.data = ctypes.Structure.__mro__[1]         # the base of all instances
        self.reference = type(ctypes.byref(ctypes.c_int()))
        self.kinds = ((ctypes.Structure, "struct"), (ctypes.Union, "union"), (ctypes.Array, "array"),
                      (ctypes._Pointer, "pointer"), (ctypes.CFUNCTYPE(None).__mro__[1], "function"),
                      (ctypes.c_int.__mro__[1], "scalar"))


_packages: dict[type, _Package] = {}            # by these two classes


def _package_of(cls: Any) -> _Package | None:
    for base in getattr(cls, "__mro__", ()):
        if base in _packages:
            return _packages[base]
        if base.__name__ in ("_CData", "CArgObject") and base.__module__ in _PACKAGES:
            package = _Package(importlib.import_module(_PACKAGES[base.__module__]))
            if base in (package.data, package.reference):
                return _packages.setdefault(package.data, _packages.setdefault(package.reference, package))
    return None


def _kind(cls: Any) -> str:
    """Return of what kind a class is: struct, union, array, pointer, function, scalar, or nothing."""
    package = _package_of(cls)
    for base, kind in package.kinds if package else ():
        if issubclass(cls, base):
            return kind
    return ""

_CODES: dict[str, Type] = {
    "?": c.bool, "c": c.char, "b": c.schar, "B": c.uchar, "h": c.short, "H": c.ushort, "i": c.int, "I": c.uint,
    "l": c.long, "L": c.ulong, "q": c.longlong, "Q": c.ulonglong, "f": c.float, "d": c.double, "g": c.longdouble,
    "u": c.wchar_t, "P": c.pointer, "z": c.bytes, "Z": c.wstring,
    "F": c.complex_float, "D": c.complex_double, "G": c.complex_longdouble,
}
_STDCALL = 0                                    # in `_flags_`, where the bit of the C convention is not set
_known: "WeakKeyDictionary[type, Type]" = WeakKeyDictionary()


def from_ctypes(cls: Any) -> Type:
    """Return the C type that is meant; see `libffi.c.from_ctypes`."""
    if not isinstance(cls, type) or not _kind(cls):
        raise TypeError(f"c.from_ctypes(): expected a class of ctypes', got {cls!r}")
    return _converted(cls, {})


def _converted(cls: Any, begun: dict[type, Type | None]) -> Type:
    """Convert a class; `begun` are the structures around it, with the incomplete type of those that were pointed to."""
    known = _known.get(cls)
    if known is not None:
        return known
    kind = _kind(cls)
    if kind in ("struct", "union"):
        made = _aggregate(cls, begun)
    elif kind == "array":
        made = c.array(_converted(cls._type_, begun), cls._length_)
    elif kind == "pointer":
        made = c.ptr(_pointee(getattr(cls, "_type_", None), begun))
    elif kind == "function":
        made = c.func(_signature(cls, getattr(cls, "_restype_", None), getattr(cls, "_argtypes_", ()), begun))
    else:
        made = _scalar(cls)
    if not begun:                               # or it may hold what is not complete yet
        _known[cls] = made
    return made


def _scalar(cls: Any) -> Type:
    made = _CODES.get(getattr(cls, "_type_", ""))
    if made is None:
        raise TypeError(f"c.from_ctypes(): C has no type for {cls.__name__}")
    other = getattr(cls, "__ctype_le__" if sys.byteorder == "big" else "__ctype_be__", None)
    if other is cls and made.size > 1:
        return c.little(made) if sys.byteorder == "big" else c.big(made)
    return made


def _pointee(cls: Any, begun: dict[type, Type | None]) -> Type:
    if cls is None:
        raise TypeError("c.from_ctypes(): a pointer whose _type_ is not set")
    if cls in begun:                            # the structure that is being converted
        opaque = begun[cls]
        if opaque is None:
            opaque = begun[cls] = _incomplete(cls)
        return opaque
    if _kind(cls) in ("struct", "union") and not _is_defined(cls):
        return _incomplete(cls)
    return _converted(cls, begun)


def _incomplete(cls: Any) -> Type:
    made: Type = (c.union if _kind(cls) == "union" else c.struct)(cls.__name__)
    return made


def _is_defined(cls: Any) -> bool:
    return any("_fields_" in vars(base) for base in cls.__mro__)


def _signature(what: Any, restype: Any, argtypes: Any, begun: dict[type, Type | None]) -> CIF:
    if restype is not None and not _kind(restype):
        raise TypeError(f"c.from_ctypes(): the result of {what} is a callable, no type")
    flags = getattr(what, "_flags_", None)
    abi = ABI["STDCALL"] if flags is not None and flags & 1 == _STDCALL and "STDCALL" in ABI.__members__ else None
    result = c.void if restype is None else _converted(restype, begun)
    return CIF(result, [_converted(argument, begun) for argument in argtypes], abi=abi)


def _aggregate(cls: Any, begun: dict[type, Type | None]) -> Type:
    if cls in begun:
        raise TypeError(f"c.from_ctypes(): {cls.__name__} contains itself")
    if not _is_defined(cls):
        raise TypeError(f"c.from_ctypes(): {cls.__name__} has no _fields_ yet")
    begun[cls] = None
    try:
        places = list(_places(cls, begun))
        opaque = begun[cls]
    finally:
        del begun[cls]
    package = _package_of(cls)
    assert package is not None
    definition = place(cls.__name__, places, package.ctypes.sizeof(cls), is_union=_kind(cls) == "union",
                       byteorder=_byte_order(cls))
    if opaque is None:
        return definition.make(cls.__name__)
    definition.complete(opaque)
    return opaque


def _byte_order(cls: Any) -> str | None:
    if not hasattr(cls, "_swappedbytes_"):
        return None
    return "little" if sys.byteorder == "big" else "big"


def _places(cls: Any, begun: dict[type, Type | None]) -> Iterator[Place]:
    base = cls.__mro__[1]
    if _kind(base) in ("struct", "union") and _is_defined(base):
        if _kind(base) == "union":
            yield from _places(base, begun)     # members of one union
        else:
            yield Place(None, _converted(base, begun), 0)
    nameless = vars(cls).get("_anonymous_", ())
    for name, item, *width in vars(cls).get("_fields_", ()):
        made = _converted(item, begun)
        if width:
            yield Place(name, c.bits(made, width[0]), _first_bit(cls, vars(cls)[name]))
        else:
            anonymous = name in nameless and made.kind in ("struct", "union")
            yield Place(None if anonymous else name, made, vars(cls)[name].offset)


def _first_bit(cls: Any, field: Any) -> int | None:
    """Return where a bit-field begins, or None where ctypes counts from the other end."""
    if sys.byteorder == "big" or hasattr(cls, "_swappedbytes_"):
        return None
    bit: int = getattr(field, "bit_offset", field.size & 0xFFFF)
    offset: int = field.offset
    return offset * 8 + bit


# ---- objects ----

def stand_in(T: Type | None, value: Any) -> object:
    """Return what an object is in our terms, where a T is wanted (None: any): a number, a pointer, memory.

    None: it is storage, which the core finds by the buffer protocol, or nothing that C has.
    """
    wants_pointer = T is not None and T.kind in _POINTERS
    package = _package_of(type(value))
    if package is None:
        return None
    ctypes, kind = package.ctypes, _kind(type(value))
    if isinstance(value, package.reference):
        owner = value._obj
        try:
            address = ctypes.cast(value, ctypes.c_void_p).value or 0
        except ctypes.ArgumentError:        # there is nothing else that a byref() can be refused for
            raise MemoryError from None
        target: Type = c.void
        if address == ctypes.addressof(owner):
            alike = T is not None and T.kind == "pointer" and _is_alike(T.item, type(owner))
            target = T.item if alike else from_ctypes(type(owner))      # type: ignore[union-attr]
        return _view(c.ptr(target), address, value) if wants_pointer or T is None else None
    have: Type
    if kind == "function":
        have = c.pointer if value.argtypes is None else c.func(_signature(value, value.restype, value.argtypes, {}))
    elif not kind or (kind == "scalar" and value._type_ not in _CODES):
        return None
    else:
        have = T if T is not None and _is_alike(T, type(value)) else from_ctypes(type(value))
    if have.kind not in _POINTERS:
        if wants_pointer:
            return None
        return _view(have, ctypes.addressof(value), (value, _kept(value))) if kind != "scalar" else have(value.value)
    if wants_pointer and _depth(T) == _depth(have) + 1:
        assert T is not None
        if T.kind == "pointer" and T.item is not None and _is_alike(T.item, type(value)):
            have = T.item
        return _view(c.ptr(have), ctypes.addressof(value), value)
    if not wants_pointer and T is not None:
        return None
    if have.kind in ("string", "bytes", "wstring"):
        have = c.ptr(have.item, const=True)
    # Not ctypes.cast(): it refuses a simple type of the user's, and an ArgumentError is what it makes of a MemoryError.
    return _view(have, ctypes.c_void_p.from_buffer(value).value or 0, (value, _kept(value)))


_POINTERS = ("pointer", "string", "bytes", "wstring", "function")


def _is_alike(T: Type | None, cls: Any) -> bool:
    """Say whether a class is a T by its members, or a pointer to one: ctypes' names are Python's, and no tags."""
    while T is not None and T.kind == "pointer" and _kind(cls) == "pointer":
        T, cls = T.item, getattr(cls, "_type_", object)
    return T is not None and T.kind in ("struct", "union") and T.size is not None and _has_members(T, cls)


def _depth(T: Type | None) -> int:
    """Return how often one follows a pointer before what is there is none."""
    depth = 0
    while T is not None and T.kind in _POINTERS:
        T = T.item
        depth += 1
    return depth


def _kept(value: Any) -> object:
    """Return what an object keeps alive now: another time it may be something else."""
    kept = value._objects
    return tuple(kept.values()) if isinstance(kept, dict) else kept
