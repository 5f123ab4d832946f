"""The stub of libffi.c, which stubtest does not compare: its scalars are classes to checkers only."""
import ast
from pathlib import Path

import libffi
from libffi import Type, c

STUB = ast.parse(Path(libffi.__file__).with_name("c.pyi").read_text())
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
PYTHON = {"void": "_Void", "bool": "_Bool", "char": "_Char", "wchar": "_Wide", "signed": "_Int", "unsigned": "_Int",
          "float": "_Float", "complex": "_Complex", "pointer": "_Pointer", "string": "_String", "bytes": "_Bytes",
          "wstring": "_WideString", "object": "_Object"}


def test_the_same_names() -> None:
    [names] = [node.value for node in STUB.body if isinstance(node, ast.Assign)]
    assert sorted(ast.literal_eval(names)) == sorted(c.__all__)
    scalars = {name for name in c.__all__ if isinstance(getattr(c, name), Type)} - {"va_list"}
    assert {name for name in CLASSES if not name.startswith("_")} == scalars


def test_the_same_values() -> None:
    for name, node in CLASSES.items():
        if not name.startswith("_"):
            [base] = map(ast.unparse, node.bases)
            assert base == PYTHON[getattr(c, name).kind], name
