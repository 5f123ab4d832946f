"""Modules of headers that are kept on disk, for `libffi.include`: the second time needs no compiler."""
import hashlib
import json
import os
import shutil
import sys
from importlib.util import module_from_spec, spec_from_file_location

import libffi
from libffi import generated

TYPE_CHECKING = False       # what is kept must be there at once: nothing is imported that making it needs
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

_HEAD = "# "        # the first line of a kept module says what it was made of


def included(headers: "Sequence[str]", libraries: "Sequence[str | None]", options: "dict[str, Any]") -> "ModuleType":
    """Return the module of some headers: the kept one, if what it was made of has not changed."""
    name = f"libffi_include_{_key(headers, libraries, options)[:16]}"
    folder = cache_folder()
    if folder is None:
        return _made(name, headers, libraries, options, None)
    path = os.path.join(folder, f"{name}.py")
    if not _is_current(path):
        sys.modules.pop(name, None)
        return _made(name, headers, libraries, options, path)
    known = sys.modules.get(name)
    return known if known is not None else _loaded(name, path)


def _made(
    name: str, headers: "Sequence[str]", libraries: "Sequence[str | None]", options: "dict[str, Any]",
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
            facts = json.dumps([_facts(file) for file in made.files])
            write_whole(Path(path), f"{_HEAD}{facts}\n{made.text}")
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


def _key(headers: "Sequence[str]", libraries: "Sequence[str | None]", options: "dict[str, Any]") -> str:
    """Return what tells modules apart: all that is asked for, the compiler, the machine, and our version."""
    command = options.get("cc") or os.environ.get("CC") or "cc"
    compiler = shutil.which(command.split()[0]) or command
    local = [os.path.abspath(header) for header in headers if os.path.exists(header)]
    facts = [list(headers), list(libraries), sorted(options.items()), command, _times(os.path.realpath(compiler)),
             local, libffi.__version__, generated.abi(),
             *map(os.environ.get, ("PKG_CONFIG_PATH", "CPATH", "C_INCLUDE_PATH"))]
    return hashlib.sha256(json.dumps(facts, default=list).encode()).hexdigest()


def _times(file: str) -> "list[int]":
    try:
        status = os.stat(file)
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]


def _digest(file: str) -> str:
    try:
        with open(file, "rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except OSError:
        return ""


def _facts(file: str) -> "list[Any]":
    """Return a file's path, time, size and contents' digest."""
    return [file, *_times(file), _digest(file)]


def _is_current(path: str) -> bool:
    """Say whether a kept module is there and its headers are what they were."""
    try:
        with open(path, encoding="utf-8") as stream:
            files = json.loads(stream.readline().removeprefix(_HEAD))
        return all(_times(file) == [time, size] or _digest(file) == digest for file, time, size, digest in files)
    except (OSError, ValueError):
        return False
