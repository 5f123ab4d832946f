"""C against C, without the package: shows that the generated code and its expectations are right."""
from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import compiler
from .abi import Abi
from .bench import Bench
from .generate import Features
from .model import Signature
from .tally import Tally
from .values import Values


def features() -> Features:
    return Features(compiler.has_int128(), True, compiler.has_vectors())


@contextmanager
def load(file: Path, signatures: list[Signature]) -> Iterator[Bench]:
    """Load a generated file through ctypes, which here serves as a plain dlopen."""
    library = ctypes.CDLL(str(file))

    def symbol(name: str) -> int:
        return ctypes.addressof(ctypes.c_char.in_dll(library, name))

    def view(address: int, size: int) -> memoryview:
        return memoryview((ctypes.c_ubyte * size).from_address(address)).cast("B")

    yield Bench(signatures, symbol, view)


def check(bench: Bench, signature: Signature, abi: Abi, values: Values, tally: Tally) -> None:
    """Let the C caller call the C function, and compare what both recorded."""
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(bench.symbol(f"g{signature.index}"))
    for wild in True, False:
        case = bench.case(signature, values, wild)
        bench.prepare(case)
        call(bench.symbol(f"f{signature.index}"))
        bench.check_args(signature, case, "C to C")
        bench.check_result(signature, case, "C to C")
    tally.calls += 1
