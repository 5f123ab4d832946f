"""Make types of specifiers and declarators."""
import sys
from typing import Any

from libffi import ABI, CIF, Type, c
from libffi._arithmetic import Constant, NotConstant, in_python
from libffi._reader.expressions import Expressions
from libffi._reader.scope import (
    STANDARD,
    ConstantDeclaration,
    FunctionType,
    Qualified,
    Scope,
    UnknownArray,
    spelled,
)
from libffi._reader.tokens import Token
from libffi._reader.tree import (
    ArrayOf,
    Attributes,
    Declaration,
    Declarator,
    FunctionOf,
    Pointer,
    Specifiers,
    Tagged,
    TypeName,
    place_of,
)
from libffi._reader.words import NEVER_VARIADIC

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
_INTEGER_WORDS = {"signed", "unsigned", "short", "long", "int"}

# gcc's modes: how many bytes an integer has, and which floating type it is.
_INTEGER_MODES = {"QI": 1, "byte": 1, "HI": 2, "SI": 4, "DI": 8, "TI": 16,
                  **dict.fromkeys(("word", "pointer", "unwind_word"), c.pointer.size)}
_FLOATING_MODES = {"SF": c.float, "DF": c.double, "SC": c.complex_float, "DC": c.complex_double}
_SIGNED = {1: c.int8, 2: c.int16, 4: c.int32, 8: c.int64, 16: c.int128}
_UNSIGNED = {1: c.uint8, 2: c.uint16, 4: c.uint32, 8: c.uint64, 16: c.uint128}

# What `const char *` can be, by what the user wants.
STRINGS = {"text": c.string, "bytes": c.bytes, "pointer": c.ptr(c.char, const=True)}


