"""Variadic functions: C's default promotions, typed values, one CIF per list of extra types."""
from __future__ import annotations

import enum
import gc

import pytest

import libffi
from libffi import CIF, BadArgType, c

POINT = c.struct("point", x=c.double, y=c.double)


@pytest.fixture(scope="module")
def record(values):
    """Call tests/c/values.c's record() and give back what it printed, as a list of texts."""
    function = values.function("record", c.int, [c.pointer, c.string, ...])

    def record(kinds, *extra):
        out = c.array(c.char, 4096).new()
        n = function(out, kinds, *extra)
        return out.value[:n].decode().split(";")[:-1]

    record.function = function
    return record


@pytest.fixture(scope="module")
def snprintf(libc):
    return libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])


def test_no_extras(record):
    assert record("") == []


class Color(enum.IntEnum):
    RED = 7


LARGE = 1 << 8 * c.long.size - 2  # a long that no int holds, where they differ


@pytest.mark.parametrize("kind, value, text", [
    ("i", 42, "42"),
    ("i", -(1 << 31), "-2147483648"),
    ("i", (1 << 31) - 1, "2147483647"),
    ("i", True, "1"),
    ("i", Color.RED, "7"),
    ("d", 2.5, "2.5"),
    ("d", 0.1, "0.10000000000000001"),
    ("d", float("inf"), "inf"),
    ("s", "hé", "hé"),
    ("s", b"bytes", "bytes"),
    ("s", None, "NULL"),
    ("p", None, "0"),
    ("p", bytearray(4), "1"),
    ("i", c.int(-5), "-5"),
    ("u", c.uint(4_000_000_000), "4000000000"),
    ("l", c.long(-7), "-7"),
    ("l", c.long(LARGE), str(LARGE)),
    ("q", c.longlong(1 << 62), "4611686018427387904"),
    ("q", c.int64(-(1 << 62)), "-4611686018427387904"),
    ("d", c.double(3), "3"),
    ("D", c.longdouble(0.5), "0.5"),
    ("s", c.string("typed"), "typed"),
    ("s", c.bytes(b"typed"), "typed"),
    ("P", POINT.new(x=1, y=2.5), "1,2.5"),
], ids=str)
def test_one_extra(record, kind, value, text):
    assert record(kind, value) == [text]
    assert record("i" + kind + "i", 1, value, 2) == ["1", text, "2"]


def test_pointers_of_every_sort(record):
    closure = CIF(c.void).closure(lambda: None)
    numbers = c.array(c.int, 3).new()
    extras = [numbers, c.ptr(c.int)(numbers), c.ptr(c.int)(None), closure, record.function, memoryview(numbers)]
    assert record("pppppp", *extras) == ["1", "1", "0", "1", "1", "1"]


def test_more_extras_than_registers(record):
    kinds = "id" * 20
    extras = [i if i % 2 == 0 else i + 0.5 for i in range(40)]
    assert record(kinds, *extras) == [str(v) for v in extras]


def test_mixed_extras_of_every_size(record):
    assert record("iDsPdql", 1, c.longdouble(2.5), "x", POINT.new(x=3, y=4), 5.5, c.longlong(6), c.long(7)) == [
        "1", "2.5", "x", "3,4", "5.5", "6", "7"]


def test_an_int_that_does_not_fit_says_what_to_write(record):
    for value in (1 << 31, -(1 << 31) - 1, 1 << 40):
        with pytest.raises(OverflowError, match=r"record\(\) argument 3: .*c\.long"):
            record("i", value)


UNPROMOTED = [
    "float", "short", "ushort", "schar", "uchar", "int8", "uint8", "int16", "uint16", "bool", "char",
    "char16_t",
]


@pytest.mark.parametrize("name", UNPROMOTED)
def test_types_that_c_promotes_are_refused(record, values, name):
    calls = values.variable("calls", c.int)
    before = calls.value
    with pytest.raises(BadArgType, match=r"record\(\) argument 3: .*" + getattr(c, name).name):
        record("i", getattr(c, name)(1))
    assert calls.value == before


@pytest.mark.parametrize("value", [object(), [1], (1, 2), {}, 10**400], ids=lambda value: type(value).__name__)
def test_what_has_no_c_type_is_refused(record, value):
    with pytest.raises((TypeError, OverflowError), match=r"record\(\) argument 3"):
        record("i", value)


def test_too_few(record):
    with pytest.raises(TypeError, match=r"record\(\) takes at least 2 arguments, got 1"):
        record.function(None)


def test_fixed_arguments_keep_their_types(snprintf):
    with pytest.raises(TypeError, match=r"snprintf\(\) argument 2: expected size_t, got str"):
        snprintf(None, "x", "%d", 1)
    assert snprintf(None, 0, "%d", 12345) == 5


