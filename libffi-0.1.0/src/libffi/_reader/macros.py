"""Macros: what #define says, and expansion by C's rules."""
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from libffi import DeclarationError
from libffi._reader.tokens import Token, tokenize

# How many tokens one use of a macro may become, and be on the way.
EXPANSION_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Macro:
    """A `#define`; `parameters` is None where it has none, and ends in "..." or "name..." for any number."""

    name: str
    token: Token
    body: tuple[Token, ...]
    parameters: tuple[str, ...] | None = None

    def same_as(self, other: "Macro") -> bool:
        """Say whether another definition says the same."""
        return self.parameters == other.parameters and [t.text for t in self.body] == [t.text for t in other.body]


class Macros:
    """The macros in force, and what each expands to."""

    def __init__(self) -> None:
        self.table: dict[str, Macro] = {}
        self._whole: dict[str, list[Token]] = {}    # expansions of macros without parameters
        self._in_rings: set[str] = set()            # that lead back to themselves: expanded anew each time
        self._done: set[str] = set()                # all that were looked at
        self._read: set[str] = set()                # the names in them

    def define(self, macro: Macro) -> None:
        """Take a definition in place of any earlier one."""
        self.table[macro.name] = macro
        self._changed(macro.name)

    def undefine(self, name: str) -> None:
        """Forget a macro, if there is one of that name."""
        if self.table.pop(name, None) is not None:
            self._changed(name)

    def _changed(self, name: str) -> None:
        if name in self._read:
            self._whole, self._in_rings, self._done, self._read = {}, set(), set(), set()

    def stands_for(self, name: str, value: Token) -> None:
        """Use a token of kind "value" for a macro from now on, if it is the same wherever it is used."""
        if name not in self._in_rings:
            self._whole[name] = [value]

    def whole(self, name: str) -> list[Token]:
        """Return the expansion of a macro without parameters."""
        if name not in self._done:
            for _ in self.in_order([name]):
                pass
        if name in self._whole:
            return self._whole[name]
        return self._expand_body(self.table[name])

    def in_order(self, names: Sequence[str]) -> Iterator[str]:
        """Give macros, and those that they use, each after what it uses; expand them on the way."""
        done = self._done
        for first in names:
            path = [first] if first not in done else []     # a loop, since chains may be long
            inside = {first: self._uses(first)} if path else {}
            while path:
                name = path[-1]
                used = next((used for used in inside[name] if used not in done), None)
                if used in inside:
                    self._in_rings.update(path[path.index(used):])
                elif used is not None:
                    path.append(used)
                    inside[used] = self._uses(used)
                else:
                    path.pop()
                    del inside[name]
                    done.add(name)
                    if self.table[name].parameters is None and name not in self._in_rings:
                        with suppress(DeclarationError):    # which whole() then raises
                            expansion = self._expand_body(self.table[name])
                            if any(token.hidden and token.text in token.hidden for token in expansion):
                                self._in_rings.add(name)    # by names that ## makes
                            else:
                                self._whole[name] = expansion
                    yield name

    def _uses(self, name: str) -> Iterator[str]:
        names = {token.text for token in self.table[name].body if token.kind == "name"}
        self._read |= names
        self._read.add(name)
        return iter([used for used in names if used in self.table])

    # Expansion: a stack of tokens to look at, and what follows it in the text.

    def _expand_list(self, tokens: Sequence[Token], name: str = "") -> list[Token]:
        hidden = frozenset((name,)) if name else None
        stack = [_placed(token, token, hidden) if hidden else token for token in reversed(tokens)]
        return self._expand(stack, (), 0)[0]

    def _expand_body(self, macro: Macro) -> list[Token]:
        """Return what a macro without parameters becomes."""
        return self._expand_list(self._pasted(macro.body, macro.token), macro.name)

    def expand_at(self, tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
        """Expand the macro's name at a position; return what it becomes and the position after it."""
        return self._expand([tokens[at]], tokens, at + 1)

    def _expand(self, stack: list[Token], tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
        result: list[Token] = []
        steps = 0
        while stack:
            token = stack.pop()
            macro = self.table.get(token.text) if token.kind == "name" else None
            if macro is None or (token.hidden is not None and token.text in token.hidden):
                result.append(token)
                continue
            if macro.parameters is not None:
                arguments, at = self._arguments(macro, stack, tokens, at)
                if arguments is None:
                    result.append(token)
                    continue
                replacement = self._substituted(macro, arguments, token)
            elif macro.name in self._whole:
                replacement = [_placed(part, token, token.hidden) for part in self._whole[macro.name]]
                last = self.table.get(replacement[-1].text) if replacement else None
                if last is None or last.parameters is None:     # it cannot go on with what follows
                    if replacement:
                        replacement[0].spaced = token.spaced
                    result += replacement
                    replacement = []
            else:
                hidden = (token.hidden or frozenset()) | {macro.name}
                replacement = [_placed(part, token, hidden) for part in self._pasted(macro.body, token)]
            if replacement:
                replacement[0].spaced = token.spaced
            stack += reversed(replacement)
            steps += len(replacement) + 1
            if steps > EXPANSION_LIMIT or len(result) > EXPANSION_LIMIT:
                raise token.error(f"#define {macro.name} expands to too many tokens")
        return result, at

    def _arguments(
        self, macro: Macro, stack: list[Token], tokens: Sequence[Token], at: int
    ) -> tuple[list[list[Token]] | None, int]:
        """Take a macro's arguments from what follows its name; None where no parenthesis does."""
        following = at
        if not stack:
            while following < len(tokens) and tokens[following].kind == "newline":
                following += 1
        if (stack[-1] if stack else tokens[following] if following < len(tokens) else macro.token).text != "(":
            return None, at
        arguments: list[list[Token]] = [[]]
        depth = 0
        at = following
        while stack or (at < len(tokens) and tokens[at].kind != "end"):
            if stack:
                token = stack.pop()
            else:
                token = tokens[at]
                at += 1
            if token.kind == "newline":
                continue
            if token.text == "(":       # other brackets mean nothing here
                depth += 1
                if depth == 1:
                    continue
            elif token.text == ")":
                depth -= 1
                if depth == 0:
                    return self._counted(macro, arguments, token), at
            elif token.text == "," and depth == 1 and not self._takes_rest(macro, len(arguments)):
                arguments.append([])
                continue
            arguments[-1].append(token)
        raise macro.token.error(f"a use of {macro.name}(...) is never closed")

    @staticmethod
    def _takes_rest(macro: Macro, number: int) -> bool:
        assert macro.parameters is not None
        return number == len(macro.parameters) and macro.parameters[-1].endswith("...")

    @staticmethod
    def _counted(macro: Macro, arguments: list[list[Token]], at: Token) -> list[list[Token]]:
        assert macro.parameters is not None
        expected = len(macro.parameters)
        if arguments == [[]] and not expected:
            return []
        if len(arguments) == expected - 1 and macro.parameters[-1].endswith("..."):
            arguments.append([])
        if len(arguments) != expected:
            raise at.error(f"{macro.name}(...) takes {expected} arguments, got {len(arguments)}")
        return arguments

    def _substituted(self, macro: Macro, arguments: list[list[Token]], use: Token) -> list[Token]:
        """Return a macro's body with its arguments in place of its parameters."""
        assert macro.parameters is not None
        given = dict(zip(macro.parameters, arguments, strict=True))
        rest = macro.parameters[-1] if macro.parameters else ""
        if rest.endswith("..."):
            rest = rest[:-3] or "__VA_ARGS__"
            given[rest] = given.pop(macro.parameters[-1])
        expanded: dict[str, list[Token]] = {}
        hidden = (use.hidden or frozenset()) | {macro.name}
        body = macro.body
        result: list[Token] = []
        at = 0
        while at < len(body):
            token = body[at]
            at += 1
            if token.text == "#" and at < len(body) and body[at].text in given:
                result.append(Token("string", _in_quotes(given[body[at].text]), use.source, use.offset, None,
                                    token.spaced))
                at += 1
            elif token.text == "##" and result and at < len(body):
                right = given.get(body[at].text, [body[at]])
                if result[-1].text == "," and body[at].text == rest:    # GNU's: no comma before nothing
                    result[-1:] = [result[-1], *right] if right else []
                elif right:
                    left = result.pop()
                    result += [*self._paste(left, right[0], use), *right[1:]]
                at += 1
            elif token.text in given:
                if at < len(body) and body[at].text == "##":
                    raw = given[token.text]
                    if not raw:     # nothing ## x is x, as x is by itself
                        at += 1
                    result += _spaced_as(token, raw)
                else:
                    if token.text not in expanded:
                        expanded[token.text] = self._expand_list(given[token.text])
                    result += _spaced_as(token, expanded[token.text])
            else:
                result.append(token)
        return [_placed(token, use, hidden | token.hidden if token.hidden else hidden) for token in result]

    def _pasted(self, body: tuple[Token, ...], use: Token) -> Sequence[Token]:
        """Return the body of a macro without parameters, `##` done."""
        if not any(token.text == "##" for token in body):
            return body
        result: list[Token] = []
        at = 0
        while at < len(body):
            if body[at].text == "##" and result and at + 1 < len(body):
                result += self._paste(result.pop(), body[at + 1], use)
                at += 1
            else:
                result.append(body[at])
            at += 1
        return result

    def _paste(self, left: Token, right: Token, use: Token) -> list[Token]:
        try:
            made = tokenize(left.text + right.text)
        except DeclarationError:
            made = []
        if len(made) != 2:
            raise use.error(f"{left.text!r} ## {right.text!r} makes no token")
        self._read.add(made[0].text)
        return [Token(made[0].kind, made[0].text, use.source, use.offset, None, left.spaced)]


def _placed(token: Token, use: Token, hidden: frozenset[str] | None) -> Token:
    """Return a token at the place where it is used."""
    if token.kind != "name":
        hidden = None       # only names are expanded, and sets of names take room
    elif token.hidden and hidden and not token.hidden <= hidden:
        hidden |= token.hidden
    placed = Token(token.kind, token.text, use.source, use.offset, hidden or token.hidden, token.spaced)
    if token.kind == "value":
        placed.constant, placed.spelling = token.constant, token.spelling
    return placed


def _spaced_as(parameter: Token, argument: list[Token]) -> list[Token]:
    """Return an argument as it stands in place of a parameter."""
    if not argument or argument[0].spaced == parameter.spaced:
        return argument
    first = _placed(argument[0], argument[0], None)
    first.spaced = parameter.spaced
    return [first, *argument[1:]]


def _in_quotes(tokens: list[Token]) -> str:
    """Return the text of an argument as a string literal."""
    text = ""
    rest = tokens[::-1]
    steps = 0
    while rest:
        token = rest.pop()
        steps += 1
        if steps > EXPANSION_LIMIT:
            raise token.error("this is too long for #")
        if token.kind == "value":
            rest += reversed(_spaced_as(token, token.spelling))
            continue
        if text and token.spaced:
            text += " "
        quoted = token.kind in ("string", "char")
        text += token.text.replace("\\", "\\\\").replace('"', '\\"') if quoted else token.text
    return f'"{text}"'
