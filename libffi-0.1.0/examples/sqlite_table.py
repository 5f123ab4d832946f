"""A table whose rows are Python objects: SQLite reads them through a struct of closures."""
import collections

from libffi import Library, c, string_at

sqlite = Library("sqlite3")
sqlite.declare("""
    #define SQLITE_OK 0
    #define SQLITE_ERROR 1
    #define SQLITE_TRANSIENT ((void (*)(void *))-1)
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_context sqlite3_context;
    typedef struct sqlite3_value sqlite3_value;

    typedef struct { void *module; int references; char *message; } table;
    typedef struct { table *table; long row; } cursor;     /* SQLite knows the first member */
    typedef struct {
        int version;
        void *create;                   /* NULL: the table is there, nobody creates it */
        int (*connect)(sqlite3 *, void *, int, const char *const *, table **, char **);
        int (*best_index)(table *, void *);
        int (*disconnect)(table *);
        void *destroy;
        int (*open)(table *, cursor **);
        int (*close)(cursor *);
        int (*filter)(cursor *, int, const char *, int, sqlite3_value **);
        int (*next)(cursor *);
        int (*at_end)(cursor *);
        int (*column)(cursor *, sqlite3_context *, int);
        int (*row_number)(cursor *, long long *);
        void *not_for_readers[7];
    } module;

    int sqlite3_create_module(sqlite3 *, const char *name, const module *, void *);
    int sqlite3_declare_vtab(sqlite3 *, const char *sql);
    void sqlite3_result_int64(sqlite3_context *, long long);
    void sqlite3_result_text(sqlite3_context *, const char *, int, void (*)(void *));
    int sqlite3_initialize(void);
    int sqlite3_open(const char *, sqlite3 **);
    int sqlite3_exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
    const char *sqlite3_errmsg(sqlite3 *);
    int sqlite3_close(sqlite3 *);
""")


class Table:
    """Give SQLite a sequence of objects as rows; the columns are their attributes."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lent = {}                  # memory that C has the address of
        self.module = sqlite.module.new({
            name: field.cif.closure(getattr(self, name), on_error=sqlite.SQLITE_ERROR)
            for name, field in sqlite.module.fields.items() if field.kind == "function"
        })

    def lend(self, type, out):
        memory = type.new()
        self.lent[memory.address] = memory
        out[0] = memory
        return sqlite.SQLITE_OK

    def take_back(self, pointer):
        del self.lent[pointer.address]
        return sqlite.SQLITE_OK

    def connect(self, db, auxiliary, argc, argv, out, message):
        sqlite.sqlite3_declare_vtab(db, f"CREATE TABLE t({', '.join(self.columns)})")
        return self.lend(sqlite.table, out)

    def best_index(self, table, info):
        return sqlite.SQLITE_OK         # no index: SQLite filters and sorts by itself

    def open(self, table, out):
        return self.lend(sqlite.cursor, out)

    disconnect = close = take_back

    def filter(self, cursor, *constraints):
        cursor[0].row = 0
        return sqlite.SQLITE_OK

    def next(self, cursor):
        cursor[0].row += 1
        return sqlite.SQLITE_OK

    def at_end(self, cursor):
        return cursor[0].row >= len(self.rows)

    def column(self, cursor, context, i):
        value = getattr(self.rows[cursor[0].row], self.columns[i])
        if isinstance(value, int):
            sqlite.sqlite3_result_int64(context, value)
        else:
            sqlite.sqlite3_result_text(context, str(value), -1, sqlite.SQLITE_TRANSIENT)
        return sqlite.SQLITE_OK

    def row_number(self, cursor, out):
        out[0] = cursor[0].row
        return sqlite.SQLITE_OK


@sqlite.sqlite3_exec.cif.argtypes[2].cif.closure
def print_row(nothing, count, values, names):
    print("  " + ", ".join(string_at(values[i]).decode() for i in range(count)))
    return sqlite.SQLITE_OK


def main():
    Moon = collections.namedtuple("Moon", "name planet radius")
    moons = Table([Moon("Io", "Jupiter", 1822), Moon("Titan", "Saturn", 2575), Moon("Europa", "Jupiter", 1561)],
                  Moon._fields)
    place = c.ptr(sqlite.sqlite3).new()
    sqlite.sqlite3_initialize()
    sqlite.sqlite3_open(":memory:", place)
    db = place.value
    sqlite.sqlite3_create_module(db, "moons", moons.module, None)
    for sql in (
        "SELECT name, radius FROM moons WHERE planet = 'Jupiter' ORDER BY radius",
        "SELECT planet, count(*) FROM moons GROUP BY planet",
    ):
        print(sql)
        sqlite.sqlite3_exec(db, sql, print_row, None, None)
    moons.rows.append("no moon")    # type: ignore
    try:
        sqlite.sqlite3_exec(db, "SELECT max(radius) FROM moons", print_row, None, None)
    except AttributeError as error:
        print(f"out of SQLite came {type(error).__name__}: {error}")
    sqlite.sqlite3_close(db)
    assert not moons.lent


if __name__ == "__main__":
    main()
