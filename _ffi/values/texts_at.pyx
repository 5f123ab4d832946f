"""Text and bytes at an address: up to the NUL, or as many as asked for; never beyond what is known to be there."""


cdef bytes bytes_at(what, address, size, Py_ssize_t width):
    """Return `size` units of `width` bytes, or those before the first that is zero."""
    cdef Py_ssize_t count = -1 if size is None else count_given(what, size, width), there = -1
    cdef Pointer pointer
    if isinstance(address, (str, bytes)):
        raise TypeError(f"{what}: expected an address, got {type(address).__name__}")
    pointer = make_pointer(core_types["pointer"], address)
    if pointer.p.address == NULL:
        raise ValueError(f"{what}: NULL")
    if not lifetime_is_open(pointer.p.life):
        raise ValueError(f"{what}: the storage is closed")
    known = known_size(address if isinstance(address, (Memory, Pointer)) else pointer)
    if known is not None:
        there = known // width
    if debugging:
        check_read(what, pointer.p.address, count if there < 0 else 0, width)
    if count < 0:
        count = units_before_zero(pointer.p.address, there, width)
        if count == there:
            raise ValueError(f"{what}: no NUL in the {known} bytes that are there; say how many you want")
    elif 0 <= there < count:
        raise ValueError(f"{what}: expected {count * width} bytes, but there are {known}")
    return pointer.p.address[:count * width]


cdef Py_ssize_t count_given(what, size, Py_ssize_t width) except -1:
    """Convert `size`, before the address: it may run Python code, which may close what is there."""
    need_stack(0)
    if not hasattr(type(size), "__index__"):
        raise TypeError(f"{what} size: expected int, got {type(size).__name__}")
    count = PyNumber_Index(size)
    if count < 0:
        raise ValueError(f"{what} size: expected a count, got {count}")
    if count > PY_SSIZE_T_MAX // width:
        raise OverflowError(f"{what} size: {count} is more than there can be")
    return count


cdef Py_ssize_t units_before_zero(const char *start, Py_ssize_t limit, Py_ssize_t width):
    """Return the number of units before the first zero, or `limit`, which is -1 where none is known."""
    cdef Py_ssize_t n = 0
    if width == 1 and limit < 0:
        return strlen(start)
    while n != limit and memcmp(start + n * width, b"\0\0\0\0", width) != 0:
        n += 1
    return n


cdef bint has_zero(const char *start, Py_ssize_t units, Py_ssize_t width):
    return units_before_zero(start, units, width) != units


cdef str wide_codec(Py_ssize_t width):
    return f"utf-{8 * width}-{'be' if PY_BIG_ENDIAN else 'le'}"


cdef str wide_text(const char *data, Py_ssize_t width, Py_ssize_t limit, str errors="surrogatepass"):
    """Decode wide characters up to the NUL, or `limit` units."""
    return data[:units_before_zero(data, limit, width) * width].decode(wide_codec(width), errors)


cdef str text_behind(Pointer pointer, size, encoding, errors):
    cdef type_kind kind = plain_type(pointer.p.type.item).kind
    cdef Py_ssize_t width = pointer.p.type.item.size if kind in (K_CHAR16, K_CHAR32) else 1
    if width == 1 and kind != K_VOID and not is_character_kind(kind):
        raise TypeError(f"{type_name(pointer.type_)} points to no text")
    text = bytes_at(f"{type_name(pointer.type_)} text()", pointer, size, width)
    if encoding is None:
        encoding = "utf-8" if width == 1 else wide_codec(width)
        errors = errors or ("surrogateescape" if width == 1 else "surrogatepass")
    return text.decode(encoding, errors or "strict")
