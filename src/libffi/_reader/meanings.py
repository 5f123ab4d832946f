"""What the macros at the end of a text are: constants, or other names of what was declared."""
from collections.abc import Iterator

from libffi import DeclarationError
from libffi._arithmetic import Constant
from libffi._reader.convert import Converter
from libffi._reader.macros import Macro, Macros
from libffi._reader.parser import Parser
from libffi._reader.scope import ConstantDeclaration, Qualified
from libffi._reader.scope import (
    Declaration as Meaning,
)
from libffi._reader.tokens import Token
from libffi._reader.tree import Expression
from libffi._reader.words import ALIGNAS, ATTRIBUTE, CONVENTION_WORDS, IGNORED, QUALIFIERS, STORAGE, TAGGED, TYPE_WORDS

# What a macro may stand for in declarations, and is no name for by itself.
_DECLARATION_WORDS = frozenset([
    *TYPE_WORDS, *QUALIFIERS, *STORAGE, *TAGGED, *IGNORED, *CONVENTION_WORDS, *ATTRIBUTE, *ALIGNAS])


def add_macros(converter: Converter, macros: Macros) -> Iterator[tuple[Macro, DeclarationError]]:
    """Declare, in the end, each macro that is something by itself; give those that are not, with the reason."""
    converter.keep()
    found: list[tuple[Macro, Meaning | None]] = []
    for name in macros.in_order(list(macros.table)):
        macro = macros.table[name]
        converter.line = macro.token.line
        try:
            if macro.parameters is not None:
                raise macro.token.error(f"{name}(...) is a macro with parameters, no value")
            meaning = _meaning_of(converter, macros, macro, macros.whole(name))
            if meaning is not None:
                found.append((macro, meaning))
        except DeclarationError as error:
            converter.take_back()
            yield macro, error
            if macro.parameters is None:
                found.append((macro, None))
        converter.keep()
    # Only now: inside its own expansion a name is what was declared, as in `enum {A, N};` and `#define N (N - 1)`.
    for macro, meaning in found:
        try:
            converter.put_macro(macro, meaning)
        except DeclarationError as error:
            yield macro, error


def _meaning_of(converter: Converter, macros: Macros, macro: Macro, tokens: list[Token]) -> Meaning | None:
    """Return what a macro makes of its name; None where it leaves it as it is, and is nothing by itself."""
    scope, name, place = converter.scope, macro.name, macro.token
    if not tokens:
        return None
    first, depth = tokens[0], len(tokens) // 2
    if [token.text for token in tokens[:depth]] == ["("] * depth and tokens[depth].kind == "name" and \
            [token.text for token in tokens[depth + 1:]] == [")"] * depth:
        word = tokens[depth].text
        if word == name or (word == f"__builtin_{name}" and name in scope.names):
            return None     # `#define stdin stdin` only says that the name exists
        alias = scope.names.get(word)
        if alias is not None and (not depth or not isinstance(alias, Qualified)):
            return alias
        if word in macros.table:
            return None     # another name of a macro with parameters
    parser = Parser([*tokens, Token("end", "", place.source, place.offset)], scope.is_typedef)
    try:
        if parser.starts_type(first):
            kind = parser.type_name()
            if parser.token.kind == "end" and kind.specifiers.words != ["_Complex"]:
                return converter.type_of(kind)
            return None
        expression = parser.expression()
        if parser.token.kind != "end":
            parser.wrong()
        constant = _evaluated(converter, macros, macro, tokens, expression)
    except DeclarationError as error:
        if first.text in _DECLARATION_WORDS:
            return None     # words for declarations to use, which mean nothing by themselves
        why = str(error).partition(": ")[2]
        raise place.error(f"#define {name} is not a constant: {why}") from None
    old = scope.names.get(name)
    if isinstance(old, ConstantDeclaration) and old.constant.value == constant.value and \
            old.constant.type.is_integer == constant.type.is_integer:
        return old          # a member of its enum
    return converter.meaning_of(place, constant)


def _evaluated(
    converter: Converter, macros: Macros, macro: Macro, tokens: list[Token], expression: Expression
) -> Constant:
    """Return the value of a macro's expression; in parentheses it is known from now on, as is that it has none."""
    known: Constant | str = ""
    try:
        known = constant = converter.evaluate(expression)
    except DeclarationError as error:
        known = str(error).partition(": ")[2]
        raise
    finally:    # what uses it grows no longer with each step
        if known and len(tokens) > 1 and _in_parentheses(tokens) and not (
                isinstance(known, Constant) and isinstance(known.value, bytes | str)):
            place = macro.token
            value = Token("value", "(...)", place.source, place.offset)     # which ## makes no token of, either
            value.constant, value.spelling = known, tokens
            macros.stands_for(macro.name, value)
    return constant


def _in_parentheses(tokens: list[Token]) -> bool:
    """Say whether tokens are one expression in parentheses, which is what it is wherever it stands."""
    depth = 0
    for token in tokens[:-1]:
        depth += (token.text == "(") - (token.text == ")")
        if not depth:
            return False
    return tokens[-1].text == ")"
