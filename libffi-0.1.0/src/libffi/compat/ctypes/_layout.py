"""The interpreter's own ctypes._layout, over ours: since CPython 3.14 it places the members of structures."""
from libffi.compat import _sources

_sources.run("_layout", globals())
