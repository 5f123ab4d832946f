"""`bindgen`: make a Python module of C headers."""
import argparse
import json
import keyword
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from libffi._cli.compiler_options import add_compiler_options, bindgen_errors
from libffi._cli.completion import headers, libraries, suggest
from libffi._cli.output import Progress, paint
from libffi._cli.problem import USAGE, Problem
from libffi._cli.subcommand import add_subcommand

_HELP = """\
Without --from, the module has what the named headers and their own folder declare; of others' it has what they use.
PATTERN is a regular expression for a whole name, GLOB a pattern for a header's path or name.

examples:
  python -m libffi bindgen zlib.h --library z --output zlib_c.py
  python -m libffi bindgen gio/gio.h --pkg-config gio-2.0 --match 'g_file_.*' --output gio_c.py --shim
  python -m libffi bindgen SDL2/SDL.h --library SDL2-2.0 --rename 'SDL_(.*)=\\1' --output sdl.py
"""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    parser_in(commands).set_defaults(run=run)


def parser_in(commands: Any) -> argparse.ArgumentParser:
    """Add the parser of the command's options; return it."""
    parser = add_subcommand(
        commands, "bindgen", help="make a typed Python module of C headers",
        description="Make a Python module, and the stub for type checkers beside it, of C headers.",
        examples=_HELP)
    suggest(headers, parser.add_argument("headers", nargs="+", metavar="header",
                                         help="as one would #include it, or its path"))
    parser.add_argument("--output", "-o", metavar="FILE", help="the module, NAME.py; without it, it is printed")
    suggest(libraries, parser.add_argument("--library", "-l", action="append", default=[], metavar="NAME",
                                           help="short name, file name or path, searched in this order; "
                                                '"-" is the process itself'))
    parser.add_argument("--shim", action="store_true",
                        help="compile a library beside the module for what is in headers only: "
                             "inline functions, macros")
    selection = parser.add_argument_group("what goes in")
    selection.add_argument("--match", metavar="PATTERN", help="only these names, and what they need")
    selection.add_argument("--skip", metavar="PATTERN", help="not these names")
    selection.add_argument("--from", dest="files", action="append", default=[], metavar="GLOB",
                           help="what these files declare")
    selection.add_argument("--rename", action="append", default=[], metavar="PATTERN=NAME",
                           help=r"names in Python, such as 'SDL_(.*)=\1'")
    add_compiler_options(parser)
    said = parser.add_argument_group("what is said")
    said.add_argument("--report", metavar="FILE", help="write what was made and what was left out")
    said.add_argument("--json", action="store_true", help="the report is JSON, also the summary")
    said.add_argument("--quiet", "-q", action="store_true", help="no progress and no summary")
    return parser


def run(options: argparse.Namespace) -> int:
    """Make the module."""
    from libffi import bindgen
    from libffi._bindgen.command import command_of

    if options.output is not None:
        _check_output(options.output)
    if options.shim and options.output is None:
        raise Problem(USAGE, "--shim needs --output: the shim lies beside the module")
    started = time.monotonic()
    asked = asked_for(options)
    with bindgen_errors():
        command = command_of(bindgen.request(options.headers, **asked), options.output or "")
        with Progress(quiet=options.quiet) as progress:
            module = bindgen.generate(options.headers, **asked, command=command, progress=progress)
        if options.output is None:
            sys.stdout.write(module.text)
        else:
            module.write(options.output)
    facts = {"headers": options.headers, "output": options.output, "made": module.counts, "names": module.made,
             "left_out": module.left_out, "seconds": round(time.monotonic() - started, 2)}
    if options.report:
        _write_report(options.report, facts, options.json)
    if not options.quiet:
        where = sys.stderr if options.output is None else sys.stdout
        if options.json:
            print(json.dumps(facts, indent=2), file=where)
        else:
            first, *rest = _summary(facts).splitlines()
            print("\n".join([paint(first, "bold", where), *rest]), file=where)
    return 0


def _check_output(path: str) -> None:
    """Refuse what nobody could import, or write to, before any work is done."""
    if not path.endswith(".py"):
        raise Problem(USAGE, f"--output {path}: expected a name that ends in .py")
    name = os.path.basename(path).removesuffix(".py")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise Problem(USAGE, f"--output {path}: {name!r} cannot be imported, it is no name in Python")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise Problem(USAGE, f"--output {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise Problem(USAGE, f"--output {path}: the folder {folder} cannot be written to")


def asked_for(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was asked for as the options of libffi.bindgen.generate."""
    rename = {}
    for rule in options.rename:
        pattern, equals, replacement = rule.rpartition("=")
        if not equals or not pattern:
            raise Problem(USAGE, f"--rename {rule}: expected PATTERN=NAME, such as 'SDL_(.*)=\\1'")
        rename[pattern] = replacement
    shim = os.path.basename(options.output).removesuffix(".py") + "_shim" if options.shim else None
    return {"libraries": options.library, "pkg_config": options.pkg_config, "cc": options.cc, "flags": options.flags,
            "match": options.match, "skip": options.skip, "files": options.files, "rename": rename, "shim": shim}


def _summary(facts: dict[str, Any]) -> str:
    made = ", ".join(f"{count} {what}" for what, count in facts["made"].items() if count)
    lines = [f"{facts['output'] or 'made'}: {made or 'nothing'} ({facts['seconds']} s)"]
    reasons = Counter(_reason(why) for why in facts["left_out"].values())
    if reasons:
        lines.append(f"left out: {sum(reasons.values())}")
        lines += [f"  {count:>5}  {reason}" for reason, count in reasons.most_common()]
    return "\n".join(lines)


def _reason(why: str) -> str:
    """Return a reason without what differs from name to name."""
    if why.startswith("it is no value"):
        return "a macro that is no value: empty, a keyword, a part of a declaration"
    if "has no symbol" in why:
        return f"{why.partition(' has no symbol')[0]} has no such symbol"
    return why.removeprefix("it is ")


def _write_report(path: str, facts: dict[str, Any], as_json: bool) -> None:
    from libffi._bindgen.generate import write_whole

    if as_json:
        text = json.dumps(facts, indent=2)
    else:
        lines = [_summary(facts)]
        for what, names in facts["names"].items():
            lines += ["", f"{what}:", *(f"  {name}" for name in names)] if names else []
        lines += ["", "left out:", *(f"  {name}: {why}" for name, why in sorted(facts["left_out"].items()))]
        text = "\n".join(lines)
    with bindgen_errors():
        write_whole(Path(path), text + "\n")
