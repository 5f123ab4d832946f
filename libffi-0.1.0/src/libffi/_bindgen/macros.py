"""Macros: the compiler itself expands them, says what they are, and computes what they are worth."""
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from libffi import c, sizeof
from libffi._bindgen.compiler import PROBE, Compiler
from libffi._bindgen.errors import BindgenError
from libffi._bindgen.source import Place, Source


@dataclass(frozen=True, slots=True)
class Macro:
    """A #define: the parameters are None where it takes none."""

    name: str
    parameters: tuple[str, ...] | None
    body: str
    place: Place


@dataclass(frozen=True, slots=True)
class Number:
    """A macro that is an integer or a floating number."""

    value: int | float
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A macro that is a string literal."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Address:
    """A macro that is a number cast to a pointer."""

    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A macro that is a constant of another type, such as a struct: its bytes."""

    data: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A macro that is an expression whose value is known at run time only."""

    text: str


@dataclass(frozen=True, slots=True)
class NoValue:
    """A macro that is no expression: a type, a declaration's words, a statement."""

    text: str
    why: str


Meaning = Number | Text | Address | Image | Code | NoValue

_DIRECTIVE = re.compile(r'^#(?: (\d+) "|define ([A-Za-z_]\w*)(\(([^)]*)\))?[ \t]*(.*)|undef (\w+))', re.MULTILINE)


def defined_macros(text: str) -> Iterator[Macro]:
    """Yield the macros that are defined at the end of what `cc -E -dD` printed, in their order."""
    source = Source(text)
    found: dict[str, Macro] = {}
    line, offset = 1, 0
    for match in _DIRECTIVE.finditer(text):
        if match[2]:
            line += text.count("\n", offset, match.start())
            offset = match.start()
            parameters = None if match[3] is None else tuple(
                word.strip() for word in match[4].split(",") if word.strip())
            found.pop(match[2], None)
            found[match[2]] = Macro(match[2], parameters, match[5].strip(), source.place(line))
        elif match[6]:
            found.pop(match[6], None)
    return iter(found.values())


_MARK = "libffi_bindgen_macro"
_LINE_MARKER = re.compile(r"^# \d+ .*$", re.MULTILINE)


# What these say depends on where they stand, or they work in directives only.
_PLACES = frozenset("__FILE__ __LINE__ __COUNTER__ __DATE__ __TIME__ __TIMESTAMP__ __INCLUDE_LEVEL__ __func__ "
                    "__FUNCTION__ __PRETTY_FUNCTION__ __BASE_FILE__ __FILE_NAME__".split())


def say_their_place(macros: Iterable[Macro]) -> set[str]:
    """Return the names of macros that are no value of their own: something else wherever they stand."""
    words = {macro.name: set(re.findall(r"[A-Za-z_]\w*", macro.body)) for macro in macros}
    found = {word for used in words.values() for word in used
             if word in _PLACES or word.startswith("__has_") or word == "_Pragma"}
    while more := {name for name, used in words.items() if name not in found and used & found}:
        found |= more
    return found


def expanding_text(macros: Iterable[Macro]) -> str:
    """Return lines to put behind the #includes, which the preprocessor turns into expansions."""
    lines = [f"{_MARK} {index} {macro.name}" for index, macro in enumerate(macros)]
    return "\n".join([f'# 1 "{PROBE}"', *lines, f"{_MARK}\n"])


def expansions(text: str) -> tuple[str, list[str]]:
    """Take the expansions off the end of a preprocessed text."""
    header, *parts = re.split(rf"^{_MARK}\b(?: \d+)?", text, flags=re.MULTILINE)
    # What a header of the system defined comes between line markers. Spaces stay: they may be in a string.
    lines = [_LINE_MARKER.sub("", part).split("\n") for part in parts[:-1]]
    return header, [" ".join(filter(None, map(str.strip, part))) for part in lines]


# Kinds of scalars: code -> (struct format, C types). Of the same width, the first wins.
_INTEGERS = {1: "_Bool", 2: "char", 3: "signed char", 4: "unsigned char", 5: "short", 6: "unsigned short", 7: "int",
             8: "unsigned int", 9: "long", 10: "unsigned long", 11: "long long", 12: "unsigned long long"}
_UNSIGNED = {1, 4, 6, 8, 10, 12}
_FLOATS = {20: "float", 21: "double", 22: "long double"}
_INTEGER_CHOICE = ", ".join(f"{name}: (M)" for name in _INTEGERS.values())
_KIND = "_Generic((M), {}, default: 0)".format(", ".join(
    f"{name}: {code}" for code, name in (_INTEGERS | _FLOATS).items()))
