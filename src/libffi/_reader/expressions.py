"""Compute constant expressions."""
import functools
from collections.abc import Iterator
from contextlib import contextmanager

from libffi import DeclarationError, FFIError, Type, c
from libffi import _arithmetic as arithmetic
from libffi._arithmetic import Constant, NotConstant
from libffi._reader import constants
from libffi._reader.scope import (
    ConstantDeclaration,
    FunctionType,
    Qualified,
    Scope,
    UnknownArray,
    VariableDeclaration,
    spelled,
)
from libffi._reader.tokens import Token
from libffi._reader.tree import (
    Binary,
    Call,
    Cast,
    Conditional,
    Declaration,
    Expression,
    Index,
    Literal,
    Member,
    OffsetOf,
    Strings,
    TypeName,
    Unary,
    place_of,
)


class Expressions:
    """The part of the converter that knows values; the types are left to it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def type_of(self, name: TypeName) -> Qualified:
        """Return the type that is named in an expression."""
        raise NotImplementedError

    @contextmanager
    def core(self, place: Token) -> Iterator[None]:
        """Give errors of the core a place in the text."""
        try:
            yield
        except (FFIError, TypeError, ValueError, OverflowError) as error:
            if hasattr(error, "line"):
                raise
            raise place.error(str(error)) from error

    def integer(self, expression: Expression) -> int:
        """Return the value of an expression that must be an integer."""
        value = self.evaluate(expression).value
        if not isinstance(value, int):
            raise place_of(expression).error("this must be an integer")
        return value

    def evaluate(self, expression: Expression) -> Constant:
        """Return the value of a constant expression."""
        try:
            return self._value(expression)
        except NotConstant as error:
            raise place_of(expression).error(str(error)) from None

    @functools.singledispatchmethod
    def _value(self, expression: Expression) -> Constant:
        raise NotImplementedError

    @_value.register
    def _(self, literal: Literal) -> Constant:
        token = literal.place
        match token.kind:
            case "number":
                return constants.number(token.text)
            case "char":
                return constants.character(token.text)
            case "value":
                if not isinstance(token.constant, Constant):
                    raise NotConstant(str(token.constant))
                return token.constant
        found = self.scope.names.get(token.text)
        if not isinstance(found, ConstantDeclaration):
            raise NotConstant(f"{token.text!r} is not a known constant")
        return found.constant

    @_value.register
    def _(self, strings: Strings) -> Constant:
        return constants.string([token.text for token in strings.tokens])

    @_value.register
    def _(self, unary: Unary) -> Constant:
        operand = unary.operand
        if unary.operator not in ("sizeof", "_Alignof"):
            assert not isinstance(operand, Declaration)
            if unary.operator == "&":
                return self._pointer_to(operand)
            return arithmetic.unary(unary.operator, self.evaluate(operand))
        qualified = self.type_of(operand) if isinstance(operand, Declaration) else self._object_type(operand)
        if qualified is None:
            assert not isinstance(operand, Declaration)
            kind = self.evaluate(operand).type
            return arithmetic.cast(Constant(kind.size, arithmetic.SIZE_T), arithmetic.SIZE_T)
        place = operand.specifiers.place if isinstance(operand, Declaration) else place_of(operand)
        whole = self._complete(place, qualified)
        size = whole.size if unary.operator == "sizeof" else qualified.alignment or whole.alignment
        return Constant(size or 0, arithmetic.SIZE_T)

    def _complete(self, place: Token, qualified: Qualified) -> Type:
        kind = qualified.type
        if isinstance(kind, UnknownArray | FunctionType) or kind.size is None or kind in (c.void, c.va_list):
            raise place.error("this type has no size")
        return kind

    # Objects: of those that only C has the types are known here, and how far from an address their members are.

    def _object_type(self, expression: Expression) -> Qualified | None:
        """Return the type of what an expression stands for, None where it is a number or text."""
        match expression:
            case Literal(place=token):
                found = self.scope.names.get(token.text) if token.kind == "name" else None
                return found.type if isinstance(found, VariableDeclaration) else None
            case Cast(type=name):
                return self.type_of(name)
            case Strings():
                constant = self.evaluate(expression)
                return Qualified(c.array(c.char, constant.type.size)) if isinstance(constant.value, bytes) else None
            case Unary(operator="&", operand=operand):
                assert not isinstance(operand, Declaration)
                whole = self._object_type(operand)
                return Qualified(c.ptr(whole.type)) if whole is not None and isinstance(whole.type, Type) else None
            case Unary(operator="*", place=place, operand=operand) | Index(operand=operand, place=place):
                assert not isinstance(operand, Declaration)
                return self._behind(place, operand)
            case Member(operand=operand, name=name, arrow=arrow, place=place):
                kind = self._struct(place, operand, arrow)
                if name.text not in (kind.fields or ()) or kind.fields[name.text].kind == "bits":
                    raise name.error(f"{kind} has no member {name.text!r} with a size")
                return Qualified(kind.fields[name.text])
        return None

    def _behind(self, place: Token, operand: Expression) -> Qualified:
        """Return the type of what a pointer points to, or of an array's items."""
        whole = self._object_type(operand)
        kind = whole.type if whole is not None else None
        if isinstance(kind, UnknownArray):
            return Qualified(kind.item)
        if isinstance(kind, Type):
            item = c.char if kind in (c.string, c.bytes) else c.wchar_t if kind is c.wstring else kind.item
            if item is not None and kind.kind in ("pointer", "array", "string", "bytes", "wstring"):
                return Qualified(item)
        raise place.error("this needs a pointer or an array of a known type")

    def _struct(self, place: Token, operand: Expression, arrow: bool) -> Type:
        qualified = self._behind(place, operand) if arrow else self._object_type(operand)
        if qualified is None:
            raise place.error("this needs a struct or union")
        return self._complete(place, qualified)

    def _address(self, expression: Expression | TypeName) -> int:
        """Return the address of an object, where it is that of a constant pointer: `&((struct s *)0)->member`."""
        match expression:
            case Unary(operator="*", operand=operand) if not isinstance(operand, Declaration):
                return self.integer(operand)
            case Member(operand=operand, name=name, arrow=arrow, place=place):
                kind = self._struct(place, operand, arrow)
                if name.text not in (kind.offsets or ()) or kind.fields[name.text].kind == "bits":
                    raise name.error(f"{kind} has no member {name.text!r} with an address")
                return (self.integer(operand) if arrow else self._address(operand)) + kind.offsets[name.text]
            case Index(operand=operand, index=index, place=place):
                size = self._complete(place, self._behind(place, operand)).size or 0
                whole = self._object_type(operand)
                is_array = whole is not None and (isinstance(whole.type, UnknownArray) or (
                    isinstance(whole.type, Type) and whole.type.kind == "array"))
                return (self._address(operand) if is_array else self.integer(operand)) + self.integer(index) * size
        raise NotConstant("the address of what only C has")

    def _pointer_to(self, expression: Expression) -> Constant:
        """Return `&expression`."""
        found = self._object_type(expression)
        if found is None or not isinstance(found.type, Type):
            raise NotConstant("the address of what only C has")
        with self.core(place_of(expression)):
            kind = arithmetic.ctype_of(c.ptr(found.type))
        assert kind is not None
        return Constant(self._address(expression), kind)

    @_value.register(Member)
    @_value.register(Index)
    def _(self, part: Member | Index) -> Constant:
        if isinstance(part, Index) and isinstance(part.operand, Strings):
            text, at = self.evaluate(part.operand).value, self.integer(part.index)
            kind = arithmetic.ctype_of(c.char)
            if isinstance(text, bytes) and 0 <= at <= len(text) and kind is not None:
                return arithmetic.cast(Constant((text + b"\0")[at], arithmetic.INT), kind)
        found = self._object_type(part)
        if found is None or not isinstance(found.type, Type) or found.type.kind != "array":
            raise part.place.error("what only C has is not a constant")
        kind = arithmetic.ctype_of(c.ptr(found.type.item))
        assert kind is not None
        return Constant(self._address(part), kind)

    @_value.register
    def _(self, binary: Binary) -> Constant:
        result = self.evaluate(binary.first)
        for sign, operand in binary.rest:
            if sign.text in ("&&", "||"):
                value = arithmetic.truth(result)
                if value == (sign.text == "&&"):
                    value = arithmetic.truth(self.evaluate(operand))
                result = Constant(int(value), arithmetic.INT)
            else:
                result = arithmetic.binary(sign.text, result, self.evaluate(operand))
        return result

    @_value.register
    def _(self, conditional: Conditional) -> Constant:
        sides = conditional.positive, conditional.negative
        chosen, other = sides if arithmetic.truth(self.evaluate(conditional.condition)) else sides[::-1]
        constant = self.evaluate(chosen)
        if isinstance(constant.value, (bytes, str)):
            return constant
        try:  # the other side has a say in the type, not in the value
            return arithmetic.balance(constant, self.evaluate(other))[0]
        except (DeclarationError, NotConstant):
            return constant

    @_value.register
    def _(self, cast: Cast) -> Constant:
        return self.converted(cast.place, self.evaluate(cast.operand), self.type_of(cast.type))

    def converted(self, place: Token, constant: Constant, qualified: Qualified) -> Constant:
        """Return a constant as another type."""
        kind = arithmetic.ctype_of(qualified.type) if isinstance(qualified.type, Type) else None
        if kind is None:
            raise place.error(f"a constant cannot be {spelled(qualified)}")
        if isinstance(qualified.type, Type) and _points_to_text(qualified.type, constant.value):
            return Constant(constant.value, kind)
        try:
            return arithmetic.cast(constant, kind)
        except NotConstant as error:
            raise place.error(str(error)) from None

    @_value.register
    def _(self, call: Call) -> Constant:
        if (known := constants.BUILTINS.get(call.place.text)) is None:
            raise call.place.error("a function call is not a constant")
        return known

    @_value.register
    def _(self, offset: OffsetOf) -> Constant:
        kind = self._complete(offset.type.specifiers.place, self.type_of(offset.type))
        result = 0
        for step in offset.path:
            if isinstance(step, Token):
                if step.text not in (kind.offsets or ()):
                    raise step.error(f"offsetof needs a member of {kind}")
                result += kind.offsets[step.text]
                kind = kind.fields[step.text]
            else:
                if kind.kind != "array" or kind.item is None:
                    raise place_of(step).error(f"{kind} has no items")
                kind = kind.item
                result += self.integer(step) * (kind.size or 0)
        return Constant(result, arithmetic.SIZE_T)


def _points_to_text(kind: Type, text: object) -> bool:
    """Say whether a string literal cast to a type is still that string: `(char *)"abc"`."""
    item = kind.item
    if isinstance(text, bytes):
        return kind in (c.string, c.bytes) or (kind.kind == "pointer" and item is c.char)
    return isinstance(text, str) and (
        kind is c.wstring or (kind.kind == "pointer" and item is not None and item.size == c.wchar_t.size
                              and item.kind in ("wchar", "signed", "unsigned")))
