"""`symbols`: what a library offers, and which of it headers declare."""
import argparse
import os
import re
from typing import Any

from libffi._cli.compiler_options import add_compiler_options, bindgen_errors
from libffi._cli.completion import headers, libraries, suggest
from libffi._cli.output import paint, print_json, print_table
from libffi._cli.problem import LIBRARY, USAGE, Problem
from libffi._cli.subcommand import add_subcommand

_HELP = """\
examples:
  python -m libffi symbols z
  python -m libffi symbols libz.so.1 --header zlib.h
  python -m libffi symbols c --match 'str.*' --json
"""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = add_subcommand(
        commands, "symbols", help="show what a library offers, and what of it a header declares",
        description="Show the dynamic symbols of a library, without loading it.",
        examples=_HELP)
    suggest(libraries, parser.add_argument("library", help='short name ("z"), file name or path'))
    suggest(headers, parser.add_argument("--header", action="append", default=[], metavar="HEADER",
                        help="say where this header, or what it includes, declares them"))
    parser.add_argument("--match", metavar="PATTERN", help="only these names: a regular expression for a whole name")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_compiler_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the symbols; return the exit code."""
    from libffi._inspect.elf import ElfError, symbols_of
    from libffi._search import file_of

    try:
        wanted = re.compile(options.match or ".*", re.DOTALL)
    except re.error as error:
        raise Problem(USAGE, f"--match {options.match!r} is no regular expression: {error}") from error
    if options.library == "-":
        raise Problem(USAGE, "symbols needs one library: the process itself is made of many")
    path = file_of(options.library) if options.library else None
    if path is None:
        raise Problem(LIBRARY, f"library {options.library!r} not found")
    try:
        symbols = [symbol for symbol in symbols_of(path) if wanted.fullmatch(symbol.name)]
    except ModuleNotFoundError as error:
        raise Problem(USAGE, "symbols needs pyelftools: pip install 'libffi[cli]'") from error
    except ElfError as error:
        raise Problem(LIBRARY, str(error)) from error
    declared: dict[str, str] = {}
    missing: list[str] = []
    if options.header:
        declared, own = _declared(options, {symbol.name for symbol in symbols})
        there = {symbol.name for symbol in symbols}
        missing = sorted(name for name in own if name not in there and wanted.fullmatch(name))
    if options.json:
        print_json({"library": path, "symbols": [
            {"name": symbol.name, "version": symbol.version or None, "default": symbol.is_default,
             "kind": symbol.kind, "size": symbol.size,
             **({"declared": declared.get(symbol.name)} if options.header else {})} for symbol in symbols],
            **({"declared_only": missing} if options.header else {})})
        return 0
    titles = ["name", "version", "kind", "size", *(["declared"] if options.header else [])]
    rows = []
    for symbol in symbols:
        version = symbol.version if symbol.is_default else f"{symbol.version} (not default)"
        rows.append([symbol.name, version, symbol.kind, str(symbol.size),
                     *([declared.get(symbol.name, "-")] if options.header else [])])
    dim = {number: "dim" for number, symbol in enumerate(symbols) if not symbol.is_default}
    print_table(titles, rows, right=[3], colours=dim)
    print(paint(_summary(path, len(symbols), options.header, [row[-1] for row in rows]), "bold"))
    if missing:
        print(paint(f"declared, but not there ({len(missing)}): {', '.join(missing)}", "yellow"))
    return 0


def _summary(path: str, count: int, header: list[str], declared: list[str]) -> str:
    said = f"{path}: {count} symbol{'' if count == 1 else 's'}"
    if header:
        said += f", {sum(place != '-' for place in declared)} of them declared by {', '.join(header)}"
    return said


def _declared(options: argparse.Namespace, names: set[str]) -> tuple[dict[str, str], set[str]]:
    """Return where symbols are declared, and all that the headers themselves declare but do not define."""
    from libffi._inspect.headers import read_headers

    with bindgen_errors():
        found = read_headers(options.header, packages=options.pkg_config, cc=options.cc, flags=options.flags,
                             names=names)
    declared, own = {}, set()
    for name, symbol in found.symbols().items():
        place = found.place(name)
        declared[symbol] = f"{os.path.basename(place.file)}:{place.line}"
        if found.own(place.file) and name not in found.parsed.defined:
            own.add(symbol)
    return declared, own
