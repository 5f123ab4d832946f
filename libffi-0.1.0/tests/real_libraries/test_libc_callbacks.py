"""The functions of the C library that call back, and some that do not."""
from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

import pytest

import libffi
from libffi import CIF, c, closure

COMPARE = CIF(c.int, [c.pointer, c.pointer])
INT_P = c.ptr(c.int)


@pytest.fixture
def by_value():
    @closure(c.int, [INT_P, INT_P])
    def compare(a, b):
        return (a[0] > b[0]) - (a[0] < b[0])

    return compare


# ---- sorting and searching


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000])
def test_qsort(qsort, by_value, count):
    rng = random.Random(count)
    numbers = [rng.randint(-(1 << 31), (1 << 31) - 1) for _ in range(count)]
    array = c.array(c.int, count + 1).new([*numbers, 0])
    qsort(array, count, c.int.size, by_value)
    assert list(array)[:count] == sorted(numbers)


def test_qsort_of_structs(qsort):
    person = c.struct("person", name=c.array(c.char, 12), age=c.int)
    people = c.array(person, 4).new([(b"Carol", 31), (b"Alice", 25), (b"Dave", 19), (b"Bob", 25)])

    @closure(c.int, [c.ptr(person), c.ptr(person)])
    def older(a, b):
        return (b.value.age - a.value.age) or (-1 if bytes(a.value.name) < bytes(b.value.name) else 1)

    qsort(people, len(people), person.size, older)
    assert [bytes(p.name).rstrip(b"\0") for p in people] == [b"Carol", b"Alice", b"Bob", b"Dave"]


def test_qsort_of_strings(qsort):
    words = [b"pear", b"apple", b"fig", b"cherry"]
    kept = [c.array(c.char, 10).new(word) for word in words]
    array = c.array(c.string, 4).new(kept)

    @closure(c.int, [c.ptr(c.string), c.ptr(c.string)])
    def compare(a, b):
        return (a[0] > b[0]) - (a[0] < b[0])

    qsort(array, 4, c.string.size, compare)
    assert list(array) == sorted(word.decode() for word in words)


def test_qsort_with_a_function_of_c(qsort, libc):
    """A C function goes where a closure goes; Python is not asked again."""
    strcmp = libc.function("strcmp", c.int, [c.pointer, c.pointer])
    letters = c.array(c.array(c.char, 2), 4).new([b"d", b"b", b"c", b"a"])
    qsort(letters, 4, 2, strcmp)
    assert bytes(letters) == b"a\0b\0c\0d\0"


def test_qsort_r_carries_a_pointer(libc):
    try:
        qsort_r = libc.function("qsort_r", c.void, [c.pointer, c.size_t, c.size_t, c.pointer, c.pointer])
    except libffi.SymbolNotFound:
        pytest.skip("no qsort_r")
    order = c.array(c.int, 3).new([30, 10, 20])
    indexes = c.array(c.int, 3).new([0, 1, 2])

    @closure(c.int, [INT_P, INT_P, INT_P])
    def compare(a, b, keys):
        return keys[a[0]] - keys[b[0]]

    qsort_r(indexes, 3, c.int.size, compare, order)
    assert list(indexes) == [1, 2, 0]


def test_sorting_stops_at_nothing_when_an_exception_is_raised(qsort):
    seen = []

    @closure(c.int, [INT_P, INT_P], on_error=0)
    def compare(a, b):
        seen.append(1)
        raise ArithmeticError(len(seen))

    array = c.array(c.int, 8).new(range(8))
    with pytest.raises(ArithmeticError) as caught:
        qsort(array, 8, 4, compare)
    assert caught.value.args == (1,) and sorted(array) == list(range(8))


def test_bsearch(libc, by_value):
    bsearch = libc.function("bsearch", INT_P, [c.pointer, c.pointer, c.size_t, c.size_t, c.pointer])
    array = c.array(c.int, 100).new(range(0, 200, 2))
    for key, index in ((0, 0), (66, 33), (198, 99)):
        found = bsearch(c.int.new(key), array, 100, 4, by_value)
        assert found[0] == key and found - INT_P(array) == index
    assert not bsearch(c.int.new(67), array, 100, 4, by_value)


