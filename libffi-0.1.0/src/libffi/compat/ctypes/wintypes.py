"""The interpreter's own ctypes.wintypes, over ours."""
from libffi.compat import _sources

_sources.run("wintypes", globals())
