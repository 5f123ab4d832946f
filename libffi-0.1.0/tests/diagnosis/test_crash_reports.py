"""What a fatal signal prints of the calls into C that were under way."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import libffi, os, sys
from libffi import CIF, Library, c, closure
strlen = CIF(c.size_t, [c.ptr(c.char)]).bind(Library(None).symbol("strlen"), "strlen")
bad = c.ptr(c.char)(1)
"""


@pytest.fixture
def crash():
    """Run source to its end by a signal, and return its number and the standard error."""
    def run(source, enable="libffi.enable_crash_reports()\n", **env):
        done = subprocess.run([sys.executable, "-c", PRELUDE + enable + textwrap.dedent(source)], text=True,
                              capture_output=True, timeout=60, env={**os.environ, **env})
        return -done.returncode, done.stderr
    return run


@pytest.mark.skipif("LIBFFI_SANITIZER" in os.environ, reason="the sanitizer has its own reports")
class TestFatalSignals:
    def test_the_function_in_flight_is_named_before_pythons_stack(self, crash):
        number, error = crash("strlen(bad)")
        assert number == signal.SIGSEGV
        report, _, stack = error.partition("\n\n")
        assert report == textwrap.dedent("""\
            libffi: SIGSEGV in a call into C (the innermost first):
              call strlen(0x1)
                size_t strlen(char *)""")
        assert stack.startswith("Fatal Python error: Segmentation fault")

    def test_in_a_callback(self, crash):
        number, error = crash("""
            @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
            def compare(a, b):
                return strlen(bad)
            qsort = Library(None).function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])
            qsort(c.array(c.int, 3).new(), 3, 4, compare)
        """)
        assert number == signal.SIGSEGV
        assert [line.split("(")[0] for line in error.partition("\n\n")[0].splitlines()[1::2]] == [
            "  call strlen", "  callback compare", "  call qsort"]
        assert "    int compare(int *, int *)\n" in error

    def test_python_code_of_a_callback(self, crash):
        number, error = crash("""
            die = CIF(c.void, []).closure(lambda: os.kill(os.getpid(), 11), name="die")
            CIF(c.void, []).bind(die, "go")()
        """)
        assert number == signal.SIGSEGV
        assert "  callback die()\n    void die(void)\n  call go()\n" in error

    @pytest.mark.parametrize("name", ["SIGABRT", "SIGFPE", "SIGILL", "SIGBUS"])
    def test_other_signals(self, crash, name):
        number, error = crash(f"Library(None).function('raise', c.int, [c.int])({int(getattr(signal, name))})")
        assert number == getattr(signal, name)
        assert error.startswith(f"libffi: {name} in a call into C") and "Fatal Python error" in error

    def test_on_another_thread(self, crash):
        number, error = crash("""
            import threading, time
            wait = Library(None).function("usleep", c.int, [c.uint])
            threading.Thread(target=wait, args=(900_000,), daemon=True).start()
            thread = threading.Thread(target=strlen, args=(bad,))
            thread.start()
            thread.join()
        """)
        assert number == signal.SIGSEGV
        assert "strlen(0x1)" in error and "usleep" not in error

    def test_after_fork(self, crash):
        number, error = crash("""
            if (child := os.fork()) == 0:
                strlen(bad)
            os.kill(os.getpid(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * -1)
        """)
        assert number == signal.SIGSEGV
        assert error.count("strlen(0x1)") == 1 and error.count("Fatal Python error") == 2

    def test_outside_of_calls_it_is_only_pythons(self, crash):
        number, error = crash("strlen(c.array(c.char, 2).new()); os.kill(os.getpid(), 11)")
        assert number == signal.SIGSEGV
        assert error.startswith("Fatal Python error: Segmentation fault")

    @pytest.mark.parametrize("then", ["libffi.enable_crash_reports()", "import faulthandler; faulthandler.enable()"])
    def test_enabled_twice_or_before_others(self, crash, then):
        number, error = crash(f"{then}\nstrlen(bad)")
        assert number == signal.SIGSEGV
        assert error.count("strlen(0x1)") == 1 and error.count("Fatal Python error") >= 1

    def test_disabled(self, crash):
        number, error = crash("libffi.disable_crash_reports(); strlen(bad)")
        assert number == signal.SIGSEGV
        assert error.startswith("Fatal Python error")

    def test_of_the_environment(self, crash):
        number, error = crash("strlen(bad)", enable="", LIBFFI_CRASH_REPORTS="1")
        assert number == signal.SIGSEGV and "strlen(0x1)" in error

    def test_in_the_call_command(self):
        done = subprocess.run([sys.executable, "-m", "libffi", "call", "-", "size_t strlen(void *)", "1"], text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == -signal.SIGSEGV
        assert "libffi: SIGSEGV in a call into C" in done.stderr
        assert "  call strlen(0x1)\n    size_t strlen(void *)\n" in done.stderr
