"""The interpreter's own ctypes._endian, over ours."""
from libffi.compat import _sources

_sources.run("_endian", globals())
