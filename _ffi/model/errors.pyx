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


class ArgumentError(FFIError):
    """Report an argument that its type does not take; C has not run, and another way may be tried.

    It is a TypeError, OverflowError or ValueError as well (`ArgumentError.TypeError`, and so on). What
    Python code raises in the middle of a conversion comes out as it is.
    """
    __module__ = "libffi"


def _argument_errors():
    """Return the classes that are an ArgumentError and another error, by that."""
    made = {}
    for base in (TypeError, OverflowError, ValueError, UnicodeEncodeError, BadTypedef, BadArgType, ClosureExpired):
        made[base] = type(base.__name__, (ArgumentError, base), {
            "__doc__": f"Report an argument by {base.__name__}; C has not run.",
            "__module__": "libffi", "__qualname__": f"ArgumentError.{base.__name__}"})      # where pickle finds it
        setattr(ArgumentError, base.__name__, made[base])
    return made


class MisuseError(FFIError):
    """Report a mistake in how C is used, which `libffi.debug()` noticed."""
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
core_misuse_error = <PyObject *>MisuseError
core_bad_arg_type = <PyObject *>BadArgType
cdef dict argument_errors = _argument_errors()
core_argument_error = <PyObject *>ArgumentError
core_argument_errors = <PyObject *>argument_errors


cdef object status_error(ffi_status status, object what):
    if status == FFI_BAD_ABI:
        return BadABI(f"{what}: libffi knows no such ABI here (FFI_BAD_ABI)")
    if status == FFI_BAD_ARGTYPE:
        return BadArgType(f"{what}: a variadic argument is not promoted (FFI_BAD_ARGTYPE)")
    return BadTypedef(f"{what}: libffi cannot pass one of its types here (FFI_BAD_TYPEDEF)")
