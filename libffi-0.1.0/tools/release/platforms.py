"""The architectures: what Debian, gcc and Python call them."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    name: str  # as wheels say it, where they do
    debian: str
    triplet: str  # of gcc and of Debian's multiarch folders
    native: bool = False  # this machine's own processor runs it
    multiarch: str = ""  # where it is not the triplet
    suites: tuple[str, ...] = ("trixie", "stable", "bookworm")  # the first that is served; a mirror's stable may lag
    cpu: str = ""  # for qemu, where its own choice is slow
    manylinux: bool = True  # is there such a tag for it, so that auditwheel has rules
    linux: str = ""  # what Python calls the machine, where it is not the name

    @property
    def folders(self) -> str:
        """Return the name of the folders that hold this architecture's files in a root."""
        return self.multiarch or self.triplet

    @property
    def machine(self) -> str:
        return self.linux or self.name


OLD_MIPS = ("bookworm",)  # the last with these ports

PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("x86_64", "amd64", "x86_64-linux-gnu", native=True),
        Platform("i686", "i386", "i686-linux-gnu", native=True, multiarch="i386-linux-gnu"),
        Platform("aarch64", "arm64", "aarch64-linux-gnu", cpu="max,pauth-impdef=on"),
        Platform("armv7l", "armhf", "arm-linux-gnueabihf"),
        Platform("armel", "armel", "arm-linux-gnueabi", manylinux=False, linux="armv7l"),
        Platform("ppc64le", "ppc64el", "powerpc64le-linux-gnu"),
        Platform("s390x", "s390x", "s390x-linux-gnu"),
        Platform("riscv64", "riscv64", "riscv64-linux-gnu", suites=("trixie", "stable")),
        Platform("mipsel", "mipsel", "mipsel-linux-gnu", suites=OLD_MIPS, manylinux=False, linux="mips"),
        Platform("mips64el", "mips64el", "mips64el-linux-gnuabi64", suites=OLD_MIPS, manylinux=False, linux="mips64"),
    )
}
