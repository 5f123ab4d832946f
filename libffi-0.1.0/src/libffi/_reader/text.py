"""Read a text of declarations: all of it or an error, or as much of a header as can be had."""
import re

from libffi import DeclarationError, Type
from libffi._arithmetic import Constant
from libffi._reader.convert import Converter
from libffi._reader.cursor import CLOSING
from libffi._reader.meanings import add_macros
from libffi._reader.parser import Parser
from libffi._reader.preprocess import Preprocessed
from libffi._reader.scope import Declaration, FunctionDeclaration, Qualified, Scope, Tag
from libffi._reader.tokens import Token, tokenize
from libffi._reader.tree import Declaration as Tree
from libffi._reader.tree import Expression, TypeName
from libffi._reader.words import ASM, ATTRIBUTE, KEYWORDS

_UNKNOWN_TYPE = re.compile(r"unknown type name '(\w+)'$")


class Parsed:
    """What a text declared, the scope it left, and why the rest was left out."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.names: dict[str, Declaration] = {}
        self.tags: dict[str, Tag] = {}
        self.left_out: dict[str, str] = {}
        self.lines: dict[str, int] = {}     # where the declaration begins that gave a name
        self.defined: set[str] = set()      # functions that came with a body

    def take(self, converter: Converter) -> None:
        """Take what a converter declared."""
        self.scope.keep()
        self.names, self.tags = converter.declared, converter.declared_tags
        self.lines.update(converter.lines)
        for name in (*self.names, *self.tags):
            self.left_out.pop(name, None)


def parse(text: str, scope: Scope | None = None, strings: str = "text") -> Parsed:
    """Read declarations that may use those of a scope, which stays as it is."""
    tokens = tokens_of(text)
    parsed = Parsed(Scope() if scope is None else scope.copy())
    try:
        prepared = Preprocessed(tokens)
        _check_brackets(prepared.tokens)
        converter = Converter(parsed.scope, strings)
        parser = Parser(prepared.tokens, parsed.scope.is_typedef, prepared.packing)
        while parser.token.kind != "end":
            declaration = parser.declaration()
            if isinstance(declaration, Tree) and declaration.body:
                raise parser.token.error("function bodies are not supported: end the declaration with ';'")
            if declaration is not None:
                converter.add(declaration)
        for macro, error in add_macros(converter, prepared.macros):
            if macro.parameters is None:
                raise error
            parsed.left_out[macro.name] = str(error)
    except RecursionError:
        raise tokens[0].error("the declarations are nested too deeply") from None
    parsed.take(converter)
    return parsed


def parse_header(text: str, scope: Scope | None = None, strings: str = "text") -> Parsed:
    """Read all that can be had of a preprocessed header: what cannot stops nothing else."""
    return _HeaderReader(Scope() if scope is None else scope.copy(), strings).read(tokens_of(text))


def parse_declaration(text: str) -> FunctionDeclaration:
    """Read one function, after any types it needs; the last `;` may be left out."""
    text = text.rstrip()
    # On a line of its own where a comment may reach to the end.
    found = parse(text if text.endswith(";") else f"{text}\n;" if "//" in text else f"{text};")
    functions = [item for item in found.names.values() if isinstance(item, FunctionDeclaration)]
    if len(functions) != 1:
        which = "no function is declared" if not functions else "more than one function is declared"
        raise tokenize(text)[0].error(f"{which}, expected one")
    return functions[0]


def type_named(name: str, scope: Scope) -> Type | None:
    """Return the type that a text such as `const node *` is the name of in a scope, None where it is none."""
    alias = "libffi_type_named"
    try:
        found = parse(f"typedef {name} {alias};", scope).names
    except DeclarationError:
        return None
    declaration = found.get(alias)
    kind = declaration.type if isinstance(declaration, Qualified) and len(found) == 1 else None
    return kind if isinstance(kind, Type) else None


def completes(text: str, scope: Scope) -> bool:
    """Say whether a text gives members to a struct that an earlier text left incomplete."""
    incomplete = {name for name, tag in scope.tags.items() if tag.type.size is None}
    if not incomplete:
        return False
    tokens = tokens_of(text)
    return any(token.text in incomplete and following.text != ";"
               for token, following in zip(tokens, tokens[1:], strict=False))


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text that a user gave."""
    if not isinstance(text, str):
        raise TypeError(f"declare() takes C text as str, got {type(text).__name__}")
    return tokenize(text)


