"""Strings at an address."""


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
