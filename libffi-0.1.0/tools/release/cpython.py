"""Cross-build CPython for a port that no distribution releases any more, and run the package's tests with it.

The source is Debian's (apt-get source), of the very version of this machine's python3: that one builds it.
qemu-user runs the result; this machine's cross compiler is called from inside it, natively.
"""
from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path

from . import debian, port_check, trial, wheels
from .port_list import Port
from .steps import Facts, StepFailed, first_line, run

SYSTEM = "/usr/bin/python3"  # builds, so it must be of the source's version
# There is zlib, but no SQLite: neither for Python nor as a library.
WITHOUT_SQLITE = ["--ignore=tests/real_libraries/test_sqlite.py",
                  "--deselect=tests/test_tour.py::test_a_real_library_calls_back"]
TEST_PACKAGES = ["pytest>=8.2", "pytest-xdist", "hypothesis", "packaging", "setuptools>=77"]


def sources(folder: Path, log: Path) -> tuple[Path, Path]:
    """Fetch and unpack the sources of this machine's python3 and of zlib, once."""
    version = first_line([SYSTEM, "-c", "import platform; print(platform.python_version())"])
    python, zlib = folder / f"Python-{version}", folder / "zlib"
    if not (zlib / "configure").exists():
        shutil.rmtree(folder, ignore_errors=True)
        series = version.rpartition(".")[0]
        debian.download(folder, first_line(["apt-get", "indextargets", "--format", "$(CODENAME)"]),
                        [f"python{series}", "zlib"], log)
        shutil.unpack_archive(debian.archive(folder, f"python{series}_{version}"), folder)
        zlib.mkdir()
        run(["tar", "xf", str(debian.archive(folder, "zlib_*")), "-C", str(zlib), "--strip-components=1"], log)
    return python, zlib


def build(port: Port, sources: tuple[Path, Path], prefix: Path, libffi: Path, log: Path) -> Facts:
    """Build it with ctypes and zlib, which the tests need too; no other library is there."""
    source, zlib = sources
    shutil.rmtree(prefix, ignore_errors=True)
    work = prefix.with_name("cpython-build")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    cross = [f"--build={platform.machine()}-pc-linux-gnu", f"--host={port.triplet}", f"--with-build-python={SYSTEM}"]
    if not port.emulator:  # it runs here, and so builds itself
        cross = [f"--build={port.triplet}"]
    configure = [
        str(source / "configure"), *cross, f"--prefix={prefix}", "--without-ensurepip", "--disable-test-modules",
        "--disable-ipv6", "ac_cv_file__dev_ptmx=no", "ac_cv_file__dev_ptc=no", "ac_cv_buggy_getaddrinfo=no",
        f"LDFLAGS=-L{libffi}/lib -Wl,-rpath,{prefix}/lib",
    ]
    env = {"CHOST": port.triplet, "CC": port.gcc, "CFLAGS": "-O2 -fPIC"}
    run(["sh", "-c", './configure --prefix="$1" && make install', "sh", str(prefix)], log, env,
        folder=shutil.copytree(zlib, work / "zlib"))
    env = {"PKG_CONFIG_LIBDIR": f"{libffi}/lib/pkgconfig:{prefix}/lib/pkgconfig"}
    run(configure, log, env, folder=work)
    run(["make", f"-j{os.cpu_count()}"], log, env, folder=work)
    run(["make", "install"], log, env, folder=work)
    shutil.rmtree(work)
    return {"python": source.name.removeprefix("Python-")}


def wheel(port: Port, package: Path, cpython: Path, libffi: Path, python: Path, log: Path) -> Path:
    """Build the wheel here, as the port's CPython would."""
    folder = cpython.with_name("wheel")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (data,) = cpython.glob("lib/python3*/_sysconfigdata__*.py")
    shutil.copy(data, folder)
    (include,) = cpython.glob("include/python3*")
    env = {
        "CC": f"{port.gcc} -I{include}", "LDSHARED": f"{port.gcc} -shared", "CFLAGS": wheels.flags(package, libffi),
        "LIBFFI": "vendored", "LIBFFI_PREFIX": str(libffi), "LIBFFI_STRICT": "1", "PYTHONPATH": str(folder),
        "_PYTHON_SYSCONFIGDATA_NAME": data.stem, "_PYTHON_HOST_PLATFORM": f"linux-{port.triplet.partition('-')[0]}",
    }
    shutil.rmtree(package / "build", ignore_errors=True)
    run([str(python), "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(package)], log, env)
    (made,) = folder.glob("*.whl")
    return made


def install(cpython: Path, wheel: Path, python: Path, log: Path) -> None:
    """Put the wheel and what the tests need beside the port's CPython."""
    site = test_packages(cpython, python, log)
    for old in site.glob("libffi*"):
        shutil.rmtree(old)
    shutil.unpack_archive(wheel, site, "zip")


def test_packages(cpython: Path, python: Path, log: Path, *further: str) -> Path:
    """Have this machine's pip install what the tests need, which is pure Python; return where."""
    (site,) = cpython.glob("lib/python3*/site-packages")
    version = site.parent.name.removeprefix("python")
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--upgrade", "--target", str(site)]
    pure = ["--only-binary=:all:", "--python-version", version, "--implementation", "py", "--abi", "none"]
    run([*pip, *pure, "--platform", "any", *TEST_PACKAGES, *further], log)
    return site


def test(port: Port, tests: Path, cpython: Path, libffi: Path, log: Path) -> Facts:
    """Run the tests that are meant for emulated machines."""
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "@tests/emulated_selection.txt", *WITHOUT_SQLITE]
    output = python(port, pytest, tests, cpython, libffi, log)
    counts = re.findall(r"(\d+) (passed|failed|skipped|errors?)", output.splitlines()[-1])
    if "passed" not in dict(map(reversed, counts)):
        raise StepFailed(f"the tests came to no end; see {log}")
    text = ", ".join(f"{n} {word}" for n, word in counts)
    return {"tests": text, "summary": text}


def fuzz(port: Port, count: int, tests: Path, cpython: Path, libffi: Path, log: Path) -> Facts:
    """Compare random signatures with what the port's compiler does."""
    arguments = ["-m", "tests.fuzz", "--count", str(count), "--seed", "6", "--jobs", "1"]
    return trial.tally(python(port, arguments, tests, cpython, libffi, log), count, log)


def python(port: Port, arguments: list[str], folder: Path, cpython: Path, libffi: Path, log: Path) -> str:
    """Run the port's CPython, emulated; so are the processes that it makes, where binfmt_misc knows the emulator."""
    (program,) = cpython.glob("bin/python3.[0-9]*[0-9]")
    command = [*port_check.emulator(port), str(program), *arguments]
    return run(command, log, port_check.environment(port, libffi), folder=folder, timeout=5400, allowed=(0, 1))
