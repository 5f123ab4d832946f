"""What libffi itself gets wrong, each shown by a few lines of C against the libffi that the package uses.

Some are mended in the vendored libffi, by the patch in tools/build/libffi-patches that has the program's name.
The package makes right what it can: the other tests expect right results of it all the same. What it cannot,
tests/fuzz/known_faults.py lets pass. When libffi mends one of these, its test here fails and says so.
"""
from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import compiler

import libffi._ffi
from libffi import ABI, CIF, BadTypedef, c

pytestmark = pytest.mark.thread_unsafe(reason="compiles and runs programs")

SOURCES = Path(__file__).parents[1] / "c" / "faults"
PATCHES = [patch.stem for patch in (Path(__file__).parents[2] / "tools" / "build" / "libffi-patches").glob("*.patch")]
FEATURES = libffi._ffi.features()
VERSION = FEATURES["version_number"]
NEWEST = 30800  # the newest version that was looked at
WIDE = FEATURES["pointer_size"] == 8
AARCH64 = platform.machine() in ("aarch64", "arm64") and WIDE
ARM = platform.machine().startswith("arm") and not WIDE
MIPS_O32 = platform.machine().startswith("mips") and not WIDE
MIPS64 = platform.machine().startswith("mips") and WIDE
PPC64 = platform.machine() in ("ppc64", "ppc64le") and WIDE
PPC64_IBM = PPC64 and c.longdouble.size == 16 and FEATURES["long_double"] == "IBM double-double"
PPC64_ELFV2 = PPC64 and FEATURES["byteorder"] == "little"
WINDOWS = sys.platform == "win32"
WIN64 = WINDOWS and platform.machine() == "AMD64"
X86_64 = platform.machine() == "x86_64" and WIDE and not WINDOWS

# Each: whether this libffi has the fault, and whether it has what the C code needs at all.
FAULTS = {
    "aarch64_int128_struct": (True, AARCH64 and FEATURES["int128"]),
    "aarch64_spilled_pointer": (True, AARCH64),
    "aarch64_stack_space": (True, AARCH64),
    "arm_closed_registers": (True, ARM and FEATURES["default_abi"] == "VFP"),
    "arm_complex_result": (True, ARM and FEATURES["complex"]),
    "closure_padding_half": (True, X86_64),
    "changed_arguments": (VERSION < 30700, X86_64),
    "i386_reversed_arguments": (True, "PASCAL" in FEATURES["abis"]),
    "long_double_struct_result": (True, X86_64),
    "mips64_arguments": (True, MIPS64),
    "m68k_float_struct_result": (True, platform.machine() == "m68k"),
    "mips_complex_closure_result": (True, MIPS_O32),
    "mips_complex_result": (True, MIPS_O32),
    "mips_named_only": (True, MIPS_O32),
    "ms_int128_closure_result": (True, X86_64 and FEATURES["int128"]),
    "ms_vector_result": (True, X86_64 and FEATURES["vectors"]),
    "one_double_vector": (True, X86_64 and FEATURES["vectors"]),
    "plan_vector": (True, X86_64 and FEATURES["vectors"] and FEATURES["call_plan"]),
    "ppc64_complex_closure": (True, PPC64_ELFV2 and FEATURES["complex"]),
    "ppc64_elfv1_long_double_struct": (True, PPC64_IBM and not PPC64_ELFV2),
    "ppc64_last_long_double": (True, PPC64_IBM),
    "ppc64_signalling_float": (True, PPC64),
    "ppc64_struct_of_long_doubles": (True, PPC64_IBM),
    "ppc64_variadic_closure": (True, PPC64_ELFV2),
    "raw_closure": (FEATURES["static_trampolines"], True),
    "riscv_float_struct": (True, platform.machine() == "riscv64"),
    "s390x_int128_closure": (True, platform.machine() == "s390x" and FEATURES["int128"]),
    "sparc_closure_struct": (True, platform.machine() == "sparc64"),
    "struct_in_last_register": (VERSION < 30407, X86_64),
    "trampoline_file": (True, FEATURES["static_trampolines"] and platform.system() == "Linux"),
    "unused_long_double": (True, X86_64),
    "vector_struct_result": (True, X86_64 and FEATURES["vectors"]),
    "win32_result_address": (True, WINDOWS and not WIDE),
    "win32_write_xor_execute": (True, WINDOWS),
    "win64_default_abi": (True, WIN64),
    "x86_64_macos_trampolines": (True, X86_64 and platform.system() == "Darwin"),
}

SIX = c.struct("six", x=c.array(c.int, 6))

