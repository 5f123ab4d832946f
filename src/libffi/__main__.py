"""Show what this libffi can do, or call a C function: `python -m libffi --help`."""
import argparse
import ast
import os
import sys
from collections.abc import Sequence
from typing import Any

USAGE, LIBRARY, SYMBOL, ARGUMENT, CALL = 2, 3, 4, 5, 6

_EXIT_CODES = f"""\
exit codes:
  0  the function was called (or the information was shown)
  {USAGE}  wrong usage, or a declaration that is not C
  {LIBRARY}  the library was not found
  {SYMBOL}  the library has no such function
  {ARGUMENT}  an argument does not fit its C type, or the number of arguments is wrong
  {CALL}  the call itself failed, or its result cannot be shown
"""

_CALL_HELP = """\
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


class Problem(Exception):
    """What goes to stderr as one line, and the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _info(options.json) if options.command == "info" else _call(options)
        sys.stdout.flush()
        return code
    except Problem as problem:
        print(f"libffi: {problem}", file=sys.stderr)
        return problem.code
    except BrokenPipeError:     # `| head` has seen enough; nor may the flush at exit complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    import libffi

    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m libffi", description=__doc__, epilog=_EXIT_CODES, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"libffi for Python {libffi.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    info = commands.add_parser("info", help="show which libffi this is and what it can do")
    info.add_argument("--json", action="store_true", help="as JSON")
    call = commands.add_parser(
        "call", help="call a function of a C library", formatter_class=raw,
        description="Call a function of a C library and print its result.",
        epilog=_CALL_HELP + "\n" + _EXIT_CODES)
    call.add_argument("--errno", action="store_true", help="print errno after the result")
    call.add_argument("library", help='short name ("m"), file name or path; "-" is the process itself')
    call.add_argument("declaration", help="the function in C, after any types that it needs")
    call.add_argument("arguments", nargs=argparse.REMAINDER, metavar="argument",
                      help="everything after the declaration, also what begins with a dash")
    return parser


# info

_LABELS = {
    "version": "libffi at run time",
    "build_version": "libffi at build time",
    "linkage": "linked with",
    "patches": "patched",
    "default_abi": "default ABI",
    "abis": "ABIs",
    "call_plan": "call plans",
    "int128": "128-bit integers",
    "complex": "complex numbers",
    "vectors": "SIMD vectors",
    "static_trampolines": "static trampolines",
    "go_closures": "Go closures",
    "raw_api": "raw API",
    "native_raw_api": "native raw API",
    "closure_size": "size of a closure",
    "pointer_size": "size of a pointer",
    "long_double": "long double",
    "byteorder": "byte order",
    "char_signed": "char is signed",
    "wchar_signed": "wchar_t is signed",
}


def _info(as_json: bool) -> int:
    import platform

    import libffi

    facts: dict[str, Any] = {
        "package": libffi.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **libffi.features(),
    }
    if as_json:
        import json

        print(json.dumps(facts, indent=2))
        return 0
    for key, value in facts.items():
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, (tuple, list)):
            value = " ".join(map(str, value)) or "no"
        print(f"{_LABELS.get(key, key.replace('_', ' ')):<21} {value}")
    return 0


# call


