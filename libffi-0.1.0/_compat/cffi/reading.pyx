"""From C's memory to Python."""

cdef extern from "Python.h":
    str PyUnicode_FromOrdinal(int)
    object PyBool_FromLong(long)


@cython.nonecheck(False)
cdef object read(CType ctype, char *data):
    """The Python value of what is at `data`: numbers as such, all else as cdata that owns nothing."""
    cdef int kind = ctype.kind_number
    cdef _CDataBase made
    if kind == SIGNED:
        return PyLong_FromLongLong(signed_at(ctype.size, data))
    if kind == FLOATING:
        return PyFloat_FromDouble(float_at(ctype.size, data))
    if kind == POINTER or kind == FUNCTION:
        return new_cdata(ctype, address_at(data))
    if kind == UNSIGNED:
        return PyLong_FromUnsignedLongLong(unsigned_at(ctype.size, data))
    if kind == CHARACTER:
        return read_character(ctype, data)
    if kind == ARRAY:
        if ctype.item_count < 0:        # nobody knows how long it is
            return new_cdata(ctype.pointer_type, data)
        made = new_cdata(ctype, data)
        made.length = ctype.item_count
        return made
    if kind == TRUTH:
        return read_truth(ctype, data)
    if kind == COMPLEX:
        return PyComplex_FromDoubles(float_at(ctype.size // 2, data), float_at(ctype.size // 2, data + ctype.size // 2))
    if kind == LONG_DOUBLE:
        made = new_number(ctype)
        memcpy(made.data, data, ctype.size)
        return made
    if is_aggregate(ctype) and ctype.members is not None:
        return new_cdata(ctype, data)
    raise TypeError(f"cdata of type '{ctype.cname}' cannot be read: it is {'void' if kind == VOID else 'opaque'}")


cdef inline char *address_at(const char *data) noexcept:
    cdef char *address
    memcpy(&address, data, sizeof(char *))
    return address


cdef object read_character(CType ctype, const char *data):
    cdef unsigned long long code = unsigned_at(ctype.size, data)
    if ctype.size == 1:
        return PyBytes_FromStringAndSize(data, 1)
    if code > 0x10FFFF:
        raise ValueError(f"{ctype.cname} out of range for Python's str: {hex(code)}")
    return PyUnicode_FromOrdinal(<int>code)


cdef object read_truth(CType ctype, const char *data):
    cdef unsigned long long value = unsigned_at(ctype.size, data)
    if value > 1:
        raise ValueError(f"got a _Bool of value {value}, expected 0 or 1")
    return PyBool_FromLong(<long>value)
