"""libffi.compat.ctypes: what programs that are written for ctypes do, over our core."""
import gc
import sys
from types import SimpleNamespace

import pytest
from helpers.c_library import LIBC, LIBM, PRINTING, SNPRINTF

import libffi.compat.ctypes as ctypes
from libffi import Library, c

libc = ctypes.CDLL(LIBC, use_errno=True)
snprintf = getattr(ctypes.CDLL(PRINTING), SNPRINTF)


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]


def test_it_is_ours():
    import ctypes as theirs
    assert ctypes.c_int is not theirs.c_int
    assert ctypes.CDLL.__module__ == "libffi.compat.ctypes"


def test_calls_without_argtypes():
    assert libc.abs(-5) == 5
    assert libc.strlen(b"four") == 4
    text = ctypes.create_string_buffer(20)
    assert snprintf(text, 20, b"%d %s %.1f", 7, b"x", ctypes.c_double(2.5)) == 7
    assert text.value == b"7 x 2.5"


def test_calls_with_argtypes():
    llabs = libc.llabs
    llabs.argtypes, llabs.restype = [ctypes.c_longlong], ctypes.c_longlong
    assert llabs(-(1 << 40)) == 1 << 40
    with pytest.raises(ctypes.ArgumentError, match="argument 1: TypeError"):
        llabs("text")
    with pytest.raises(TypeError, match="at least 1 argument"):
        llabs()


def test_integers_wrap():
    assert ctypes.c_int8(300).value == 44
    assert ctypes.c_uint(-1).value == 2**32 - 1


def test_structures_by_value():
    class Div(ctypes.Structure):
        _fields_ = [("quot", ctypes.c_int), ("rem", ctypes.c_int)]

    libc.div.argtypes, libc.div.restype = [ctypes.c_int, ctypes.c_int], Div
    result = libc.div(17, 5)
    assert (result.quot, result.rem) == (3, 2)


def test_layout_is_the_core_s():
    class Mixed(ctypes.Structure):
        _fields_ = [("a", ctypes.c_char), ("b", ctypes.c_uint, 3), ("c", ctypes.c_uint, 9), ("d", ctypes.c_double)]

    mixed = c.struct("mixed", a=c.char, b=c.bits(c.uint, 3), c=c.bits(c.uint, 9), d=c.double)
    assert ctypes.sizeof(Mixed) == mixed.size
    value = Mixed(b"x", 5, 300, 0.5)
    theirs = mixed.read(bytes(value))
    assert (theirs.b, theirs.c, theirs.d) == (value.b, value.c, value.d) == (5, 300, 0.5)


def test_big_endian():
    class Header(ctypes.BigEndianStructure):
        _fields_ = [("kind", ctypes.c_uint16), ("length", ctypes.c_uint32)]

    assert bytes(Header(1, 2)) == b"\0\1\0\0\0\0\0\2"


def test_pointers_keep_what_they_point_to():
    points = (Point * 3)()
    pointer = ctypes.pointer(points[1])
    pointer.contents.x = 7
    del points
    gc.collect()
    assert pointer[0].x == 7
    with pytest.raises(ValueError, match="NULL"):
        ctypes.POINTER(Point)().contents  # noqa: B018


def test_callbacks():
    order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    numbers = (ctypes.c_int * 5)(5, 3, 9, 1, 7)
    libc.qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), order(lambda a, b: a[0] - b[0]))
    assert numbers[:] == [1, 3, 5, 7, 9]


def test_callback_results_wrap():
    assert ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 0xFFFFFFFF)() == -1


def test_exceptions_of_callbacks_go_to_the_hook(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda event: seen.append(event.exc_value))
    assert ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1 // 0)() == 0
    assert isinstance(seen[0], ZeroDivisionError)


def test_exceptions_of_callbacks_may_come_out(run_python):
    run_python("""
        import libffi.compat.ctypes
        libffi.compat.ctypes.install(exceptions="raise")
        import ctypes
        try:
            ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1 // 0)()
        except ZeroDivisionError:
            pass
        else:
            raise SystemExit("nothing was raised")
    """)


def test_late_callbacks_are_no_crash():
    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
    address = ctypes.cast(prototype(lambda n: n), ctypes.c_void_p).value
    gc.collect()
    from libffi import ClosureExpired
    with pytest.raises(ClosureExpired):
        prototype(address)(1)


def test_null_function_is_an_error():
    with pytest.raises(ValueError, match="NULL"):
        ctypes.CFUNCTYPE(ctypes.c_int)()()


def test_python_api():
    repr_ = ctypes.pythonapi.PyObject_Repr
    repr_.argtypes, repr_.restype = [ctypes.py_object], ctypes.py_object
    assert repr_([1]) == "[1]"
    ctypes.pythonapi.PyLong_AsLong.argtypes = [ctypes.py_object]
    with pytest.raises(TypeError):
        ctypes.pythonapi.PyLong_AsLong("no number")


