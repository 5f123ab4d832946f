"""The functions of the module."""

cdef extern from "<time.h>":
    ctypedef long c_time_t "time_t"

cdef extern from "<wchar.h>":
    size_t wcslen(const wchar_t *)

__version__ = "1.1.0"
SIZEOF_TIME_T = sizeof(c_time_t)


class ArgumentError(Exception):
    """What a call raises for an argument that does not convert."""


def calcsize(format):
    """Return what struct's does, which ctypes asks for single letters: importing it would take long."""
    cdef const scalar_code *scalar
    if isinstance(format, str) and len(format) == 1 and format in "cbBhHiIlLqQfdP?":
        scalar = scalar_of(ord(format))
        return scalar.size
    from struct import calcsize
    return calcsize(format)


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
    return <object><PyObject *>PyLong_AsVoidPtr(address)


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
