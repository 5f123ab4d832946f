"""What a name in a library may be: versions of symbols, and variables that each thread has its own of."""
import ctypes
import pickle
import shutil
import subprocess

import pytest

from libffi import Library, SymbolNotFound, c

VERSIONED = """
int old(void) { return 1; }
int new(void) { return 2; }
__asm__(".symver old, answer@V_1");
__asm__(".symver new, answer@@V_2");
"""


@pytest.fixture
def versioned(tmp_path):
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    source, path, versions = tmp_path / "versioned.c", tmp_path / "libversioned.so", tmp_path / "versions"
    source.write_text(VERSIONED)
    versions.write_text("V_1 { };\nV_2 { global: answer; } V_1;\n")
    done = subprocess.run(["gcc", "-shared", "-fPIC", "-o", path, source, f"-Wl,--version-script={versions}"],
                          capture_output=True, check=False)
    library = Library(path) if done.returncode == 0 else None
    try:
        assert library is not None and library.symbol("answer", version="V_1")
    except (AssertionError, SymbolNotFound):
        pytest.skip("symbols have no versions here")
    return library


def test_versions_of_a_symbol(versioned):
    answers = [versioned.function("answer", c.int, [], version=version)() for version in (None, "V_1", "V_2")]
    assert answers == [2, 1, 2]
    assert versioned.symbol("answer@V_1") == versioned.symbol("answer", "V_1") != versioned.symbol("answer")
    old = versioned.function("answer", c.int, [], version="V_1")
    assert old.name == "answer" and pickle.loads(pickle.dumps(old))() == 1
    versioned.declare('int old_answer(void) asm("answer@V_1");')
    assert versioned.old_answer() == 1
    with pytest.raises(SymbolNotFound, match="answer@V_3"):
        versioned.symbol("answer", version="V_3")
    with pytest.raises(TypeError, match="version: expected str, got int"):
        versioned.symbol("answer", version=1)


def test_a_variable_of_each_thread_is_refused(compile_c):
    library = Library(compile_c("""
        __thread int counter = 5;
        int plain = 6;
        int *counter_of_this_thread(void) { return &counter; }
    """, "symbols_thread_local"))
    assert library.variable("plain", c.int).value == 6
    with pytest.raises(TypeError, match="counter is thread-local"):
        library.variable("counter", c.int)
    with pytest.raises(TypeError, match="counter is thread-local"):
        library.declare("extern int counter;")
    library.declare("int *counter_of_this_thread(void); extern int counter;", partial=True)
    assert library.counter_of_this_thread()[0] == 5
    with pytest.raises(AttributeError, match="thread-local"):
        library.counter  # noqa: B018


def test_the_handle_is_dlopens(compile_c):
    path = compile_c("int answer(void) { return 42; }", "symbols_handle")
    with Library(path) as library:
        assert library.handle == ctypes.CDLL(str(path))._handle
    with pytest.raises(ValueError, match="is closed"):
        library.handle  # noqa: B018
