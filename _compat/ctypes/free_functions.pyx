"""The functions of the module."""

cdef extern from "<dlfcn.h>":
    void *c_dlopen "dlopen"(const char *, int) nogil
    void *c_dlsym "dlsym"(void *, const char *)
    int c_dlclose "dlclose"(void *)
    const char *c_dlerror "dlerror"()
    enum:
        c_RTLD_LOCAL "RTLD_LOCAL"
        c_RTLD_GLOBAL "RTLD_GLOBAL"
        c_RTLD_NOW "RTLD_NOW"

cdef extern from "<time.h>":
    ctypedef long c_time_t "time_t"

cdef extern from "<wchar.h>":
    size_t wcslen(const wchar_t *)

__version__ = "1.1.0"
RTLD_LOCAL, RTLD_GLOBAL = c_RTLD_LOCAL, c_RTLD_GLOBAL
SIZEOF_TIME_T = sizeof(c_time_t)


class ArgumentError(Exception):
    """What a call raises for an argument that does not convert."""


# ---- libraries ----

@cython.final
cdef class Opened:
    """A handle that dlopen() gave so many times, and dlclose() has not taken yet."""
    cdef Py_ssize_t count


cdef dict opened_handles = {}


cdef int note_opened(handle) except -1:
    cdef Opened opened
    with cython.critical_section(opened_handles):
        opened = opened_handles.get(handle)
        if opened is None:
            opened = opened_handles[handle] = Opened.__new__(Opened)
        opened.count += 1
    return 0


cdef int note_closed(handle) except -1:
    cdef Opened opened
    with cython.critical_section(opened_handles):
        opened = opened_handles.get(handle)
        if opened is not None:
            opened.count -= 1
            if opened.count == 0:
                del opened_handles[handle]
    return 0


def dlopen(name, int mode=c_RTLD_LOCAL):
    """Open a library, or the process for None, and return its handle."""
    cdef void *handle
    cdef const char *path = NULL
    cdef int flags = mode | c_RTLD_NOW
    _sys.audit("ctypes.dlopen", name)
    if name is not None:
        encoded = _fsencode(name)
        if b"\0" in encoded:
            raise ValueError("embedded null byte")
        path = encoded
    with nogil:
        handle = c_dlopen(path, flags)
    if handle == NULL:
        raise OSError(loader_error())
    note_opened(<uintptr_t>handle)
    return <uintptr_t>handle


def dlclose(handle):
    """Close a library; its functions are not called any more."""
    if c_dlclose(address_of_int(handle)):
        raise OSError(loader_error())
    note_closed(handle)


def dlsym(handle, name):
    """Return the address of a library's symbol."""
    _sys.audit("ctypes.dlsym/handle", handle, name)
    return symbol_address(handle, name, OSError)


def dllist():
    """Return the names of the loaded libraries; the program's own is empty."""
    return loaded_libraries()


if not LOADED_ARE_KNOWN:
    del globals()["dllist"]         # ctypes.util goes without it


cdef uintptr_t symbol_address(handle, name, error) except 0:
    encoded = name if isinstance(name, bytes) else name.encode()
    c_dlerror()
    address = <uintptr_t>c_dlsym(address_of_int(handle), encoded)
    if address == 0:
        what = "function" if error is AttributeError else "symbol"
        raise error(loader_error() or f"{what} {name!r} not found")
    return address


cdef object loader_error():
    cdef const char *message = c_dlerror()
    return None if message == NULL else (<bytes>message).decode(errors="surrogateescape")


from os import fsencode as _fsencode


# ---- instances and classes ----

def sizeof(item):
    """Return the size of an instance, or of those of a class, in bytes."""
    if isinstance(item, CType_Type) and (<CType_Type>item).kind != K_ABSTRACT:
        return (<CType_Type>item).size_
    if isinstance(item, _CData):
        return (<_CData>item).size
    raise TypeError("this type has no size")


def alignment(item):
    """Return the alignment of an instance or of those of a class."""
    cls = item if isinstance(item, type) else type(item)
    if isinstance(cls, CType_Type) and (<CType_Type>cls).kind != K_ABSTRACT:
        return (<CType_Type>cls).align
    raise TypeError("no alignment info")


