"""Make what texts declare into a library's objects: functions, memory of variables, types, constants."""
from __future__ import annotations

from dataclasses import dataclass, field
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Literal

from libffi import ABI, SymbolNotFound, Type, _ffi, c
from libffi._reader.scope import (
    ConstantDeclaration,
    Declaration,
    FunctionDeclaration,
    FunctionType,
    Qualified,
    Scope,
    UnknownArray,
    VariableDeclaration,
)
from libffi._reader.text import Parsed, completes, parse, parse_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libffi import Library
    from libffi._ffi import _FunctionOptions


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it was given to Library.declare."""

    text: str
    partial: bool
    strings: Literal["text", "bytes", "pointer"]
    options: _FunctionOptions
    classes: dict[str, type] = field(default_factory=dict)

    def parsed(self, scope: Scope | None, *, on_trial: bool = False) -> Parsed:
        """Read the text; on trial without the user's classes, which are given their members once."""
        scope = Scope() if scope is None else scope.copy()
        if not on_trial:
            scope.classes.update(self.classes)
        return (parse_header if self.partial else parse)(self.text, scope, self.strings)


class Declarations:
    """The texts that were declared of a library, what they made, and why the rest was left out."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.left_out: dict[str, str] = {}
        self.texts: list[Text] = []
        self._scope: Scope | None = None

    def add(self, library: Library, text: Text) -> dict[str, Any]:
        """Declare a text; return its objects. With an error nothing has changed."""
        if text.classes or (not text.partial and self._scope is not None and completes(text.text, self._scope)):
            self._try(library, text)
        parsed = text.parsed(self._scope)
        found, absent = _look_up(library, parsed, text)
        for name in absent:     # a later text may know better
            del parsed.scope.names[name]
        self._scope = parsed.scope
        self.texts.append(text)
        self.objects.update(found)
        for name in found:
            self.left_out.pop(name, None)
        self.left_out.update(parsed.left_out)
        self.left_out.update(absent)
        return found

    def _try(self, library: Library, text: Text) -> None:
        """Declare a text on copies: giving members to a known struct cannot be undone."""
        trial: Scope | None = None
        for earlier in self.texts:
            trial = earlier.parsed(trial, on_trial=True).scope
        parsed = text.parsed(trial, on_trial=True)
        _look_up(library, parsed, text)
        for name in text.classes:
            kind = parsed.tags[name].type if name in parsed.tags else getattr(parsed.names.get(name), "type", None)
            if not isinstance(kind, Type) or kind.size is None or kind.kind not in ("struct", "union"):
                raise TypeError(f"declare() classes: the text gives no struct or union {name!r} its members")


def _look_up(library: Library, parsed: Parsed, text: Text) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the Python objects of declarations, attributes and tags as "struct name", and why others are absent."""
    found: dict[str, Any] = {}
    absent: dict[str, str] = {}
    if isinstance(convert := text.options.get("convert"), dict):
        _check_converters(convert, parsed)
    made: dict[int, Any] = {}       # a name that a macro gives to something is the same thing
    for name, tag in parsed.tags.items():
        found[f"{tag.kind} {name}"] = tag.type
        if name not in parsed.scope.names:
            found[name] = tag.type
    for name, declaration in parsed.names.items():
        try:
            if id(declaration) not in made:
                made[id(declaration)] = _object(library, declaration, text.options)
            found[name] = made[id(declaration)]
        except (SymbolNotFound, TypeError) as error:
            if not text.partial:
                raise
            absent[name] = str(error)
    return found, absent


def _object(library: Library, declaration: Declaration, options: _FunctionOptions) -> Any:
    match declaration:
        case FunctionDeclaration(symbol=symbol, cif=cif, parameters=parameters):
            names = _names(parameters)
            if isinstance(convert := options.get("convert"), dict):
                options = {**options, "convert": _converters(convert, names or (), cif.variadic)}
            if cif.abi is not ABI["DEFAULT"]:       # the text knows better than the options of all
                options = {**options, "abi": cif.abi}
            function = library._function_of(symbol, cif, **options)
            return _ffi._describe(function, parameters=names)
        case VariableDeclaration(symbol=symbol, type=qualified):
            return _variable(library, symbol, qualified)
        case ConstantDeclaration(constant=constant, value=value):
            is_pointer = constant.type.is_address and isinstance(value, int)
            return c.pointer(value) if is_pointer else value        # which goes where a number does not
        case Qualified(type=FunctionType(cif=cif)):
            return c.func(cif)
    return declaration.type


def _converters(convert: dict[Any, Any], names: Sequence[str], variadic: bool) -> dict[Any, Any]:
    """Return those that a function has parameters for, by position."""
    return {names.index(place) if isinstance(place, str) else place: converter for place, converter in convert.items()
            if (variadic if place is ... else place in names or not isinstance(place, str))}


def _check_converters(convert: dict[Any, Any], parsed: Parsed) -> None:
    """Refuse names that no function's parameter has."""
    known = {name for declaration in parsed.names.values() if isinstance(declaration, FunctionDeclaration)
             for name in _names(declaration.parameters) or ()}
    for place in convert:
        if isinstance(place, str) and place not in known:
            raise ValueError(f"declare() convert: no function has a parameter {place!r}")


def _names(parameters: tuple[str, ...]) -> list[str] | None:
    """Return the names of parameters as Python has them; None where C's text leaves one out."""
    if not all(parameters) or len({*parameters}) != len(parameters):
        return None
    return [f"{name}_" if iskeyword(name) else name for name in parameters]


def _variable(library: Library, symbol: str, qualified: Qualified) -> Any:
    kind = qualified.type
    assert not isinstance(kind, FunctionType)
    if isinstance(kind, UnknownArray):
        return c.ptr(kind.item, const=kind.const)(library.symbol(symbol))
    return library.variable(symbol, kind, const=qualified.const)
