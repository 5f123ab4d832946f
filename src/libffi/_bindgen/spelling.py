"""How types are written: in a module's tables, and for type checkers."""
import re
from collections.abc import Callable, Collection
from typing import Any

from libffi import ABI, Type, c
from libffi._bindgen.contents import Contents, python_name
from libffi._ffi import scalars
from libffi._reader import Layout, Parsed, Qualified

# What the tables' own words mean, whatever a header calls so.
RESERVED = frozenset(scalars) | frozenset(
    "inf nan own ptr array vector bits exact func struct union members parameters enumeration value "
    "va_list number macro_parameters cast call truth chosen address".split())
_SCALARS: dict[Type, str] = {}
for _name, _kind in scalars.items():
    _SCALARS.setdefault(_kind, _name)


class Names:
    """Names of structs, unions and enums in Python; those that come along are given one when they are met."""

    def __init__(self, header: Parsed, contents: Contents, rename: Callable[[str], str]) -> None:
        self.rename = rename
        self.layouts: dict[Type, Layout] = header.scope.layouts
        self.types: dict[Type, str] = {}
        self.waiting: list[Type] = []       # named, not written yet
        self._taken: set[str] = set()
        self._other_names: dict[Type, str] = {}
        objects = {*contents.functions, *contents.variables, *contents.constants, *contents.aliases,
                   *contents.inline, *contents.code, *contents.parametric, *contents.formulas}
        self._taken = {self.public(name) for name in objects}
        for name, kind in contents.types.items():
            if _is_nominal(kind) and kind not in self.types:
                self.types[kind] = self._free(self.public(name))
                self.waiting.append(kind)
        for name, declaration in header.names.items():
            if isinstance(declaration, Qualified) and isinstance(declaration.type, Type):
                self._other_names.setdefault(declaration.type, name)
        for tag, entry in header.tags.items():
            self._other_names.setdefault(entry.type, tag)

    def public(self, name: str) -> str:
        """Return the Python name of a C name."""
        return python_name(self.rename(name))

    def of(self, kind: Type) -> str:
        """Return the name of a struct, union or enum; it will be written."""
        name = self.types.get(kind)
        if name is None:
            known = self._other_names.get(kind) or re.sub(r"^(struct|union|enum) ", "", kind.name) or "nameless"
            name = self.types[kind] = self._free(python_name(known))
            self.waiting.append(kind)
        return name

    def name_nameless(self, kind: Type, name: str) -> None:
        """Give a name to the type of a member that has none in C."""
        if kind not in self.types and kind not in self._other_names:
            self.types[kind] = self._free(name)
            self.waiting.append(kind)

    def is_taken(self, name: str) -> bool:
        """Say whether the module has a name for something."""
        return name in self._taken

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _is_nominal(kind: Type) -> bool:
    return kind.kind in ("struct", "union") or (kind.kind == "enum" and has_members(kind))


def has_members(kind: Type) -> bool:
    """Say whether an enum has a class worth a name."""
    return kind.enum is not None and len(kind.enum.__members__) > 0


def is_flags(kind: Type) -> bool:
    """Say whether an enum's members are bits to be combined."""
    assert kind.enum is not None
    values = {int(member) for member in kind.enum.__members__.values()}
    single = {value for value in values if value > 0 and value & (value - 1) == 0}
    if min(values) < 0 or not single:
        return False
    mask = sum(single)
    # That all bits are set says no more than how wide it is: ..._MAX_ENUM = 0x7fffffff.
    combined = {value for value in values - single if value and not _fills(value)}
    if any(value & ~mask for value in combined):
        return False
    if re.search(r"flag|mask|bits?$", kind.name, re.IGNORECASE):
        return len(combined) < len(single)
    # 0, 1, 2 may be either; 1, 2, 4 are bits; 1, 2, 3, 4, 5 are counted.
    return len(single) >= 3 and 2 * len(combined) <= len(single) and (3 not in values or len(single) > 3)


def _fills(value: int) -> bool:
    return value >= 0x7fff and value & (value + 1) == 0


class TableSpeller:
    """Writes types as the tables of a module do."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[Type, str] = {}

    def __call__(self, kind: Type) -> str:
        text = self._known.get(kind)
        if text is None:
            text = self._known[kind] = self._spell(kind)
        return text

    def _spell(self, kind: Type) -> str:
        if kind is c.va_list:
            return "va_list"
        if kind in _SCALARS:
            return _SCALARS[kind]
        match kind.kind:
            case "pointer":
                return f"ptr({self(kind.item)}{', const=True' if kind.const else ''})"
            case "function":
                return self.function(kind.cif)
            case "array" | "vector":
                return f"{kind.kind}({self(kind.item)}, {kind.length})"
            case "bits":
                packed = "" if kind.alignment else ", packed=True"
                return f"bits({self(_base(kind.item))}, {kind.length}{packed})"
            case "enum":
                return self.own(kind) if has_members(kind) else self(_base(kind))
            case "struct" | "union":
                return self.own(kind)
        raise AssertionError(f"no C declares {kind}")

    def own(self, kind: Type) -> str:
        """Return the name of a struct, union or enum as the tables refer to it."""
        name = self._names.of(kind)
        return f'own("{name}")' if name in RESERVED else name

    def function(self, cif: Any) -> str:
        """Return a pointer to functions of a signature."""
        arguments = [*map(self, cif.argtypes), *(["..."] if cif.variadic else [])]
        convention = "" if is_default(cif) else f', "{cif.abi.name}"'
        return f"func({self(cif.restype)}, [{', '.join(arguments)}]{convention})"

    def members(self, layout: Layout, owner: str) -> str:
        """Return what stands in the parentheses of a struct's or union's line."""
        members, options = layout
        names = field_names(layout)
        parts = [(names[member[0]] if member[0] is not None else None,
                  ", ".join([self._member(member[0], member[1], owner), *map(str, member[2:])])) for member in members]
        if all(name is not None and _is_keyword_argument(name) for name, _ in parts) \
                and all(len(member) == 2 for member in members):
            written = [f"{name}={text}" for name, text in parts]
        else:
            written = [f"*[{', '.join(f'({name!r}, {text})' for name, text in parts)}]"]
        return ", ".join([*written, *(f"{name}={value}" for name, value in options)])

    def _member(self, name: str | None, kind: Type, owner: str) -> str:
        inner = kind
        while inner.kind in ("array", "pointer"):
            inner = inner.item
        if is_nameless(inner):
            if name is None:
                return f"{kind.kind}({self.members(self._names.layouts[kind], owner)})"
            self._names.name_nameless(inner, f"{owner}_{name}")
        return self(kind)


def is_default(cif: Any) -> bool:
    """Say whether functions are called as C's are where nothing is said."""
    return bool(cif.abi is ABI["DEFAULT"])


