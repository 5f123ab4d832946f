"""What the macros at the end of a text are: constants, or other names of what was declared."""
from collections.abc import Iterator

from libffi import DeclarationError
from libffi._reader.convert import Converter
from libffi._reader.macros import Macro, Macros
from libffi._reader.parser import Parser
from libffi._reader.scope import ConstantDeclaration
from libffi._reader.tokens import Token
from libffi._reader.words import ALIGNAS, ATTRIBUTE, IGNORED, QUALIFIERS, STORAGE, TAGGED, TYPE_WORDS

# What a macro may stand for in declarations, and is no name for by itself.
_DECLARATION_WORDS = frozenset([*TYPE_WORDS, *QUALIFIERS, *STORAGE, *TAGGED, *IGNORED, *ATTRIBUTE, *ALIGNAS])


def add_macros(converter: Converter, macros: Macros) -> Iterator[tuple[Macro, DeclarationError]]:
    """Declare each macro that is something by itself; give those that are not, with the reason."""
    converter.keep()
    for name in macros.in_order(list(macros.table)):
        macro = macros.table[name]
        converter.line = macro.token.line
        try:
            if macro.parameters is not None:
                raise macro.token.error(f"{name}(...) is a macro with parameters, no value")
            _add_macro(converter, macros, macro, macros.whole(name))
        except DeclarationError as error:
            converter.take_back()
            yield macro, error
        converter.keep()


def _add_macro(converter: Converter, macros: Macros, macro: Macro, tokens: list[Token]) -> None:
    scope, name, place = converter.scope, macro.name, macro.token
    if not tokens or (len(tokens) == 1 and tokens[0].text == name):
        return  # `#define stdin stdin` only says that the name exists
    first = tokens[0]
    alias = scope.names.get(first.text) if len(tokens) == 1 and first.kind == "name" else None
    if alias is not None:
        converter.put(place, name, alias)
        return
    if len(tokens) == 1 and first.kind == "name" and first.text in macros.table:
        return  # another name of a macro with parameters
    parser = Parser([*tokens, Token("end", "", place.source, place.offset)], scope.is_typedef)
    try:
        if parser.starts_type(first):
            kind = parser.type_name()
            if parser.token.kind == "end" and kind.specifiers.words != ["_Complex"]:
                converter.put(place, name, converter.type_of(kind))
            return
        expression = parser.expression()
        if parser.token.kind != "end":
            parser.wrong()
        constant = converter.evaluate(expression)
    except DeclarationError as error:
        if first.text in _DECLARATION_WORDS:
            return  # words for declarations to use, which mean nothing by themselves
        why = str(error).partition(": ")[2]
        raise place.error(f"#define {name} is not a constant: {why}") from None
    old = scope.names.get(name)
    if not (isinstance(old, ConstantDeclaration) and old.constant.value == constant.value):
        converter.put(place, name, converter.meaning_of(constant))
    else:
        converter.put(place, name, old)
    if len(tokens) > 1 and _in_parentheses(tokens) and isinstance(constant.value, int | float):
        value = Token("value", "(...)", place.source, place.offset)     # which ## makes no token of, either
        value.constant, value.spelling = constant, tokens
        macros.stands_for(name, value)      # so that what uses it grows no longer with each step


def _in_parentheses(tokens: list[Token]) -> bool:
    """Say whether tokens are one expression in parentheses, which is what it is wherever it stands."""
    depth = 0
    for token in tokens[:-1]:
        depth += (token.text == "(") - (token.text == ")")
        if not depth:
            return False
    return tokens[-1].text == ")"
