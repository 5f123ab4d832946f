"""The syntax of declarations and expressions, as the parser finds it."""
from __future__ import annotations

from dataclasses import dataclass, field

from libffi._reader.tokens import Token


@dataclass(slots=True)
class Attributes:
    """What attributes say of a layout: `packed`, and the expressions of others."""

    packed: Token | None = None
    aligned: list[tuple[Token, Expression | TypeName | None]] = field(default_factory=list)
    vector_size: tuple[Token, Expression] | None = None
    mode: Token | None = None
    struct: dict[str, str] = field(default_factory=dict)    # what c.struct() takes: _layout_, _byteorder_
    convention: str = ""                                    # the ABI of functions, which is of the declarator

    def __bool__(self) -> bool:
        return bool(self.packed or self.aligned or self.vector_size or self.mode or self.struct)


# Declarations.


@dataclass(slots=True)
class Tagged:
    """`struct tag {...}` and its like; what is in the braces is None where there are none."""

    kind: str                           # struct, union or enum
    place: Token                        # the tag, or the brace
    tag: str | None
    attributes: Attributes
    members: list[Declaration] | None = None
    enumerators: list[tuple[Token, Expression | None]] | None = None
    pack: int = 0                       # what #pragma pack said at the closing brace


@dataclass(slots=True)
class Specifiers:
    """What stands before the first declarator: the type is words of C's own, a typedef's name or a tagged one."""

    place: Token
    words: list[str]
    name: Token | None
    tagged: Tagged | None
    const: bool
    storage: str                        # "" or extern, static, typedef ...
    attributes: Attributes


@dataclass(slots=True)
class Pointer:
    """`*`, and what `aligned` says of it."""

    place: Token
    const: bool
    attributes: Attributes = field(default_factory=Attributes)


@dataclass(slots=True)
class ArrayOf:
    """`[length]`; in a parameter, the length may be what no constant can be."""

    place: Token
    length: Expression | None
    expressed: bool                     # whether something stands between the brackets


@dataclass(slots=True)
class FunctionOf:
    """`(parameters)`"""

    place: Token
    parameters: list[Declaration]
    variadic: bool
    convention: str = ""                # in libffi's words


@dataclass(slots=True)
class Declarator:
    """A declared name and how its type is made of the specifiers' one, step by step."""

    place: Token                        # the name, or where it would be
    name: str | None
    steps: list[Pointer | ArrayOf | FunctionOf]
    attributes: Attributes
    symbol: str | None = None           # asm("symbol")
    bits: Expression | None = None
    value: Expression | None = None
    initialised: bool = False


@dataclass(slots=True)
class Declaration:
    """Specifiers and what they declare; a parameter and a type name have exactly one declarator."""

    specifiers: Specifiers
    declarators: list[Declarator]
    body: bool = False                  # a function's definition


TypeName = Declaration


@dataclass(slots=True)
class StaticAssert:
    """`_Static_assert(condition, "message")`."""

    place: Token
    condition: Expression


# Expressions.


@dataclass(slots=True)
class Literal:
    """A number, a character, a name, or a macro whose value is known."""

    place: Token


@dataclass(slots=True)
class Strings:
    """String literals one after another."""

    place: Token
    tokens: list[Token]


@dataclass(slots=True)
class Unary:
    """An operator before its operand; sizeof and _Alignof may have a type."""

    place: Token
    operator: str
    operand: Expression | TypeName


@dataclass(slots=True)
class Binary:
    """Operators of the same or falling precedence, from left to right."""

    first: Expression
    rest: list[tuple[Token, Expression]]


@dataclass(slots=True)
class Conditional:
    """`condition ? positive : negative`"""

    condition: Expression
    positive: Expression
    negative: Expression


@dataclass(slots=True)
class Cast:
    """`(type)operand`"""

    place: Token
    type: TypeName
    operand: Expression


@dataclass(slots=True)
class Call:
    """`function(arguments)`, which is no constant."""

    place: Token                        # the function's name
    arguments: list[Expression]


@dataclass(slots=True)
class OffsetOf:
    """`offsetof(type, member.or[item])`"""

    place: Token
    type: TypeName
    path: list[Token | Expression]


@dataclass(slots=True)
class Member:
    """`operand.name` or `operand->name`"""

    place: Token
    operand: Expression
    name: Token
    arrow: bool


@dataclass(slots=True)
class Index:
    """`operand[index]`"""

    place: Token
    operand: Expression
    index: Expression


Expression = Literal | Strings | Unary | Binary | Conditional | Cast | Call | OffsetOf | Member | Index


def place_of(expression: Expression) -> Token:
    """Return the token that an expression begins with."""
    while True:
        match expression:
            case Binary(first=first):
                expression = first
            case Conditional(condition=condition):
                expression = condition
            case _:
                return expression.place
