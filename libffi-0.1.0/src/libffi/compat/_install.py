"""Our ctypes in place of the interpreter's, for a whole program."""
import sys

from libffi.compat import _ctypes, _sources

TYPE_CHECKING = False           # importing typing takes longer than all the rest
if TYPE_CHECKING:
    from typing import Literal

MODULES = ("", ".util", ".wintypes", "._endian")


def install(*, exceptions: 'Literal["unraisable", "raise"]' = "unraisable", strict: bool = False) -> None:
    """Put this package in place of `ctypes`, for all that is imported from now on.

    `exceptions="raise"`: what a callback raises comes out of the call that C ran under, not of `sys.unraisablehook`.
    `strict=True`: functions without `argtypes` are not called.
    """
    if exceptions not in ("unraisable", "raise"):
        raise ValueError(f'install() exceptions: expected "unraisable" or "raise", got {exceptions!r}')
    for name in MODULES:
        sys.modules["ctypes" + name] = _sources.imported(_sources.HERE + name)
    sys.modules["_ctypes"] = _ctypes
    _ctypes._configure(exceptions == "raise", strict)
