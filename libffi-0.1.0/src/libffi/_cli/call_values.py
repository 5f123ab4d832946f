"""Values on the command line: arguments read by their C types, results as C programmers write them."""
import ast
import os
from typing import Any

from libffi._cli.problem import ARGUMENT, Problem


def read_arguments(name: str, cif: Any, texts: list[str]) -> list[Any]:
    """Return the arguments of a call as Python values, by their C types."""
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
            return None if text == "NULL" else kind(_integer(text))
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
        return kind(int(text, 0))
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


def shown(value: Any, kind: Any) -> str:
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
                fields.append(f"{name} = {shown(part, field) if isinstance(field, Type) else part}")
            return f"{kind} {{{', '.join(fields)}}}"
        case "array" | "vector":
            return "{" + ", ".join(shown(part, kind.item) for part in value) + "}"
        case "bits":
            return str(value)
    return str(value)
