"""Fences of the C API: Python exceptions that C handlers leave, longjmp, C++ exceptions, and NULL."""
from __future__ import annotations

import sysconfig

import pytest
from helpers import extensions
from helpers.surroundings import shared_by_workers

from libffi import CIF, Library, c

INT = CIF(c.int, [c.int])
RELEASE = 1
FLAGS = pytest.mark.parametrize("flags", [0, RELEASE])


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    target = shared_by_workers(tmp_path_factory) / f"fences{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not target.exists():
        extensions.compile_files(target, [extensions.SOURCES / "fences.cpp"], "-std=c++11", "-Wno-cast-function-type",
                                 cxx=True)
    return target


@pytest.fixture(scope="session")
def fences(path):
    return extensions.load("fences", path)


@pytest.fixture(params=[False, True], ids=["left set", "handed over"])
def leaves(request, fences):
    """The address of a C handler that sets a Python exception, unless it is called with 0."""
    return fences.closure(INT, request.param)


@FLAGS
@pytest.mark.parametrize("how", ["invoke", "fence"])
def test_an_exception_of_a_handler(fences, leaves, how, flags):
    assert fences.call(how, INT, leaves, 0, flags) == 0
    with pytest.raises(LookupError, match="^5$"):
        fences.call(how, INT, leaves, 5, flags)
    assert fences.call(how, INT, leaves, 0, flags) == 0


@pytest.mark.parametrize("gil", ["release", "hold"])
def test_under_calls_from_python(leaves, gil):
    assert INT.call(leaves, 0) == 0
    with pytest.raises(LookupError, match="^5$"):
        INT.call(leaves, 5)
    f = INT.bind(leaves, "f", gil=gil)
    for call in f, f.call:
        with pytest.raises(LookupError, match="^6$"):
            call(6)
    with pytest.raises(LookupError, match="^1$"):
        f.map(c.array(c.int, 3).new([0, 1, 0]))
    with pytest.raises(LookupError, match="^7$"):
        INT.call_raw(leaves, bytearray(8), [c.int.new(7)])
    assert f(0) == 0


@pytest.mark.parametrize("gil", ["release", "hold"])
def test_one_that_is_handed_over_comes_out_of_any_call(fences, callbacks, gil):
    """Under C code that knows nothing of Python; one that is left set is SystemError's where the GIL is kept."""
    add = callbacks.function("call_and_add", c.int, [c.pointer, c.int], gil=gil)
    address = c.pointer(fences.closure(INT, True))
    with pytest.raises(LookupError, match="^5$"):
        add(address, 5)
    assert add(address, 0) == 1


def test_with_those_of_closures(callbacks, fences):
    two = callbacks.function("call_two", c.int, [c.pointer, c.pointer, c.int])

    def fail(x):
        raise OSError("python")

    with pytest.raises(OSError, match="python") as caught:
        two(INT.closure(fail, on_error=3), c.pointer(fences.closure(INT, False)), 1)
    assert caught.value.__notes__ == ["C then raised LookupError: 3"]


def test_without_anybody_to_raise_it(fences, unraisable):
    assert fences.hand_over() is False and [kind for kind, _ in unraisable] == [KeyError]


def test_it_goes_to_the_call_that_the_code_runs_under(fences, unraisable, callbacks):
    """Not to one further out: the closure's Python code is in between."""
    add = callbacks.function("call_and_add", c.int, [c.pointer, c.int])
    assert add(INT.closure(lambda x: fences.hand_over()), 1) == 1
    assert [kind for kind, _ in unraisable] == [KeyError]


@pytest.mark.parametrize("name, call, error", [
    ("PyErr_SetString", (KeyError, b"text"), KeyError), ("PyErr_NoMemory", (), MemoryError),
    ("PyErr_SetNone", (KeyboardInterrupt,), KeyboardInterrupt)])
def test_python_functions_that_keep_the_gil(name, call, error):
    """Exceptions come out as they are, not as SystemError."""
    types = {"PyErr_SetString": (c.void, [c.pointer, c.bytes]), "PyErr_NoMemory": (c.pointer, []),
             "PyErr_SetNone": (c.void, [c.pointer])}[name]
    function = Library(None).function(name, *types, gil="hold")
    arguments = [c.pointer(id(value)) if isinstance(value, type) else value for value in call]
    for way in function, function.call:
        with pytest.raises(error):
            way(*arguments)
    assert CIF(c.int).bind(Library(None).symbol("Py_IsInitialized"), gil="hold")() == 1


# ---- unwinding


@FLAGS
def test_longjmp_and_exceptions_leave_libffi_call(fences, flags):
    jump, throw = fences.address_of("jump"), fences.address_of("throw")
    for _ in range(3):
        assert fences.call("call", INT, jump, 5, flags) == ("jumped", 5)
        assert fences.call("call", INT, throw, 1, flags) == ("caught", "thrown")
        assert fences.call("call", INT, throw, 0, flags) == 7
    assert fences.call("invoke", INT, throw, 0, flags) == 7


@pytest.mark.parametrize("how", ["invoke", "fence"])
@pytest.mark.parametrize("left", ["jump", "throw"])
def test_a_fence_that_was_left_is_noticed(run_python, path, how, left):
    """By the next one; then all is well again."""
    assert run_python("""
import importlib.util, sys
from libffi import CIF, c
spec = importlib.util.spec_from_file_location("fences", sys.argv[1])
fences = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fences)
how, left = sys.argv[2:]
INT = CIF(c.int, [c.int])
throw = fences.address_of("throw")
print(fences.call(how, INT, fences.address_of(left), 1, 0)[0])
def fail(x):
    raise LookupError(x)
try:
    fences.call(how, INT, throw, 0, 0)
except RuntimeError as error:
    print(error)
for _ in range(2):
    print(fences.call(how, INT, throw, 0, 1))
    try:
        INT.call(INT.closure(fail), 3)
    except LookupError as error:
        print(repr(error))
""", str(path), how, left).splitlines() == [
        "jumped" if left == "jump" else "caught",
        "a libffi_invoke() or libffi_enter() of this thread was left by longjmp or a C++ exception, "
        "without its libffi_leave()", *["7", "LookupError(3)"] * 2]


# ---- NULL, counts, names


def test_null_is_an_error_and_the_first_exception_stays(fences):
    said = fences.nulls(c.int, INT)
    assert said[0] == "TypeError: libffi_type_pointer() item: expected an object, got NULL"
    assert said[-3:] == ["ValueError: 99 is no type code (0 to 43)"] * 3
    assert [text for text in said if not text.startswith(("TypeError: ", "ValueError: "))] == []


def test_untagged_and_empty_structs(fences):
    struct, empty = fences.untagged(c.int)
    assert struct is c.struct("", [("a", c.int)]) and empty.size == 0


def test_the_cause_of_a_failed_import_is_kept(run_python, path):
    assert run_python("""
import importlib.util, sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "libffi._ffi":
            raise ImportError("libffi.so.8: cannot open shared object file")
sys.meta_path.insert(0, Broken())
try:
    spec = importlib.util.spec_from_file_location("fences", sys.argv[1])
    importlib.util.module_from_spec(spec)
except ImportError as error:
    print(error)
""", str(path)) == "libffi.so.8: cannot open shared object file\n"
