"""A function, an aggregate and a collation for SQLite, written in Python, errors included.

Each group of the aggregate has a struct of ours inside SQLite's own memory.
"""
from libffi import Library, c, closure, string_at

sqlite = Library("sqlite3")
sqlite.declare("""
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_context sqlite3_context;
    typedef struct sqlite3_value sqlite3_value;
    typedef void (*sql_function)(sqlite3_context *, int, sqlite3_value **);
    typedef void (*sql_final)(sqlite3_context *);
    typedef int (*sql_collation)(void *, int, const void *, int, const void *);
    enum { SQLITE_OK, SQLITE_ERROR, SQLITE_UTF8 = 1 };
    struct moments { long long count; double mean, squares; };

    int sqlite3_initialize(void);
    int sqlite3_open(const char *filename, sqlite3 **db);
    int sqlite3_close(sqlite3 *);
    const char *sqlite3_errmsg(sqlite3 *);
    int sqlite3_exec(sqlite3 *, const char *sql, int (*row)(void *, int, char **, char **),
                     void *, char **error);
    int sqlite3_create_function(sqlite3 *, const char *name, int arguments, int encoding, void *,
                                sql_function, sql_function step, sql_final);
    int sqlite3_create_collation(sqlite3 *, const char *name, int encoding, void *, sql_collation);
    void *sqlite3_aggregate_context(sqlite3_context *, int bytes);
    double sqlite3_value_double(sqlite3_value *);
    void sqlite3_result_double(sqlite3_context *, double);
    void sqlite3_result_error(sqlite3_context *, const char *, int bytes);
""")


@sqlite.sql_function.cif.closure
def inverse(context, count, values):
    number = sqlite.sqlite3_value_double(values[0])
    if number == 0:
        sqlite.sqlite3_result_error(context, "inverse(0)", -1)  # an error of SQL
    else:
        sqlite.sqlite3_result_double(context, 1 / number)


moments = sqlite.moments  # the struct, as a type


def state_of(context):
    """The group's struct: SQLite allocates it, zeroed, at the first call of a group."""
    return moments.at(sqlite.sqlite3_aggregate_context(context, moments.size))


@sqlite.sql_function.cif.closure
def variance_step(context, count, values):
    state, number = state_of(context), sqlite.sqlite3_value_double(values[0])
    state.count += 1
    difference = number - state.mean
    state.mean += difference / state.count
    state.squares += difference * (number - state.mean)


@sqlite.sql_final.cif.closure
def variance_final(context):
    state = state_of(context)
    sqlite.sqlite3_result_double(context, state.squares / state.count if state.count else 0.0)


@sqlite.sql_collation.cif.closure
def by_length(app, size_a, a, size_b, b):
    one, other = string_at(a, size_a), string_at(b, size_b)
    return (len(one) > len(other)) - (len(one) < len(other))


@closure(c.int, [c.pointer, c.int, c.ptr(c.string), c.ptr(c.string)])
def print_row(app, count, texts, names):
    print("  " + ", ".join(f"{names[i]} = {texts[i]}" for i in range(count)))
    return 0


def main():
    place = c.pointer.new()
    sqlite.sqlite3_initialize()
    sqlite.sqlite3_open(":memory:", place)
    db = place.value
    utf8 = sqlite.SQLITE_UTF8
    sqlite.sqlite3_create_function(db, "inverse", 1, utf8, None, inverse, None, None)
    sqlite.sqlite3_create_function(
        db, "variance", 1, utf8, None, None, variance_step, variance_final)
    sqlite.sqlite3_create_collation(db, "by_length", utf8, None, by_length)
    for sql in (
        "CREATE TABLE word (text, size); "
        "INSERT INTO word VALUES ('pear', 4), ('fig', 3), ('banana', 6)",
        "SELECT text, inverse(size) AS inverse FROM word WHERE size = 4",
        "SELECT count(*) AS words, round(variance(size), 4) AS variance FROM word",
        "SELECT text FROM word ORDER BY text COLLATE by_length",
        "SELECT inverse(0)",
    ):
        print(sql)
        if sqlite.sqlite3_exec(db, sql, print_row, None, None) != sqlite.SQLITE_OK:
            print(f"  error: {sqlite.sqlite3_errmsg(db)}")
    sqlite.sqlite3_close(db)


if __name__ == "__main__":
    main()
