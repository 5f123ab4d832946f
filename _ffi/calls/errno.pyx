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


# Windows' own code beside it; on other systems there are no such functions, as in ctypes.


def get_last_error():
    """Return what GetLastError() said after the last call with `last_error=True` on this thread; in a closure, C's."""
    return last_error_of(&this_threads_errors)


def set_last_error(value):
    """Set the code for the next call with `last_error=True` on this thread; in a closure, for C, which goes on so."""
    previous = last_error_of(&this_threads_errors)
    need_stack(0)
    set_last_error_of(&this_threads_errors, PyNumber_Index(value))
    return previous


def WinError(code=None):
    """Return the OSError of a code, in Windows' words; without one, of get_last_error()."""
    if code is None:
        return error_of_code(last_error_of(&this_threads_errors))
    need_stack(0)
    return error_of_code(PyNumber_Index(code) & 0xFFFFFFFF)     # an HRESULT is a negative int


if not HAS_LAST_ERROR:
    del get_last_error, set_last_error, WinError
