"""Whether a generated module still says what the installed headers and libraries say."""
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from libffi import CIF, LibraryNotFound, SymbolNotFound, Type, generated
from libffi.generated import Bindings

_WHAT = {"functions": "function", "types": "type", "constants": "constant", "variables": "variable",
         "getters": "macro", "macros": "macro"}


class NotGenerated(Exception):
    """Why a file is no module that bindgen made."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """What of a module is no longer so: what it says, and what is there."""

    name: str
    what: str           # machine, library, symbol, function, type, constant, variable, macro
    ours: str
    there: str


@dataclass(slots=True)
class Fit:
    """All that was found of a module."""

    misfits: list[Misfit] = field(default_factory=list)
    checked: int = 0        # names that were looked at
    new: list[str] = field(default_factory=list)    # what the headers have and the module has not
    made_with: str = ""
    version: str = ""       # of the libraries that are here


def load(path: str) -> ModuleType:
    """Return a generated module; ImportError where it was made for another machine."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise NotGenerated(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        text = ""
    if "from libffi.generated import Bindings\n" not in text:
        raise NotGenerated(f"{path} is not a module that bindgen made")
    return _module(Path(path).stem, path, text)


def _module(name: str, path: str, text: str) -> ModuleType:
    """Return the module of a text as if it lay at a path: libraries and shims are looked for beside it."""
    module = ModuleType(name)
    module.__file__ = os.path.abspath(path)
    exec(compile(text, path, "exec"), module.__dict__)
    return module


def library_paths(bindings: Bindings) -> list[str | None]:
    """Return the libraries of a module as they are found from here."""
    return [bindings._path(name) for name in bindings._names]


def check_libraries(bindings: Bindings, fit: Fit) -> None:
    """Look for the libraries, the shim and every symbol that a module uses."""
    for position, name in enumerate(bindings._names):
        try:
            bindings._library(position)
        except LibraryNotFound as error:
            fit.misfits.append(Misfit(str(name), "library", bindings._version, str(error)))
            return      # one library after the other is searched
    has_shim = True
    if bindings._shim_name is not None:
        try:
            bindings._load_shim()
        except LibraryNotFound as error:
            has_shim = False
            fit.misfits.append(Misfit(bindings._shim_name, "library", "its shim", str(error)))
    for name, symbol in _symbols(bindings):
        if symbol.startswith(generated.SHIM) and not has_shim:
            continue
        fit.checked += 1
        try:
            bindings._find(symbol)
        except SymbolNotFound as error:
            fit.misfits.append(Misfit(name, "symbol", symbol, str(error).partition(" (")[0]))


def _symbols(bindings: Bindings) -> Iterator[tuple[str, str]]:
    """Yield names and symbols of all that lies in a library."""
    for name, (table, text) in bindings._entries().items():
        if table in ("functions", "variables", "getters"):
            if text.startswith("@"):
                yield name, text[1:].replace("(", " ").partition(" ")[0]
            elif table == "variables" or ") -> " in text:
                yield name, name


def compare(ours: Bindings, path: str, text: str, fit: Fit) -> None:
    """Compare a module with the text of one that was just made of the same headers."""
    theirs: Bindings = _module(Path(path).stem, path, text)._bindings
    fit.version = theirs._version
    known = {misfit.name for misfit in fit.misfits}
    there = theirs._entries()
    for name, (table, _) in ours._entries().items():
        if table == "left_out" or name in known:
            continue
        fit.checked += table not in ("functions", "variables", "getters")
        if there.get(name, ("left_out",))[0] == "left_out":
            why = there[name][1] if name in there else "the headers no longer have it"
            fit.misfits.append(Misfit(name, _WHAT[table], "", why))
        else:
            fit.misfits += _differences(name, table, ours, theirs)
    fit.new = [name for name, (table, _) in there.items() if table != "left_out" and (
        name not in ours._entries() or ours._entries()[name][0] == "left_out")]


def _differences(name: str, table: str, ours: Bindings, theirs: Bindings) -> Iterator[Misfit]:
    describe = _DESCRIBE.get(table, _text)
    before, after = describe(name, ours), describe(name, theirs)
    for part in dict.fromkeys([*before, *after]):
        if before.get(part) != after.get(part):
            yield Misfit(f"{name}{part}", _WHAT[table], before.get(part, "-"), after.get(part, "gone"))


# What is said of a name, by its parts: "" is the name itself.


def _text(name: str, bindings: Bindings) -> dict[str, str]:
    return {"": bindings._entries()[name][1]}


def _function(name: str, bindings: Bindings) -> dict[str, str]:
    text = bindings._entries()[name][1]
    if ") -> " not in text:
        return {"": text}       # another name of a function
    symbol, result, parameters, convention = bindings._signature(name, text)
    cif: Any = CIF(result, list(parameters.values()), abi=convention)
    return {"": str(cif) + (f" at {symbol}" if symbol != name else "")}


def _type(name: str, bindings: Bindings) -> dict[str, str]:
    kind: Type = bindings.as_type(bindings.get(name))
    if kind.enum is not None:
        members = {f".{member}": str(int(value)) for member, value in kind.enum.__members__.items()}
        return {"": f"{kind.kind}, {kind.size} bytes", **members}
    if kind.kind not in ("struct", "union"):
        return {"": str(kind)}
    if kind.size is None:
        return {"": f"{kind} without members"}
    return {"": f"{kind}, {kind.size} bytes, aligned to {kind.alignment}",
            **{f".{member}": f"{inner} at {kind.offsets[member]}" for member, inner in kind.fields.items()}}


_DESCRIBE: dict[str, Callable[[str, Bindings], dict[str, str]]] = {"functions": _function, "types": _type}
