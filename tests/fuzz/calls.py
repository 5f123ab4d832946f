"""Python calls C: every way the package has to call a function."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from libffi._ffi import features

from libffi import CIF, c

from . import package
from .bench import Bench, Case, Mismatch
from .model import CType, Scalar, Signature
from .values import Values


def check(bench: Bench, cif: CIF, signature: Signature, values: Values) -> None:
    """Call the C function in every way, with wild bytes and with Python values."""
    address = bench.symbol(f"f{signature.index}")
    for wild in True, False:
        case = bench.case(signature, values, wild)
        passed = [bytes(data) for data in case.args]
        args = package.arguments(signature, case.args, values, wild)
        for way, call in _typed_ways(cif, address):
            bench.prepare(case)
            got = call(*args)
            bench.check_args(signature, case, way)
            _check_result(bench, values, signature, case, got, way)
        if wild and not signature.variadic:
            for way, raw in _raw_ways(cif, address, signature.index % 4):
                bench.prepare(case)
                data = raw(case.args)
                bench.check_args(signature, case, way)
                if signature.result is not None:
                    data = _trim(signature.result, data, bench)
                    bench.check_bytes(signature.result, case.result, data, f"{way}: result")
        if passed != case.args:
            raise Mismatch("a call changed the bytes it was to pass by value")


def _typed_ways(cif: CIF, address: int) -> Iterator[tuple[str, Callable[..., Any]]]:
    release = cif.bind(address, "f")
    hold = cif.bind(address, "f", gil="hold")
    yield "Function()", release
    yield "Function.call()", release.call
    yield 'Function(), gil="hold"', hold
    yield 'Function.call(), gil="hold"', hold.call
    yield "CIF.call()", partial(cif.call, address)


def _raw_ways(
    cif: CIF, address: int, turn: int
) -> Iterator[tuple[str, Callable[[list[bytearray]], bytes]]]:
    """Yield the ways that take bytes, at every fourth signature each."""
    if turn == 0:
        yield "CIF.call_raw()", partial(_call_raw, cif, address)
    elif turn == 1:
        yield "CIF.call_exchange()", partial(_call_exchange, cif, address)
    elif turn == 2 and features()["raw_api"]:
        yield "CIF.raw_call()", partial(_raw_call, cif, address)


def _call_raw(cif: CIF, address: int, args: list[bytearray]) -> bytes:
    result = _result(cif)
    cif.call_raw(address, result, args)
    return result or b""


def _call_exchange(cif: CIF, address: int, args: list[bytearray]) -> bytes:
    block = bytearray(cif.exchange_size)
    result, *offsets = cif.exchange_offsets
    for offset, data in zip(offsets, args, strict=True):
        block[offset:offset + len(data)] = data
    cif.call_exchange(address, block)
    return block[result:]


def _raw_call(cif: CIF, address: int, args: list[bytearray]) -> bytes:
    result = _result(cif)
    cif.raw_call(address, result, cif.ptrarray_to_raw(args))
    return result or b""


def _result(cif: CIF) -> bytearray | None:
    return bytearray(max(cif.restype.size, 8)) if cif.restype is not c.void else None


def _trim(type: CType, data: bytes, bench: Bench) -> bytes:
    """Take a result out of its place, which is an ffi_arg's for small integers."""
    size = bench.layouts.size(type)
    word = features()["pointer_size"]
    small = isinstance(type, Scalar) and type.family not in ("float", "exact", "complex")
    if small and size < word and sys.byteorder == "big":
        return data[word - size:word]
    return data[:size]


def _check_result(
    bench: Bench, values: Values, signature: Signature, case: Case, got: Any, way: str
) -> None:
    if signature.result is not None:
        package.check_value(bench, values, signature.result, case.result, got, f"{way}: result")
    elif got is not None:
        raise Mismatch(f"{way}: a void function gave {got!r}")
