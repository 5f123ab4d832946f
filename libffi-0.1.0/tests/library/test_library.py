"""Library: loading, symbols, attributes, pickling, closing."""
from __future__ import annotations

import gc
import multiprocessing
import os
import pathlib
import pickle
import subprocess
import sys
import sysconfig
import textwrap
import weakref

import pytest

import libffi
from libffi import CIF, Function, Library, LibraryNotFound, SymbolNotFound, _ffi, c
from libffi._library import shared_library

SOURCE = """
int number = 42;
int twice(int x) { return 2 * x; }
int stat(int x) { return x + 1; }
int close(int x) { return -x; }
"""


@pytest.fixture
def path(compile_c):
    return compile_c(SOURCE, "library")


def test_names_and_paths(path):
    assert Library("m").name == "m" and Library("m").path.startswith("libm.so")
    assert Library(path).name == Library(path).path == path
    assert Library(pathlib.Path(path)).name == path
    assert Library(None).name is None and Library().name is None
    assert repr(Library(path)) == f"<libffi.Library {path!r}>"
    assert repr(Library("m")).startswith("<libffi.Library 'm' (libm.so")
    assert repr(Library(None)) == "<libffi.Library None>"


@pytest.mark.parametrize("name, error", [(5, TypeError), (b"m", TypeError), ("", ValueError), ("a\0b", ValueError)])
def test_bad_names(name, error):
    with pytest.raises(error, match=r"Library\(\) name|expected str"):
        Library(name)


def test_not_found(tmp_path):
    with pytest.raises(LibraryNotFound, match=r"library 'no_such_thing' not found, tried: libno_such_thing\.so"):
        Library("no_such_thing")
    with pytest.raises(OSError, match=r"libno_such_thing\.so\.7"):
        Library("libno_such_thing.so.7")
    broken = tmp_path / "broken.so"
    broken.write_text("not a library")
    with pytest.raises(LibraryNotFound, match=r"broken\.so.*\(.*(file too short|ELF|Exec format)"):
        Library(broken)


def test_symbols(path):
    lib = Library(path)
    assert lib.function("twice", c.int, [c.int]).address == lib.symbol("twice")
    assert lib.function(name="twice", restype=c.int, argtypes=[c.int])(21) == 42
    assert lib.variable("number", c.int).value == 42
    with pytest.raises(SymbolNotFound, match=r"library\.so.*'nothing'"):
        lib.symbol("nothing")
    with pytest.raises(SymbolNotFound):
        lib.function("nothing", c.int)
    with pytest.raises(SymbolNotFound):
        lib.variable("nothing", c.int)
    with pytest.raises(TypeError):
        lib.function(5, c.int)


def test_the_process():
    assert Library(None).function("abs", c.int, [c.int])(-3) == 3


def test_undeclared_names(path):
    with pytest.raises(AttributeError, match=r"library 'm' has no declared name 'foo'; declare it or use \.function"):
        Library("m").foo  # noqa: B018
    with pytest.raises(AttributeError, match="the process has no declared name 'foo'"):
        Library(None).foo  # noqa: B018
    with pytest.raises(KeyError, match="library 'm' has no declared name 'foo'"):
        Library("m")["foo"]
    assert not hasattr(Library(None), "__wrapped__")


def test_an_object_without_init_has_no_endless_recursion():
    with pytest.raises(AttributeError):
        Library.__new__(Library).foo  # noqa: B018


def test_declared_names(path):
    lib = Library(path)
    lib.declare("int twice(int); struct stat { int mode; }; extern int number;\n#define ONE 1")
    assert isinstance(lib.twice, Function) and lib.twice(4) == 8
    assert lib.twice is lib["twice"] and lib.twice.library is lib
    assert lib.number.value == 42 and lib.ONE == 1
    assert {"twice", "stat", "number", "ONE", "declare", "close"} <= set(dir(lib))
    assert "twice" in lib and "struct stat" in lib and "thrice" not in lib
    assert lib.stat.size == 4
    # As in C, a tag is looked for among the tags, and the plain name is the function's.
    lib.declare("int stat(int);")
    assert lib.stat(1) == 2 and lib["struct stat"].size == 4


def test_methods_are_not_hidden_by_declared_names(path):
    lib = Library(path)
    lib.declare("int close(int); typedef int name; enum { closed = 5, _scope = 6, __class__ = 7 };")
    assert lib.name == path and lib.closed is False and type(lib) is Library
    assert lib["close"](3) == -3 and lib["closed"] == 5 and lib["_scope"] == 6 and lib["name"] is c.int
    with pytest.raises(TypeError):
        lib.close(3)
    lib.close()
    assert lib.closed


def test_close(path):
    with Library(path) as lib:
        lib.declare("int twice(int); extern int number;")
        assert lib.twice(2) == 4
        assert not lib.closed
    assert lib.closed
    assert repr(lib).endswith(", closed>")
    lib.close()
    with pytest.raises(ValueError):
        lib.twice(2)
    with pytest.raises(ValueError):
        lib.number.value  # noqa: B018
    with pytest.raises(ValueError):
        lib.symbol("twice")
    with pytest.raises(ValueError):
        lib.declare("int stat(int);")
    assert not hasattr(lib, "stat")


def test_a_mode_that_is_none(compile_c):
    with pytest.raises(LibraryNotFound, match="not loaded"):
        Library(compile_c("int nobody;", "never_loaded"), mode=os.RTLD_NOLOAD)
    for mode, error in (("now", TypeError), (None, TypeError), (1.5, TypeError), (-1, ValueError),
                        (1 << 40, ValueError)):
        with pytest.raises(error, match="mode"):
            Library("m", mode=mode)


