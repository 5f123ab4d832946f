"""Cross-build libffi and the wheel for Windows x86-64, as Microsoft's compiler would have its types."""
from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from . import cross_wheel
from .pe import ProgramFile
from .steps import StepFailed, run
from .trial import TEST_PACKAGES
from .windows_python import WindowsPython
from .zig import Zig

TARGET = "x86_64-windows-gnu"
LIKE_MSVC = (TARGET, "-mlong-double-64")  # clang for windows-gnu has MSVC's rules for structs, but not its long double
MACHINE = 0x8664
# What an extension may need: CPython, the kernel's interface, the C library that both share.
ALLOWED = re.compile(r"python3\d+\.dll|kernel32\.dll|api-ms-win-crt-[\w-]+\.dll|ucrtbase\.dll", re.IGNORECASE)


def libffi(zig: Zig, prefix: Path, log: Path) -> dict[str, str]:
    """Build the vendored libffi."""
    return cross_wheel.libffi(zig, LIKE_MSVC, "x86_64-w64-mingw32", prefix, log)


def build(zig: Zig, python: WindowsPython, source: Path, prefix: Path, tools: Path, log: Path) -> Path:
    """Build the wheel as that CPython would build it, but here."""
    cc = " ".join([*zig.cc(*LIKE_MSVC), f"-I{python.include}"])
    # An import library comes with each DLL; beside the extension it would be in the wheel.
    link = f"{cc} -shared -s -L{python.libs} -lpython{python.series.replace('.', '')} " \
           f"-Wl,--out-implib,{python.folder.with_name('import.lib')}"
    wheel = cross_wheel.build(zig, cc, link, f".{python.tag}-win_amd64.pyd", "win-amd64", source, prefix,
                              python.folder, tools, python.folder.with_name("wheel"), log)
    inspect(wheel)
    return wheel


def inspect(wheel: Path) -> None:
    """Refuse a wheel of another machine, or that needs what a user may lack."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".lib"):
                raise StepFailed(f"{wheel.name}: {name} is of no use to anybody")
            if name.endswith(".pyd"):
                inspect_extension(name, ProgramFile(archive.read(name)))


def inspect_extension(name: str, file: ProgramFile) -> None:
    wrong = [dll for dll in file.imports() if not ALLOWED.fullmatch(dll)]
    shown = [symbol for symbol, _ in file.exports() if symbol.startswith("ffi_")]
    if file.machine != MACHINE or wrong or shown:
        raise StepFailed(f"{name}: for machine {file.machine:#x}, needs {wrong}, shows {shown}")


def install(wheel: Path, python: WindowsPython, tools: Path, log: Path) -> None:
    """Put the wheel and what the tests need into the CPython for Windows."""
    shutil.rmtree(python.site)
    python.site.mkdir(parents=True)
    pip = [str(tools), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(python.site),
           "--only-binary=:all:", "--python-version", python.series]
    pure = ["--implementation", "py", "--abi", "none", "--platform", "any"]
    run([*pip, *pure, *TEST_PACKAGES, "colorama"], log)  # which pytest wants there, as this machine's pip does not know
    run([*pip, "--no-deps", "--implementation", "cp", "--platform", "win_amd64", str(wheel)], log)
