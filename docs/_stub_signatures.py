"""A Sphinx extension: what autodoc shows of a compiled class or function has the types of the stubs.

Cython keeps no annotations, and the docstrings give none twice: `src/libffi/*.pyi` is where they stand.
"""
import ast
from pathlib import Path

STUBS = Path(__file__).parents[1] / "src" / "libffi"
SHOWN = 3      # overloads of one name; one that has more shows its plain signature


def functions_of(body, prefix=""):
    """Yield (qualified name, the definition) of a stub's functions and methods, in order."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node.body, f"{prefix}{node.name}.")


def collect():
    found = {}
    for path in sorted(STUBS.glob("*.pyi")):
        for name, node in functions_of(ast.parse(path.read_text()).body):
            found.setdefault(name, []).append(node)
    return found


SIGNATURES = collect()


def without_self(arguments):
    plain = ast.arguments(**{field: getattr(arguments, field) for field in arguments._fields})
    for part in ("posonlyargs", "args"):
        names = getattr(plain, part)
        if names and names[0].arg in ("self", "cls", "cls_"):
            setattr(plain, part, names[1:])
            break
    return plain


def signature(app, what, name, obj, options, text, returned):
    """Give the stub's signature in place of what Cython's objects say."""
    qualified = name.removeprefix("libffi.").removeprefix("c.")
    definitions = SIGNATURES.get(qualified) or SIGNATURES.get(f"{qualified}.__new__") or \
        SIGNATURES.get(f"{qualified}.__init__") or []
    if what not in ("class", "function", "method") or not 0 < len(definitions) <= SHOWN:
        return None
    one = definitions[0]
    arguments = one.args if what == "function" else without_self(one.args)
    result = ast.unparse(one.returns) if one.returns and what != "class" else None
    return f"({ast.unparse(arguments)})", result


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", signature)
    return {"parallel_read_safe": True}
