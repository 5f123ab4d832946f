"""A Lisp: reader, macros, an evaluator with tail calls. Its way to C is foreign.py, which is libffi.

    python examples/lisp/lisp.py PROGRAM.lisp      run a program
    python examples/lisp/lisp.py                   read, evaluate, print, again

Lists are Python lists, numbers and strings are Python's, `#t` and `#f` are True and False.
"""
import operator
import re
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


class LispError(Exception):
    """What a Lisp program did wrong, or raised."""


class Unfinished(LispError):
    """A program that ends inside an expression."""


class Symbol(str):
    """A name; equal ones are the same object."""

    __slots__ = ()
    table: "dict[str, Symbol]" = {}

    def __repr__(self):
        return str(self)


def symbol(name):
    return Symbol.table.setdefault(name, Symbol(name))


# ---- reader ----

TOKEN = re.compile(r"""\s*(?:;[^\n]*\n\s*)*(,@|[()'`,]|"(?:\\.|[^"\\])*"|"|;[^\n]*|[^\s()'"`,;]+)""")
SHORT = {"'": "quote", "`": "quasiquote", ",": "unquote", ",@": "unquote-splicing"}
ESCAPES = {r"\n": "\n", r"\t": "\t", r"\"": '"', r"\\": "\\"}


def tokens_of(text):
    """Return a program's tokens, the last one first."""
    found = [token for token in TOKEN.findall(text) if not token.startswith(";")]
    return found[::-1]


def read(tokens):
    """Take one expression off the tokens."""
    if not tokens:
        raise Unfinished("the program ends inside an expression")
    token = tokens.pop()
    if token == "(":
        items = []
        while not tokens or tokens[-1] != ")":
            items.append(read(tokens))
        tokens.pop()
        return items
    if token == ")":
        raise LispError("unexpected )")
    if token == '"':
        raise Unfinished("the program ends inside a string")
    return [symbol(SHORT[token]), read(tokens)] if token in SHORT else atom(token)


def atom(token):
    if token in ("#t", "#f"):
        return token == "#t"
    if token[0] == '"':
        return re.sub(r"\\.", lambda match: ESCAPES.get(match[0], match[0]), token[1:-1])
    for number in (lambda text: int(text, 0), float):
        try:
            return number(token)
        except ValueError:
            pass
    return symbol(token)


def show(value):
    """Write a value as the reader would read it."""
    match value:
        case True | False:
            return "#t" if value else "#f"
        case None:
            return "nil"
        case list():
            return f"({' '.join(map(show, value))})"
        case Symbol():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return str(value) if isinstance(value, (int, float)) else f"#<{value}>"


# ---- evaluator ----

class Scope(dict):
    """Names and values, inside another scope."""

    def __init__(self, names=(), values=(), outer=None):
        self.outer = outer
        if isinstance(names, Symbol):                   # (lambda rest ...)
            names, values = [names], [list(values)]
        elif len(names) > 1 and names[-2] == ".":       # (lambda (a . rest) ...)
            fixed = len(names) - 2
            if len(values) < fixed:
                raise LispError(f"expected at least {fixed} arguments, got {len(values)}")
            names, values = [*names[:fixed], names[-1]], [*values[:fixed], list(values[fixed:])]
        if len(names) != len(values):
            raise LispError(f"expected {len(names)} arguments, got {len(values)}")
        self.update(zip(names, values, strict=True))

    def find(self, name):
        scope = self
        while scope is not None:
            if name in scope:
                return scope
            scope = scope.outer
        raise LispError(f"{name} is not defined")


class Procedure:
    """A lambda; Python, and through it C, calls it like any function."""

    def __init__(self, names, body, scope):
        self.names, self.body, self.scope = names, body, scope
        self.__name__ = "lambda"

    def __call__(self, *values):
        return evaluate(self.body, Scope(self.names, values, self.scope))

    def __str__(self):
        return f"procedure {self.__name__}"


macros: dict[str, Callable[..., object]] = {}


def body_of(expressions):
    return expressions[0] if len(expressions) == 1 else [symbol("begin"), *expressions]


