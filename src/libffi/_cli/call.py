"""`call`: call a function of a C library."""
import argparse
import os
from typing import Any

from libffi._cli.call_values import read_arguments, shown
from libffi._cli.problem import ARGUMENT, CALL, LIBRARY, SYMBOL, USAGE, Problem
from libffi._cli.subcommand import add_subcommand

_HELP = """\
Arguments are read by their C type:
  integers   42, -1, 0x2a, 0b101; an enum's member by its name
  char       one character, or its number when it is longer than that
  floats     2.5, 1e-3, 0x1.8p3, inf; complex numbers as 1+2j
  strings    as they are; NULL is the null pointer
  pointers   NULL, an address such as 0x7f00, or for void * and char * a text to copy
  structs    (1, 2.5) or {"x": 1, "y": 2.5}
Arguments for `...` are int (long where it is large), double or string, by what they look like.

examples:
  python -m libffi call libm.so.6 "double pow(double, double)" 2 10
  python -m libffi call --errno - "int open(const char *, int, ...)" /nowhere 0
  python -m libffi call c "struct div_t {int quot, rem;}; struct div_t div(int, int)" 17 5
"""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = add_subcommand(
        commands, "call", help="call a function of a C library",
        description="Call a function of a C library and print its result.",
        examples=_HELP)
    parser.add_argument("--errno", action="store_true", help="print errno after the result")
    parser.add_argument("library", help='short name ("m"), file name or path; "-" is the process itself')
    parser.add_argument("declaration", help="the function in C, after any types that it needs")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="argument",
                        help="everything after the declaration, also what begins with a dash")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Call the function and print its result; return the exit code."""
    import libffi
    from libffi._reader import parse_declaration

    try:
        declared = parse_declaration(options.declaration)
    except libffi.DeclarationError as error:
        hint = "" if "(" in options.declaration else ' (a function in C: "double pow(double, double)")'
        raise Problem(USAGE, f"{error}{hint}") from error
    try:
        library = libffi.Library(None if options.library == "-" else options.library)
    except (libffi.LibraryNotFound, ValueError) as error:
        raise Problem(LIBRARY, f"{error}") from error
    cif = declared.cif
    try:
        function = library._function_of(declared.symbol, cif, abi=cif.abi, errno=options.errno)
    except libffi.SymbolNotFound as error:
        raise Problem(SYMBOL, f"{error}") from error
    values = read_arguments(declared.name, cif, options.arguments)
    if options.errno:
        libffi.set_errno(0)
    libffi.enable_crash_reports()
    try:
        result = function(*values)
    except (TypeError, ValueError, OverflowError) as error:
        raise Problem(ARGUMENT, f"{error}") from error
    except Exception as error:
        raise Problem(CALL, f"{error}") from error
    finally:
        libffi.disable_crash_reports()
    _flush_c_output()
    if cif.restype.kind != "void":
        print(shown(result, cif.restype))
    if options.errno:
        _print_errno(libffi.get_errno())
    return 0


def _flush_c_output() -> None:
    """Let what the function printed come before its result."""
    import libffi
    from libffi import c

    try:
        libffi.Library(None).function("fflush", c.int, [c.pointer])(None)
    except (libffi.LibraryNotFound, libffi.SymbolNotFound):
        pass


def _print_errno(number: int) -> None:
    import errno

    name = errno.errorcode.get(number)
    print(f"errno {number} ({name}: {os.strerror(number)})" if name else f"errno {number}")