def _check_brackets(tokens: list[Token]) -> None:
    """Say which bracket is wrong, in words that the parser has not."""
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "punctuation":
            if token.text in CLOSING:
                opened.append(token)
            elif token.text in (")", "]", "}") and (not opened or CLOSING[opened.pop().text] != token.text):
                raise token.error(f"unexpected {token.text!r}")
    if opened:
        raise opened[-1].error(f"this {opened[-1].text!r} is never closed")


class ExpressionReader:
    """Reads expressions that may name what a scope has."""

    def __init__(self, scope: Scope) -> None:
        self._converter = Converter(scope.copy())

    def read(self, text: str) -> Expression:
        """Return the tree of an expression."""
        parser = Parser(tokens_of(text), self._converter.scope.is_typedef)
        expression = parser.expression()
        if parser.token.kind != "end":
            parser.wrong()
        return expression

    def constant(self, expression: Expression) -> Constant:
        """Return the value of an expression that is constant."""
        return self._converter.evaluate(expression)

    def type(self, name: TypeName) -> Type | None:
        """Return a type that a cast names, None for what only a pointer can carry."""
        kind = self._converter.type_of(name).type
        return kind if isinstance(kind, Type) else None


class _HeaderReader:
    """Reads one declaration after the other, and goes on behind one that cannot be had."""

    def __init__(self, scope: Scope, strings: str) -> None:
        self.parsed = Parsed(scope)
        self.converter = Converter(scope, strings)
        self._causes: dict[str, str] = {}       # of what was left out: the first in a chain of them

    def read(self, tokens: list[Token]) -> Parsed:
        """Read a text."""
        prepared = Preprocessed(tokens, self.parsed.left_out.__setitem__)
        parser = Parser(prepared.tokens, self.parsed.scope.is_typedef, prepared.packing)
        while parser.token.kind != "end":
            self._declaration(parser)
        for macro, error in [*add_macros(self.converter, prepared.macros)]:    # all are what they are at the end
            self._leave_out(macro.name, macro.token, error)
        self.parsed.take(self.converter)
        return self.parsed

    def _declaration(self, parser: Parser) -> None:
        start = parser.at
        declaration = None
        try:
            declaration = parser.declaration()
            if declaration is not None:
                self.converter.add(declaration)
        except (DeclarationError, RecursionError) as error:
            self.converter.take_back()
            if declaration is None:
                parser.go(start)
                parser.skip_declaration()
            names = [declarator.name for declarator in declaration.declarators] if isinstance(declaration, Tree) else []
            if not isinstance(error, DeclarationError):
                error = parser.tokens[start].error("this is nested too deeply")
            for name in names or [_name_of(parser.tokens[start:parser.at])]:
                self._leave_out(name or "", parser.tokens[start], error)
        else:
            self.converter.keep()
        if isinstance(declaration, Tree) and declaration.body:
            self.parsed.defined.update(declarator.name or "" for declarator in declaration.declarators)
            parser.skip_brackets()

    def _leave_out(self, name: str, place: Token, error: DeclarationError) -> None:
        reason = cause = str(error)
        unknown = _UNKNOWN_TYPE.search(reason)
        if unknown and unknown[1] in self._causes:
            cause = self._causes[unknown[1]]
            reason += f" ({cause})"
        if name not in self.parsed.scope.names:
            self.parsed.left_out[name] = reason
            self.parsed.lines.setdefault(name, place.line)
            self._causes[name] = cause


def _name_of(tokens: list[Token]) -> str:
    """Return the name that tokens which could not be read most likely declare."""
    outline = _outline(tokens)
    depth, name = 0, ""
    for token, following in zip(outline, outline[1:], strict=False):
        if token.kind == "name" and following.text in ("(", "[", ";", ",", ")", ":", "="):
            if token.text in KEYWORDS:
                continue
            if depth == 0 or not name:      # or inside parentheses: (*name)(...)
                name = token.text
            if following.text == "(" or (depth and following.text == ")"):
                break
        depth += (token.text in CLOSING) - (token.text in (")", "]", "}"))
    return name


def _outline(tokens: list[Token]) -> list[Token]:
    """Return a declaration without what stands in braces, and without attributes."""
    outline: list[Token] = []
    skipping, pending = 0, False        # brackets to be closed; an attribute's are about to open
    for token in tokens:
        skipped = token.text in ATTRIBUTE or token.text in ASM
        if skipping:
            skipping += (token.text in CLOSING) - (token.text in (")", "]", "}"))
        elif token.text == "{" or (pending and token.text == "("):
            skipping = 1
        elif not skipped:
            outline.append(token)
        pending = not skipping and skipped
    return outline
