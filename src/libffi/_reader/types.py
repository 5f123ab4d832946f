"""Turn pycparser's syntax trees into libffi types, functions, variables and constants."""
import sys
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from libffi import CIF, Type, c
from libffi._reader import constants
from libffi._reader.constants import NotConstant
from libffi._reader.enums import declared_enum
from libffi._reader.expressions import Expressions
from libffi._reader.preprocess import KEYWORDS, Attribute, Body, Prepared
from libffi._reader.scope import (
    STANDARD,
    ConstantDeclaration,
    FunctionDeclaration,
    FunctionType,
    Layout,
    Qualified,
    Scope,
    Tag,
    UnknownArray,
    VariableDeclaration,
    described,
    spelled,
)

# Sorted words of a type -> the type; "int" is left out where other words say it.
_BASIC: dict[str, Type] = {
    "void": c.void, "char": c.char, "char signed": c.schar, "char unsigned": c.uchar,
    "short": c.short, "short signed": c.short, "short unsigned": c.ushort,
    "int": c.int, "signed": c.int, "unsigned": c.uint,
    "long": c.long, "long signed": c.long, "long unsigned": c.ulong,
    "long long": c.longlong, "long long signed": c.longlong, "long long unsigned": c.ulonglong,
    "__int128": c.int128, "__int128 signed": c.int128, "__int128 unsigned": c.uint128,
    "float": c.float, "double": c.double, "double long": c.longdouble, "_Bool": c.bool,
    "_Complex float": c.complex_float, "_Complex double": c.complex_double, "_Complex": c.complex_double,
    "_Complex double long": c.complex_longdouble,
}