def test_the_mode_is_that_of_dlopen(compile_c):
    code = """
        import os, pickle, sys
        from libffi import Library, SymbolNotFound, c

        def finds_it():
            try:
                return Library(None).function("only_in_library", c.int, [])()
            except SymbolNotFound:
                return None

        local = Library(sys.argv[1])
        assert (local.mode, finds_it()) == (os.RTLD_NOW, None)
        shared = Library(sys.argv[1], mode=os.RTLD_LAZY | os.RTLD_GLOBAL)
        assert (shared.mode, finds_it()) == (os.RTLD_LAZY | os.RTLD_GLOBAL, 7)
        for again in pickle.loads(pickle.dumps((shared, shared.function("only_in_library", c.int, []).library))):
            assert again.mode == shared.mode
        function = pickle.loads(pickle.dumps(shared.function("only_in_library", c.int, [])))
        assert function.library.mode == shared.mode and function.library is not shared
    """
    library = compile_c("int only_in_library(void) { return 7; }", "global")
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), library], check=True, timeout=60)


def test_pickled_functions_share_a_library(path):
    lib = Library(path)
    lib.declare("int twice(int); int stat(int) __asm__(\"twice\");", errno=True, gil="hold")
    twice, stat, cos = pickle.loads(pickle.dumps((lib.twice, lib.stat, shared_cos())))
    assert twice(5) == stat(5) == 10
    assert (twice.gil, twice.errno, twice.cif) == ("hold", True, lib.twice.cif)
    assert twice.library is stat.library is shared_library(path)
    assert cos(0.0) == 1.0 and cos.library is shared_library("m")
    again = pickle.loads(pickle.dumps(twice))
    assert again.library is twice.library


def shared_cos():
    return Library("m").function("cos", c.double, [c.double])


def test_a_stored_function_goes_with_its_library(path):
    with Library(path) as lib:
        twice = lib.function("twice", c.int, [c.int])
        table = c.struct("table", twice=c.func(twice.cif)).new(twice=twice)
        read = table.twice
        assert read(2) == table.twice(2) == 4
    for function in (read, table.twice):
        with pytest.raises(ValueError, match="closed"):
            function(2)


def test_a_stored_closure_outlives_the_field_it_was_read_from():
    signature = CIF(c.int, [c.int])
    table = c.struct("table", call=c.func(signature)).new(call=signature.closure(lambda x: x + 1))
    read = table.call
    table.call = None
    assert read(1) == 2


@pytest.mark.thread_unsafe(reason="closes a library that the process shares")
def test_a_closed_shared_library_is_opened_again(path):
    data = pickle.dumps(Library(path).function("twice", c.int, [c.int]))
    pickle.loads(data).library.close()
    assert pickle.loads(data)(3) == 6


def test_pickle_of_variadic_and_process_functions():
    snprintf = Library(None).function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    again, out = pickle.loads(pickle.dumps(snprintf)), bytearray(16)
    assert again(out, 16, "%d-%s", 5, "x") == 3 and out[:3] == b"5-x"


def test_pickled_library_keeps_its_declarations(path):
    lib = Library(path)
    lib.declare("struct opaque; int twice(int);", gil="hold")
    lib.declare("struct opaque { int x; };")
    again = pickle.loads(pickle.dumps(lib))
    assert again.name == path and again.twice(4) == 8 and again.twice.gil == "hold"
    assert again.opaque.size == 4


def _twice(function):
    return function(21)


@pytest.mark.thread_unsafe(reason="starts processes")
def test_functions_work_in_other_processes(path):
    lib = Library(path)
    lib.declare("struct pair { int a, b; }; int twice(int);")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_twice, (lib.twice,)) == 42


def test_subclass():
    class Math(Library):
        def __init__(self):
            super().__init__("m")
            self.declare("double cos(double);")

    assert Math().cos(0.0) == 1.0
    assert libffi.Library is Library


@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and sys.version_info < (3, 14),
                    reason="its functions, which stay, hold it: docs/guide/limits.md")
def test_a_dropped_library_is_freed(path):
    lib = Library(path)
    lib.declare("struct node { struct node *next; }; int twice(int); extern int number; enum e { A };")
    gone = weakref.ref(lib)
    del lib
    gc.collect()
    assert gone() is None


def test_names_of_a_str_subclass(path):
    class Name(str):
        __slots__ = ()

    function = Library(path).function(Name("twice"), c.int, [c.int])
    assert function(4) == 8 and type(function.name) is str
    assert Library(Name("m")).symbol(Name("pow"))
    assert CIF(c.int, [c.int]).bind(function, Name("named")).name == "named"
    assert pickle.loads(pickle.dumps(Library(None).function(Name("abs"), c.int, [c.int])))(-3) == 3


def test_a_library_is_opened_once(path):
    """Or addresses from before close() would be taken for good ones."""
    one = _ffi.LoadedLibrary(path)
    for _ in "open", "closed":
        with pytest.raises(ValueError, match="was opened before"):
            one.__init__(path)
        one.close()
    assert one.closed


def test_none_is_void(path):
    srand = Library(None).function("srand", None, [c.uint])
    assert srand.cif is CIF(c.void, [c.uint]) is CIF(None, [c.uint]) and srand(1) is None
    assert Library(None).function("sync", restype=None, argtypes=[]).cif is CIF(c.void)
    with libffi.closure(None, [c.int])(lambda x: "dropped") as f:
        assert f.cif is CIF(c.void, [c.int]) and f.cif.call(f, 3) is None
