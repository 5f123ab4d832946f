"""The real libffi for Python: call any C function, hand any Python callable to C.

    >>> from libffi import Library, c
    >>> Library("m").function("pow", c.double, [c.double, c.double])(2, 10)
    1024.0
"""
import sys

from . import _ffi, c
from ._ffi import (
    CIF,
    ArgumentError,
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
    MemoryClass,
    MisuseError,
    Owned,
    Pointer,
    Struct,
    SymbolNotFound,
    Type,
    Value,
    addressof,
    asdict,
    capsule,
    closure,
    closure_quarantine,
    closures,
    features,
    get_errno,
    owned,
    pointer_to,
    set_errno,
    string_at,
    struct_offsets,
    typeof,
    wstring_at,
)
from ._ffi import sizeof_of as sizeof

if sys.platform == "win32":
    from ._ffi import WinError, get_last_error, set_last_error

TYPE_CHECKING = False       # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from ._debugging import debug
    from ._ffi import ABI
    from ._library import Library
    from ._tracing import disable_crash_reports, enable_crash_reports, trace

__version__ = "0.1.0"

__all__ = [
    "ABI", "ArgumentError", "Array", "CIF", "BadABI", "BadArgType", "BadTypedef", "Closure", "ClosureExpired",
    "DeclarationError", "FFIError", "Function", "Library", "LibraryNotFound", "Memory", "MemoryClass",
    "MisuseError", "Owned", "Pointer", "Struct", "SymbolNotFound", "Type", "Value", "addressof", "asdict", "c",
    "capsule", "closure", "closure_quarantine", "closures", "debug", "disable_crash_reports",
    "enable_crash_reports", "features", "get_errno", "get_include", "include", "owned", "pointer_to",
    "set_errno", "sizeof", "string_at", "struct_offsets", "trace", "typeof", "wstring_at",
]
if sys.platform == "win32":
    __all__ += ["WinError", "get_last_error", "set_last_error"]

if not TYPE_CHECKING:       # or checkers would take any name for one of ours
    def __getattr__(name: str) -> object:
        # Made when asked for: enum and fnmatch are slow to import, and who stands on the C API has no use for Library.
        if name == "ABI":
            return _ffi.ABI
        if name == "Library":
            from ._library import Library

            globals()[name] = Library
            return Library
        if name in ("trace", "enable_crash_reports", "disable_crash_reports"):
            from . import _tracing

            return getattr(_tracing, name)
        if name == "debug":
            from . import _debugging

            return _debugging.debug
        raise AttributeError(f"module 'libffi' has no attribute {name!r}")

    def __dir__() -> "list[str]":
        return sorted({*globals(), *__all__})       # what waits, too


def include(*headers: str, library: "str | None" = None, **options: "Any") -> "ModuleType":
    """Return a module made of C headers in memory, for notebooks and first tries.

    It is what `python -m libffi bindgen` writes to a file, and needs a C compiler once: modules are kept in the
    user's cache folder until a header, the compiler or the options change. LIBFFI_CACHE=0 keeps none. A library is
    named as for Library(); None is the process itself. Other options are those of libffi.bindgen.generate, such
    as pkg_config=["gio-2.0"].
    """
    from ._bindgen.cache import included

    return included(headers, [] if library is None and options.get("pkg_config") else [library or "-"], options)


def get_include() -> str:
    """Return the folder of the C header and the Cython declarations of the backend API."""
    import os

    package = os.path.dirname(__file__)
    installed = os.path.join(package, "include")
    if os.path.isdir(installed):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(package)), "include")   # built in place


def _find_foreign() -> "ModuleType":
    from . import _foreign

    return _foreign


_ffi._ask_about_foreign(
    _find_foreign, ("_ctypes", "libffi.compat._ctypes", "_cffi_backend", "libffi.compat.cffi._cdata", "numpy"),
    ("ctypes", "libffi.compat.ctypes"))


def _begin_as_told() -> None:
    """Begin what LIBFFI_TRACE, LIBFFI_CRASH_REPORTS and LIBFFI_DEBUG ask for."""
    import os

    told = [name for name in ("LIBFFI_TRACE", "LIBFFI_CRASH_REPORTS", "LIBFFI_DEBUG") if name in os.environ]
    if told and _ffi._trusts_environment():
        from . import _debugging, _tracing

        _tracing.begin_as_told(os.environ)
        _debugging.begin_as_told(os.environ.get("LIBFFI_DEBUG", "0"))


_begin_as_told()