def test_errno():
    ctypes.set_errno(0)
    assert not libc.fopen(b"/no such file", b"r")
    assert ctypes.get_errno() == 2


def test_paramflags_and_errcheck():
    prototype = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.POINTER(ctypes.c_int))
    frexp = prototype(("frexp", ctypes.CDLL(LIBM)), ((1, "x"), (2, "exponent")))
    assert frexp(x=8.0) == 4
    frexp.errcheck = lambda result, function, arguments: (result, arguments[1].value)
    assert frexp(8.0) == (0.5, 4)


def test_from_buffer_and_in_dll():
    data = bytearray(8)
    point = Point.from_buffer(data)
    point.y = 0x01020304
    assert int.from_bytes(data[4:], sys.byteorder) == 0x01020304
    assert ctypes.c_int.in_dll(ctypes.pythonapi, "Py_OptimizeFlag").value == sys.flags.optimize


def test_as_parameter():
    assert libc.abs(SimpleNamespace(_as_parameter_=-3)) == 3


def test_instances_go_where_buffers_go():
    numbers = (ctypes.c_int * 3)(1, 2, 3)
    memcpy = Library(None).function("memcpy", c.pointer, [c.ptr(c.int), c.ptr(c.int), c.size_t])
    copied = c.array(c.int, 3).new()
    memcpy(copied, numbers, 12)
    assert list(copied) == [1, 2, 3]


def test_whole_programs(run_python, tmp_path):
    (tmp_path / "beside_it.py").write_text("")
    program = tmp_path / "program.py"
    program.write_text("import ctypes, ctypes.util, ctypes.wintypes, sys\n"
                       "sys.flags.safe_path or __import__('beside_it')\n"      # with which Python does not look there
                       "assert ctypes.__name__ == 'libffi.compat.ctypes', ctypes\n"
                       "assert ctypes.util.find_library('m') or sys.platform == 'win32', sys.argv\n"
                       "assert sys.argv[1:] == ['--flag'], sys.argv\n")
    run_python(f"""
        import subprocess, sys
        begin = [sys.executable, "-m", "libffi.compat.ctypes"]
        subprocess.run([*begin, {str(program)!r}, "--flag"], check=True)
        if not sys.flags.safe_path:
            subprocess.run([*begin, "-m", "program", "--flag"], check=True, cwd={str(tmp_path)!r})
    """)


def test_strict_refuses_guessed_signatures(run_python):
    run_python(f"""
        import libffi.compat.ctypes
        libffi.compat.ctypes.install(strict=True)
        import ctypes
        try:
            ctypes.CDLL({LIBC!r}).abs(-1)
        except TypeError as error:
            assert "argtypes" in str(error)
        else:
            raise SystemExit("it was called")
    """)


def test_install_says_what_it_takes():
    with pytest.raises(ValueError, match="exceptions"):
        ctypes.install(exceptions="print")


# ---- what crashes ctypes itself ----

BIG = type("Big", (ctypes.Structure,), {"_fields_": [("many", ctypes.c_int * 5000), ("last", ctypes.c_int)]})


def test_classes_that_are_no_ctypes_have_no_instances():
    for name in "_Simple", "_Aggregate", "_Array", "_PointerData":
        cls = getattr(sys.modules[ctypes.Structure.__mro__[1].__module__], name)
        with pytest.raises(TypeError, match="cannot create"):
            cls()


def test_storage_that_was_resized_stays_for_those_who_look_at_it():
    class Holder(ctypes.Structure):
        _fields_ = [("n", ctypes.c_int), ("many", ctypes.c_int * 1000)]

    holder = Holder(1)
    part, view, pointer = holder.many, memoryview(holder), ctypes.pointer(holder)
    for size in 1 << 20, 1 << 22, 5000, 1 << 23:
        ctypes.resize(holder, size)
        assert ctypes.sizeof(holder) == size
    part[999] = 7
    pointer.contents.n = 8
    assert (part[999], view.cast("B")[0], holder.n) == (7, 8, 1)


def test_a_value_that_resizes_what_it_is_stored_in():
    class Holder(ctypes.Structure):
        _fields_ = [("n", ctypes.c_int), ("bits", ctypes.c_int, 3), ("many", ctypes.c_int * 1000)]

    class Grows:
        def __init__(self, what):
            self.what = what

        def __index__(self):
            ctypes.resize(self.what, ctypes.sizeof(self.what) + (1 << 20))
            return 5

    for store in (lambda one, value: setattr(one, "n", value), lambda one, value: setattr(one, "bits", value)):
        holder = Holder()
        store(holder, Grows(holder))
        assert holder.n in (0, 5)
    many = (ctypes.c_int * 1000)()
    many[0] = Grows(many)
    many[1:4] = [Grows(many)] * 3
    number = ctypes.c_int()
    number.value = Grows(number)
    assert len(many) == 1000


