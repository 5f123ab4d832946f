"""The dynamic symbols of an ELF file, by pyelftools."""
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_KINDS = {"STT_FUNC": "function", "STT_OBJECT": "data", "STT_COMMON": "data", "STT_TLS": "tls", "STT_LOOS": "ifunc",
          "STT_GNU_IFUNC": "ifunc", "STT_NOTYPE": "untyped"}
_HIDDEN = 0x8000        # a version that is not the one programs are linked with
_FIRST_VERSION = 2      # 0 is local, 1 is global without a version


class ElfError(Exception):
    """Why the symbols of a file cannot be read."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a library offers under a name and a version."""

    name: str
    version: str        # "" where it has none
    is_default: bool    # what is found when no version is asked for
    kind: str           # function, data, tls, ifunc, untyped
    size: int


def symbols_of(path: str) -> list[Symbol]:
    """Return what the library at a path offers, by name; ModuleNotFoundError where pyelftools is missing."""
    from elftools.common.exceptions import ELFError as Malformed
    from elftools.elf.elffile import ELFFile

    try:
        with open(path, "rb") as stream:
            return sorted(_symbols(ELFFile(stream)), key=lambda symbol: (symbol.name, not symbol.is_default,
                                                                         symbol.version))
    except OSError as error:
        raise ElfError(f"{path}: {error.strerror or error}") from error
    except Malformed as error:
        raise ElfError(f"{path} is not an ELF library: {error}") from error


def _symbols(elf: Any) -> Iterator[Symbol]:
    table = elf.get_section_by_name(".dynsym")
    if table is None:
        raise ElfError(f"{elf.stream.name} has no dynamic symbols")
    versions = dict(_defined_versions(elf))
    indices = elf.get_section_by_name(".gnu.version")
    for number, symbol in enumerate(table.iter_symbols()):
        kind = _KINDS.get(symbol["st_info"]["type"])
        hidden = symbol["st_other"]["visibility"] in ("STV_HIDDEN", "STV_INTERNAL")
        if symbol["st_shndx"] == "SHN_UNDEF" or symbol["st_info"]["bind"] == "STB_LOCAL" or kind is None or hidden:
            continue
        # pyelftools gives 0 and 1 by their names.
        index = indices.get_symbol(number)["ndx"] if indices is not None else 1
        index = index if isinstance(index, int) else 1
        version = versions.get(index & ~_HIDDEN, "")
        if symbol["st_shndx"] == "SHN_ABS" and symbol.name in versions.values():
            continue        # the name of a version
        yield Symbol(symbol.name, version, not index & _HIDDEN, kind, symbol["st_size"])


def _defined_versions(elf: Any) -> Iterator[tuple[int, str]]:
    """Yield the versions that a library defines, by their numbers."""
    section = elf.get_section_by_name(".gnu.version_d")
    if section is None:
        return
    for definition, names in section.iter_versions():
        if definition["vd_ndx"] >= _FIRST_VERSION:
            yield definition["vd_ndx"], next(names).name
