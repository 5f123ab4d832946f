"""Read a text of declarations as a whole: all of it is understood, or an error says what is not."""
import importlib
import re
from typing import Any

from libffi import DeclarationError
from libffi._reader.preprocess import KEYWORDS, Prepared, not_a_constant
from libffi._reader.scope import FunctionDeclaration, Scope
from libffi._reader.tokens import Token, tokenize
from libffi._reader.types import Converter


class Parsed:
    """What one text declared, and the scope it left."""

    def __init__(self, converter: Converter) -> None:
        self.scope = converter.scope
        self.names = converter.declared
        self.tags = converter.declared_tags


def parse(text: str, scope: Scope | None = None) -> Parsed:
    """Read declarations that may use those of a scope, which stays as it is."""
    return parse_tokens(tokens_of(text), scope)


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text that a user gave."""
    if not isinstance(text, str):
        raise TypeError(f"declare() takes C text as str, got {type(text).__name__}")
    return tokenize(text)


def parse_tokens(tokens: list[Token], scope: Scope | None = None) -> Parsed:
    """Do what parse() does with a text that was taken apart before."""
    scope = Scope() if scope is None else scope.copy()
    prepared = Prepared(tokens)
    try:
        converter = Converter(scope, prepared)
        converter.run(_tree(prepared, scope))
        return Parsed(converter)
    except RecursionError:
        raise prepared.token(0).error("the declarations are nested too deeply") from None


def completes(text: str, scope: Scope) -> bool:
    """Say whether a text gives members to a struct that an earlier text left incomplete."""
    incomplete = {name for name, tag in scope.tags.items() if tag.type.size is None}
    return bool(incomplete) and any(
        body.tag in incomplete for body in Prepared(tokens_of(text)).bodies.values())


def parse_declaration(text: str) -> FunctionDeclaration:
    """Read one function, after any types it needs; the last `;` may be left out."""
    text = text.rstrip()
    # On a line of its own where a comment may reach to the end.
    found = parse(text if text.endswith(";") else f"{text}\n;" if "//" in text else f"{text};")
    functions = [item for item in found.names.values() if isinstance(item, FunctionDeclaration)]
    if len(functions) != 1:
        which = "no function is declared" if not functions else "more than one function is declared"
        raise Prepared(tokenize(text)).token(0).error(f"{which}, expected one")
    return functions[0]


_PLACE = re.compile(r"[^:]*:(\d+)(?::\d+)?: (.*)", re.DOTALL)


def _tree(prepared: Prepared, scope: Scope) -> Any:
    """Parse with pycparser, whose errors get the user's lines and columns."""
    pycparser = importlib.import_module("pycparser.c_parser")
    known = {name for name in prepared.names if scope.is_typedef(name)}
    source = prepared.source(sorted(known))
    try:
        return pycparser.CParser().parse(source)
    except RecursionError:
        raise
    except Exception as error:  # also what a parser's own mistakes raise
        raise _syntax_error(prepared, str(error), known) from None


def _syntax_error(prepared: Prepared, message: str, known: set[str]) -> DeclarationError:
    match = _PLACE.fullmatch(message)
    index = int(match[1]) - 2 if match else len(prepared.tokens)
    macro = prepared.macro_at(index)
    if macro is not None:
        return not_a_constant(macro)
    # pycparser may notice an unknown type before or after it, or not say where.
    for place in range(index - 2, index + 3) if match else range(len(prepared.tokens)):
        if _reads_as_type(prepared, place, known):
            token = prepared.token(place)
            return token.error(f"unknown type name {token.text!r}")
    if match is None:
        return prepared.end.error("the text ends in the middle of a declaration (without its ';'?)")
    what = match[2][:1].lower() + match[2][1:]
    token = prepared.token(index)
    if what.startswith("before: "):
        what = f"syntax error before {token.text!r}"
    return token.error(what)


_BEFORE_TYPE = frozenset(
    "; { } ( , const volatile restrict extern static register typedef inline".split()) | {""}


def _reads_as_type(prepared: Prepared, index: int, known: set[str]) -> bool:
    """Say whether an unknown name stands where a type does."""
    if not 0 <= index < len(prepared.tokens):
        return False
    token, following = prepared.tokens[index], prepared.token(index + 1)
    before = prepared.tokens[index - 1].text if index else ""
    return (
        token.kind == "name" and token.text not in KEYWORDS and token.text not in known
        and before in _BEFORE_TYPE
        and (following.kind == "name" or following.text in ("*", ")", ",", ";"))
    )
