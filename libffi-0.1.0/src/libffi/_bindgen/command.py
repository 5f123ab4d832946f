"""The command that makes a module again, as its first lines have it: without the folders of this machine."""
import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libffi._bindgen.generate import Request

_MARK = "    python -m libffi bindgen "


def command_of(request: "Request", output: str = "") -> str:
    """Return a command for what was asked for, as one would type it."""
    words = [*map(_portable, request.headers)]
    for option, values in (
            ("--library", ["-" if name is None else name for name in request.libraries]),
            ("--pkg-config", request.pkg_config), ("--from", request.files),
            ("--rename", [f"{pattern}={name}" for pattern, name in request.rename]),
            ("--match", [request.match]), ("--skip", [request.skip])):
        for value in values:
            words += [option, _portable(value)] if value is not None else []
    words += ["--shim"] if request.shim else []
    words += _flags(request.flags)
    output = os.path.basename(output) or (f"{request.shim.removesuffix('_shim')}.py" if request.shim else "")
    words += ["--output", output] if output else []
    return _MARK.strip() + " " + shlex.join(words)


def words_of(text: str) -> list[str] | None:
    """Return the arguments of the command in a module's first lines, None where there is none."""
    line = next((line for line in text.splitlines() if line.startswith(_MARK)), None)
    return None if line is None else shlex.split(line.removeprefix(_MARK))


def _portable(word: str) -> str:
    return os.path.basename(word) if os.path.isabs(word) else word


def _flags(flags: tuple[str, ...]) -> Iterator[str]:
    waiting = iter(flags)
    for flag in waiting:
        if flag in ("-include", "-I", "-isystem"):
            value = next(waiting, "")
            if flag == "-include" or not os.path.isabs(value):
                yield from (flag, _portable(value))
        elif not (flag.startswith("-I") and os.path.isabs(flag[2:])):
            yield flag
