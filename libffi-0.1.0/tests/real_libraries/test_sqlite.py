"""SQLite calls Python: functions, aggregates, collations, progress, rows, authorizer, hooks."""
from __future__ import annotations

import math
import sqlite3
import threading

import pytest

import libffi
from libffi import CIF, LibraryNotFound, c

try:
    S = libffi.Library("sqlite3")
except LibraryNotFound:
    pytest.skip("no libsqlite3", allow_module_level=True)

VALUES = c.ptr(c.pointer)
CALL = CIF(c.void, [c.pointer, c.int, VALUES])
FINAL = CIF(c.void, [c.pointer])
ROW = CIF(c.int, [c.pointer, c.int, c.ptr(c.string), c.ptr(c.string)])
COLLATE = CIF(c.int, [c.pointer, c.int, c.pointer, c.int, c.pointer])
OK, ERROR, ABORT, INTERRUPT, ROW_READY, DONE = 0, 1, 4, 9, 100, 101
UTF8, TRANSIENT = 1, -1


def function(name, restype, *argtypes):
    return S.function(f"sqlite3_{name}", restype, argtypes)


function("initialize", c.int)()
open_ = function("open", c.int, c.string, c.out(c.pointer))
close = function("close", c.int, c.pointer)
exec_ = function("exec", c.int, c.pointer, c.string, c.func(ROW), c.pointer, c.out(c.string))
errmsg = function("errmsg", c.string, c.pointer)
create_function = function("create_function", c.int, c.pointer, c.string, c.int, c.int, c.pointer,
                           c.func(CALL), c.func(CALL), c.func(FINAL))
create_collation = function("create_collation", c.int, c.pointer, c.string, c.int, c.pointer, c.func(COLLATE))
value = {T.name: function(f"value_{name}", T, c.pointer)
         for name, T in (("int64", c.int64), ("double", c.double))}
value_text = function("value_text", c.string, c.pointer)
result_int64 = function("result_int64", c.void, c.pointer, c.int64)
result_double = function("result_double", c.void, c.pointer, c.double)
result_text = function("result_text", c.void, c.pointer, c.string, c.int, c.intptr_t)
result_error = function("result_error", c.void, c.pointer, c.string, c.int)
aggregate_context = function("aggregate_context", c.ptr(c.double), c.pointer, c.int)


class Database:
    """A connection that keeps the closures it has given away."""

    def __init__(self):
        status, self.handle = open_(":memory:")
        assert status == OK
        self.kept = []

    def keep(self, closure):
        self.kept.append(closure)
        return closure

    def define(self, name, count, f=None, step=None, final=None):
        """A scalar function (f) or an aggregate (step, final)."""
        closures = [self.keep(cif.closure(g)) if g else None
                    for cif, g in ((CALL, f), (CALL, step), (FINAL, final))]
        assert create_function(self.handle, name, count, UTF8, None, *closures) == OK

    def rows(self, sql, expected=OK):
        rows = []

        @ROW.closure
        def on_row(arg, n, texts, names):
            rows.append({names[i]: texts[i] for i in range(n)})
            return 0

        status, self.error = exec_(self.handle, sql, on_row, None)
        assert status == expected, self.error
        return rows


@pytest.fixture
def db():
    db = Database()
    yield db
    assert close(db.handle) == OK


def test_rows(db):
    db.rows("CREATE TABLE t (n INTEGER, s TEXT); INSERT INTO t VALUES (1, 'a\u20ac'), (2, NULL), (3, '');")
    assert db.rows("SELECT n, s FROM t ORDER BY n") == [
        {"n": "1", "s": "a\u20ac"}, {"n": "2", "s": None}, {"n": "3", "s": ""}]


def test_errors_come_as_text(db):
    assert db.rows("SELECT missing", ERROR) == []
    assert "no such column" in db.error and "no such column" in errmsg(db.handle)


def test_a_row_callback_can_stop(db):
    seen = []
    stop = ROW.closure(lambda arg, n, texts, names: seen.append(texts[0]) or len(seen) == 2)
    status, message = exec_(db.handle, "SELECT 1 UNION SELECT 2 UNION SELECT 3", stop, None)
    assert (status, seen) == (ABORT, ["1", "2"]) and "abort" in message


def test_an_exception_in_a_row_callback(db):
    def fail(arg, n, texts, names):
        raise LookupError(texts[0])

    with pytest.raises(LookupError, match="1"):
        exec_(db.handle, "SELECT 1 UNION SELECT 2", ROW.closure(fail, on_error=1), None)
    assert db.rows("SELECT 5 AS n") == [{"n": "5"}]         # the connection is well


