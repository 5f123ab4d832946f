"""`check`: whether a generated module still fits what is installed."""
import argparse
from typing import Any

from libffi._cli import bindgen
from libffi._cli.compiler_options import add_compiler_options, bindgen_errors
from libffi._cli.completion import headers, suggest
from libffi._cli.output import Progress, paint, print_json, print_table
from libffi._cli.problem import MISFIT, USAGE, Problem
from libffi._cli.subcommand import add_subcommand

_HELP = """\
The module's first lines say which headers it was made of and how. What they leave out, because it is another one on
each machine, is given here again: folders with -I, and headers that were named by their whole path with --header.

examples:
  python -m libffi check zlib_c.py
  python -m libffi check --no-headers zlib_c.py
"""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = add_subcommand(
        commands, "check", help="check that a generated module still fits what is installed",
        description="Compare a module that bindgen made with the libraries and headers that are installed: "
                    "symbols, signatures, layouts, constants.",
        examples=_HELP)
    parser.add_argument("module", help="the file, NAME.py")
    suggest(headers, parser.add_argument("--header", action="append", default=[], metavar="HEADER",
                        help="compare with this one in place of those it was made of"))
    parser.add_argument("--no-headers", action="store_true", help="look at the libraries only: no compiler is needed")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_compiler_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, and print what is different; return the exit code."""
    from libffi._bindgen.command import words_of
    from libffi._inspect import fit

    found = fit.Fit()
    try:
        module = fit.load(options.module)
    except fit.NotGenerated as error:
        raise Problem(USAGE, str(error)) from error
    except ImportError as error:
        found.misfits.append(fit.Misfit(options.module, "machine", "", str(error)))
    else:
        bindings = module._bindings
        found.made_with = bindings._version
        fit.check_libraries(bindings, found)
        if not options.no_headers and not any(misfit.what == "library" for misfit in found.misfits):
            with bindgen_errors(), Progress() as progress:
                made = _made_again(options, words_of(module.__doc__ or ""), fit.library_paths(bindings), progress)
                fit.compare(bindings, options.module, made.text, found)
    if options.json:
        print_json({"module": options.module, "fits": not found.misfits, "made_with": found.made_with,
                    "here": found.version or None, "checked": found.checked, "new": found.new,
                    "misfits": [{"name": misfit.name, "what": misfit.what, "module": misfit.ours or None,
                                 "here": misfit.there} for misfit in found.misfits]})
    else:
        _print(options.module, found)
    return MISFIT if found.misfits else 0


def _made_again(options: argparse.Namespace, words: list[str] | None, libraries: list[str | None],
                progress: Progress) -> Any:
    """Make the module again of the headers that are installed, in memory."""
    from libffi import bindgen as api

    if words is None:
        if not options.header:
            raise Problem(USAGE, f"{options.module} does not say how it was made: name its headers with --header")
        words = options.header
    recorded = bindgen.parser_in(argparse.ArgumentParser().add_subparsers()).parse_args(words)
    asked = bindgen.asked_for(recorded)
    asked |= {"libraries": libraries, "cc": options.cc, "flags": [*recorded.flags, *options.flags],
              "pkg_config": [*recorded.pkg_config, *options.pkg_config]}
    return api.generate(options.header or recorded.headers, **asked, progress=progress)


def _print(path: str, found: Any) -> None:
    if found.misfits:
        rows = [(misfit.name, misfit.what, misfit.ours, misfit.there) for misfit in found.misfits]
        print_table(("name", "what", "in the module", "here"), rows, colours=dict.fromkeys(range(len(rows)), "red"))
        print(paint(f"{path} does not fit: {len(rows)} difference{'' if len(rows) == 1 else 's'}", "bold"))
    else:
        print(paint(f"{path} fits: {found.checked} names, {found.version or found.made_with}", "green"))
    if found.version and found.version != found.made_with:
        print(f"made with {found.made_with}, here is {found.version}")
    if found.new:
        print(f"new in the headers: {', '.join(found.new)}")
