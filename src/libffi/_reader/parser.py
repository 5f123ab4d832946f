"""Read declarations and expressions from tokens, one at a time: what is a type must be known by then."""
from collections.abc import Callable

from libffi._reader.cursor import Cursor
from libffi._reader.tokens import Token
from libffi._reader.tree import (
    ArrayOf,
    Attributes,
    Binary,
    Call,
    Cast,
    Conditional,
    Declaration,
    Declarator,
    Expression,
    FunctionOf,
    Index,
    Literal,
    Member,
    OffsetOf,
    Pointer,
    Specifiers,
    StaticAssert,
    Strings,
    Tagged,
    TypeName,
    Unary,
)
from libffi._reader.words import (
    ALIGNAS,
    ASM,
    ATTRIBUTE,
    CONVENTION_WORDS,
    CONVENTIONS,
    HARMLESS_ATTRIBUTES,
    IGNORED,
    KEYWORDS,
    OFFSETOF,
    QUALIFIERS,
    REFUSED,
    SIZE_OPERATORS,
    STATIC_ASSERT,
    STORAGE,
    TAGGED,
    TYPE_WORDS,
    WINDOWS,
    is_annotation,
    refused_attribute,
)

_LEVELS = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"],
           ["*", "/", "%"]]
_PRECEDENCE = {sign: level for level, signs in enumerate(_LEVELS, 1) for sign in signs}

# What a word among specifiers is.
_ROLES = {
    **dict.fromkeys(TYPE_WORDS, "word"), **dict.fromkeys(QUALIFIERS, "qualifier"), **dict.fromkeys(STORAGE, "storage"),
    **dict.fromkeys(TAGGED, "tagged"), **dict.fromkeys(IGNORED, "ignored"), **dict.fromkeys(ATTRIBUTE, "attribute"),
    **dict.fromkeys(ALIGNAS, "alignas"), **dict.fromkeys(ASM, "asm"), **dict.fromkeys(CONVENTION_WORDS, "convention"),
}
_BEFORE_A_NAME = frozenset([*ATTRIBUTE, *IGNORED, *CONVENTION_WORDS])
_FLOATING = frozenset(("float", "double", "long"))


