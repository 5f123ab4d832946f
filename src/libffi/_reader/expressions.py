"""Compute the constant expressions in pycparser's syntax trees."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from libffi import DeclarationError, FFIError, Type
from libffi._reader import constants
from libffi._reader.constants import Constant, NotConstant
from libffi._reader.preprocess import Prepared, not_a_constant
from libffi._reader.scope import ConstantDeclaration, Declaration, Qualified, Scope, Tag, described, spelled
from libffi._reader.tokens import Token


class Expressions:
    """The part of the converter that knows places and values; the types are left to it."""

    def __init__(self, scope: Scope, prepared: Prepared) -> None:
        self.scope = scope
        self.prepared = prepared
        self.declared: dict[str, Declaration] = {}  # by this text, in its order
        self.declared_tags: dict[str, Tag] = {}
        self._here = 0
        self._macros: dict[str, Any] = {}  # name -> expression, until it is evaluated

    def _type(self, node: Any, name: str | None = None) -> Qualified:
        raise NotImplementedError

    # Places and errors.

    def _index(self, node: Any) -> int:
        """Return the index of a node's token: line 1 is the prelude."""
        if type(node).__name__ == "Typename":
            node = node.type  # older pycparsers give type names no place, or a wrong one
        while node is not None and getattr(node, "coord", None) is None:
            node = getattr(node, "type", None)
        if node is not None:
            self._here = node.coord.line - 2
        return self._here

    def _token(self, node: Any) -> Token:
        return self.prepared.token(self._index(node))

    def _fail(self, node: Any, message: str) -> NoReturn:
        index = self._index(node)
        macro = self.prepared.macro_at(index)
        if macro is not None:
            raise not_a_constant(macro, message)
        raise self.prepared.token(index).error(message)

    @contextmanager
    def _core(self, node: Any) -> Iterator[None]:
        """Give errors of the core the place of a node."""
        index = self._index(node)
        try:
            yield
        except (FFIError, TypeError, ValueError, OverflowError, MemoryError) as error:
            if hasattr(error, "line"):
                raise
            raise self.prepared.token(index).error(str(error)) from error

    def _add(self, node: Any, name: str, declaration: Declaration) -> None:
        old = self.scope.names.get(name)
        if old is None or old == declaration:
            self.scope.names[name] = declaration
        else:
            self._fail(node, f"{name!r} was declared before as {described(old)}")
        self.declared[name] = declaration

    # Constant expressions.

    def _macro(self, name: str) -> Constant:
        node = self._macros.pop(name)
        constant = self.evaluate(node)
        old = self.scope.names.get(name)
        if isinstance(old, ConstantDeclaration) and old.constant.value == constant.value:
            constant = old.constant
        else:
            self._add(node, name, ConstantDeclaration(constant, constant.value))
        self.declared[name] = self.scope.names[name]
        return constant

    def _integer(self, node: Any) -> int:
        value = self.evaluate(node).value
        if not isinstance(value, int):
            self._fail(node, "this must be an integer")
        return value

    def evaluate(self, node: Any) -> Constant:
        """Return the value of a constant expression."""
        handler: Callable[[Any], Constant] | None = getattr(self, f"_evaluate_{type(node).__name__}", None)
        if handler is None:
            self._fail(node, "this is not a constant expression")
        index = self._index(node)
        try:
            return handler(node)
        except NotConstant as error:
            self._here = index
            self._fail(None, str(error))

    def _evaluate_Constant(self, node: Any) -> Constant:
        index = self._index(node)
        token = self.prepared.token(index)
        if token.kind == "number":
            return constants.number(token.text)
        if token.kind == "char":
            return constants.character(token.text)
        texts = []
        while self.prepared.token(index).kind == "string":
            texts.append(self.prepared.token(index).text)
            index += 1
        return constants.string(texts)

    def _evaluate_ID(self, node: Any) -> Constant:
        found = self.scope.names.get(node.name)
        if found is None and node.name in self._macros:
            return self._macro(node.name)
        if not isinstance(found, ConstantDeclaration):
            raise NotConstant(f"{node.name!r} is not a known constant")
        return found.constant

    def _evaluate_UnaryOp(self, node: Any) -> Constant:
        if node.op not in ("sizeof", "_Alignof"):
            return constants.unary(node.op, self.evaluate(node.expr))
        if type(node.expr).__name__ != "Typename":
            return constants.cast(Constant(self.evaluate(node.expr).type.size, constants.SIZE_T), constants.SIZE_T)
        kind = self._complete(node.expr)
        return Constant((kind.size if node.op == "sizeof" else kind.alignment) or 0, constants.SIZE_T)

    def _complete(self, node: Any) -> Type:
        kind = self._type(node).type
        if not isinstance(kind, Type) or not kind.size:
            self._fail(node, "this type has no size")
        return kind

    def _evaluate_BinaryOp(self, node: Any) -> Constant:
        left = self.evaluate(node.left)
        if node.op in ("&&", "||"):
            value = constants.truth(left)
            if value == (node.op == "&&"):
                value = constants.truth(self.evaluate(node.right))
            return Constant(int(value), constants.INT)
        return constants.binary(node.op, left, self.evaluate(node.right))

    def _evaluate_TernaryOp(self, node: Any) -> Constant:
        chosen = constants.truth(self.evaluate(node.cond))
        constant = self.evaluate(node.iftrue if chosen else node.iffalse)
        if isinstance(constant.value, (bytes, str)):
            return constant
        try:  # the other side has a say in the type, not in the value
            other = self.evaluate(node.iffalse if chosen else node.iftrue)
            return constants.balance(constant, other)[0]
        except (DeclarationError, NotConstant):
            return constant

    def _evaluate_Cast(self, node: Any) -> Constant:
        return self._cast(node, self.evaluate(node.expr), self._type(node.to_type))

    def _cast(self, node: Any, constant: Constant, qualified: Qualified) -> Constant:
        kind = constants.ctype_of(qualified.type) if isinstance(qualified.type, Type) else None
        if kind is None:
            self._fail(node, f"a constant cannot be {spelled(qualified)}")
        return constants.cast(constant, kind)

    def _evaluate_FuncCall(self, node: Any) -> Constant:
        if getattr(node.name, "name", None) != "offsetof" or len(node.args.exprs) != 2:
            raise NotConstant("a function call is not a constant")
        kind = self._complete(node.args.exprs[0])
        path = node.args.exprs[1]
        if type(path).__name__ != "ID" or path.name not in kind.offsets:
            self._fail(path, f"offsetof needs a member of {kind}")
        return Constant(kind.offsets[path.name], constants.SIZE_T)
