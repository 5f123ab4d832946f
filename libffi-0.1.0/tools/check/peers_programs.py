"""Programs of PyPI's, unchanged, with ctypes or cffi and with ours: their own tests, or a main job of programs/.

They get an environment of their own, build/peers/programs, which sees this one's libffi behind its own packages. What
passes with the original only is a failure; figures are printed, a job's in seconds of the processor, the best of three.
Names on the command line choose among them.
"""
from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import libffi

HERE = Path(__file__).resolve().parent
WORK = HERE.parents[1] / "build" / "peers"
VENV = WORK / "programs"
PYTHON = str(VENV / "bin" / "python")
ROUNDS = 3

# What Debian packages the programs' libraries.
DEBIAN = ("libsdl2-2.0-0 libusb-1.0-0 libmagic1 libenchant-2-2 aspell-en libpangoft2-1.0-0 libcairo2 "
          "libgdk-pixbuf-2.0-0 libvips42 xvfb x11-apps")

INSTALL = {"ctypes": "import libffi.compat.ctypes as front; front.install()",
           "cffi": "import libffi.compat.cffi as front; front.install()"}
# Prints the seconds that the script took, with its imports and without Python's start.
RUN_SCRIPT = """
import runpy
from time import process_time
begun = process_time()
{install}
runpy.run_path({script!r}, run_name="__main__")
print("seconds", process_time() - begun)
"""
RUN_MODULE = """
{install}
import runpy
import sys
sys.argv[:] = {arguments!r}
runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
"""


PYTEST = ("pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=.")    # not by our configuration


@dataclass(frozen=True)
class Program:
    """A package, the front it is for, and what of it is run."""

    package: str
    front: str
    needs: tuple[str, ...] = ()         # packages besides
    tests: tuple[str, ...] = ()         # a module that runs tests, and its arguments
    source: str = ""                    # ... in this folder of the source archive
    job: str = ""                       # a script of programs/


PROGRAMS = (
    Program("llvmlite", "ctypes", tests=("llvmlite.tests",)),
    Program("xgboost", "ctypes", ("scikit-learn",), job="xgboost"),
    Program("lightgbm", "ctypes", job="lightgbm"),
    Program("pypdfium2", "ctypes", ("numpy", "pillow"), job="pypdfium2"),
    Program("wasmtime", "ctypes", job="wasmtime"),
    Program("PySDL2", "ctypes", job="sdl2"),
    Program("libusb1", "ctypes", job="libusb1"),
    Program("pyusb", "ctypes", job="pyusb"),
    Program("python-magic", "ctypes", job="magic"),
    Program("pyenchant", "ctypes", job="enchant"),
    Program("cairocffi", "cffi", ("pytest", "numpy", "pikepdf"), (*PYTEST, "--pyargs", "cairocffi"),
            job="cairocffi"),
    Program("weasyprint", "cffi", job="weasyprint"),
    Program("xcffib", "cffi", ("pytest",), (*PYTEST, "."), source="test"),
    Program("pyvips", "cffi", job="pyvips"),
)


def prepare(programs: list[Program]) -> None:
    """Make the environment, or bring it up to date."""
    if not Path(PYTHON).exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    packages = dict.fromkeys(name for program in programs for name in (program.package, *program.needs))
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", PYTHON, "install", "-q",
                    *packages], check=True)
    site = run_python("import sysconfig; print(sysconfig.get_path('platlib'))").stdout.strip()
    Path(site, "libffi.pth").write_text(str(Path(libffi.__file__).parents[1]))


def run_python(code: str, folder: Path = WORK) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PYTHON, "-W", "ignore", "-c", code], cwd=folder, capture_output=True, text=True)


def version(program: Program) -> str:
    return run_python(f"import importlib.metadata as m; print(m.version({program.package!r}))").stdout.strip()


def source(program: Program) -> Path:
    """Return a folder of the program's source archive, fetched once."""
    folder = WORK / f"{program.package}-{version(program)}"
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-q", "--no-deps",
                        "--no-binary", program.package, "-d", str(WORK), f"{program.package}=={version(program)}"],
                       check=True)
        with tarfile.open(f"{folder}.tar.gz") as archive:
            archive.extractall(WORK, filter="data")
    return folder / program.source


def tested(program: Program, install: str) -> str:
    """Run its tests; return how many ended in which way, or the end of what they printed."""
    folder = source(program) if program.source else WORK
    arguments = list(program.tests)
    done = run_python(RUN_MODULE.format(install=install, arguments=arguments, module=arguments[0]), folder)
    text = done.stdout + done.stderr
    ran = re.search(r"^Ran (\d+) tests?", text, re.MULTILINE)
    if ran:                             # unittest
        ended = re.findall(r"^(?:OK|FAILED)(?: \(.*\))?$", text, re.MULTILINE)
        return f"{ran[1]} run, {' '.join(ended)}"
    counts = re.findall(r"(\d+ (?:failed|passed|skipped|xfailed|errors?))", text.splitlines()[-1]) if text else []
    return ", ".join(counts) or text[-2000:]


def timed(program: Program, install: str) -> float | str:
    """Do its main job once; return the seconds, or the end of what it printed."""
    script = str(HERE / "programs" / f"use_{program.job}.py")
    done = run_python(RUN_SCRIPT.format(install=install, script=script))
    found = re.search(r"^seconds (.*)$", done.stdout, re.MULTILINE)
    return float(found[1]) if found and done.returncode == 0 else (done.stdout + done.stderr)[-2000:]


def compare(program: Program) -> bool:
    """Run one program both ways and print its row; return whether ours does what the original does."""
    ways = ("", INSTALL[program.front])
    row, same = [f"{program.package} {version(program)}"], True
    if program.tests:
        tests = [tested(program, install) for install in ways]
        same = tests[0] == tests[1]
        row.append("; ".join(tests) if not same else f"both: {tests[0]}")
    if program.job:
        times: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for so_far, install in zip(times, ways, strict=True):
                took = timed(program, install)
                if isinstance(took, str):
                    print(f"{row[0]} with {'ours' if install else program.front}: {took}")
                    return False
                so_far.append(took)
        row.append(f"{min(times[0]):.3f} s, {min(times[1]):.3f} s")
    print(" | ".join(row), flush=True)
    return same


def main(names: list[str]) -> int:
    programs = [program for program in PROGRAMS if not names or program.package in names]
    WORK.mkdir(parents=True, exist_ok=True)
    prepare(programs)
    print(f"Of Debian they want {DEBIAN}")
    results = [compare(program) for program in programs]
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
