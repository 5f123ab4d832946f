"""Formulas as the module's tables spell them: Python's operators, which libffi._macros gives C's meaning."""
import math

from libffi import Type
from libffi import _arithmetic as arithmetic
from libffi._arithmetic import Constant, CType
from libffi._bindgen.contents import python_name
from libffi._bindgen.formulas import COMPARISONS, LOGICAL, PREFIX, Formula, is_number, operand_of
from libffi._bindgen.spelling import RESERVED, Names, TableSpeller
from libffi._reader import tree

# How tightly Python binds: what is in parentheses, and what need not be.
_CHOICE, _OR, _AND, _NOT, _COMPARISON, _UNARY, _ATOM = 0, 1, 2, 3, 4, 10, 11
_LEVELS = {**dict.fromkeys(COMPARISONS, _COMPARISON), "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9,
           "*": 9.5, "/": 9.5, "%": 9.5}
_DECIMAL = 10_000       # larger numbers are more often masks

_Text = tuple[str, float]       # and how tightly its last operator binds


def formula_parameters(formula: Formula, names: Names) -> dict[str, str]:
    """Return the Python names of a formula's parameters, by those of C; they hide nothing that its text may use."""
    found: dict[str, str] = {}
    for given in formula.parameters:
        name = python_name(given.removeprefix(PREFIX))
        if name.startswith("__") or name == "_":
            plain = name.strip("_")
            name = f"{plain}_" if plain.isidentifier() else f"arg{plain}"
        while name in RESERVED or names.is_taken(name) or name in found.values():
            name += "_"
        found[given] = name
    return found


