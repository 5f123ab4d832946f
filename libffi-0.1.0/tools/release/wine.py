"""Wine in a root of its own: Debian's, newer than this machine's may be, and with nothing of it installed here."""
from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .roots import CACHE, mirror
from .steps import NotHere, StepFailed, digest, need, run

PACKAGES = "libz-mingw-w64,base-files,dash,coreutils,libc-bin"
SUITE = "trixie"
# Neither .NET nor a browser is asked for; nothing of Wine's own is told.
QUIET = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree=;mshtml="}


@dataclass
class Flavour:
    """A Wine of 64 or 32 bits, in Debian's words."""

    architecture: str
    program: str
    package: str
    libraries: str                  # where MinGW's DLLs are

    @property
    def packages(self) -> str:
        return f"{self.package},{PACKAGES}"


FLAVOURS = {64: Flavour("amd64", "wine64", "wine64", "usr/x86_64-w64-mingw32/lib"),
            32: Flavour("i386", "wine", "wine32", "usr/i686-w64-mingw32/lib")}


class Wine:
    """Runs programs of Windows'. What they read and write is in `work`, which has the same path there, on drive Z."""

    def __init__(self, flavour: Flavour, root: Path, work: Path) -> None:
        self.flavour = flavour
        self.root = root
        self.work = work
        self.home = work / "home"

    @property
    def prefix(self) -> Path:
        return self.work / "prefix"

    def command(self, arguments: Iterable[str], env: Mapping[str, str]) -> list[str]:
        """Return the command that runs a program in the root; the mounts go when it ends."""
        root, work = str(self.root), str(self.work)
        Path(f"{root}{work}").mkdir(parents=True, exist_ok=True)
        mounts = [["mount", "--rbind", "/proc", f"{root}/proc"], ["mount", "--rbind", "/dev", f"{root}/dev"],
                  ["mount", "--bind", work, f"{root}{work}"]]
        inside = {"PATH": "/usr/lib/wine:/usr/bin:/bin", "HOME": str(self.home), "WINEPREFIX": str(self.prefix),
                  "LANG": "C.UTF-8", **QUIET, **env}
        chroot = ["chroot", root, "/usr/bin/env", "-i", *(f"{k}={v}" for k, v in inside.items()), *arguments]
        script = " && ".join(shlex.join(line) for line in mounts) + f" && exec {shlex.join(chroot)}"
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]

    def run(self, program: Path, arguments: Iterable[str], log: Path, folder: Path | None = None,
            env: Mapping[str, str] | None = None, allowed: Iterable[int] = (0,), timeout: float = 3600) -> str:
        """Run a program of Windows', in a folder of `work`; return what it says."""
        start = ["/usr/bin/env", "-C", str(folder or self.work), self.flavour.program, str(program), *arguments]
        return run(self.command(start, env or {}), log, timeout=timeout, allowed=allowed)

    def close(self) -> None:
        """End what of Wine goes on in the background."""
        subprocess.run(self.command(["wineserver", "-k"], {}), stdin=subprocess.DEVNULL, capture_output=True)


def tarball(flavour: Flavour, log: Path) -> Path:
    """Return the cached root with Wine in it."""
    if os.geteuid() != 0:
        raise NotHere("it takes root to enter another root")
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"wine-{SUITE}-{digest([flavour.packages])}.tar"
    if not path.exists():
        need({"mmdebstrap": "mmdebstrap", "unshare": "util-linux"})
        partial = path.with_name(f"{path.stem}.{os.getpid()}.tar")
        try:
            run(["mmdebstrap", "--mode=root", f"--arch={flavour.architecture}", "--variant=extract",
                 "--components=main", "--keyring=/usr/share/keyrings", f"--include={flavour.packages}", SUITE,
                 str(partial), mirror()], log)
        except StepFailed as error:
            partial.unlink(missing_ok=True)
            raise NotHere(f"no Debian root with Wine: {error}") from None
        partial.rename(path)
    return path


def unpack(tar: Path, root: Path, log: Path) -> None:
    """Unpack the root, and do what the packages' scripts would have done."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    run(["tar", "-C", str(root), "-xf", str(tar)], log)
    if not (root / "bin" / "sh").exists():
        (root / "bin" / "sh").symlink_to("dash")
    run(["chroot", str(root), "/sbin/ldconfig"], log)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    for folder in (root / "run" / "user" / "0", root / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)


def make_drive(wine: Wine, log: Path) -> None:
    """Make Wine's drive C in its folder."""
    shutil.rmtree(wine.prefix, ignore_errors=True)
    wine.home.mkdir(parents=True, exist_ok=True)
    # Wine's own DLLs need one that a trigger would have linked.
    system = wine.prefix / "drive_c" / "windows" / "system32"
    system.mkdir(parents=True)
    shutil.copy(wine.root / wine.flavour.libraries / "zlib1.dll", system)
    run(wine.command([wine.flavour.program, "wineboot", "-i"], {}), log)
