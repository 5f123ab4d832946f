"""Exceptions, and ffi_status as exceptions."""


class FFIError(Exception):
    """Base of the errors that are libffi's own."""
    __module__ = "libffi"


class BadTypedef(FFIError, TypeError):
    """A type cannot be described to libffi, or passed the way that was asked (FFI_BAD_TYPEDEF)."""
    __module__ = "libffi"


class BadABI(FFIError, ValueError):
    """The platform has no such calling convention (FFI_BAD_ABI)."""
    __module__ = "libffi"


class BadArgType(FFIError, TypeError):
    """A type cannot be passed through `...` (FFI_BAD_ARGTYPE)."""
    __module__ = "libffi"


class ClosureExpired(FFIError):
    """C called the address of a closure that was closed or collected."""
    __module__ = "libffi"


class DeclarationError(FFIError, ValueError):
    """C text given to Library.declare() is wrong; `line` and `column` say where."""
    __module__ = "libffi"
    line = None
    column = None


class LibraryNotFound(OSError):
    """No shared library of that name could be loaded."""
    __module__ = "libffi"


class SymbolNotFound(AttributeError):
    """The library has no such symbol."""
    __module__ = "libffi"


core_closure_expired = <PyObject *>ClosureExpired
core_bad_arg_type = <PyObject *>BadArgType


cdef object status_error(ffi_status status, object what):
    if status == FFI_BAD_ABI:
        return BadABI(f"{what}: libffi knows no such ABI here (FFI_BAD_ABI)")
    if status == FFI_BAD_ARGTYPE:
        return BadArgType(f"{what}: a variadic argument is not promoted (FFI_BAD_ARGTYPE)")
    return BadTypedef(f"{what}: libffi cannot pass one of its types here (FFI_BAD_TYPEDEF)")
