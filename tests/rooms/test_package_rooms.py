"""The rooms of src/libffi: a C text goes one way through the reader, and what is private says so."""
import ast
import re
from pathlib import Path

import pytest

import libffi
import libffi._reader

PACKAGE = Path(libffi.__file__).parent
LINE = re.findall(r"^    (\w+)  ", libffi._reader.__doc__, re.MULTILINE)
PUBLIC = {"__init__", "__main__", "annotations", "bindgen", "c", "generated", "shim"}


def imported(file, package):
    """Return the modules of a package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0 or file.name == "__init__.py" or file.parent == PACKAGE, file
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found.update(name.removeprefix(f"{package}.").partition(".")[0] for name in names if name.startswith(package))
    return found


def test_the_line_names_every_module():
    assert {path.stem for path in (PACKAGE / "_reader").glob("*.py")} == {"__init__", *LINE}


@pytest.mark.parametrize("name", LINE)
def test_no_module_imports_one_that_comes_after_it(name):
    before = LINE[:LINE.index(name)]
    modules = imported(PACKAGE / "_reader" / f"{name}.py", "libffi._reader")
    assert modules <= set(before), f"{name} comes back to {sorted(modules - set(before))}"


def test_rooms_are_entered_by_their_face():
    """Others know the reader by what its __init__ offers; it knows the core and public types only."""
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "_reader":
            assert imported(path, "libffi._reader") <= set(libffi._reader.__all__), path
        else:
            assert not imported(path, "libffi") & {"_library", "_cli", "_search", "_stubs"}, path


def test_private_modules_have_an_underscore():
    assert {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")} | {
        "__init__", "__main__"} == PUBLIC


def test_names_that_wait_are_listed(run_python):
    """Some are imported when asked for; who looks before that sees them all the same."""
    printed = run_python("import libffi; print(sorted(set(libffi.__all__) - set(dir(libffi))))")
    assert printed == "[]\n"