class Parser(Cursor):
    """Reads one declaration or expression after the other."""

    def __init__(
        self, tokens: list[Token], is_type: Callable[[str], bool], packing: Callable[[int], int] = lambda index: 0
    ) -> None:
        super().__init__(tokens)
        self._is_type = is_type
        self._packing = packing     # what #pragma pack says at the token of an index

    # Declarations.

    def declaration(self) -> Declaration | StaticAssert | None:
        """Read what stands outside of all braces; None for a lone `;`. A function's body is not read."""
        self.depth = 0
        if self.token.text == ";":
            self.take()
            return None
        if self.token.text in STATIC_ASSERT:
            return self._static_assert()
        specifiers = self._specifiers()
        declaration = Declaration(specifiers, [])
        if not self.skip(";"):
            self._declarators(declaration)
            if self.token.text == "{":
                declaration.body = True
            else:
                self.expect(";")
        return declaration

    def _static_assert(self) -> StaticAssert:
        place = self.take()
        self.expect("(")
        condition = self.expression()
        if self.skip(","):
            self._strings()
        self.expect(")")
        self.expect(";")
        return StaticAssert(place, condition)

    def _declarators(self, declaration: Declaration, member: bool = False) -> None:
        while True:
            declarator = self._declarator(named=not member or self.token.text != ":")
            declaration.declarators.append(declarator)
            if member and self.skip(":"):
                declarator.bits = self.expression()
            self._after_declarator(declarator)
            if self.token.text == "=":
                self.take()
                declarator.initialised = True
                if self.token.text == "{":
                    raise self.token.error("initialisers in braces are not supported")
                declarator.value = self.expression()
            if not self.skip(","):
                return
            self._attributes(declarator.attributes)

    def _after_declarator(self, declarator: Declarator) -> None:
        while True:
            if self.token.text in ASM:
                place = self.take()
                if not (self.token.text == "(" and self.following().kind == "string"):
                    raise place.error("asm is supported only as asm(\"symbol\") after a declarator")
                self.take()
                declarator.symbol = "".join(part.text[1:-1] for part in self._strings().tokens)
                self.expect(")")
            elif not self._attributes(declarator.attributes):
                return

    def _specifiers(self) -> Specifiers:
        place = self.token
        words: list[str] = []
        name: Token | None = None
        tagged: Tagged | None = None
        const, storage, attributes = False, "", Attributes()
        while True:
            token = self.token
            role = _ROLES.get(token.text)
            if token.kind != "name":
                if not self._attributes(attributes):
                    break
            elif role is None:
                if token.text == "complex" and (_FLOATING & {*words, self.following().text}):
                    words.append("_Complex")
                elif name or words or tagged:
                    break
                elif self._is_type(token.text):
                    name = token
                elif token.text in REFUSED:
                    raise token.error(REFUSED[token.text])
                elif is_annotation(token.text):
                    self.take()
                    if self.token.text == "(":
                        self.skip_brackets()
                    continue
                else:
                    raise token.error(f"unknown type name {token.text!r}")
                self.take()
            elif role == "word":
                words += TYPE_WORDS[token.text].split()
                self.take()
            elif role == "qualifier":
                const = const or QUALIFIERS[token.text] == "const"
                self.take()
            elif role == "tagged":
                tagged = self._tagged()
            elif role == "storage":
                self.take()
                storage = token.text if token.text == "typedef" else storage or token.text
                if token.text == "extern" and self.token.kind == "string":
                    raise self.token.error(f"extern {self.token.text} is C++: leave it out")
            elif role == "attribute":
                self._attributes(attributes)
            elif role == "alignas":
                self._alignas(attributes)
            elif role == "convention":
                attributes.convention = CONVENTION_WORDS[self.take().text]
            elif role == "asm":
                raise token.error("asm is supported only as asm(\"symbol\") after a declarator")
            else:
                self.take()
        if bool(words) + bool(name) + bool(tagged) != 1:
            if tagged or name:
                self.wrong()
            if self.token.kind == "end":
                self.wrong()
            raise self.token.error(f"a type is missing before {self.token.text!r}")
        return Specifiers(place, words, name, tagged, const, storage, attributes)

    def _tagged(self) -> Tagged:
        kind = self.take().text
        attributes = Attributes()
        while self._attributes(attributes):
            pass
        place = self.token
        tag = None
        if place.kind == "name":
            tag = self._name()
        tagged = Tagged(kind, place, tag, attributes)
        if self.token.text != "{":
            if tag is None:
                self.wrong()
            return tagged
        self.deeper()
        self.take()
        if kind == "enum":
            tagged.enumerators = self._enumerators()
        else:
            tagged.members = self._members()
        tagged.pack = self._packing(self.at)
        self.expect("}")
        self.depth -= 1
        while self._attributes(attributes):
            pass
        return tagged

    def _members(self) -> list[Declaration]:
        members = []
        while self.token.text != "}":
            if self.skip(";"):
                continue
            if self.token.text in STATIC_ASSERT:
                self._static_assert()
                continue
            member = Declaration(self._specifiers(), [])
            if self.token.text != ";":
                self._declarators(member, member=True)
            self.expect(";")
            members.append(member)
        return members

    def _enumerators(self) -> list[tuple[Token, Expression | None]]:
        enumerators: list[tuple[Token, Expression | None]] = []
        while self.token.text != "}":
            place = self.token
            self._name()
            while self._attributes(Attributes()):
                pass
            enumerators.append((place, self.expression() if self.skip("=") else None))
            if not self.skip(","):
                break
        return enumerators

    def _name(self) -> str:
        """Take a name that is declared here."""
        token = self.token
        if token.kind != "name":
            self.wrong()
        if token.text in KEYWORDS:
            if token.text in REFUSED:
                raise token.error(REFUSED[token.text])
            self.wrong()
        return self.take().text

    def _declarator(self, named: bool | None = True) -> Declarator:
        """Read a declarator that has a name, has none, or may have one (None)."""
        pointers: list[Pointer | ArrayOf | FunctionOf] = []
        attributes = Attributes()
        while True:
            token = self.token
            if token.text == "*":
                pointers.append(Pointer(self.take(), False))
            elif token.kind != "name" and token.text != "[":
                break
            elif token.text in QUALIFIERS and pointers:
                last = pointers[-1]
                if isinstance(last, Pointer) and QUALIFIERS[token.text] == "const":
                    last.const = True
                self.take()
            elif token.text in IGNORED:
                self.take()
            elif token.text in CONVENTION_WORDS:
                attributes.convention = CONVENTION_WORDS[self.take().text]
            elif not self._attributes(attributes):
                break
            elif pointers and isinstance(last := pointers[-1], Pointer):
                last.attributes.aligned += attributes.aligned
                attributes.aligned = []
        attributes.packed = None        # here it is a type's, to which gcc says that it does nothing
        convention = ""         # one inside of parentheses is that of a function around them
        inner = Declarator(self.token, None, [], attributes)
        if self.token.kind == "name":
            if named is False:
                self.wrong()
            inner.name = self._name()
        elif self.token.text == "(" and self._declarator_inside(named):
            self.deeper()
            self.take()
            inner = self._declarator(named)
            convention, inner.attributes.convention = inner.attributes.convention, ""
            inner.attributes = _merged(attributes, inner.attributes)
            self.expect(")")
            self.depth -= 1
        elif named:
            self.wrong()
        suffixes: list[Pointer | ArrayOf | FunctionOf] = []
        while True:
            if self.token.text == "[" and self.following().text != "[":
                suffixes.append(self._array(inner.place))
            elif self.token.text == "(":
                suffixes.append(self._function(inner.place))
            else:
                break
        inner.steps[:0] = [*pointers, *reversed(suffixes)]
        if convention:
            around = next((suffix for suffix in suffixes if isinstance(suffix, FunctionOf)), inner.attributes)
            around.convention = convention
        return inner

    def _declarator_inside(self, named: bool | None) -> bool:
        """Say whether this parenthesis holds a declarator, not parameters."""
        if named:
            return True
        following = self.following()
        if following.kind == "name":
            return following.text in _BEFORE_A_NAME or not (
                following.text in KEYWORDS or self._is_type(following.text))
        return following.text in ("*", "(", "[")

    def _array(self, place: Token) -> ArrayOf:
        self.take()
        while self.token.kind == "name" and (self.token.text in QUALIFIERS or self.token.text == "static"):
            self.take()
        step = ArrayOf(place, None, self.token.text != "]")
        if self.token.text == "*" and self.following().text == "]":
            self.take()
        elif self.token.text != "]":
            step.length = self.expression()
        self.expect("]")
        return step

    def _function(self, place: Token) -> FunctionOf:
        self.deeper()
        self.take()
        step = FunctionOf(place, [], False)
        while self.token.text != ")":
            if self.token.text == "...":
                self.take()
                step.variadic = True
                break
            if WINDOWS and self.token.text == "[" and self.following().text != "[":
                self.skip_brackets()        # as Microsoft's pages have it: [in, optional]
            specifiers = self._specifiers()
            declarator = self._declarator(named=None)
            self._after_declarator(declarator)
            step.parameters.append(Declaration(specifiers, [declarator]))
            if not self.skip(","):
                break
        self.expect(")")
        self.depth -= 1
        return step

    def type_name(self) -> TypeName:
        """Read a type as it stands in a cast."""
        specifiers = self._specifiers()
        return Declaration(specifiers, [self._declarator(named=False)])

    def starts_type(self, token: Token) -> bool:
        """Say whether a type begins with a token."""
        return token.kind == "name" and (
            _ROLES.get(token.text) in ("word", "qualifier", "tagged") or token.text in REFUSED
            or self._is_type(token.text))

    # Attributes.

    def _attributes(self, into: Attributes) -> bool:
        """Take attributes that stand here, if any; say whether they did."""
        token = self.token
        if token.text in ATTRIBUTE:
            self.take()
            doubled = token.text != "__declspec"
            if self.token.text != "(" or (doubled and self.following().text != "("):
                raise token.error("expected __attribute__((name)) or [[name]]")
            closing = ")"
        elif token.text == "[" and self.following().text == "[":
            doubled, closing = True, "]"
        else:
            return False
        self.deeper()
        self.take()
        if doubled:
            self.take()
        while self.token.text != closing:
            if not self.skip(","):
                self._attribute(into)
                if self.token.text not in (",", closing):
                    raise self.token.error(f"unexpected {self.token.text!r} in an attribute")
        self.take()
        if doubled:
            self.expect(closing)
        self.depth -= 1
        return True

    def _attribute(self, into: Attributes) -> None:
        word = self.token
        if word.kind == "end":
            self.wrong()
        if word.kind != "name":
            raise word.error(f"{word.text!r} is no attribute")
        self.take()
        if self.token.text == ":" and self.following().text == ":":     # gnu::packed
            self.take()
            self.take()
            word = self.take()
        name = word.text
        if len(name) > 4 and name.startswith("__") and name.endswith("__"):
            name = name[2:-2]
        if name == "packed":
            into.packed = word
        elif name in ("aligned", "align"):
            into.aligned.append((word, self._type_or_expression() if self.token.text == "(" else None))
        elif name == "vector_size":
            self.expect("(")
            into.vector_size = word, self.expression()
            self.expect(")")
        elif name == "mode":
            self.expect("(")
            into.mode = self.take()
            self.expect(")")
        elif name in ("ms_struct", "gcc_struct"):
            into.struct["_layout_"] = name.partition("_")[0]
        elif name == "scalar_storage_order":
            self.expect("(")
            order = self.take()
            if order.text not in ('"big-endian"', '"little-endian"'):
                raise order.error('expected "big-endian" or "little-endian"')
            into.struct["_byteorder_"] = order.text[1:].partition("-")[0]
            self.expect(")")
        elif name in CONVENTIONS:
            into.convention = CONVENTIONS[name]
        elif name not in HARMLESS_ATTRIBUTES:
            raise word.error(refused_attribute(name))
        elif self.token.text == "(":
            self.skip_brackets()

    def _alignas(self, into: Attributes) -> None:
        word = self.take()
        into.aligned.append((word, self._type_or_expression()))

    def _type_or_expression(self) -> Expression | TypeName:
        self.expect("(")
        inside = self.type_name() if self.starts_type(self.token) else self.expression()
        self.expect(")")
        return inside

    # Expressions.

    def expression(self) -> Expression:
        """Read an expression without commas that assigns nothing."""
        condition = self._binary(1)
        if self.token.text != "?" or self.token.kind != "punctuation":
            return condition
        self.deeper()
        self.take()
        positive = condition if self.token.text == ":" else self.expression()
        self.expect(":")
        conditional = Conditional(condition, positive, self.expression())
        self.depth -= 1
        return conditional

    def _binary(self, least: int) -> Expression:
        first = self._unary()
        rest: list[tuple[Token, Expression]] = []
        while self.token.kind == "punctuation":
            level = _PRECEDENCE.get(self.token.text, 0)
            if not level or level < least:
                break
            rest.append((self.take(), self._binary(level + 1)))
        return Binary(first, rest) if rest else first

    def _unary(self) -> Expression:
        self.deeper()
        token = self.token
        made: Expression
        if token.kind == "name" and token.text in SIZE_OPERATORS:
            self.take()
            if self.token.text == "(" and self.starts_type(self.following()):
                made = Unary(token, SIZE_OPERATORS[token.text], self._type_or_expression())
            else:
                made = Unary(token, SIZE_OPERATORS[token.text], self._unary())
        elif token.text == "__extension__":
            self.take()
            made = self._unary()
        elif token.kind != "punctuation":
            made = self._postfix()
        elif token.text in ("+", "-", "~", "!", "&", "*", "&&"):
            self.take()
            made = Unary(token, token.text, self._unary())
        elif token.text == "(" and self.starts_type(self.following()):
            self.take()
            kind = self.type_name()
            self.expect(")")
            if self.token.text == "{":
                raise self.token.error("initialisers in braces are not supported")
            made = Cast(token, kind, self._unary())
        else:
            made = self._postfix()
        self.depth -= 1
        return made

    def _postfix(self) -> Expression:
        made = self._primary()
        while self.token.text in ("[", ".", "->") and self.token.kind == "punctuation":
            place = self.take()
            if place.text == "[":
                made = Index(place, made, self.expression())
                self.expect("]")
            else:
                made = Member(place, made, self.token, place.text == "->")
                self._name()
        return made

    def _primary(self) -> Expression:
        token = self.token
        if token.kind == "string":
            return self._strings()
        if token.text == "(":
            self.take()
            inside = self.expression()
            self.expect(")")
            return inside
        if token.kind == "name":
            if token.text in OFFSETOF and self.following().text == "(":
                return self._offsetof()
            if token.text in KEYWORDS:
                self.wrong()
        elif token.kind not in ("number", "char", "value"):
            self.wrong()
        self.take()
        if self.token.text == "(" and token.kind == "name":
            return self._call(token)
        return Literal(token)

    def _call(self, function: Token) -> Call:
        self.take()
        call = Call(function, [])
        while self.token.text != ")":
            call.arguments.append(self.expression())
            if not self.skip(","):
                break
        self.expect(")")
        return call

    def _strings(self) -> Strings:
        place = self.token
        tokens = []
        while self.token.kind == "string":
            tokens.append(self.take())
        if not tokens:
            self.wrong()
        return Strings(place, tokens)

    def _offsetof(self) -> OffsetOf:
        place = self.take()
        self.expect("(")
        kind = self.type_name()
        self.expect(",")
        path: list[Token | Expression] = [self.token]
        self._name()
        while True:
            if self.skip("."):
                path.append(self.token)
                self._name()
            elif self.skip("["):
                path.append(self.expression())
                self.expect("]")
            else:
                break
        self.expect(")")
        return OffsetOf(place, kind, path)


def _merged(outer: Attributes, inner: Attributes) -> Attributes:
    return Attributes(inner.packed or outer.packed, outer.aligned + inner.aligned,
                      inner.vector_size or outer.vector_size, inner.mode or outer.mode,
                      {**outer.struct, **inner.struct}, outer.convention or inner.convention)
