#!/usr/bin/env python3
"""Run cibuildwheel on this machine with podman, in images made from Debian packages.

    python tools/wheels.py --arch x86_64 --arch i686
    python tools/wheels.py --arch x86_64 --suite sid    for the CPythons of another Debian

The configuration is pyproject.toml's; only the images and the CPythons (the image's own) are others, for machines that
do not reach the official ones. Wheels go to build/wheels/ARCH[-SUITE]/wheelhouse, the log beside it. LIBFFI_SOURCE
names libffi's archive, else it is downloaded.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

from release import images, roots, wheels
from release.platforms import PLATFORMS, Platform
from release.steps import NotHere, StepFailed, need, run, say

REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", action="append", choices=PLATFORMS, required=True)
    parser.add_argument("--suite", help="Debian's, where not the newest stable one")
    options = parser.parse_args()
    failed = False
    for name in options.arch:
        try:
            need({"mmdebstrap": "mmdebstrap", "arch-test": "arch-test", "podman": "podman", "crun": "crun"})
            build(PLATFORMS[name], options.suite)
        except (NotHere, StepFailed) as error:
            say(name, f"FAILED: {error}")
            failed = True
    return 1 if failed else 0


def build(platform: Platform, suite: str | None) -> None:
    name = f"{platform.name}-{suite}" if suite else platform.name
    folder = REPOSITORY / "build" / "wheels" / name
    folder.mkdir(parents=True, exist_ok=True)
    log, made = folder / "wheels.log", folder / "image.json"
    log.unlink(missing_ok=True)
    if not made.exists():
        say(platform.name, "image ...")
        root = folder / "image"
        roots.unpack(images.tarball(platform, [suite] if suite else platform.suites, log), root, log)
        found = images.furnish(root, log)
        made.write_text(json.dumps([found, images.load(platform, name, root, log)]))
        shutil.rmtree(root)
    tags, image = json.loads(made.read_text())
    packages = ["cibuildwheel>=4", "build", "setuptools>=77", "cython>=3.1"]
    python = wheels.environment(sys.executable, folder.parent / "tools", packages, log)
    package = wheels.sdist(folder / "sdist", python, log)
    say(platform.name, f"cibuildwheel, {' '.join(tags)} ...")
    source = os.environ.get("LIBFFI_SOURCE")
    env = {
        **images.settings(folder),
        "CIBW_CONTAINER_ENGINE": "podman", "CIBW_BUILD": " ".join(f"{tag}-manylinux_{platform.name}" for tag in tags),
        f"CIBW_MANYLINUX_{platform.name.upper()}_IMAGE": image,
        "CIBW_ENVIRONMENT_LINUX": f'{configured()} PIP_CERT="{images.CERTIFICATES}"',
        **({"LIBFFI_SOURCE": f"/host{Path(source).resolve()}"} if source else {}),
    }
    command = [str(python), "-m", "cibuildwheel", "--platform", "linux", "--archs", platform.name,
               "--output-dir", str(folder / "wheelhouse"), str(package)]
    # The tests come from where it is run. crun refuses a machine that has cgroups of both versions mounted.
    hide = "umount /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\""
    run(["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh", *command], log, env, package)
    for wheel in sorted((folder / "wheelhouse").glob("*.whl")):
        wheels.inspect(wheel)
        say(platform.name, f"{wheel.name}, {wheel.stat().st_size / 1e6:.2f} MB")


def configured() -> str:
    """Return the environment that pyproject.toml gives the build: naming one variable here replaces them all."""
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        variables = tomllib.load(file)["tool"]["cibuildwheel"]["linux"]["environment"]
    return " ".join(f'{name}="{value}"' for name, value in variables.items())


if __name__ == "__main__":
    sys.exit(main())
