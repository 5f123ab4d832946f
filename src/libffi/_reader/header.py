"""Read a preprocessed header one declaration at a time: one that cannot be had stops no other."""
import re
from collections.abc import Iterator, Sequence

from libffi import DeclarationError
from libffi._reader.parse import parse_tokens, tokens_of
from libffi._reader.preprocess import KEYWORDS, SPELLINGS
from libffi._reader.scope import Declaration, Scope, Tag
from libffi._reader.tokens import Token

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_UNKNOWN_TYPE = re.compile(r"unknown type name '(\w+)'$")


class Header:
    """What a header declared, the scope it left, and why the rest was left out, by name."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.names: dict[str, Declaration] = {}
        self.tags: dict[str, Tag] = {}
        self.left_out: dict[str, str] = {}
        self.lines: dict[str, int] = {}     # where the declaration begins that gave a name
        self.defined: set[str] = set()      # functions that came with a body

    def take(self, tokens: list[Token], packing: Sequence[Token] = ()) -> bool:
        """Add one declaration, or note why not; return whether it was added."""
        try:
            found = parse_tokens([*packing, *tokens], self.scope)
        except DeclarationError as error:
            reason = str(error)
            unknown = _UNKNOWN_TYPE.search(reason)
            if unknown and unknown[1] in self.left_out:
                reason += f" ({self.left_out[unknown[1]]})"
            name = _name_of(tokens)
            if name not in self.scope.names:
                self.left_out[name] = reason
                self.lines.setdefault(name, tokens[0].line)
            return False
        self.scope = found.scope
        self.names.update(found.names)
        self.tags.update(found.tags)
        for name in (*found.names, *found.tags):
            self.left_out.pop(name, None)
            self.lines[name] = tokens[0].line
        return True


def parse_header(text: str, scope: Scope | None = None) -> Header:
    """Read all that can be had of a header."""
    header = Header(Scope() if scope is None else scope)
    macros = []
    for packing, tokens, has_body in _declarations(tokens_of(text)):
        taken = header.take(tokens, packing)
        if not taken and tokens[0].text == "#":
            macros.append(tokens)
        elif has_body:
            header.defined.add(_name_of(tokens))
    while macros:       # one may use those that come after it
        again = [tokens for tokens in macros if not header.take(tokens)]
        if len(again) == len(macros):
            break
        macros = again
    return header


def _declarations(tokens: list[Token]) -> Iterator[tuple[list[Token], list[Token], bool]]:
    """Split a header: what `#pragma pack` said, a declaration, and whether it lost a function's body."""
    packing: list[Token] = []
    current: list[Token] = []
    depth, at, line_start = 0, 0, True
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.kind == "newline":
            line_start = True
            continue
        if token.text == "#" and line_start:
            end = at
            while end < len(tokens) and tokens[end].kind != "newline":
                end += 1
            line = tokens[at - 1:end]
            words = [part.text for part in line[1:3]]
            if words == ["pragma", "pack"]:
                packing += [*line, Token("newline", "", token.line, token.column)]
            elif words[:1] == ["define"]:
                yield [], line, False
            at = end
            continue
        line_start = False
        if token.text == "{" and depth == 0 and _begins_a_function(current):
            at = _after_body(tokens, at)
            yield packing, [*current, Token("punctuation", ";", token.line, token.column)], True
            current = []
            continue
        current.append(token)
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if token.text == ";" and depth == 0:
            yield packing, current, False
            current = []
    if current:
        raise current[0].error("the text ends in the middle of this declaration")


def _begins_a_function(before: list[Token]) -> bool:
    """Say whether braces after these tokens are a function's, not a struct's or enum's."""
    if not before or before[-1].text != ")":
        return False
    depth, at = 0, len(before) - 1
    for at in range(len(before) - 1, -1, -1):
        depth += (before[at].text == ")") - (before[at].text == "(")
        if depth == 0:
            break
    attribute = at >= 2 and before[at - 1].text in ("__attribute__", "__attribute")
    return not (attribute and before[at - 2].text in ("struct", "union", "enum"))


def _after_body(tokens: list[Token], at: int) -> int:
    depth = 1
    while depth and at < len(tokens):
        depth += (tokens[at].text == "{") - (tokens[at].text == "}")
        at += 1
    return at


def _name_of(tokens: list[Token]) -> str:
    """Return the name that tokens which could not be read most likely declare."""
    if tokens[0].text == "#" and tokens[1].text == "define":
        return tokens[2].text if len(tokens) > 2 else ""
    outline = _outline(tokens)
    depth, name = 0, ""
    for token, following in zip(outline, outline[1:], strict=False):
        if token.kind == "name" and following.text in ("(", "[", ";", ",", ")", ":", "="):
            if token.text in KEYWORDS or token.text in SPELLINGS:
                continue
            if depth == 0 or not name:      # or inside parentheses: (*name)(...)
                name = token.text
            if following.text == "(" or (depth and following.text == ")"):
                break
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
    return name


def _outline(tokens: list[Token]) -> list[Token]:
    """Return a declaration without what stands in braces, and without attributes."""
    outline: list[Token] = []
    skipping, pending = 0, False        # brackets to be closed; an attribute's are about to open
    for token in tokens:
        if skipping:
            skipping += (token.text in _OPENING) - (token.text in _CLOSING)
        elif token.text == "{" or (pending and token.text == "("):
            skipping = 1
        elif token.text not in ("__attribute__", "__attribute", "__asm__", "__asm", "asm"):
            outline.append(token)
        pending = not skipping and token.text in ("__attribute__", "__attribute", "__asm__", "__asm", "asm")
    return outline
