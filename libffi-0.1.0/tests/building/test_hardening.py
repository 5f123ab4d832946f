"""The extension that is installed is hardened as distributions harden theirs (tools/build/hardening.py)."""
from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys

import pytest
from helpers.compilers import compiler_words

import libffi
import libffi._ffi

EXTENSION = libffi._ffi.__file__
X86_64 = platform.machine() == "x86_64" and sys.maxsize > 1 << 32
GLIBC = platform.libc_ver()[0] == "glibc"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux" or not shutil.which("readelf"), reason="reads ELF with readelf"),
    pytest.mark.skipif("LIBFFI_SANITIZER" in os.environ, reason="built for a sanitizer"),
]


def readelf(*options: str) -> str:
    return subprocess.run(["readelf", "-W", *options, EXTENSION], check=True, capture_output=True, text=True).stdout


def test_the_linkers_tables_are_read_only():
    """Full RELRO: what is relocated is read-only, and everything is relocated at once."""
    assert "GNU_RELRO" in readelf("-l")
    assert re.search(r"\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW", readelf("-d"))


def test_no_segment_is_writable_and_executable():
    assert not re.search(r" (LOAD|GNU_STACK) .* (RWE|R?WE) ", readelf("-l"))
    assert not re.search(r"GNU_STACK .* E ", readelf("-l"))


@pytest.mark.skipif(libffi.features()["linkage"] == "system", reason="the system's libffi may need its folder")
def test_libraries_are_searched_where_the_system_says():
    """Nothing in the wheel names a folder: not the interpreter's own, nor one of the machine that built it."""
    assert not re.search(r"\((RUNPATH|RPATH|TEXTREL)\)", readelf("-d"))


def test_the_stack_protector_is_there():
    assert "__stack_chk_" in readelf("--dyn-syms")


@pytest.mark.skipif(not GLIBC, reason="other C libraries have no checking functions")
def test_known_buffers_are_checked():
    assert re.search(r"UND __\w+_chk\b", readelf("--dyn-syms").replace("__stack_chk_fail", ""))


@pytest.mark.skipif(not X86_64, reason="a note of x86")
def test_jumps_and_returns_are_checked():
    """The note says it of all that is linked, and the loader calls nothing of the C library's start files."""
    if "x86 feature" not in readelf("-n") and b"-fcf-protection" not in subprocess.run(
            [*compiler_words(), "--help=common"], capture_output=True).stdout:
        pytest.skip("the compiler knows of none")
    assert re.search(r"x86 feature.*IBT.*SHSTK", readelf("-n"))
    assert not re.search(r"\((INIT|FINI)\)", readelf("-d"))


@pytest.mark.skipif(not X86_64, reason="a note of x86")
def test_every_object_of_libffi_says_so():
    """The linker was told to write the note whatever objects it found."""
    prefix = os.environ.get("LIBFFI_PREFIX")
    if libffi.features()["linkage"] != "vendored" or not prefix:
        pytest.skip("the vendored libffi is not here; LIBFFI_PREFIX names it")
    notes = subprocess.run(["readelf", "-nW", f"{prefix}/lib/libffi.a"], check=True, capture_output=True, text=True)
    objects = notes.stdout.split("File: ")[1:]
    assert objects and all("IBT, SHSTK" in text for text in objects)
