"""The real libffi for Python: call any C function, hand any Python callable to C.

    >>> from libffi import Library, c
    >>> Library("m").function("pow", c.double, [c.double, c.double])(2, 10)
    1024.0
"""
from pathlib import Path as _Path

from . import c
from ._ffi import (
    ABI,
    CIF,
    Array,
    BadABI,
    BadArgType,
    BadTypedef,
    Closure,
    ClosureExpired,
    DeclarationError,
    FFIError,
    Function,
    LibraryNotFound,
    Memory,
    Pointer,
    Struct,
    SymbolNotFound,
    Type,
    Value,
    addressof,
    closure,
    closure_quarantine,
    features,
    get_errno,
    set_errno,
    string_at,
    struct_offsets,
    typeof,
    wstring_at,
)
from ._ffi import sizeof_of as sizeof
from .library import Library

__version__ = "0.1.0"

__all__ = [
    "ABI", "Array", "CIF", "BadABI", "BadArgType", "BadTypedef", "Closure", "ClosureExpired",
    "DeclarationError", "FFIError", "Function", "Library", "LibraryNotFound", "Memory",
    "Pointer", "Struct", "SymbolNotFound", "Type", "Value", "addressof", "c", "closure",
    "closure_quarantine", "features", "get_errno", "get_include", "set_errno", "sizeof",
    "string_at", "struct_offsets", "typeof", "wstring_at",
]


def get_include() -> str:
    """Return the folder of the C header and the Cython declarations of the backend API."""
    installed = _Path(__file__).parent / "include"
    if installed.is_dir():
        return str(installed)
    return str(_Path(__file__).parents[2] / "include")    # a checkout, built in place
