"""Exceptions, and ffi_status as exceptions."""


class FFIError(Exception):
    """Report an error that is libffi's own; the base of the others."""
    __module__ = "libffi"


class BadTypedef(FFIError, TypeError):
    """Report a type that libffi cannot describe, or not pass the way that was asked (FFI_BAD_TYPEDEF)."""
    __module__ = "libffi"


class BadABI(FFIError, ValueError):
    """Report a calling convention that the platform does not have (FFI_BAD_ABI)."""
    __module__ = "libffi"


class BadArgType(FFIError, TypeError):
    """Report a type that cannot be passed as a variadic argument (FFI_BAD_ARGTYPE)."""
    __module__ = "libffi"


class ClosureExpired(FFIError):
    """Report that C called the address of a closure that was closed or collected."""
    __module__ = "libffi"


class DeclarationError(FFIError, ValueError):
    """Report wrong C text given to Library.declare(); `line` and `column` say where it is."""
    __module__ = "libffi"
    line = None
    column = None


class LibraryNotFound(OSError):
    """Report that no shared library of a name could be loaded."""
    __module__ = "libffi"


class SymbolNotFound(AttributeError):
    """Report that a library has no symbol of a name."""
    __module__ = "libffi"


core_closure_expired = <PyObject *>ClosureExpired
core_bad_arg_type = <PyObject *>BadArgType


cdef object status_error(ffi_status status, object what):
    if status == FFI_BAD_ABI:
        return BadABI(f"{what}: libffi knows no such ABI here (FFI_BAD_ABI)")
    if status == FFI_BAD_ARGTYPE:
        return BadArgType(f"{what}: a variadic argument is not promoted (FFI_BAD_ARGTYPE)")
    return BadTypedef(f"{what}: libffi cannot pass one of its types here (FFI_BAD_TYPEDEF)")