def evaluate(x, scope):
    """Evaluate an expression; a call in tail position goes round the loop."""
    while True:
        if isinstance(x, Symbol):
            return scope.find(x)[x]
        if not isinstance(x, list) or not x:
            return x
        match x:
            case ["quote", value]:
                return value
            case ["quasiquote", template]:
                return fill(template, scope)
            case ["if", condition, yes, *no]:
                x = yes if evaluate(condition, scope) is not False else no[0] if no else None
            case ["define", [name, *names], *body]:     # (define (name . names) body ...)
                scope[name] = Procedure(names, body_of(body), scope)
                scope[name].__name__ = str(name)
                return name
            case ["define", name, value]:
                scope[name] = evaluate(value, scope)
                return name
            case ["set!", name, value]:
                scope.find(name)[name] = evaluate(value, scope)
                return None
            case ["lambda", names, *body]:
                return Procedure(names, body_of(body), scope)
            case ["define-macro", [name, *names], *body]:
                macros[name] = Procedure(names, body_of(body), scope)
                return name
            case ["begin", *expressions]:
                for expression in expressions[:-1]:
                    evaluate(expression, scope)
                x = expressions[-1] if expressions else None
            case ["try", expression, ["catch", name, *handler]]:
                try:
                    return evaluate(expression, scope)
                except Exception as error:              # Lisp's, Python's, and what C reported
                    x, scope = body_of(handler), Scope([name], [error], scope)
            case [Symbol() as name, *arguments] if name in macros:
                x = macros[name](*arguments)
            case _:
                function, *values = [evaluate(item, scope) for item in x]
                if not isinstance(function, Procedure):
                    if not callable(function):
                        raise LispError(f"{show(function)} is no procedure")
                    return function(*values)
                x, scope = function.body, Scope(function.names, values, function.scope)


def fill(template, scope):
    """Fill in a quasiquoted template."""
    match template:
        case ["unquote", value]:
            return evaluate(value, scope)
        case list():
            result = []
            for item in template:
                if isinstance(item, list) and item[:1] == ["unquote-splicing"]:
                    result += evaluate(item[1], scope)
                else:
                    result.append(fill(item, scope))
            return result
    return template


# ---- what is there from the start ----

def compare(relation):
    return lambda *values: all(relation(a, b) for a, b in zip(values, values[1:], strict=False))


def lisp_raise(*parts):
    raise LispError(" ".join(part if isinstance(part, str) else show(part) for part in parts))


def display(*values):
    print(*(value if isinstance(value, str) else show(value) for value in values))


def minus(first, *rest):
    return reduce(operator.sub, rest, first) if rest else -first


BUILTINS = {
    "+": lambda *values: sum(values), "-": minus,
    "*": lambda *values: reduce(operator.mul, values, 1), "/": operator.truediv,
    "quotient": operator.floordiv, "remainder": operator.mod,
    "=": compare(operator.eq), "<": compare(operator.lt), ">": compare(operator.gt),
    "<=": compare(operator.le), ">=": compare(operator.ge),
    "not": lambda value: value is False, "eq?": operator.is_, "equal?": operator.eq,
    "list": lambda *items: list(items), "cons": lambda first, rest: [first, *rest],
    "car": lambda items: items[0], "cdr": lambda items: items[1:], "null?": lambda items: items == [],
    "length": len, "append": lambda *lists: [item for items in lists for item in items],
    "list-ref": lambda items, index: items[index], "range": lambda *limits: list(range(*limits)),
    "map": lambda f, *lists: [f(*items) for items in zip(*lists, strict=True)],
    "filter": lambda f, items: [item for item in items if f(item) is not False],
    "apply": lambda f, values: f(*values), "string-append": lambda *parts: "".join(parts),
    "number->string": str, "string-length": len, "nil": None,
    "display": display, "error": lisp_raise, "error-message": str,
    "error-kind": lambda error: symbol(type(error).__name__),
}


def new_world():
    """Return a scope with the built-ins, the way to C, and the prelude."""
    import foreign

    builtins = Scope()
    world = Scope(outer=builtins)
    builtins.update({symbol(name): value for name, value in {**BUILTINS, **foreign.BUILTINS}.items()})
    run((HERE / "prelude.lisp").read_text(), builtins)
    return world


def run(text, scope):
    """Run a program, if all of it can be read; give the value of its last expression."""
    tokens, program, value = tokens_of(text), [], None
    while tokens:
        program.append(read(tokens))
    for expression in program:
        value = evaluate(expression, scope)
    return value


def repl(world):
    text = ""
    while True:
        try:
            text += input("  " if text else "> ") + "\n"
            value = run(text, world)
            if value is not None:
                print(show(value))
        except EOFError:
            return
        except Unfinished:
            continue
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
        text = ""


if __name__ == "__main__":
    sys.modules["lisp"] = sys.modules["__main__"]   # the one that foreign.py imports
    if sys.argv[1:]:
        try:
            run(Path(sys.argv[1]).read_text(), new_world())
        except Exception as error:
            sys.exit(f"{sys.argv[1]}: {type(error).__name__}: {error}")
    else:
        repl(new_world())
