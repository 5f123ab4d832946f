"""Macros with parameters that are expressions: what their parameters are, and that C's rules can be kept in Python."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from libffi import DeclarationError, Type, c
from libffi import _arithmetic as arithmetic
from libffi._arithmetic import Constant
from libffi._bindgen import macros
from libffi._reader import ExpressionReader, FunctionDeclaration, Parsed, tree

PREFIX = "libffi_"      # of parameters, which then are called like nothing else


def parameter_names(macro: macros.Macro) -> list[str]:
    """Return names for a macro's parameters that nothing else is called."""
    return [PREFIX + name for name in macro.parameters or ()]


def calls_of(parametric: list[macros.Macro]) -> list[macros.Macro]:
    """Return what the preprocessor is to expand: each macro with its parameters, nothing for those that vary."""
    return [macros.Macro(f"{macro.name}({', '.join(parameter_names(macro))})" if not is_variadic(macro) else "",
                         None, "", macro.place) for macro in parametric]


def is_variadic(macro: macros.Macro) -> bool:
    """Say whether a macro takes any number of arguments."""
    return any(name.endswith("...") for name in macro.parameters or ())


def makes_words(macro: macros.Macro, text: str) -> bool:
    """Say whether a macro makes words or text of its parameters (`#x`, `a##x`), not of their values."""
    names = set(parameter_names(macro))
    return any(PREFIX in literal for literal in macros.STRINGS.findall(text)) or any(
        word not in names for word in re.findall(rf"\w*{PREFIX}\w+", text))


class _NoFormula(Exception):
    """A macro is nothing that Python's numbers can compute."""


class _Number:
    """What an expression is whose type depends on that of the arguments."""


class _Null:
    """What a null pointer constant is."""


Static = Type | type[_Number] | type[_Null]     # what is known of an expression's type
NUMBER: type[_Number] = _Number
NULL: type[_Null] = _Null


@dataclass(slots=True)
class Formula:
    """A macro that is an expression: its parameters, of which None is any number."""

    parameters: dict[str, Type | None]
    expression: tree.Expression
    constants: dict[int, Constant]      # of the parts that have no parameters, by id()
    statics: dict[int, Static]          # of the others
    casts: dict[int, Type]              # the types that casts name
    integral: set[str]                  # the parameters that must be integers
    addresses: set[str]                 # those that may be addresses, which are made integers
    called: dict[str, FunctionDeclaration]

    @property
    def result(self) -> Type | None:
        """Return the type of the result; None where it depends on the arguments."""
        static = self.statics[id(self.expression)]
        return static if isinstance(static, Type) else None

    def is_floating(self, given: bool) -> bool:
        """Say whether the result is a floating number when the arguments are, or are not."""
        return self._floating(self.expression, given)

    def _floating(self, node: tree.Expression, given: bool) -> bool:
        if id(node) in self.constants:
            return not self.constants[id(node)].type.is_integer
        static = self.statics[id(node)]
        match node:
            case _ if isinstance(static, Type):
                return static.kind == "float"
            case tree.Literal():
                return given and node.place.text not in self.integral
            case tree.Unary():
                return node.operator != "!" and self._floating(operand_of(node), given)
            case tree.Binary():
                floating = self._floating(node.first, given)
                for sign, operand in node.rest:
                    floating = sign.text not in INTEGER_RESULT and (floating or self._floating(operand, given))
                return floating
            case tree.Conditional():
                return self._floating(node.positive, given) or self._floating(node.negative, given)
        return False


COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
LOGICAL = frozenset(("&&", "||"))
BITS = frozenset(("%", "&", "|", "^", "<<", ">>"))
INTEGER_RESULT = COMPARISONS | LOGICAL | BITS


def parts_of(node: tree.Expression) -> Iterator[tree.Expression]:
    """Yield the expressions that one is made of."""
    match node:
        case tree.Unary(operand=operand) if not isinstance(operand, tree.Declaration):
            yield operand
        case tree.Binary():
            yield node.first
            yield from (part for _, part in node.rest)
        case tree.Conditional():
            yield from (node.condition, node.positive, node.negative)
        case tree.Cast():
            yield node.operand
        case tree.Call():
            yield from node.arguments


def operand_of(node: tree.Unary) -> tree.Expression:
    """Return what an operator stands before."""
    assert not isinstance(node.operand, tree.Declaration)
    return node.operand


def is_number(static: Static | None) -> bool:
    """Say whether arithmetic can be done with it, as Python does it."""
    if isinstance(static, Type):
        kind = arithmetic.ctype_of(static)
        return kind is not None and not kind.is_address and kind is not arithmetic.LONGDOUBLE and kind.size <= 8
    return static is NUMBER


def _is_address(static: Static | None) -> bool:
    return static is NULL or (isinstance(static, Type) and static.kind == "pointer")


