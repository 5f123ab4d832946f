"""C's errno, as calls leave and find it."""


def get_errno():
    """Return errno as the last call with `errno=True` on this thread left it; in a closure, C's."""
    return saved_errno


def set_errno(value):
    """Set errno for the next call with `errno=True` on this thread; in a closure, for C, which goes on with it."""
    global saved_errno
    previous = saved_errno
    need_stack(0)
    saved_errno = PyNumber_Index(value)     # a C int would take 1.5 for 1
    return previous
