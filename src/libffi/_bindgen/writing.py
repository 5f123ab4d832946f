"""Write a module and the stub beside it."""
import math
import re
import textwrap
from typing import Any

from libffi import Type, c
from libffi._bindgen.contents import Bytes, Cast, Contents, Member, python_name
from libffi._bindgen.formula_text import FormulaSpeller
from libffi._bindgen.formulas import Formula
from libffi._bindgen.spelling import (
    Annotator,
    Names,
    TableSpeller,
    field_name,
    has_members,
    is_default,
    is_flags,
    is_nameless,
)
from libffi._reader import FunctionDeclaration, UnknownArray

_WIDTH = 120


class Writer:
    """The texts of a module, from what is in it."""

    def __init__(self, names: Names, contents: Contents, head: str, libraries: list[str | None], version: str,
                 abi: str, shim: str | None) -> None:
        self._names = names
        self._contents = contents
        self._head = head
        self._libraries = libraries
        self._version = version
        self._abi = abi
        self._shim = shim
        self.types: list[str] = []          # that were written
        self._spell = TableSpeller(names)
        self._formulas = FormulaSpeller(names, self._spell)
        self._order: list[Type] = []        # of the types that have a line of their own

    def module(self) -> str:
        """Return the module's text."""
        functions = [self._function(name, declaration) for name, declaration in self._contents.functions.items()]
        functions += [f"{self._public(name)} = {self._public(target)}"
                      for name, target in self._contents.aliases.items()]
        constants = [f"{self._public(name)} = {self._constant(value)}"
                     for name, value in self._contents.constants.items()]
        variables = [f"{self._public(name)} = {self._variable(name)}" for name in self._contents.variables]
        getters = [f"{self._public(name)} = @{declaration.symbol} {self._spell(declaration.cif.restype)}"
                   for name, declaration in self._contents.getters.items()]
        macros = [self._formulas.line(self._public(name), formula)
                  for name, formula in self._contents.formulas.items()]
        types = self._types()
        self.types = [line.partition(" = ")[0] for line in types]
        left_out = [f"{self._public(name)} = {' '.join(why.split())}" for name, why in self._contents.left_out.items()]
        parts = [
            f'"""{_escaped(self._head)}"""\n',
            "from libffi.generated import Bindings\n",
            "_bindings = Bindings(",
            "    globals(),",
            f"    libraries={self._libraries!r},".replace("'", '"'),
            f'    version="{self._version}",',
            f'    abi="{self._abi}",',
            *([f'    shim="{self._shim}",'] if self._shim else []),
        ]
        tables = {"functions": functions, "macros": macros, "types": types, "constants": constants,
                  "variables": variables, "getters": getters, "left_out": left_out, "docs": self._docs()}
        for table, lines in tables.items():
            if lines:
                parts.append(f'    {table}="""\\\n{_escaped(chr(10).join(lines))}\n""",')
        parts += [")", "__getattr__ = _bindings.get", "__dir__ = _bindings.names", "del Bindings", ""]
        return "\n".join(parts)

    def _public(self, name: str) -> str:
        return self._names.public(name)

    def _symbol(self, name: str, symbol: str) -> str:
        public = self._public(name)
        return public if public == symbol else f"{public}@{symbol}"

    def _function(self, name: str, declaration: FunctionDeclaration) -> str:
        cif = declaration.cif
        parts = [f"{parameter}={self._spell(kind)}"
                 for parameter, kind in zip(parameter_names(declaration), cif.argtypes, strict=True)]
        if cif.variadic:
            parts.append("args=...")
        convention = "" if is_default(cif) else f" by {cif.abi.name}"
        return f"{self._symbol(name, declaration.symbol)}({', '.join(parts)}) -> {self._spell(cif.restype)}{convention}"

    def _variable(self, name: str) -> str:
        qualified = self._contents.variables[name].type
        kind: Any = qualified.type
        const = "const " if qualified.const else ""
        text = f"array({self._spell(kind.item)}, 0)" if isinstance(kind, UnknownArray) else self._spell(kind)
        symbol = self._contents.variables[name].symbol
        return f"{const}{text}" if self._public(name) == symbol else f"@{symbol} {const}{text}"

    def _constant(self, value: Any) -> str:
        match value:
            case Member(enum=kind, name=name):
                return f"{self._spell.own(kind)}.{python_name(self._names.rename(name))}"
            case Cast(type=kind, value=number):
                return f"{self._spell(kind)}({number})"
            case Bytes(type=kind, data=data):
                return f"value({self._spell(kind)}, {data!r})"
        return repr(value)

    def _types(self) -> list[str]:
        lines = []
        for name, kind in self._contents.types.items():
            public = self._public(name)
            if self._names.types.get(kind) != public:
                lines.append(f"{public} = {self._spell(kind)}")
        while self._names.waiting:      # writing one may name others
            waiting, self._names.waiting = self._names.waiting, []
            for kind in waiting:
                self._order.append(kind)
                lines.append(f"{self._names.types[kind]} = {self._definition(kind)}")
        return lines

    def _definition(self, kind: Type) -> str:
        if kind.kind == "enum":
            made: Any = kind.enum
            members = [f"{python_name(self._names.rename(name))}={int(member)}"
                       for name, member in made.__members__.items()]
            return f"{'flag' if is_flags(kind) else 'enum'}({', '.join([self._spell(kind.item), *members])})"
        tag = "" if is_nameless(kind) else kind.name.partition(" ")[2]
        layout = self._names.layouts.get(kind)
        members_text = f"({self._spell.members(layout, self._names.types[kind])})" if layout is not None else ""
        return f"{kind.kind} {tag}{members_text}"

    def _docs(self) -> list[str]:
        # A block begins with @name, hence no line of its text may begin so.
        return [f"@{self._public(name)}\n" + ("\n" + doc).replace("\n@", "\n @")[1:]
                for name, doc in self._contents.docs.items()]

    # The stub.

    def stub(self) -> str:
        """Return the text of the stub; module() comes before it."""
        contents, names = self._contents, self._names
        prefix = "_a." if self._has_a_name_of_ours() else ""
        annotate = Annotator(names, prefix)
        body: list[str] = []
        for kind in self._order:
            body += self._stub_of_type(kind, annotate, prefix)
        for name, kind in contents.types.items():
            public = self._public(name)
            if names.types.get(kind) != public:
                body.append(f"{public}: {self._type_object(kind, annotate, prefix)}")
        for name, value in contents.constants.items():
            body.append(self._stub_of_constant(self._public(name), value, annotate, prefix))
        for name, variable in contents.variables.items():
            body.append(f"{self._public(name)}: {self._memory_object(variable.type.type, annotate, prefix)}")
        for name, getter in contents.getters.items():
            body.append(f"{self._public(name)}: {annotate.value(getter.cif.restype)}")
        for name, declaration in contents.functions.items():
            body += self._stub_of_function(self._public(name), declaration, contents.docs.get(name), annotate, prefix)
        for name, formula in contents.formulas.items():
            body += self._stub_of_macro(self._public(name), formula, contents.docs.get(name), annotate, prefix)
        for name, target in contents.aliases.items():
            body.append(f"{self._public(name)} = {self._public(target)}")
        head = [f'"""{_escaped(self._head)}"""']
        if prefix:
            head.append("import typing as _t\n\nfrom libffi import annotations as _a")
        else:
            text = _LITERAL.sub("", "\n".join(body))
            for module, names_of_it in _IMPORTS:
                used = [name for name in names_of_it if re.search(rf"\b{name}\b", text)]
                if used:
                    head.append(_import(module, used))
        return "\n".join([*head, "", *body, ""])

    def _has_a_name_of_ours(self) -> bool:
        ours = {*(name for _, names in _IMPORTS for name in names), *_BUILTINS}
        used = {self._public(name) for table in (
            self._contents.functions, self._contents.variables, self._contents.constants, self._contents.types,
            self._contents.aliases, self._contents.getters, self._contents.formulas) for name in table}
        for members, _ in self._names.layouts.values():
            used.update(member[0] for member in members if member[0] is not None)
        return bool(ours & (used | set(self._names.types.values())))

    def _stub_of_type(self, kind: Type, annotate: Annotator, a: str) -> list[str]:
        name = self._names.types[kind]
        doc = self._contents.docs.get(name)
        if kind.kind == "enum":
            made: Any = kind.enum
            lines = [f"class {name}({a}{'IntFlag' if is_flags(kind) else 'IntEnum'}):", *_docstring(doc)]
            lines += [f"    {python_name(self._names.rename(member))} = {int(value)}"
                      for member, value in made.__members__.items()]
            return lines
        memory = annotate.memory(kind)
        fields = [
            f"    {field_name(field, kind.fields)}: {a}Field[{annotate.value(inner)}, {annotate.argument(inner)}]"
            for field, inner in kind.fields.items()] if kind.size is not None else []
        lines = [f"class {memory}({a}StructMemory):", *_docstring(doc), *fields]
        if len(lines) == 1:
            lines = [f"{lines[0]} ..."]
        return [*lines, f"{name}: {a}Type[{memory}]"]

    def _type_object(self, kind: Type, annotate: Annotator, a: str) -> str:
        if kind.kind == "function":
            cif = kind.cif
            received = "..." if cif.variadic else f"[{', '.join(map(annotate.value, cif.argtypes))}]"
            return f"{a}CallbackType[{received}, {annotate.returned(cif.restype)}]"
        if kind.kind == "enum" and has_members(kind):
            return f"{a}type[{self._names.of(kind)}]"
        return f"{a}Type[{annotate.value(kind)}]"

    def _memory_object(self, kind: Any, annotate: Annotator, a: str) -> str:
        if isinstance(kind, UnknownArray):
            return f"{a}Pointer[{annotate.value(kind.item)}]"
        if kind.kind in ("array", "struct", "union"):
            return annotate.value(kind)
        return f"{a}Memory[{annotate.value(kind)}]"

    def _stub_of_constant(self, name: str, value: Any, annotate: Annotator, a: str) -> str:
        match value:
            case Member(enum=kind):
                return f"{name}: {self._names.of(kind)}"
            case Cast(type=kind):
                return f"{name}: {a}Any" if kind.kind == "function" else f"{name}: {annotate.value(kind)}"
            case Bytes(type=kind):
                return f"{name}: {annotate.value(kind)}"
            case float() if not math.isfinite(value):
                return f"{name}: {a}float"
        final = "_t.Final" if a else "Final"
        return f"{name}: {final} = {value!r}"

    def _stub_of_function(self, name: str, declaration: FunctionDeclaration, doc: str | None, annotate: Annotator,
                          a: str) -> list[str]:
        cif = declaration.cif
        parts = [f"{parameter}: {annotate.argument(kind)}"
                 for parameter, kind in zip(parameter_names(declaration), cif.argtypes, strict=True)]
        if parts:
            parts.append("/")
        if cif.variadic:
            parts.append(f"*args: {a}Any")
        return [f"@{a}function", *_def(name, parts, annotate.value(cif.restype), doc)]

    def _stub_of_macro(self, name: str, formula: Formula, doc: str | None, annotate: Annotator, a: str) -> list[str]:
        """Return a macro's signature; there are two where floating numbers make one of the result, too."""
        names, result = self._formulas.parameters[name], formula.result

        def lines(floating: bool, doc: str | None) -> list[str]:
            number = annotate.number(integral=not floating)
            parts = []
            for given, kind in formula.parameters.items():
                taken = annotate.argument(kind) if kind is not None else \
                    annotate.number(integral=True) if given in formula.integral else number
                if kind is None and given in formula.addresses:
                    taken += f" | {annotate.value(c.pointer)}"
                parts.append(f"{names[given]}: {taken}")
            if parts:
                parts.append("/")
            made = annotate.value(result) if result is not None else \
                f"{a}float" if formula.is_floating(floating) else f"{a}int"
            return _def(name, parts, made, doc)

        numbers = {given for given, kind in formula.parameters.items() if kind is None}
        if numbers <= formula.integral:
            return lines(False, doc)
        if result is not None or formula.is_floating(True) == formula.is_floating(False):
            return lines(True, doc)
        overload = "@_t.overload" if a else "@overload"
        return [overload, *lines(False, None), overload, *lines(True, doc)]