class Types(Expressions):
    """The part of the converter that makes types; what has a tag is left to it."""

    def __init__(self, scope: Scope, strings: str = "text") -> None:
        super().__init__(scope)
        if strings not in STRINGS:
            raise ValueError(f'declare() strings: expected "text", "bytes" or "pointer", got {strings!r}')
        self._string = STRINGS[strings]
        self._text = strings == "text"

    def tagged(self, tagged: Tagged, name: str | None = None) -> Type:
        """Return a struct, union or enum; one without a tag is called like the typedef that it is for."""
        raise NotImplementedError

    def type_of(self, name: TypeName) -> Qualified:
        """Return the type that specifiers and their one declarator make."""
        return self.declared_type(self.base(name.specifiers), name.specifiers, name.declarators[0])

    def meaning_of(self, place: Token, constant: Constant) -> ConstantDeclaration:
        """Return a constant as Python sees it: text is what `const char *` would be."""
        try:
            value = in_python(constant)
        except NotConstant as error:
            raise place.error(str(error)) from None
        if self._text and isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        return ConstantDeclaration(constant, value)

    # What stands before the declarators.

    def base(self, specifiers: Specifiers, name: str | None = None) -> Qualified:
        """Return the type that specifiers name."""
        if specifiers.tagged is not None:
            return Qualified(self.tagged(specifiers.tagged, name), specifiers.const)
        if specifiers.name is not None:
            word = specifiers.name.text
            found = self.scope.names.get(word)
            if found is None:
                return Qualified(STANDARD[word], specifiers.const)
            assert isinstance(found, Qualified)
            return Qualified(found.type, found.const or specifiers.const, found.alignment)
        words = sorted(specifiers.words)
        if len(words) > 1 and "int" in words:
            words.remove("int")
        basic = _BASIC.get(" ".join(words))
        if basic is None or ("int" in specifiers.words and not set(words) <= _INTEGER_WORDS) \
                or specifiers.words.count("int") > 1:
            raise specifiers.place.error(f"{' '.join(specifiers.words)!r} is no type")
        return Qualified(basic, specifiers.const)

    # Declarators.

    def declared_type(self, base: Qualified, specifiers: Specifiers, declarator: Declarator) -> Qualified:
        """Return the type that a declarator makes of its specifiers' type."""
        result = base
        if specifiers.attributes:
            result = self._attributed(result, specifiers.attributes)
        if declarator.attributes:
            result = self._attributed(result, declarator.attributes)
        functions = [step for step in declarator.steps if isinstance(step, FunctionOf)]
        if convention := declarator.attributes.convention or specifiers.attributes.convention:
            if functions:
                functions[-1].convention = functions[-1].convention or convention
            else:
                result = self._called_otherwise(specifiers.place, result, convention)
        for step in declarator.steps:
            match step:
                case Pointer():
                    result = Qualified(self._pointer(step.place, result), step.const,
                                       self.type_alignment(step.attributes))
                case ArrayOf():
                    result = self._array(step, result)
                case FunctionOf():
                    result = self._function(step, result)
        return result

    def _attributed(self, base: Qualified, attributes: Attributes) -> Qualified:
        """Return the base type as `vector_size` and `mode` change it, wherever they stand."""
        kind = base.type
        if attributes.mode is not None:
            kind = self._of_mode(base, attributes.mode)
        if attributes.vector_size is not None:
            word, expression = attributes.vector_size
            size = self.integer(expression)
            if not isinstance(kind, Type) or not kind.size or size <= 0 or size % kind.size:
                raise word.error(f"no vector of {size} bytes can be made of {spelled(base)}")
            with self.core(word):
                kind = c.vector(kind, size // kind.size)
        return base if kind is base.type else Qualified(kind, base.const)

    def _of_mode(self, base: Qualified, mode: Token) -> Type:
        kind, name = base.type, mode.text.strip("_")
        if isinstance(kind, Type):
            if name in _INTEGER_MODES and kind.kind in ("signed", "unsigned", "char", "bool", "enum"):
                sizes = _SIGNED if kind.kind == "signed" or kind is c.char else _UNSIGNED
                return sizes[_INTEGER_MODES[name] or 0]
            if name in _FLOATING_MODES and kind.kind in ("float", "complex"):
                return _FLOATING_MODES[name]
        raise mode.error(f"{spelled(base)} has no mode {mode.text}")

    def alignment(self, attributes: Attributes) -> int:
        """Return what the attribute `aligned` asks for, of several the strictest, as for members; 0 for nothing."""
        return max((self._asked_alignment(word, asked) for word, asked in attributes.aligned), default=0)

    def type_alignment(self, attributes: Attributes) -> int:
        """Return the same for a type: there each takes the place of the one before."""
        return [0, *(self._asked_alignment(word, asked) for word, asked in attributes.aligned)][-1]

    def _asked_alignment(self, word: Token, asked: Any) -> int:
        if asked is None:
            return BIGGEST_ALIGNMENT
        if isinstance(asked, Declaration):
            qualified = self.type_of(asked)
            return qualified.alignment or self._complete(asked.specifiers.place, qualified).alignment or 0
        value = self.integer(asked)
        if value < 0 or value & (value - 1) or (value == 0 and not word.text.lower().endswith("alignas")):
            raise word.error(f"an alignment must be a power of two, not {value}")
        return value

    def _pointer(self, place: Token, target: Qualified) -> Type:
        made: Type
        self.no_va_list(place, target)
        with self.core(place):
            kind = target.type
            if isinstance(kind, FunctionType):
                made = c.func(kind.cif)
            elif isinstance(kind, UnknownArray):
                raise TypeError("a pointer to an array needs the array's length")
            elif kind is c.void and not target.const:
                made = c.pointer
            elif kind is c.char and target.const:
                made = self._string
            elif kind is c.wchar_t and target.const:
                made = c.wstring
            else:
                made = c.ptr(kind, const=True) if target.const else c.ptr(kind)
        return made

    def no_va_list(self, place: Token, qualified: Qualified) -> None:
        """Refuse a va_list that is no parameter: c.va_list is what a parameter of that type becomes."""
        if qualified.type is c.va_list:
            raise place.error("a va_list is known as a parameter only")

    def _array(self, step: ArrayOf, item: Qualified) -> Qualified:
        kind = item.type
        self.no_va_list(step.place, item)
        if not isinstance(kind, Type) or kind is c.void or kind.size is None:
            raise step.place.error(f"an array of {spelled(item)} cannot be made")
        if step.length is None:
            return Qualified(UnknownArray(kind, item.const), item.const, item.alignment)
        length = self.integer(step.length)
        if length < 0:
            raise place_of(step.length).error(f"an array of length {length}")
        if length * kind.size > sys.maxsize:
            raise place_of(step.length).error("this array is too large")
        with self.core(step.place):
            return Qualified(c.array(kind, length), item.const, item.alignment)

    def _function(self, step: FunctionOf, returned: Qualified) -> Qualified:
        result = returned.type
        self.no_va_list(step.place, returned)
        if not isinstance(result, Type) or result.kind == "array":
            raise step.place.error(f"a function cannot return {spelled(returned)}")
        argtypes: list[Any] = []
        names = []
        for parameter in step.parameters:
            kind = self._parameter(parameter)
            if kind is c.void:
                declarator = parameter.declarators[0]
                if len(step.parameters) > 1 or step.variadic or declarator.name is not None:
                    raise parameter.specifiers.place.error("a parameter cannot be void")
                break
            argtypes.append(kind)
            names.append(parameter.declarators[0].name or "")
        if step.variadic:
            argtypes.append(...)
        with self.core(step.place):
            return Qualified(FunctionType(_signature(result, argtypes, step.convention), tuple(names)))

    def _called_otherwise(self, place: Token, base: Qualified, convention: str) -> Qualified:
        """Return a typedef's function, or pointer to functions, as one of a convention; others are what they are."""
        kind = base.type
        with self.core(place):
            if isinstance(kind, FunctionType):
                return Qualified(FunctionType(_of_convention(kind.cif, convention), kind.parameters))
            if isinstance(kind, Type) and kind.kind == "function":
                return Qualified(c.func(_of_convention(kind.cif, convention)), base.const)
        return base

    def _parameter(self, parameter: Declaration) -> Type:
        specifiers, declarator = parameter.specifiers, parameter.declarators[0]
        if specifiers.storage not in ("", "register"):
            raise specifiers.place.error(f"a parameter cannot be {specifiers.storage}")
        outermost = declarator.steps[-1] if declarator.steps else None
        if isinstance(outermost, ArrayOf):     # its length says nothing, and may be no constant
            outermost.length = None
        qualified = self.declared_type(self.base(specifiers), specifiers, declarator)
        kind = qualified.type
        if isinstance(kind, FunctionType):
            return self._pointer(declarator.place, qualified)
        if isinstance(kind, UnknownArray):
            return self._pointer(declarator.place, Qualified(kind.item, kind.const or qualified.const))
        if kind.kind == "array":
            assert kind.item is not None
            return self._pointer(declarator.place, Qualified(kind.item, qualified.const))
        if kind.size is None and kind is not c.void:
            raise declarator.place.error(f"a parameter has the incomplete type {kind}")
        return kind


def _signature(result: Type, argtypes: list[Any], convention: str) -> CIF:
    if not convention or (convention in NEVER_VARIADIC and argtypes[-1:] == [...]):
        return CIF(result, argtypes)
    return CIF(result, argtypes, abi=ABI[convention])


def _of_convention(cif: CIF, convention: str) -> CIF:
    return _signature(cif.restype, [*cif.argtypes, ...] if cif.variadic else [*cif.argtypes], convention)


# What gcc takes for `aligned` without a number.
BIGGEST_ALIGNMENT: int = 16
