"""Library: a loaded shared object, with what was declared of it as attributes."""
from __future__ import annotations

import os
import sys
from _thread import RLock

from libffi import _ffi

TYPE_CHECKING = False       # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import EllipsisType
    from typing import Any, ParamSpec, TypeVar, Unpack, overload

    from libffi import CIF, Function, Type
    from libffi._ffi import _FunctionOptions
    from libffi._header import Header
    from libffi._scope import Scope
    from libffi.declare import Declarations

    _P = ParamSpec("_P")
    _R = TypeVar("_R")


class Library(_ffi.Library):
    """Load a shared library by short name ("m"), soname or path; None is the process itself.

    `mode` has flags of dlopen, such as os.RTLD_GLOBAL; without one it is os.RTLD_NOW and local.
    """

    # Slots are attributes of the class: no declared name can take their place.
    __slots__ = ("__dict__", "_declared", "_left_out", "_lock", "_name", "_scope", "_texts")

    _name: str | None
    _declared: dict[str, Any]
    _scope: Scope | None
    _texts: list[tuple[str, bool, _FunctionOptions]]
    _left_out: dict[str, str]

    def __init__(self, name: str | os.PathLike[str] | None = None, *, mode: int = os.RTLD_LOCAL) -> None:
        """Load a library, trying what its name may stand for."""
        if name is not None:
            name = os.fspath(name)
            if not isinstance(name, str):
                raise TypeError(f"Library() name: expected str, a path or None, got {type(name).__name__}")
            if not name or "\0" in name:
                raise ValueError(f"Library() name: {name!r} names no library")
        self._name = name
        self._declared = {}
        self._scope = None
        self._texts = []
        self._left_out = {}
        self._lock = RLock()
        if name is None:
            super().__init__(None, mode)
        else:
            self._open(name, mode)

    def _open(self, name: str, mode: int) -> None:
        from libffi.search import candidates

        tried: list[str] = []
        for candidate in candidates(name):
            try:
                super().__init__(candidate, mode)
                return
            except _ffi.LibraryNotFound as error:
                why = str(error).removeprefix(f"{candidate}: ")
                absent = "no such file" in why.lower() and "cannot open shared object file" in why
                tried.append(candidate if absent else f"{candidate} ({why})")
        raise _ffi.LibraryNotFound(f"library {name!r} not found, tried: {', '.join(tried)}")

    @property
    def name(self) -> str | None:
        """Return the name that the library was asked for, None for the process."""
        return self._name

    if TYPE_CHECKING:

        @overload
        def function(self, name: Callable[_P, _R], /) -> Function[_P, _R]: ...

        @overload
        def function(
            self, name: str, restype: Type, argtypes: Iterable[Type | EllipsisType] | None = None,
            **options: Unpack[_FunctionOptions],
        ) -> Function: ...

        @overload
        def function(
            self, name: str, restype: None, argtypes: Iterable[Type | EllipsisType],
            **options: Unpack[_FunctionOptions],
        ) -> Function: ...

        @overload
        def function(
            self, name: str | None = None, restype: None = None, **options: Unpack[_FunctionOptions]
        ) -> Callable[[Callable[_P, _R]], Function[_P, _R]]: ...

    def function(
        self,
        name: Callable[..., object] | str | None = None,
        restype: Type | None = None,
        argtypes: Iterable[Any] | None = None,
        **options: Any,
    ) -> Any:
        """Return a function of the library; without a signature, decorate an annotated stub.

        A result type of None with argument types is void. Options: `abi=`, `gil="hold"`,
        `errno=True`, `errcheck=`; CIF.bind says what they do.
        """
        if restype is not None or argtypes is not None:
            from libffi import c

            symbol: Any = name  # of the wrong type: an error of the core's
            result = c.void if restype is None else restype
            return super().function(symbol, result, () if argtypes is None else argtypes, **options)
        if name is not None and not isinstance(name, str):
            return self._from_stub(name, None, options)

        def decorate(stub: Callable[..., object]) -> Function:
            return self._from_stub(stub, name, options)

        return decorate

    def _from_stub(
        self, stub: Callable[..., object], name: str | None, options: dict[str, Any]
    ) -> Function:
        from libffi.stubs import read_stub

        # Annotations kept as text may name what is local to the caller.
        read = read_stub(stub, sys._getframe(2).f_locals)
        function: Any = super().function(name or read.name, read.restype, read.argtypes, **options)
        function.__doc__ = read.doc
        function.__signature__ = read.signature
        made: Function = function
        return made

    def declare(self, text: str, *, partial: bool = False, **options: Unpack[_FunctionOptions]) -> None:
        """Make attributes of what C declarations name; options are those of functions.

        Either all of the text is declared, or an error is raised and nothing has changed.
        With `partial`, for preprocessed headers (`cc -E -P`), what cannot be had is left
        out, and who asks for it is told why.
        """
        from libffi import declare

        with self._lock:
            if partial:
                self._declare_partly(text, options)
                return
            if self._scope is not None and declare.completes(text, self._scope):
                # Giving members to a known struct cannot be undone, so try it on copies first.
                trial = None
                for earlier, was_partial, _ in self._texts:
                    trial = _scope_after(earlier, trial, was_partial)
                self._look_up(declare.parse(text, trial), options)
            declarations = declare.parse(text, self._scope)
            self._publish(text, False, options, declarations.scope, self._look_up(declarations, options))

    def _declare_partly(self, text: str, options: _FunctionOptions) -> None:
        from libffi._header import parse_header

        header = parse_header(text, self._scope)
        left_out = header.left_out
        found = self._look_up(header, options, left_out)
        for name in header.names.keys() - found.keys():     # a later text may know better
            del header.scope.names[name]
        self._publish(text, True, options, header.scope, found)
        self._left_out.update(left_out)

    def _publish(
        self, text: str, partial: bool, options: _FunctionOptions, scope: Scope, found: dict[str, Any]
    ) -> None:
        self._scope = scope
        self._texts.append((text, partial, options))
        self._declared.update(found)
        for name, value in found.items():
            self._left_out.pop(name, None)
            if not hasattr(type(self), name):
                self.__dict__[name] = value

    def _look_up(
        self, declarations: Declarations | Header, options: _FunctionOptions,
        left_out: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the Python objects of declarations: attributes, and tags as "struct name".

        Why one cannot be had is noted in `left_out`, or an error where there is none.
        """
        from libffi import c
        from libffi._scope import (
            ConstantDeclaration,
            FunctionDeclaration,
            FunctionType,
            Qualified,
            VariableDeclaration,
        )

        found: dict[str, Any] = {}
        for name, tag in declarations.tags.items():
            found[f"{tag.kind} {name}"] = tag.type
            if name not in declarations.scope.names:
                found[name] = tag.type
        for name, declaration in declarations.names.items():
            try:
                match declaration:
                    case FunctionDeclaration(symbol=symbol, cif=cif):
                        found[name] = super().function(symbol, cif.restype, _with_dots(cif), **options)
                    case VariableDeclaration(symbol=symbol, type=qualified):
                        found[name] = self._variable(symbol, qualified)
                    case ConstantDeclaration(value=value):
                        found[name] = value
                    case Qualified(type=FunctionType(cif=cif)):
                        found[name] = c.func(cif)
                    case Qualified(type=kind):
                        found[name] = kind
            except (_ffi.SymbolNotFound, TypeError) as error:
                if left_out is None:
                    raise
                left_out[name] = str(error)
        return found

    def _variable(self, symbol: str, qualified: Any) -> Any:
        from libffi import c
        from libffi._scope import UnknownArray

        kind = qualified.type
        if isinstance(kind, UnknownArray):
            return c.ptr(kind.item, const=kind.const)(self.symbol(symbol))
        return self.variable(symbol, kind, const=qualified.const)

    def __getitem__(self, name: str) -> Any:
        """Return what was declared under a name, also one that is a method's or "struct tag"."""
        try:
            return self._declared[name]
        except KeyError:
            raise KeyError(f"{self._title()} has no declared name {name!r}{self._why_not(name)}") from None

    def _why_not(self, name: str) -> str:
        return f": {self._left_out[name]}" if name in self._left_out else ""

    def __contains__(self, name: object) -> bool:
        return name in self._declared

    def __getattr__(self, name: str) -> Any:
        if name in ("name", "_name"):  # __init__ has not run
            raise AttributeError(name)
        raise AttributeError(
            f"{self._title()} has no declared name {name!r}"
            + (self._why_not(name) or "; declare it or use .function"),
            name=name, obj=self,
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(self.__dict__.get(name), _ffi.Memory):
            raise AttributeError(f"{name!r} is a C variable: assign to its .value", name=name, obj=self)
        super().__setattr__(name, value)

    def _title(self) -> str:
        return "the process" if self.name is None else f"library {self.name!r}"

    def __repr__(self) -> str:
        path = f" ({os.fsdecode(self.path)})" if self.path is not None and self.path != self.name else ""
        return f"<libffi.Library {self.name!r}{path}{', closed' if self.closed else ''}>"

    def __reduce__(self) -> Any:
        return rebuild_library, (self.name, self._texts, self.mode)


def _with_dots(cif: CIF) -> list[Any]:
    """Return a CIF's argument types as they were given, `...` included."""
    return [*cif.argtypes, ...] if cif.variadic else [*cif.argtypes]


# By name, so that many unpickled functions share one library.
_libraries: dict[tuple[str | None, int], Library] = {}


def shared_library(name: str | None, mode: int = os.RTLD_NOW) -> Library:
    """Return the library that unpickled functions of that name share."""
    key = name, mode
    library = _libraries.get(key)
    if library is None:
        library = _libraries.setdefault(key, Library(name, mode=mode))  # another thread may have been faster
    if library.closed:
        library = _libraries[key] = Library(name, mode=mode)
    return library


def rebuild_function(
    name: str | None, symbol: str, cif: CIF, options: dict[str, Any], mode: int
) -> Function:
    """Return a function again in another process."""
    return shared_library(name, mode).function(symbol, cif.restype, _with_dots(cif), abi=cif.abi, **options)


def rebuild_library(
    name: str | None, texts: list[tuple[str, bool, _FunctionOptions]], mode: int
) -> Library:
    """Return a library with its declarations again in another process."""
    library = Library(name, mode=mode)
    for text, partial, options in texts:
        library.declare(text, partial=partial, **options)
    return library


def _scope_after(text: str, scope: Scope | None, partial: bool) -> Scope:
    if partial:
        from libffi._header import parse_header

        return parse_header(text, scope).scope
    from libffi.declare import parse

    return parse(text, scope).scope