_INTEGER = f"(unsigned long long)_Generic((M), {_INTEGER_CHOICE}, default: 0)"
_FLOAT = "(double)_Generic((M), float: (M), double: (M), long double: (M), default: 0)"
_ADDRESS = "unsigned long" if sizeof(c.ulong) == sizeof(c.pointer) else "unsigned long long"
_LITERAL = re.compile(r'[() ]*(?:(?:u8|[LuU])?"(?:[^"\\]|\\.)*"[() ]*)+')
# An integer, or an address that is one: a float may be too large for it.
_IS_NUMBER = (f"_Generic((M), float: 1, double: 1, long double: 1, default: ({_ADDRESS})"
              "_Generic((M), float: 0, double: 0, long double: 0, default: (M)) != 12345)")
_HAS_NEAR_DOUBLE = ("(M) != (M) || (double)(M) == (M)"
                    " || ((double)(M) != 0 && (M) <= 0x1.fffffffffffffp1023 && (M) >= -0x1.fffffffffffffp1023)")
_CAST_TO_TEXT = re.compile(r'\( *(?:const +)?char(?: +const)? *\*(?: *const)? *\)(?=[() ]*(?:u8)?")')
_CHARACTERS = {"": (1, ""), "u8": (1, ""), "u": (2, "utf-16"), "U": (4, "utf-32")}
_CHARACTERS["L"] = _CHARACTERS["u" if sizeof(c.wchar_t) == 2 else "U"]
_ONE_EXPRESSION = re.compile(r"[^;#@`]*")
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')


def meanings(compiler: Compiler, header: str, texts: list[str]) -> list[Meaning]:
    """Return what each expansion is behind a preprocessed header."""
    words = set(_WORD.findall(header))
    found: list[Meaning] = [NoValue(text, why) if (why := why_no_expression(text) or _why_unknown(text, words))
                            else Code(text) for text in texts]
    asked = [index for index, meaning in enumerate(found) if isinstance(meaning, Code)]
    # Three lines each: is it an expression, may it initialise, is it a number (or an address that is one)?
    # The first kind comes first, because a name that is not declared is complained of once only outside functions.
    lines = [f"void libffi_probe_{index}(void) {{ (void)({texts[index]}); }}" for index in asked]
    lines += [f"static const __typeof__({texts[index]}) libffi_constant_{index} = {texts[index]};" for index in asked]
    tests = [_IS_NUMBER.replace("(M)", f"({texts[index]})") for index in asked]
    lines += [f"char libffi_number_{index}[{test} ? 1 : 2];" for index, test in zip(asked, tests, strict=True)]
    mistakes = compiler.mistakes(_behind(header, lines)) if lines else {}
    numbers, literals, images = [], [], []
    plain = [_CAST_TO_TEXT.sub("", text) for text in texts]
    for position, index in enumerate(asked):
        no_expression, no_constant, no_number = (
            mistakes.get(1 + position + kind * len(asked)) for kind in range(3))
        if no_expression:
            found[index] = NoValue(texts[index], no_expression)
        elif _LITERAL.fullmatch(plain[index]):
            literals.append(index)
        elif not no_number and not no_constant:
            numbers.append(index)
        elif not no_constant:
            images.append(index)
    for index, value in _numbers(compiler, header, texts, numbers):
        found[index] = value
    for index, data in _data(compiler, header, plain, literals):
        found[index] = _text(texts[index], data)
    # An address of something has no value before the program is loaded.
    images = [index for index in images if re.match(r"[( ]*\([^()]*\) ?\{", texts[index])]
    for index, data in _data(compiler, header, texts, images):
        found[index] = Image(data, texts[index])
    return found


def _behind(header: str, lines: list[str]) -> str:
    return f'{header}\n# 1 "{PROBE}"\n' + "\n".join(lines) + "\n"


def why_no_expression(text: str) -> str:
    """Say why a text cannot even be tried: it would swallow what comes after it."""
    if not text:
        return "it is empty"
    plain = STRINGS.sub('""', text)
    if not _ONE_EXPRESSION.fullmatch(plain) and "({" not in plain:
        return "it is not an expression"
    closers: list[str] = []
    for sign in plain:
        if sign in "([{":
            closers.append({"(": ")", "[": "]", "{": "}"}[sign])
        elif sign in ")]}" and (not closers or closers.pop() != sign):
            return "its brackets do not match"
    if closers or "'" in plain.replace('""', "") or plain.replace('""', "").count('"'):
        return "its brackets do not match"
    return ""


_WORD = re.compile(r"[A-Za-z_]\w*")
_KEYWORDS = frozenset("break case const continue default do else extern for goto if inline register restrict return "
                      "signed sizeof static switch typedef volatile while".split())


def _why_unknown(text: str, words: set[str]) -> str:
    """Say whether a text is a name that a header does not have: gcc would look for similar ones, for 20 ms each."""
    unknown = _WORD.fullmatch(text) and text not in words and not text.startswith("_") and text not in _KEYWORDS
    return f"{text!r} is not declared" if unknown else ""


