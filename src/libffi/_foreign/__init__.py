"""Values and types of other libraries: NumPy's, ctypes', cffi's.

    placing     a struct whose members are where another library has them
    dtypes      NumPy's dtypes for our types, and back
    numpy_      NumPy's scalars and arrays
    ctypes_     ctypes' classes and objects, and those of libffi.compat.ctypes
    cffi_       cffi's types and cdata, whatever backend made them

No library is imported before a value, or a question, of its comes.
"""
TYPE_CHECKING = False       # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

    from libffi import Type


def stand_in(library: str, T: "Type | None", value: "Any") -> object:
    """Return what an object of that library is in our terms, where a T is wanted (None: anything), or None."""
    if library in ("_ctypes", "libffi.compat._ctypes"):
        from . import ctypes_

        return ctypes_.stand_in(T, value)
    if library in ("_cffi_backend", "libffi.compat.cffi._cdata"):
        from . import cffi_

        return cffi_.stand_in(T, value)
    from . import numpy_

    return numpy_.stand_in(T, value)


def describes(T: "Type", value: "Any") -> bool:
    """Return whether the items of a NumPy array have T's own dtype."""
    from .numpy_ import describes

    return describes(T, value)


def dtype_of(T: "Type") -> "Any":
    """Return the NumPy dtype of a type's values."""
    from .dtypes import dtype_of

    return dtype_of(T)
