"""Libraries and what they hold, by handles that are numbers; and the error codes of Windows."""

cdef extern from "loader.h":
    enum:
        c_RTLD_LOCAL "RTLD_LOCAL"
        c_RTLD_GLOBAL "RTLD_GLOBAL"
    bint IS_WINDOWS
    void *loader_open(object name, int flags) except NULL
    int loader_close(void *handle) except -1
    void *loader_symbol(void *handle, const char *name)
    void *loader_ordinal(void *handle, unsigned short ordinal)
    object loader_words()
    object words_of_code(unsigned long code)
    int raise_code(unsigned long code) except -1
    unsigned long last_code()

RTLD_LOCAL, RTLD_GLOBAL = c_RTLD_LOCAL, c_RTLD_GLOBAL


@cython.final
cdef class Opened:
    """A handle that was given so many times, and has not been closed yet."""
    cdef Py_ssize_t count


cdef dict opened_handles = {}
cdef short_lock counting


cdef object open_library(name, int flags):
    cdef Opened opened
    _sys.audit("ctypes.dlopen", name)
    handle = <uintptr_t>loader_open(name, flags)
    LOCK(&counting)
    try:
        opened = opened_handles.get(handle)
        if opened is None:
            opened = opened_handles[handle] = Opened.__new__(Opened)
        opened.count += 1
    finally:
        UNLOCK(&counting)
    return handle


cdef int close_library(handle) except -1:
    cdef Opened opened
    loader_close(PyLong_AsVoidPtr(handle))
    LOCK(&counting)
    try:
        opened = opened_handles.get(handle)
        if opened is not None:
            opened.count -= 1
            if opened.count == 0:
                del opened_handles[handle]
    finally:
        UNLOCK(&counting)
    return 0


cdef uintptr_t symbol_address(handle, name, error) except 0:
    encoded = name if isinstance(name, bytes) else name.encode()
    address = <uintptr_t>loader_symbol(PyLong_AsVoidPtr(handle), encoded)
    if address == 0:
        what = "function" if error is AttributeError else "symbol"
        raise error(loader_words() or f"{what} {name!r} not found")
    return address


cdef uintptr_t ordinal_address(handle, number) except 0:
    """The address of the function that a library has under a number."""
    address = <uintptr_t>loader_ordinal(PyLong_AsVoidPtr(handle), number) if 0 <= number <= 0xFFFF else 0
    if address == 0:
        raise AttributeError(f"function ordinal {number} not found")
    return address


def dlopen(name, int mode=c_RTLD_LOCAL):
    """Open a library, or the process for None, and return its handle."""
    return open_library(name, mode)


def dlclose(handle):
    """Close a library; its functions are not called any more."""
    close_library(handle)


def dlsym(handle, name):
    """Return the address of a library's symbol."""
    _sys.audit("ctypes.dlsym/handle", handle, name)
    return symbol_address(handle, name, OSError)


def dllist():
    """Return the names of the loaded libraries; the program's own is empty."""
    return loaded_libraries()


if not LOADED_ARE_KNOWN:
    del globals()["dllist"]         # ctypes.util goes without it


# Windows has other names for the first two, and codes beside errno.


def LoadLibrary(name, int load_flags=0):
    """Open a library, and return its handle."""
    return open_library(name, load_flags)


def FreeLibrary(handle):
    """Close a library; its functions are not called any more."""
    close_library(handle)


def FormatError(code=None):
    """Return Windows' words for a code; without one, for that of the last call."""
    return words_of_code(last_code() if code is None else <unsigned long>(code & 0xFFFFFFFF))


def get_last_error():
    """Return this thread's copy of GetLastError()'s code."""
    _sys.audit("ctypes.get_last_error")
    return _libffi.get_last_error()


def set_last_error(code):
    """Set this thread's copy of GetLastError()'s code and return what it was."""
    _sys.audit("ctypes.set_last_error", code)
    return _libffi.set_last_error(code & 0xFFFFFFFF)


def _check_HRESULT(int code):
    """Return a code that says success; OSError for another."""
    if code < 0:
        raise_code(<unsigned int>code)
    return code


if IS_WINDOWS:
    FUNCFLAG_STDCALL = 0        # the other convention of i386; elsewhere C's own
    del dlopen, dlclose, dlsym
else:
    del LoadLibrary, FreeLibrary, FormatError, get_last_error, set_last_error, _check_HRESULT
