"""ctypes over libffi: the interpreter's own package, with another `_ctypes` beneath it."""
from libffi.compat import _sources

_sources.run("__init__", globals())
__path__.append(_sources.folder())      # for what needs no other _ctypes: macholib

from libffi.compat._install import install  # noqa: E402, F401
