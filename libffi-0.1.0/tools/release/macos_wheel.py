"""Cross-build libffi and the wheel for macOS: its CPython is asked for nothing but its configuration."""
from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from . import cross_wheel, debian, wheels
from .macho import ProgramFile
from .steps import StepFailed, run
from .zig import Zig

OLDEST = (11, 0)
# What an extension may need: the C library, which is the whole of POSIX there. CPython's functions are found when it is
# loaded, in whatever loads it.
ALLOWED = "/usr/lib/libSystem.B.dylib"
# zig's linker also shows where the file begins and what a destructor belongs to, which nobody looks for in it.
SHOWN = re.compile(r"_PyInit_\w+|__mh_dylib_header|___dso_handle")


@dataclass
class Machine:
    """A processor of macOS's: in Python's words, and in zig's and autoconf's."""

    name: str
    cpu: str

    @property
    def target(self) -> str:
        return f"{self.cpu}-macos.{'.'.join(map(str, OLDEST))}"

    @property
    def triplet(self) -> str:
        return f"{self.cpu}-apple-darwin20"     # macOS 11's kernel

    @property
    def platform(self) -> str:
        return f"macosx-{'.'.join(map(str, OLDEST))}-{self.name}"


MACHINES = {"x86_64": Machine("x86_64", "x86_64"), "arm64": Machine("arm64", "aarch64")}


def headers(folder: Path, series: str, machine: Machine, zig: Zig, log: Path) -> None:
    """Put CPython's headers into a folder; its own configure says what there is of macOS, which it learns of here."""
    shutil.rmtree(folder, ignore_errors=True)
    source, build = folder / "source", folder / "build"
    build.mkdir(parents=True)
    debian.cpython(source, series, ["*"], log)
    configure = source / "configure"
    text = configure.read_text().replace("*-*-cygwin*", "*-apple-darwin*")   # it knows it, but to cross-compile for
    configure.write_text(text.replace("ac_sys_system=Cygwin", "ac_sys_system=Darwin"))
    run([str(configure), f"--host={machine.triplet}", "--build=x86_64-pc-linux-gnu", "--disable-ipv6",
         f"--with-build-python={wheels.interpreter(series)}", "--without-ensurepip", "PKG_CONFIG=false",
         "ac_cv_file__dev_ptmx=yes", "ac_cv_file__dev_ptc=no"], log,
        {"CC": " ".join(zig.cc(machine.target)), "AR": zig.tool("ar")}, build)
    shutil.move(source / "Include", folder / "include")
    shutil.move(build / "pyconfig.h", folder / "include")
    shutil.rmtree(source)
    shutil.rmtree(build)


def libffi(zig: Zig, machine: Machine, prefix: Path, log: Path) -> dict[str, str]:
    """Build the vendored libffi."""
    return cross_wheel.libffi(zig, [machine.target], machine.triplet, prefix, log,
                              libffi_cv_hidden_visibility_attribute="yes")  # its check calls the compiler as zig is not


def build(zig: Zig, machine: Machine, series: str, include: Path, source: Path, prefix: Path, tools: Path,
          folder: Path, log: Path) -> Path:
    """Build the wheel as that CPython would build it, but here."""
    tag = f"cpython-{series.replace('.', '')}-darwin"
    cc = " ".join([*zig.cc(machine.target), f"-I{include}"])
    link = f"{cc} -shared -s -Wl,-undefined,dynamic_lookup"
    wheel = cross_wheel.build(zig, cc, link, f".{tag}.so", machine.platform, source, prefix, include, tools, folder,
                              log)
    inspect(wheel, machine)
    return wheel


def inspect(wheel: Path, machine: Machine) -> None:
    """Refuse a wheel that is for another machine than its name says, or that shows or needs more than it should."""
    tag = f"-macosx_{OLDEST[0]}_{OLDEST[1]}_{machine.name}.whl"
    if not wheel.name.endswith(tag):
        raise StepFailed(f"{wheel.name} should end in {tag}")
    with zipfile.ZipFile(wheel) as archive:
        extensions = [name for name in archive.namelist() if name.endswith((".so", ".dylib"))]
        for name in extensions:
            wrong = faults(ProgramFile(archive.read(name)), machine)
            if wrong:
                raise StepFailed(f"{name}: {', '.join(wrong)}")
    if not extensions:
        raise StepFailed(f"{wheel.name} has no extension")


def faults(file: ProgramFile, machine: Machine) -> list[str]:
    """Return what is wrong with an extension."""
    shown = [name for name in file.exports() if not SHOWN.fullmatch(name)]
    needed = [name for name in file.needs() if name != ALLOWED]
    found = {
        f"is for {file.machine}": file.machine != machine.name,
        f"is for macOS {file.oldest()} and newer": file.oldest() != OLDEST,
        f"shows {shown}": bool(shown),
        "shows no PyInit": not any(name.startswith("_PyInit_") for name in file.exports()),
        f"needs {needed}": bool(needed),
        f"has writable code in {file.writable_code()}": bool(file.writable_code()),
        "is not signed": machine.name == "arm64" and not file.is_signed(),
    }
    return [fault for fault, holds in found.items() if holds]
