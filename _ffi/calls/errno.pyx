"""C's errno, as calls leave and find it."""


def get_errno():
    """Return errno as the last call with `errno=True` on this thread left it."""
    return saved_errno


def set_errno(value):
    """Set what errno will be when the next call with `errno=True` on this thread starts."""
    global saved_errno
    previous = saved_errno
    saved_errno = PyNumber_Index(value)     # a C int would take 1.5 for 1
    return previous
