"""What the subcommands that read headers have in common: the compiler's options, and its errors."""
import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from libffi._cli.completion import packages, suggest
from libffi._cli.problem import LIBRARY, USAGE, Problem


def add_compiler_options(parser: argparse.ArgumentParser) -> None:
    """Let a subcommand take what goes to the compiler, and pkg-config's packages."""
    suggest(packages, parser.add_argument("--pkg-config", action="append", default=[], metavar="PACKAGE",
                                          help="take flags and libraries from pkg-config"))
    group = parser.add_argument_group("the compiler")
    group.add_argument("--cc", metavar="COMMAND", help="the compiler (CC, else cc)")
    group.add_argument("-I", dest="flags", action=_Flag, metavar="FOLDER", help="search this folder for headers")
    group.add_argument("-D", dest="flags", action=_Flag, metavar="NAME[=VALUE]", help="define a macro")
    group.add_argument("-include", dest="flags", action=_Flag, metavar="FILE", help="include this file first")
    parser.set_defaults(flags=[])


class _Flag(argparse.Action):
    """Keeps the compiler's options in the order they came in."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        option = option_string or ""
        more = [option, values] if option == "-include" else [option + values]
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), *more])


@contextmanager
def bindgen_errors() -> Iterator[None]:
    """Make errors of headers, compilers and libraries the command's own."""
    from libffi._bindgen.errors import BindgenError

    try:
        yield
    except BindgenError as error:
        raise Problem(LIBRARY if error.library else USAGE, str(error)) from error
