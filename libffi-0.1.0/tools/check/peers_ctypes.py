"""Run the interpreter's own test_ctypes with its `_ctypes` and with ours, and compare what passes.

Each test that passes with `_ctypes` only is named with its reason in peers_ctypes.toml; one that is not, one named
there that passes, and less than 97 % are failures.
"""
from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

LIST = Path(__file__).with_name("peers_ctypes.toml")
LEAST = 0.97

# Prints the id of each test that passes.
RUN = """
import sys, unittest
if sys.argv[2] == "ours":
    import libffi.compat.ctypes
    libffi.compat.ctypes.install()

class Result(unittest.TestResult):
    wrong = ()
    def startTest(self, test):
        super().startTest(test)
        self.wrong = False
    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        self.wrong |= error is not None
    def addSuccess(self, test):
        if not self.wrong:
            print("passed", test.id().removeprefix("test.test_ctypes."), flush=True)

unittest.defaultTestLoader.loadTestsFromName("test.test_ctypes." + sys.argv[1]).run(Result())
"""


def passed(module: str, whose: str) -> set[str]:
    """Return the tests of a module that pass, each module in a process of its own, for a crash is one failure."""
    done = subprocess.run([sys.executable, "-c", RUN, module, whose], capture_output=True, text=True, timeout=600)
    return {line.removeprefix("passed ") for line in done.stdout.splitlines() if line.startswith("passed ")}


def main() -> int:
    where = subprocess.run([sys.executable, "-c", "import test.test_ctypes as t; print(t.__path__[0])"],
                           check=True, capture_output=True, text=True).stdout.strip()
    modules = sorted(path.stem for path in Path(where).glob("test_*.py"))
    theirs: set[str] = set()
    ours: set[str] = set()
    for module in modules:
        theirs |= passed(module, "theirs")
        ours |= passed(module, "ours")
    missing, known = theirs - ours, tomllib.loads(LIST.read_text())
    share = len(theirs & ours) / len(theirs)
    print(f"{len(theirs)} pass with _ctypes, {len(theirs & ours)} of them with ours: {share:.1%}")
    for test in sorted(missing):
        print(f"  {test}: {known.get(test, 'NOT LISTED')}")
    mended = sorted(known.keys() & ours)
    for test in mended:
        print(f"  {test}: passes, take it from {LIST.name}")
    return int(bool(missing - known.keys() or mended) or share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
