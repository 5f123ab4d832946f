"""The ports of libffi's history: what compiles and runs them, or why nothing does."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Port:
    name: str  # its folder in libffi's source, then what tells it from others of that folder
    triplet: str = ""  # of Debian's gcc
    emulator: str = ""  # qemu-EMULATOR-static; nothing where this machine's processor does it
    flags: str = ""  # further ones for the compiler
    host: str = ""  # what configure is told, where it is not the triplet
    static: bool = True  # alpha's and hppa's static programs crash in the emulator
    faults: tuple[str, ...] = ()  # what the names of its programs in tests/c/faults begin with
    package: str = ""  # Debian's package of the compiler, where it is not gcc-TRIPLET
    cpython: bool = False  # is CPython cross-built too?
    reason: str = ""  # why it cannot be built, or cannot be run

    @property
    def gcc(self) -> str:
        return f"{self.triplet}-gcc"

    @property
    def compiler_package(self) -> str:
        return self.package or f"gcc-{self.triplet.replace('_', '-')}"


NOTHING = "neither Debian nor qemu-user has it any more"

PORTS = {
    port.name: port
    for port in (
        Port("alpha", "alpha-linux-gnu", "alpha", static=False),
        Port("arm", "arm-linux-gnueabihf", "arm", faults=("arm_",)),
        Port("arm (soft float)", "arm-linux-gnueabi", "arm", faults=("arm_complex",)),
        Port("cris", reason="qemu-cris exists, but Debian has no compiler for it"),
        Port("frv", reason=NOTHING),
        Port("ia64", reason=NOTHING),
        Port("m32r", reason=NOTHING),
        Port("m68k", "m68k-linux-gnu", "m68k", faults=("m68k_",), cpython=True),
        Port("mips (o32)", "mips-linux-gnu", "mips", faults=("mips_",)),
        Port("mips (o32, little)", "mipsel-linux-gnu", "mipsel", faults=("mips_",)),
        Port("mips64 (n64)", "mips64-linux-gnuabi64", "mips64", faults=("mips64_",)),
        Port("mips64 (n64, little)", "mips64el-linux-gnuabi64", "mips64el", faults=("mips64_",)),
        Port("mips64 (n32)", "mips64-linux-gnuabi64", "mipsn32", "-mabi=n32",
             package="gcc-multilib-mips64-linux-gnuabi64"),
        Port("pa", "hppa-linux-gnu", "hppa", static=False),
        Port("powerpc", "powerpc-linux-gnu", "ppc", cpython=True),
        Port("powerpc64 (ELFv1)", "powerpc64-linux-gnu", "ppc64", faults=("ppc64_last", "ppc64_elfv1", "ppc64_sig"),
             cpython=True),
        Port("powerpc64 (ELFv2, little)", "powerpc64le-linux-gnu", "ppc64le",
             faults=("ppc64_complex", "ppc64_last", "ppc64_sig", "ppc64_struct", "ppc64_variadic")),
        Port("s390 (31-bit)", "s390x-linux-gnu", flags="-m31", host="s390-linux-gnu",
             package="gcc-multilib-s390x-linux-gnu", reason="qemu emulates the 64-bit s390x only"),
        Port("sh", "sh4-linux-gnu", "sh4"),
        Port("sh64", reason=NOTHING),
        Port("sparc (32-bit)", "sparc64-linux-gnu", "sparc32plus", "-m32", "sparc-linux-gnu",
             package="gcc-multilib-sparc64-linux-gnu"),
        Port("sparc (64-bit)", "sparc64-linux-gnu", "sparc64", faults=("sparc_",), cpython=True),
        Port("x86", "i686-linux-gnu"),
        Port("x86-64", "x86_64-linux-gnu"),
        Port("aarch64", "aarch64-linux-gnu", "aarch64", faults=("aarch64_",)),
        Port("riscv64", "riscv64-linux-gnu", "riscv64"),
        Port("s390x", "s390x-linux-gnu", "s390x", faults=("s390x_",)),
    )
}
