"""Calling conventions in declarations: what is called so, in C's words and in the compiler's."""
from __future__ import annotations

import importlib
import pickle
import shutil
import sys

import pytest

from libffi import ABI, CIF, DeclarationError, Library, bindgen, c, closure
from libffi._reader.scope import FunctionDeclaration, FunctionType, Scope
from libffi._reader.text import parse

WORDS = {"stdcall": "STDCALL"} if sys.platform == "win32" else {"stdcall": "STDCALL", "ms_abi": "GNUW64"}
WORD = next((word for word, abi in WORDS.items() if abi in ABI.__members__), "")
ATTR = f"__attribute__(({WORD}))"

if not WORD:
    pytest.skip("this machine has one convention", allow_module_level=True)

OTHER = ABI[WORDS[WORD]]
# What an attribute belongs to, by where it stands.
PLACES = """
    typedef int function(int); typedef function *pointer;
    int ATTR first(int a, double b);
    int last(int a, double b) ATTR;
    const char *ATTR text(int);
    int (ATTR *variable)(int);
    int (* ATTR variable_2)(int);
    int (ATTR *returned(int))(int);
    ATTR int (ATTR *both(int))(int);
    int (ATTR *table[3])(int);
    typedef int ATTR other(int);
    other of_a_typedef;
    other *variable_3;
    function ATTR of_a_plain_typedef;
    pointer ATTR gives_a_pointer(int);
    int with_callback(int (ATTR *callback)(int, int), int number);
    struct holder { int (ATTR *member)(int); int number; };
    int ATTR takes_a_holder(struct holder *);
    ATTR int (*of_a_declaration(int))(int);
    long ATTR (parenthesised)(long);
""".replace("ATTR", ATTR)
HEADER = """
    int ATTR plain(int a, double b, int d, int e, int f);
    int behind(int a, double b) ATTR;
    int (ATTR *chosen)(int);
    int (ATTR *returned(int))(int);
    ATTR int (ATTR *both(int))(int);
    int with_callback(int (ATTR *callback)(int, int), int number);
    struct holder { int (ATTR *member)(int); int number; };
    int ATTR takes_a_holder(struct holder *);
    int ATTR many(int, ...);
""".replace("ATTR", ATTR)
SOURCE = HEADER + """
    int ATTR plain(int a, double b, int d, int e, int f) { return a + 10 * (int)b + 100 * d + 1000 * e + 10000 * f; }
    int ATTR behind(int a, double b) { return a - (int)b; }
    static int ATTR next(int n) { return n + 1; }
    int (ATTR *chosen)(int) = next;
    int (ATTR *returned(int n))(int) { return n ? next : 0; }
    ATTR int (ATTR *both(int n))(int) { return n ? next : 0; }
    int with_callback(int (ATTR *callback)(int, int), int number) { return callback(number, 7); }
    int ATTR takes_a_holder(struct holder *held) { return held->member(held->number); }
    int ATTR many(int n, ...) { return n; }
""".replace("ATTR", ATTR)


@pytest.fixture(scope="module")
def path(compile_c):
    return compile_c(SOURCE, "conventions")


@pytest.fixture
def library(path):
    opened = Library(path)
    opened.declare(HEADER)
    return opened


def test_functions_are_called_so(library):
    assert library.plain.cif.abi is OTHER
    assert library.plain(1, 2.0, 3, 4, 5) == 54321 and library.behind(5, 3.0) == 2
    assert library.chosen.value(41) == 42
    assert library.returned.cif.abi is ABI.DEFAULT and library.returned(1)(41) == 42
    assert library.both.cif.abi is OTHER and library.both(1)(41) == 42


def test_closures_are_made_so(library):
    callback = library.with_callback.cif.argtypes[0].cif.closure(lambda a, b: 10 * a + b)
    assert library.with_callback(callback, 5) == 57
    holder = library["struct holder"].new(member=CIF(c.int, [c.int], abi=OTHER).closure(lambda n: n * 2), number=21)
    assert library.takes_a_holder(holder) == 42
    with pytest.raises(TypeError):      # C would call it otherwise
        library.with_callback(closure(c.int, [c.int, c.int])(lambda a, b: a), 1)


def test_variable_arguments(library):
    assert library.many(3, 4) == 3
    assert (library.many.cif.abi is OTHER) == (WORD == "ms_abi")    # the others' are called as C's functions are


def test_the_compiler_means_the_same(compile_c):
    """Each declaration beside the text that its type has here."""
    checks = []
    for name, declared in parse(PLACES, Scope(), "pointer").names.items():
        kind = declared.cif if isinstance(declared, FunctionDeclaration) else declared.type
        kind = getattr(kind, "type", kind)
        text = str(kind.cif if isinstance(kind, FunctionType) else kind)
        checks.append(f'_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {text}), "{name}: {text}");')
    assert len(checks) == 19 and sum(ATTR in check for check in checks) >= 16
    compile_c(PLACES + "\n".join(checks), "conventions_meant")


def test_a_type_is_its_text():
    function = CIF(c.int, [c.long], abi=OTHER)
    cif = CIF(c.ptr(c.char), [c.func(function), c.int], abi=OTHER)
    assert str(cif) == f"{ATTR} char *(int ({ATTR} *)(long), int)"
    library = Library(None)
    library.declare(f"typedef char *{ATTR} text(int ({ATTR} *)(long), int);", strings="pointer")
    assert library.text is c.func(cif)


def test_the_text_knows_better_than_options(path):
    library = Library(path)
    library.declare(f"int {ATTR} behind(int, double);", abi=ABI.DEFAULT)
    assert library.behind.cif.abi is OTHER
    again = Library(path)
    again.declare("int behind(int, double);", abi=OTHER)
    assert again.behind.cif.abi is OTHER and again.behind(5, 3.0) == 2


def test_it_is_another_type(library):
    with pytest.raises(DeclarationError, match="was declared before"):
        library.declare("int behind(int, double);")


def test_functions_are_pickled(library):
    again = pickle.loads(pickle.dumps(library.plain))
    assert again.cif is library.plain.cif and again(1, 2.0, 3, 4, 5) == 54321


def test_modules_of_headers_have_it(path, tmp_path, monkeypatch):
    shutil.copy(path, tmp_path)         # it is looked for beside the module
    header = tmp_path / "conventions.h"
    header.write_text(HEADER + f"static inline int ({ATTR} *same(int ({ATTR} *given)(int)))(int) {{ return given; }}\n")
    bindgen.generate([header], libraries=[path], shim="with_conventions_shim").write(tmp_path / "with_conventions.py")
    assert f" by {OTHER.name}" in (tmp_path / "with_conventions.py").read_text()
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("with_conventions")
    callback = module.with_callback.cif.argtypes[0].cif.closure(lambda a, b: a - b)
    assert module.plain(1, 2.0, 3, 4, 5) == 54321 and module.with_callback(callback, 49) == 42
    assert module.plain.cif.abi is OTHER and module.returned.cif.abi is ABI.DEFAULT
    assert module.same(module.both(1))(41) == 42
