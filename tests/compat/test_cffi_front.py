"""cffi.FFI over libffi.compat.cffi: the same programs, with the same answers as over cffi's own backend."""
from __future__ import annotations

import gc
import sys
import warnings

import pytest
from helpers.c_library import LIBC, LIBM

cffi = pytest.importorskip("cffi")
backend = pytest.importorskip("libffi.compat.cffi")

TEXT = """
    typedef struct { int quot, rem; } div_t;
    struct point { int x; double y; };
    struct flags { unsigned a : 3; int b : 5; unsigned char rest; };
    struct packet { int n; short items[]; };
    union number { int i; float f; struct { char low, high; }; };
    enum color { RED, GREEN = 5, BLUE };
    typedef int (*order)(const void *, const void *);
    int abs(int);
    div_t div(int, int);
    double strtod(const char *, char **);
    size_t strlen(const char *);
    char *strchr(const char *, int);
    int snprintf(char *, size_t, const char *, ...);
    void qsort(void *, size_t, size_t, order);
"""


@pytest.fixture
def ffi():
    made = cffi.FFI(backend=backend)
    made.cdef(TEXT)
    return made


@pytest.fixture
def libc(ffi):
    return ffi.dlopen(LIBC)


def both(program):
    """Return what a program of an FFI answers over this package's backend and over cffi's."""
    answers = []
    for each in (backend, None):
        made = cffi.FFI(backend=each)
        made.cdef(TEXT)
        answers.append(program(made, made.dlopen(LIBC)))
    return answers


