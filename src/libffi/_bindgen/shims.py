"""The shim: a C file that gives an address to what is in a header only."""
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from libffi import CIF, Type, c
from libffi._bindgen import macros
from libffi._bindgen.compiler import PROBE, Compiler
from libffi._bindgen.contents import Contents, unwrapped
from libffi._bindgen.errors import BindgenError
from libffi._bindgen.formulas import PREFIX as PARAMETER
from libffi._bindgen.formulas import is_variadic, makes_words, parameter_names
from libffi._bindgen.references import missing_references
from libffi._bindgen.spelling import is_default
from libffi._reader import CONVENTIONS, FunctionDeclaration, Parsed, Qualified, VariableDeclaration, type_named

PREFIX = "libffi_shim_"
_HEAD = """\
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>
#include <wchar.h>

#if defined(_WIN32)
#define SHIM __declspec(dllexport)
#else
#define SHIM __attribute__((visibility("default")))
#endif
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A function of the shim: what it is called with, what it gives, and how C writes that."""

    name: str
    result: Type
    parameters: tuple[tuple[str, Type], ...]
    is_value: bool = False      # of a macro without parameters
    is_inline: bool = False     # a function of the header's

    def declaration(self) -> FunctionDeclaration:
        """Return it as what the module binds."""
        names = tuple(name.removeprefix(PARAMETER) for name, _ in self.parameters)
        cif = CIF(self.result, [kind for _, kind in self.parameters])
        return FunctionDeclaration(self.name, PREFIX + self.name, cif, names)

    def line(self, spell: Callable[[Type], str]) -> str:
        """Return its C."""
        declared = ", ".join(_declared(spell(kind), name) for name, kind in self.parameters) or "void"
        function = f"({self.name})" if self.is_inline else self.name     # which a macro may be called like, too
        call = self.name if self.is_value else f"{function}({', '.join(name for name, _ in self.parameters)})"
        words = "" if self.result is c.void else "return "
        return f"SHIM {_declared(spell(self.result), PREFIX + self.name)}({declared}) {{ {words}{call}; }}"


