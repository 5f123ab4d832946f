"""Roots of other architectures: Debian packages unpacked, not configured, and entered with chroot."""
from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from .platforms import Platform
from .steps import Facts, NotHere, StepFailed, digest, need, run, say

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "libffi-matrix")
PACKAGES = (
    "python3,python3-dev,libpython3-stdlib,libc6-dev,libc-bin,libgcc-s1,libstdc++6,base-files,base-passwd,dash,bash,"
    "coreutils,ca-certificates,zlib1g,libsqlite3-0,libexpat1"
)
SHELL_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def tarball(platform: Platform, log: Path) -> Path:
    """Return the cached root of the newest suite that the mirror serves consistently."""
    known = [CACHE / f"{platform.debian}-{suite}-{digest([PACKAGES])}.tar" for suite in platform.suites]
    for path in known:
        if path.exists():
            return path
    CACHE.mkdir(parents=True, exist_ok=True)
    for suite, path in zip(platform.suites, known, strict=True):
        partial = path.with_name(f"{path.stem}.{os.getpid()}.tar")
        try:
            run(["mmdebstrap", "--mode=root", f"--arch={platform.debian}", "--variant=extract", "--components=main",
                 "--keyring=/usr/share/keyrings", f"--include={PACKAGES}", suite, str(partial), mirror()], log)
        except StepFailed:
            partial.unlink(missing_ok=True)
            say(platform.name, f"the mirror has no usable {suite} for {platform.debian}")
        else:
            return partial.rename(path)
    raise NotHere(f"no Debian root for {platform.debian}; see {log}")


def mirror() -> str:
    """Return the Debian mirror that apt itself uses."""
    command = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Origin: Debian",
               "Label: Debian"]
    sites = subprocess.run(command, capture_output=True, text=True).stdout.split()
    if not sites:
        raise NotHere("apt knows no Debian mirror: apt-get update")
    return sites[0]


def unpack(tar: Path, root: Path, log: Path) -> Facts:
    if root.exists():
        shutil.rmtree(root)
    root.mkdir(parents=True)
    run(["tar", "-C", str(root), "-xf", str(tar)], log)
    if not (root / "bin" / "sh").exists():  # dash's configuration would have made it
        (root / "bin" / "sh").symlink_to("dash")
    run(["chroot", str(root), "/sbin/ldconfig"], log)
    return {}


def check_machine(platform: Platform, log: Path) -> None:
    """Find out whether this machine can enter such a root; register qemu-user with the kernel where it is needed."""
    if os.geteuid() != 0:
        raise NotHere("it takes root to enter another root")
    need({"mmdebstrap": "mmdebstrap", "unshare": "util-linux", "setarch": "util-linux",
          f"{platform.triplet}-gcc": f"gcc-{platform.triplet.replace('_', '-')}"})
    try:
        run(["unshare", "--mount", "--propagation", "private", "true"], log)
        if not platform.native:
            emulator = "qemu-s390x" if shutil.which("qemu-s390x") else "qemu-s390x-static"
            need({emulator: "qemu-user-static", "update-binfmts": "binfmt-support"})
            register_emulators(log)
    except StepFailed as error:
        raise NotHere(str(error)) from None


def register_emulators(log: Path) -> None:
    """Let the kernel run foreign programs, with handlers that need nothing inside a root."""
    table = Path("/proc/sys/fs/binfmt_misc")
    if not (table / "register").exists():
        run(["mount", "-t", "binfmt_misc", "none", str(table)], log)
    if not list(table.glob("qemu-*")):
        run(["update-binfmts", "--enable"], log)
    if not list(table.glob("qemu-*")):
        raise NotHere("binfmt_misc takes no handlers here")


class Root:
    """An unpacked root with a work folder that has the same path inside and outside."""

    def __init__(self, platform: Platform, folder: Path, work: Path) -> None:
        self.platform = platform
        self.folder = folder
        self.work = work
        (python,) = (path for path in (folder / "usr/include").glob("python3.*") if path.is_dir())
        self.python = python.name.removeprefix("python")  # 3.11
        # Python's headers only: libc's are the cross compiler's own, and older.
        per_machine = Path(platform.folders, python.name)
        link = work / "include" / per_machine
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(folder / "usr/include" / per_machine)
        self.includes = [f"-I{python}", f"-I{work / 'include'}"]

    def enter(self, command: list[str], log: Path, timeout: float = 3600, allowed: tuple[int, ...] = (0,),
              **env: str) -> str:
        """Run a command inside; the mounts go when it ends."""
        root, work = str(self.folder), str(self.work)
        for path in (f"{root}/host", f"{root}{work}", f"{work}/tmp"):
            Path(path).mkdir(parents=True, exist_ok=True)
        setup = [
            ["mount", "--rbind", "/", f"{root}/host"],
            ["mount", "--rbind", "/proc", f"{root}/proc"],
            ["mount", "--rbind", "/dev", f"{root}/dev"],
            ["mount", "--bind", work, f"{root}{work}"],
        ]
        inside = {
            "PATH": f"{work}/bin:{work}/venv/bin:{SHELL_PATH}", "HOME": f"{work}/tmp", "TMPDIR": f"{work}/tmp",
            "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "QEMU_CPU": self.platform.cpu, **env,
        }
        chroot = ["chroot", root, "/usr/bin/env", "-i", *(f"{k}={v}" for k, v in inside.items() if v), *command]
        if self.platform.native and self.platform.name != "x86_64":
            chroot = ["setarch", "linux32", *chroot]
        script = " && ".join(shlex.join(line) for line in setup) + f" && exec {shlex.join(chroot)}"
        return run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], log,
                   timeout=timeout, allowed=allowed)

    def install_compiler(self) -> None:
        """Put `cc` into the work folder: it leaves the root and runs this machine's cross compiler at full speed."""
        for name, compiler in (("cc", "gcc"), ("gcc", "gcc"), ("c++", "g++")):
            found = shutil.which(f"{self.platform.triplet}-{compiler}")
            if found:
                script = self.work / "bin" / name
                script.parent.mkdir(exist_ok=True)
                script.write_text(ESCAPE.format(
                    loader=LOADER, libraries=LOADER.parent, path=SHELL_PATH,
                    command=shlex.join([found, *self.includes]),
                ))
                script.chmod(0o755)


LOADER = Path("/lib64/ld-linux-x86-64.so.2").resolve()
# A program of the host's architecture starts inside the root as well, given its loader and libraries.
ESCAPE = """#!/bin/sh
exec /host{loader} --library-path /host{libraries} /host/usr/sbin/chroot /host \\
    /bin/sh -c 'cd "$1" && shift && PATH={path} exec {command} "$@"' sh "$PWD" "$@"
"""
