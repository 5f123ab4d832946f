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
from ._foreign import from_cffi, from_ctypes, from_dtype

globals().update(_ffi.scalars)

__all__ = [
    *_ffi.scalars, "array", "big", "bits", "enum", "exact", "from_cffi", "from_ctypes", "from_dtype", "func", "inout",
    "little", "ndarray", "out", "ptr", "ref", "struct", "union", "va_list", "vector", "wrap",
]