def test_lfind_and_lsearch(libc, by_value):
    signature = [c.pointer, c.pointer, c.ptr(c.size_t), c.size_t, c.pointer]
    lfind, lsearch = (libc.function(name, INT_P, signature) for name in ("lfind", "lsearch"))
    array, used = c.array(c.int, 10).new([5, 3, 9] + [0] * 7), c.size_t.new(3)
    assert lfind(c.int.new(9), array, used, 4, by_value)[0] == 9
    assert not lfind(c.int.new(7), array, used, 4, by_value)
    assert lsearch(c.int.new(7), array, used, 4, by_value)[0] == 7
    assert used.value == 4 and list(array)[:4] == [5, 3, 9, 7]


def test_a_tree(libc, by_value):
    """tsearch keeps the pointers it is given, twalk visits them in order."""
    tsearch = libc.function("tsearch", c.pointer, [c.pointer, c.pointer, c.pointer])
    tfind = libc.function("tfind", c.ptr(INT_P), [c.pointer, c.pointer, c.pointer])
    tdelete = libc.function("tdelete", c.pointer, [c.pointer, c.pointer, c.pointer])
    twalk = libc.function("twalk", c.void, [c.pointer, c.pointer])
    root, numbers = c.pointer.new(), c.array(c.int, 7).new([4, 2, 6, 1, 3, 5, 7])
    addresses = [libffi.addressof(numbers) + 4 * i for i in range(7)]
    for address in addresses:
        assert tsearch(address, root, by_value)
    seen = []

    @closure(c.void, [c.ptr(INT_P), c.int, c.int])
    def visit(node, order, depth):
        if order in (1, 3):             # postorder, leaf: in order of the keys
            seen.append(node[0][0])

    twalk(root.value, visit)
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert tfind(c.int.new(6), root, by_value)[0][0] == 6
    for address in addresses:
        assert tdelete(address, root, by_value)
    assert root.value is None


# ---- files


@pytest.fixture
def tree(tmp_path):
    for name in ("a.txt", "b/c.txt", "b/d/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


FTW = c.struct("FTW", base=c.int, level=c.int)


def test_nftw(libc, tree):
    cif = CIF(c.int, [c.string, c.pointer, c.int, c.ptr(FTW)])
    nftw = libc.function("nftw", c.int, [c.string, c.func(cif), c.int, c.int])
    seen = {}

    @cif.closure
    def visit(path, stat, kind, ftw):
        seen[os.path.relpath(path, tree)] = (ftw[0].level, path[ftw[0].base:])
        return 0

    assert nftw(str(tree), visit, 10, 0) == 0
    assert seen == {
        ".": (0, tree.name), "a.txt": (1, "a.txt"), "b": (1, "b"), "b/c.txt": (2, "c.txt"), "b/d": (2, "d"),
        "b/d/e.txt": (3, "e.txt"),
    }


def test_nftw_stops_when_told(libc, tree):
    cif = CIF(c.int, [c.string, c.pointer, c.int, c.pointer])
    nftw = libc.function("nftw", c.int, [c.string, c.func(cif), c.int, c.int])
    seen = []
    assert nftw(str(tree), cif.closure(lambda *a: seen.append(a[0]) or 42), 10, 0) == 42
    assert len(seen) == 1


def test_nftw_stops_with_on_error(libc, tree):
    cif = CIF(c.int, [c.string, c.pointer, c.int, c.pointer])
    nftw = libc.function("nftw", c.int, [c.string, c.func(cif), c.int, c.int])
    seen = []

    @cif.closure(on_error=-1)
    def visit(path, *rest):
        seen.append(path)
        raise PermissionError(path)

    with pytest.raises(PermissionError):
        nftw(str(tree), visit, 10, 0)
    assert len(seen) == 1


def test_glob_reports_errors_and_results(libc, tree):
    glob_t = c.struct("glob_t", gl_pathc=c.size_t, gl_pathv=c.ptr(c.string), gl_offs=c.size_t,
                      reserved=c.array(c.char, 256))
    glob = libc.function("glob", c.int, [c.string, c.int, c.pointer, c.ptr(glob_t)])
    globfree = libc.function("globfree", c.void, [c.ptr(glob_t)])
    found = glob_t.new()
    assert glob(str(tree / "*"), 0, None, found) == 0
    assert [os.path.basename(p) for p in found.gl_pathv[0:found.gl_pathc]] == ["a.txt", "b"]
    globfree(found)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="struct dirent of Linux")
