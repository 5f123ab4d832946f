"""C calls Python: a closure of every signature, called by C code."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from libffi import CIF, c

from . import package
from .bench import Bench, Case, Mismatch
from .model import Signature
from .values import Values


def check(bench: Bench, cif: CIF, signature: Signature, values: Values) -> None:
    """Let C call a closure, with wild bytes and with Python values as the result."""
    # Every fourth signature through the raw API, where libffi has it.
    make = cif.raw_closure if signature.index % 4 == 3 and package.takes_raw(signature) else cif.closure
    call = CIF(c.void, [c.pointer]).bind(bench.symbol(f"g{signature.index}"), "g")
    for wild in True, False:
        case = bench.case(signature, values, wild)
        callback, calls = checking_callback(bench, signature, values, case, wild)
        bench.prepare(case)
        with make(callback) as made:
            call(made)
        check_called(calls, "closure")
        bench.check_result(signature, case, "closure")


def checking_callback(
    bench: Bench, signature: Signature, values: Values, case: Case, wild: bool
) -> tuple[Callable[..., Any], list[None]]:
    """Return a callable that checks what it gets, and a list that grows with each call."""
    calls: list[None] = []

    def callback(*args: Any) -> Any:
        calls.append(None)
        if len(args) != len(case.args):
            raise Mismatch(f"closure: {len(args)} arguments instead of {len(case.args)}")
        for i, (type, data, got) in enumerate(zip(signature.args, case.args, args, strict=True)):
            package.check_value(bench, values, type, data, got, f"closure: argument {i + 1}")
        if signature.result is not None:
            return package.value(signature.result, case.result, values, wild)

    return callback, calls


def check_called(calls: list[None], what: str) -> None:
    if len(calls) != 1:
        raise Mismatch(f"the {what} was called {len(calls)} times")
