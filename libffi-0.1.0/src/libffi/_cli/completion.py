"""Shell completion, by argcomplete where it is installed: names that the machine knows."""
import argparse
import os
from collections.abc import Callable
from typing import Any


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for completions; the process ends here then."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ModuleNotFoundError:
        return
    argcomplete.autocomplete(parser, always_complete_options="long")


def suggest(names: Callable[..., list[str]], argument: Any) -> None:
    """Let a shell suggest names for an argument; argcomplete looks for them there."""
    argument.completer = names


def libraries(prefix: str, **context: Any) -> list[str]:
    """Return short names and file names of the libraries that the loader knows."""
    from libffi._search import read_cache

    known = read_cache()
    short = {name.partition(".so")[0].removeprefix("lib") for name in known if name.startswith("lib")}
    return sorted(name for name in {*known, *short} if name.startswith(prefix))


def packages(prefix: str, **context: Any) -> list[str]:
    """Return the packages of pkg-config."""
    import subprocess

    command = os.environ.get("PKG_CONFIG") or "pkg-config"
    try:
        listed = subprocess.run([*command.split(), "--list-package-names"], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return sorted(name for name in listed.stdout.split() if name.startswith(prefix))


def headers(prefix: str, **context: Any) -> list[str]:
    """Return headers in the folders that the compiler searches by itself, and below the current one."""
    from libffi._bindgen.compiler import Compiler
    from libffi._bindgen.errors import BindgenError

    folder, _, start = prefix.rpartition("/")
    found = set()
    try:
        searched = Compiler().system_folders()
    except (BindgenError, OSError):
        searched = ["/usr/include"]     # no compiler
    for root in ("", *searched):
        try:
            entries = list(os.scandir(os.path.join(root, folder) or "."))
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith(start):
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir():
                    found.add(f"{name}/")
                elif entry.name.endswith((".h", ".hpp")):
                    found.add(name)
    return sorted(found)
