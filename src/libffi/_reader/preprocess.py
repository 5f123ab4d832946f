"""Prepare the text of a declaration for pycparser, which reads preprocessed standard C only.

Directives are obeyed or refused, compilers' extensions are taken out or refused, and the rest
is written out with one token on each line: a line number that pycparser reports is then the
index of a token, and the token knows its place in the user's text.
"""
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import chain

from libffi import DeclarationError
from libffi._reader.tokens import Token

# What one declaration may nest or chain. C asks for 12 and 63; pycparser's time grows with them.
DEPTH_LIMIT = 60
EXPANSION_LIMIT = 10_000

KEYWORDS = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if
    inline int long register restrict return short signed sizeof static struct switch typedef
    union unsigned void volatile while _Bool _Complex _Noreturn _Static_assert _Alignof __int128
    offsetof""".split()
)

# Other spellings of standard keywords; the empty ones mean nothing to a caller.
SPELLINGS = {
    "__restrict": "restrict", "__restrict__": "restrict",
    "__volatile": "volatile", "__volatile__": "volatile",
    "__const": "const", "__const__": "const",
    "__signed": "signed", "__signed__": "signed",
    "__inline": "inline", "__inline__": "inline", "__forceinline": "inline",
    "__complex": "_Complex", "__complex__": "_Complex",
    "__alignof": "_Alignof", "__alignof__": "_Alignof", "alignof": "_Alignof",
    "__builtin_offsetof": "offsetof", "static_assert": "_Static_assert",
    "_Float32": "float", "_Float64": "double", "_Float32x": "double",
    "__extension__": "", "_Noreturn": "", "__cdecl": "", "_Nullable": "", "_Nonnull": "",
    "_Null_unspecified": "", "__ptr64": "",
}

_NOT_SUPPORTED = "is not supported in declarations"
REFUSED = {
    "va_list": "va_list cannot be made from Python: declare a variadic function instead",
    "__builtin_va_list": "__builtin_va_list cannot be made from Python: declare a variadic function instead",
    "__gnuc_va_list": "__gnuc_va_list cannot be made from Python: declare a variadic function instead",
    "_Thread_local": "thread-local variables cannot be reached by one address",
    "__thread": "thread-local variables cannot be reached by one address",
    "_Alignas": f"_Alignas {_NOT_SUPPORTED}: use __attribute__((aligned(N))) on the struct",
    "_Pragma": f"_Pragma {_NOT_SUPPORTED}: write #pragma",
    "__builtin_va_arg": f"__builtin_va_arg {_NOT_SUPPORTED}",
    **{
        name: f"{name} {_NOT_SUPPORTED}"
        for name in """_Float128 __float128 _Float16 _Float64x _Float128x __fp16 __bf16 __ibm128
        __ieee128 _Decimal32 _Decimal64 _Decimal128 _Atomic _Generic _BitInt _Imaginary typeof
        typeof_unqual __typeof __typeof__ __auto_type __label__ __block""".split()
    },
    **{
        name: f"the calling convention {name} {_NOT_SUPPORTED}: use CIF(..., abi=ABI.x).bind()"
        for name in "__stdcall __fastcall __thiscall __vectorcall __pascal __regcall".split()
    },
}

# Attributes that change neither how a function is called nor how a type is laid out.
HARMLESS_ATTRIBUTES = frozenset(
    """access alloc_align alloc_size always_inline artificial assume_aligned availability cdecl
    cold const constructor copy counted_by deprecated designated_init destructor diagnose_if
    dllexport dllimport enable_if enum_extensibility error externally_visible fallthrough
    fd_arg fd_arg_read fd_arg_write flag_enum flatten format format_arg gnu_inline hot ifunc
    leaf malloc may_alias maybe_unused no_icf no_instrument_function no_sanitize no_sanitize_address
    no_sanitize_undefined no_split_stack nocf_check noclone nodiscard noescape noinline nonnull
    nonstring noreturn noreturn nothrow null_terminated_string_arg optimize overloadable ownership_holds
    ownership_returns ownership_takes pure reproducible retain returns_nonnull returns_twice
    section selectany sentinel simd swift_name swift_private symver tainted_args target
    target_clones unavailable unsequenced unused used uuid visibility warn_unused_result warning
    weak weak_import zero_call_used_regs""".split()
)
CONVENTIONS = frozenset(
    """ms_abi sysv_abi stdcall fastcall thiscall vectorcall regparm pcs pascal regcall
    aarch64_vector_pcs preserve_most preserve_all intel_ocl_bicc""".split()
)

_ATTRIBUTE = frozenset(("__attribute__", "__attribute"))
_ASM = frozenset(("asm", "__asm", "__asm__"))
_QUALIFIERS = frozenset(("const", "volatile", "restrict"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A compiler's attribute and the index of the token it stood before."""

    name: str
    args: tuple[Token, ...]
    token: Token
    index: int


