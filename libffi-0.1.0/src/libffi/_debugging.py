"""Debug mode: typical mistakes are noticed, and told."""
from __future__ import annotations

from . import _ffi

_begun: list[debug] = []        # the last one rules


class debug:
    """Notice typical mistakes in how C is used, of all threads, while in its `with` block.

    Memory that is made there has guards around it, and is kept for a while after it was freed: what C writes beside
    it, or too late, is a `MisuseError`. Calls and callbacks are checked for addresses of freed memory, texts without
    an end, and functions of other signatures. With `pages` memory ends where a page ends that nobody may touch: the
    very instruction faults, and the crash report names the memory. `quarantine` is how many bytes of freed memory
    are kept.
    """

    def __init__(self, *, pages: bool = False, quarantine: int = 64 << 20) -> None:
        self._settings = (pages, quarantine)

    def __enter__(self) -> debug:
        if self._settings[0]:
            from ._tracing import enable_crash_reports

            enable_crash_reports()
        _begun.append(self)
        _ffi.debug_storage(True, *self._settings)
        return self

    def __exit__(self, kind: object, *exc_info: object) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            _begun.remove(self)
            if _begun:
                _ffi.debug_storage(True, *_begun[-1]._settings)
            else:
                _ffi.debug_storage(False)

    def check(self) -> None:
        """Check all memory now: raise MisuseError for what was written beside it, or after it was freed."""
        found = _ffi.damaged_storage()
        if found:
            raise _ffi.MisuseError("\n".join(map(str, found)))


def begin_as_told(value: str) -> None:
    """Begin what LIBFFI_DEBUG asks for: "1", or "pages"."""
    if value in ("", "0"):
        return
    import atexit

    begun = debug(pages=value == "pages")
    begun.__enter__()
    atexit.register(begun.check)        # what it raises is printed
