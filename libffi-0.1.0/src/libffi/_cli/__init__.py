"""The command line: `python -m libffi --help`, or `libffi --help`.

Each subcommand is a module: `add_to(commands)` describes it to argparse and sets `run`, which gets
the options and returns the exit code.
"""
import argparse
import os
import sys
from collections.abc import Sequence

from libffi._cli import bindgen, call, check, info, layout, symbols
from libffi._cli.completion import complete
from libffi._cli.output import paint
from libffi._cli.problem import EXIT_CODES, INTERRUPTED, Problem

_DESCRIPTION = "Call C functions, make modules of C headers, and look at libraries and headers."
_COMMANDS = (info, call, bindgen, check, symbols, layout)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = _parser()
    complete(parser)
    options = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except Problem as problem:
        print(f"{paint('libffi:', 'red', sys.stderr)} {problem}", file=sys.stderr)
        return problem.code
    except KeyboardInterrupt:
        print("\nlibffi: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:     # `| head` has seen enough; nor may the flush at exit complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    import libffi

    as_module = os.path.basename(sys.argv[0]) == "__main__.py"
    parser = argparse.ArgumentParser(
        prog="python -m libffi" if as_module else "libffi", description=_DESCRIPTION, epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"libffi for Python {libffi.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser
