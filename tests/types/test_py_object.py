"""c.py_object: whose reference it is, and what NULL and C's exceptions become."""
from __future__ import annotations

import gc
import sys
import weakref

import pytest
from helpers.extensions import LIBRARIES

import libffi
from libffi import CIF, Library, c

python = Library(None)


class Thing:
    pass


def function(name, restype, *argtypes):
    return python.function(name, restype, argtypes)


def test_arguments_are_borrowed_and_results_owned():
    same = function("PySequence_GetItem", c.py_object, c.py_object, c.ssize_t)
    thing = Thing()
    before = sys.getrefcount(thing)
    for _ in range(100):
        assert same([thing], 0) is thing
    assert sys.getrefcount(thing) == before
    assert function("PyLong_FromLong", c.py_object, c.long)(5) == 5


@pytest.mark.parametrize("value", [None, 5, "text", b"bytes", Thing, [1], 2.5])
def test_any_object_goes_as_itself(value):
    same = function("PyTuple_GetItem", c.pointer, c.py_object, c.ssize_t)
    assert int(same((value,), 0)) == id(value)
    assert function("PyObject_Type", c.py_object, c.py_object)(value) is type(value)


def test_what_c_raises_comes_out():
    get = function("PyObject_GetAttr", c.py_object, c.py_object, c.py_object)
    assert get(Thing, "__name__") == "Thing"
    with pytest.raises(AttributeError, match="nowhere"):
        get(Thing(), "nowhere")
    with pytest.raises(ZeroDivisionError):
        function("PyNumber_TrueDivide", c.py_object, c.py_object, c.py_object)(1, 0)


def test_null_without_an_exception_is_a_value_error():
    get = function("PyDict_GetItem", c.py_object, c.py_object, c.py_object)
    with pytest.raises(ValueError, match="PyObject \\* is NULL"):
        get({}, "key")
    with pytest.raises(ValueError, match="NULL"):
        c.struct("holder", it=c.py_object).new().it     # noqa: B018


def test_such_functions_hold_the_gil():
    assert function("PyObject_Str", c.py_object, c.py_object).gil == "hold"
    assert function("PyLong_AsLong", c.long, c.py_object).gil == "hold"
    assert function("abs", c.int, c.int).gil == "release"


def test_structs_with_objects_in_them_hold_the_gil_too():
    holder = c.struct("holder", n=c.int, it=c.py_object)
    assert function("abs", c.int, holder).gil == "hold"
    assert function("abs", holder, c.int).gil == "hold"
    assert function("abs", c.int, c.struct("two", pair=c.array(holder, 2))).gil == "hold"
    assert function("abs", c.int, c.union("either", n=c.int, it=c.py_object)).gil == "hold"
    assert function("abs", c.int, c.struct("address", it=c.pointer)).gil == "release"
    assert function("abs", c.int, c.ptr(holder)).gil == "release"       # whoever has that address knows how long


def test_c_may_use_objects_of_a_struct_by_value():
    holder = c.struct("holder", it=c.py_object)
    text = function("PyObject_Str", c.py_object, holder)        # in a register, as the object alone is
    assert text(([1, 2],)) == "[1, 2]"
    assert CIF(c.py_object, [holder]).call(text.address, ([3],)) == "[3]"


def test_memory_keeps_what_is_stored_there():
    holder = c.struct("holder", it=c.py_object).new()
    thing = Thing()
    seen = weakref.ref(thing)
    holder.it = thing
    del thing
    gc.collect()
    assert holder.it is seen()
    copy = libffi.typeof(holder).new(holder)
    holder.it = None
    gc.collect()
    assert copy.it is seen() and holder.it is None
    copy.it = 5
    gc.collect()
    assert seen() is None


def test_arrays_and_pointers_of_objects():
    things = [Thing(), "text", None]
    array = c.array(c.py_object, 3).new(things)
    assert list(array) == things
    assert libffi.pointer_to(array)[0][1] is things[1]
    make = function("PyTuple_New", c.py_object, c.ssize_t)
    assert make(0) == ()
    assert repr(array).count("0x") == 3


def test_closures_take_borrowed_ones_and_give_references():
    thing = Thing()
    given = []

    @libffi.closure(c.py_object, [c.py_object])
    def same(value):
        given.append(value)
        return value

    call = CIF(c.py_object, [c.py_object]).bind(same)
    before = sys.getrefcount(thing)
    for _ in range(100):
        assert call(thing) is thing
    assert given.pop() is thing
    given.clear()
    assert sys.getrefcount(thing) == before
    assert call(None) is None


def test_a_closure_that_raises():
    @libffi.closure(c.py_object, [c.py_object])
    def fails(value):
        raise KeyError(value)

    call = CIF(c.py_object, [c.py_object]).bind(fails)
    with pytest.raises(KeyError, match="5"):
        call(5)


@pytest.fixture(scope="module")
def both(compile_c):
    """Return a library that returns objects and sets exceptions, or asks who holds the GIL."""
    return Library(compile_c("""
        #include <stdarg.h>
        #include <stddef.h>
        typedef struct object object;
        extern void PyErr_SetNone(object *);
        extern void Py_IncRef(object *);
        extern int PyGILState_Check(void);
        object *give_and_raise(object *it, object *exception)
        {
            Py_IncRef(it);
            PyErr_SetNone(exception);
            return it;
        }
        int has_gil(int n, ...) { (void)n; return PyGILState_Check(); }
        int raises_behind(int n, ...)
        {
            va_list all;
            va_start(all, n);
            PyErr_SetNone(va_arg(all, object *));
            va_end(all);
            return n;
        }
    """, "py_object_both", *LIBRARIES))


@pytest.mark.parametrize("options", [{}, {"gil": "hold"}, {"errno": True}, {"errcheck": print}], ids=str)
def test_an_object_beside_an_exception_is_let_go(both, options):
    thing = Thing()
    function = both.function("give_and_raise", c.py_object, [c.py_object, c.py_object], **options)
    before = sys.getrefcount(thing)
    for _ in range(20):
        with pytest.raises(KeyError):
            function(thing, KeyError)
    with libffi.trace(lambda event: None), pytest.raises(KeyError):
        function(thing, KeyError)
    assert sys.getrefcount(thing) == before


def test_an_object_beside_a_closures_exception_is_let_go():
    thing = Thing()

    @libffi.closure(c.py_object, [c.py_object], on_error=thing)
    def fails(value):
        raise KeyError(value)

    call = CIF(c.py_object, [c.py_object]).bind(fails)
    before = sys.getrefcount(thing)
    for _ in range(20):
        with pytest.raises(KeyError):
            call(5)
    assert sys.getrefcount(thing) == before


def test_nothing_is_let_go_where_c_has_not_run(compile_c):
    library = Library(compile_c("void *returns_null(void) { return 0; }", "py_object_closed"))
    function = library.function("returns_null", c.py_object, [])
    library.close()
    for _ in range(20):
        with pytest.raises(ValueError, match="closed"):
            function()
    with libffi.trace(lambda event: None), pytest.raises(ValueError, match="closed"):
        function()


@pytest.mark.parametrize("gil", ["release", "hold"])
def test_objects_behind_three_dots_hold_the_gil(both, gil):
    has_gil = both.function("has_gil", c.int, [c.int, ...], gil=gil)
    for _ in range(3):
        assert has_gil(1, c.py_object([])) == 1
        assert has_gil(1, 5) == (gil == "hold")
        with libffi.trace(lambda event: None):
            assert has_gil(1, c.py_object([])) == 1
    checked = both.function("has_gil", c.int, [c.int, ...], gil=gil, errno=True, errcheck=lambda result, *_: result + 1)
    assert checked(1, c.py_object([])) == 2
    raises = both.function("raises_behind", c.int, [c.int, ...], gil=gil)
    with pytest.raises(KeyError):
        raises(1, c.py_object(KeyError))


def test_the_raw_layer_holds_the_gil_for_objects(both):
    held, released = CIF(c.int, [c.int, c.py_object]), CIF(c.int, [c.int, c.pointer])
    address = both.symbol("has_gil")
    for cif, expected in (held, 1), (released, 0):
        result = c.longlong.new()
        cif.call_raw(address, result, [c.int.new(1), c.py_object.new(Thing) if cif is held else c.pointer.new()])
        assert c.int.at(result.address).value == expected
        block = bytearray(cif.exchange_size)
        cif.call_exchange(address, block)
        assert int.from_bytes(block[:4], sys.byteorder) == expected


def test_said_exactly_behind_three_dots():
    value = c.py_object("text")
    assert value.value == "text"
    pack = python.function("PyTuple_Pack", c.py_object, [c.ssize_t, ...])
    assert pack(2, c.py_object("a"), c.py_object(value)) == ("a", value.value)


def test_where_nobody_would_own_it():
    for make in (c.out, c.inout, c.ref, c.wrap, c.big):
        with pytest.raises((libffi.BadTypedef, TypeError)):
            make(c.py_object)
    with pytest.raises(TypeError):
        type(c.int)("Odd", (c.py_object,), {})
    with pytest.raises(TypeError):
        class Odd(c.py_object):
            pass


def test_map_makes_no_column_of_objects():
    with pytest.raises(TypeError, match="not a number"):
        function("PyLong_FromLong", c.py_object, c.long).map([1, 2])
