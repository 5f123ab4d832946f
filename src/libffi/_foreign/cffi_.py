"""cffi's types as ours, and what its cdata hold; both of cffi's own backend and of libffi.compat.cffi."""
import sys
from enum import IntEnum
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from libffi import CIF, Type, c
from libffi._ffi import _view
from libffi._foreign.placing import Place, place

_PRIMITIVES: dict[str, Type] = {
    "_Bool": c.bool, "char": c.char, "signed char": c.schar, "unsigned char": c.uchar, "short": c.short,
    "unsigned short": c.ushort, "int": c.int, "unsigned int": c.uint, "long": c.long, "unsigned long": c.ulong,
    "long long": c.longlong, "unsigned long long": c.ulonglong, "float": c.float, "double": c.double,
    "long double": c.longdouble, "_cffi_float_complex_t": c.complex_float, "_cffi_double_complex_t": c.complex_double,
}
_known: "WeakKeyDictionary[Any, Type]" = WeakKeyDictionary()


BACKENDS = ("_cffi_backend", "libffi.compat.cffi._cdata")


def _backend(what: Any) -> Any:
    """Return the module of cffi's functions for a ctype or cdata."""
    module: Any = sys.modules[type(what).__module__]
    return module if isinstance(module, ModuleType) else module._original()     # libffi.compat.cffi stands there


def from_cffi(ctype: Any) -> Type:
    """Return the C type that is meant; see `libffi.c.from_cffi`."""
    if type(ctype).__name__ != "CType" or type(ctype).__module__ not in BACKENDS:
        raise TypeError(f"c.from_cffi(): expected a ctype, as ffi.typeof() gives, got {ctype!r}")
    return _converted(ctype, {})


def _converted(ctype: Any, begun: dict[Any, Type | None]) -> Type:
    """Convert a type; `begun` are the structs around it, with the incomplete type of those that were pointed to."""
    known = _known.get(ctype)
    if known is not None:
        return known
    kind = ctype.kind
    if kind == "primitive":
        made = _primitive(ctype)
    elif kind == "void":
        made = c.void
    elif kind == "pointer":
        made = c.ptr(_pointee(ctype.item, begun))
    elif kind == "array":
        made = c.array(_converted(ctype.item, begun), ctype.length or 0)
    elif kind == "enum":
        made = _enumeration(ctype)
    elif kind == "function":
        types: list[Any] = [_converted(argument, begun) for argument in ctype.args]
        made = c.func(CIF(_converted(ctype.result, begun), [*types, ...] if ctype.ellipsis else types, abi=ctype.abi))
    else:
        made = _aggregate(ctype, begun)
    if not begun:                               # or it may hold what is not complete yet
        _known[ctype] = made
    return made


def _primitive(ctype: Any) -> Type:
    made = _PRIMITIVES.get(ctype.cname) or getattr(c, ctype.cname, None)
    return made if isinstance(made, Type) else _integer(ctype)


def _integer(ctype: Any) -> Type:
    backend = _backend(ctype)
    signed = int(backend.cast(ctype, -1)) < 0
    made: Type = getattr(c, f"{'' if signed else 'u'}int{8 * backend.sizeof(ctype)}")
    return made


def _enumeration(ctype: Any) -> Type:
    make: Any = IntEnum
    members = make(_name(ctype), ctype.relements)
    return c.enum(members, _integer(ctype))


def _pointee(ctype: Any, begun: dict[Any, Type | None]) -> Type:
    if ctype in begun:                          # the struct that is being converted
        opaque = begun[ctype]
        if opaque is None:
            opaque = begun[ctype] = _incomplete(ctype)
        return opaque
    return _converted(ctype, begun)


def _incomplete(ctype: Any) -> Type:
    return (c.union if ctype.kind == "union" else c.struct)(_name(ctype))


def _name(ctype: Any) -> str:
    name: str = ctype.cname.rpartition(" ")[2]
    return "" if name.startswith("$") else name


def _aggregate(ctype: Any, begun: dict[Any, Type | None]) -> Type:
    fields = ctype.fields
    if fields is None:
        return _incomplete(ctype)
    begun[ctype] = None
    try:
        places = [_place(name, field, begun) for name, field in fields]
        opaque = begun[ctype]
    finally:
        del begun[ctype]
    definition = place(_name(ctype), places, _backend(ctype).sizeof(ctype), is_union=ctype.kind == "union")
    if opaque is None:
        return definition.make(_name(ctype))
    definition.complete(opaque)
    return opaque


def _place(name: str, field: Any, begun: dict[Any, Type | None]) -> Place:
    made = _converted(field.type, begun)
    if field.bitsize >= 0:
        return Place(name, c.bits(made, field.bitsize), field.offset * 8 + field.bitshift)
    return Place(name or None, made, field.offset)


# ---- cdata ----

def stand_in(T: Type | None, value: Any) -> object:
    """Return what cdata is in our terms: a number, a pointer, a function, memory."""
    backend = _backend(value)
    if not isinstance(value, backend._get_types()[0]):
        return None
    ctype = backend.typeof(value)
    if ctype.kind in ("struct", "union"):
        have = from_cffi(ctype)
        pointer = backend.rawaddressof(backend.new_pointer_type(ctype), value, 0)
        is_pointer = T is not None and T.kind in ("pointer", "string", "bytes", "wstring")
        return _view(c.ptr(have) if is_pointer else have, _address(pointer), value)
    if ctype.kind == "array":
        return _view(c.array(from_cffi(ctype.item), len(value)), _address(value), value)
    if ctype.kind in ("pointer", "function"):
        return _view(from_cffi(ctype), _address(value), value)
    have = from_cffi(ctype)
    if have.kind in ("char", "wchar"):
        return have(backend.string(value))
    if ctype.kind == "enum" or have.kind in ("bool", "signed", "unsigned"):
        return have(int(value))
    return have(complex(value) if have.kind == "complex" else float(value))


def _address(value: Any) -> int:
    backend = _backend(value)
    return int(backend.cast(backend.new_primitive_type("uintptr_t"), value))
