"""The C that is written for signatures: a recording function and a caller for each."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import layout, scalars
from .abi import Abi
from .model import Array, CType, Record, Scalar, Signature, Vector

ROOM = 1 << 16

COMMON = "\n".join(f"#include <{header}.h>" for header in scalars.HEADERS) + f"""

/* What the caller passes, what the function returns, what the function and the caller received. */
_Alignas(64) unsigned char fz_in[{ROOM}], fz_ret[{ROOM}], fz_rec[{ROOM}], fz_out[{ROOM}];
static unsigned char *at;

/* Which NaNs are quiet: on old mips those without the bit that says so elsewhere. */
const double fz_nan = __builtin_nan("");

/* Of x87's long double ten bytes carry the value, the rest is padding. */
#define LD_BYTES (__LDBL_MANT_DIG__ == 64 ? 10 : sizeof(long double))
#define PUT_BYTES(x, n) (memcpy(at, &(x), n), at += (n))
#define PUT(x) PUT_BYTES(x, sizeof(x))
#define PUT_LD(x) PUT_BYTES(x, LD_BYTES)
#define PUT_LDC(x) (PUT_LD(__real__ x), PUT_LD(__imag__ x))
"""


def file(signatures: list[Signature], abi: Abi) -> str:
    """Write the whole file for these signatures."""
    vectors = {t.define() for s in signatures for t in s.types() if isinstance(t, Vector)}
    records = [record for s in signatures for record in s.records]
    rows = ",\n    ".join(layout.table(records))
    return "\n".join([
        COMMON, *sorted(vectors), "",
        *(functions(signature, abi) for signature in signatures),
        f"const unsigned fz_layout[] = {{\n    {rows}\n}};",
        "const unsigned fz_layout_size = sizeof fz_layout;\n",
    ])


def functions(signature: Signature, abi: Abi) -> str:
    """Write the types, the recording function f and the caller g of one signature."""
    lines = [f"/* {signature} */", *(record.define() for record in signature.records)]
    return "\n".join([*lines, *_callee(signature, abi), *_caller(signature, abi)]) + "\n"


def _callee(signature: Signature, abi: Abi) -> Iterator[str]:
    index, fixed = signature.index, signature.fixed
    named = [f"a{i}" for i in range(len(signature.args))][:fixed]
    yield f"{_head(signature, abi, f'f{index}', named)}\n{{"
    yield "    at = fz_rec;"
    if fixed is not None:
        yield f"    {abi.va}_list ap;\n    {abi.va}_start(ap, {named[-1]});"
    for i, type in enumerate(signature.args):
        if fixed is not None and i >= fixed:
            yield f"    {type.declare(f'a{i}')} = __builtin_va_arg(ap, {type.c});"
        yield from (f"    {line}" for line in record(type, f"a{i}"))
    if fixed is not None:
        yield f"    {abi.va}_end(ap);"
    if signature.result is not None:
        yield f"    {signature.result.declare('r')};"
        yield "    memcpy(&r, fz_ret, sizeof r);\n    return r;"
    yield "}"


def _caller(signature: Signature, abi: Abi) -> Iterator[str]:
    yield f"void g{signature.index}({_head(signature, abi, '(*fn)')})\n{{"
    if signature.args:
        yield "    unsigned char *in = fz_in;"
    for i, type in enumerate(signature.args):
        yield f"    {type.declare(f'a{i}')};"
        yield f"    memcpy(&a{i}, in, sizeof a{i}); in += sizeof a{i};"
    call = f"fn({', '.join(f'a{i}' for i in range(len(signature.args)))})"
    if signature.result is None:
        yield f"    {call};"
    else:
        yield f"    {signature.result.declare('r')} = {call};\n    at = fz_out;"
        yield from (f"    {line}" for line in record(signature.result, "r"))
    yield "}"


def _head(signature: Signature, abi: Abi, name: str, args: Iterable[str] = ()) -> str:
    result, fixed = signature.result, signature.fixed
    names = list(args) or [""] * len(signature.args[:fixed])
    params = [type.declare(name) for type, name in zip(signature.args, names, strict=False)]
    if fixed is not None:
        params.append("...")
    # The attribute stands inside the parentheses of a pointer to function: R (ATTR *fn)(...).
    name = name.replace("(", f"({abi.attr} ") if name.startswith("(") else f"{abi.attr} {name}"
    return f"{result.declare('') if result else 'void '}{name}({', '.join(params) or 'void'})"


def record(type: CType, path: str) -> Iterator[str]:
    match type:
        case Scalar(part="long double", family="complex"):
            yield f"PUT_LDC({path});"
        case Scalar(part="long double"):
            yield f"PUT_LD({path});"
        case Array(item=Scalar(part=part)) if part != "long double":
            yield f"PUT({path});"
        case Array():
            for i in range(type.length):
                yield from record(type.item, f"{path}[{i}]")
        case Record():
            for name, member in type.members:
                yield from record(member, f"{path}.{name}")
        case _:
            yield f"PUT({path});"
