"""Make Python modules of C headers: what `python -m libffi bindgen` does, for build scripts.

    module = bindgen.generate(["zlib.h"], libraries=["z"], match="crc32.*|Z_.*")
    module.write("zlib_c.py")

It writes the module and its `.pyi`; `module.left_out` says what is not in it, and why.
"""
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, Unpack

from libffi._bindgen.errors import BindgenError
from libffi._bindgen.generate import Module, Request
from libffi._bindgen.generate import generate as _generate

__all__ = ["BindgenError", "Module", "Options", "generate", "request"]


class Options(TypedDict, total=False):
    """What generate() may be told."""

    libraries: Iterable[str | None]
    pkg_config: Iterable[str]
    cc: str | None
    flags: Iterable[str]
    match: str | None
    skip: str | None
    files: Iterable[str]
    rename: Mapping[str, str] | None
    shim: str | None
    command: str


def generate(
    headers: Iterable[str | os.PathLike[str]],
    *,
    progress: Callable[[str], None] = lambda step: None,
    **options: Unpack[Options],
) -> Module:
    """Return the module of some headers.

    The options are those of the command: `files` are the patterns of --from, `flags` go to the compiler,
    None among the libraries is the process itself. `shim` is the name of the shim's library, `NAME_shim` for a
    module NAME, which `write()` compiles. `command` is what the module's first lines say that made it.
    """
    return _generate(request(headers, **options), progress)


def request(headers: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Request:
    """Return the options of generate() as one object, which can be compared and stored."""
    given: dict[str, Any] = dict(options)
    given["rename"] = tuple((options.get("rename") or {}).items())
    for name in _SEQUENCES & given.keys():
        if isinstance(options.get(name), str):
            raise TypeError(f"generate() {name}: expected several of them, got {options.get(name)!r}")
        given[name] = tuple(given[name])
    return Request(headers=tuple(os.fspath(header) for header in headers), **given)


_SEQUENCES = {"libraries", "pkg_config", "flags", "files"}
