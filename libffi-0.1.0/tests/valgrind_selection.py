"""One of each: what tools/check/valgrind runs under valgrind, as a script or by pytest. C libraries of the system only.

Each function here is a short use; a failed assertion is an error of ours as much as one that valgrind reports.
"""
from __future__ import annotations

import array
import gc
import math
import sys
import threading

import libffi
from libffi import CIF, Library, c, closure

LIBC, LIBM = Library(None), Library("m")
INT_INT = CIF(c.int, [c.int])
POINT = c.struct("point", x=c.double, y=c.double)
MIXED = c.struct("mixed", tag=c.char, weight=c.double, counts=c.array(c.int, 3), where=POINT)
qsort = LIBC.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])


def refused(use, *errors):
    try:
        use()
    except errors:
        return
    raise AssertionError("was not refused")


def test_scalars():
    for T, value in ((c.int8, -5), (c.uint16, 65535), (c.int, -1), (c.longlong, 1 << 60), (c.double, 2.5),
                     (c.float, 0.5), (c.longdouble, 2.5), (c.complex_double, 1j), (c.bool, True), (c.char, b"x"),
                     (c.wchar_t, "\u20ac")):
        f = CIF(T, [T]).closure(lambda x: x)
        assert f.cif.call(f.address, value) == value
        assert T.new(value).value == value == T.read(bytes(T.new(value)))


def test_functions():
    pow_ = LIBM.function("pow", c.double, [c.double, c.double])
    assert pow_(2, 10) == 1024 == pow_.call(2.0, 10.0)
    held = LIBM.function("cos", c.double, [c.double], gil="hold")
    assert held(0) == 1
    assert LIBM.function("frexp", c.double, [c.double, c.out(c.int)])(8.0) == (0.5, 4)
    close = LIBC.function("close", c.int, [c.int], errno=True, errcheck=lambda r, f, a: r)
    assert close(-1) == -1 and libffi.get_errno()


def test_strings():
    strlen = LIBC.function("strlen", c.size_t, [c.string])
    assert strlen("h\xe9llo") == 6 and strlen(b"abc") == 3
    assert LIBC.function("getenv", c.string, [c.string])("NO_SUCH_VARIABLE") is None
    assert LIBC.function("wcslen", c.size_t, [c.wstring])("h\xe9l") == 3
    refused(lambda: strlen("a\0b"), ValueError)


def test_structs():
    div = LIBC.function("ldiv", c.struct("ldiv_t", quot=c.long, rem=c.long), [c.long, c.long])
    assert (div(17, 5).quot, div(17, 5).rem) == (3, 2)
    cif = CIF(MIXED, [MIXED, POINT])
    f = cif.closure(lambda m, p: {"tag": m.tag, "weight": p.x, "counts": m.counts, "where": (m.where.y, p.y)})
    got = cif.call(f.address, (b"x", 1.5, [1, 2, 3], (4, 5)), {"x": 6, "y": 7})
    assert (got.tag, got.weight, list(got.counts), got.where.x, got.where.y) == (b"x", 6, [1, 2, 3], 5, 7)
    refused(lambda: cif.call(f.address, (1, 2), None), TypeError)


def test_variadics():
    snprintf = LIBC.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    out = bytearray(80)
    n = snprintf(out, 80, "%d %s %.1f %ld %Lg", 1, "two", 3.0, c.long(4), c.longdouble(5))
    assert out[:n] == b"1 two 3.0 4 5"
    refused(lambda: snprintf(out, 80, "%d", c.short(1)), libffi.BadArgType)


def test_callbacks():
    numbers = c.array(c.int, 50).new(range(50, 0, -1))

    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        return a[0] - b[0]

    qsort(numbers, 50, 4, compare)
    assert list(numbers) == list(range(1, 51))

    @closure(c.int, [c.pointer, c.pointer])
    def fail(a, b):
        raise LookupError

    refused(lambda: qsort(numbers, 50, 4, fail), LookupError)


