"""Measure the fronts of libffi.compat against the packages they stand in for: one program, two backends."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, running
from benchmarks.timing import Candidate, Row

NAME = "peers_fronts"

CFFI_TEXT = """
    typedef struct { int quot, rem; } div_t;
    struct point { int x; double y; };
    struct line { struct point a, b; int n[4]; };
    int abs(int);
    double fabs(double);
    size_t strlen(const char *);
    void *memset(void *, int, size_t);
    char *strchr(const char *, int);
    div_t div(int, int);
    int snprintf(char *, size_t, const char *, ...);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
"""

# What is measured, and how a program of cffi's says it.
CFFI_ROWS = {
    "call int(int)": "libc.abs(-5)",
    "call double(double)": "libm.fabs(-5.0)",
    "call with bytes for char *": "libc.strlen(b'text')",
    "call with an array": "libc.memset(numbers, 0, 4)",
    "call that returns a pointer": "libc.strchr(text, 116)",
    "call that returns a struct": "libc.div(7, 2)",
    "call with variadic arguments": "libc.snprintf(text, 4, b'%d', five)",
    "callback": "callback(5)",
    "qsort of ten, Python compares": "libc.qsort(numbers, 10, 4, compare)",
    "read a member": "point.x",
    "write a member": "point.x = 5",
    "the struct of a pointer": "point[0]",
    "read a member of a member": "line.a.x",
    "read an item": "numbers[3]",
    "write an item": "numbers[3] = 7",
    "slice": "numbers[1:4]",
    "all items": "list(numbers)",
    "pointer arithmetic": "numbers + 1",
    "compare pointers": "point == numbers",
    "new int": "ffi.new(int_pointer, 5)",
    "new struct": "ffi.new(point_pointer)",
    "new struct of a list": "ffi.new(point_pointer, [1, 2.0])",
    "new text": "ffi.new(char_array, b'hello')",
    "new by the type's name": "ffi.new('int *')",
    "cast to int": "ffi.cast(int_type, 3)",
    "cast to pointer": "ffi.cast(void_pointer, point)",
    "string": "ffi.string(text)",
    "unpack": "ffi.unpack(numbers, 10)",
    "buffer": "ffi.buffer(text)",
    "from_buffer": "ffi.from_buffer(data)",
    "address of a member": "ffi.addressof(line, 'b')",
    "handle": "ffi.new_handle(data)",
}


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    result = {}
    try:
        candidates = {"cffi": cffi_names(None), "libffi.compat.cffi": cffi_names("libffi.compat.cffi")}
    except building.Missing as error:
        notice(f"cffi skipped: {error}")
        return result
    for title, expression in CFFI_ROWS.items():
        row = result[title] = Row(f"`{expression}`", floors=("cffi",))
        for name, names in candidates.items():
            used = {key: value for key, value in names.items() if key in expression}
            row.candidates.append(Candidate(name, expression, used))
    return result


def cffi_names(backend):
    """Return the names that the expressions use, over one backend."""
    try:
        import cffi
    except ImportError as error:
        raise building.Missing(str(error)) from None
    if backend is not None:
        __import__(backend)
    ffi = cffi.FFI(backend=backend and sys.modules[backend])
    ffi.cdef(CFFI_TEXT)
    return {
        "ffi": ffi, "libc": ffi.dlopen(None), "libm": ffi.dlopen("m"),
        "numbers": ffi.new("int[10]"), "text": ffi.new("char[]", b"some text"), "data": bytearray(10),
        "point": ffi.new("struct point *", [1, 2.0]), "line": ffi.new("struct line *"), "five": ffi.cast("int", 5),
        "callback": ffi.callback("int(int)", lambda n: n + 1),
        "compare": ffi.callback("int(const void *, const void *)", lambda x, y: 0),
        "int_type": ffi.typeof("int"), "int_pointer": ffi.typeof("int *"), "void_pointer": ffi.typeof("void *"),
        "point_pointer": ffi.typeof("struct point *"), "char_array": ffi.typeof("char[]"),
    }


if __name__ == "__main__":
    sys.exit(running.main([sys.modules[__name__]]))
