"""The calling conventions of the platform's ffi.h."""

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