def addressof(instance):
    """Return the address of an instance's storage."""
    if not isinstance(instance, _CData):
        raise TypeError("invalid type")
    PySys_Audit("ctypes.addressof", "O", <PyObject *>instance)
    return <uintptr_t>(<_CData>instance).data


def resize(instance, Py_ssize_t size):
    """Give an instance more storage than its class says."""
    cdef _CData data
    if not isinstance(instance, _CData):
        raise TypeError("expected ctypes instance")
    data = instance
    if size < class_of(data).size_:
        raise ValueError(f"minimum size is {class_of(data).size_}")
    with cython.critical_section(data):
        if data.data != data.room and not data.allocated:
            raise ValueError("Memory cannot be resized because this object doesn't own it")
        enlarge(data, size)


def buffer_info(item):
    """Return format, number of dimensions and shape of a class's buffers."""
    cdef CType_Type cls = item if isinstance(item, type) else type(item)
    return item_format(cls), len(cls.shape), cls.shape


def get_errno():
    """Return this thread's copy of errno."""
    _sys.audit("ctypes.get_errno")
    return _libffi.get_errno()


def set_errno(int value):
    """Set this thread's copy of errno and return what it was."""
    _sys.audit("ctypes.set_errno", value)
    previous = _libffi.get_errno()
    _libffi.set_errno(value)
    return previous


def call_function(address, args):
    """Call a function at an address."""
    return _call_address(FUNCFLAG_CDECL, address, args)


def call_cdeclfunction(address, args):
    """Call a function at an address."""
    return _call_address(FUNCFLAG_CDECL, address, args)


def _call_address(flags, address, args):
    function = PyCFuncPtrType("function", (CFuncPtr,), {"_flags_": flags})(address)
    return function(*args)


def PyObj_FromPtr(address):
    """Return the object at an address."""
    return <object><PyObject *>address_of_int(address)


def Py_INCREF(item):
    """Take a reference to an object."""
    incref(item)
    return item


def Py_DECREF(item):
    """Drop a reference to an object."""
    decref(item)
    return item


def _configure(bint raises, bint strict):
    """Say what becomes of callbacks' exceptions, and of calls without argtypes."""
    global exceptions_are_raised, argtypes_are_needed
    exceptions_are_raised, argtypes_are_needed = raises, strict


# ---- functions that ctypes calls by their addresses ----

cdef object cast_to(void *address, object source, object target):
    cdef _CData result
    cdef CType_Type cls = target if isinstance(target, CType_Type) else None
    if cls is None or not (cls.kind == K_POINTER or cls.kind == K_FUNCTION or
                           cls.kind == K_SIMPLE and cls.item in "PzZOu"):
        raise TypeError(f"cast() argument 2 must be a pointer type, not {getattr(target, '__name__', target)}")
    result = (<object>cls)()
    if isinstance(source, _CData):          # what it keeps, and itself
        kept = kept_by(source)
        result.objects = kept if isinstance(kept, dict) else {} if kept is None else {"0": kept}
        (<dict>result.objects)[<uintptr_t><PyObject *>source] = source
    write_address(result.data, address)
    return result


cdef object text_at(const char *address, int size):
    _sys.audit("ctypes.string_at", <uintptr_t>address, size)
    return PyBytes_FromStringAndSize(<char *>address, <Py_ssize_t>strlen(address) if size == -1 else size)


cdef object wide_text_at(const wchar_t *address, int size):
    _sys.audit("ctypes.wstring_at", <uintptr_t>address, size)
    return PyUnicode_FromWideChar(address, <Py_ssize_t>wcslen(address) if size == -1 else size)


cdef object view_at(char *address, Py_ssize_t size, int readonly):
    _sys.audit("ctypes.memoryview_at", <uintptr_t>address, size, readonly)
    if size < 0:
        raise ValueError(f"memoryview_at: size is negative (or overflowed): {size}")
    return PyMemoryView_FromMemory(address, size, PyBUF_READ if readonly else PyBUF_WRITE)


_cast_addr = <uintptr_t>&cast_to
_string_at_addr = <uintptr_t>&text_at
_wstring_at_addr = <uintptr_t>&wide_text_at
_memoryview_at_addr = <uintptr_t>&view_at
_memmove_addr = <uintptr_t>&memmove
_memset_addr = <uintptr_t>&memset
