"""C calls Python: a closure of every signature, called by C code."""
from __future__ import annotations

from typing import Any

from libffi._ffi import features

from libffi import CIF, c

from . import package
from .bench import Bench
from .model import Signature
from .values import Values


def check(bench: Bench, cif: CIF, signature: Signature, values: Values) -> None:
    """Let C call a closure, with wild bytes and with Python values as the result."""
    call = CIF(c.void, [c.pointer]).bind(bench.symbol(f"g{signature.index}"), "g")
    # Every fourth signature through the raw API, where libffi has it.
    make = cif.raw_closure if features()["raw_api"] and signature.index % 4 == 3 else cif.closure
    for wild in True, False:
        case = bench.case(signature, values, wild)
        calls = 0

        def callback(*args: Any, case=case, wild=wild) -> Any:
            nonlocal calls
            calls += 1
            if len(args) != len(case.args):
                raise TypeError(f"{len(args)} arguments instead of {len(case.args)}")
            for i, (type, data, got) in enumerate(zip(signature.args, case.args, args, strict=True)):
                package.check_value(bench, values, type, data, got, f"closure: argument {i + 1}")
            if signature.result is not None:
                return package.value(signature.result, case.result, values, wild)

        bench.prepare(case)
        with make(callback) as made:
            call(made)
        if calls != 1:
            raise AssertionError(f"the closure was called {calls} times")
        bench.check_result(signature, case, "closure")
