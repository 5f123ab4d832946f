"""ctypes over libffi: the interpreter's own package, with another `_ctypes` beneath it."""
from libffi.compat import _sources

_sources.run("__init__", globals())
__path__.append(_sources.folder())      # for what needs no other _ctypes: macholib


def install(*, exceptions: str = "unraisable", strict: bool = False) -> None:
    """Put this package in place of `ctypes`; see libffi.compat._install."""
    from libffi.compat import _install  # programs that use this module only need not wait for it

    _install.install(exceptions=exceptions, strict=strict)  # type: ignore[arg-type]
