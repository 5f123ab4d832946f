"""Measure the fronts of libffi.compat against the packages they stand in for: one program, two backends."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import building, footprint, running
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

# The same for ctypes' programs.
CTYPES_ROWS = {
    "ctypes: call int(int), no argtypes": "abs_(-5)",
    "ctypes: call int(int)": "typed_abs(-5)",
    "ctypes: call double(double)": "fabs(-5.0)",
    "ctypes: call with bytes": "strlen(b'text')",
    "ctypes: call with bytes, no argtypes": "strlen_(b'text')",
    "ctypes: call with byref()": "frexp(8.0, byref(number))",
    "ctypes: call with an array": "memset(numbers, 0, 4)",
    "ctypes: call that returns a struct": "div(7, 2)",
    "ctypes: call with a struct's pointer": "gmtime_r(moment, room)",
    "ctypes: variadic": "snprintf(text, 4, b'%d', 5)",
    "ctypes: callback": "callback(5)",
    "ctypes: qsort of ten, Python compares": "qsort(numbers, 10, 4, compare)",
    "ctypes: read a member": "point.x",
    "ctypes: write a member": "point.x = 5",
    "ctypes: read a member of a member": "line.a.x",
    "ctypes: read an item": "numbers[3]",
    "ctypes: write an item": "numbers[3] = 7",
    "ctypes: slice": "numbers[1:4]",
    "ctypes: all items": "list(numbers)",
    "ctypes: read a value": "number.value",
    "ctypes: write a value": "number.value = 7",
    "ctypes: read behind a pointer": "pointer_[0]",
    "ctypes: contents of a pointer": "pointer_.contents",
    "ctypes: new number": "c_int(5)",
    "ctypes: new struct": "Point()",
    "ctypes: new struct of values": "Point(1, 2.0)",
    "ctypes: new array": "Numbers()",
    "ctypes: new array of values": "Numbers(1, 2, 3)",
    "ctypes: pointer()": "pointer(number)",
    "ctypes: byref()": "byref(number)",
    "ctypes: cast()": "cast(numbers, IntPointer)",
    "ctypes: from_buffer()": "Point.from_buffer(data)",
    "ctypes: sizeof()": "sizeof(point)",
    "ctypes: create_string_buffer()": "create_string_buffer(10)",
    "ctypes: a new callback": "Unary(abs)",
    "ctypes: a new structure class": "type(Structure)('New', (Structure,), {'_fields_': [('x', c_int)]})",
}


def rows(notice):
    """Make the rows; `notice` hears of each peer that is missing."""
    result = {}
    import ctypes

    import libffi.compat.ctypes

    candidates = {"ctypes": ctypes_names(ctypes), "libffi.compat.ctypes": ctypes_names(libffi.compat.ctypes)}
    for title, expression in CTYPES_ROWS.items():
        row = result[title] = Row(f"`{expression}`", floors=("ctypes",))
        for name, names in candidates.items():
            row.candidates.append(Candidate(name, expression, names_in(expression, names)))
    try:
        candidates = {"cffi": cffi_names(None), "libffi.compat.cffi": cffi_names("libffi.compat.cffi")}
    except building.Missing as error:
        notice(f"cffi skipped: {error}")
        return result
    for title, expression in CFFI_ROWS.items():
        row = result[title] = Row(f"`{expression}`", floors=("cffi",))
        for name, names in candidates.items():
            row.candidates.append(Candidate(name, expression, names_in(expression, names)))
    return result


def facts(measured):
    """Import each in fresh interpreters, in turn."""
    statements = {"ctypes": "ctypes", "libffi.compat.ctypes": "libffi.compat.ctypes"}
    if building.installed("cffi"):
        statements |= {"cffi and its backend": "cffi, _cffi_backend", "cffi and ours": "cffi, libffi.compat.cffi"}
    return footprint.imports(statements)


def names_in(expression, names):
    return {key: value for key, value in names.items() if key in expression}


def ctypes_names(ctypes):
    """Return the names that the expressions use, over ctypes or ours."""
    libc, libm = ctypes.CDLL(None), ctypes.CDLL("libm.so.6")
    names = {name: getattr(ctypes, name) for name in (
        "c_int", "byref", "pointer", "cast", "sizeof", "create_string_buffer", "Structure")}
    c_int, c_double, c_size_t, c_void_p = ctypes.c_int, ctypes.c_double, ctypes.c_size_t, ctypes.c_void_p

    class Point(ctypes.Structure):
        _fields_ = [("x", c_int), ("y", c_double)]

    class Line(ctypes.Structure):
        _fields_ = [("a", Point), ("b", Point)]

    class Div(ctypes.Structure):
        _fields_ = [("quot", c_int), ("rem", c_int)]

    def function(library, name, restype, *argtypes):
        found = library[name]
        found.restype, found.argtypes = restype, argtypes
        return found

    Order = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
    Unary = ctypes.CFUNCTYPE(c_int, c_int)
    Numbers, IntPointer = c_int * 10, ctypes.POINTER(c_int)
    Room = ctypes.c_byte * 64
    number = c_int(5)
    return names | {
        "abs_": libc["abs"], "strlen_": libc["strlen"], "snprintf": libc["snprintf"],
        "typed_abs": function(libc, "abs", c_int, c_int), "fabs": function(libm, "fabs", c_double, c_double),
        "strlen": function(libc, "strlen", c_size_t, ctypes.c_char_p),
        "frexp": function(libm, "frexp", c_double, c_double, IntPointer),
        "memset": function(libc, "memset", c_void_p, c_void_p, c_int, c_size_t),
        "div": function(libc, "div", Div, c_int, c_int),
        "gmtime_r": function(libc, "gmtime_r", c_void_p, ctypes.POINTER(ctypes.c_long), ctypes.POINTER(Room)),
        "qsort": function(libc, "qsort", None, c_void_p, c_size_t, c_size_t, Order),
        "moment": ctypes.c_long(1700000000), "room": Room(), "text": ctypes.create_string_buffer(10),
        "Point": Point, "point": Point(1, 2.0), "line": Line(), "Numbers": Numbers, "numbers": Numbers(*range(10)),
        "number": number, "pointer_": ctypes.pointer(number), "IntPointer": IntPointer, "data": bytearray(32),
        "Unary": Unary, "callback": Unary(lambda n: n + 1), "compare": Order(lambda x, y: 0),
    }


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
