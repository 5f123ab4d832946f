"""Instances as buffers: their formats are the standard ones, as in ctypes."""


cdef Py_ssize_t *extents_of(tuple shape) except NULL:
    cdef Py_ssize_t *extents = <Py_ssize_t *>PyMem_Malloc(len(shape) * sizeof(Py_ssize_t))
    if extents == NULL:
        raise MemoryError
    for i, extent in enumerate(shape):
        extents[i] = extent
    return extents


cdef str format_of(CType_Type cls):
    """Return the format of a class's values, arrays with their shape."""
    return (f"({','.join(map(str, cls.shape))})" if cls.shape else "") + (cls.format_ or "B")


cdef str structure_format(CType_Type cls, list placed):
    """Return a structure's format; gaps, and what it extends, are padding."""
    cdef Placed member
    cdef Py_ssize_t end = 0
    parts = ["T{"]
    for member in placed:
        if member.offset > end:
            parts.append(padding(member.offset - end))
        parts.append(f"{format_of(member.cls)}:{member.name}:")
        end = member.offset + member.cls.size_
    if cls.size_ > end:
        parts.append(padding(cls.size_ - end))
    return "".join(parts) + "}"


cdef str padding(Py_ssize_t n):
    return "x" if n == 1 else f"{n}x"