def test_fixed_arguments_of_unpromoted_types(compile_c):
    """Only what stands behind the dots is promoted: a float before them stays one."""
    lib = libffi.Library(compile_c("""
        #include <stdarg.h>
        double add(float x, short n, ...)
        {
            double sum = x;
            va_list ap;
            va_start(ap, n);
            while (n-- > 0) sum += va_arg(ap, double);
            va_end(ap);
            return sum;
        }
        """, "fixed_float"))
    add = lib.function("add", c.double, [c.float, c.short, ...])
    assert add(0.5, 2, 1.5, 2.0) == 4.0
    assert add(0.5, 0) == 0.5


def test_the_same_function_with_many_lists(values):
    total = values.function("sum_longs", c.long, [c.int, ...])
    shift = 8 * c.long.size - 11
    for n in range(30):
        assert total(n, *[c.long(i << shift) for i in range(n)]) == sum(i << shift for i in range(n))
    assert total.call(2, c.long(3), c.long(4)) == 7
    assert total.cif.call(total.address, 2, c.long(3), c.long(4)) == 7


def test_no_gaps_between_lists(record):
    """Alternating lists of extra types must not be taken for one another."""
    for _ in range(50):
        assert record("i", 1) == ["1"]
        assert record("d", 1.0) == ["1"]
        assert record("s", "1") == ["1"]
        assert record("il", 1, c.long(2)) == ["1", "2"]


def test_printf_family(snprintf):
    out = bytearray(200)
    n = snprintf(out, len(out), "%d %u %ld %lld %c %s %.3f %e %Lg %%", -1, c.uint(1), c.long(-2), c.longlong(3),
                 ord("x"), "str", 2.5, 1e10, c.longdouble(0.5))
    assert out[:n] == b"-1 1 -2 3 x str 2.500 1.000000e+10 0.5 %"


def test_sscanf_writes_through_pointers(libc):
    sscanf = libc.function("sscanf", c.int, [c.string, c.string, ...])
    i, d, text = c.int.new(), c.double.new(), c.array(c.char, 10).new()
    assert sscanf("42 2.5 word", "%d %lf %9s", i, d, text) == 3
    assert (i.value, d.value, text.value) == (42, 2.5, b"word")


def test_variadic_closures_are_refused():
    with pytest.raises(libffi.BadTypedef, match=r"\.\.\."):
        CIF(c.int, [c.string, ...]).closure(lambda *a: 0)


def test_numbers_of_other_classes(libc):
    numpy = pytest.importorskip("numpy")
    snprintf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    out = bytearray(64)

    def printed(*args):
        return bytes(out[:snprintf(out, 64, *args)])

    class Index:
        def __index__(self):
            return 7

    assert printed("%d %d %d", numpy.int64(-5), numpy.uint8(200), Index()) == b"-5 200 7"
    assert printed("%g %g", numpy.float32(1.5), numpy.float16(2)) == b"1.5 2"
    assert printed("%.1f", numpy.array([2.5])[0]) == b"2.5"
    assert printed("%s", numpy.frombuffer(bytearray(b"text\0"), dtype="b")) == b"text"
    assert printed("%d %d", c.int(numpy.int64(3)), numpy.bool_(True)) == b"3 1"
    with pytest.raises(OverflowError, match=r"argument 4: 1099511627776 is out of range for int; say its type"):
        printed("%d", numpy.int64(1 << 40))
    for untyped in numpy.longdouble(1), object(), 1j.__class__:
        with pytest.raises(TypeError, match=r"argument 4: cannot pass \S+ through '...' without a type"):
            printed("%d", untyped)


def test_the_cifs_of_a_prototype_are_bounded(run_python):
    """A program that makes types without end and passes them through `...` does not grow without end.

    In a process of its own: once a thread was started, CPython 3.13 without a GIL frees no class.
    """
    assert int(run_python("""
        import gc, weakref
        from libffi import Library, c
        snprintf = Library(None).function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])
        made = []
        for i in range(300):
            kind = c.struct(f"variadic_{i}", x=c.int)
            made.append(weakref.ref(kind))
            assert snprintf(None, 0, "%d", kind.new(x=i)) == len(str(i))
            assert snprintf(None, 0, "%d%d%d", 1, 2, 3) == 3         # which the others push out, again and again
        del kind
        gc.collect()
        print(sum(one() is not None for one in made))
    """)) < 70


def test_a_call_under_way_keeps_its_cif(snprintf):
    """... while the conversion of an argument makes calls enough to push it out."""
    class Size:
        def __index__(self):
            for i in range(100):
                snprintf(None, 0, "%d", c.struct(f"pushes_{i}", x=c.int).new(x=i))
            gc.collect()
            return 100

    out = c.array(c.char, 100).new()
    kind = c.ptr(c.struct("pushed_out", x=c.int))
    assert snprintf(out, Size(), "%p%d%s", kind(0), 5, "text") and out.value.endswith(b"5text")