PROGRAMS = {
    "call": lambda ffi, libc: libc.abs(-3),
    "text": lambda ffi, libc: libc.strlen(b"four"),
    "pointer result": lambda ffi, libc: ffi.string(libc.strchr(b"a=b", ord("="))),
    "NULL result": lambda ffi, libc: (libc.strchr(b"a", 66) == ffi.NULL, repr(libc.strchr(b"a", 66))),
    "struct result": lambda ffi, libc: (lambda d: (d.quot, d.rem, repr(d)))(libc.div(17, 5)),
    "list for a pointer": lambda ffi, libc: (lambda rest: (libc.strtod(b"1.5x", rest), ffi.string(rest[0])))(
        ffi.new("char **")),
    "variadic": lambda ffi, libc: (lambda room: (libc.snprintf(
        room, 20, b"%d %.1f %s", ffi.cast("char", 65), ffi.cast("double", 2.5), ffi.new("char[]", b"x")),
        ffi.string(room)))(ffi.new("char[20]")),
    "struct": lambda ffi, libc: (lambda p: (p.x, p.y, p[0].x, repr(p), dir(p)))(ffi.new("struct point *", [1, 2.5])),
    "bit-fields": lambda ffi, libc: (lambda p: (p.a, p.b, p.rest, bytes(ffi.buffer(p))))(
        ffi.new("struct flags *", {"a": 5, "b": -3, "rest": 200})),
    "open array": lambda ffi, libc: (lambda p: (list(p.items), len(p.items), ffi.sizeof(p[0])))(
        ffi.new("struct packet *", [1, [7, 8, 9]])),
    "union": lambda ffi, libc: (lambda u: (u.i, u.low, u.high))(ffi.new("union number *", {"f": 1.0})),
    "enum": lambda ffi, libc: (ffi.string(ffi.cast("enum color", 5)), repr(ffi.cast("enum color", 7)), libc.BLUE),
    "an enum's names": lambda ffi, libc: (list(ffi.typeof("enum color").elements.items()),
                                          list(ffi.typeof("enum color").relements.items())),
    "what a type has": lambda ffi, libc: [dir(ffi.typeof(name)) for name in (
        "int", "int *", "int[3]", "struct point", "enum color", "int(*)(int)")],
    "casts": lambda ffi, libc: [int(ffi.cast(name, value)) for name in ("char", "short", "uint64_t", "_Bool")
                                for value in (-1, 300, 2 ** 70 + 5, 2.9, b"a")],
    "slices": lambda ffi, libc: (lambda a: (list(a[1:3]), repr(a[1:3]), a[3]))(ffi.new("int[]", [1, 2, 3, 4])),
    "arithmetic": lambda ffi, libc: (lambda a: ((a + 2)[0], (a + 3) - a, a + 1 > a, a == a + 0))(
        ffi.new("int[]", [1, 2, 3, 4])),
    "wide": lambda ffi, libc: (ffi.string(ffi.new("wchar_t[]", "h\u00e9")), ffi.unpack(ffi.new("char16_t[]", "ab"), 3)),
    "typeof": lambda ffi, libc: (repr(ffi.typeof("int(*(*)(char))[3]")), ffi.getctype("int(*)[5]", "x"),
                                 [f[0] for f in ffi.typeof("struct point").fields]),
    "offsets": lambda ffi, libc: (ffi.offsetof("struct point", "y"), ffi.sizeof("struct flags"),
                                  ffi.alignof("struct point")),
    "addressof": lambda ffi, libc: (lambda point: ffi.addressof(point, "y")[0])(ffi.new("struct point *", [1, 2.5])),
    "callback": lambda ffi, libc: ffi.callback("int(int)", lambda n: n * 2)(21),
    "sorting": lambda ffi, libc: (lambda a: (libc.qsort(a, 4, 4, ffi.callback(
        "order", lambda x, y: ffi.cast("int *", x)[0] - ffi.cast("int *", y)[0])), list(a)))(
        ffi.new("int[]", [3, 1, 2, 0])),
    "handle": lambda ffi, libc: ffi.from_handle(ffi.new_handle({"a": 1})),
    "a handle as char *": lambda ffi, libc: (lambda handle: ffi.from_handle(ffi.cast("char *", handle)))(
        ffi.new_handle({"a": 1})),
    "truth": lambda ffi, libc: (repr(ffi.cast("_Bool", 5)), repr(ffi.cast("_Bool", 0))),
    "buffer": lambda ffi, libc: (lambda data: (ffi.from_buffer(data)[1], bytes(ffi.buffer(ffi.from_buffer(data), 2))))(
        bytearray(b"xyz")),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_answer_as_over_cffis_backend(name):
    ours, theirs = both(PROGRAMS[name])
    assert ours == theirs


WRONG = {
    "an int for a pointer": lambda ffi, libc: libc.strlen(5),
    "str for char *": lambda ffi, libc: libc.strlen("text"),
    "too large": lambda ffi, libc: libc.abs(2 ** 31),
    "a float": lambda ffi, libc: libc.abs(1.5),
    "too few": lambda ffi, libc: libc.abs(),
    "no such member": lambda ffi, libc: ffi.new("struct point *").z,
    "beyond the end": lambda ffi, libc: ffi.new("int[2]")[2],
    "beyond a pointer's one": lambda ffi, libc: ffi.new("int *")[1],
    "the null function": lambda ffi, libc: ffi.cast("int(*)(int)", 0)(1),
    "the null pointer": lambda ffi, libc: ffi.NULL[0],
    "what a void pointer points to": lambda ffi, libc: ffi.cast("void *", 16)[0],
    "too many items": lambda ffi, libc: ffi.new("int[2]", [1, 2, 3]),
    "another pointer": lambda ffi, libc: ffi.new("int **", ffi.new("short *")),
    "a bit-field's range": lambda ffi, libc: ffi.new("struct flags *", [8]),
    "a handle of another type": lambda ffi, libc: ffi.from_handle(ffi.new("int *")),
    "a dead handle": lambda ffi, libc: ffi.from_handle(ffi.cast("void *", 0)),
    "the variadic part": lambda ffi, libc: libc.snprintf(ffi.NULL, 0, b"%d", 5),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_the_same_errors(name):
    def failed(ffi, libc):
        with pytest.raises(Exception) as caught:
            WRONG[name](ffi, libc)
        return type(caught.value)
    ours, theirs = both(failed)
    assert ours is theirs


def test_null_is_not_followed_where_cffi_crashes(ffi):
    with pytest.raises(RuntimeError, match="null pointer"):
        getattr(ffi.cast("struct point *", 0), "x")  # noqa: B009
    with pytest.raises(RuntimeError, match="null pointer"):
        ffi.cast("struct point *", 0).x = 1


def test_a_float_is_promoted_where_cffi_passes_garbage(ffi, libc):
    room = ffi.new("char[20]")
    libc.snprintf(room, 20, b"%.1f", ffi.cast("float", 2.5))
    assert ffi.string(room) == b"2.5"


def test_a_struct_keeps_the_memory_of_the_pointer_it_came_from(ffi):
    struct = ffi.new("struct point *", [4, 0.5])[0]
    gc.collect()
    assert struct.x == 4 and repr(struct) == "<cdata 'struct point' owning 16 bytes>"


def test_a_destructor_runs_once(ffi):
    freed = []
    p = ffi.new("int *", 7)
    with ffi.gc(p, freed.append) as owned:
        assert owned[0] == 7
    del owned
    gc.collect()
    assert freed == [p]
    ffi.gc(p, freed.append)
    gc.collect()
    assert freed == [p, p]


def test_allocators_of_the_users(ffi, libc):
    ffi.cdef("void *malloc(size_t); void free(void *);")
    freed = []
    new = ffi.new_allocator(libc.malloc, lambda p: (freed.append(1), libc.free(p)))
    p = new("struct point *", {"x": 3})
    struct = p[0]
    assert (p.x, p.y) == (3, 0.0)
    del p
    gc.collect()
    assert struct.x == 3 and not freed
    del struct
    gc.collect()
    assert freed


def test_complex_numbers_are_passed_by_value_where_cffi_refuses():
    ffi = cffi.FFI(backend=backend)
    ffi.cdef("double cabs(double _Complex); double _Complex conj(double _Complex);")
    libm = ffi.dlopen(LIBM if sys.platform != "darwin" else None)
    assert libm.cabs(3 + 4j) == 5.0
    assert libm.conj(1 + 2j) == 1 - 2j


def test_what_a_callback_raises_goes_to_the_hook(ffi, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: seen.append(args.exc_value))
    assert ffi.callback("int(int)", lambda n: 1 // n, error=-7)(0) == -7
    assert isinstance(seen[0], ZeroDivisionError)
    asked = []
    assert ffi.callback("int(int)", lambda n: 1 // n, onerror=lambda *what: asked.append(what) or 9)(0) == 9
    assert asked[0][0] is ZeroDivisionError and len(seen) == 1


def test_errno_is_swapped(ffi, libc):
    ffi.cdef("void *fopen(const char *, const char *);")
    ffi.errno = 0
    assert not libc.fopen(b"/no such file", b"r")
    import errno
    assert ffi.errno == errno.ENOENT


def test_a_callback_that_is_gone_does_not_crash(run_python):
    """With cffi's backend this is a segmentation fault, sooner or later."""
    run_python("""
        import gc, sys, cffi, libffi.compat.cffi
        ffi = cffi.FFI(backend=libffi.compat.cffi)
        seen = []
        sys.unraisablehook = lambda args: seen.append(args.exc_value)
        kept = ffi.callback("int(int)", lambda n: n + 1)
        address = int(ffi.cast("intptr_t", kept))
        del kept
        gc.collect()
        late = ffi.cast("int(*)(int)", address)
        try:
            assert late(1) == 0
        except Exception as error:
            seen.append(error)
        assert "expired" in str(seen[0]).lower() or type(seen[0]).__name__ == "ClosureExpired", seen
    """)


def test_a_dead_handle_is_found_out(ffi):
    handle = ffi.new_handle(object())
    address = int(ffi.cast("intptr_t", handle))
    del handle
    gc.collect()
    with pytest.raises(SystemError, match="dead or bogus"):
        ffi.from_handle(ffi.cast("void *", address))


def test_a_closed_library_keeps_its_functions(ffi):
    library = ffi.dlopen(LIBM if sys.platform != "darwin" else None)
    ffi.cdef("double sqrt(double);")
    sqrt = library.sqrt
    ffi.dlclose(library)
    assert sqrt(9.0) == 3.0


def test_two_backends_live_side_by_side():
    ours, theirs = cffi.FFI(backend=backend), cffi.FFI()
    assert type(ours.new("int *")) is not type(theirs.new("int *"))
    assert not isinstance(theirs.NULL, ours.CData)
    with pytest.raises(TypeError):
        ours.new("int **", theirs.new("int *"))


def test_install_puts_it_under_every_ffi(run_python):
    assert run_python(f"""
        import libffi.compat.cffi
        libffi.compat.cffi.install()
        import cffi
        ffi = cffi.FFI()
        ffi.cdef("int abs(int);")
        assert isinstance(ffi.new("int *"), cffi.FFI.CData)
        print(type(ffi.new("int *")).__module__, ffi.dlopen({LIBC!r}).abs(-2))
    """).split() == ["libffi.compat.cffi._cdata", "2"]


def test_out_of_line_modules_keep_cffis_backend(run_python, tmp_path):
    assert run_python(f"""
        import sys, cffi
        ffi = cffi.FFI()
        ffi.cdef("int abs(int);")
        ffi.set_source("_out_of_line", None)
        ffi.compile({str(tmp_path)!r})
        import libffi.compat.cffi
        libffi.compat.cffi.install()
        sys.path.insert(0, {str(tmp_path)!r})
        import _out_of_line
        print(_out_of_line.ffi.dlopen({LIBC!r}).abs(-2), type(cffi.FFI().new("int *")).__module__)
    """).split() == ["2", "libffi.compat.cffi._cdata"]


def test_types_that_come_and_go_leave_nothing():
    """Structs that point to themselves too; cffi's own front keeps what it parsed, so it is left out."""
    def use():
        for i in range(200):
            struct = backend.new_struct_type(f"struct s{i}")
            pointer = backend.new_pointer_type(struct)
            integers = backend.new_array_type(backend.new_pointer_type(backend.new_primitive_type("int")), i + 1)
            backend.complete_struct_or_union(struct, [("next", pointer), ("a", integers)])
            backend.new_function_type((pointer,), pointer, False)
            made = backend.newp(pointer)
            made.next = made
            assert made.next.next[0].a[0] == 0
    use()
    gc.collect()
    before = len(gc.get_objects())
    use()
    gc.collect()
    assert len(gc.get_objects()) - before < 100


def test_a_buffer_over_memory_of_another_s_is_as_long_as_one_says(ffi):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        owned = ffi.new("char[]", 8)
        given = ffi.gc(ffi.cast("void *", owned), lambda _: None)       # a reply, with C's free() for a destructor
        assert len(ffi.buffer(given, 8)) == 8
        assert len(ffi.buffer(ffi.cast("char *", owned), 8)) == 8
        with pytest.raises(UserWarning, match="owns only 8 bytes"):
            ffi.buffer(owned, 9)


# Of 64 bits cffi's own backend writes none.
@pytest.mark.parametrize(("kind", "most"), [("int", 32), ("unsigned int", 32), ("long long", 63), ("uint64_t", 63),
                                            ("unsigned short", 16), ("_Bool", 1)])
def test_bit_fields_of_every_width(kind, most):
    answers = []
    for each in (backend, None):
        made = cffi.FFI(backend=each)
        made.cdef("".join(f"struct s{width} {{ {kind} a : {width}; {kind} b : {width}; }};"
                          for width in range(1, most + 1)))
        found = []
        for width in range(1, most + 1):
            struct = made.new(f"struct s{width} *")
            for value in (-1 << width, -(1 << width - 1) - 1, -(1 << width - 1), -1, 0, 1, (1 << width - 1) - 1,
                          1 << width - 1, (1 << width) - 1, 1 << width):
                try:
                    struct.b = value
                    found.append((width, value, struct.a, struct.b, bytes(made.buffer(struct))))
                except OverflowError as error:
                    found.append((width, value, type(error)))
        answers.append(found)
    assert answers[0] == answers[1]


def test_the_backend_lists_what_it_has_only_when_asked():
    assert {"Lib", "_init_cffi_1_0_external_module", "CType", "new_struct_type", "install"} <= set(dir(backend))
    assert [name for name in dir(backend) if not hasattr(backend, name)] == []


def test_bit_fields_of_64_bits(ffi):
    ffi.cdef("struct whole { long long a : 64; uint64_t b : 64; };")
    whole = ffi.new("struct whole *", [-1 << 63, (1 << 64) - 1])
    assert (whole.a, whole.b) == (-1 << 63, (1 << 64) - 1)
    whole.a = (1 << 63) - 1
    assert bytes(ffi.buffer(whole)) == b"\xff" * 7 + b"\x7f" + b"\xff" * 8 or sys.byteorder == "big"
    for name, value in (("a", 1 << 63), ("b", 1 << 64), ("b", -1)):
        with pytest.raises(OverflowError):
            setattr(whole, name, value)
