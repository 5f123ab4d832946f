"""A Sphinx extension: what autodoc shows of a compiled class or function has the types of the stubs.

Cython keeps no annotations, and the docstrings give none twice: `src/libffi/*.pyi` is where they stand.
"""
import ast
from pathlib import Path

STUBS = Path(__file__).parents[1] / "src" / "libffi"
SHOWN = 3      # overloads of one name; one that has more shows its plain signature


def functions_of(body, prefix=""):
    """Yield (qualified name, the definition) of a stub's functions, methods and properties, in order."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node.body, f"{prefix}{node.name}.")


def bases_of(body):
    """Yield (class, the names of its bases)."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            plain = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
            yield node.name, [base.id for base in plain if isinstance(base, ast.Name)]


def collect():
    signatures, bases = {}, {}
    for path in sorted(STUBS.glob("*.pyi")):
        body = ast.parse(path.read_text()).body
        bases.update(bases_of(body))
        for name, node in functions_of(body):
            signatures.setdefault(name, []).append(node)
    return signatures, bases


def literals():
    """Return the stubs' short names for a few words."""
    found = {}
    for path in STUBS.glob("*.pyi"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.AnnAssign) and node.value and ast.unparse(node.value).startswith("Literal["):
                found[node.target.id] = node.value
    return found


SIGNATURES, BASES = collect()
LITERALS = literals()


class Spelled(ast.NodeTransformer):
    """Says the words themselves."""

    def visit_Name(self, node):
        """Return what a short name is for."""
        return LITERALS.get(node.id, node)


def spelled(node):
    return ast.unparse(Spelled().visit(node))


def definitions_of(qualified):
    """Return a stub's definitions of a name, which may stand in a base of its class."""
    owner, _, name = qualified.rpartition(".")
    found = next(filter(None, (SIGNATURES.get(f"{qualified}{made}") for made in ("", ".__new__", ".__init__"))), [])
    for base in BASES.get(owner, ()) if owner else ():
        found = found or definitions_of(f"{base}.{name}")
    return found


def without_self(arguments):
    plain = ast.arguments(**{field: getattr(arguments, field) for field in arguments._fields})
    for part in ("posonlyargs", "args"):
        names = getattr(plain, part)
        if names and names[0].arg in ("self", "cls", "cls_"):
            setattr(plain, part, names[1:])
            break
    return plain


def signature(app, what, name, obj, options, text, returned):
    """Give the stub's signature in place of what Cython's objects say; none where only others make instances."""
    definitions = definitions_of(name.removeprefix("libffi.").removeprefix("c."))
    if what not in ("class", "function", "method") or not 0 < len(definitions) <= SHOWN:
        return None
    one = definitions[0]
    arguments = one.args if what == "function" else without_self(one.args)
    shown = spelled(arguments)
    if "Never" in shown:
        return "", None
    return f"({shown})", spelled(one.returns) if one.returns and what != "class" else None


def type_of_property(app, what, name, obj, options, lines):
    """Give an attribute of a compiled class the type that the stub says."""
    definitions = definitions_of(name.removeprefix("libffi."))
    if what in ("attribute", "property") and definitions and definitions[0].returns:
        lines += ["", f":type: ``{spelled(definitions[0].returns)}``"]


def setup(app):
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-process-docstring", type_of_property)
    return {"parallel_read_safe": True}
