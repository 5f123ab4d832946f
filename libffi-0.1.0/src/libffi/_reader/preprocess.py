"""Obey the directives of a text in their order, and expand its macros."""
from bisect import bisect_right
from collections.abc import Callable

from libffi import DeclarationError
from libffi._reader.macros import Macro, Macros
from libffi._reader.tokens import Token

_KNOWN_PRAGMAS = frozenset("""visibility diagnostic system_header poison push_options pop_options
    FP_CONTRACT FENV_ACCESS CX_LIMITED_RANGE""".split())


class Preprocessed:
    """A text without directives: `tokens`, the end last; what `#pragma pack` says where; the macros at its end.

    In a text that a preprocessor has seen, with `leave_out` to be told of what cannot be had, other directives
    have been obeyed before.
    """

    def __init__(self, tokens: list[Token], leave_out: Callable[[str, str], None] | None = None) -> None:
        self.tokens: list[Token] = []
        self.macros = Macros()
        self._leave_out = leave_out
        self._packs: list[tuple[int, int]] = [(0, 0)]
        self._pack_stack: list[tuple[str, int]] = []
        self._read(tokens)

    def packing(self, index: int) -> int:
        """Return what `#pragma pack` says at the token of an index, 0 for nothing."""
        return self._packs[bisect_right(self._packs, (index, 1 << 30)) - 1][1]

    def _read(self, tokens: list[Token]) -> None:
        table, taken = self.macros.table, self.tokens
        at, line_start = 0, True
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "newline":
                line_start = True
            elif token.kind == "name" and token.text in table:
                at = self._use(tokens, at)
                line_start = False
                continue
            elif token.text == "#":
                if not line_start:
                    raise token.error("'#' must be the first on its line")
                end = at
                while tokens[end].kind not in ("newline", "end"):
                    end += 1
                self._directive(tokens[at + 1:end])
                at = end
                continue
            else:
                taken.append(token)
                line_start = False
            at += 1

    def _use(self, tokens: list[Token], at: int) -> int:
        """Expand a macro that is used in the text."""
        try:
            expansion, after = self.macros.expand_at(tokens, at)
        except DeclarationError:
            if self._leave_out is None:
                raise
            expansion, after = [tokens[at]], at + 1     # it was expanded before, into something like itself
        self.tokens += expansion
        return after

    def _directive(self, line: list[Token]) -> None:
        if not line or line[0].kind == "number" or line[0].text == "line":
            return  # nothing, or a line marker of a preprocessor: places are the user's here
        word = line[0]
        try:
            if word.text == "define":
                self._define(word, line[1:])
            elif word.text == "undef":
                if len(line) != 2 or line[1].kind != "name":
                    raise word.error("expected one name after #undef")
                self.macros.undefine(line[1].text)
            elif word.text == "pragma":
                self._pragma(word, line[1:])
            elif word.text == "include":
                raise word.error("#include is not supported: copy the declarations you need")
            else:
                raise word.error(f"#{word.text} is not supported: preprocess the text first")
        except DeclarationError as error:
            if self._leave_out is None:
                raise
            if word.text == "define" and len(line) > 1:
                self._leave_out(line[1].text, str(error))

    def _define(self, word: Token, line: list[Token]) -> None:
        if not line or line[0].kind != "name":
            raise word.error("expected a name after #define")
        name, body = line[0], line[1:]
        parameters = None
        # As in C, a macro has parameters when the parenthesis touches its name.
        if body and body[0].text == "(" and not body[0].spaced:
            parameters, body = self._parameters(name, body)
        macro = Macro(name.text, name, tuple(body), parameters)
        self.macros.define(macro)

    def _parameters(self, name: Token, line: list[Token]) -> tuple[tuple[str, ...], list[Token]]:
        names: list[str] = []
        at = 1
        while at < len(line) and line[at].text != ")":
            if names and line[at].text == "...":        # GNU's `args...`
                names[-1] += "..."
                at += 1
                break
            if names:
                if line[at].text != ",":
                    break
                at += 1
            if at >= len(line) or not (line[at].kind == "name" or line[at].text == "..."):
                break
            names.append(line[at].text)
            at += 1
            if names[-1] == "...":
                break
        if at >= len(line) or line[at].text != ")" or len(set(names)) != len(names):
            raise name.error(f"the parameters of #define {name.text}(...) are no list of names")
        return tuple(names), line[at + 1:]

    def _pragma(self, word: Token, line: list[Token]) -> None:
        kind = line[0].text if line else ""
        if kind == "pack":
            self._pragma_pack(line[0], line[1:])
        elif kind not in ("once", "GCC", "clang", "STDC"):
            raise word.error(f"#pragma {kind} is not supported")
        elif kind != "once" and len(line) > 1 and line[1].text not in _KNOWN_PRAGMAS:
            raise word.error(f"#pragma {kind} {line[1].text} is not supported")

    def _pragma_pack(self, word: Token, line: list[Token]) -> None:
        if len(line) < 2 or line[0].text != "(" or line[-1].text != ")":
            raise word.error("expected #pragma pack(...)")
        args = [token for token in line[1:-1] if token.text != ","]
        pack = self._packs[-1][1]
        if not args:
            pack = 0
        elif args[0].text == "push":
            label = args[1].text if len(args) > 1 and args[1].kind == "name" else ""
            self._pack_stack.append((label, pack))
        elif args[0].text == "pop":
            label = args[1].text if len(args) > 1 and args[1].kind == "name" else ""
            while self._pack_stack:
                found, pack = self._pack_stack.pop()
                if not label or found == label:
                    break
        elif args[0].kind != "number":
            raise args[0].error(f"unexpected {args[0].text!r} in #pragma pack")
        if args and args[-1].kind == "number":
            if args[-1].text not in ("0", "1", "2", "4", "8", "16"):
                raise args[-1].error("the packing must be 1, 2, 4, 8 or 16")
            pack = int(args[-1].text)
        self._packs.append((len(self.tokens), pack))
