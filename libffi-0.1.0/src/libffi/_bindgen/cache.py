"""Modules of headers that are kept on disk, for `libffi.include`: the second time needs no compiler."""
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

import libffi
from libffi import generated

# What is kept must be there at once: nothing is imported that making it needs, nor json, hashlib and shutil, which
# take three times as long as all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

_HEAD = "# "        # the first lines of a kept module: what was asked for, then each header that was read
_PRIME = 2**64 - 59


def included(headers: "Sequence[str]", libraries: "Sequence[str | None]", options: "dict[str, Any]") -> "ModuleType":
    """Return the module of some headers: the kept one, if what it was made of has not changed."""
    headers = [os.fspath(header) for header in headers]
    options = {name: list(value) if hasattr(value, "__iter__") and not isinstance(value, (str, dict)) else value
               for name, value in options.items()}
    asked = _asked(headers, libraries, options)
    # Whoever has the same number by chance has another first line.
    name = f"libffi_include_{int.from_bytes(asked.encode(), 'big') % _PRIME:016x}"
    folder = cache_folder()
    if folder is None:
        return _made(name, asked, headers, libraries, options, None)
    path = os.path.join(folder, f"{name}.py")
    if not _is_current(path, asked):
        sys.modules.pop(name, None)
        return _made(name, asked, headers, libraries, options, path)
    known = sys.modules.get(name)
    return known if known is not None else _loaded(name, path)


def _made(
    name: str, asked: str, headers: "Sequence[str]", libraries: "Sequence[str | None]", options: "dict[str, Any]",
    path: "str | None",
) -> "ModuleType":
    """Make a module, and keep it where it can be kept."""
    import py_compile
    from pathlib import Path
    from types import ModuleType

    from libffi import bindgen
    from libffi._bindgen.generate import write_whole

    made = bindgen.generate(headers, libraries=libraries, **options)
    if path is not None:
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            head = "".join(f"{_HEAD}{line}\n" for line in (asked, *map(_facts, made.files)))
            write_whole(Path(path), head + made.text)
            if not sys.dont_write_bytecode:
                # By its source's digest: a header may change twice in a second, and the text keep its length.
                py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
            return _loaded(name, path)
        except (OSError, bindgen.BindgenError):
            pass            # a folder that cannot be written to
    module = sys.modules[name] = ModuleType(name)
    exec(compile(made.text, f"<{name}>", "exec"), module.__dict__)
    return module


def _loaded(name: str, path: str) -> "ModuleType":
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cache_folder() -> "str | None":
    """Return where modules are kept: LIBFFI_CACHE, else the user's cache folder; None for LIBFFI_CACHE=0."""
    given = os.environ.get("LIBFFI_CACHE")
    if given:
        return None if given == "0" else given
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "libffi", "include")


def _asked(headers: "Sequence[str]", libraries: "Sequence[str | None]", options: "dict[str, Any]") -> str:
    """Return what tells modules apart, on a line: all that is asked for, the compiler, the machine, our version."""
    command = options.get("cc") or os.environ.get("CC") or "cc"
    compiler = _program(command.split()[0])
    local = [os.path.abspath(header) for header in headers if os.path.exists(header)]
    return ascii([headers, libraries, sorted(options.items()), command, _times(os.path.realpath(compiler)), local,
                  libffi.__version__, generated.abi(),
                  *map(os.environ.get, ("PKG_CONFIG_PATH", "CPATH", "C_INCLUDE_PATH"))])


def _program(command: str) -> str:
    """Return where a program lies that is found by its name."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    paths = [os.path.join(folder, command + suffix) for folder in folders for suffix in ("", ".exe")]
    return command if os.path.dirname(command) else next(filter(os.path.isfile, paths), command)


def _times(file: str) -> "list[int]":
    try:
        status = os.stat(file)
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]


def _digest(file: str) -> str:
    import hashlib

    try:
        with open(file, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return ""


def _facts(file: str) -> str:
    """Return a file's time, size, contents' digest and path, on a line."""
    time, size = _times(file)
    return f"{time} {size} {_digest(file)} {file!a}"


def _read_string(literal: str) -> str:
    if "\\" not in literal:
        return literal[1:-1]
    from ast import literal_eval

    return str(literal_eval(literal))


def _is_current(path: str, asked: str) -> bool:
    """Say whether a kept module is there, of what is asked for, and its headers are what they were."""
    try:
        with open(path, encoding="utf-8") as stream:
            if stream.readline() != f"{_HEAD}{asked}\n":
                return False
            for line in stream:
                if not line.startswith(_HEAD):
                    break
                time, size, digest, file = line.removeprefix(_HEAD).rstrip("\n").split(" ", 3)
                file = _read_string(file)
                if _times(file) != [int(time), int(size)] and _digest(file) != digest:
                    return False
            return True
    except (OSError, ValueError, SyntaxError):
        return False
