"""Python calls C: every way the package has to call a function."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from libffi import CIF, c
from libffi._ffi import features

from . import package
from .bench import Bench, Case, Mismatch
from .model import CType, Scalar, Signature
from .values import Values

# Takes the bytes of the arguments, returns those of the result; None if it drops the result.
RawCall = Callable[[list[bytearray]], bytes | None]


def check(bench: Bench, cif: CIF, signature: Signature, values: Values) -> None:
    """Call the C function in every way, with wild bytes and with Python values."""
    address = bench.symbol(f"f{signature.index}")
    for wild in True, False:
        case = bench.case(signature, values, wild)
        passed = [bytes(data) for data in case.args]
        _check_typed(bench, cif, address, signature, case, values, wild)
        if wild and not signature.variadic:
            _check_raw(bench, cif, address, signature, case)
        if passed != case.args:
            raise Mismatch("a call changed the bytes it was to pass by value")


def _check_typed(
    bench: Bench, cif: CIF, address: int, signature: Signature, case: Case, values: Values, wild: bool
) -> None:
    args = package.arguments(signature, case.args, values, wild)
    release = cif.bind(address, "f")
    hold = cif.bind(address, "f", gil="hold")
    ways: dict[str, Callable[..., Any]] = {
        "Function()": release,
        "Function.call()": release.call,
        'Function(), gil="hold"': hold,
        'Function.call(), gil="hold"': hold.call,
        "CIF.call()": partial(cif.call, address),
    }
    for way, call in ways.items():
        bench.prepare(case)
        got = call(*args)
        bench.check_args(signature, case, way)
        if signature.result is not None:
            package.check_value(bench, values, signature.result, case.result, got, f"{way}: result")
        elif got is not None:
            raise Mismatch(f"{way}: a void function gave {got!r}")


def _check_raw(bench: Bench, cif: CIF, address: int, signature: Signature, case: Case) -> None:
    for way, call in _raw_ways(cif, address, signature):
        bench.prepare(case)
        data = call(case.args)
        bench.check_args(signature, case, way)
        if signature.result is not None and data is not None:
            got = _trim(signature.result, data, bench)
            bench.check_bytes(signature.result, case.result, got, f"{way}: result")


def _raw_ways(cif: CIF, address: int, signature: Signature) -> Iterator[tuple[str, RawCall]]:
    """Yield the ways that take bytes, each at every fourth signature."""
    turn = signature.index % 4
    if turn == 0:
        yield "CIF.call_raw()", partial(_call_raw, cif, address)
        yield "CIF.call_raw() without result", partial(cif.call_raw, address, None)
    elif turn == 1:
        yield "CIF.call_exchange()", partial(_call_exchange, cif, address)
    elif turn == 2 and package.takes_raw(signature):
        yield "CIF.raw_call()", partial(_raw_call, cif, address)


def _call_raw(cif: CIF, address: int, args: list[bytearray]) -> bytes | None:
    result = _room(cif)
    cif.call_raw(address, result, args)
    return result


def _call_exchange(cif: CIF, address: int, args: list[bytearray]) -> bytes:
    block = bytearray(cif.exchange_size)
    result, *offsets = cif.exchange_offsets
    for offset, data in zip(offsets, args, strict=True):
        block[offset:offset + len(data)] = data
    cif.call_exchange(address, block)
    return block[result:]


def _raw_call(cif: CIF, address: int, args: list[bytearray]) -> bytes | None:
    result = _room(cif)
    cif.raw_call(address, result, cif.ptrarray_to_raw(args))
    return result


def _room(cif: CIF) -> bytearray | None:
    """Return room for a result, which is at least an ffi_arg wide."""
    return bytearray(max(cif.restype.size, 8)) if cif.restype is not c.void else None


def _trim(type: CType, data: bytes, bench: Bench) -> bytes:
    """Take a result out of its place, which is an ffi_arg's for small integers."""
    size = bench.layouts.size(type)
    word = features()["pointer_size"]
    small = isinstance(type, Scalar) and type.family not in ("float", "exact", "complex")
    if small and size < word and sys.byteorder == "big":
        return data[word - size:word]
    return data[:size]