def test_user_data_reaches_the_callback(db):
    seen = []
    f = ROW.closure(lambda arg, *rest: seen.append(arg) or 0)
    assert exec_(db.handle, "SELECT 1", f, 0x1234)[0] == OK and seen == [0x1234]


def test_scalar_functions(db):
    db.define("cube", 1, lambda ctx, n, v: result_double(ctx, value["double"](v[0]) ** 3))
    db.define("big", 0, lambda ctx, n, v: result_int64(ctx, -(1 << 63)))
    db.define("shout", 1, lambda ctx, n, v: result_text(ctx, value_text(v[0]).upper() + "\u20ac", -1, TRANSIENT))
    db.define("count_args", -1, lambda ctx, n, v: result_int64(ctx, n))
    assert db.rows("SELECT cube(3) AS a, big() AS b, shout('x\xe9') AS c, count_args(1,2,3) AS d") == [
        {"a": "27.0", "b": str(-(1 << 63)), "c": "X\xc9\u20ac", "d": "3"}]


def test_a_function_that_reports_an_error(db):
    db.define("fail", 0, lambda ctx, n, v: result_error(ctx, "so it is", -1))
    db.rows("SELECT fail()", ERROR)
    assert db.error == "so it is"


def test_a_function_that_raises(db):
    def divide(ctx, n, values):
        result_double(ctx, 1 / value["double"](values[0]))

    db.define("inverse", 1, divide)
    assert db.rows("SELECT inverse(4) AS n") == [{"n": "0.25"}]
    with pytest.raises(ZeroDivisionError):
        db.rows("SELECT inverse(0)")
    assert db.rows("SELECT inverse(2) AS n") == [{"n": "0.5"}]


def test_aggregates_keep_their_state_in_sqlites_memory(db):
    size = 2 * c.double.size

    def step(ctx, n, values):
        state, x = aggregate_context(ctx, size), value["double"](values[0])
        state[0] += 1
        state[1] += math.log(x)

    def final(ctx):
        count, total = aggregate_context(ctx, size)[0:2]
        result_double(ctx, math.exp(total / count))

    db.define("geomean", 1, step=step, final=final)
    db.rows("CREATE TABLE t (g, x); INSERT INTO t VALUES (1, 2), (1, 8), (2, 5)")
    got = [float(row["m"]) for row in db.rows("SELECT geomean(x) AS m FROM t GROUP BY g ORDER BY g")]
    assert got == pytest.approx([4.0, 5.0])


def test_collation(db):
    def by_length(arg, n, a, m, b):
        one, two = libffi.string_at(a, n), libffi.string_at(b, m)
        return (n - m) or (one > two) - (one < two)

    assert create_collation(db.handle, "by_length", UTF8, None, db.keep(COLLATE.closure(by_length))) == OK
    db.rows("CREATE TABLE t (s); INSERT INTO t VALUES ('ccc'), ('a'), ('bb'), ('aa'), ('\u20ac')")
    rows = db.rows("SELECT s FROM t ORDER BY s COLLATE by_length")
    assert [row["s"] for row in rows] == ["a", "aa", "bb", "ccc", "\u20ac"]


def test_progress_handler_interrupts(db):
    handler = function("progress_handler", c.void, c.pointer, c.int, c.func(CIF(c.int, [c.pointer])), c.pointer)
    seen = []
    f = CIF(c.int, [c.pointer]).closure(lambda arg: seen.append(arg) or len(seen) == 5)
    handler(db.handle, 100, f, 99)
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
    db.rows(endless, INTERRUPT)
    assert seen == [99] * 5
    handler(db.handle, 0, None, None)
    assert db.rows("SELECT 1 AS n") == [{"n": "1"}]


def test_progress_handler_that_raises_stops_an_endless_query(db):
    cif = CIF(c.int, [c.pointer])
    handler = function("progress_handler", c.void, c.pointer, c.int, c.func(cif), c.pointer)

    def interrupt(arg):
        raise KeyboardInterrupt

    f = cif.closure(interrupt, on_error=1)
    handler(db.handle, 100, f, None)
    with pytest.raises(KeyboardInterrupt):
        db.rows("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r", INTERRUPT)
    handler(db.handle, 0, None, None)


