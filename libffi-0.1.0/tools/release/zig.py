"""The C compiler of PyPI's `ziglang`: for Windows and macOS, from this machine, with the headers of both inside."""
from __future__ import annotations

import sys
from pathlib import Path

from .steps import fetched, run
from .wheels import environment

# What is undefined is for the sanitizers to find; zig makes a trap of it.
PLAIN = ["-fno-sanitize=undefined"]


class Zig:
    """The program, installed in a folder of ours unless it is there."""

    def __init__(self, folder: Path, log: Path) -> None:
        with fetched("PyPI's ziglang"):
            python = environment(sys.executable, folder, ["ziglang"], log)
        (self.program,) = python.parent.parent.glob("lib/python3*/site-packages/ziglang/zig")
        self.log = log

    def cc(self, target: str, *options: str) -> list[str]:
        """Return the command of the C compiler for a target, such as x86_64-windows-gnu."""
        return [str(self.program), "cc", "-target", target, *PLAIN, *options]

    def tool(self, name: str) -> str:
        """Return the command of `ar`, `ranlib`, `dlltool` ..., as make takes it."""
        return f"{self.program} {name}"

    def import_library(self, machine: str, definitions: Path, library: Path) -> None:
        """Make what links with a DLL, of a .def file that lists its exports, for a machine in dlltool's words."""
        run([str(self.program), "dlltool", "-m", machine, "-d", str(definitions), "-l", str(library)], self.log)