def test_scandir(libc, tree):
    dirent = c.struct("dirent", d_ino=c.uint64, d_off=c.int64, d_reclen=c.ushort, d_type=c.uchar,
                      d_name=c.array(c.char, 256))
    entry = c.ptr(dirent)
    scandir = libc.function("scandir64", c.int, [c.string, c.out(c.ptr(entry)), c.pointer, c.pointer])
    free = libc.function("free", c.void, [c.pointer])

    def name(p):
        return libffi.string_at(p.address + dirent.offsets["d_name"])

    wanted = CIF(c.int, [entry]).closure(lambda p: not name(p).startswith(b"."))
    order = CIF(c.int, [c.ptr(entry), c.ptr(entry)]).closure(lambda a, b: -1 if name(a[0]) > name(b[0]) else 1)
    count, entries = scandir(str(tree), wanted, order)
    assert [name(entries[i]) for i in range(count)] == [b"b", b"a.txt"]
    for i in range(count):
        free(entries[i])
    free(entries)


def test_streams_of_ones_own(libc):
    """fopencookie: a FILE * whose reads and writes are Python."""
    read_cif = CIF(c.ssize_t, [c.pointer, c.ptr(c.char), c.size_t])
    functions = c.struct("cookie_io_functions_t", read=c.func(read_cif), write=c.func(read_cif),
                         seek=c.pointer, close=c.pointer)
    try:
        fopencookie = libc.function("fopencookie", c.pointer, [c.pointer, c.string, functions])
    except libffi.SymbolNotFound:
        pytest.skip("no fopencookie")
    written = bytearray()

    @read_cif.closure
    def write(cookie, data, size):
        written.extend(data[0:size])
        return size

    file = fopencookie(1, "w", functions.new(write=write))
    fprintf = libc.function("fprintf", c.int, [c.pointer, c.string, ...])
    assert fprintf(file, "%s-%d", "text", 7) == 6
    assert libc.function("fclose", c.int, [c.pointer])(file) == 0
    assert written == b"text-7"


# ---- threads, signals, exits


def test_pthread_once(libc):
    once = libc.function("pthread_once", c.int, [c.ptr(c.int), c.func(CIF(c.void))])
    control, seen = c.int.new(), []
    f = CIF(c.void).closure(lambda: seen.append(1))
    assert [once(control, f), once(control, f)] == [0, 0]
    assert seen == [1]


def test_thread_specific_data_is_destroyed_by_a_closure(libc):
    """The destructor runs while its thread ends, after Python's own part of it."""
    destroy = CIF(c.void, [c.pointer])
    create = libc.function("pthread_key_create", c.int, [c.ptr(c.uint), c.func(destroy)])
    put = libc.function("pthread_setspecific", c.int, [c.uint, c.pointer])
    key, seen = c.uint.new(), []
    f = destroy.closure(seen.append)
    assert create(key, f) == 0
    thread = threading.Thread(target=lambda: put(key.value, 4321))
    thread.start()
    thread.join()
    # join() of Python may return before the C thread has ended.
    for _ in range(1000):
        if seen:
            break
        time.sleep(0.01)
    assert seen == [4321]
    assert libc.function("pthread_key_delete", c.int, [c.uint])(key.value) == 0


@pytest.mark.thread_unsafe(reason="changes a signal's handler")
def test_call_of_a_signal_handler(libc):
    """raise() runs the handler in this thread, within the call."""
    handler = CIF(c.void, [c.int])
    install = libc.function("signal", c.func(handler), [c.int, c.func(handler)])
    raise_ = libc.function("raise", c.int, [c.int])
    seen = []
    f = handler.closure(seen.append)
    before = install(signal.SIGUSR1, f)
    assert raise_(signal.SIGUSR1) == 0
    again = install(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1] and again.address == f.address


