"""What a module is made of: what the compiler and the reader found, selected and named for Python."""
import keyword
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from libffi import Type, c
from libffi._bindgen import macros
from libffi._bindgen.comments import documentation
from libffi._bindgen.formulas import Formula, FormulaMaker
from libffi._bindgen.source import OwnFiles, Place, Source
from libffi._reader import (
    ConstantDeclaration,
    FunctionDeclaration,
    FunctionType,
    Parsed,
    Qualified,
    UnknownArray,
    VariableDeclaration,
    type_named,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A constant that is a member of an enum, by the names of C."""

    enum: Type
    name: str


@dataclass(frozen=True, slots=True)
class Cast:
    """A constant that is a number as a pointer."""

    type: Type
    value: int


@dataclass(frozen=True, slots=True)
class Bytes:
    """A constant of a struct or the like: what it is in memory."""

    type: Type
    data: bytes


@dataclass(slots=True)
class Contents:
    """What goes into a module, by the names of C, in the order of the headers."""

    functions: dict[str, FunctionDeclaration] = field(default_factory=dict)
    variables: dict[str, VariableDeclaration] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)       # another name -> of a function or variable
    left_out: dict[str, str] = field(default_factory=dict)
    docs: dict[str, str] = field(default_factory=dict)
    inline: dict[str, FunctionDeclaration] = field(default_factory=dict)    # in the header only
    code: dict[str, str] = field(default_factory=dict)          # macros that are known at run time only
    parametric: dict[str, tuple[macros.Macro, str]] = field(default_factory=dict)   # and their expansions
    formulas: dict[str, Formula] = field(default_factory=dict)  # macros with parameters that Python computes
    getters: dict[str, FunctionDeclaration] = field(default_factory=dict)   # of the shim, for macros without parameters

    def names(self) -> set[str]:
        """Return the names of what can be had, be it with a shim only."""
        return {*self.functions, *self.variables, *self.types, *self.constants, *self.aliases, *self.inline,
                *self.code, *self.parametric, *self.formulas}


# What has Python's text as values takes no addresses.
_TEXTS: dict[Type, Type] = {c.string: c.ptr(c.char, const=True), c.wstring: c.ptr(c.wchar_t, const=True)}
_TYPE_WORDS = re.compile(r"[A-Za-z_][\w \t*]*")
_NAME = re.compile(r"[A-Za-z_]\w*")
_STORAGE = frozenset("extern static inline __inline __inline__ typedef register".split())


class Collector:
    """Sorts what was found into the contents of a module."""

    def __init__(self, header: Parsed, source: Source, own: OwnFiles, wanted: Callable[[str], bool]) -> None:
        self.header = header
        self.contents = Contents()
        self._source = source
        self._own = own
        self._wanted = wanted
        kinds = [declaration.type for declaration in header.names.values() if isinstance(declaration, Qualified)]
        kinds += [tag.type for tag in header.tags.values()]
        self._enum_types = {kind.enum: kind for kind in kinds if isinstance(kind, Type) and kind.enum is not None}

    def take_declarations(self, has_symbol: Callable[[str], str]) -> None:
        """Take what the headers declare; `has_symbol` says what is missing of a symbol, or ""."""
        contents, header = self.contents, self.header
        for name, declaration in header.names.items():
            place = self._place(name)
            if not self._own(place.file) or not self._wanted(name):
                continue
            match declaration:
                case FunctionDeclaration(symbol=symbol):
                    missing = has_symbol(symbol)
                    if not missing:
                        contents.functions[name] = declaration
                    elif name in header.defined:
                        contents.inline[name] = declaration
                    else:
                        contents.left_out[name] = missing
                        continue
                case VariableDeclaration(symbol=symbol):
                    if missing := has_symbol(symbol):
                        contents.left_out[name] = missing
                        continue
                    contents.variables[name] = declaration
                case ConstantDeclaration(value=value):
                    contents.constants[name] = self._constant(name, value)
                    continue
                case Qualified(type=kind):
                    if isinstance(kind, FunctionType):
                        contents.types[name] = c.func(kind.cif)
                    elif not isinstance(kind, UnknownArray):
                        contents.types[name] = kind
            if doc := documentation(place):
                contents.docs[name] = doc
        named = set(contents.types.values())
        for name, tag in header.tags.items():
            place = self._place(name)
            if self._own(place.file) and self._wanted(name) and tag.type not in named:
                public = name if name not in header.names else f"{tag.kind}_{name}"
                contents.types[public] = tag.type
                if doc := documentation(place):
                    contents.docs[public] = doc
        for name, reason in header.left_out.items():
            if name and self._own(self._place(name).file) and self._wanted(name) and name not in header.names:
                contents.left_out[name] = re.sub(r"^line \d+, column \d+: ", "", reason)

    def _place(self, name: str) -> Place:
        return self._source.place(self.header.lines.get(name, 0))

    def _constant(self, name: str, value: Any) -> Any:
        kind = self._enum_types.get(type(value))
        return Member(kind, name) if kind is not None else int(value) if isinstance(value, int) else value

    def take_macros(self, found: Iterable[macros.Macro], meanings: Sequence[macros.Meaning]) -> None:
        """Take the macros without parameters."""
        for macro, meaning in zip(found, meanings, strict=True):
            name = macro.name
            if not self._wanted(name) or (name in self.header.names and not self._takes_name(name, meaning)):
                continue
            why = self._take(name, meaning)
            if why:
                self.contents.left_out[name] = why

    def _takes_name(self, name: str, meaning: macros.Meaning) -> bool:
        """Say whether a macro makes something else of a declared name, which then is not what was declared."""
        contents = self.contents
        if isinstance(meaning, macros.NoValue) or isinstance(self.header.names[name], Qualified) or \
                unwrapped(meaning.text) in (name, f"__builtin_{name}"):
            return False
        for kind in (contents.functions, contents.variables, contents.constants, contents.inline, contents.left_out,
                     contents.docs):
            kind.pop(name, None)
        return True

    def take_parametric(
        self, found: Sequence[macros.Macro], expansions: Sequence[str], placed: Collection[str],
        has_symbol: Callable[[str], str],
    ) -> None:
        """Take the macros with parameters: what Python can compute, and what only a compiler can, such as places."""
        maker = FormulaMaker(self.header, has_symbol)
        for macro, text in zip(found, expansions, strict=True):
            name = macro.name
            if name in self.header.names or not self._wanted(name):
                continue
            formula = maker.formula(macro, text) if name not in placed else None
            if formula is None:
                self.contents.parametric[name] = macro, text
                continue
            self.contents.formulas[name] = formula
            for called, function in formula.called.items():     # others' functions come along
                self.contents.functions.setdefault(called, function)
            if doc := documentation(macro.place):
                self.contents.docs[name] = doc

    def _take(self, name: str, meaning: macros.Meaning) -> str:
        """Take what one macro is; say why not."""
        contents = self.contents
        match meaning:
            case macros.Number(value=value, text=text):
                named = unwrapped(text)
                constant = self.header.names.get(named)
                if isinstance(constant, ConstantDeclaration) and constant.value == value:
                    contents.constants[name] = self._constant(named, constant.value)
                else:
                    contents.constants[name] = value
            case macros.Text(value=value):
                contents.constants[name] = value
            case macros.Address(value=value, text=text):
                to: Type = self._cast_type(text) or c.pointer
                contents.constants[name] = Cast(_TEXTS.get(to, to), value)
            case macros.Image(data=data, text=text):
                of = self._cast_type(text)
                if of is None or of.size != len(data):
                    return "it is a constant of a type that cannot be had"
                contents.constants[name] = Bytes(of, data)
            case macros.Code(text=text):
                target = unwrapped(text)
                if target in contents.functions or target in contents.variables:
                    contents.aliases[name] = target
                elif target in contents.left_out:
                    return contents.left_out[target]
                elif target in contents.inline:
                    contents.aliases[name] = target
                else:
                    contents.code[name] = text
            case macros.NoValue(text=text, why=why):
                kind = self._type_of(text)
                if kind is None:
                    return f"it is no value: {why}"
                contents.types[name] = kind
        return ""

    def _cast_type(self, text: str) -> Type | None:
        """Return the type that the first cast of an expression names."""
        text = unwrapped(text)
        if not text.startswith("("):
            return None
        return self._type_of(text[1:_closing(text, 0)])

    def _type_of(self, text: str) -> Type | None:
        """Return the type that a text is the name of."""
        if not _TYPE_WORDS.fullmatch(text.strip()):
            return None
        words = _NAME.findall(text)
        if not _STORAGE.isdisjoint(words):
            return None
        return type_named(text, self.header.scope)


def unwrapped(text: str) -> str:
    """Return an expression without the parentheses around all of it."""
    text = text.strip()
    while text.startswith("(") and _closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0:
            return index
    return len(text)


def python_name(name: str) -> str:
    """Return a name that Python accepts."""
    return f"{name}_" if keyword.iskeyword(name) else name
