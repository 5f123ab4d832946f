"""ffi.string() and ffi.unpack()."""


def string(_CDataBase cdata not None, Py_ssize_t maxlen=-1):
    """Return the text at a pointer or array up to its end, a character, or an enum's name."""
    use(cdata)
    try:
        return string_of(cdata, maxlen)
    finally:
        unuse(cdata)


cdef object string_of(_CDataBase cdata, Py_ssize_t maxlen):
    cdef CType ctype = cdata.type
    cdef CType item = ctype.item_type
    cdef Py_ssize_t length = 0
    if ctype.kind_number == POINTER or ctype.kind_number == ARRAY:
        if item.kind_number == CHARACTER or item.is_bytes:
            if cdata.data == NULL:
                raise RuntimeError(f"cannot use string() on {show(cdata)}")
            if maxlen < 0 and ctype.kind_number == ARRAY:
                maxlen = cdata.length
            while (maxlen < 0 or length < maxlen) and unsigned_at(item.size, cdata.data + length * item.size):
                length += 1
            return text_of(item, cdata.data, length)
    elif ctype.names is not None:
        value = read(ctype, cdata.data)
        return ctype.names.get(value, str(value))
    elif ctype.kind_number == CHARACTER or ctype.is_bytes:
        return text_of(ctype, cdata.data, 1)
    raise TypeError(f"string(): unexpected cdata type '{ctype.cname}'")


cdef object text_of(CType item, const char *data, Py_ssize_t length):
    """bytes of char and its like, else str."""
    cdef Py_ssize_t i
    if item.size == 1:
        return PyBytes_FromStringAndSize(data, length)
    if item.size == 2:
        return PyBytes_FromStringAndSize(data, length * 2).decode(
            "utf-16-le" if _sys.byteorder == "little" else "utf-16-be", "surrogatepass")
    return "".join([read_character(item, data + i * item.size) for i in range(length)])


def unpack(_CDataBase cdata not None, Py_ssize_t length):
    """Return so many items: bytes of char, str of wide characters, else a list."""
    use(cdata)
    try:
        return items_of(cdata, length)
    finally:
        unuse(cdata)


cdef object items_of(_CDataBase cdata, Py_ssize_t length):
    cdef CType item = cdata.type.item_type
    cdef Py_ssize_t i
    if length < 0:
        raise ValueError("'length' cannot be negative")
    if cdata.type.kind_number != POINTER and cdata.type.kind_number != ARRAY:
        raise TypeError(f"expected a pointer or array, got '{cdata.type.cname}'")
    if cdata.data == NULL:
        raise RuntimeError(f"cannot use unpack() on {show(cdata)}")
    if item.size < 0:
        raise ValueError(f"'{cdata.type.cname}' points to items of unknown size")
    if item.kind_number == CHARACTER:
        return text_of(item, cdata.data, length)
    return [read(item, cdata.data + i * item.size) for i in range(length)]
