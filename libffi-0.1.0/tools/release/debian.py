"""Source packages of Debian's, fetched by apt into a folder of ours; what this machine installs stays as it is."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .roots import mirror
from .steps import run

CPYTHONS = {"3.11": "bookworm", "3.13": "trixie"}  # the suite that has the source of a series


def cpython(folder: Path, series: str, wanted: Sequence[str], log: Path) -> None:
    """Unpack what is wanted of CPython's source, as tar's wildcards say."""
    download(folder, CPYTHONS[series], [f"python{series}"], log)
    source = archive(folder, f"python{series}_*")
    run(["tar", "xf", str(source), "-C", str(folder), "--strip-components=1", "--wildcards", *wanted], log)


def download(folder: Path, suite: str, packages: Sequence[str], log: Path) -> None:
    """Put the archives of source packages into a folder."""
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb-src {mirror()} {suite} main\n")
    options = ["-o", f"Dir::Etc::sourcelist={folder}/sources.list", "-o", "Dir::Etc::sourceparts=-",
               "-o", f"Dir::State::lists={folder}/lists", "-o", "APT::Sandbox::User=root"]
    run(["apt-get", *options, "update"], log)
    run(["apt-get", *options, "source", "--download-only", *packages], log, folder=folder)


def archive(folder: Path, name: str) -> Path:
    """Return the original archive of a downloaded package."""
    (found,) = (path for path in folder.glob(f"{name}.orig.tar.*") if path.suffix != ".asc")
    return found