def test_authorizer(db):
    cif = CIF(c.int, [c.pointer, c.int, c.string, c.string, c.string, c.string])
    set_authorizer = function("set_authorizer", c.int, c.pointer, c.func(cif), c.pointer)
    db.rows("CREATE TABLE secret (x); CREATE TABLE open (x)")
    seen = []

    def check(arg, action, *names):
        seen.append(names)
        return int("secret" in names)           # SQLITE_DENY

    f = cif.closure(check)
    assert set_authorizer(db.handle, f, None) == OK
    db.rows("SELECT x FROM open")
    db.rows("SELECT x FROM secret", 23)         # SQLITE_AUTH
    assert ("secret", "x", "main", None) in seen
    set_authorizer(db.handle, None, None)


def test_update_hook(db):
    cif = CIF(c.void, [c.pointer, c.int, c.string, c.string, c.int64])
    hook = function("update_hook", c.pointer, c.pointer, c.func(cif), c.pointer)
    seen = []
    f = cif.closure(lambda arg, *rest: seen.append(rest))
    hook(db.handle, f, None)
    db.rows("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2); DELETE FROM t WHERE x = 1")
    assert seen == [(18, "main", "t", 1), (18, "main", "t", 2), (9, "main", "t", 1)]
    hook(db.handle, None, None)


def test_the_destructor_of_a_function(db):
    """create_function_v2 says when it no longer needs its user data."""
    create = function("create_function_v2", c.int, c.pointer, c.string, c.int, c.int, c.pointer,
                      c.func(CALL), c.pointer, c.pointer, c.func(FINAL))
    user_data = function("user_data", c.pointer, c.pointer)
    seen, gone = [], []
    f, destroy = CALL.closure(lambda ctx, n, v: seen.append(user_data(ctx))), FINAL.closure(gone.append)
    assert create(db.handle, "who", 0, UTF8, 4711, f, None, None, destroy) == OK
    db.rows("SELECT who()")
    assert (seen, gone) == ([4711], [])
    create(db.handle, "who", 0, UTF8, None, None, None, None, None)
    assert gone == [4711]


def test_prepared_statements_with_bound_values(db):
    prepare = function("prepare_v2", c.int, c.pointer, c.string, c.int, c.out(c.pointer), c.out(c.string))
    step = function("step", c.int, c.pointer)
    finalize = function("finalize", c.int, c.pointer)
    bind_text = function("bind_text", c.int, c.pointer, c.int, c.string, c.int, c.intptr_t)
    bind_double = function("bind_double", c.int, c.pointer, c.int, c.double)
    bind_blob = function("bind_blob", c.int, c.pointer, c.int, c.ptr(c.void, const=True), c.int, c.intptr_t)
    column_text = function("column_text", c.string, c.pointer, c.int)
    column_double = function("column_double", c.double, c.pointer, c.int)
    column_blob = function("column_blob", c.pointer, c.pointer, c.int)
    column_bytes = function("column_bytes", c.int, c.pointer, c.int)
    status, statement, rest = prepare(db.handle, "SELECT ?1, ?2, ?3; SELECT 2", -1)
    assert status == OK and rest.strip() == "SELECT 2"
    blob = bytes(range(256))
    assert [bind_text(statement, 1, "a\u20ac", -1, TRANSIENT), bind_double(statement, 2, 2.5),
            bind_blob(statement, 3, blob, 256, TRANSIENT)] == [OK] * 3
    assert step(statement) == ROW_READY
    assert (column_text(statement, 0), column_double(statement, 1)) == ("a\u20ac", 2.5)
    assert libffi.string_at(column_blob(statement, 2), column_bytes(statement, 2)) == blob
    assert step(statement) == DONE and finalize(statement) == OK


def test_a_database_file_is_readable_by_python(tmp_path):
    path = str(tmp_path / "x.db")
    status, handle = open_(path)
    assert status == OK
    assert exec_(handle, "CREATE TABLE t (n); INSERT INTO t VALUES (7)", None, None)[0] == OK
    assert close(handle) == OK
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT n FROM t").fetchall() == [(7,)]
    connection.close()


def test_connections_in_many_threads():
    """Each thread its own connection, all of them the same closures."""
    wrong = []

    def work(n):
        db = Database()
        db.define("plus", 2, lambda ctx, k, v: result_int64(ctx, value["int64_t"](v[0]) + value["int64_t"](v[1])))
        for i in range(50):
            if db.rows(f"SELECT plus({n}, {i}) AS n") != [{"n": str(n + i)}]:
                wrong.append((n, i))
        close(db.handle)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
