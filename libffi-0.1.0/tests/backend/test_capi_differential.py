"""The C API against the C compiler: random signatures, called and called back byte for byte.

The signatures, C sources and oracles are those of tests/fuzz/; here the C API does what the package
does there, in this process.
"""
from __future__ import annotations

import sys

import pytest
from fuzz import batch, compiler, differential, known_faults, package, source
from fuzz.bench import Mismatch
from fuzz.calls import _trim
from fuzz.tally import Tally
from fuzz.values import Values
from helpers import extensions
from helpers.surroundings import shared_by_workers

import libffi
from libffi import CIF, BadTypedef, c

SEED, CHUNKS = 7041, 20
WORD = libffi.features()["pointer_size"]

pytestmark = pytest.mark.skipif(not compiler.command(), reason="needs a C compiler")


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    folder = shared_by_workers(tmp_path_factory)
    return extensions.load("capi_fuzz", extensions.build(folder, "capi_fuzz"))


def concrete(api, cif: CIF, signature) -> CIF:
    """Return the CIF of one call: the package's own makes variadic ones from the values."""
    if not cif.variadic:
        return cif
    types = [package.build(type) for type in signature.args]
    return api.cif_new(cif.restype, types, cif.nfixed, int(cif.abi))


def check_calls(api, bench, cif, signature, case):
    address = bench.symbol(f"f{signature.index}")
    ways = {"libffi_call()": lambda args: api.call("call", cif, address, args, 0),
            "libffi_invoke()": lambda args: api.call("invoke", cif, address, args, 1),
            "libffi_call_exchange()": lambda args: api.exchange(cif, address, args, -1),
            "libffi_invoke_exchange()": lambda args: api.exchange(cif, address, args, 1)}
    for way, call in ways.items():
        bench.prepare(case)
        data = call([bytes(part) for part in case.args])
        bench.check_args(signature, case, way)
        if signature.result is not None:
            bench.check_bytes(signature.result, case.result, _trim(signature.result, data, bench), f"{way}: result")


def widened(T, data):
    """Return the bytes of a closure's result: integers as wide as a word."""
    if T.size is None or T.size >= WORD or T.kind not in ("bool", "char", "wchar", "signed", "unsigned"):
        return data
    is_signed = T.kind == "signed" or (T.kind == "char" and libffi.features()["char_signed"])
    return int.from_bytes(data, sys.byteorder, signed=is_signed).to_bytes(WORD, sys.byteorder, signed=is_signed)


def check_closure(api, bench, cif, signature, case):
    """Let C call a C handler that answers with the bytes of the result."""
    answer = widened(cif.restype, bytes(case.result))
    keep, address = api.answerer(cif, answer)
    bench.prepare(case)
    CIF(c.void, [c.pointer]).bind(bench.symbol(f"g{signature.index}"))(address)
    calls, seen = api.seen(keep)
    if calls != 1:
        raise Mismatch(f"libffi_closure: called {calls} times")
    for i, (type, data, got) in enumerate(zip(signature.args, case.args, seen, strict=True)):
        bench.check_bytes(type, data, got, f"libffi_closure: argument {i + 1}")
    bench.check_result(signature, case, "libffi_closure")


def check(api, bench, signature, plan, values, tally):
    cif = package.make_cif(signature, plan.abi)
    if cif is None:
        tally.refused += 1
        return
    # A scalar of wild bytes is one that Python values have, structs are any bytes.
    case = bench.case(signature, values, True)
    try:
        check_calls(api, bench, concrete(api, cif, signature), signature, case)
        tally.calls += 1
        if not signature.variadic:
            check_closure(api, bench, cif, signature, case)
            tally.closures += 1
    except Mismatch as mismatch:
        if not known_faults.excuse(signature, plan.abi, bench.layouts):
            raise AssertionError(plan.explain(signature)) from mismatch
        tally.excused += 1
    except BadTypedef:
        if not package.may_refuse(signature, plan.abi):
            raise
        tally.refused += 1


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_signatures(api, tmp_path, chunk):
    """Each of 100 signatures is called in four ways, and called by C with a C handler."""
    plan, tally = batch.Plan(SEED), Tally()
    generator = plan.generator()
    start = chunk * batch.SIZE
    signatures = [generator.signature(index) for index in range(start, start + batch.SIZE)]
    file = compiler.build(source.file(signatures, plan.abi), tmp_path / "batch.so", batch.level(start))
    with differential.load(file, signatures) as bench:
        for signature in signatures:
            check(api, bench, signature, plan, Values(bench.layouts, generator.values(signature.index)), tally)
    assert tally.calls > 0.8 * batch.SIZE and tally.closures > 0.6 * batch.SIZE, tally