def is_nameless(kind: Type) -> bool:
    """Say whether C gives no name to a struct or union."""
    return kind.name in ("struct", "union")


def field_names(layout: Layout) -> dict[str, str]:
    """Return the Python names of a struct's members, by those of C: `from_` for `from`."""
    taken = [member[0] for member in layout[0] if member[0] is not None]
    return {name: field_name(name, taken) for name in taken}


def field_name(name: str, taken: Collection[str]) -> str:
    """Return the Python name of one of some members."""
    renamed = python_name(name)
    while renamed != name and renamed in taken:
        renamed += "_"
    return renamed


def _is_keyword_argument(name: str) -> bool:
    return name.isidentifier() and name not in ("_pack_", "_align_")


def _base(kind: Type) -> Type:
    """Return the integer type that an enum is stored as."""
    return kind.item if kind.kind == "enum" else kind


_INTEGERS = frozenset(("signed", "unsigned", "enum", "bits"))


class Annotator:
    """Writes types for type checkers: what reading gives, and what may be passed."""

    def __init__(self, names: Names, library: str = "") -> None:
        self._names = names
        self._l = library       # a prefix where the header has one of the names below itself
        self._values: dict[Type, str] = {}

    def value(self, kind: Type) -> str:
        """Return the Python type of what reading a C type gives."""
        text = self._values.get(kind)
        if text is None:
            text = self._values[kind] = self._value(kind)
        return text

    def _value(self, kind: Type) -> str:
        a = self._l
        if kind is c.va_list:
            return f"{a}Any"
        match kind.kind:
            case "void":
                return "None"
            case "bool":
                return f"{a}bool"
            case "char":
                return f"{a}bytes"
            case "wchar":
                return f"{a}str"
            case "signed" | "unsigned":
                return f"{a}int"
            case "bits":
                return self.value(kind.item)
            case "enum":
                return f"{self._names.of(kind)} | {a}int" if has_members(kind) else f"{a}int"
            case "float":
                return f"{a}float"
            case "complex":
                return f"{a}complex"
            case "string" | "wstring":
                return f"{a}str | None"
            case "bytes":
                return f"{a}bytes | None"
            case "function":
                return f"{a}Function | None"
            case "array" | "vector":
                return f"{a}Array[{self.value(kind.item)}]"
            case "struct" | "union":
                return self.memory(kind)
            case "pointer" if kind.item is c.void:
                return f"{a}VoidPointer"
            case "pointer":
                return f"{a}Pointer[{self.value(kind.item)}]"
        raise AssertionError(f"no C declares {kind}")

    def memory(self, kind: Type) -> str:
        """Return the name of the class that a struct's or union's memory has."""
        return f"{self._names.of(kind)}_memory"

    def argument(self, kind: Type) -> str:
        """Return the Python type of what may be passed or stored."""
        a = self._l
        if kind is c.va_list:
            return f"{a}Any"        # what a closure was given, which no system has the same class for
        match kind.kind:
            case "bool" | "signed" | "unsigned" | "enum" | "bits":
                return f"{a}Integer"
            case "char" | "wchar":
                return f"{a}Character"
            case "float":
                return f"{a}Floating"
            case "complex":
                return f"{a}Complex"
            case "string" | "bytes":
                return f"{a}Text"
            case "wstring":
                return f"{a}WideText"
            case "function":
                return f"{a}Callback"
            case "array" | "vector":
                return f"{a}Items"
            case "struct" | "union":
                return f"{a}Aggregate[{self.memory(kind)}]"
            case "pointer" if kind.item is c.void:
                return f"{a}Address"
            case "pointer" if kind.item.kind in _BUFFERS:
                return f"{a}Data[{self.value(kind.item)}]"
            case "pointer":
                return f"{a}Target[{self.value(kind.item)}]"
        return f"{a}Any"

    def number(self, *, integral: bool) -> str:
        """Return the Python type of what a macro takes as a number."""
        return f"{self._l}{'Integer' if integral else 'Real'}"

    def returned(self, kind: Type) -> str:
        """Return the Python type of what a callback may return."""
        return "None" if kind is c.void else self.argument(kind)


_BUFFERS = frozenset(("bool", "char", "wchar", "signed", "unsigned", "float", "complex"))
