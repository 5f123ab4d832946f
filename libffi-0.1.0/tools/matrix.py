#!/usr/bin/env python3
"""Build and test wheels for every architecture on one x86-64 Debian machine, as root.

    python tools/matrix.py                  all of them; goes on where the last run stopped
    python tools/matrix.py --arch s390x     one; --arch may be repeated
    python tools/matrix.py --quick          a few tests and signatures only; the table is not written

For each: an unpacked Debian root of that architecture (mmdebstrap, cached as a tarball), the vendored libffi and
the wheel cross-compiled here, the wheel installed in a clean environment inside the root, its tests and the
differential tests run there, emulated by qemu-user where the processor is another. The table in
docs/platforms.md is brought up to date. Logs: build/matrix/ARCH/logs.
"""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from release import roots, table, trial, wheels
from release.platforms import PLATFORMS, Platform
from release.steps import Facts, Notebook, NotHere, StepFailed, digest, run, say

REPOSITORY = Path(__file__).resolve().parents[1]
BUILD = REPOSITORY / "build" / "matrix"
NOT_ALL = 3  # the exit code when nothing failed, but not everything could be tried on this machine


def main() -> int:
    options = parser().parse_args()
    rows, failures, impossible = [], [], []
    for name in options.arch or PLATFORMS:
        try:
            rows.append(check(PLATFORMS[name], options.quick, options.count))
        except StepFailed as error:
            say(name, f"FAILED: {error}")
            failures.append(name)
        except NotHere as error:
            say(name, f"NOT TRIED: {error}")
            impossible.append(name)
    if rows and not options.quick:
        table.write(REPOSITORY / "docs" / "platforms.md", rows, list(PLATFORMS))
    for word, names in ("passed", [facts["name"] for facts in rows]), ("failed", failures), ("not tried", impossible):
        print(f"{word}: {' '.join(names) or 'none'}")
    return 1 if failures else NOT_ALL if impossible else 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", action="append", choices=PLATFORMS, help="only this one (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="a few tests, 100 signatures")
    parser.add_argument("--count", type=int, help="differential signatures (3000 natively, 500 emulated)")
    return parser


def check(platform: Platform, quick: bool, count: int | None) -> Facts:
    """Take one architecture through all steps; return its row."""
    notebook = Notebook(platform.name, BUILD / platform.name)
    work = notebook.folder / "work"
    work.mkdir(exist_ok=True)
    prefix, log = work / "libffi", notebook.logs / "preparation.log"
    roots.check_machine(platform, log)
    notebook.step("root", [roots.PACKAGES], lambda log: {"tar": str(roots.tarball(platform, log))})
    tar = Path(notebook.facts["tar"])
    notebook.step("unpack", [str(tar), str(tar.stat().st_mtime)],
                  lambda log: roots.unpack(tar, notebook.folder / "root", log))
    root = roots.Root(platform, notebook.folder / "root", work)
    python = wheels.tools(root.python, BUILD / f"tools-{root.python}", log)
    recipe = fingerprint("tools/build/build_libffi.py", "tools/build/libffi-patches")
    core = fingerprint("_ffi", "_compat", "include", "src", "setup.py", "tools/build/*.py")
    tests = fingerprint("tests", "examples", "docs/*.md")
    notebook.step("libffi", [recipe], lambda log: wheels.libffi(platform, prefix, log))

    def build(log: Path) -> Facts:
        source = wheels.sdist(work / "sdist", python, log)
        wheel = wheels.build(platform, root, source, prefix, python, log)
        wheels.inspect(wheel)
        size = wheel.stat().st_size
        tag = wheel.stem.split("-", 2)[2]
        return {"path": str(wheel), "wheel": f"`{tag}`, {size / 1e6:.2f} MB", "summary": tag}

    notebook.step("wheel", [core, recipe, root.python], build)
    wheel = Path(notebook.facts["path"])
    made = digest([core, recipe, str(wheel), str(wheel.stat().st_mtime)])
    notebook.step("install", [made], lambda log: trial.install(root, wheel, python, log))
    count = count or (100 if quick else 3000 if platform.native else 500)
    failures = []
    for title, work_of_step in (
        ("quick tests" if quick else "tests", lambda log: trial.test(root, REPOSITORY, prefix, quick, log)),
        (f"differential {count}", lambda log: trial.fuzz(root, REPOSITORY, count, log)),
    ):
        try:
            notebook.step(title, [made, tests], work_of_step)
        except StepFailed as error:
            failures.append(str(error))
    if failures:
        raise StepFailed("\n".join(failures))
    return {**notebook.facts, "name": platform.name, "date": time.strftime("%Y-%m-%d"),
            "command": f"`tools/matrix.py --arch {platform.name}`"}


def fingerprint(*names: str) -> str:
    """Return a digest of files of the checkout, those that git knows or could."""
    listed = run(["git", "-C", str(REPOSITORY), "ls-files", "-co", "--exclude-standard", *names],
                 BUILD / "git.log").splitlines()
    files = [REPOSITORY / name for name in listed]
    return digest(f"{path}:{digest([path.read_text(errors='replace')])}" for path in sorted(files) if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