def _call(options: argparse.Namespace) -> int:
    import libffi
    from libffi.declare import parse_declaration

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
    argtypes: list[Any] = [*cif.argtypes, ...] if cif.variadic else [*cif.argtypes]
    try:
        function = library.function(declared.symbol, cif.restype, argtypes, errno=options.errno)
    except libffi.SymbolNotFound as error:
        raise Problem(SYMBOL, f"{error}") from error
    values = _arguments(declared.name, cif, options.arguments)
    if options.errno:
        libffi.set_errno(0)
    try:
        result = function(*values)
    except UnicodeDecodeError as error:
        raise Problem(CALL, f"{declared.name}() returned a string that is not UTF-8: {error}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise Problem(ARGUMENT, f"{error}") from error
    except Exception as error:
        raise Problem(CALL, f"{error}") from error
    _flush_c_output()
    if cif.restype.kind != "void":
        print(_shown(result, cif.restype))
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


# Arguments


def _arguments(name: str, cif: Any, texts: list[str]) -> list[Any]:
    fixed = len(cif.argtypes)
    if len(texts) < fixed or (len(texts) > fixed and not cif.variadic):
        least = "at least " if cif.variadic else ""
        plural = "" if fixed == 1 else "s"
        raise Problem(ARGUMENT, f"{name}() takes {least}{fixed} argument{plural}, got {len(texts)}")
    values = []
    for number, text in enumerate(texts, 1):
        try:
            kind = cif.argtypes[number - 1] if number <= fixed else None
            values.append(_argument(text, kind) if kind is not None else _variable_argument(text))
        except (ValueError, ArithmeticError, SyntaxError) as error:
            what = f"expected {kind}, got {text!r}" if kind is not None else str(error)
            raise Problem(ARGUMENT, f"{name}() argument {number}: {what}") from error
    return values


def _argument(text: str, kind: Any) -> Any:
    match kind.kind:
        case "bool":
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()] \
                if text.lower() in ("true", "false", "0", "1") else _integer(text)
        case "char":
            return text.encode() if len(text.encode()) == 1 else _integer(text)
        case "wchar":
            return text if len(text) == 1 else _integer(text)
        case "signed" | "unsigned":
            return _integer(text)
        case "enum":
            members = kind.enum.__members__
            return members[text] if text in members else _integer(text)
        case "float":
            return _floating(text, kind)
        case "complex":
            return complex(text.replace(" ", "").replace("i", "j"))
        case "wstring":
            return None if text == "NULL" else text
        case "string" | "bytes":
            return None if text == "NULL" else os.fsencode(text)    # the very bytes that the shell gave
        case "pointer":
            return _pointer(text, kind)
        case "function":
            return None if text == "NULL" else _integer(text)
        case _:
            return ast.literal_eval(text)


def _integer(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return int(text)  # 007


def _floating(text: str, kind: Any) -> Any:
    if text.lower().lstrip("+-").startswith("0x"):
        return float.fromhex(text)
    if kind.name == "long double":
        import decimal

        return decimal.Decimal(text)
    return float(text)


def _pointer(text: str, kind: Any) -> Any:
    from libffi import c

    if text == "NULL":
        return None
    try:
        return int(text, 0)
    except ValueError:
        item = kind.item
        if item is not None and item is not c.void and item not in (c.char, c.schar, c.uchar):
            raise
    data = text.encode() + b"\0"
    return data if kind.const else bytearray(data)


def _variable_argument(text: str) -> Any:
    from libffi import c

    if text == "NULL":
        return None
    try:
        number = int(text, 0)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text
    for kind in (c.int, c.long, c.longlong, c.ulonglong):
        try:
            return kind(number)
        except OverflowError:
            continue
    raise ValueError(f"{text} does not fit in 64 bits")


# Results


def _shown(value: Any, kind: Any) -> str:
    """Return a result as C programmers write it."""
    if value is None or (kind.kind == "pointer" and not value):
        return "NULL"
    match kind.kind:
        case "bool":
            return "true" if value else "false"
        case "char" | "bytes":
            return repr(value).removeprefix("b")
        case "enum":
            name = getattr(value, "name", None)
            return f"{name} ({int(value)})" if name else str(int(value))
        case "pointer" | "function":
            return hex(value if isinstance(value, int) else value.address)
        case "struct" | "union":
            from libffi import Type

            fields = []
            for name, field in kind.fields.items():
                part = getattr(value, name)
                fields.append(f"{name} = {_shown(part, field) if isinstance(field, Type) else part}")
            return f"{kind} {{{', '.join(fields)}}}"
        case "array" | "vector":
            return "{" + ", ".join(_shown(part, kind.item) for part in value) + "}"
        case "bits":
            return str(value)
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
