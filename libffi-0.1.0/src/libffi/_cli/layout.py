"""`layout`: how the types of a header lie in memory."""
import argparse
import difflib
from collections.abc import Iterator
from typing import Any

from libffi._cli.compiler_options import add_compiler_options, bindgen_errors
from libffi._cli.completion import headers, suggest
from libffi._cli.output import paint, print_json, print_table
from libffi._cli.problem import MISFIT, SYMBOL, Problem
from libffi._cli.subcommand import add_subcommand

_HELP = """\
A type is named as in C: z_stream, "struct stat", "union epoll_data". Bit-fields begin at byte:bit.

examples:
  python -m libffi layout zlib.h z_stream
  python -m libffi layout sys/stat.h "struct stat" "struct timespec"
  python -m libffi layout uv.h --check
"""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = add_subcommand(
        commands, "layout", help="show offsets, sizes and holes of a header's structs",
        description="Show how structs and unions lie in memory: offsets, sizes, bit-fields, holes, cache lines.",
        examples=_HELP)
    suggest(headers, parser.add_argument("header", help="as one would #include it, or its path"))
    parser.add_argument("types", nargs="*", metavar="type",
                        help="all that the header itself declares when none is named")
    parser.add_argument("--check", action="store_true", help="compare with the compiler's own layouts")
    parser.add_argument("--cache-line", type=_positive, default=64, metavar="BYTES",
                        help="the size of a cache line (%(default)s)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_compiler_options(parser)
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def run(options: argparse.Namespace) -> int:
    """Print the layouts; return the exit code."""
    from libffi._bindgen.compiler import include_lines
    from libffi._inspect.compiled import differences
    from libffi._inspect.headers import read_headers

    with bindgen_errors():
        words = {word for name in options.types for word in name.split()}
        found = read_headers([options.header], packages=options.pkg_config, cc=options.cc, flags=options.flags,
                             names=words)
        layouts = _layouts(found, options.types)
        different = differences(found.compiler, include_lines([options.header]), layouts) if options.check else []
    if options.json:
        facts: dict[str, Any] = {"types": [_as_json(layout) for layout in layouts]}
        if options.check:
            facts["differences"] = [{"what": what, "here": ours, "compiler": theirs}
                                    for what, ours, theirs in different]
        print_json(facts)
    else:
        for number, layout in enumerate(layouts):
            if number:
                print()
            _print(layout, options.cache_line)
        if not layouts:
            print(f"{options.header} declares no struct or union with members")
        elif options.check:
            _print_check(len(layouts), different)
    return MISFIT if different else 0


def _layouts(found: Any, names: list[str]) -> list[Any]:
    from libffi._inspect.layouts import layout_of

    records = found.records()
    asked = {name: found.type_named(name) for name in names} if names else records
    for name, kind in asked.items():
        if kind is None:
            near = difflib.get_close_matches(name, [*records, *found.parsed.names, *found.parsed.tags], 1)
            raise Problem(SYMBOL, f"no type {name!r} is declared" + (f"; did you mean {near[0]!r}?" if near else ""))
        if kind.size is None:
            raise Problem(SYMBOL, f"{name!r} has no layout: the header declares no members of {kind}")
    return [layout_of(found.in_c(name), kind, found.parsed.scope.layouts) for name, kind in asked.items()]


def _print(layout: Any, cache_line: int) -> None:
    lines = -(-layout.size // cache_line)
    title = layout.name if layout.name == str(layout.type) else f"{layout.name} = {layout.type}"
    print(paint(f"{title}: {layout.size} bytes, aligned to {layout.alignment}, "
                f"{lines} cache line{'' if lines == 1 else 's'}", "bold"))
    if not layout.members:
        return
    rows = list(_rows(layout, cache_line))
    colours = {number: "dim" if row[3].startswith("--") else "yellow" for number, row in enumerate(rows) if not row[2]}
    print_table(("offset", "size", "member", "type"), rows, right=(0, 1), colours=colours, indent="  ")
    holes = layout.holes()
    parts = [f"{len(holes)} hole{'' if len(holes) == 1 else 's'} of {_amount(sum(hole.bits for hole in holes))}"] \
        if holes else []
    parts += [f"{_amount(layout.padding())} of padding at the end"] if layout.padding() else []
    if parts:
        print(f"  {', '.join(parts)}")


def _rows(layout: Any, cache_line: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of a table: where a new cache line begins, too."""
    line = 1
    for member in layout.members:
        begun, inside = divmod(member.start // 8, cache_line)
        if begun >= line:
            line = begun + 1
            ago = f", {inside} bytes ago" if inside else ""
            yield "", "", "", f"-- cache line {begun} --{ago}"
        if member.type is None:
            yield _place(member), _amount(member.bits, short=True), "", "padding" if member.is_end else "hole"
        else:
            name = member.path.rpartition(".")[2] or "(no name)"
            yield _place(member), _amount(member.bits, short=True), "  " * member.depth + name, str(member.type)


def _place(member: Any) -> str:
    byte, bit = divmod(member.start, 8)
    return f"{byte}:{bit}" if bit or member.is_bit_field else str(byte)


def _amount(bits: int, short: bool = False) -> str:
    size, rest = divmod(bits, 8)
    if short:
        return str(size) if not rest else f"{bits} bit{'' if bits == 1 else 's'}"
    parts = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in ((size, "byte"), (rest, "bit")) if count]
    return " ".join(parts)


def _print_check(count: int, different: list[tuple[str, str, str]]) -> None:
    if different:
        print()
        print_table(("differs", "here", "the compiler"), different, colours=dict.fromkeys(range(len(different)), "red"))
    else:
        print(paint(f"the compiler has {'the same' if count == 1 else f'all {count} the same'}", "green"))


def _as_json(layout: Any) -> dict[str, Any]:
    members = []
    for member in layout.members:
        facts: dict[str, Any] = {"name": member.path or None, "type": str(member.type) if member.type else None,
                                 "offset": member.start // 8, "depth": member.depth}
        if member.is_bit_field or member.start % 8 or member.bits % 8:
            facts |= {"bit": member.start % 8, "bits": member.bits}
        else:
            facts["size"] = member.bits // 8
        if member.type is None:
            facts["hole"] = "padding" if member.is_end else "hole"
        members.append(facts)
    return {"name": layout.name, "type": str(layout.type), "size": layout.size, "alignment": layout.alignment,
            "members": members}