class ShimMaker:
    """Finds out what of a header a shim can reach, by asking the compiler."""

    def __init__(self, compiler: Compiler, includes: str, header: Parsed, contents: Contents) -> None:
        self._compiler = compiler
        self._includes = includes
        self._contents = contents
        self._header = header
        self._names: dict[Type, str] = {}
        for name, declaration in header.names.items():
            if isinstance(declaration, Qualified) and isinstance(declaration.type, Type):
                self._names.setdefault(declaration.type, name)
        for tag, entry in header.tags.items():
            self._names[entry.type] = f"{entry.kind} {tag}"
        self.entries: list[Entry] = []

    def make(self, missing: Callable[[str], str]) -> None:
        """Find what can be reached, and move it out of what was left out; `missing` says why a symbol is not there."""
        contents = self._contents
        asked = []
        for name, declaration in contents.inline.items():
            if declaration.cif.variadic:
                contents.left_out[name] = "it is a static inline function with variable arguments"
            else:
                cif = declaration.cif
                names = [parameter or f"arg{number}" for number, parameter in enumerate(declaration.parameters, 1)]
                asked.append(Entry(name, cif.restype, tuple(zip(names, cif.argtypes, strict=True)), is_inline=True))
        asked += self._macros()
        refused = self._refused([entry.line(self.spell) for entry in asked])
        unlinked = self._unlinked([entry for number, entry in enumerate(asked, 1) if number not in refused], missing)
        for number, entry in enumerate(asked, 1):
            if number in refused:
                contents.left_out[entry.name] = f"the compiler says: {refused[number]}"
            elif entry.name in unlinked:
                contents.left_out[entry.name] = unlinked[entry.name]
            else:
                contents.left_out.pop(entry.name, None)
                self.entries.append(entry)
                if entry.is_value:
                    contents.getters[entry.name] = entry.declaration()
                else:
                    contents.functions[entry.name] = entry.declaration()

    def text(self, head: str, includes: str) -> str:
        """Return the C file."""
        lines = [f"/* {head} */", "", includes + _HEAD]
        lines += [_wrapped(entry.line(self.spell)) for entry in self.entries]
        return "\n".join(lines) + "\n"

    def _refused(self, lines: list[str]) -> dict[int, str]:
        """Return what is wrong with lines behind the headers, with the macros that they use."""
        if not lines:
            return {}
        return self._compiler.mistakes(self._compiler.preprocess(
            self._includes + _HEAD + f'# 1 "{PROBE}"\n' + "\n".join(lines) + "\n"))

    def _unlinked(self, entries: list[Entry], missing: Callable[[str], str]) -> dict[str, str]:
        """Return what refers to symbols that are not there, and why they are not."""
        text = self._compiler.preprocess(
            self._includes + _HEAD + "\n".join(entry.line(self.spell) for entry in entries) + "\n")
        symbols = [declaration.symbol for declaration in self._header.names.values()
                   if isinstance(declaration, FunctionDeclaration | VariableDeclaration)]
        functions = [PREFIX + entry.name for entry in entries]
        try:
            found = missing_references(self._compiler, text, functions, symbols, missing)
        except BindgenError as error:   # what __attribute__((error)) forbids is said when there is code only
            found = _blamed(error.said)
            rest = [entry for entry in entries if PREFIX + entry.name not in found]
            if len(rest) == len(entries):
                if "declared with 'error' attribute" not in error.said:
                    raise
                # clang does not say in which of them: each half is asked, down to one.
                if len(entries) == 1:
                    return {entries[0].name: _first_error(error.said)}
                half = len(entries) // 2
                return self._unlinked(entries[:half], missing) | self._unlinked(entries[half:], missing)
            return {**{function.removeprefix(PREFIX): why for function, why in found.items()},
                    **self._unlinked(rest, missing)}
        return {function.removeprefix(PREFIX): why for function, why in found.items()}

    # Macros.

    def _macros(self) -> list[Entry]:
        contents = self._contents
        calls: list[tuple[str, tuple[tuple[str, Type], ...], bool]] = [(name, (), True) for name in contents.code]
        for macro, text in contents.parametric.values():
            kinds = self._parameter_types(macro, text)
            if isinstance(kinds, str):
                contents.left_out[macro.name] = kinds
            else:
                calls.append((macro.name, tuple(zip(parameter_names(macro), kinds, strict=True)), False))
        expressions = [name if is_value else f"{name}({', '.join(_argument(i, j) for j in range(len(parameters)))})"
                       for i, (name, parameters, is_value) in enumerate(calls)]
        variables = "".join(f"extern {self.spell(kind)} {_argument(i, j)};\n"
                            for i, (_, parameters, _) in enumerate(calls) for j, (_, kind) in enumerate(parameters))
        results = self._result_types(variables, expressions)
        made = []
        for (name, parameters, is_value), result in zip(calls, results, strict=True):
            if isinstance(result, str):
                contents.left_out[name] = result
            elif is_value and result is c.void:
                contents.left_out[name] = "it is a statement"
            else:
                made.append(Entry(name, result, parameters, is_value))
        return made

    def _parameter_types(self, macro: macros.Macro, text: str) -> list[Type] | str:
        """Return the types of a macro's parameters, by what is done with them; say why they are not known."""
        if is_variadic(macro):
            return "it is a macro with variable arguments"
        if makes_words(macro, text):
            return "it is a macro that makes words of its parameters"
        if not text or macros.why_no_expression(text):
            return "it is a macro with parameters that is no expression"
        found: dict[str, Type] = {}
        names = parameter_names(macro)
        for name in names:
            kind = self._type_by_use(name, text)
            if kind is None:
                given = name.removeprefix(PARAMETER)
                return f"it is a macro, and nothing says of which type its parameter {given!r} is"
            found[name] = kind
        return [found[name] for name in names]

    def _type_by_use(self, name: str, text: str) -> Type | None:
        """Return the type of a parameter: that of the function's parameter it becomes, or of a cast; else int."""
        uses = [match.span() for match in re.finditer(rf"\b{name}\b", text)]
        if not uses:
            return None
        for start, end in uses:
            while text[:start].rstrip().endswith("(") and text[end:].lstrip().startswith(")"):
                start, end = len(text[:start].rstrip()) - 1, end + len(text[end:]) - len(text[end:].lstrip()) + 1
                function = re.search(r"(\w+)\s*$", text[:start])
                if function and (kind := self._of_parameter(function[1], 0)):
                    return kind
            before = text[:start].rstrip()
            if before.endswith(")") and (cast := type_named_before(before, self._header)) is not None:
                return cast
            if (call := _call_around(text, start)) is not None:
                function_name, position, alone = call
                kind = self._of_parameter(function_name, position)
                if kind is not None and (alone or kind.kind in ("signed", "unsigned", "float", "enum")):
                    return kind
        rest = re.sub(r"\b(?:sizeof|[A-Za-z_]\w*)\b", "", text)
        if not re.search(r"->|\.[A-Za-z_]|\[|\{", text) and not re.search(r"\w\s*\(", re.sub(r"\(\w+\)", "", text)) \
                and rest and re.search(r"[-+*/%<>&|^~!=?]", rest):
            return c.int        # arithmetic alone: what a caller in C would most likely give
        return None

    def _of_parameter(self, function: str, position: int) -> Type | None:
        declaration = self._header.names.get(function)
        if isinstance(declaration, FunctionDeclaration) and position < len(declaration.cif.argtypes):
            return declaration.cif.argtypes[position]
        return None

    def _result_types(self, variables: str, expressions: list[str]) -> list[Type | str]:
        """Return the type that each expression has, or why it has none."""
        if not expressions:
            return []
        probes = [f"void libffi_probe_{i}(void) {{ (void)({text}); (void)sizeof(__typeof__({text}) *); }}"
                  for i, text in enumerate(expressions)]
        behind = self._includes + _HEAD + variables
        wrong = self._compiler.mistakes(self._compiler.preprocess(
            behind + f'# 1 "{PROBE}"\n' + "\n".join(probes) + "\n"))
        results: list[Type | str] = [f"the compiler says: {wrong[i]}" if i in wrong else "its type is not known"
                                     for i in range(1, len(expressions) + 1)]
        kinds: list[tuple[Type, str]] = [(kind, self.spell(kind)) for kind in _SCALARS]
        kinds += [(c.string, "char *"), (c.string, "const char *"), (c.pointer, "void *"),
                  (c.ptr(c.void, const=True), "const void *")]
        structs = [(c.ptr(kind, const=const), f"{'const ' if const else ''}{self.spell(kind)} *")
                   for kind in self._names if kind.kind in ("struct", "union") for const in (False, True)]
        for choices in (kinds, self._distinct(structs)):    # of structs there are many
            asked = [i for i in range(len(expressions)) if i + 1 not in wrong and isinstance(results[i], str)]
            for i, kind in zip(asked, self._choose(behind, [expressions[i] for i in asked], choices), strict=True):
                if kind is not None:
                    results[i] = kind
        return results

    def _distinct(self, kinds: list[tuple[Type, str]]) -> list[tuple[Type, str]]:
        """Return types without those that the compiler takes for the same as one before, or does not know."""
        if not kinds:
            return kinds
        lines = [f"{name}: 0," for _, name in kinds]
        wrong = self._compiler.mistakes(self._compiler.preprocess(self._includes) + "\n".join([
            "", "enum { libffi_distinct = _Generic(0,", f'# 1 "{PROBE}"', *lines, "default: 0) };", ""]))
        return [kind for number, kind in enumerate(kinds, 1) if number not in wrong]

    def _choose(self, behind: str, expressions: list[str], kinds: list[tuple[Type, str]]) -> list[Type | None]:
        """Return which of some types each expression has."""
        if not expressions or not kinds:
            return [None] * len(expressions)
        choice = ", ".join(f"{name}: {code}" for code, (_, name) in enumerate(kinds, 1))
        values = []
        for text in expressions:
            nothing = f"__builtin_types_compatible_p(__typeof__({text}), void)"
            values.append(f"__builtin_choose_expr({nothing}, 65534, _Generic("
                          f"__builtin_choose_expr({nothing}, &libffi_nothing, ({text})), {choice}, default: 65535))")
        # In a function, for the sake of macros that are statements in an expression.
        data = self._compiler.compile(self._compiler.preprocess(
            behind + "struct libffi_nothing { int nothing; } libffi_nothing;\nvoid libffi_results(void) { "
            + macros.block("results", "unsigned short v", values) + " }\n"))
        codes = struct.unpack_from(f"={len(expressions)}H", data, macros.find(data, "results"))
        return [c.void if code == 65534 else kinds[code - 1][0] if 0 < code <= len(kinds) else None for code in codes]

    # C's spelling of types.

    def spell(self, kind: Type) -> str:
        """Return a type in a form that a declarator may follow."""
        if kind in _C_NAMES:
            return _C_NAMES[kind]
        match kind.kind:
            case "pointer":
                item = self.spell(kind.item)
                if item in ("struct", "union") and kind in self._names:     # typedef struct { ... } *name;
                    return self._names[kind]
                return f"{item} const *" if kind.const else f"{item} *"
            case "function":
                arguments = ", ".join([*map(self.spell, kind.cif.argtypes), *(["..."] if kind.cif.variadic else [])])
                words = [f"__attribute__(({word})) " for word, abi in CONVENTIONS.items()
                         if abi == kind.cif.abi.name and not is_default(kind.cif)]
                return f"__typeof__({self.spell(kind.cif.restype)} ({''.join(words)}*)({arguments or 'void'}))"
            case "array":
                return f"__typeof__({self.spell(kind.item)}[{kind.length}])"
            case "enum" if kind not in self._names:
                return self.spell(kind.item)
        return self._names.get(kind, kind.name)


