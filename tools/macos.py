#!/usr/bin/env python3
"""Build the wheels for macOS on this machine, and look at them; nothing here runs them. On Debian.

    python tools/macos.py                   both processors, CPython 3.13; goes on where the last run stopped
    python tools/macos.py --arch arm64 --series 3.11

The compiler is PyPI's ziglang, Debian's source of CPython has the headers. Looked at: for which processor and macOS,
what is shown and needed, that no code is writable, that what has to be is signed. Wheels and logs: build/macos.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from release import debian, macos_wheel, wheels
from release.steps import Facts, Notebook, NotHere, StepFailed
from release.zig import Zig

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / "build" / "macos"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=macos_wheel.MACHINES, action="append", help="processor; both without it")
    parser.add_argument("--series", choices=debian.CPYTHONS, default="3.13", help="of CPython")
    options = parser.parse_args()
    try:
        for name in options.arch or macos_wheel.MACHINES:
            make(macos_wheel.MACHINES[name], options.series)
    except StepFailed as error:
        sys.exit(str(error))
    except NotHere as error:
        print(error, file=sys.stderr)
        return 3
    return 0


def make(machine: macos_wheel.Machine, series: str) -> None:
    """Make one wheel."""
    book = Notebook(machine.name, BUILD / f"{series}-{machine.name}")
    preparation = book.logs / "preparation.log"
    zig = Zig(REPOSITORY / "build" / "zig", preparation)
    tools = wheels.tools(series, REPOSITORY / "build" / f"tools-{series}", preparation)
    prefix, python = BUILD / f"libffi-{machine.name}", BUILD / f"python-{series}"
    recipe = wheels.fingerprint(*wheels.RECIPE)
    written = wheels.fingerprint("tools/release/macos_wheel.py", "tools/release/cross_wheel.py")

    def headers(log: Path) -> Facts:        # the same for both, as in an installer of python.org
        macos_wheel.headers(python, series, machine, zig, log)
        return {}

    def build(log: Path) -> Facts:
        source = wheels.sdist(book.folder / "sdist", tools, log)
        made = macos_wheel.build(zig, machine, series, python / "include", source, prefix, tools, book.folder / "wheel",
                                 log)
        return {"summary": f"{made.name}, {made.stat().st_size / 1e6:.2f} MB"}

    shared = Notebook("macos", BUILD)
    shared.step(f"CPython {series}", [], headers)
    shared.step(f"libffi {machine.name}", [recipe, written], lambda log: macos_wheel.libffi(zig, machine, prefix, log))
    book.step("wheel", [wheels.fingerprint(*wheels.SOURCES), recipe, written], build)


if __name__ == "__main__":
    sys.exit(main())
