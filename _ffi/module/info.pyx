"""What this build and this libffi can do; addresses and strings."""

import sys as _sys

from cpython.number cimport PyNumber_Index


def features():
    """Return a dict of what the linked libffi and this build have.

    C: ffi_get_version, ffi_get_version_number, ffi_get_default_abi, ffi_get_closure_size.
    """
    names = []
    cdef const named_abi *entry = abi_names
    while entry.name != NULL:
        names.append(entry.name.decode().removeprefix("FFI_"))
        entry += 1
    return {
        "version": libffi_version().decode(),
        "version_number": libffi_version_number(),
        "build_version": FFIPY_BUILD_VERSION.decode(),
        "linkage": FFIPY_LINKAGE.decode(),
        "patches": tuple(FFIPY_PATCHES.decode().split()),
        "default_abi": get_abi().DEFAULT.name,
        "abis": tuple(names),
        "call_plan": bool(FFIPY_HAVE_CALL_PLAN),
        "int128": (<Type>core_types["int128"]).info.ffi != NULL,
        "complex": (<Type>core_types["complex_double"]).info.ffi != NULL,
        "vectors": VECTOR_TYPE != 0,
        "static_trampolines": closures_are_indirect(),
        "go_closures": bool(FFIPY_HAVE_GO),
        "raw_api": bool(FFIPY_HAVE_RAW),
        "native_raw_api": bool(FFI_NATIVE_RAW_API),
        "closure_size": core_closure_size(),
        "pointer_size": sizeof(void *),
        "long_double": long_double_format().decode(),
        "byteorder": _sys.byteorder,
        "char_signed": bool(CHAR_IS_SIGNED),
        "wchar_signed": bool(WCHAR_IS_SIGNED),
    }


cdef object abi_enum = None


cdef object get_abi():
    """Return the ABI enum; made when asked for, as enum is slow to import."""
    global abi_enum
    if abi_enum is None:
        made = make_abi()
        lock_interned()
        if abi_enum is None:        # another thread may have been faster
            abi_enum = made
        unlock_interned()
    return abi_enum


def __getattr__(name):
    if name != "ABI":
        raise AttributeError(f"module 'libffi._ffi' has no attribute {name!r}")
    return get_abi()


cdef bint is_known_abi(long value):
    cdef const named_abi *entry = abi_names
    while entry.name != NULL:
        if entry.value == value:
            return True
        entry += 1
    return value == core_default_abi()


cdef object make_abi():
    import enum as enum_module
    members = {}
    cdef const named_abi *entry = abi_names
    while entry.name != NULL:
        members[entry.name.decode().removeprefix("FFI_")] = entry.value
        entry += 1
    members["DEFAULT"] = core_default_abi()
    result = enum_module.IntEnum("ABI", members, module="libffi")
    result.__doc__ = "Name the calling conventions of the platform's ffi.h. C: ffi_abi."
    return result


def addressof(value):
    """Return the address of memory, a pointer's target, a closure, a function or a buffer."""
    if isinstance(value, (Memory, Pointer, Closure, Function)):
        return make_pointer(core_types["pointer"], value).address
    try:
        view = memoryview(value)
    except TypeError:
        raise TypeError(f"addressof(): {type(value).__name__} has no address") from None
    if not view.c_contiguous:
        raise ValueError("addressof(): expected a contiguous buffer")
    return <uintptr_t>buffer_address(view)


def typeof(value):
    """Return the C type of memory, a pointer or a typed value."""
    if isinstance(value, Memory):
        return (<Memory>value).type_
    if isinstance(value, Pointer):
        return (<Pointer>value).type_
    if isinstance(value, Value):
        return (<Value>value).type_
    raise TypeError(f"typeof(): {type(value).__name__} has no C type")


def sizeof_of(value):
    """Return the size in bytes of a type, or of memory, a pointer or a typed value."""
    if not isinstance(value, (Type, Memory, Pointer, Value)):
        raise TypeError(f"sizeof(): {type(value).__name__} has no C type")
    type_ = value if isinstance(value, Type) else typeof(value)
    if type_.size is None:
        raise TypeError(f"sizeof(): {type_} is incomplete")
    return type_.size


sizeof_of.__name__ = sizeof_of.__qualname__ = "sizeof"


cdef char *string_start(what, value) except NULL:
    cdef Pointer pointer
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{what}: expected an address, got {type(value).__name__}")
    pointer = make_pointer(core_types["pointer"], value)
    if pointer.p.address == NULL:
        raise ValueError(f"{what}: NULL")
    if not lifetime_is_open(pointer.p.life):
        raise ValueError(f"{what}: the storage is closed")
    return pointer.p.address


cdef Py_ssize_t count_given(what, size, Py_ssize_t width) except -1:
    """Convert `size`, before the address: it may run Python code, which may close what is there."""
    if not hasattr(type(size), "__index__"):
        raise TypeError(f"{what} size: expected int, got {type(size).__name__}")
    count = PyNumber_Index(size)
    if count < 0:
        raise ValueError(f"{what} size: expected a count, got {count}")
    if count > PY_SSIZE_T_MAX // width:
        raise OverflowError(f"{what} size: {count} is more than there can be")
    return count


def string_at(address, size=None):
    """Return the bytes at an address: up to the NUL, or `size` of them."""
    cdef Py_ssize_t count = 0 if size is None else count_given("string_at()", size, 1)
    cdef char *start = string_start("string_at()", address)
    return <bytes>start if size is None else start[:count]


def wstring_at(address, size=None):
    """Return the str at an address of wchar_t: up to the NUL, or `size` of them."""
    cdef Py_ssize_t count = 0 if size is None else count_given("wstring_at()", size, SIZEOF_WCHAR)
    cdef char *start = string_start("wstring_at()", address)
    if size is not None:
        return start[:count * SIZEOF_WCHAR].decode(
            ("utf-16" if SIZEOF_WCHAR == 2 else "utf-32") + ("-be" if PY_BIG_ENDIAN else "-le"),
            "surrogatepass")
    return wide_text(start, SIZEOF_WCHAR, PY_SSIZE_T_MAX // SIZEOF_WCHAR)
