"""Compare the conventions of 32-bit Windows with clang's, in C: no CPython of 32 bits can be had from PyPI."""
from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .steps import StepFailed, run
from .windows_wheel import Machine
from .wine import Wine
from .zig import Zig

REPOSITORY = Path(__file__).resolve().parents[2]
CONVENTIONS = "DEFAULT", "STDCALL", "FASTCALL", "THISCALL"


def check(zig: Zig, machine: Machine, prefix: Path, wine: Wine, count: int, log: Path) -> Iterator[str]:
    """Call random signatures by each, and have them called, under Wine."""
    for convention in CONVENTIONS:
        source, program = wine.work / f"{convention}.c", wine.work / f"{convention}.exe"
        generate = [sys.executable, "-m", "tests.fuzz.alone", "--seed", "6", "--count", str(count), "--abi", convention]
        done = subprocess.run(generate, cwd=REPOSITORY, check=True, capture_output=True)
        source.write_bytes(done.stdout)
        run([*zig.cc(*machine.target), "-std=gnu11", "-w", "-DFFI_STATIC_BUILD", f"-I{prefix}/include", str(source),
             str(prefix / "lib/libffi.a"), "-o", str(program)], log)
        output = wine.run(program, [], log, allowed=(0, 1), timeout=1800)
        counts = re.findall(r"^(call|plan|closure): (\d+) wrong of (\d+)\s*$", output, re.MULTILINE)
        if len(counts) != 3:
            raise StepFailed(f"{convention}: the program came to no end; see {log}")
        right = (f"{way}s {int(total) - int(wrong)} of {total}" for way, wrong, total in counts)
        yield f"{convention}: {', '.join(right)}"