class FormulaSpeller:
    """Writes one formula after the other."""

    def __init__(self, names: Names, spell: TableSpeller) -> None:
        self._names = names
        self._spell = spell
        self._formula: Formula
        self._parameters: dict[str, str] = {}
        self.parameters: dict[str, dict[str, str]] = {}     # of each formula that has a line

    def line(self, name: str, formula: Formula) -> str:
        """Return a formula's line in the table."""
        self._formula = formula
        for part, kind in formula.casts.items():
            if part in formula.statics:
                self._spell(kind)       # it may be given a name now
        self._parameters = self.parameters[name] = formula_parameters(formula, self._names)
        parameters = ", ".join(
            f"{self._parameters[given]}={'number' if kind is None else self._spell(kind)}"
            for given, kind in formula.parameters.items())
        result = f" -> {self._spell(formula.result)}" if formula.result is not None else ""
        return f"{name}({parameters}){result} = {self._text(formula.expression)[0]}"

    def _text(self, node: tree.Expression) -> _Text:
        formula = self._formula
        if id(node) in formula.constants:
            return self._constant(node, formula.constants[id(node)])
        match node:
            case tree.Literal():
                return self._parameters[node.place.text], _ATOM
            case tree.Call():
                arguments = [self._function(node.place.text), *(self._text(part)[0] for part in node.arguments)]
                return f"call({', '.join(arguments)})", _ATOM
            case tree.Cast():
                return f"cast({self._spell(formula.casts[id(node)])}, {self._text(node.operand)[0]})", _ATOM
            case tree.Unary(operator="!"):
                return f"truth({self._condition(node)[0]})", _ATOM
            case tree.Unary():
                return f"{node.operator}{self._in(self._number(operand_of(node)), _UNARY)}", _UNARY
            case tree.Binary():
                text = self._chain(node)
                return (f"truth({text[0]})", _ATOM) if node.rest[-1][0].text in LOGICAL else text
            case tree.Conditional():
                return self._conditional(node)
        raise AssertionError(node)

    def _in(self, text: _Text, level: float) -> str:
        """Return a text as it stands beside an operator."""
        return text[0] if text[1] >= level else f"({text[0]})"

    def _number(self, node: tree.Expression) -> _Text:
        """Return an operand: what a call gives becomes a number with its type."""
        text = self._text(node)
        static = self._formula.statics[id(node)]
        if isinstance(node, tree.Call) and isinstance(static, Type):
            return f"cast({self._spell(static)}, {text[0]})", _ATOM
        return text

    def _truth(self, node: tree.Expression) -> _Text:
        """Return what is compared or true, which may be an address."""
        if is_number(self._formula.statics.get(id(node))) or self._is_null(node):
            return self._number(node)
        return f"address({self._text(node)[0]})", _ATOM

    def _condition(self, node: tree.Expression) -> _Text:
        """Return what is true or not, for Python's `not`, `and`, `or` and `if`."""
        if isinstance(node, tree.Unary) and node.operator == "!":
            return f"not {self._in(self._condition(operand_of(node)), _NOT)}", _NOT
        if isinstance(node, tree.Binary) and node.rest[-1][0].text in LOGICAL:
            return self._chain(node)
        return self._truth(node)

    def _is_null(self, node: tree.Expression) -> bool:
        constant = self._formula.constants.get(id(node))
        return constant is not None and constant.value == 0

    def _chain(self, node: tree.Binary) -> _Text:
        """Return operators one after the other; the last may be Python's `and` or `or`, which give no number."""
        text, was_logical = self._truth(node.first), False
        if node.rest[0][0].text in LOGICAL:
            text = self._condition(node.first)
        for sign, operand in node.rest:
            logical = sign.text in LOGICAL
            if was_logical and not logical:
                text = f"truth({text[0]})", _ATOM
            if logical:
                word, level = ("and", _AND) if sign.text == "&&" else ("or", _OR)
                text = f"{self._in(text, level)} {word} {self._in(self._condition(operand), level)}", level
            else:
                # Python's comparisons make a chain of more than one, C's do not.
                place = _LEVELS[sign.text]
                left = self._in(text, place + (0.1 if place == _COMPARISON else 0))
                text = f"{left} {sign.text} {self._in(self._truth(operand), place + 0.1)}", place
            was_logical = logical
        return text

    def _conditional(self, node: tree.Conditional) -> _Text:
        condition = self._in(self._condition(node.condition), _OR)
        if not is_number(self._formula.statics[id(node)]):
            positive, negative = (self._in(self._text(side), _OR) for side in (node.positive, node.negative))
            return f"{positive} if {condition} else {negative}", _CHOICE
        positive, negative = (self._in(self._number(side), _OR) for side in (node.positive, node.negative))
        deciding = self._deciding(node)
        others = [] if len(deciding) == 1 and deciding.isdisjoint(self._parameters.values()) else sorted(deciding)
        return f"chosen({', '.join([f'{positive} if {condition} else {negative}', *others])})", _ATOM

    def _deciding(self, node: tree.Expression) -> set[str]:
        """Return operands whose types decide the type of an expression, computing nothing."""
        formula = self._formula
        constant = formula.constants.get(id(node))
        static = formula.statics[id(node)]
        if constant is not None:
            return {self._zero(arithmetic.promoted(constant).type)}
        if isinstance(static, Type):
            kind = arithmetic.ctype_of(static)
            assert kind is not None
            return {self._zero(arithmetic.promoted(Constant(0, kind)).type)}
        match node:
            case tree.Literal():
                return {self._parameters[node.place.text]}
            case tree.Unary() if node.operator != "!":
                return self._deciding(operand_of(node))
            case tree.Conditional():
                return self._deciding(node.positive) | self._deciding(node.negative)
            case tree.Binary():
                found = self._deciding(node.first)
                for sign, operand in node.rest:
                    if sign.text in LOGICAL or sign.text in COMPARISONS:
                        found = {"0"}
                    elif sign.text not in ("<<", ">>"):
                        found |= self._deciding(operand)
                return found
        return {"0"}

    def _zero(self, kind: CType) -> str:
        return "0" if kind == arithmetic.INT else "0.0" if kind == arithmetic.DOUBLE else f"cast({_SCALAR[kind]}, 0)"

    def _function(self, name: str) -> str:
        public = self._names.public(name)
        return f'own("{public}")' if public in RESERVED else public

    def _constant(self, node: tree.Expression, constant: Constant) -> _Text:
        value, kind = constant.value, constant.type
        if isinstance(value, bytes):
            return repr(value.decode("utf-8", "surrogateescape")), _ATOM
        if kind.is_address:
            static = self._formula.statics[id(node)]
            return ("None" if value == 0 or not isinstance(static, Type) else
                    f"cast({self._spell(static)}, {value})"), _ATOM
        if isinstance(value, float):
            text = repr(value) if math.isfinite(value) else "nan" if value != value else "inf" if value > 0 else "-inf"
        else:
            assert isinstance(value, int)
            constant = arithmetic.promoted(constant)
            kind = constant.type
            text = str(value) if abs(value) < _DECIMAL else hex(value)
        if kind in (arithmetic.INT, arithmetic.DOUBLE):
            return text, _UNARY if text.startswith("-") else _ATOM
        return f"cast({_SCALAR[kind]}, {text})", _ATOM


_SCALAR = {arithmetic.UINT: "uint", arithmetic.LONG: "long", arithmetic.ULONG: "ulong",
           arithmetic.LONGLONG: "longlong", arithmetic.ULONGLONG: "ulonglong", arithmetic.FLOAT: "float"}