# What the package makes of a fault that it cannot make right: an error that gives the reason.
REFUSED = {
    "aarch64_int128_struct": lambda: CIF(c.int, [c.int, c.struct("wide", x=c.int128)]),
    "aarch64_spilled_pointer": lambda: CIF(c.void, [c.long] * 9 + [c.struct("large", x=c.longdouble, y=c.double)]),
    "arm_closed_registers": lambda: CIF(c.int, [c.double] * 9 + [SIX, c.int]),
    "i386_reversed_arguments": lambda: CIF(c.int, [c.int, c.int], abi=ABI.PASCAL),
    "mips64_arguments": lambda: CIF(c.double, [c.int] * 7 + [c.longdouble]),
    "mips_complex_closure_result": lambda: CIF(c.complex_double).closure(complex),
    "mips_complex_result": lambda: CIF(c.complex_double, [c.double]),
    "ppc64_complex_closure": lambda: CIF(c.double, [c.complex_double] * 5).closure(max),
    "ppc64_last_long_double": lambda: CIF(c.double, [c.longdouble]).closure(float),
    "ppc64_struct_of_long_doubles": lambda: CIF(c.long, [c.long, c.struct("two", x=c.longdouble, y=c.longdouble)]),
    "ms_int128_closure_result": lambda: CIF(c.int128, abi=ABI.GNUW64).closure(int),
    "ms_vector_result": lambda: CIF(c.vector(c.float, 4), abi=ABI.GNUW64),
    "win32_result_address": lambda: CIF(SIX, [c.int], abi=ABI.FASTCALL),
    "one_double_vector": lambda: CIF(c.double, [c.vector(c.double, 1)]),
}


def links(flags: list[str], folder: Path) -> bool:
    """Tell whether a program links with that libffi; one of tools/check/sanitize needs its sanitizer."""
    source = folder / "links.c"
    source.write_text("#include <ffi.h>\nint main(void) { return ffi_prep_cif(0, FFI_DEFAULT_ABI, 0, 0, 0); }\n")
    command = [*compiler.command(), "-w", "-o", folder / "links", source, *flags, "-pthread"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def flags(tmp_path_factory) -> list[str]:
    """Return the compiler's flags for the libffi that the package was built with."""
    if not compiler.command():
        pytest.skip("needs a C compiler")
    if FEATURES["linkage"] == "vendored":
        build = Path(__file__).parents[2] / "build"
        prefixes = [os.environ.get("LIBFFI_PREFIX"), *build.glob(f"libffi-{FEATURES['version']}-*")]
        for prefix in map(Path, filter(None, prefixes)):
            found = [f"-I{prefix / 'include'}", str(prefix / "lib" / "libffi.a")]
            if Path(found[1]).exists() and links(found, tmp_path_factory.mktemp("links")):
                return found
        pytest.skip("the vendored libffi that was linked in is not here; LIBFFI_PREFIX names it")
    if not shutil.which("pkg-config"):
        pytest.skip("needs pkg-config")
    ask = ["pkg-config", "--cflags", "--libs", "libffi"]
    return subprocess.run(ask, check=True, capture_output=True, text=True).stdout.split()


@pytest.mark.parametrize("name", FAULTS)
def test_libffi_is_wrong(name, flags, tmp_path):
    """The C program fails with the versions that have the fault, and with no other, nor where it is patched."""
    affected, applies = FAULTS[name]
    if not applies:
        pytest.skip("not on this platform, or not in this libffi")
    if VERSION > NEWEST:
        pytest.skip(f"newer than libffi {NEWEST}, the newest that was looked at")
    program = tmp_path / name
    command = [*compiler.command(), "-w", "-o", program, SOURCES / f"{name}.c", *flags, "-pthread"]
    subprocess.run(command, check=True)
    env = {name: re.sub("log_path=[^:]*", "log_path=stderr", value) if name.endswith("SAN_OPTIONS") else value
           for name, value in os.environ.items()}       # a sanitizer's report of it is no report about us
    code = subprocess.run([program], stderr=subprocess.DEVNULL, env=env).returncode
    affected = affected and name not in FEATURES["patches"]
    assert bool(code) == affected, f"libffi {FEATURES['version']}: exit code {code}"


@pytest.mark.parametrize("name", REFUSED)
def test_the_package_refuses_what_is_not_patched(name):
    if not FAULTS[name][1]:
        pytest.skip("not on this platform, or not in this libffi")
    if name in FEATURES["patches"]:
        REFUSED[name]()
        return
    with pytest.raises(BadTypedef, match="libffi"):
        REFUSED[name]()


def test_every_patch_is_for_a_program():
    assert {patch for patch in PATCHES if not patch.endswith("-speed")} <= set(FAULTS)
    assert set(FEATURES["patches"]) == (set(PATCHES) if FEATURES["linkage"] == "vendored" else set())


def test_every_program_is_in_the_table():
    assert {source.stem for source in SOURCES.glob("*.c")} == set(FAULTS)
