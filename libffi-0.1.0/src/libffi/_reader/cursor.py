"""A place in a text that moves on as the parser reads."""
from typing import NoReturn

from libffi._reader.tokens import Token

# What one declaration may nest. C asks for 12 of one kind and 63 of another.
DEPTH_LIMIT = 60

CLOSING = {"(": ")", "[": "]", "{": "}"}


class Cursor:
    """The parser's place in tokens, the end last; `token` is the one that is read next."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.token = self.tokens[0]
        self.depth = 0

    def go(self, at: int) -> None:
        """Move to an index."""
        self.at = at
        self.token = self.tokens[at]

    def take(self) -> Token:
        """Return this token and move to the next; the end stays."""
        token = self.token
        if token.kind != "end":
            self.at += 1
            self.token = self.tokens[self.at]
        return token

    def skip(self, text: str) -> bool:
        """Take this token if it is punctuation of this text; say whether it was."""
        if self.token.text == text and self.token.kind == "punctuation":
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take this token, which must be punctuation of this text."""
        if self.token.text != text or self.token.kind != "punctuation":
            self.wrong()
        return self.take()

    def following(self, count: int = 1) -> Token:
        """Return the token after this one."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def deeper(self) -> None:
        """Count a level of nesting that begins here; `depth` goes back when it ends."""
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise self.token.error("this is nested too deeply")

    def wrong(self) -> NoReturn:
        """Raise the error for a token that cannot stand here."""
        if self.token.kind == "end":
            raise self.token.error("the text ends in the middle of a declaration (without its ';'?)")
        raise self.token.error(f"syntax error before {self.token.text!r}")

    def skip_brackets(self) -> None:
        """Go behind the bracket that closes the one that opens here."""
        opening, closers = self.token, []
        while self.token.kind != "end":
            token = self.take()
            if token.kind == "punctuation":
                if token.text in CLOSING:
                    closers.append(CLOSING[token.text])
                elif closers and token.text in (")", "]", "}"):
                    if token.text != closers.pop():
                        raise token.error(f"unexpected {token.text!r}")
                    if not closers:
                        return
        raise opening.error(f"this {opening.text!r} is never closed")

    def skip_declaration(self) -> None:
        """Go behind the `;` or function body that ends the declaration that begins here."""
        first, opened, before = self.token, 0, self.token
        while self.token.kind != "end":
            token = self.take()
            if token.kind == "punctuation":
                if token.text in CLOSING:
                    body = token.text == "{" and not opened and before.text == ")"
                    if body and not self._before_braces():
                        self.go(self.at - 1)
                        self.skip_brackets()
                        return
                    opened += 1
                elif token.text in (")", "]", "}"):
                    opened -= 1
                elif token.text == ";" and opened <= 0:
                    return
            before = token
        if first.kind != "end":
            raise first.error("the text ends in the middle of this declaration")

    def _before_braces(self) -> bool:
        """Say whether the brace before this place follows `struct __attribute__((...))`."""
        at, opened = self.at - 2, 0
        while at >= 0:
            opened += (self.tokens[at].text == ")") - (self.tokens[at].text == "(")
            if not opened:
                break
            at -= 1
        return at >= 2 and self.tokens[at - 1].text.startswith("__attribute") and self.tokens[at - 2].text in (
            "struct", "union", "enum")