class FormulaMaker:
    """Finds the macros that are formulas."""

    def __init__(self, header: Parsed, has_symbol: Callable[[str], str]) -> None:
        self._reader = ExpressionReader(header.scope)
        self._header = header
        self._has_symbol = has_symbol

    def formula(self, macro: macros.Macro, text: str) -> Formula | None:
        """Return what a macro computes, by its expansion; None for what is no such thing."""
        names = parameter_names(macro)
        if is_variadic(macro) or makes_words(macro, text) or macros.why_no_expression(text):
            return None
        try:
            return _Analysis(self._reader, self._function, names, self._reader.read(text)).formula
        except (DeclarationError, _NoFormula, RecursionError):
            return None


    def _function(self, name: str) -> FunctionDeclaration | None:
        """Return a function that one of the libraries has."""
        found = self._header.names.get(name)
        return found if isinstance(found, FunctionDeclaration) and not self._has_symbol(found.symbol) else None


class _Analysis:
    """What is known of each part of one macro's expression."""

    def __init__(
        self, reader: ExpressionReader, function: Callable[[str], FunctionDeclaration | None], names: list[str],
        expression: tree.Expression,
    ) -> None:
        self._reader = reader
        self._function = function
        self._used: dict[str, list[bool]] = {}  # whether each use is as an address that is an integer
        self._passed: dict[str, set[Type]] = {}
        self._cast: set[str] = set()        # to pointers
        self._names = frozenset(names)
        self.formula = made = Formula(dict.fromkeys(names), expression, {}, {}, {}, set(), set(), {})
        self._find_constants(expression)
        self._find_uses(expression)
        if self._used.keys() != self._names:
            raise _NoFormula("it does not use its parameters")
        for name in names:
            kinds = self._passed.get(name, set())
            if len(kinds) > 1:
                raise _NoFormula("a parameter is passed as different types")
            made.parameters[name] = next(iter(kinds), c.pointer if name in self._cast else None)
        static = self._static(expression)
        if names and (isinstance(expression, tree.Literal) or static is NULL):
            raise _NoFormula("it computes nothing")
        made.addresses = {name for name, uses in self._used.items() if all(uses)}

    def _find_constants(self, node: tree.Expression) -> bool:
        """Compute what has no parameters and calls; say whether a part is such."""
        if isinstance(node, tree.Member | tree.Index):
            raise _NoFormula("what only C has")
        if isinstance(node, tree.Call) or (isinstance(node, tree.Literal) and node.place.text in self._names):
            for part in parts_of(node):
                self._find_constants(part)
            return False
        parts = [self._find_constants(part) for part in parts_of(node)]
        if isinstance(node, tree.Binary):
            self._join_constants(node)
        if isinstance(node, tree.Cast):
            kind = self._reader.type(node.type)
            if kind is None:
                raise _NoFormula("a cast to no value")
            self.formula.casts[id(node)] = kind
            if kind is c.void:
                return False
        if not all(parts):
            return False
        self._compute(node)
        return True

    def _join_constants(self, node: tree.Binary) -> None:
        """Make one part of the constants that a chain of operators begins with: of ints Python makes no int of C's."""
        constants = self.formula.constants
        while len(node.rest) > 1 and id(node.first) in constants and id(node.rest[0][1]) in constants:
            node.first = tree.Binary(node.first, node.rest[:1])
            node.rest = node.rest[1:]
            self._compute(node.first)

    def _compute(self, node: tree.Expression) -> None:
        constant = self._reader.constant(node)
        if constant.type is arithmetic.LONGDOUBLE or constant.type.size > 8 and not isinstance(constant.value, bytes):
            raise _NoFormula("a constant that Python has no number for")
        if isinstance(constant.value, str):
            raise _NoFormula("wide text")
        self.formula.constants[id(node)] = constant

    def _find_uses(self, node: tree.Expression, integral: bool = False, address: bool = False) -> None:
        """Find what is done with the parameters; what an integer is made of must be integers."""
        formula = self.formula
        match node:
            case _ if id(node) in formula.constants:
                return
            case tree.Literal():
                self._used.setdefault(node.place.text, []).append(address)
                if integral:
                    formula.integral.add(node.place.text)
                return
            case tree.Call():
                for kind, argument in zip(self._callee(node).cif.argtypes, node.arguments, strict=True):
                    if isinstance(argument, tree.Literal) and not is_number(kind) \
                            and id(argument) not in formula.constants:
                        self._passed.setdefault(argument.place.text, set()).add(kind)
                    self._find_uses(argument)
                return
            case tree.Cast():
                operand, kind = node.operand, formula.casts[id(node)]
                if isinstance(operand, tree.Literal) and kind.kind == "pointer":
                    self._cast.add(operand.place.text)
                holds = kind.kind in ("signed", "unsigned") and kind.size == c.pointer.size
                self._find_uses(operand, address=holds)
                return
            case tree.Unary():
                integral = node.operator == "~" or (integral and node.operator in "+-")
            case tree.Binary():
                for sign, operand in reversed(node.rest):
                    integral = sign.text in BITS or (integral and sign.text not in INTEGER_RESULT)
                    self._find_uses(operand, integral)
                self._find_uses(node.first, integral)
                return
            case tree.Conditional():
                self._find_uses(node.condition)
                self._find_uses(node.positive, integral)
                self._find_uses(node.negative, integral)
                return
            case _:
                raise _NoFormula("what C computes with types")
        for part in parts_of(node):
            self._find_uses(part, integral)

    def _callee(self, call: tree.Call) -> FunctionDeclaration:
        name = call.place.text
        function = self.formula.called.get(name) or self._function(name)
        if function is None:
            raise _NoFormula("a call of what the library does not have")
        if len(call.arguments) != len(function.cif.argtypes):
            raise _NoFormula("a call with variable arguments")
        self.formula.called[name] = function
        return function

    def _static(self, node: tree.Expression) -> Static:
        """Return what is known of an expression's type, which must make sense."""
        made = self.formula.statics[id(node)] = self._found(node)
        return made

    def _found(self, node: tree.Expression) -> Static:
        formula = self.formula
        constant = formula.constants.get(id(node))
        if constant is not None:
            if isinstance(constant.value, bytes):
                return c.string
            if not constant.type.is_address:
                return NUMBER
            return NULL if constant.value == 0 else formula.casts.get(id(node), c.pointer)
        match node:
            case tree.Literal():
                return formula.parameters[node.place.text] or NUMBER
            case tree.Call():
                function = self._callee(node)
                for kind, argument in zip(function.cif.argtypes, node.arguments, strict=True):
                    self._check_argument(kind, argument)
                return function.cif.restype
            case tree.Cast():
                return self._found_cast(formula.casts[id(node)], self._static(node.operand))
            case tree.Unary():
                static = self._static(operand_of(node))
                if node.operator == "!" and (is_number(static) or _is_address(static)):
                    return NUMBER
                if node.operator in ("+", "-", "~") and is_number(static):
                    return NUMBER
            case tree.Binary():
                return self._found_binary(node)
            case tree.Conditional():
                self._check_truth(self._static(node.condition))
                sides = self._static(node.positive), self._static(node.negative)
                if all(map(is_number, sides)):
                    return NUMBER
                kinds = {side for side in sides if side is not NULL}
                if len(kinds) == 1 and (_is_address(one := kinds.pop()) or one is c.void):
                    return one
        raise _NoFormula("no arithmetic")

    def _found_cast(self, kind: Type, operand: Static) -> Static:
        simple = is_number(operand) or _is_address(operand)
        if kind is c.void or (is_number(kind) and simple) or (kind.kind == "pointer" and simple) or kind is operand:
            return kind
        raise _NoFormula("a cast to what Python does not cast to")

    def _found_binary(self, node: tree.Binary) -> Static:
        left, zero = self._static(node.first), self._is_zero(node.first)
        for sign, operand in node.rest:
            right = self._static(operand)
            if sign.text in LOGICAL:
                self._check_truth(left)
                self._check_truth(right)
            elif not (is_number(left) and is_number(right)):
                nothing = zero or self._is_zero(operand)
                if sign.text not in ("==", "!=") or not (_is_address(left) or _is_address(right)) or not nothing:
                    raise _NoFormula("arithmetic with addresses")
            left, zero = NUMBER, False
        return left

    def _is_zero(self, node: tree.Expression) -> bool:
        constant = self.formula.constants.get(id(node))
        return constant is not None and constant.value == 0

    def _check_truth(self, static: Static) -> None:
        if not is_number(static) and not _is_address(static):
            raise _NoFormula("neither true nor false")

    def _check_argument(self, kind: Type, argument: tree.Expression) -> None:
        given = self._static(argument)
        if is_number(kind):
            fits = is_number(given)
        elif given is NULL or given is kind:
            fits = True
        elif self._is_zero(argument):
            fits = kind.kind in ("pointer", "string", "function")
        else:
            fits = isinstance(given, Type) and given.kind == kind.kind == "pointer" and (
                given.item is kind.item or c.void in (given.item, kind.item))
        if not fits:
            raise _NoFormula("an argument of another type")


def has_no_calls(formula: Formula) -> bool:
    """Say whether a formula is a computation with numbers only."""
    waiting: list[Any] = [formula.expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree.Call):
            return False
        waiting += parts_of(node)
    return all(kind is None for kind in formula.parameters.values())
