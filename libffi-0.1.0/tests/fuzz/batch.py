"""A run of signatures in one C file: written, compiled, loaded and checked in this process."""
from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from . import compiler, source
from .abi import DEFAULT, Abi
from .generate import Generator
from .model import Signature
from .tally import Tally
from .values import Values

SIZE = 100


@dataclass(frozen=True)
class Plan:
    """What is to be checked against what."""

    seed: int
    abi: Abi = DEFAULT
    c_only: bool = False

    def options(self) -> list[str]:
        """Return the plan as the command line says it."""
        words = ["--seed", str(self.seed)]
        words += ["--abi", self.abi.name] if self.abi.name != "DEFAULT" else []
        return words + (["--c-only"] if self.c_only else [])

    def checker(self) -> ModuleType:
        """Return the module that loads and checks; the package is imported only if it is tested."""
        return importlib.import_module(f".{'selfcheck' if self.c_only else 'differential'}", __package__)

    def generator(self) -> Generator:
        return Generator(self.seed, self.checker().features(), self.abi)

    def explain(self, signature: Signature) -> str:
        """Return signature, command and C source for the report of a failure."""
        words = ["python -m tests.fuzz", *self.options(), "--only", str(signature.index)]
        return "\n".join([
            f"signature {signature.index}: {signature}", f"    {' '.join(words)}",
            f"compiled with {level(signature.index)}:", source.functions(signature, self.abi),
        ])


def level(index: int) -> str:
    """Return the compiler's optimisation level, which changes from batch to batch."""
    return "-O2" if index // SIZE % 2 else "-O0"


def run(
    plan: Plan, indexes: range, folder: Path, tally: Tally, report: Callable[[str], None]
) -> Iterator[None]:
    """Check these signatures of one batch; yield before each, with its index in the tally."""
    checker, generator = plan.checker(), plan.generator()
    signatures = [generator.signature(index) for index in indexes]
    file = compiler.build(
        source.file(signatures, plan.abi), folder / f"batch{indexes.start}.so", level(indexes.start)
    )
    with checker.load(file, signatures) as bench:
        for signature in signatures:
            tally.index = signature.index
            yield
            values = Values(bench.layouts, generator.values(signature.index))
            try:
                checker.check(bench, signature, plan.abi, values, tally)
            except Exception:
                tally.failed += 1
                report(f"{traceback.format_exc()}\n{plan.explain(signature)}")