def test_atexit_runs_after_python_has_gone(run_python):
    """The interpreter is over when C runs the handler: zero bytes, nothing touched, no crash."""
    out = run_python("""
        from libffi import CIF, Library, c
        f = CIF(c.void).closure(lambda: print("never"))
        assert Library(None).function("__cxa_atexit", c.int, [c.pointer] * 3)(f, None, None) == 0
        print("end")
    """)
    assert out == "end\n"


# ---- without callbacks


@pytest.mark.thread_unsafe(reason="changes the environment")
def test_environment_and_strings(libc):
    setenv = libc.function("setenv", c.int, [c.string, c.string, c.int])
    getenv = libc.function("getenv", c.string, [c.string])
    assert setenv("LIBFFI_TEST", "h\xe9", 1) == 0 and getenv("LIBFFI_TEST") == "h\xe9"
    assert getenv("LIBFFI_TEST_MISSING") is None
    libc.function("unsetenv", c.int, [c.string])("LIBFFI_TEST")


@pytest.mark.parametrize("text, base, value, rest", [
    ("42abc", 10, 42, "abc"), ("-0x1F", 0, -31, ""), ("zz", 36, 1295, ""),
])
def test_strtol(libc, text, base, value, rest):
    strtol = libc.function("strtol", c.long, [c.pointer, c.out(c.bytes), c.int])
    buffer = c.array(c.char, 32).new(text.encode())
    got, end = strtol(buffer, base)
    assert (got, end) == (value, rest.encode())


def test_div_functions(libc):
    for name, T in (("div", c.int), ("ldiv", c.long), ("lldiv", c.longlong)):
        result_type = c.struct(f"{name}_t", quot=T, rem=T)
        got = libc.function(name, result_type, [T, T])(-17, 5)
        assert (got.quot, got.rem) == (-3, -2)


def test_time(libc):
    tm = c.struct("tm", **dict.fromkeys(
        ["tm_sec", "tm_min", "tm_hour", "tm_mday", "tm_mon", "tm_year", "tm_wday", "tm_yday", "tm_isdst"], c.int),
        tm_gmtoff=c.long, tm_zone=c.string)
    gmtime_r = libc.function("gmtime_r", c.ptr(tm), [c.ref(c.long), c.ptr(tm)])
    out = tm.new()
    got = gmtime_r(1_000_000_000, out)
    assert got.address == libffi.addressof(out)
    assert (out.tm_year, out.tm_mon, out.tm_mday, out.tm_hour, out.tm_sec) == (101, 8, 9, 1, 40)
    strftime = libc.function("strftime", c.size_t, [c.pointer, c.size_t, c.string, c.ptr(tm, const=True)])
    buffer = bytearray(20)
    assert buffer[:strftime(buffer, 20, "%Y-%m-%d", out)] == b"2001-09-09"


def test_memory_functions(libc):
    memcpy = libc.function("memcpy", c.pointer, [c.pointer, c.ptr(c.void, const=True), c.size_t])
    target = bytearray(5)
    assert memcpy(target, b"hello", 5) == libffi.addressof(target) and target == b"hello"
    numbers = c.array(c.int, 3).new()
    memcpy(numbers, c.array(c.int, 3).new([1, 2, 3]), 12)
    assert list(numbers) == [1, 2, 3]


def test_malloc_and_free(libc):
    malloc = libc.function("malloc", c.pointer, [c.size_t])
    free = libc.function("free", c.void, [c.pointer])
    address = malloc(400)
    numbers = c.array(c.int, 100).at(address)
    numbers[99] = 7
    assert INT_P(address)[99] == 7
    free(address)


def test_the_process_has_the_symbols_of_libc(libc):
    assert libc.symbol("strlen")
    assert libc.function("strlen", c.size_t, [c.string])("h\xe9") == 3
    assert libc.function("getpid", c.int)() == os.getpid()
