"""Traces: what calls and callbacks told, as lines."""
from __future__ import annotations

import errno as errno_names
import fnmatch
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from . import _ffi


class trace:
    """Trace calls into C and callbacks, of all threads, while in its `with` block.

    `to` is a text file, the path of one to append to, or a callable that gets each `TracedCall`; without it lines go
    to the standard error. `only` is a pattern of names, or several (`"sqlite3_*"`); what took less than `slower`
    seconds is left out. A call that callbacks ran under has a line where it began and one where it ended.
    """

    def __init__(self, to: str | os.PathLike[str] | TextIO | Callable[[_ffi.TracedCall], Any] | None = None, *,
                 only: str | Iterable[str] = "*", slower: float = 0.0) -> None:
        self._to = to
        self._file: TextIO | None = None
        self._patterns = [only] if isinstance(only, str) else list(only)
        if not all(isinstance(pattern, str) for pattern in self._patterns):
            raise TypeError(f"trace() only: expected a pattern of names, or several, got {only!r}")
        if not isinstance(slower, (int, float)):
            raise TypeError(f"trace() slower: expected seconds, got {slower!r}")
        self._wanted: dict[str, bool] = {}
        self._slower = slower
        self._begun: dict[int, list[_ffi.TracedCall]] = {}      # a thread's calls that have a line already
        self._start: float | None = None

    def __enter__(self) -> trace:
        if isinstance(self._to, (str, os.PathLike)):
            self._file = open(self._to, "a", buffering=1, encoding="utf-8", errors="backslashreplace")
        _ffi.add_tracer(self._tell)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _ffi.remove_tracer(self._tell)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _is_wanted(self, call: _ffi.TracedCall) -> bool:
        wanted = self._wanted.get(call.name)
        if wanted is None:
            wanted = self._wanted[call.name] = any(fnmatch.fnmatchcase(call.name, one) for one in self._patterns)
        return wanted

    def _tell(self, call: _ffi.TracedCall) -> None:
        begun = self._begun.get(call.thread, [])
        has_begun = any(one is call for one in begun)
        if not self._is_wanted(call) or (call.seconds < self._slower and not has_begun):
            return
        if callable(self._to):
            self._to(call)
            return
        if has_begun:
            while begun.pop() is not call:      # those above it were left by a longjmp
                pass
            self._write(call, f"}} {call.name}{_outcome(call)}", call.seconds)
            if not begun:
                del self._begun[call.thread]
            return
        self._begin(call.outer)
        self._write(call, f"{_beginning(call)}{_outcome(call)}")

    def _begin(self, call: _ffi.TracedCall | None) -> None:
        if call is None or any(one is call for one in self._begun.get(call.thread, [])):
            return
        self._begin(call.outer)
        if self._is_wanted(call):
            self._begun.setdefault(call.thread, []).append(call)
            self._write(call, f"{_beginning(call)} {{")

    def _write(self, call: _ffi.TracedCall, text: str, later: float = 0.0) -> None:
        if self._start is None:
            self._start = call.began
        file = self._file or self._to or sys.stderr
        if file is not None:
            indent = "  " * call.depth
            at = call.began + later - self._start
            file.write(f"{call.thread} {at:10.6f}  {indent}{text}\n")    # type: ignore[union-attr]


def _beginning(call: _ffi.TracedCall) -> str:
    how = {"call": "", "callback": "callback ", "map": "map "}[call.kind]
    return f"{how}{call.name}({call.arguments})"


def _outcome(call: _ffi.TracedCall) -> str:
    parts = [f" = {call.result}"] if call.result is not None else []
    if call.exception is not None:
        parts.append(f" raised {type(call.exception).__name__}")
    if call.errno:
        parts.append(f" errno={errno_names.errorcode.get(call.errno, call.errno)}")
    return "".join([*parts, f"  <{call.seconds * 1e6:.1f} us>"])


def enable_crash_reports() -> None:
    """Report, when a fatal signal comes, which calls into C and callbacks were under way on its thread.

    Enables faulthandler, too, which then prints Python's stack. Each call and callback is told beforehand, which
    costs it a few microseconds.
    """
    import faulthandler

    if not faulthandler.is_enabled():
        faulthandler.enable()
    _ffi.report_crashes(True)


def disable_crash_reports() -> None:
    """Report no crashes any more; faulthandler stays as it is."""
    _ffi.report_crashes(False)


def begin_as_told(environment: Any) -> None:
    """Begin what LIBFFI_TRACE and LIBFFI_CRASH_REPORTS ask for."""
    if environment.get("LIBFFI_CRASH_REPORTS", "") not in ("", "0"):
        enable_crash_reports()
    to = environment.get("LIBFFI_TRACE", "")
    if to not in ("", "0"):
        import atexit

        started = trace(None if to == "1" else to)
        try:
            started.__enter__()
        except OSError as error:
            error.add_note("The environment's LIBFFI_TRACE names this file.")
            raise
        atexit.register(started.__exit__)
