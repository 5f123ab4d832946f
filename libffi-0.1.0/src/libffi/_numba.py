"""Functions and closures in code that numba compiles: called at their addresses, without Python.

numba finds this by the entry point numba_extensions, when it compiles its first function.
"""
from __future__ import annotations

from typing import Any

from . import _ffi
from ._ffi import CIF, Closure, Function, Type

NUMBERS = ("signed", "unsigned", "float", "bool", "enum")


def register() -> None:
    """Teach numba the types of functions and closures."""
    from numba.core import types
    from numba.core.typing.templates import signature
    from numba.extending import typeof_impl

    def number(type: Type) -> Any:
        """Return numba's type of a C number, or None."""
        import numpy
        from numba.np.numpy_support import from_dtype

        if type.kind == "char":
            return types.int8 if _ffi.features()["char_signed"] else types.uint8
        if type.kind not in NUMBERS or type.size > 8:
            return None
        return from_dtype(numpy.asarray(type.new()).dtype)

    def converted(type: Type, is_result: bool = False) -> Any:
        found = number(type)
        if found is None and type.kind in ("pointer", "string", "bytes", "wstring", "ref"):
            assert type.item is not None
            to = number(type.item)
            # As numba has it with ctypes: an address that comes back is a number.
            found = types.CPointer(to) if to is not None else types.uintp if is_result else types.voidptr
        if found is None and type.kind == "void" and is_result:
            found = types.none
        if found is None:
            raise ValueError(f"{type} is no type for a call in compiled code: numbers and pointers are")
        return found

    def of_signature(cif: CIF) -> Any:
        if cif.variadic or cif.abi != _ffi.ABI.DEFAULT:
            raise ValueError(f"{cif} is not called in compiled code: it is variadic, or of another ABI")
        return types.ExternalFunctionPointer(
            signature(converted(cif.restype, True), *[converted(one) for one in cif.argtypes]), get_pointer=address_of)

    @typeof_impl.register(Function)
    def of_function(function: Function, context: Any) -> Any:
        if function.errcheck is not None or function.errno:
            raise ValueError(f"{function.name}() is not called in compiled code: it has an errcheck or saves errno")
        return of_signature(function.cif)

    @typeof_impl.register(Closure)
    def of_closure(closure: Closure, context: Any) -> Any:
        return of_signature(closure.cif)


def address_of(value: Function | Closure) -> int:
    """Return the address that compiled code calls."""
    return value.address
