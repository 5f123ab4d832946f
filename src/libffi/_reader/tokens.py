"""Split C text into tokens that know their line and column."""
import re
from bisect import bisect_right
from dataclasses import dataclass

from libffi import DeclarationError


def declaration_error(message: str, line: int, column: int) -> DeclarationError:
    """Return a DeclarationError that says where in the user's text it is."""
    error = DeclarationError(f"line {line}, column {column}: {message}")
    error.line = line
    error.column = column
    return error


@dataclass(frozen=True, slots=True)
class Token:
    """One token of C: kind is name, number, string, char, punctuation or newline."""

    kind: str
    text: str
    line: int
    column: int

    def error(self, message: str) -> DeclarationError:
        """Return a DeclarationError placed at this token."""
        return declaration_error(message, self.line, self.column)

    def respelled(self, text: str) -> "Token":
        """Return a name token with another spelling at the same place."""
        return Token("name", text, self.line, self.column)

    def moved(self, to: "Token") -> "Token":
        """Return this token at another token's place, as when a macro expands there."""
        return Token(self.kind, self.text, to.line, to.column)


_CONTINUATION = re.compile(r"\\\r?\n")

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\f\v\r]+)
    | (?P<newline>\n)
    | (?P<comment>//[^\n]*|/\*(?s:.*?)\*/)
    | (?P<unclosed>/\*)
    | (?P<string>(?:u8|[uUL])?"[^"\\\n]*(?:\\.[^"\\\n]*)*")
    | (?P<char>(?:u8|[uUL])?'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<number>\.?[0-9](?:[eEpP][+-]|'?[A-Za-z0-9_.])*)
    | (?P<punctuation>
          \.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*=|/=|%=|\+=|-=|&=|\^=|\|=
        | [][(){}.,;:?~!<>=*/%+\-&^|\#])
    """,
    re.VERBOSE,
)


class _Places:
    """Maps offsets in the text without line continuations to lines and columns of the original."""

    def __init__(self, text: str) -> None:
        self.clean_offsets = [0]
        self.removed = [0]
        removed = 0
        pieces, last = [], 0
        for match in _CONTINUATION.finditer(text):
            pieces.append(text[last:match.start()])
            last = match.end()
            removed += last - match.start()
            self.clean_offsets.append(last - removed)
            self.removed.append(removed)
        pieces.append(text[last:])
        self.clean = "".join(pieces)
        self.line_starts = [0] + [m.end() for m in re.finditer("\n", text)]

    def __call__(self, offset: int) -> tuple[int, int]:
        offset += self.removed[bisect_right(self.clean_offsets, offset) - 1]
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1


def tokenize(text: str) -> list[Token]:
    """Return the tokens of C text without spaces and comments, with one newline token per line end."""
    places = _Places(text)
    clean = places.clean
    tokens = []
    offset = 0
    while offset < len(clean):
        match = _TOKEN.match(clean, offset)
        if match is None or match.lastgroup == "unclosed":
            raise declaration_error(_complaint(clean, offset), *places(offset))
        kind = match.lastgroup
        assert kind is not None
        if kind not in ("space", "comment"):
            tokens.append(Token(kind, match.group(), *places(offset)))
        offset = match.end()
    return tokens


def _complaint(text: str, offset: int) -> str:
    if text.startswith("/*", offset):
        return "this comment is never closed"
    if text[offset] in "\"'":
        return f"this {text[offset]} is never closed"
    return f"{text[offset]!r} has no place in C declarations"