@dataclass(slots=True)
class Body:
    """The braces of a struct, union or enum and what changes their layout."""

    tag: str | None
    opening: int
    closing: int
    pack: int = 0
    attributes: list[Attribute] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Macro:
    """A `#define NAME expression`."""

    name: str
    token: Token
    body: tuple[Token, ...]


class Prepared:
    """A declaration ready for pycparser, and the way back from its lines to the user's."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens: list[Token] = []
        self.attributes: list[Attribute] = []
        self.labels: list[tuple[int, str, Token]] = []  # asm("symbol") before the token of an index
        self.macros: dict[str, Macro] = {}
        self.bodies: dict[int, Body] = {}  # by the index of `struct`, of the tag and of `{`
        self.statements: list[int] = []  # the index of each `;` outside braces
        self.names: frozenset[str] = frozenset()
        self.macro_starts: list[tuple[int, Macro]] = []
        self._closed: dict[int, Body] = {}  # by the index of `}`
        self._packs: list[tuple[int, int]] = [(0, 0)]
        self._pack_stack: list[tuple[str, int]] = []
        self._texts: dict[str, tuple[Token, ...]] = {}  # macros that stand for declaration words
        self._read(tokens)
        if self.tokens:
            last = self.tokens[-1]
            self.end = Token("newline", "", last.line, last.column + len(last.text))
        else:
            self.end = Token("newline", "", 1, 1)
        self._check()
        everything = chain(self.tokens, *(macro.body for macro in self.macros.values()))
        self.names = frozenset(token.text for token in everything if token.kind == "name")

    # Reading: directives, macros, extensions.

    def _read(self, tokens: list[Token]) -> None:
        position, line_start = 0, True
        while position < len(tokens):
            token = tokens[position]
            if token.kind == "newline":
                line_start, position = True, position + 1
            elif token.text == "#" and line_start:
                end = position
                while end < len(tokens) and tokens[end].kind != "newline":
                    end += 1
                self._directive(token, tokens[position + 1:end])
                position = end
            else:
                line_start = False
                position = self._word(tokens, position)

    def _word(self, tokens: list[Token], position: int, expand: bool = True) -> int:
        """Take one token, or an extension that begins there; return where to go on."""
        token = tokens[position]
        if token.kind != "name":
            if token.text == "#":
                raise token.error("'#' must be the first on its line")
            if token.text == "[" and _text(tokens, position + 1) == "[":
                return self._attribute(tokens, position, token)
            if token.kind == "string" and self.tokens and self.tokens[-1].text == "extern":
                raise token.error(f"extern {token.text} is C++: leave it out")
            self.tokens.append(token)
            return position + 1
        name = token.text
        if expand and name in self._texts:
            expansion = [part.moved(token) for part in self._texts[name]]
            start = 0
            while start < len(expansion):
                start = self._word(expansion, start, expand=False)
            return position + 1
        if name in _ATTRIBUTE or name == "__declspec":
            return self._attribute(tokens, position + 1, token)
        if name in _ASM:
            return self._asm(tokens, position)
        if name in REFUSED:
            raise token.error(REFUSED[name])
        if name == "complex" and self._beside_float(tokens, position):
            name = "_Complex"
        name = SPELLINGS.get(name, name)
        if name:
            self.tokens.append(token if name == token.text else token.respelled(name))
        return position + 1

    def _beside_float(self, tokens: list[Token], position: int) -> bool:
        before = self.tokens[-1].text if self.tokens else ""
        after = _next_word(tokens, position)
        return bool({before, after} & {"float", "double", "long"})

    def _attribute(self, tokens: list[Token], position: int, start: Token) -> int:
        inner, end = _balanced(tokens, position, start)
        if start.text in _ATTRIBUTE or start.text == "[":
            if len(inner) < 2 or inner[0].text not in "([" or inner[-1].text not in ")]":
                raise start.error("expected __attribute__((name)) or [[name]]")
            inner = inner[1:-1]
        while inner:
            if inner[0].text == ",":
                inner = inner[1:]
                continue
            word, inner = inner[0], inner[1:]
            if word.kind != "name":
                raise word.error(f"{word.text!r} is no attribute")
            if len(inner) > 2 and inner[0].text == inner[1].text == ":":  # gnu::packed
                word, inner = inner[2], inner[3:]
            args: list[Token] = []
            if inner and inner[0].text == "(":
                args, used = _balanced(inner, 0, word)
                inner = inner[used:]
            elif inner and inner[0].text != ",":
                raise inner[0].error(f"unexpected {inner[0].text!r} in an attribute")
            name = word.text
            if len(name) > 4 and name.startswith("__") and name.endswith("__"):
                name = name[2:-2]
            if name not in HARMLESS_ATTRIBUTES:
                self.attributes.append(Attribute(name, tuple(args), word, len(self.tokens)))
        return end

    def _asm(self, tokens: list[Token], position: int) -> int:
        start = tokens[position]
        inner, end = _balanced(tokens, position + 1, start)
        if not inner or any(part.kind != "string" for part in inner):
            raise start.error("only asm(\"symbol\") after a declarator is supported")
        symbol = "".join(part.text[1:-1] for part in inner)
        self.labels.append((len(self.tokens), symbol, start))
        return end

    # Directives.

    def _directive(self, hash_sign: Token, line: list[Token]) -> None:
        if not line or line[0].kind == "number" or line[0].text == "line":
            return  # nothing, or a line marker of a preprocessor: places are the user's here
        word = line[0]
        if word.text == "define":
            self._define(word, line[1:])
        elif word.text == "pragma":
            self._pragma(word, line[1:])
        elif word.text == "include":
            raise word.error("#include is not supported: copy the declarations you need")
        else:
            raise word.error(f"#{word.text} is not supported: preprocess the text first")

    def _define(self, word: Token, line: list[Token]) -> None:
        if not line or line[0].kind != "name":
            raise word.error("expected a name after #define")
        name, body = line[0], tuple(line[1:])
        # As in C, a macro has parameters when the parenthesis touches its name.
        if (body and body[0].text == "(" and body[0].line == name.line
                and body[0].column == name.column + len(name.text)):
            raise name.error(f"#define {name.text}(...): macros with parameters are not supported")
        if len(body) == 1 and body[0].text == name.text:
            return  # `#define stdin stdin` only says that the name exists
        old = self.macros[name.text].body if name.text in self.macros else self._texts.get(name.text)
        if old is not None:
            if [part.text for part in old] != [part.text for part in body]:
                raise name.error(f"#define {name.text} conflicts with an earlier #define")
        elif _is_declaration_text(body):
            expanded: list[Token] = []
            for part in body:
                expanded.extend(self._texts.get(part.text, (part,)))
            if len(expanded) > EXPANSION_LIMIT:
                raise name.error(f"#define {name.text} expands to too many tokens")
            self._texts[name.text] = tuple(expanded)
        elif body[0].text in self._texts:
            raise name.error(f"#define {name.text} is neither a constant nor a list of C keywords")
        else:
            self.macros[name.text] = Macro(name.text, name, body)

    def _pragma(self, word: Token, line: list[Token]) -> None:
        kind = line[0].text if line else ""
        if kind == "pack":
            self._pragma_pack(line[0], line[1:])
        elif kind not in ("once", "GCC", "clang", "STDC"):
            raise word.error(f"#pragma {kind} is not supported")
        elif kind != "once" and len(line) > 1 and line[1].text not in (
            "visibility", "diagnostic", "system_header", "poison", "push_options", "pop_options",
            "FP_CONTRACT", "FENV_ACCESS", "CX_LIMITED_RANGE",
        ):
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

    # Checking: brackets, depth, and what each attribute belongs to.

    def _check(self) -> None:
        openings: list[int] = []
        chains = [0] * (DEPTH_LIMIT + 2)
        stars = 0
        previous = ""
        for index, token in enumerate(self.tokens):
            text = token.text if token.kind != "string" else "string"
            stars = stars + 1 if text == "*" else stars if text in _QUALIFIERS else 0
            if text in _CLOSING:
                depth = len(openings)
                chains[depth] = chains[depth] + 1 if previous in (")", "]") else 0
                if depth >= DEPTH_LIMIT or chains[depth] > DEPTH_LIMIT:
                    raise token.error("this is nested too deeply")
                if text == "{":
                    self._open_body(index)
                openings.append(index)
            elif text in (")", "]", "}"):
                if not openings or _CLOSING[self.tokens[openings[-1]].text] != text:
                    raise token.error(f"unexpected {text!r}")
                opening = openings.pop()
                if text == "}":
                    self._close_body(opening, index)
            elif text == ";" and not openings:
                self.statements.append(index)
            if stars > DEPTH_LIMIT:
                raise token.error("this is nested too deeply")
            previous = text
        if openings:
            opening_token = self.tokens[openings[-1]]
            raise opening_token.error(f"this {opening_token.text!r} is never closed")
        for attribute in self.attributes:
            self._place_attribute(attribute)

    def _open_body(self, index: int) -> None:
        start = index - 1
        tag = None
        if start >= 0 and self.tokens[start].kind == "name" and self.tokens[start].text not in KEYWORDS:
            tag = self.tokens[start].text
            start -= 1
        before = self.tokens[start].text if start >= 0 else ""
        if before not in ("struct", "union", "enum"):
            previous = self.tokens[index - 1].text if index else ""
            raise self.tokens[index].error(
                "function bodies are not supported: end the declaration with ';'" if previous == ")"
                else "initialisers in braces are not supported" if previous == "="
                else "unexpected '{'"
            )
        body = Body(tag, index, index)
        for place in range(start, index + 1):
            self.bodies[place] = body

    def _close_body(self, opening: int, closing: int) -> None:
        body = self.bodies[opening]
        body.closing = closing
        self._closed[closing] = body
        body.pack = self._packs[bisect_right(self._packs, (closing, 1 << 30)) - 1][1]

    def _place_attribute(self, attribute: Attribute) -> None:
        """Give an attribute to its struct, or refuse it; vector_size waits for its typedef."""
        name, index = attribute.name, attribute.index
        if name in CONVENTIONS:
            raise attribute.token.error(
                f"the calling convention {name} {_NOT_SUPPORTED}: use CIF(..., abi=ABI.x).bind()")
        if name == "vector_size":
            return
        if name not in ("packed", "aligned"):
            raise attribute.token.error(f"the attribute {name!r} {_NOT_SUPPORTED}")
        # `struct __attribute__((packed)) tag {` is indexed like its tag or brace.
        body = self.bodies.get(index)
        if body is None or self.tokens[index].text in ("struct", "union", "enum"):
            body = self._closed.get(index - 1)
        if body is None:
            raise attribute.token.error(
                f"the attribute {name!r} is supported only on a whole struct, union or enum: "
                "put it right after the '}'")
        body.attributes.append(attribute)

    # For pycparser, and back.

    def source(self, typedefs: list[str]) -> str:
        """Return the text for pycparser: known typedefs on line 1, then a token on each line.

        Literals are replaced by plain ones: their values are read from the tokens, and no text of
        the user's can meet a slow path of pycparser's own lexer. Macros follow as initialisers.
        """
        holder = "m"
        while holder in self.names or holder in typedefs:
            holder += "m"
        for macro in self.macros.values():
            self.macro_starts.append((len(self.tokens), macro))
            here = macro.token
            head = [here.respelled("const"), here.respelled("int"), here.respelled(holder)]
            for text in "=(":
                head.append(Token("punctuation", text, here.line, here.column))
            self.tokens += [*head, *_checked_body(macro)]
            for text in ");":
                self.tokens.append(Token("punctuation", text, here.line, here.column))
        lines = ["".join(f"typedef int {name}; " for name in typedefs)]
        lines.extend(_PLACEHOLDERS.get(token.kind, token.text) for token in self.tokens)
        return "\n".join(lines)

    def token(self, index: int) -> Token:
        """Return the token of an index, the end of the text for any other."""
        return self.tokens[index] if 0 <= index < len(self.tokens) else self.end

    def macro_at(self, index: int) -> Macro | None:
        """Return the macro whose body holds the token of an index."""
        found = bisect_right(self.macro_starts, index, key=lambda entry: entry[0])
        return self.macro_starts[found - 1][1] if found else None

    def statement(self, index: int) -> int:
        """Return the number of the top-level statement that holds the token of an index."""
        return bisect_right(self.statements, index - 1)


_PLACEHOLDERS = {"number": "1", "string": '"s"', "char": "'c'"}


def _text(tokens: list[Token], position: int) -> str:
    return tokens[position].text if position < len(tokens) else ""


def _next_word(tokens: list[Token], position: int) -> str:
    position += 1
    while position < len(tokens) and tokens[position].kind == "newline":
        position += 1
    return _text(tokens, position)


def _balanced(tokens: list[Token], position: int, start: Token) -> tuple[list[Token], int]:
    """Return what stands inside the brackets that open at a position, and the position after them."""
    while position < len(tokens) and tokens[position].kind == "newline":
        position += 1
    if _text(tokens, position) not in ("(", "["):
        raise start.error(f"expected '(' after {start.text}")
    closers: list[str] = []
    inner: list[Token] = []
    for at in range(position, len(tokens)):
        token = tokens[at]
        if token.kind == "punctuation":
            if token.text in _CLOSING:
                closers.append(_CLOSING[token.text])
            elif token.text in (")", "]", "}"):
                if token.text != closers.pop():
                    raise token.error(f"unexpected {token.text!r}")
                if not closers:
                    return inner[1:], at + 1
        if token.kind != "newline":
            inner.append(token)
    raise tokens[position].error(f"this {tokens[position].text!r} is never closed")


def _is_declaration_text(body: tuple[Token, ...]) -> bool:
    """Say whether a macro stands for words of declarations: nothing, keywords, attributes."""
    if not body:
        return True
    word = body[0].text
    return body[0].kind == "name" and (
        word in _ATTRIBUTE or word in ("__declspec", "__extension__")
        or (SPELLINGS.get(word, word) in KEYWORDS
            and word not in ("sizeof", "offsetof", "__builtin_offsetof")
            and SPELLINGS.get(word) != "_Alignof" and word != "_Alignof")
        or SPELLINGS.get(word) == ""
    )


def _checked_body(macro: Macro) -> list[Token]:
    """Return a macro's body as one expression: it may not reach out of its parentheses."""
    body = [t.respelled(SPELLINGS[t.text]) if SPELLINGS.get(t.text) else t for t in macro.body]
    depth = 0
    for token in body:
        if token.text in ("(", "["):
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
        if depth < 0 or depth > DEPTH_LIMIT or token.text in ("{", "}", ";", "#"):
            break
    if depth or any(token.text in ("{", "}", ";", "#") for token in body):
        raise not_a_constant(macro)
    return body


def not_a_constant(macro: Macro, why: str = "") -> DeclarationError:
    """Return the error for a macro that is no constant."""
    message = f"#define {macro.name} is not a constant"
    return macro.token.error(f"{message}: {why}" if why else message)
