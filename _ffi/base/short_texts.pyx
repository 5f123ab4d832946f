"""Texts that somebody reads: whatever is in them, they stay short."""

cdef enum:
    SHORT = 60              # characters of a name or a scalar
    ROOM = 800              # ... of all that is shown


cdef str clipped(str text, Py_ssize_t limit):
    """Return the text, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[:limit - 1] + "…"
