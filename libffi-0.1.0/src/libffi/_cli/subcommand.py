"""How the subcommands look in argparse."""
import argparse
from typing import Any

from libffi._cli.problem import EXIT_CODES


def add_subcommand(commands: Any, name: str, *, help: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Add the parser of a subcommand, whose help ends with examples and the exit codes; return it."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, formatter_class=argparse.RawDescriptionHelpFormatter,
        description=description, epilog=f"{examples}\n{EXIT_CODES}")
    return parser
