"""A va_list that C hands to a closure is passed on, and none is made."""
import pickle

import pytest

import libffi
from libffi import CIF, Library, c

SOURCE = """
#include <stdarg.h>
#include <stdio.h>
typedef void sink(void *user, int level, const char *format, va_list arguments);
void log_to(sink *write, void *user, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write(user, 3, format, arguments);
    va_end(arguments);
}
struct large { double d[5]; int i; };
struct mixed { int a; double b; };
typedef long reads(va_list arguments);
long read_with(reads *closure, int any, ...)
{
    va_list arguments;
    va_start(arguments, any);
    long result = closure(arguments);
    va_end(arguments);
    return result;
}
long read_all(va_list arguments)
{
    long result = 0;
    for (int i = 0; i < 12; ++i) {
        struct large large = va_arg(arguments, struct large);
        struct mixed mixed = va_arg(arguments, struct mixed);
        result = result * 3 + (long)(large.d[4] + mixed.b) + large.i + mixed.a;
        result += (long)va_arg(arguments, long double) + va_arg(arguments, int);
    }
    return result;
}
int format_to(char *out, size_t size, const char *format, va_list arguments)
{
    return vsnprintf(out, size, format, arguments);
}
"""


@pytest.fixture
def library(compile_c):
    made = Library(compile_c(SOURCE, "va_list_log"))
    made.declare("""
        typedef void sink(void *user, int level, const char *format, va_list arguments);
        void log_to(sink *write, void *user, const char *format, ...);
        int format_to(char *, size_t, const char *, __builtin_va_list);
        struct large { double d[5]; int i; };
        struct mixed { int a; double b; };
        typedef long reads(va_list arguments);
        long read_with(reads *closure, int any, ...);
        long read_all(va_list arguments);
    """)
    return made


def test_a_librarys_log_is_formatted(library):
    lines = []

    @library.sink.cif.closure
    def sink(user, level, format, arguments):
        out = c.array(c.char, 200).new()
        assert library.format_to(out, 200, format, arguments) > 0
        lines.append(bytes(out).partition(b"\0")[0])

    library.log_to(sink, None, "%d of %s", 3, "seven")
    library.log_to(sink, None, "%g %g %d %s %ld %d %d %d %g %s", 0.5, 2.25, 1, "two", c.long(3), 4, 5, 6, 7.5, "end")
    assert lines == [b"3 of seven", b"0.5 2.25 1 two 3 4 5 6 7.5 end"]


def test_it_may_be_passed_on_more_than_once(library):
    """First for the length, then for the text, as C does with va_copy()."""
    lines = []

    @library.sink.cif.closure
    def sink(user, level, format, arguments):
        for _ in range(2):
            length = library.format_to(None, 0, format, arguments)
            out = c.array(c.char, length + 1).new()
            assert library.format_to(out, length + 1, format, arguments) == length
            lines.append(out.value)

    values = *range(9), "text", 2.5, c.longdouble(3.25), *(i / 2 for i in range(9)), c.longlong(1 << 40)
    library.log_to(sink, None, "%d" * 9 + " %s %g %Lg " + "%g" * 9 + " %lld", *values)
    assert lines == [b"012345678 text 2.5 3.25 00.511.522.533.54 1099511627776"] * 2


def test_anything_may_be_in_it(library):
    large, mixed = library.large.new(d=[0, 0, 0, 0, 7], i=2), library.mixed.new(a=3, b=4.0)
    values = [value for i in range(12) for value in (large, mixed, c.longdouble(i), i)]
    found = []
    reads = library.reads.cif.closure(lambda arguments: found.append(library.read_all(arguments)) or found[0])
    expected = 0
    for i in range(12):
        expected = expected * 3 + 16 + 2 * i
    assert library.read_with(reads, 0, *values) == expected and found == [expected]


@pytest.mark.skipif(c.va_list.kind == "struct", reason="a va_list is passed by value")
def test_it_ends_with_the_call_of_the_closure(library):
    kept = []

    @library.sink.cif.closure
    def sink(user, level, format, arguments):
        kept.append(arguments)
        raise KeyError(format)

    with pytest.raises(KeyError, match="%s"):
        library.log_to(sink, None, "%s", "text")
    with pytest.raises(libffi.ArgumentError, match="the call that this va_list was for is over"):
        library.format_to(None, 0, "%s", kept[0])


def test_none_is_made(library):
    for make in c.va_list.new, c.va_list.read, c.va_list.at, c.va_list:
        with pytest.raises(TypeError):
            make(*([bytearray(64)] if make in (c.va_list.read, c.va_list.at) else []))
    for around in (lambda T: c.struct("s", v=T), lambda T: c.array(T, 2), c.ref, c.out, c.inout):
        with pytest.raises(libffi.BadTypedef):
            around(c.va_list)
    for wrong in (None, [1, 2], b"bytes", bytearray(24), c.array(c.char, 24).new(), 5, (1,), {}, c.int(3)):
        with pytest.raises(TypeError, match="va_list"):
            library.format_to(c.array(c.char, 9).new(), 9, "%d", wrong)


def test_its_name_is_a_type():
    assert CIF(c.int, [c.string, c.va_list]).argtypes[1] is c.va_list
    assert pickle.loads(pickle.dumps(c.va_list)) is c.va_list
    assert c.ptr(c.struct("__va_list_tag")) is not c.va_list


def test_a_tag_of_that_name_is_an_ordinary_struct(library):
    tag = c.struct("__va_list_tag", x=c.int)
    cif = CIF(c.int, [c.ptr(tag)])
    with cif.closure(lambda p: p[0].x) as f:
        assert cif.bind(f)(tag.new(x=3)) == 3
    with cif.closure(lambda p: not p) as f:
        assert cif.bind(f)(None) == 1
