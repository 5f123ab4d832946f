"""Cross-build libffi and the wheel for Windows, as Microsoft's compiler would have its types."""
from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from . import cross_wheel
from .pe import ProgramFile
from .steps import StepFailed, run
from .trial import TEST_PACKAGES
from .windows_python import WindowsPython
from .zig import Zig


@dataclass
class Machine:
    """A processor of Windows': in Python's words, in zig's, autoconf's and dlltool's, and in a program's file."""

    platform: str
    zig: str
    cpu: str
    dlltool: str
    number: int
    bits: int = 64

    @property
    def target(self) -> tuple[str, ...]:
        """Return the compiler's target and the options that all has: zig makes a C library of its own for others.

        clang for windows-gnu has MSVC's rules for structs, but on x86 not its long double.
        """
        exact = [] if self.zig == "aarch64" else ["-mlong-double-64"]
        return f"{self.zig}-windows-gnu", *exact, "-O2", "-s"


MACHINES = {"x86_64": Machine("win-amd64", "x86_64", "x86_64", "i386:x86-64", 0x8664),
            "i686": Machine("win32", "x86", "i686", "i386", 0x14C, 32),
            "arm64": Machine("win-arm64", "aarch64", "aarch64", "arm64", 0xAA64)}
CLEAR_CACHE = Path(__file__).with_name("clear_cache.c")
# What an extension may need: CPython, the kernel's interface, the C library that both share.
ALLOWED = re.compile(r"python3\d+\.dll|kernel32\.dll|api-ms-win-crt-[\w-]+\.dll|ucrtbase\.dll", re.IGNORECASE)


def libffi(zig: Zig, machine: Machine, prefix: Path, log: Path) -> dict[str, str]:
    """Build the vendored libffi."""
    facts = cross_wheel.libffi(zig, machine.target, f"{machine.cpu}-w64-mingw32", prefix, log)
    if machine.cpu == "aarch64":
        made = prefix / "clear_cache.o"
        run([*zig.cc(*machine.target), "-c", str(CLEAR_CACHE), "-o", str(made)], log)
        run([*zig.tool("ar").split(), "rs", str(prefix / "lib/libffi.a"), str(made)], log)
    return facts


def build(zig: Zig, machine: Machine, python: WindowsPython, source: Path, prefix: Path, tools: Path,
          log: Path) -> Path:
    """Build the wheel as that CPython would build it, but here."""
    cc = " ".join([*zig.cc(*machine.target), f"-I{python.include}"])
    # An import library comes with each DLL; beside the extension it would be in the wheel.
    link = f"{cc} -shared -L{python.libs} -lpython{python.series.replace('.', '')} " \
           f"-Wl,--out-implib,{python.folder.with_name('import.lib')}"
    suffix = f".{python.tag}-{machine.platform.replace('-', '_')}.pyd"
    wheel = cross_wheel.build(zig, cc, link, suffix, machine.platform, source, prefix, python.folder, tools,
                              python.folder.with_name("wheel"), log)
    inspect(wheel, machine)
    return wheel


def inspect(wheel: Path, machine: Machine) -> None:
    """Refuse a wheel of another machine, or that needs what a user may lack."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".lib"):
                raise StepFailed(f"{wheel.name}: {name} is of no use to anybody")
            if name.endswith(".pyd"):
                inspect_extension(name, ProgramFile(archive.read(name)), machine)


def inspect_extension(name: str, file: ProgramFile, machine: Machine) -> None:
    wrong = [dll for dll in file.imports() if not ALLOWED.fullmatch(dll)]
    shown = [symbol for symbol, _ in file.exports() if symbol.startswith("ffi_")]
    if file.machine != machine.number or wrong or shown:
        raise StepFailed(f"{name}: for machine {file.machine:#x}, needs {wrong}, shows {shown}")


def install(wheel: Path, python: WindowsPython, tools: Path, log: Path) -> None:
    """Put the wheel and what the tests need into the CPython for Windows."""
    shutil.rmtree(python.site)
    python.site.mkdir(parents=True)
    pip = [str(tools), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(python.site),
           "--only-binary=:all:", "--python-version", python.series]
    pure = ["--implementation", "py", "--abi", "none", "--platform", "any"]
    run([*pip, *pure, *TEST_PACKAGES, "colorama"], log)  # which pytest wants there, as this machine's pip does not know
    theirs = [*pip, "--implementation", "cp", "--platform", "win_amd64"]
    run([*theirs, "--no-deps", str(wheel)], log)
    run([*theirs, "cffi"], log)                                          # whose front is compared with it
