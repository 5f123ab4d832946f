#!/usr/bin/env python3
"""Install the sdist into a CPython for musl, as Alpine has it, and run the tests there; on a Debian x86-64 machine.

    python tools/musl.py [PYTEST ARGUMENTS]

Debian's musl-tools bring the compiler. CPython is built of Debian's own source, once; then pip builds the sdist with
it, against the vendored libffi (LIBFFI_SOURCE as in any build), and every test runs. Logs: build/musl/logs.
"""
from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from release import cpython, port_check, trial, wheels
from release.port_list import Port
from release.steps import Notebook, NotHere, StepFailed, need, run

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / "build" / "musl"
MUSL = Port("musl", "x86_64-linux-musl")
KERNEL = {"linux": "linux", "asm-generic": "asm-generic", "asm": "x86_64-linux-gnu/asm"}  # of /usr/include
# Every test but the pages', which are for a whole checkout, and those that link with a shared libpython.
CHOSEN = ["-n", "2", "tests", *(f"--ignore=tests/{name}.py" for name in trial.NOT_OF_THE_WHEEL)]
# Nothing of the machine's own libc must get in: neither its C++ compiler nor its libraries.
ENVIRONMENT = {"PATH": f"{BUILD}/bin:{os.environ['PATH']}", "CC": MUSL.gcc, "CXX": f"{MUSL.triplet}-g++"}


def main() -> int:
    try:
        need({"musl-gcc": "musl-tools"})
        print(check(sys.argv[1:]))
    except (NotHere, StepFailed) as error:
        sys.exit(str(error))
    return 0


def check(arguments: list[str]) -> str:
    """Build what is missing, install the sdist, run the tests; return pytest's count."""
    book = Notebook("musl", BUILD)
    prefix, libffi = BUILD / "cpython", BUILD / "libffi"
    compiler(BUILD)
    os.environ |= ENVIRONMENT
    recipe = [path.read_text() for path in sorted((REPOSITORY / "tools/build/libffi-patches").glob("*.patch"))]
    book.step("libffi", recipe, lambda log: port_check.libffi(MUSL, libffi, log))
    source = cpython.sources(BUILD / "cpython-source", book.logs / "source.log")
    book.step("cpython", map(str, source), lambda log: cpython.build(MUSL, source, prefix, libffi, log))
    (python,) = prefix.glob("bin/python3.[0-9]*[0-9]")
    log = book.logs / "tests.log"
    log.unlink(missing_ok=True)
    host = wheels.tools(python.name.removeprefix("python"), BUILD / "tools", log)
    package = wheels.sdist(BUILD / "sdist", host, log)
    cpython.test_packages(prefix, host, log, "pip", "cython>=3.1")
    command = [str(python), "-m", "pip", "install", "--no-index", "--no-build-isolation", "--no-deps",
               "--force-reinstall", f"{package}.tar.gz"]
    run(command, log, {"LIBFFI": "vendored", "LIBFFI_PREFIX": str(libffi), "LIBFFI_STRICT": "1"})
    tests = BUILD / "tests"
    shutil.rmtree(tests, ignore_errors=True)
    trial.copy_tests(package, tests)
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *cpython.WITHOUT_SQLITE,
               *(arguments or CHOSEN)]
    return run(command, log, {"LIBFFI_PREFIX": str(libffi)}, folder=tests).splitlines()[-1]


def compiler(folder: Path) -> None:
    """Make musl's compiler find the kernel's headers, which Debian keeps beside glibc's, and only those."""
    headers, program = folder / "include", folder / "bin" / MUSL.gcc
    headers.mkdir(exist_ok=True)
    for name, place in KERNEL.items():
        if not (headers / name).exists():
            (headers / name).symlink_to(f"/usr/include/{place}")
    program.parent.mkdir(exist_ok=True)
    # CPython's build takes the headers of what the compiler says here.
    program.write_text(f"""#!/bin/sh
case $1 in -print-multiarch | --print-multiarch) echo {MUSL.triplet}; exit ;; esac
exec musl-gcc "$@" -isystem {headers}
""")
    program.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main())