_MAGIC = "libffi-bindgen:"
_MAGIC_SIZE = 32


def block(name: str, item: str, values: list[str]) -> str:
    """Return a constant that is found in an object file by its first bytes, on one line."""
    fields = f"char magic[{_MAGIC_SIZE}]; {item}[{max(1, len(values))}];"
    return (f"__attribute__((used)) static const struct {{ {fields} }} libffi_block_{name.replace('-', '_')} = "
            f'{{"{_MAGIC}{name}", {{{", ".join(values)}}}}};')


def find(data: bytes, name: str) -> int:
    magic = f"{_MAGIC}{name}".encode().ljust(_MAGIC_SIZE, b"\0")
    at = data.find(magic)
    if at < 0:
        raise BindgenError("the compiler's object file does not hold the constants (is it LLVM bitcode or encrypted?)")
    return at + _MAGIC_SIZE


def _numbers(
    compiler: Compiler, header: str, texts: list[str], asked: list[int]
) -> Iterator[tuple[int, Number | Address | NoValue]]:
    if not asked:
        return
    kinds = [_KIND.replace("(M)", f"({texts[index]})") for index in asked]
    data = compiler.compile(_behind(header, [block("kinds", "unsigned char v", kinds)]))
    start = find(data, "kinds")
    of_kind = dict(zip(asked, data[start:start + len(asked)], strict=True))
    lines = [
        block("integers", "unsigned long long v", [
            _INTEGER.replace("(M)", f"({texts[i]})") if of_kind[i] in _INTEGERS else "0" for i in asked]),
        block("floats", "double v", [
            _FLOAT.replace("(M)", f"({texts[i]})") if of_kind[i] in _FLOATS else "0" for i in asked]),
        block("addresses", "unsigned long long v", [
            f"({_ADDRESS})({texts[i]})" if of_kind[i] == 0 else "0" for i in asked]),
        block("near", "unsigned char v", [
            _HAS_NEAR_DOUBLE.replace("(M)", f"({texts[i]})") if of_kind[i] in _FLOATS else "1" for i in asked]),
    ]
    data = compiler.compile(_behind(header, lines))
    integers, floats, addresses, near = (
        struct.unpack_from(f"={len(asked)}{code}", data, find(data, name))
        for name, code in (("integers", "Q"), ("floats", "d"), ("addresses", "Q"), ("near", "B")))
    for position, index in enumerate(asked):
        kind = of_kind[index]
        if kind in _INTEGERS:
            value = integers[position]
            if kind not in _UNSIGNED and value >> 63:   # what is narrower was extended by its sign
                value -= 1 << 64
            yield index, Number(value, texts[index])
        elif kind in _FLOATS and not near[position]:
            yield index, NoValue(texts[index], "no float is near this long double")
        elif kind in _FLOATS:
            yield index, Number(floats[position], texts[index])
        elif "*" in texts[index] or re.match(r"\(*\( ?\w+ ?\)", texts[index]):
            yield index, Address(addresses[position], texts[index])


def _data(compiler: Compiler, header: str, texts: list[str], asked: list[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the bytes that constants have in memory."""
    if not asked:
        return
    sizes = [f"sizeof({texts[index]})" for index in asked]
    lines = [block("sizes", "unsigned long long v", sizes)]
    for index in asked:
        head = f"char magic[{_MAGIC_SIZE}]; __typeof__({texts[index]}) v;"
        lines.append(f"__attribute__((used)) const struct {{ {head} }} libffi_data_{index} = "
                     f'{{"{_MAGIC}data-{index}", {texts[index]}}};')
        lines.append(block(f"offset-{index}", "unsigned long long v", [
            f"__builtin_offsetof(__typeof__(libffi_data_{index}), v)"]))
    data = compiler.compile(_behind(header, lines))
    found = struct.unpack_from(f"={len(asked)}Q", data, find(data, "sizes"))
    for index, size in zip(asked, found, strict=True):
        (offset,) = struct.unpack_from("=Q", data, find(data, f"offset-{index}"))
        start = find(data, f"data-{index}") - _MAGIC_SIZE + offset
        yield index, data[start:start + size]


def _text(text: str, data: bytes) -> Text:
    prefixes = set(re.findall(r'(u8|[LuU]|)"(?:[^"\\]|\\.)*"', text)) - {"", "u8"}
    width, encoding = _CHARACTERS[min(prefixes, default="")]
    if width == 1:
        return Text(data[:-1].decode("utf-8", "surrogateescape"), text)
    suffix = "-le" if sys.byteorder == "little" else "-be"
    return Text(data[:-width].decode(encoding + suffix, "surrogatepass"), text)
