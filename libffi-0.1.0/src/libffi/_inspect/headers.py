"""Read headers for what they declare, without making a module of them."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libffi import Type
from libffi._bindgen.compiler import Compiler, include_lines, pkg_config
from libffi._bindgen.source import OwnFiles, Place, Source, needed_text
from libffi._reader import (
    FunctionDeclaration,
    Parsed,
    Qualified,
    VariableDeclaration,
    parse_header,
    type_named,
)


@dataclass(frozen=True, slots=True)
class Headers:
    """What some headers declare, and where."""

    compiler: Compiler
    source: Source
    own: OwnFiles
    parsed: Parsed

    def place(self, name: str) -> Place:
        """Return where a name or tag is declared."""
        return self.source.place(self.parsed.lines.get(name, 0))

    def symbols(self) -> dict[str, str]:
        """Return the symbols of the functions and variables that are declared, by their names."""
        return {name: declaration.symbol for name, declaration in self.parsed.names.items()
                if isinstance(declaration, FunctionDeclaration | VariableDeclaration)}

    def type_named(self, name: str) -> Type | None:
        """Return the type of a name in C, with or without the word struct; None where there is none."""
        if tag := self.parsed.tags.get(name):
            typedef = self.parsed.names.get(name)
            if not isinstance(typedef, Qualified):
                return tag.type
        return type_named(name, self.parsed.scope)

    def in_c(self, name: str) -> str:
        """Return a type's name as the compiler takes it: a tag alone needs its word."""
        tag = self.parsed.tags.get(name)
        return name if tag is None or name in self.parsed.names else f"{tag.kind} {name}"

    def records(self) -> dict[str, Type]:
        """Return the structs and unions with members that the headers themselves declare, by their names in C."""
        found: dict[str, Type] = {}
        for tag, entry in self.parsed.tags.items():
            if self.own(self.place(tag).file):
                found[f"{entry.kind} {tag}"] = entry.type
        tagged = set(found.values())
        for name, declaration in self.parsed.names.items():
            if isinstance(declaration, Qualified) and declaration.type not in tagged \
                    and isinstance(declaration.type, Type) and self.own(self.place(name).file):
                found.setdefault(name, declaration.type)
                tagged.add(declaration.type)
        return {name: kind for name, kind in found.items() if kind.kind in ("struct", "union") and kind.fields}


def read_headers(
    headers: Sequence[str], *, packages: Sequence[str] = (), cc: str | None = None, flags: Sequence[str] = (),
    names: Iterable[str] = (),
) -> Headers:
    """Return what headers declare themselves, and what others do that some names need."""
    compiler = Compiler(cc, [*(pkg_config(packages, "--cflags") if packages else []), *flags])
    text = compiler.preprocess(include_lines(headers))
    compiler.mistakes(text)     # what of the headers does not compile is said in the compiler's own words
    source = Source(text)
    own = OwnFiles(source, compiler.system_folders())
    return Headers(compiler, source, own, parse_header(needed_text(source, own, names)))
