"""C's errno, as calls leave and find it."""


def get_errno():
    """Return errno as the last call with `errno=True` on this thread left it; in a closure, C's."""
    settle_own_errors()
    return saved_errno


def set_errno(value):
    """Set errno for the next call with `errno=True` on this thread; in a closure, for C, which goes on with it."""
    global saved_errno
    cdef int number, previous
    need_stack(0)
    number = PyNumber_Index(value)          # a C int would take 1.5 for 1
    settle_own_errors()
    previous, saved_errno = saved_errno, number
    return previous


# Windows' own code beside it; on other systems there are no such functions, as in ctypes.


def get_last_error():
    """Return what GetLastError() said after the last call with `last_error=True` on this thread; in a closure, C's."""
    settle_own_errors()
    return last_error_of(&this_threads_errors)


def set_last_error(value):
    """Set the code for the next call with `last_error=True` on this thread; in a closure, for C, which goes on so."""
    cdef unsigned long number, previous
    need_stack(0)
    number = PyNumber_Index(value)
    settle_own_errors()
    previous = last_error_of(&this_threads_errors)
    set_last_error_of(&this_threads_errors, number)
    return previous


def WinError(code=None):
    """Return the OSError of a code, in Windows' words; without one, of get_last_error()."""
    if code is None:
        settle_own_errors()
        return error_of_code(last_error_of(&this_threads_errors))
    need_stack(0)
    return error_of_code(PyNumber_Index(code) & 0xFFFFFFFF)     # an HRESULT is a negative int


if not HAS_LAST_ERROR:
    del get_last_error, set_last_error, WinError
