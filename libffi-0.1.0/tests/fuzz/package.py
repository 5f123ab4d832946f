"""The generator's types and values, as the package under test has them."""
from __future__ import annotations

import functools
import platform
import sys
from collections.abc import Callable
from typing import Any

import libffi
from libffi import c

from . import scalars
from .abi import Abi
from .bench import Bench, Mismatch
from .generate import unusual, without_size
from .model import Array, CType, Record, Scalar, Signature, Vector, walk
from .values import Values

PLAIN = ("int", "double")  # what a bare Python number means behind `...`


@functools.cache
def build(type: CType) -> libffi.Type:
    """Return the libffi.Type of a generated type."""
    match type:
        case Scalar(family="exact"):
            return c.exact(c.longdouble)
        case Scalar(family="pointer"):
            return c.ptr(c.double)
        case Scalar():
            return getattr(c, type.attr)
        case Array():
            return c.array(build(type.item), type.length)
        case Vector():
            return c.vector(build(type.item), type.lanes)
        case Record():
            make = c.union if type.union else c.struct
            options = {"_pack_": type.pack, "_align_": type.align}
            members = [(name, build(member)) for name, member in type.members]
            if not members:
                empty = make(type.tag)
                empty.define()
                return empty
            return make(type.tag, members, **{k: v for k, v in options.items() if v})


def make_cif(
    signature: Signature, abi: Abi, refused: Callable[[Exception], None] = lambda error: None
) -> libffi.CIF | None:
    """Return the CIF, or None where the package may and does refuse a type by value; hand on why."""
    args: list[Any] = [build(type) for type in signature.args[:signature.fixed]]
    if signature.variadic:
        args.append(...)
    result = build(signature.result) if signature.result else c.void
    try:
        return libffi.CIF(result, args, abi=libffi.ABI[abi.name])
    except libffi.BadTypedef as error:
        if may_refuse(signature, abi):
            refused(error)
            return None
        raise


def may_refuse(signature: Signature, abi: Abi) -> bool:
    """Tell whether libffi cannot describe, and the package may refuse, one of these types by value."""
    if abi.name in ("FASTCALL", "THISCALL") and any(isinstance(type, Record) for type in signature.args):
        return True
    if platform.machine() == "aarch64" and any(
        isinstance(type, Record) and any(isinstance(inner, Vector) or inner in scalars.INT128 for inner in walk(type))
        for type in signature.args
    ):
        return True
    parts = walk if sys.platform == "win32" else members    # Microsoft's compiler has no structs without size
    if any(without_size(part) for type in signature.types() for part in parts(type)):
        return True
    return any(map(unusual, signature.types())) or (abi.name != "DEFAULT" and any(
        isinstance(type, Vector) or isinstance(type, Scalar) and type.family == "complex"
        or isinstance(type, Scalar) and type.attr.endswith("int128") for type in signature.types()
    ))


def members(type: CType) -> list[CType]:
    """Return the types of what it is made of."""
    return [inner for inner in walk(type) if inner is not type]


def takes_raw(signature: Signature) -> bool:
    """Tell whether libffi's raw API is there and has all arguments by value: it refuses the others."""
    return libffi.features()["raw_api"] and all(
        isinstance(type, Scalar) and type.family != "complex" for type in signature.args)


def check_layout(bench: Bench, type: CType) -> None:
    """Compare a type's size, alignment and offsets with the compiler's."""
    built, layouts = build(type), bench.layouts
    ours: list[int] = [built.size]
    gccs = [layouts.size(type)]
    if isinstance(type, Record):
        ours += [built.alignment, *built.offsets.values()]
        gccs += [layouts.alignment(type), *layouts.offsets(type)]
    if ours != gccs:
        raise Mismatch(f"layout of {type.declare('')}: the compiler has {gccs}, the package {ours}")


def memory(type: CType, data: bytearray) -> libffi.Memory:
    """Return the package's view of these bytes, which the caller keeps alive."""
    return build(type).at(libffi.addressof(data))


def value(type: CType, data: bytearray, values: Values, wild: bool) -> Any:
    """Return what to pass: plain Python where that says it all, else a view of the bytes."""
    if isinstance(type, Vector) or (wild or holds_union(type)) and not isinstance(type, Scalar):
        return memory(type, data)
    return values.python(type, data)


def typed(type: CType, data: bytearray, values: Values, wild: bool) -> Any:
    """Return what to pass behind `...`, where the value must tell its type."""
    plain = value(type, data, values, wild)
    if isinstance(type, Scalar):
        return plain if type.attr in PLAIN and not wild else build(type)(plain)
    return plain if isinstance(plain, libffi.Memory) else build(type).new(plain)


def arguments(
    signature: Signature, args: list[bytearray], values: Values, wild: bool
) -> list[Any]:
    fixed = len(args) if signature.fixed is None else signature.fixed
    return [
        (value if i < fixed else typed)(type, data, values, wild)
        for i, (type, data) in enumerate(zip(signature.args, args, strict=True))
    ]


def check_value(bench: Bench, values: Values, type: CType, data: bytes, got: Any, where: str) -> None:
    """Compare a Python value that the package made with the bytes it was made from."""
    if isinstance(type, Scalar):
        expected = values.significant(type, data)
        if (found := values.bytes(type, got)) != expected:
            raise Mismatch(f"{where} ({type.c}): expected {expected.hex(' ')}, got {found.hex(' ')}")
    else:
        size = bench.layouts.size(type)
        bench.check_bytes(type, data, libffi.string_at(libffi.addressof(got), size), where)


def holds_union(type: CType) -> bool:
    return any(isinstance(inner, Record) and inner.union for inner in walk(type))