def parameter_names(declaration: FunctionDeclaration) -> list[str]:
    """Return names for the parameters of a function: C's where they can be had, and no two the same."""
    names: list[str] = []
    given = declaration.parameters or ("",) * len(declaration.cif.argtypes)
    for number, name in enumerate(given[:len(declaration.cif.argtypes)], 1):
        name = python_name(name) if name else f"arg{number}"
        if name.startswith("__") or name == "args":
            name = f"{name.strip('_')}_"
        while name in names:
            name += "_"
        names.append(name)
    return names


def _def(name: str, parts: list[str], result: str, doc: str | None) -> list[str]:
    """Return a function of a stub."""
    head = f"def {name}({', '.join(parts)}) -> {result}:"
    if len(head) > _WIDTH - 4:
        head = "\n".join([f"def {name}(", *(f"    {part}," for part in parts), f") -> {result}:"])
    return [head, *_docstring(doc)] if doc else [f"{head} ..."]


_LITERAL = re.compile(r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.DOTALL)
_BUILTINS = ("bool", "bytes", "complex", "float", "int", "str", "type")
# Checkers know some of them by their own module only.
_IMPORTS = (
    ("enum", ("IntEnum", "IntFlag")),
    ("typing", ("Any", "Final", "overload")),
    ("libffi.annotations", (
        "Address", "Aggregate", "Array", "Callback", "CallbackType", "Character", "Complex", "Data", "Field",
        "Floating", "Function", "Integer", "Items", "Memory", "Pointer", "Real", "StructMemory", "Target", "Text",
        "Type", "VoidPointer", "WideText", "function")),
)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    wrapped = textwrap.wrap(", ".join(names) + ",", _WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([f"from {module} import (", *wrapped, ")"])


def _docstring(doc: str | None) -> list[str]:
    if not doc:
        return []
    text = _escaped(doc)
    if "\n" not in text and len(text) < _WIDTH - 12 and not text.endswith('"'):
        return [f'    """{text}"""']
    lines = text.split("\n")
    return [f'    """{lines[0]}', *(f"    {line}".rstrip() for line in lines[1:]), '    """']


def _escaped(text: str) -> str:
    r"""Return a text as it stands between triple quotes."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if text.replace("\n", "").isprintable():
        return text
    return "".join(character if character.isprintable() or character == "\n" else
                   character.encode("unicode_escape").decode("ascii") for character in text)

