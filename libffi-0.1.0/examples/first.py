"""A real call and two real callbacks: what ./tools/demo runs.

No compiler and no C here: the functions called are those of the C library, of its
mathematical part and of SQLite, as this machine has them.
"""
import libffi
from libffi import Library, c, closure


def call_a_function():
    pow = Library("m").function("pow", c.double, [c.double, c.double])
    print(f"libm: pow(2, 10) = {pow(2, 10)}")
    try:
        pow(2, "ten")   # type: ignore  # checkers see it, too
    except TypeError as error:
        print(f"      {error}")


def sort_with_a_python_comparator():
    qsort = Library(None).function(
        "qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])
    calls = 0

    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        nonlocal calls
        calls += 1
        return (a[0] > b[0]) - (a[0] < b[0])

    numbers = c.array(c.int, 8).new([5, 3, 9, 1, 7, 2, 8, 4])
    qsort(numbers, len(numbers), c.int.size, compare)
    assert calls
    print(f"libc: qsort() asked Python and sorted: {list(numbers)}")


def run_python_inside_sql():
    try:
        sqlite = Library("sqlite3")
    except libffi.LibraryNotFound as error:
        print(f"SQLite is not on this machine: {error}")
        return
    sqlite.declare("""
        typedef struct sqlite3 sqlite3;
        typedef struct sqlite3_context sqlite3_context;
        typedef struct sqlite3_value sqlite3_value;
        enum { SQLITE_OK = 0, SQLITE_UTF8 = 1 };
        typedef void (*sql_function)(sqlite3_context *, int, sqlite3_value **);

        int sqlite3_initialize(void);
        int sqlite3_open(const char *filename, sqlite3 **db);
        int sqlite3_close(sqlite3 *db);
        int sqlite3_create_function(sqlite3 *db, const char *name, int arguments, int encoding,
                                    void *app, sql_function func, sql_function step,
                                    void (*final)(sqlite3_context *));
        int sqlite3_exec(sqlite3 *db, const char *sql,
                         int (*row)(void *, int, char **, char **), void *app, char **error);
        double sqlite3_value_double(sqlite3_value *);
        void sqlite3_result_double(sqlite3_context *, double);
    """)

    @sqlite.sql_function.cif.closure
    def cube(context, count, values):
        sqlite.sqlite3_result_double(context, sqlite.sqlite3_value_double(values[0]) ** 3)

    @closure(c.int, [c.pointer, c.int, c.ptr(c.string), c.ptr(c.string)])
    def print_row(app, count, texts, names):
        print("SQL:  " + ", ".join(f"{names[i]} = {texts[i]}" for i in range(count)))
        return 0

    place = c.pointer.new()  # room for one void *, which SQLite fills in
    sqlite.sqlite3_initialize()     # a SQLite can be built to want it: Python's on Windows is
    assert sqlite.sqlite3_open(":memory:", place) == sqlite.SQLITE_OK
    database = place.value
    sqlite.sqlite3_create_function(
        database, "cube", 1, sqlite.SQLITE_UTF8, None, cube, None, None)
    sqlite.sqlite3_exec(database, "SELECT cube(3), 'written in Python' AS cube_is",
                        print_row, None, None)
    sqlite.sqlite3_close(database)


if __name__ == "__main__":
    facts = libffi.features()
    print(f"libffi {facts['version']} ({facts['linkage']})")
    call_a_function()
    sort_with_a_python_comparator()
    run_python_inside_sql()
