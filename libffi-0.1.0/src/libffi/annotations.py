"""Names for annotations: what generated stubs say of C's parameters, results and fields.

`Integer` is what an `int` parameter takes, `Pointer[int]` what an `int *` gives, `Target[node_memory]` what a
`struct node *` parameter takes. They are for type checkers: nothing here is needed to call C.
"""
from builtins import bool as bool
from builtins import bytes as bytes
from builtins import complex as complex
from builtins import float as float
from builtins import int as int
from builtins import str as str
from builtins import type as type
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum as IntEnum
from enum import IntFlag as IntFlag
from os import PathLike
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    ParamSpec,
    SupportsComplex,
    SupportsFloat,
    SupportsIndex,
    TypeAlias,
    TypeVar,
    overload,
)

from libffi import Array, Closure, Function, Memory, Pointer, Struct, Type, Value

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from libffi._ffi import AnyFunction, AnyPointer, AnyValue, Method, _AnyMemory
else:
    Buffer = _AnyMemory = Any
    AnyFunction, AnyPointer, AnyValue = Function, Pointer, Value

_T = TypeVar("_T")
_P = ParamSpec("_P")
_R = TypeVar("_R")
_Read_co = TypeVar("_Read_co", covariant=True)
_Written_contra = TypeVar("_Written_contra", contravariant=True)

# What parameters take and fields may be set to.
Integer: TypeAlias = SupportsIndex | Value[int]
Floating: TypeAlias = SupportsFloat | SupportsIndex | Value[float]
Real: TypeAlias = float | Value[float]
Complex: TypeAlias = SupportsComplex | SupportsFloat | SupportsIndex | Value[complex]
Character: TypeAlias = bytes | str | SupportsIndex | AnyValue
VoidPointer: TypeAlias = Pointer[None] | None
Text: TypeAlias = str | bytes | PathLike[str] | PathLike[bytes] | Buffer | AnyPointer | None
WideText: TypeAlias = str | AnyPointer | Array[str] | None
Callback: TypeAlias = Closure | AnyFunction | AnyPointer | None
Address: TypeAlias = AnyPointer | Buffer | _AnyMemory | Closure | AnyFunction | int | str | None
Data: TypeAlias = Pointer[_T] | Pointer[None] | Buffer | _AnyMemory | None
Target: TypeAlias = Pointer[_T] | Pointer[None] | Memory[_T] | Array[_T] | _T | None
Aggregate: TypeAlias = _T | AnyValue | tuple[Any, ...] | Mapping[str, Any]
Items: TypeAlias = Iterable[Any] | Buffer

if TYPE_CHECKING:

    class StructMemory(Memory["StructMemory"]):
        """Memory of a struct or union whose fields are known."""

        # A field of one of these names wins.
        address: Any
        type: Any
        size: Any
        value: Any
        closed: Any
        close: Any

    class Field(Generic[_Read_co, _Written_contra]):
        """A field: what reading gives, and what it may be set to."""

        @overload
        def __get__(self, instance: None, owner: Any = None, /) -> Any: ...
        @overload
        def __get__(self, instance: object, owner: Any = None, /) -> _Read_co: ...
        def __get__(self, instance: object, owner: Any = None, /) -> Any: ...
        def __set__(self, instance: object, value: _Written_contra, /) -> None: ...

    class CallbackType(Type[Function[_P, Any] | None], Generic[_P, _R]):  # type: ignore[misc]  # pyright: ignore
        """The type of a pointer to functions, which makes closures of Python's."""

        @overload
        def closure(
            self, callable: Callable[_P, _R] | Method[_P, _R], *, on_error: Any = None,
            on_exception: Callable[[BaseException], Any] | None = None, name: str | None = None
        ) -> Closure: ...
        @overload
        def closure(
            self, callable: None = None, *, on_error: Any = None,
            on_exception: Callable[[BaseException], Any] | None = None, name: str | None = None
        ) -> Callable[[Callable[_P, _R] | Method[_P, _R]], Closure]: ...
        def closure(
            self, callable: Any = None, *, on_error: Any = None,
            on_exception: Callable[[BaseException], Any] | None = None, name: str | None = None
        ) -> Any: ...

    def function(stub: Callable[_P, _R]) -> Function[_P, _R]:
        """Make a C function's type of a stub of it."""

else:
    StructMemory = Struct
    CallbackType = Type

__all__ = [
    "Address", "Aggregate", "Any", "Array", "Callback", "CallbackType", "Character", "Closure", "Complex", "Data",
    "Floating", "Function", "IntEnum", "IntFlag", "Integer", "Items", "Memory", "Pointer", "Real", "StructMemory",
    "Target", "Text", "Type", "Value", "VoidPointer", "WideText",
]
