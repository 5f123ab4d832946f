"""The tour: what a new user writes in the first hour. It must run as it stands.

Each function is one stop; run the file, or point pytest at it. The spelling used here is the public spelling.
"""
import enum
import errno
import math
import pickle
import threading

import pytest

import libffi
from libffi import CIF, Library, c, closure


def test_call_a_function():
    libm = Library("m")
    pow = libm.function("pow", c.double, [c.double, c.double])
    assert pow(2.0, 10) == 1024.0
    assert pow.cif is CIF(c.double, [c.double, c.double])
    assert str(pow.cif) == "double (double, double)"
    assert pow.call(2.0, 3.0) == 8.0
    with pytest.raises(TypeError, match=r"pow.*argument 2.*double"):
        pow(2.0, "ten")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"pow"):
        pow(2.0)


def test_declare_in_c():
    libz = Library("z")
    libz.declare("""
        const char *zlibVersion(void);
        unsigned long crc32(unsigned long crc, const unsigned char *buf, unsigned int len);
    """)
    import zlib
    assert libz.crc32(0, b"hello", 5) == zlib.crc32(b"hello")
    assert libz.zlibVersion().startswith("1.")


def test_declare_in_python():
    libm = Library("m")

    @libm.function
    def hypot(x: c.double, y: c.double) -> c.double:
        """Length of the hypotenuse."""

    assert hypot(3, 4) == 5.0
    assert hypot.__doc__ == "Length of the hypotenuse."


def test_hand_python_to_c():
    libc = Library(None)
    qsort = libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])

    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        return (a[0] > b[0]) - (a[0] < b[0])

    values = c.array(c.int, 6).new([5, 3, 9, 1, 7, 2])
    qsort(values, len(values), c.int.size, compare)
    assert list(values) == [1, 2, 3, 5, 7, 9]


def test_an_exception_comes_back():
    libc = Library(None)
    qsort = libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])

    @closure(c.int, [c.pointer, c.pointer])
    def compare(a, b):
        raise LookupError("no order")

    with pytest.raises(LookupError, match="no order"):
        qsort(c.array(c.int, 3).new([3, 2, 1]), 3, c.int.size, compare)


def test_a_closed_closure_is_an_error_not_a_crash():
    @closure(c.int, [c.int])
    def double_it(x):
        return 2 * x

    through_c = CIF(c.int, [c.int]).bind(double_it.address, "double_it")
    assert through_c(21) == 42
    double_it.retarget(lambda x: 3 * x)
    assert through_c(21) == 63
    double_it.close()
    with pytest.raises(libffi.ClosureExpired):
        through_c(21)


def test_structs_by_value():
    libc = Library(None)
    div_t = c.struct("div_t", quot=c.int, rem=c.int)
    div = libc.function("div", div_t, [c.int, c.int])
    result = div(17, 5)
    assert (result.quot, result.rem) == (3, 2)

    point = c.struct("point", x=c.double, y=c.double)
    segment = c.struct("segment", a=point, b=point)

    @closure(point, [segment])
    def middle(s):
        return (s.a.x + s.b.x) / 2, (s.a.y + s.b.y) / 2

    through_c = middle.cif.bind(middle.address)
    m = through_c(((0, 0), {"x": 4, "y": 2}))
    assert (m.x, m.y) == (2.0, 1.0)
    assert segment.size == 32 and segment.offsets == {"a": 0, "b": 16}


def test_variadic():
    libc = Library(None)
    snprintf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    out = bytearray(64)
    n = snprintf(out, len(out), "%d %.2f %s %ld", 42, 2.5, "hi", c.long(-7))
    assert out[:n] == b"42 2.50 hi -7"


def test_out_parameters():
    libm = Library("m")
    frexp = libm.function("frexp", c.double, [c.double, c.out(c.int)])
    assert frexp(8.0) == (0.5, 4)


