"""Exceptions, and ffi_status as exceptions."""


# Made in C: a class statement takes ten times as long, for which `import libffi` would wait.
FFIError = new_exception_class(b"libffi.FFIError", (Exception,), b"""\
Report an error that is libffi's own; the base of the others.""")

BadTypedef = new_exception_class(b"libffi.BadTypedef", (FFIError, TypeError), b"""\
Report a type that libffi cannot describe, or not pass the way that was asked (FFI_BAD_TYPEDEF).""")

BadABI = new_exception_class(b"libffi.BadABI", (FFIError, ValueError), b"""\
Report a calling convention that the platform does not have (FFI_BAD_ABI).""")

BadArgType = new_exception_class(b"libffi.BadArgType", (FFIError, TypeError), b"""\
Report a type that cannot be passed as a variadic argument (FFI_BAD_ARGTYPE).""")

ClosureExpired = new_exception_class(b"libffi.ClosureExpired", (FFIError,), b"""\
Report that C called the address of a closure that was closed or collected.""")

ArgumentError = new_exception_class(b"libffi.ArgumentError", (FFIError,), b"""\
Report an argument that its type does not take; C has not run, and another way may be tried.

It is a TypeError, OverflowError or ValueError as well (`ArgumentError.TypeError`, and so on). What
Python code raises in the middle of a conversion comes out as it is.""")

MisuseError = new_exception_class(b"libffi.MisuseError", (FFIError,), b"""\
Report a mistake in how C is used, which `libffi.debug()` noticed.""")

DeclarationError = new_exception_class(b"libffi.DeclarationError", (FFIError, ValueError), b"""\
Report wrong C text given to Library.declare(); `line` and `column` say where it is.""")
DeclarationError.line = DeclarationError.column = None

LibraryNotFound = new_exception_class(b"libffi.LibraryNotFound", (OSError,), b"""\
Report that no shared library of a name could be loaded.""")

SymbolNotFound = new_exception_class(b"libffi.SymbolNotFound", (AttributeError,), b"""\
Report that a library has no symbol of a name.""")


cdef dict make_argument_errors():
    """Return the classes that are an ArgumentError and another error, by that."""
    made = {}
    for base in (TypeError, OverflowError, ValueError, UnicodeEncodeError, BadTypedef, BadArgType, ClosureExpired):
        name = base.__name__
        made[base] = new_exception_class(f"libffi.{name}".encode(), (ArgumentError, base),
                                         f"Report an argument by {name}; C has not run.".encode())
        made[base].__qualname__ = f"ArgumentError.{name}"       # where pickle finds it
        setattr(ArgumentError, name, made[base])
    return made


core_closure_expired = <PyObject *>ClosureExpired
core_misuse_error = <PyObject *>MisuseError
core_bad_arg_type = <PyObject *>BadArgType
cdef dict argument_errors = make_argument_errors()
core_argument_error = <PyObject *>ArgumentError
core_argument_errors = <PyObject *>argument_errors


cdef object status_error(ffi_status status, object what):
    if status == FFI_BAD_ABI:
        return BadABI(f"{what}: libffi knows no such ABI here (FFI_BAD_ABI)")
    if status == FFI_BAD_ARGTYPE:
        return BadArgType(f"{what}: a variadic argument is not promoted (FFI_BAD_ARGTYPE)")
    return BadTypedef(f"{what}: libffi cannot pass one of its types here (FFI_BAD_TYPEDEF)")
