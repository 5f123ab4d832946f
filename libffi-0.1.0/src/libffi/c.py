"""C's types: scalars by name, and the constructors of all others."""
from . import _ffi
from ._ffi import (
    array,
    big,
    bits,
    enum,
    exact,
    func,
    inout,
    little,
    ndarray,
    out,
    ptr,
    ref,
    struct,
    union,
    va_list,
    vector,
    wrap,
)

globals().update(_ffi.scalars)

__all__ = [
    *_ffi.scalars, "array", "big", "bits", "enum", "exact", "from_cffi", "from_ctypes", "from_dtype", "func", "inout",
    "little", "ndarray", "out", "ptr", "ref", "struct", "union", "va_list", "vector", "wrap",
]


def from_dtype(dtype, name=""):
    """Return the C type of what a NumPy dtype describes; a structured one is a struct of that name.

    `dtype` is whatever `numpy.dtype()` takes. Numbers are C's of that size, `S8` is `char[8]`, `U8` is `char32_t[8]`,
    `V8` is eight bytes, times are `int64_t`. The members of a structured one keep their places: it may be packed,
    have gaps, or members that lie on one another.
    """
    from ._foreign.dtypes import from_dtype

    return from_dtype(dtype, name)


def from_ctypes(cls):
    """Return the C type that a class of ctypes' describes: a number, pointer, array, function, structure or union.

    Members lie where ctypes has them, or the class is refused.
    """
    from ._foreign.ctypes_ import from_ctypes

    return from_ctypes(cls)


def from_cffi(ctype):
    """Return the C type that a ctype of cffi's is: what `ffi.typeof("struct point *")` gives.

    Members lie where cffi has them, or the type is refused.
    """
    from ._foreign.cffi_ import from_cffi

    return from_cffi(ctype)
