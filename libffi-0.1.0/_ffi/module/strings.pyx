"""Strings at an address."""


def string_at(address, size=None):
    """Return the bytes at an address: up to the NUL, or `size` of them.

    More than is known to be there is ValueError.
    """
    PySys_Audit("libffi.string_at", "OO", <PyObject *>address, <PyObject *>size)
    return bytes_at("string_at()", address, size, 1)


def wstring_at(address, size=None):
    """Return the str at an address of wchar_t: up to the NUL, or `size` of them.

    More than is known to be there is ValueError.
    """
    PySys_Audit("libffi.wstring_at", "OO", <PyObject *>address, <PyObject *>size)
    return bytes_at("wstring_at()", address, size, SIZEOF_WCHAR).decode(wide_codec(SIZEOF_WCHAR), "surrogatepass")
