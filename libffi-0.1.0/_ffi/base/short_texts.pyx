"""Texts that somebody reads: whatever is in them, they stay short."""

cdef enum:
    SHORT = 60              # characters of a name or a scalar
    ROOM = 800              # ... of all that is shown


cdef str clipped(str text, Py_ssize_t limit):
    """Return the text, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[:limit - 1] + "…"


cdef str short_repr(value):
    """Return the repr of a value that Python made, or that may have a repr of its own."""
    try:
        if isinstance(value, (str, bytes)) and len(value) > SHORT:
            return f"{value[:SHORT]!r}…"
        return clipped(repr(value), 2 * SHORT)
    except Exception:
        if type(value) in (int, bool, float, complex, str, bytes):
            raise               # no failure of theirs: a signal's handler raised it
        return f"<{clipped(type(value).__name__, SHORT)}>"