def test_resizing_keeps_memory_in_proportion(run_python):
    assert run_python("""
        import libffi.compat.ctypes as ctypes
        number = ctypes.c_int(7)
        for size in range(4, 4_000_000, 400):
            ctypes.resize(number, size)
        with open("/proc/self/statm") as statm:         # what the resource module tells may be who started us
            print(number.value, int(statm.read().split()[1]) * 4096 < 200_000_000)
    """) == "7 True\n"


def test_a_dict_that_is_kept_is_the_user_s_own():
    mine = {}
    holder = ctypes.py_object(mine)
    holder.value = [1, 2]
    holder.value = [3, 4]
    assert mine == {} and holder.value == [3, 4]


def test_a_text_stored_in_a_buffer_does_not_let_it_go():
    buffer = bytearray(8)
    text = ctypes.c_char_p.from_buffer(buffer)
    text.value = b"stored"
    with pytest.raises(BufferError):
        buffer.extend(b"x" * 1000)
    assert text.value == b"stored"


def test_a_copy_keeps_what_the_original_lets_go():
    class Holder(ctypes.Structure):
        _fields_ = [("p", ctypes.POINTER(ctypes.c_int)), ("text", ctypes.c_char_p)]

    holder = Holder(ctypes.pointer(ctypes.c_int(5)), b"first" * 9)
    copies = (Holder * 2)(holder)
    holder.p, holder.text = ctypes.pointer(ctypes.c_int(6)), b"second" * 9
    gc.collect()
    others = [ctypes.pointer(ctypes.c_int(1)) for _ in range(100)]
    assert copies[0].p[0] == 5 and copies[0].text == b"first" * 9 and len(others) == 100
    assert holder.p[0] == 6 and holder.text == b"second" * 9


def test_fields_of_other_instances():
    point = Point(1, 2)
    for other in ctypes.c_int(5), point, (ctypes.c_char * 3)():
        with pytest.raises(TypeError, match="a field of Big"):
            BIG.last.__get__(other)
        with pytest.raises(TypeError, match="a field of Big"):
            BIG.many.__get__(other)
        with pytest.raises(TypeError, match="a field of Big"):
            BIG.last.__set__(other, 5)


EXCHANGED = {
    "structure": (Point(1, 2), BIG, [
        lambda one: one.last, lambda one: setattr(one, "last", 1), lambda one: (BIG * 1)(one)]),
    "array": ((ctypes.c_int * 3)(), ctypes.c_double * 3, [
        lambda one: one[2], lambda one: one[:], lambda one: one.__setitem__(2, 1.0), list, memoryview]),
    "value": (ctypes.c_int(1), ctypes.c_longdouble, [lambda one: one.value, lambda one: setattr(one, "value", 1)]),
    "text": ((ctypes.c_char * 3)(), ctypes.c_char * 30000, [
        lambda one: one.value, lambda one: setattr(one, "value", b"x" * 20000)]),
}


@pytest.mark.parametrize("kind", EXCHANGED)
def test_classes_exchanged_behind_an_instance_s_back(kind):
    one, other, uses = EXCHANGED[kind]
    object.__dict__["__class__"].__set__(one, other)
    for use in uses:
        with pytest.raises(TypeError, match="bytes, not"):
            use(one)


def test_texts_that_lie_about_their_length():
    class Long(bytes):
        def __len__(self):
            return 1 << 20

    text = ctypes.create_string_buffer(1 << 21)
    text.value = Long(b"short")
    assert text.value == b"short"
    characters = vars(type(text))["value"]
    with pytest.raises(TypeError, match="array of characters"):
        characters.__get__(ctypes.c_int(5), None)
    with pytest.raises(TypeError, match="array of characters"):
        characters.__set__((ctypes.c_int * 3)(), b"x")


def test_an_array_that_is_smaller_than_the_class_it_extends():
    class Short(ctypes.c_int * 5000):
        _length_ = 10

    rows = (ctypes.c_int * 5000 * 2)()
    with pytest.raises(TypeError, match="bytes, not"):
        rows[0] = Short()
    with pytest.raises(TypeError, match="bytes, not"):
        ctypes.POINTER(ctypes.c_int * 5000)(Short())


def test_a_memoryview_is_compared_with_an_array():
    rows = (ctypes.c_int * 3 * 2)((1, 2, 3), (4, 5, 6))
    same = memoryview(bytes(rows)).cast("B").cast("i", [2, 3])
    for view in same.cast("B").cast("i"), same:
        assert view != (ctypes.c_int * 4)(1, 2, 3, 4)
    assert memoryview(rows).strides == (12, 4) and memoryview(b"abc") == (ctypes.c_ubyte * 3)(*b"abc")