_SCALARS: list[Type] = [c.bool, c.char, c.schar, c.uchar, c.short, c.ushort, c.int, c.uint, c.long, c.ulong,
                        c.longlong, c.ulonglong, c.float, c.double, c.longdouble]
_C_NAMES: dict[Type, str] = {
    **{kind: kind.name for kind in _SCALARS}, c.bool: "_Bool", c.void: "void", c.pointer: "void *",
    c.string: "const char *", c.wstring: "const wchar_t *", c.va_list: "__builtin_va_list",
    c.int128: "__int128", c.uint128: "unsigned __int128"}


def type_named_before(text: str, header: Parsed) -> Type | None:
    """Return the type of a cast that a text ends with."""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if depth == 0:
            inside = unwrapped(text[index + 1:-1])
            return type_named(inside, header.scope) if re.fullmatch(r"[A-Za-z_][\w \t*]*", inside) else None
    return None


def _call_around(text: str, start: int) -> tuple[str, int, bool] | None:
    """Return the function in whose arguments a place is, the argument's number, and whether it is alone there."""
    depth, position, alone = 0, 0, True
    for index in range(start - 1, -1, -1):
        sign = text[index]
        if sign in ")]":
            depth += 1
        elif sign in "([":
            if depth == 0:
                function = re.search(r"([A-Za-z_]\w*)\s*$", text[:index])
                if sign == "(" and function:
                    return function[1], position, alone
                position = 0
            else:
                depth -= 1
        elif sign == "," and depth == 0:
            position += 1
        elif not sign.isspace() and position == 0:
            alone = False
    return None


def _argument(macro: int, parameter: int) -> str:
    return f"libffi_argument_{macro}_{parameter}"


def _declared(kind: str, name: str) -> str:
    """Return the declaration of a name."""
    return f"{kind}{name}" if kind.endswith("*") else f"{kind} {name}"


def _blamed(said: str) -> dict[str, str]:
    """Return in which functions of the shim a compiler found errors, and the first of each."""
    found: dict[str, str] = {}
    function = ""
    for line in said.splitlines():
        named = re.search(r"(?:In function|inlined from) '(\w+)'", line)
        if named and ("In function" in line or named[1].startswith(PREFIX)):
            function = named[1]
        _, error, why = line.partition(" error: ")
        if error and function.startswith(PREFIX):
            found.setdefault(function, f"the compiler says: {why}")
    return found


def _first_error(said: str) -> str:
    return f"the compiler says: {said.partition(' error: ')[2].splitlines()[0]}"


def _wrapped(line: str) -> str:
    """Return a function on more than one line."""
    head, _, body = line.partition(" { ")
    return f"{head}\n{{\n    {body.removesuffix(' }')}\n}}\n"
