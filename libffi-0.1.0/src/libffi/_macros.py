"""C's macros with parameters in generated modules: Python's expressions, over numbers that keep C's rules.

    SDL_VERSIONNUM(X=number, Y=number, Z=number) = X * 1000 + Y * 100 + Z
    lua_pop(L=ptr(lua_State), n=number) -> void = call(lua_settop, L, -n - 1)

is what a module's table has of them. In the text each number is a `Number`, whose operators are C's: it has a type
of C's and is promoted, wraps and is divided as that type is. What C leaves undefined is an error.
"""
from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from libffi import ArgumentError, Memory, Pointer, Type, Value, c
from libffi import _arithmetic as arithmetic
from libffi._arithmetic import INT, Constant, CType, NotConstant

_ADDRESS = CType("void *", c.pointer.size or 0, False, 2, is_address=True)


class Number:
    """A number with its C type; the operators are C's."""

    __slots__ = ("constant",)

    def __init__(self, constant: Constant) -> None:
        self.constant = constant

    def __repr__(self) -> str:
        return f"<{self.constant.type.name} {self.constant.value!r}>"

    def __bool__(self) -> bool:
        return arithmetic.truth(self.constant)

    def __pos__(self) -> Number:
        return Number(arithmetic.unary("+", _computable(self)))

    def __neg__(self) -> Number:
        return Number(arithmetic.unary("-", _computable(self)))

    def __invert__(self) -> Number:
        return Number(arithmetic.unary("~", _computable(self)))


def _binary(sign: str, left: Any, right: Any) -> Number:
    return Number(arithmetic.binary(sign, _computable(left), _computable(right)))


def _compare(sign: str, left: Any, right: Any) -> Number:
    left, right = constant_of(left), constant_of(right)
    if left.type.is_address or right.type.is_address:
        left, right = Constant(left.value, arithmetic.ULONGLONG), Constant(right.value, arithmetic.ULONGLONG)
    return Number(arithmetic.binary(sign, left, right))


def _computable(value: Any) -> Constant:
    constant = constant_of(value)
    if constant.type.is_address:
        raise NotConstant("this needs numbers, not addresses")
    return constant


def _add_operators() -> None:
    def both(name: str, sign: str) -> None:
        setattr(Number, f"__{name}__", lambda left, right: _binary(sign, left, right))
        setattr(Number, f"__r{name}__", lambda right, left: _binary(sign, left, right))

    def comparison(name: str, sign: str) -> None:
        setattr(Number, f"__{name}__", lambda left, right: _compare(sign, left, right))

    for name, sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "mod": "%", "lshift": "<<", "rshift": ">>",
                       "and": "&", "or": "|", "xor": "^"}.items():
        both(name, sign)
    for name, sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}.items():
        comparison(name, sign)


_add_operators()


def constant_of(value: Any) -> Constant:
    """Return a value as C has it: an int is `int`, or the first of `unsigned`, `long`, ... that it fits."""
    match value:
        case Number():
            return value.constant
        case Value():
            kind = arithmetic.ctype_of(value.type)
            if kind is not None and not kind.is_address:
                return arithmetic.cast(constant_of(value.value), kind)
        case float():
            return Constant(value, arithmetic.DOUBLE)
        case None:
            return Constant(0, _ADDRESS)
        case Pointer():
            return Constant(value.address, _ADDRESS)
        case str():
            pass
        case _ if hasattr(value, "__index__"):
            return arithmetic.integer(operator.index(value))
        case _ if hasattr(value, "__float__"):
            return Constant(float(value), arithmetic.DOUBLE)
    raise NotConstant(f"expected a number, got {type(value).__name__}")


def words(as_type: Callable[[Any], Type]) -> dict[str, Any]:
    """Return what the texts call C's own."""

    def cast(kind: Any, value: Any) -> Any:
        kind = as_type(kind)
        target = arithmetic.ctype_of(kind)
        if kind is c.void:
            return None
        if target is not None and not target.is_address:
            return Number(arithmetic.cast(constant_of(value), target))
        if isinstance(value, Number):       # an address that was computed
            value = arithmetic.cast(value.constant, _ADDRESS).value or None
        return None if value is None else kind(c.pointer(value))

    return {"cast": cast, "call": _call, "truth": _truth, "chosen": _chosen, "address": _address, "void": c.void}


def _call(function: Any, *arguments: Any) -> Any:
    """Call a function of the library: numbers become what its parameters are, as in C."""
    given = list(arguments)
    for position, kind in enumerate(function.cif.argtypes[:len(given)]):
        target = arithmetic.ctype_of(kind)
        if target is not None and not target.is_address:
            given[position] = arithmetic.in_python(arithmetic.cast(constant_of(given[position]), target))
    return function(*given)


def _truth(value: Any) -> Number:
    """Return C's 1 or 0, of what `and`, `or` and `not` left."""
    return Number(Constant(int(bool(value)), INT))


def _chosen(value: Any, *others: Any) -> Number:
    """Return what `?:` chose, as the type that both sides have in common."""
    constant = arithmetic.promoted(_computable(value))
    common = Constant(0, constant.type)
    for other in others:
        common = arithmetic.balance(common, Constant(0, _computable(other).type))[0]
    return Number(arithmetic.cast(constant, common.type))


def _address(value: Any) -> Number:
    """Return a pointer, or memory, as something to compare."""
    pointer = c.pointer(value) if isinstance(value, Memory) else value
    return Number(constant_of(pointer))


def function_of(
    name: str, parameters: Mapping[str, Any], text: str, result: Type | None, resolve: Callable[[str], Any],
    as_type: Callable[[Any], Type],
) -> Callable[..., Any]:
    """Return a macro's function; its other names are looked up now, as those of the library may be missing."""
    own = words(as_type)
    code = compile(f"lambda {', '.join(parameters)}: {text}", f"<macro {name}>", "eval")
    (body,) = (constant for constant in code.co_consts if hasattr(constant, "co_names"))
    names = {used: own[used] if used in own else resolve(used) for used in body.co_names}
    expression: Callable[..., Any] = eval(code, {"__builtins__": {}, **names})
    count = len(parameters)
    is_number = [kind is None for kind in parameters.values()]
    read = result if result is not None and result.kind in ("bool", "char", "wchar", "enum") else None

    def macro(*arguments: Any) -> Any:
        if len(arguments) != count:
            raise ArgumentError.TypeError(
                f"{name}() takes {count} argument{'s' * (count != 1)}, got {len(arguments)}")
        place = ""
        try:
            taken = list(arguments)
            for position in range(count):
                if is_number[position]:
                    place = f" argument {position + 1}"
                    taken[position] = Number(constant_of(taken[position]))
            place = ""
            value = expression(*taken)
            if isinstance(value, Number):
                value = arithmetic.in_python(value.constant)
                return value if read is None else read(value).value
        except NotConstant as error:
            kind = getattr(ArgumentError, error.python.__name__, error.python)
            raise kind(f"{name}(){place}: {error}") from None
        return value

    macro.__name__ = macro.__qualname__ = name
    return macro