class Converter(Expressions):
    """Adds the declarations of one text to a scope."""

    def __init__(self, scope: Scope, prepared: Prepared) -> None:
        super().__init__(scope, prepared)
        self._made: dict[int, Type] = {}  # by the index of `{`: declarators share one body
        self._symbols: dict[int, str] = {}
        self._used_attributes: set[int] = set()

    def run(self, tree: Any) -> None:
        """Convert a whole tree."""
        nodes = []
        for node in tree.ext:
            index = self._index(node)
            if index < 0:
                continue  # the prelude
            macro = self.prepared.macro_at(index)
            if macro is not None:
                self._macros[macro.name] = node.init
            else:
                nodes.append(node)
        self._find_symbols(nodes)
        for node in nodes:
            self._declaration(node)
        while self._macros:  # one may take others along
            self._macro(next(iter(self._macros)))
        for attribute in self.prepared.attributes:
            if attribute.name == "vector_size" and id(attribute) not in self._used_attributes:
                raise attribute.token.error("vector_size is supported in a typedef of its own only")

    # Declarations.

    def _declaration(self, node: Any) -> None:
        kind = type(node).__name__
        if kind == "StaticAssert":
            if not constants.truth(self.evaluate(node.cond)):
                self._fail(node, "this static assertion does not hold")
        elif kind == "Typedef":
            self._typedef(node)
        elif kind == "Decl":
            if "typedef" in (node.storage or ()):
                self._fail(node, "this typedef names nothing")
            if node.name is None:
                self._bare(node)
            else:
                self._object(node)
        else:
            self._fail(node, "only declarations are supported")

    def _bare(self, node: Any) -> None:
        """Take `struct s;`, `struct s {...};` and `enum {...};`."""
        if type(node.type).__name__ not in ("Struct", "Union", "Enum"):
            self._fail(node.type, "this declares nothing")
        if node.type.name is None and type(node.type).__name__ != "Enum":
            self._fail(node.type, "a struct or union without a tag declares nothing")
        self._tagged(node.type, declares=True)

    def _typedef(self, node: Any) -> None:
        index = self._index(node)
        inner = node.type.type if type(node.type).__name__ == "TypeDecl" else None
        name = node.name if getattr(inner, "name", "") is None else None
        qualified = self._type(node.type, name=name)
        for attribute in self.prepared.attributes:
            if attribute.name == "vector_size" and (
                    self.prepared.statement(attribute.index) == self.prepared.statement(index)):
                qualified = Qualified(self._vector(node, qualified, attribute), qualified.const)
        if isinstance(qualified.type, UnknownArray):
            self._fail(node, "a typedef of an array needs its length")
        standard, before = STANDARD.get(node.name), self.scope.names.get(node.name)
        if before is not None and not (isinstance(before, Qualified) and before.type is standard):
            standard = None
        if standard is not None and not _interchangeable(standard, qualified.type):
            self._fail(node, f"{node.name} is {standard} on this system, not {spelled(qualified)}")
        if standard is not None and standard.kind in ("wchar", "signed", "unsigned"):
            qualified = Qualified(standard, qualified.const)    # a header's wchar_t is text, too
        self._add(node, node.name, qualified)

    def _vector(self, node: Any, qualified: Qualified, attribute: Attribute) -> Type:
        self._used_attributes.add(id(attribute))
        size = self._attribute_number(attribute)
        item = qualified.type
        if not isinstance(item, Type) or not item.size or size % item.size:
            raise attribute.token.error(f"no vector of {size} bytes can be made of {spelled(qualified)}")
        with self._core(node):
            return c.vector(item, size // item.size)

    def _attribute_number(self, attribute: Attribute) -> int:
        if len(attribute.args) == 1 and attribute.args[0].kind == "number":
            try:
                value = constants.number(attribute.args[0].text).value
            except NotConstant:
                value = 0
            if isinstance(value, int) and value > 0:
                return value
        raise attribute.token.error(f"the attribute {attribute.name!r} needs a number")

    def _find_symbols(self, nodes: list[Any]) -> None:
        """Give each asm("symbol") to the declarator before it."""
        indexes = [self._index(node) for node in nodes if getattr(node, "name", None)]
        for following, symbol, token in self.prepared.labels:
            found = bisect_left(indexes, following) - 1
            statement = self.prepared.statement(following)
            if found < 0 or self.prepared.statement(indexes[found]) != statement or not symbol:
                raise token.error("asm is supported only as asm(\"symbol\") after a declarator")
            # Compilers on macOS put an underscore before C names, and so does dlsym.
            self._symbols[indexes[found]] = (
                symbol.removeprefix("_") if sys.platform == "darwin" else symbol)

    def _object(self, node: Any) -> None:
        """Take a function, a variable or a constant."""
        index = self._index(node)
        qualified = self._type(node.type)
        symbol = self._symbols.get(index, node.name)
        kind = qualified.type
        if node.init is not None:
            self._initialised(node, qualified)
        elif isinstance(kind, FunctionType):
            self._add(node, node.name, FunctionDeclaration(node.name, symbol, kind.cif, kind.parameters))
        else:
            if isinstance(kind, Type) and kind.size is None:
                self._fail(node, f"the variable {node.name!r} has the incomplete type {kind}")
            if kind is c.void:
                self._fail(node, f"the variable {node.name!r} is void")
            self._add(node, node.name, VariableDeclaration(node.name, symbol, qualified))

    def _initialised(self, node: Any, qualified: Qualified) -> None:
        """Take `static const int N = 10;`, a constant in all but name."""
        if not qualified.const or "extern" in node.storage:
            self._fail(node, f"{node.name!r}: only constants may have a value here")
        constant = self.evaluate(node.init)
        kind = qualified.type
        if isinstance(kind, (UnknownArray, FunctionType)) or kind.kind == "array":
            item = kind.item if not isinstance(kind, FunctionType) else None
            if item is not c.char or not isinstance(constant.value, bytes):
                self._fail(node, f"{node.name!r}: only numbers and strings may have a value here")
        else:
            constant = self._cast(node, constant, qualified)
        self._add(node, node.name, ConstantDeclaration(constant, constant.value))

    # Types.

    def _type(self, node: Any, name: str | None = None) -> Qualified:
        match type(node).__name__:
            case "TypeDecl":
                base = self._type(node.type, name)
                return Qualified(base.type, True) if "const" in (node.quals or ()) else base
            case "PtrDecl":
                target = self._type(node.type)
                return Qualified(self._pointer(node, target), "const" in (node.quals or ()))
            case "ArrayDecl":
                return self._array(node)
            case "FuncDecl":
                return self._function(node)
            case "Typename" | "Decl":
                return self._type(node.type)
            case "IdentifierType":
                return self._named(node)
            case "Struct" | "Union" | "Enum":
                return Qualified(self._tagged(node, name=name))
        self._fail(node, "this kind of type is not supported in declarations")

    def _named(self, node: Any) -> Qualified:
        words = list(node.names)
        # pycparser makes an int where C before C99 let one be left out.
        if self._token(node).text not in words:
            index = self._index(node)
            while self.prepared.token(index).text in KEYWORDS:
                index += 1
            token = self.prepared.token(index)
            raise token.error(f"unknown type name {token.text!r}" if token.kind == "name"
                              else f"a type is missing before {token.text!r}")
        if len(words) == 1:
            found = self.scope.names.get(words[0])
            if isinstance(found, Qualified):
                return found
            if found is None and words[0] in STANDARD:
                return Qualified(STANDARD[words[0]])
        ordered = sorted(words)
        if len(ordered) > 1 and "int" in ordered:
            ordered.remove("int")
        basic = _BASIC.get(" ".join(ordered))
        if basic is None or ("int" in words and not set(ordered) <= _INTEGER_WORDS) \
                or words.count("int") > 1:
            self._fail(node, f"{' '.join(words)!r} is no type")
        return Qualified(basic)

    def _pointer(self, node: Any, target: Qualified) -> Type:
        made: Type
        with self._core(node):
            kind = target.type
            if isinstance(kind, FunctionType):
                made = c.func(kind.cif)
            elif isinstance(kind, UnknownArray):
                raise TypeError("a pointer to an array needs the array's length")
            elif kind is c.void and not target.const:
                made = c.pointer
            elif kind is c.char and target.const:
                made = c.string
            elif kind is c.wchar_t and target.const:
                made = c.wstring
            else:
                made = c.ptr(kind, const=True) if target.const else c.ptr(kind)
        return made

    def _item(self, node: Any) -> tuple[Type, bool]:
        """Return the type of an array's items and whether they are const."""
        item = self._type(node.type)
        if not isinstance(item.type, Type) or not item.type.size:
            self._fail(node, f"an array of {spelled(item)} cannot be made")
        return item.type, item.const

    def _array(self, node: Any) -> Qualified:
        item, const = self._item(node)
        length = self._integer(node.dim) if node.dim is not None else 0
        if length == 0:  # also GNU's older spelling of []
            return Qualified(UnknownArray(item, const), const)
        if length < 0:
            self._fail(node.dim, f"an array of length {length}")
        if length * item.size > sys.maxsize:
            self._fail(node.dim, "this array is too large")
        with self._core(node):
            return Qualified(c.array(item, length), const)

    def _function(self, node: Any) -> Qualified:
        result = self._type(node.type).type
        if not isinstance(result, Type) or result.kind == "array":
            self._fail(node, f"a function cannot return {spelled(Qualified(result))}")
        parameters = node.args.params if node.args is not None else []
        argtypes: list[Any] = []
        for parameter in parameters:
            kind = type(parameter).__name__
            if kind == "EllipsisParam":
                argtypes.append(...)
            elif kind == "ID":
                self._fail(parameter, f"unknown type name {parameter.name!r}")
            else:
                argtypes.append(self._parameter(parameter))
        if argtypes == [c.void] and type(parameters[0]).__name__ == "Typename":
            argtypes = []
        if c.void in argtypes:
            self._fail(parameters[argtypes.index(c.void)], "a parameter cannot be void")
        with self._core(node):
            cif = CIF(result, argtypes)
        names = tuple(getattr(parameter, "name", None) or "" for parameter in parameters[:len(cif.argtypes)])
        return Qualified(FunctionType(cif, names))

    def _parameter(self, node: Any) -> Type:
        storage = getattr(node, "storage", None) or []
        if storage not in ([], ["register"]):
            self._fail(node, f"a parameter cannot be {storage[0]}")
        if type(node.type).__name__ == "ArrayDecl":  # its length says nothing, and may be no constant
            return self._pointer(node, Qualified(*self._item(node.type)))
        qualified = self._type(node.type)
        kind = qualified.type
        if isinstance(kind, FunctionType):
            return self._pointer(node, qualified)
        if isinstance(kind, UnknownArray):
            return self._pointer(node, Qualified(kind.item, kind.const or qualified.const))
        if kind.kind == "array":
            assert kind.item is not None
            return self._pointer(node, Qualified(kind.item, qualified.const))
        if kind.size is None and kind is not c.void:
            self._fail(node, f"a parameter has the incomplete type {kind}")
        return kind

    # Structs, unions, enums.

    def _tagged(self, node: Any, declares: bool = False, name: str | None = None) -> Type:
        kind = type(node).__name__.lower()
        body = self.prepared.bodies.get(self._index(node))
        has_body = (node.values if kind == "enum" else node.decls) is not None
        if not has_body:
            if body is not None:
                self._fail(node, f"{kind} {node.name or ''} is empty")
            return self._reference(node, kind, declares)
        assert body is not None
        made = self._made.get(body.opening)
        if made is None:
            old = self.scope.tags.get(node.name) if node.name else None
            if old is not None and old.kind != kind:
                self._fail(node, f"{node.name!r} was declared before as {old.type}")
            define = self._enum if kind == "enum" else self._struct
            made = define(node, kind, body, name)
            self._made[body.opening] = made
        return made

    def _reference(self, node: Any, kind: str, declares: bool) -> Type:
        tag = self.scope.tags.get(node.name)
        if tag is None:
            if kind == "enum":
                self._fail(node, f"enum {node.name} is not defined")
            tag = Tag(kind, c.struct(node.name) if kind == "struct" else c.union(node.name))
            self.scope.tags[node.name] = tag
        if tag.kind != kind:
            self._fail(node, f"{node.name!r} was declared before as {tag.type}")
        if declares or node.name not in self.declared_tags:
            self.declared_tags[node.name] = tag
        return tag.type

    def _struct(self, node: Any, kind: str, body: Body, name: str | None) -> Type:
        options: dict[str, Any] = self._options(body)
        members = []
        for member in node.decls:
            members.extend(self._member(member, last=member is node.decls[-1]))
        if not members:
            self._fail(node, f"{kind} {node.name or ''} has no members")
        layout: Layout = (tuple(members), tuple(options.items()))
        old = self.scope.tags.get(node.name) if node.name else None
        if old is not None and old.kind != kind:
            self._fail(node, f"{node.name!r} was declared before as {old.type}")
        if old is not None and old.type.size is not None:
            if old.layout != layout:
                self._fail(node, f"{old.type} was defined before with other members")
            self.declared_tags[node.name] = old
            return old.type
        with self._core(node):
            if old is not None:
                old.type.define(members, **options)
                made = old.type
            else:
                make = c.struct if kind == "struct" else c.union
                made = make(node.name or name or "", members, **options)
        self.scope.layouts[made] = layout
        if node.name:
            tag = Tag(kind, made, layout)
            self.scope.tags[node.name] = self.declared_tags[node.name] = tag
        return made

    def _options(self, body: Body) -> dict[str, int]:
        options = {"_pack_": body.pack} if body.pack else {}
        for attribute in body.attributes:
            if attribute.name == "packed":
                options["_pack_"] = 1
            else:
                options["_align_"] = self._attribute_number(attribute)
        return options

    def _member(self, node: Any, last: bool) -> list[tuple[str | None, Type]]:
        if type(node).__name__ != "Decl":
            self._fail(node, "this is no member")
        if node.bitsize is not None:
            kind = self._type(node.type).type
            width = self._integer(node.bitsize)
            with self._core(node):
                if not isinstance(kind, Type):
                    raise TypeError("a bit-field needs an integer type")
                if kind is c.char:  # as a bit-field it holds a number
                    kind = c.schar if constants.CHAR_IS_SIGNED else c.uchar
                return [(node.name, c.bits(kind, width))]
        if node.name is None:
            return self._nameless_member(node)
        qualified = self._type(node.type)
        kind = qualified.type
        if isinstance(kind, UnknownArray):
            if not last:
                self._fail(node, f"the member {node.name!r} needs its length")
            with self._core(node):
                return [(node.name, c.array(kind.item, 0))]
        if isinstance(kind, FunctionType) or kind is c.void:
            self._fail(node, f"the member {node.name!r} cannot be {spelled(qualified)}")
        if kind.size is None:
            self._fail(node, f"the member {node.name!r} has the incomplete type {kind}")
        return [(node.name, kind)]

    def _nameless_member(self, node: Any) -> list[tuple[str | None, Type]]:
        inner = node.type
        kind = type(inner).__name__
        if kind == "Enum" and inner.values is not None:
            self._tagged(inner)
            return []
        if kind not in ("Struct", "Union") or inner.decls is None or inner.name is not None:
            self._fail(inner, "this member has no name")
        return [(None, self._tagged(inner))]

    def _enum(self, node: Any, kind: str, body: Body, name: str | None) -> Type:
        values: dict[str, int] = {}
        following = 0
        for item in node.values.enumerators:
            value = following if item.value is None else self._integer(item.value)
            try:
                constant = constants.integer(value)
            except NotConstant as error:
                self._fail(item, str(error))
            old = self.scope.names.get(item.name)
            if item.name in values or old is not None and not (
                    isinstance(old, ConstantDeclaration) and old.constant.value == value):
                self._fail(item, f"{item.name!r} was declared before" + (f" as {described(old)}" if old else ""))
            values[item.name] = value
            # For the enumerators after it; below, the member of the class takes its place.
            self.scope.names[item.name] = ConstantDeclaration(constant, value)
            following = value + 1
        title = node.name or name
        made_class = declared_enum(title or "enum", tuple(values.items()))
        with self._core(node):
            made = c.enum(made_class, base=self._base(node, values.values(), body))
        for member, value in values.items():
            python_value = made_class.__members__.get(member, value) if title else value
            declaration = ConstantDeclaration(constants.integer(value), python_value)
            self.scope.names[member] = self.declared[member] = declaration
        if node.name:
            tag = self.scope.tags.setdefault(node.name, Tag(kind, made))
            if tag.type.enum is not made_class or tag.type.size != made.size:
                self._fail(node, f"{tag.type} was defined before with other members")
            self.declared_tags[node.name] = tag
            made = tag.type
        return made

    def _base(self, node: Any, values: Iterable[int], body: Body) -> Type:
        """Return the integer type that gcc chooses for an enum."""
        candidates = [c.uint, c.int, c.ulong, c.long, c.ulonglong, c.longlong]
        for attribute in body.attributes:
            if attribute.name != "packed":
                raise attribute.token.error(f"the attribute {attribute.name!r} does nothing to an enum")
            candidates = [c.uchar, c.schar, c.ushort, c.short, *candidates]
        for candidate in candidates:
            kind = constants.ctype_of(candidate)
            if kind is not None and all(constants.in_range(value, kind) for value in values):
                return candidate
        self._fail(node, "no integer type holds all enumerators")


_INTEGER_WORDS = {"signed", "unsigned", "short", "long", "int"}


def _interchangeable(standard: Type, other: Type | FunctionType | UnknownArray) -> bool:
    """Say whether a user's typedef of a standard name agrees with the system's."""
    if not isinstance(other, Type):
        return False
    integers = {"signed", "unsigned", "wchar", "bool", "enum"}
    if standard.kind in ("wchar", "signed", "unsigned", "bool"):
        same_sign = standard.kind == other.kind or standard.kind in ("wchar", "bool")
        return other.kind in integers and same_sign and other.size == standard.size
    return other.kind == standard.kind


