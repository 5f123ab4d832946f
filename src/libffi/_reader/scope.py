"""What has been declared: types, functions, variables and constants by name."""
import sys
from dataclasses import dataclass, field
from typing import Any

from libffi import CIF, Type, _ffi, c
from libffi._arithmetic import Constant
from libffi._reader import windows


@dataclass(frozen=True, slots=True)
class FunctionType:
    """The type of a function itself, which only a pointer can carry; a parameter without a name has ""."""

    cif: CIF
    parameters: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class UnknownArray:
    """An array of unknown length: `int x[]`."""

    item: Type
    const: bool


@dataclass(frozen=True, slots=True)
class Qualified:
    """A type, whether C says const of it (of its items where it is an array), and an alignment of its own."""

    type: Type | FunctionType | UnknownArray
    const: bool = False
    alignment: int = 0      # 0 for the type's


@dataclass(frozen=True, slots=True)
class FunctionDeclaration:
    """A declared function; its symbol differs from its name only after asm("symbol")."""

    name: str
    symbol: str
    cif: CIF
    parameters: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class VariableDeclaration:
    """A declared variable."""

    name: str
    symbol: str
    type: Qualified


@dataclass(frozen=True, slots=True)
class ConstantDeclaration:
    """A constant, and its Python value: an enumerator's is a member of its IntEnum."""

    constant: Constant
    value: object


Declaration = FunctionDeclaration | VariableDeclaration | ConstantDeclaration | Qualified


# A member of a struct or union: the alignment comes third where it is not its type's.
Member = tuple[str | None, Type] | tuple[str | None, Type, int]
# What a struct or union was defined with: its members, and the options of c.struct.
Layout = tuple[tuple[Member, ...], tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class Tag:
    """A struct, union or enum by its tag; the members tell an equal redefinition from another."""

    kind: str
    type: Type
    layout: Layout | None = None


class Scope:
    """Everything declared so far; what a declaration added can be taken back."""

    def __init__(self) -> None:
        self.names: dict[str, Declaration] = {}
        self.tags: dict[str, Tag] = {}
        self.layouts: dict[Type, Layout] = {}
        self.covered: dict[str, Declaration] = {}       # what macros have taken the names of
        self.classes: dict[str, type] = {}      # of the user's, by the structs and unions that they are of
        self._before: list[tuple[dict[str, Any], str, object]] = []

    def copy(self) -> "Scope":
        """Return a scope that can grow without changing this one."""
        made = Scope()
        made.names, made.tags, made.layouts = dict(self.names), dict(self.tags), dict(self.layouts)
        made.covered, made.classes = dict(self.covered), dict(self.classes)
        return made

    def put_name(self, name: str, declaration: Declaration) -> None:
        """Let a name stand for something."""
        self._before.append((self.names, name, self.names.get(name)))
        self.names[name] = declaration

    def put_tag(self, name: str, tag: Tag) -> None:
        """Let a tag stand for something."""
        self._before.append((self.tags, name, self.tags.get(name)))
        self.tags[name] = tag

    def cover(self, name: str) -> None:
        """Let a name stand for nothing, as a macro has taken it; it may be declared as before once more."""
        self.covered[name] = self.names.pop(name)

    def keep(self) -> None:
        """Keep what was put."""
        self._before.clear()

    def take_back(self) -> None:
        """Restore what was there at the last keep()."""
        while self._before:
            where, name, old = self._before.pop()
            if old is None:
                del where[name]
            else:
                where[name] = old

    def is_typedef(self, name: str) -> bool:
        """Say whether a name is that of a type."""
        return isinstance(self.names.get(name), Qualified) or (
            name in STANDARD and name not in self.names)


# The tag that FILE has in the system's headers: a FILE of theirs is one of ours.
_FILE_TAG = {"linux": "_IO_FILE", "android": "__sFILE", "darwin": "__sFILE"}.get(
    sys.platform, "__sFILE" if "bsd" in sys.platform else "FILE")

# What the system's headers name.
SYSTEM: dict[str, Type] = {**_ffi.typedefs, **(windows.types(_ffi.typedefs) if sys.platform == "win32" else {})}

# What C's own headers name, and those.
STANDARD: dict[str, Type] = {
    "bool": c.bool, "wchar_t": c.wchar_t, "char16_t": c.char16_t, "char32_t": c.char32_t,
    "va_list": c.va_list, "__builtin_va_list": c.va_list, "__gnuc_va_list": c.va_list,
    "__int128_t": c.int128, "__uint128_t": c.uint128, "FILE": c.struct(_FILE_TAG),
    **{name: getattr(c, name)
       for name in "size_t ssize_t ptrdiff_t intptr_t uintptr_t intmax_t uintmax_t".split()},
    **{f"{sign}int{bits}_t": getattr(c, f"{sign}int{bits}")
       for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"{sign}int_least{bits}_t": getattr(c, f"{sign}int{bits}")
       for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **SYSTEM,
}


def spelled(qualified: Qualified) -> str:
    """Return a type as C, for messages."""
    kind = qualified.type
    if isinstance(kind, FunctionType):
        return f"a function {kind.cif}"
    if isinstance(kind, UnknownArray):
        return f"{kind.item}[]"
    return str(kind)


def described(declaration: Declaration) -> str:
    """Return what a name stands for, for messages."""
    match declaration:
        case FunctionDeclaration(cif=cif):
            return f"a function {cif}"
        case VariableDeclaration(type=kind):
            return f"a variable of type {spelled(kind)}"
        case ConstantDeclaration(constant=constant):
            return f"the constant {constant.value!r}"
    return f"a typedef of {spelled(declaration)}"
