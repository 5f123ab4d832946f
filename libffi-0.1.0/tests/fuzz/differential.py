"""The package against C: layouts, calls in every way, closures."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libffi
import libffi._ffi
from libffi import c

from . import calls, closures, compiler, go, known_faults, package
from .abi import Abi
from .bench import Bench, Mismatch
from .generate import Features
from .model import Signature
from .tally import Tally
from .values import Values


def features() -> Features:
    """Return what compiler and libffi both have."""
    known = libffi._ffi.features()
    return Features(
        int128=bool(known["int128"]) and compiler.has_int128(),
        complex=bool(known["complex"]),
        vectors=bool(known["vectors"]) and compiler.has_vectors(),
    )


@contextmanager
def load(file: Path, signatures: list[Signature]) -> Iterator[Bench]:
    """Load a generated file through the package, for the length of a with statement."""
    with libffi.Library(str(file)) as library:

        def view(address: int, size: int) -> memoryview:
            return memoryview(c.array(c.uchar, size).at(address))

        yield Bench(signatures, library.symbol, view)


def check(bench: Bench, signature: Signature, abi: Abi, values: Values, tally: Tally) -> None:
    """Check one signature: layouts, calls, and a closure where C has such a thing."""
    for type in signature.types():
        package.check_layout(bench, type)
    cif = package.make_cif(signature, abi, tally.refuse)
    if cif is None:
        return
    with _forgiving(bench, signature, abi, tally):
        calls.check(bench, cif, signature, values)
    tally.calls += 1
    if signature.variadic:
        return
    with _forgiving(bench, signature, abi, tally):
        closures.check(bench, cif, signature, values)
        tally.closures += 1
        go.check(bench, cif, signature, values)


@contextmanager
def _forgiving(bench: Bench, signature: Signature, abi: Abi, tally: Tally) -> Iterator[None]:
    """Let pass what is libffi's own fault, or what the package refuses because of one."""
    try:
        yield
    except Mismatch:
        if not known_faults.excuse(signature, abi, bench.layouts):
            raise
        tally.excused += 1
    except libffi.BadTypedef as error:
        if not package.may_refuse(signature, abi):
            raise
        tally.refuse(error)
