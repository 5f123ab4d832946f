#!/usr/bin/env python3
"""Build libffi for the ports of its history with Debian's cross compilers, and run them under qemu-user.

    python tools/ports.py                     all of them; goes on where the last run stopped
    python tools/ports.py --port m68k         one; --port may be repeated
    python tools/ports.py --cpython           and CPython with the package's tests, where the list says so

For each: the vendored libffi with our patches; a C program that makes and receives random calls as the compiler does
(tests/fuzz/alone.py); the programs of known faults that a patch mends. The table in docs/ports.md is brought up to
date. Logs: build/ports/PORT/logs.
"""
from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from release import cpython, port_check, table, trial, wheels
from release.port_list import PORTS, Port
from release.steps import Facts, Notebook, NotHere, StepFailed, digest, first_line, need, say

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / "build" / "ports"
COLUMNS = {"Port": "name", "Compiler and emulator": "tools", "Built": "built", "Calls right": "call",
           "By plan": "plan", "Closures right": "closure", "Faults patched": "patches", "Package's tests": "tests",
           "Differential signatures": "fuzz", "Remarks": "remarks"}
MARKERS = "<!-- ports -->", "<!-- /ports -->"


def main() -> int:
    options = parser().parse_args()
    chosen = [PORTS[name] for name in options.port or PORTS]
    try:
        need({port.gcc: port.compiler_package for port in chosen if port.triplet}
             | {port_check.emulator(port)[0]: "qemu-user-static" for port in chosen if port.emulator})
    except NotHere as error:
        sys.exit(str(error))
    failed = []
    for port in chosen:
        row = check(port, options.count, options.cpython)
        failed += [port.name] if "failed" in row else []
        table.write(REPOSITORY / "docs" / "ports.md", [row], list(PORTS), COLUMNS, MARKERS)
    if failed:
        print("stopped:", ", ".join(failed))
    return 1 if failed else 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", action="append", choices=PORTS, help="only this one (may be repeated)")
    parser.add_argument("--count", type=int, default=300, help="signatures (300)")
    parser.add_argument("--cpython", action="store_true", help="cross-build CPython and run the package's tests")
    return parser


def check(port: Port, count: int, with_cpython: bool) -> Facts:
    """Do the steps of one port; return its row, with the reason where it could not go on."""
    if not port.triplet:
        return {"name": port.name, "built": "–", "remarks": port.reason}
    folder = BUILD / "".join(c if c.isalnum() else "-" for c in port.name).strip("-")
    book = Notebook(port.name, folder)
    book.facts = {"name": port.name, "tools": "gcc, qemu-user" if port.emulator else "gcc", "remarks": port.reason}
    try:
        steps(port, book, folder, count)
        if with_cpython and port.cpython:
            package_tests(port, book, folder, count)
    except StepFailed as error:
        say(port.name, f"FAILED: {error}")
        book.facts["failed"] = "yes"
        book.facts["remarks"] = book.facts["remarks"] or remark(book.facts)
    return book.facts


def steps(port: Port, book: Notebook, folder: Path, count: int) -> None:
    prefix = folder / "libffi"
    compiler = first_line([port.gcc, "--version"])
    book.facts["tools"] = " ".join(filter(None, ["gcc", compiler.split()[-1], *port.flags.split()])) + (
        f", qemu-{port.emulator} {port_check.emulator_version(port)}" if port.emulator else "")
    patches = sources("tools/build/libffi-patches", "*.patch")
    build = [compiler, port.flags, digest(path.read_text() for path in patches)]
    book.step("libffi", build, lambda log: port_check.libffi(port, prefix, log))
    if not port.emulator and port.reason:
        return  # nothing runs it
    book.step("emulator", build, lambda log: port_check.emulate_nothing(port, prefix, folder, log))
    generator = digest(path.read_text() for path in sources("tests/fuzz", "*.py"))
    book.step("signatures", [*build, generator, str(count)],
              lambda log: port_check.signatures(port, prefix, folder, count, log))
    programs = digest(path.read_text() for path in sources("tests/c/faults", "*.c"))
    book.step("faults", [*build, programs, *port.faults], lambda log: port_check.faults(port, prefix, folder, log))


def package_tests(port: Port, book: Notebook, folder: Path, count: int) -> None:
    """Cross-build CPython and the package; run the package's tests with them."""
    libffi, prefix = folder / "libffi", folder / "cpython"
    source = cpython.sources(BUILD / "cpython-source", BUILD / "cpython-source.log")
    book.step("cpython", map(str, source), lambda log: cpython.build(port, source, prefix, libffi, log))

    def tests(log: Path) -> Facts:
        port_check.emulator_faults(port, libffi, folder, log)
        python = wheels.tools("3.11", BUILD / "tools", log)
        package = wheels.sdist(BUILD / "sdist", python, log)
        cpython.install(prefix, cpython.wheel(port, package, prefix, libffi, python, log), python, log)
        tests = folder / "tests"
        shutil.rmtree(tests, ignore_errors=True)
        trial.copy_tests(package, tests)
        return cpython.test(port, tests, prefix, libffi, log)

    package = [path.read_text() for path in (*sources("_ffi", "*"), *sources("src/libffi", "*.py"),
                                             *sources("tests", "*.py"))]
    book.step("tests", package, tests)
    book.step("differential", [*package, str(count)],
              lambda log: cpython.fuzz(port, count, folder / "tests", prefix, libffi, log))


def remark(facts: Facts) -> str:
    """Say where a port stopped."""
    if "built" not in facts:
        return "does not build"
    return "stopped: see the log" if "call" in facts else "the emulator crashes or hangs on any program"


def sources(folder: str, pattern: str) -> list[Path]:
    return sorted(path for path in (REPOSITORY / folder).rglob(pattern) if path.is_file())


if __name__ == "__main__":
    start = time.monotonic()
    code = main()
    print(f"{time.monotonic() - start:.0f} s", flush=True)
    sys.exit(code)
