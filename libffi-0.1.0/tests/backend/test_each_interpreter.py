"""The C API in several interpreters: each has its own table and objects, and is told when it uses another one's."""
from __future__ import annotations

import pytest
from helpers import extensions
from helpers.interpreters import KINDS, ON_LINUX
from helpers.surroundings import shared_by_workers

pytestmark = ON_LINUX

LOAD = '''
import importlib.util
def load(name):
    spec = importlib.util.spec_from_file_location(name, f"{folder}/{name}.so")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
'''


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    made = shared_by_workers(tmp_path_factory)
    for name in "each", "one_table":
        if not (made / f"{name}.so").exists():
            extensions.compile_files(made / f"{name}.so", [extensions.SOURCES / f"{name}.c"], "-std=c11")
    return made


@pytest.fixture
def in_extensions(in_interpreters, folder):
    """Run a source in which load(name) imports an extension, here and in other interpreters."""

    def run(source, gil):
        in_interpreters(f"LOAD = '''folder = {str(folder)!r}{LOAD}'''\nexec(LOAD)\n{source}", gil)

    return run


@KINDS
def test_objects_of_another_interpreter(in_extensions, gil):
    """Each error names what it is and both interpreters; nothing happens to the objects."""
    in_extensions("""
from libffi import CIF, Library, c
each = load("each")
cif, library, point = CIF(c.int, [c.double]), Library("c"), c.struct("point", x=c.int)
memory = point.new(x=1)
things = {
    "type": (id(point), "Type"), "cif": (id(cif), "CIF"), "signature": (id(point), "Type"),
    "value": (id(memory), "Struct"), "handle": (each.handle(cif), "CIF"),
    "types of handle": (each.handle(cif), "CIF"), "library": (id(library), "LoadedLibrary"),
}
other = create()
run(other, LOAD + '''
each = load("each")
for what, (address, name) in things.items():
    try:
        each.use(what, address)
    except TypeError as error:
        text = str(error)
    else:
        raise AssertionError(what)
    assert text.startswith("libffi_") and f"a libffi._ffi.{name} of interpreter 0, used in interpreter 1" in text, text
''', things=things)
assert library.symbol("abs") and memory.x == 1
interpreters.destroy(other)
""", gil)


@KINDS
def test_the_table_of_another_interpreter(in_extensions, gil):
    in_extensions("""
each = load("each")
assert each.use_table("code", each.table()).name == "int"
other = create()
run(other, LOAD + '''
each = load("each")
assert each.table() != table
assert each.use_table("code", each.table()).name == "int"
for what in "code", "codes", "features", "library", "object":
    try:
        each.use_table(what, table)
    except RuntimeError as error:
        assert "the C API of interpreter 0, used in interpreter 1" in str(error), error
    else:
        raise AssertionError(what)
assert each.use_table("runs elsewhere", table)
''', table=each.table())
interpreters.destroy(other)
""", gil)


@KINDS
def test_a_table_says_when_its_interpreter_has_ended(in_extensions, gil):
    in_extensions("""
import os
each = load("each")
reading, writing = os.pipe()
other = create()
run(other, LOAD + "import os; os.write(writing, str(load('each').table()).encode())", writing=writing)
table = int(os.read(reading, 99))
assert each.use_table("runs elsewhere", table)
assert not each.use_table("runs elsewhere", each.table())
interpreters.destroy(other)
assert not each.use_table("runs elsewhere", table)
exec(USE)
""", gil)


@KINDS
def test_one_table_for_one_interpreter_at_a_time(in_extensions, gil):
    """What one that runs has is not taken away; after its end another one may have it."""
    in_extensions("""
import os
first, second = create(), create()
run(first, LOAD + "module = load('one_table'); assert module.int_type().name == 'int'")
run(second, LOAD + '''
try:
    load("one_table")
except ImportError as error:
    assert "the table of another interpreter, which still runs" in str(error), error
else:
    raise AssertionError("imported")
''')
run(first, "assert module.int_type().name == 'int'")
interpreters.destroy(first)
run(second, "assert load('one_table').int_type().name == 'int'")
""", gil)


@KINDS
def test_a_closure_freed_in_another_interpreter(in_extensions, gil):
    """Its signature is let go of in its own."""
    in_extensions("""
import weakref
from libffi import CIF, c
each = load("each")
cif = CIF(c.short, [c.struct("only_here", x=c.int)])
closure, gone = each.make_closure(cif), weakref.ref(cif)
del cif
other = create()
run(other, LOAD + "load('each').free_closure(closure)", closure=closure)
interpreters.destroy(other)
assert gone() is not None
each.free_closure(each.make_closure(CIF(c.int, [])))
assert gone() is None
""", gil)
