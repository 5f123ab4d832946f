"""Make what texts declare into a library's objects: functions, memory of variables, types, constants."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libffi import SymbolNotFound, c
from libffi._reader.header import Header, parse_header
from libffi._reader.parse import Parsed, completes, parse
from libffi._reader.scope import (
    ConstantDeclaration,
    FunctionDeclaration,
    FunctionType,
    Qualified,
    Scope,
    UnknownArray,
    VariableDeclaration,
)

if TYPE_CHECKING:
    from libffi import Library
    from libffi._ffi import _FunctionOptions


class Declarations:
    """The texts that were declared of a library, what they made, and why the rest was left out."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.left_out: dict[str, str] = {}
        self.texts: list[tuple[str, bool, _FunctionOptions]] = []
        self._scope: Scope | None = None

    def add(self, library: Library, text: str, partial: bool, options: _FunctionOptions) -> dict[str, Any]:
        """Declare a text; return its objects. With an error nothing has changed."""
        left_out: dict[str, str] = {}
        if partial:
            header = parse_header(text, self._scope)
            left_out = header.left_out
            found = _look_up(library, header, options, left_out)
            for name in header.names.keys() - found.keys():     # a later text may know better
                del header.scope.names[name]
            scope = header.scope
        else:
            if self._scope is not None and completes(text, self._scope):
                self._try(library, text, options)
            parsed = parse(text, self._scope)
            found = _look_up(library, parsed, options)
            scope = parsed.scope
        self._scope = scope
        self.texts.append((text, partial, options))
        self.objects.update(found)
        for name in found:
            self.left_out.pop(name, None)
        self.left_out.update(left_out)
        return found

    def _try(self, library: Library, text: str, options: _FunctionOptions) -> None:
        """Declare a text on copies: giving members to a known struct cannot be undone."""
        trial: Scope | None = None
        for earlier, partial, _ in self.texts:
            trial = (parse_header if partial else parse)(earlier, trial).scope
        _look_up(library, parse(text, trial), options)


def _look_up(
    library: Library, declarations: Parsed | Header, options: _FunctionOptions,
    left_out: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the Python objects of declarations: attributes, and tags as "struct name".

    Why one cannot be had is noted in `left_out`, or an error where there is none.
    """
    found: dict[str, Any] = {}
    for name, tag in declarations.tags.items():
        found[f"{tag.kind} {name}"] = tag.type
        if name not in declarations.scope.names:
            found[name] = tag.type
    for name, declaration in declarations.names.items():
        try:
            match declaration:
                case FunctionDeclaration(symbol=symbol, cif=cif):
                    found[name] = library._function_of(symbol, cif, **options)
                case VariableDeclaration(symbol=symbol, type=qualified):
                    found[name] = _variable(library, symbol, qualified)
                case ConstantDeclaration(value=value):
                    found[name] = value
                case Qualified(type=FunctionType(cif=cif)):
                    found[name] = c.func(cif)
                case Qualified(type=kind):
                    found[name] = kind
        except (SymbolNotFound, TypeError) as error:
            if left_out is None:
                raise
            left_out[name] = str(error)
    return found


def _variable(library: Library, symbol: str, qualified: Qualified) -> Any:
    kind = qualified.type
    assert not isinstance(kind, FunctionType)
    if isinstance(kind, UnknownArray):
        return c.ptr(kind.item, const=kind.const)(library.symbol(symbol))
    return library.variable(symbol, kind, const=qualified.const)
