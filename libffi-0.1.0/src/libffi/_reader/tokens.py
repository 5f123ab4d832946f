"""Split C text into tokens that know their line and column."""
import re
from bisect import bisect_right
from sys import intern

from libffi import DeclarationError


def declaration_error(message: str, line: int, column: int) -> DeclarationError:
    """Return a DeclarationError that says where in the user's text it is."""
    error = DeclarationError(f"line {line}, column {column}: {message}")
    error.line = line
    error.column = column
    return error


class Source:
    """A user's text; `clean` is what is left of it without line continuations."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._clean_offsets = [0]
        self._removed = [0]
        self._line_starts: list[int] = []
        removed = 0
        pieces, last = [], 0
        for match in _CONTINUATION.finditer(text):
            pieces.append(text[last:match.start()])
            last = match.end()
            removed += last - match.start()
            self._clean_offsets.append(last - removed)
            self._removed.append(removed)
        pieces.append(text[last:])
        self.clean = "".join(pieces)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and column in the user's text of an offset in the clean one."""
        if not self._line_starts:
            self._line_starts = [0] + [match.end() for match in re.finditer("\n", self.text)]
        offset += self._removed[bisect_right(self._clean_offsets, offset) - 1]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


class Token:
    """One token of C: kind is name, number, string, char, punctuation, newline, end or value.

    A value stands for a macro whose value is known: `constant` has it, or says why there is none, `spelling` what it
    expands to. `hidden` are the macros that this token came out of, which are not expanded in it again. `spaced`:
    something that is no token stands before it.
    """

    __slots__ = ("constant", "hidden", "kind", "offset", "source", "spaced", "spelling", "text")

    constant: object
    spelling: "list[Token]"

    def __init__(
        self, kind: str, text: str, source: Source, offset: int, hidden: frozenset[str] | None = None,
        spaced: bool = False,
    ) -> None:
        self.kind = kind
        self.text = text
        self.source = source
        self.offset = offset
        self.hidden = hidden
        self.spaced = spaced

    def __repr__(self) -> str:
        return f"<{self.kind} {self.text!r}>"

    @property
    def line(self) -> int:
        """Return the line that this token is on, from 1."""
        return self.source.place(self.offset)[0]

    def error(self, message: str) -> DeclarationError:
        """Return a DeclarationError placed at this token."""
        return declaration_error(message, *self.source.place(self.offset))


_CONTINUATION = re.compile(r"\\\r?\n")

_TOKEN = re.compile(
    r"""
    (?: [ \t\f\v\r]+ | //[^\n]* | /\*(?s:.*?)\*/ )*+
    (?: (?P<string>(?:u8|[uUL])?"[^"\\\n]*(?:\\.[^"\\\n]*)*")
      | (?P<char>(?:u8|[uUL])?'[^'\\\n]*(?:\\.[^'\\\n]*)*')
      | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
      | (?P<newline>\n)
      | (?P<unclosed>/\*)
      | (?P<number>\.?[0-9](?:[eEpP][+-]|'?[A-Za-z0-9_.])*)
      | (?P<punctuation>
            \.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*=|/=|%=|\+=|-=|&=|\^=|\|=|\#\#
          | [][(){}.,;:?~!<>=*/%+\-&^|\#])
      | (?P<end>\Z)
      | (?P<wrong>(?s:.)) )
    """,
    re.VERBOSE,
)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of C text without spaces and comments, one newline token per line end, the end last."""
    source = Source(text)
    tokens = []
    kind: str | None = "newline"
    for match in _TOKEN.finditer(source.clean):
        spaced = kind == "newline" or match.start() != match.start(match.lastgroup or 0)
        kind = match.lastgroup
        assert kind is not None
        if kind in ("wrong", "unclosed"):
            offset = match.start(kind)
            raise declaration_error(_complaint(source.clean, offset), *source.place(offset))
        tokens.append(Token(kind, intern(match[kind]), source, match.start(kind), None, spaced))
        if kind == "end":
            break
    return tokens


def _complaint(text: str, offset: int) -> str:
    if text.startswith("/*", offset):
        return "this comment is never closed"
    if text[offset] in "\"'":
        return f"this {text[offset]} is never closed"
    return f"{text[offset]!r} has no place in C declarations"
