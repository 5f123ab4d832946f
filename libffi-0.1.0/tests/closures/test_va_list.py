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
