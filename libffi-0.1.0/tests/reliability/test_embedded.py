"""Python embedded in a C program, ended and started again; more of the end is in test_crash.py."""
from __future__ import annotations

import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest
from helpers.compilers import compiler_words
from helpers.interpreters import USE

ROUNDS = 100
SOURCE = Path(__file__).parent.parent / "c" / "embedded.c"

CLOSURES = USE + """
answer = cif.closure(lambda x: x + 1)
Library(None).function("keep", c.void, [c.func(cif)])(answer)
"""

pytestmark = pytest.mark.thread_unsafe(reason="runs programs")


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    """The program of embedded.c, linked with this Python."""
    variable = sysconfig.get_config_var
    library = Path(variable("LIBDIR") or "", variable("LDLIBRARY") or "")
    if not library.exists():
        library = Path(variable("LIBPL") or "", variable("LIBRARY") or "")
    if sys.platform != "linux" or not library.exists():
        pytest.skip("needs a Python library to link with")
    program = tmp_path_factory.mktemp("embedded") / "embedded"
    subprocess.run(
        [*compiler_words(), "-O1", "-rdynamic", "-o", program, SOURCE,
         f"-I{sysconfig.get_path('include')}", library, f"-Wl,-rpath,{library.parent}", "-pthread",
         *(variable("LIBS") or "").split(), *(variable("SYSLIBS") or "").split(), "-lm"],
        check=True, capture_output=True)

    def run(source, *more, rounds=ROUNDS):
        # sys.path of this very environment, whatever the program thinks of its own place.
        source = f"import sys; sys.path[:] = {sys.path!r}\n" + textwrap.dedent(source)
        done = subprocess.run([program, sys.executable, str(rounds), source, *more],
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    return run


def test_one_interpreter(embedded):
    assert embedded(CLOSURES, rounds=1) == "1 rounds, no thread\n"


def test_one_interpreter_and_a_thread_that_outlives_it(embedded):
    source = CLOSURES + "import time; time.sleep(0.2)"
    assert embedded(source, "thread", rounds=1) == "1 rounds, calls and answers\n"


def test_100_interpreters_one_after_the_other(embedded):
    """Each imports libffi; what the one before it has left with C gives zero bytes."""
    source = CLOSURES + """
with open("/proc/self/maps") as lines:
    assert sum("memfd:libffi" in line and " r-xp " in line for line in lines) <= 2
"""
    assert embedded(source) == f"{ROUNDS} rounds, no thread\n"


def test_interpreters_and_a_thread_that_outlives_them(embedded):
    source = CLOSURES + "import time; time.sleep(0.2)"
    assert embedded(source, "thread", rounds=10) == "10 rounds, calls and answers\n"
