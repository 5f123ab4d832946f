"""The interpreter's own ctypes.util, over ours."""
from libffi.compat import _sources

_sources.run("util", globals())