def test_lifetimes():
    f = INT_INT.closure(abs)
    address = f.address
    f.retarget(lambda x: x)
    assert INT_INT.call(address, 3) == 3
    f.close()
    refused(lambda: INT_INT.call(address, 3), libffi.ClosureExpired)
    dropped = INT_INT.closure(abs).address
    gc.collect()
    refused(lambda: INT_INT.call(dropped, 3), libffi.ClosureExpired)

    def closes_itself(x):
        g.close()
        return x

    g = INT_INT.closure(closes_itself)
    assert INT_INT.call(g.address, 4) == 4
    many = [INT_INT.closure(lambda x, i=i: x + i) for i in range(300)]
    assert all(INT_INT.call(h.address, 1) == 1 + i for i, h in enumerate(many))


def test_memory():
    a = c.array(c.int, 10).new(range(10))
    p = c.ptr(c.int)(a)
    p[3] = 33
    assert a[3] == 33 and p[0:2] == [0, 1] and (p + 9)[0] == 9 and memoryview(a).tolist()[3] == 33
    del a
    gc.collect()
    assert p[9] == 9
    node = c.struct("node")
    node.define(value=c.int, next=c.ptr(node))
    head = node.new(value=1, next=node.new(value=2))
    assert head.next[0].value == 2
    closed = c.array(c.char, 5000).new()
    view = c.ptr(c.char)(closed)
    closed.close()
    refused(lambda: view[0], ValueError)
    flags = c.struct("flags", [("a", c.bits(c.uint, 3)), ("b", c.bits(c.int, 29))]).new(a=5, b=-7)
    assert (flags.a, flags.b) == (5, -7)


def test_raw():
    cif, pow_ = CIF(c.double, [c.double, c.double]), LIBM.symbol("pow")
    result = array.array("d", [0.0])
    cif.call_raw(pow_, result, [array.array("d", [2]), array.array("d", [5])])
    assert result[0] == 32
    block = bytearray(cif.exchange_size)
    cif.call_exchange(pow_, block)
    x = array.array("d", [0.0, 1.0, 2.0])
    out = array.array("d", [0.0] * 3)
    LIBM.function("cos", c.double, [c.double]).map(x, out=out)
    assert list(out) == [math.cos(v) for v in x]
    if libffi.features()["go_closures"]:
        assert INT_INT.call_go(INT_INT.go_closure(lambda v: v + 1), 1) == 2
    if libffi.features()["raw_api"]:
        assert INT_INT.call(INT_INT.raw_closure(lambda v: v + 1), 1) == 2


def test_bad_input():
    f = LIBC.function("abs", c.int, [c.int])
    for arguments in ((), (1, 2), ("x",), (1 << 40,), (None,)):
        refused(lambda a=arguments: f(*a), TypeError, OverflowError)
    refused(lambda: CIF(c.int, [c.array(c.int, 3)]), libffi.BadTypedef)
    refused(lambda: c.ptr(c.int)(None)[0], ValueError)
    refused(lambda: LIBC.symbol("no_such_symbol"), libffi.SymbolNotFound)


def test_threads():
    create = LIBC.function("pthread_create", c.int, [c.pointer, c.pointer, c.pointer, c.pointer])
    join = LIBC.function("pthread_join", c.int, [c.ulong, c.pointer])
    seen, run = [], CIF(c.pointer, [c.pointer]).closure(lambda arg: seen.append(arg))
    handle = c.ulong.new()
    for i in range(1, 4):
        assert create(handle, None, run, i) == 0 and join(handle.value, None) == 0
    assert seen == [1, 2, 3]
    f = INT_INT.closure(lambda x: x + 1)
    workers = [threading.Thread(target=lambda: [INT_INT.call(f.address, i) for i in range(20)]) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    selection = [use for name, use in list(globals().items()) if name.startswith("test_")]
    for use in selection:
        use()
        gc.collect()
    print(f"{len(selection)} passed, 0 failed", file=sys.stderr)
