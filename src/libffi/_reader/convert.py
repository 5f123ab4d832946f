"""Turn declarations into types, functions, variables and constants."""
import sys
from dataclasses import replace

from libffi import Type, c
from libffi._arithmetic import truth
from libffi._reader.macros import Macro
from libffi._reader.records import Records
from libffi._reader.scope import (
    STANDARD,
    SYSTEM,
    FunctionDeclaration,
    FunctionType,
    Qualified,
    UnknownArray,
    VariableDeclaration,
    described,
    spelled,
)
from libffi._reader.scope import (
    Declaration as Meaning,
)
from libffi._reader.tokens import Token
from libffi._reader.tree import Declaration, Declarator, Specifiers, StaticAssert, place_of


class Converter(Records):
    """Adds declarations to a scope."""

    def add(self, declaration: Declaration | StaticAssert) -> None:
        """Declare what a declaration declares."""
        place = declaration.specifiers.place if isinstance(declaration, Declaration) else declaration.place
        self.line = place.line
        if isinstance(declaration, StaticAssert):
            if not truth(self.evaluate(declaration.condition)):
                raise declaration.place.error("this static assertion does not hold")
            return
        specifiers = declaration.specifiers
        if not declaration.declarators:
            self._bare(specifiers)
            return
        typedef = specifiers.storage == "typedef"
        direct = next((d.name for d in declaration.declarators if not d.steps), None) if typedef else None
        base = self.base(specifiers, direct)
        for declarator in declaration.declarators:
            if typedef:
                self._typedef(base, specifiers, declarator)
            else:
                self._object(base, specifiers, declarator)

    def put(self, place: Token, name: str, meaning: Meaning) -> None:
        """Let a name stand for something; it may not have stood for something else."""
        old = self.scope.names.get(name)
        if old is not None and old != meaning and self.scope.covered.get(name) != meaning:
            raise place.error(f"{name!r} was declared before as {described(old)}")
        self.scope.put_name(name, meaning)
        self.declared[name] = meaning
        self.lines[name] = self.line

    def put_macro(self, macro: Macro, meaning: Meaning | None) -> None:
        """Let a name stand for what a macro makes of it, if anything, also where this text declared it before."""
        name, old = macro.name, self.declared.get(macro.name)
        if old is not None and old != meaning:
            self.scope.cover(name)
            del self.declared[name]
        self.line = macro.token.line
        if meaning is not None:
            self.put(macro.token, name, meaning)

    def _bare(self, specifiers: Specifiers) -> None:
        """Take `struct s;`, `struct s {...};` and `enum {...};`."""
        tagged = specifiers.tagged
        if specifiers.storage == "typedef":
            raise specifiers.place.error("this typedef names nothing")
        if tagged is None:
            raise specifiers.place.error("this declares nothing")
        if tagged.tag is None and tagged.kind != "enum":
            raise tagged.place.error("a struct or union without a tag declares nothing")
        if tagged.members is None and tagged.enumerators is None:
            self.reference(tagged, declares=True)
        else:
            self.tagged(tagged)

    def _typedef(self, base: Qualified, specifiers: Specifiers, declarator: Declarator) -> None:
        place, name = declarator.place, declarator.name
        assert name is not None
        if declarator.initialised:
            raise place.error(f"the typedef {name!r} has a value")
        qualified = self.declared_type(base, specifiers, declarator)
        if isinstance(qualified.type, UnknownArray):
            raise place.error("a typedef of an array needs its length")
        # gcc takes those that stand before the declarators last.
        asked = self.type_alignment(specifiers.attributes) or self.type_alignment(declarator.attributes)
        if asked:
            qualified = Qualified(qualified.type, qualified.const, asked)
        standard, before = _standard(name, qualified.type), self.scope.names.get(name)
        if before is not None and not (isinstance(before, Qualified) and before.type is standard):
            standard = None
        if standard is not None and not _interchangeable(standard, qualified.type):
            raise place.error(f"{name} is {standard} on this system, not {spelled(qualified)}")
        if standard is not None and (
                standard.kind in ("wchar", "signed", "unsigned") or _is_opaque(qualified)):
            qualified = replace(qualified, type=standard)       # a header's wchar_t is text, too
        self.put(place, name, qualified)

    def _object(self, base: Qualified, specifiers: Specifiers, declarator: Declarator) -> None:
        """Take a function, a variable or a constant."""
        place, name = declarator.place, declarator.name
        assert name is not None
        qualified = self.declared_type(base, specifiers, declarator)
        symbol = name if declarator.symbol is None else declarator.symbol
        if declarator.symbol is not None and sys.platform == "darwin":
            symbol = symbol.removeprefix("_")       # compilers there put it before C names, and so does dlsym
        kind = qualified.type
        self.no_va_list(place, qualified)
        if declarator.initialised:
            self._initialised(specifiers, declarator, qualified)
        elif isinstance(kind, FunctionType):
            self.put(place, name, FunctionDeclaration(name, symbol, kind.cif, kind.parameters))
        else:
            if isinstance(kind, Type) and kind.kind == "array" and not kind.length and kind.item is not None:
                qualified = Qualified(UnknownArray(kind.item, qualified.const), qualified.const)
            elif isinstance(kind, Type) and kind.size is None:
                raise place.error(f"the variable {name!r} has the incomplete type {kind}")
            if kind is c.void:
                raise place.error(f"the variable {name!r} is void")
            self.put(place, name, VariableDeclaration(name, symbol, qualified))

    def _initialised(self, specifiers: Specifiers, declarator: Declarator, qualified: Qualified) -> None:
        """Take `static const int N = 10;`, a constant in all but name."""
        place, name = declarator.place, declarator.name
        assert name is not None and declarator.value is not None
        if not qualified.const or specifiers.storage == "extern":
            raise place.error(f"{name!r}: only constants may have a value here")
        constant = self.evaluate(declarator.value)
        kind = qualified.type
        if isinstance(kind, UnknownArray | FunctionType) or kind.kind == "array":
            item = kind.item if not isinstance(kind, FunctionType) else None
            if item is not c.char or not isinstance(constant.value, bytes):
                raise place.error(f"{name!r}: only numbers and strings may have a value here")
        else:
            constant = self.converted(place_of(declarator.value), constant, qualified)
        self.put(place, name, self.meaning_of(place, constant))


def _standard(name: str, own: Type | FunctionType | UnknownArray) -> Type | None:
    """Return what a name is to the system, where a text's own typedef of it has to agree.

    Names of POSIX's integers are free where its headers are not included; with 32 bits they have
    two sizes (_FILE_OFFSET_BITS), and the text says which.
    """
    if name in SYSTEM and (
            c.pointer.size < 8 or not isinstance(own, Type) or own.kind not in ("signed", "unsigned")):
        return None
    return STANDARD.get(name)


def _is_opaque(qualified: Qualified) -> bool:
    return isinstance(qualified.type, Type) and qualified.type.size is None


def _interchangeable(standard: Type, other: Type | FunctionType | UnknownArray) -> bool:
    """Say whether a user's typedef of a standard name agrees with the system's."""
    if not isinstance(other, Type):
        return False
    integers = {"signed", "unsigned", "wchar", "bool", "enum"}
    if standard.kind in ("wchar", "signed", "unsigned", "bool"):
        same_sign = standard.kind == other.kind or standard.kind in ("wchar", "bool")
        return other.kind in integers and same_sign and other.size == standard.size
    return other.kind == standard.kind