def test_errno():
    libc = Library(None)
    close = libc.function("close", c.int, [c.int], errno=True)
    assert close(-1) == -1
    assert libffi.get_errno() == errno.EBADF


def test_memory_and_pointers():
    numbers = c.array(c.double, 3).new([1.5, 2.5, 3.5])
    p = c.ptr(c.double)(numbers)
    assert (p[0], (p + 2)[0]) == (1.5, 3.5)
    p[1] = -1.0
    assert list(numbers) == [1.5, -1.0, 3.5]
    assert memoryview(numbers).format == "d"

    class Color(enum.IntEnum):
        RED = 0
        BLUE = 2

    box = c.struct("box", color=c.enum(Color), label=c.array(c.char, 8)).new(color=Color.BLUE)
    assert box.color is Color.BLUE


def test_a_real_library_calls_back():
    """SQLite runs a Python function as SQL and reports rows through a closure."""
    sq = Library("sqlite3")
    sq.declare("""
        typedef struct sqlite3 sqlite3;
        typedef struct sqlite3_context sqlite3_context;
        typedef struct sqlite3_value sqlite3_value;
        int sqlite3_initialize(void);
        int sqlite3_open(const char *filename, sqlite3 **db);
        int sqlite3_close(sqlite3 *db);
        int sqlite3_exec(sqlite3 *db, const char *sql,
                         int (*callback)(void *, int, char **, char **), void *arg, char **errmsg);
        int sqlite3_create_function(sqlite3 *db, const char *name, int nargs, int flags, void *app,
                         void (*func)(sqlite3_context *, int, sqlite3_value **),
                         void (*step)(sqlite3_context *, int, sqlite3_value **),
                         void (*final)(sqlite3_context *));
        double sqlite3_value_double(sqlite3_value *);
        void sqlite3_result_double(sqlite3_context *, double);
    """)
    db = c.pointer.new()                        # one void *, to be filled in by C
    sq.sqlite3_initialize()
    assert sq.sqlite3_open(":memory:", db) == 0
    rows = []

    @closure(c.void, [c.pointer, c.int, c.ptr(c.pointer)])
    def cube(context, n, values):
        sq.sqlite3_result_double(context, sq.sqlite3_value_double(values[0]) ** 3)

    @closure(c.int, [c.pointer, c.int, c.ptr(c.string), c.ptr(c.string)])
    def on_row(arg, n, texts, names):
        rows.append({names[i]: texts[i] for i in range(n)})
        return 0

    assert sq.sqlite3_create_function(db.value, "cube", 1, 1, None, cube, None, None) == 0
    assert sq.sqlite3_exec(db.value, "SELECT cube(3) AS n, 'a' AS s", on_row, None, None) == 0
    assert rows == [{"n": "27.0", "s": "a"}]
    assert sq.sqlite3_close(db.value) == 0


def test_callbacks_from_a_thread_c_made():
    libc = Library(None)
    create = libc.function("pthread_create", c.int, [c.pointer, c.pointer, c.pointer, c.pointer])
    join = libc.function("pthread_join", c.int, [c.ulong, c.pointer])
    seen = []

    @closure(c.pointer, [c.pointer])
    def run(arg):
        seen.append((arg, threading.get_ident()))

    thread = c.ulong.new()
    assert create(thread, None, run, 1234) == 0
    assert join(thread.value, None) == 0
    assert seen[0][0] == 1234 and seen[0][1] != threading.get_ident()


def test_bulk():
    import array
    cos = Library("m").function("cos", c.double, [c.double])
    x = array.array("d", [0.0, 0.5, 1.0])
    y = array.array("d", bytes(24))
    cos.map(x, out=y)
    assert list(y) == [math.cos(v) for v in x]


def test_ship_a_function():
    cos = Library("m").function("cos", c.double, [c.double])
    again = pickle.loads(pickle.dumps(cos))
    assert again(0.0) == 1.0


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q"]))
