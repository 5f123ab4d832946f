"""Go closures: C has no spelling for a call of one, so the package calls itself."""
from __future__ import annotations

from libffi import CIF
from libffi._ffi import features

from . import package
from .bench import Bench
from .closures import check_called, checking_callback
from .model import Signature
from .values import Values


def check(bench: Bench, cif: CIF, signature: Signature, values: Values) -> None:
    """Call a Go closure of every fourth signature, where libffi has them."""
    if signature.variadic or signature.index % 4 != 2 or not features()["go_closures"]:
        return
    case = bench.case(signature, values, wild=True)
    callback, calls = checking_callback(bench, signature, values, case, wild=True)
    with cif.go_closure(callback) as made:
        got = cif.call_go(made, *package.arguments(signature, case.args, values, wild=True))
    check_called(calls, "Go closure")
    if signature.result is not None:
        package.check_value(bench, values, signature.result, case.result, got, "Go closure: result")
