"""libffi.trace(): calls and callbacks, as they happen."""
from __future__ import annotations

import array
import gc
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from helpers.surroundings import POSIX

import libffi
from libffi import CIF, Library, c, closure

pytestmark = pytest.mark.thread_unsafe(reason="traces every thread")


@pytest.fixture
def power(libm):
    return libm.function("pow", c.double, [c.double, c.double])


def lines_of(use, **options):
    """Return what a trace says of `use()`, without threads and times."""
    file = io.StringIO()
    with libffi.trace(file, **options):
        use()
    return [re.sub(r"^\d+ +\d+\.\d+  |  <\d+\.\d us>$", "", line) for line in file.getvalue().splitlines()]


def calls_of(use, **options):
    """Return what a callable of one's own is told of `use()`."""
    told = []
    with libffi.trace(told.append, **options):
        use()
    return told


def test_a_line_has_thread_time_and_duration(power):
    file = io.StringIO()
    with libffi.trace(file):
        power(2, 10)
    assert re.fullmatch(rf"{threading.get_native_id()}   0\.0000\d\d  pow\(2\.0, 10\.0\) = 1024\.0  <\d+\.\d us>\n",
                        file.getvalue())


def test_functions_made_before_and_meanwhile_by_each_way(libm, power):
    fast = power.call
    address = power.address

    def use():
        power(1, 2)
        fast(1.0, 3.0)
        power.call(1.0, 4.0)
        libm.function("cos", c.double, [c.double])(0)
        power.cif.bind(address, "again")(1, 5)
        power.cif.call(address, 1, 6)
        power.map(array.array("d", [1, 2, 3]), 7.0)
        power.map(array.array("d"), 7.0)

    assert lines_of(use) == [
        "pow(1.0, 2.0) = 1.0", "pow(1.0, 3.0) = 1.0", "pow(1.0, 4.0) = 1.0", "cos(0.0) = 1.0", "again(1.0, 5.0) = 1.0",
        f"<{address:#x}>(1.0, 6.0) = 1.0", "map pow(1.0, 7.0; and 2 more)", "map pow(of no items)"]
    assert fast(2.0, 2.0) == power(2, 2) == 4.0
    assert lines_of(lambda: None) == []


def test_frozen_functions_too(run_python):
    assert run_python("""
        import gc, sys, libffi
        from libffi import Library, c
        power = Library("m").function("pow", c.double, [c.double, c.double])
        gc.freeze()
        told = []
        with libffi.trace(told.append):
            power(2, 3)
        print(told[0].result)
    """) == "8.0\n"


@pytest.mark.parametrize(("value", "seen"), [
    (c.int(-5), "-5"), (c.bool(True), "true"), (c.char(b"x"), "'x'"), (c.char(b"'"), r"'\''"), (c.float(0.1), "0.1"),
    (c.double(0.1), "0.1"), (c.uint64(2**64 - 1), str(2**64 - 1)), (c.string("a\n\"é"), '"a\\n\\"é"'),
    (c.bytes(b"\xff"), r'"\xff"'), (c.string("x" * 60), '"' + "x" * 48 + '"...'), (c.string(None), "NULL"),
    (c.pointer(None), "NULL"), (c.pointer(0x1234), "0x1234"), (c.longdouble(1.5), "1.5"),
    (c.complex_double(1 + 2j), "(1+2j)"), (c.ptr(c.int)(0x10), "0x10"),
])
def test_values_as_c_has_them(value, seen):
    cif = CIF(value.type, [value.type])
    if value.type.kind == "complex" and not libffi.features()["complex"]:
        pytest.skip("needs complex numbers")
    same = cif.closure(lambda x: x, name="same")
    function = cif.bind(same, "same")
    [inner, outer] = calls_of(lambda: function(value))
    assert (inner.kind, inner.arguments, outer.arguments) == ("callback", seen, seen)
    if value.type.kind not in ("string", "bytes"):      # another text of the same words
        assert (inner.result, outer.result) == (seen, seen)


def test_references_and_out_parameters(libm):
    frexp = libm.function("frexp", c.double, [c.double, c.out(c.int)])
    assert lines_of(lambda: frexp(3.5)) == ["frexp(3.5, &...) = 0.875, argument 2: &2"]


def test_structs_and_variadic_calls(libc):
    div_t = c.struct("div_t", quot=c.int, rem=c.int)
    div = libc.function("div", div_t, [c.int, c.int])
    printf = libc.function("snprintf", c.int, [c.pointer, c.size_t, c.string, ...])
    assert lines_of(lambda: (div(17, 5), printf(None, 0, "%d %s", 5, "x"))) == [
        "div(17, 5) = div_t(quot=3, rem=2)", 'snprintf(NULL, 0, "%d %s", 5, "x") = 3']


@pytest.mark.parametrize("saves", [True, False])
def test_errno_is_told_and_left_alone(libc, saves):
    unlink = libc.function(f"{POSIX}unlink", c.int, [c.string], errno=saves)
    getpid = libc.function(f"{POSIX}getpid", c.int, [], errno=saves)
    libffi.set_errno(0)
    calls = calls_of(lambda: (getpid(), unlink("/nowhere/at all")))
    assert [call.errno for call in calls] == [0, 2]
    assert libffi.get_errno() == (2 if saves else 0)
    libffi.set_errno(0)
    assert lines_of(lambda: unlink("/nowhere")) == [f'{POSIX}unlink("/nowhere") = -1 errno=ENOENT']


def test_nesting(callbacks):
    call_one = callbacks.function("call_one", c.int, [c.pointer, c.int])

    @closure(c.int, [c.int])
    def inner(x):
        return x + 1

    @closure(c.int, [c.int])
    def outer(x):
        return call_one(inner, x) if x else 0

    assert lines_of(lambda: (call_one(outer, 5), call_one(outer, 0))) == [
        f"call_one({outer.address:#x}, 5) {{",
        "  callback outer(5) {",
        f"    call_one({inner.address:#x}, 5) {{",
        "      callback inner(5) = 6",
        "    } call_one = 6",
        "  } outer = 6",
        "} call_one = 6",
        f"call_one({outer.address:#x}, 0) {{",
        "  callback outer(0) = 0",
        "} call_one = 0"]


def test_exceptions_are_told_and_raised(callbacks):
    call_one = callbacks.function("call_one", c.int, [c.pointer, c.int])

    @closure(c.int, [c.int], on_error=-1)
    def fail(x):
        raise LookupError(x)

    def use():
        with pytest.raises(LookupError, match="7"):
            call_one(fail, 7)

    [inner, outer] = calls_of(use)
    assert isinstance(inner.exception, LookupError) and inner.exception is outer.exception
    assert inner.result is outer.result is None
    assert inner.outer is outer and (inner.depth, outer.depth) == (1, 0)
    assert lines_of(use)[1] == "  callback fail(7) raised LookupError"
    with pytest.raises(TypeError, match="expected int, got str"):     # C has not run: nothing to tell
        assert calls_of(lambda: call_one(fail, "x")) == []


def test_threads_of_c(callbacks):
    call_in_thread = callbacks.function("call_in_thread", c.int, [c.pointer, c.int, c.pointer])
    results = c.array(c.int, 3).new()
    square = CIF(c.int, [c.int]).closure(lambda x: x * x, name="square")
    calls = calls_of(lambda: call_in_thread(square, 3, results))
    assert [call.name for call in calls] == ["square"] * 3 + ["call_in_thread"]
    assert calls[0].thread == calls[1].thread != calls[3].thread == threading.get_native_id()
    assert calls[0].outer is None
    assert list(results) == [0, 1, 4]


def test_filters(power, libm):
    cos = libm.function("cos", c.double, [c.double])
    assert lines_of(lambda: (power(1, 1), cos(0)), only="c*") == ["cos(0.0) = 1.0"]
    assert lines_of(lambda: (power(1, 1), cos(0)), only=["pow", "cos"])[1:] == ["cos(0.0) = 1.0"]
    sleep = Library(None).function("usleep", c.int, [c.uint])
    assert lines_of(lambda: (cos(0), sleep(2000)), slower=0.001) == ["usleep(2000) = 0"]


def test_only_inner_ones(qsort):
    @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
    def compare(a, b):
        return a[0] - b[0]

    lines = lines_of(lambda: qsort(c.array(c.int, 2).new([2, 1]), 2, 4, compare), only="compare")
    assert lines and all(line.startswith("  callback compare(0x") for line in lines)


def test_a_file_is_appended_to(power, tmp_path):
    for _ in range(2):
        with libffi.trace(tmp_path / "trace"):
            power(2, 2)
    assert (tmp_path / "trace").read_text().count("pow(2.0, 2.0) = 4.0") == 2


def test_traces_in_traces(power):
    outer, inner = [], []
    with libffi.trace(outer.append):
        power(1, 1)
        with libffi.trace(inner.append):
            power(2, 1)
        power(3, 1)
    power(4, 1)
    assert [call.arguments for call in outer] == ["1.0, 1.0", "2.0, 1.0", "3.0, 1.0"]
    assert [call.arguments for call in inner] == ["2.0, 1.0"]


def test_what_is_told_may_call_and_raise(power, unraisable):
    def tell(call):
        assert power(2, 2) == 4         # not told of
        told.append(call)
        raise LookupError

    told = []
    with libffi.trace(tell):
        assert power(2, 3) == 8
    assert len(told) == len(unraisable) == 1


def test_an_interrupt_comes_through(power):
    def tell(call):
        raise KeyboardInterrupt

    with libffi.trace(tell), pytest.raises(KeyboardInterrupt):
        power(2, 3)


def test_errcheck_and_keywords(libm):
    checked = libm.function("pow", c.double, [c.double, c.double], errcheck=lambda result, f, args: (result, args))
    assert calls_of(lambda: checked(2, 2))[0].result == "4.0"
    with libffi.trace(lambda call: None):
        assert checked(2, 2) == (4.0, (2, 2))
        with pytest.raises(TypeError, match="takes no keyword arguments"):
            checked(x=1)
        with pytest.raises(TypeError, match="takes 2 arguments, got 1"):
            checked(1)


def test_a_closed_library_is_said_so(compile_c, tmp_path):
    library = Library(compile_c("int five(void) { return 5; }", "five"))
    five = library.function("five", c.int, [])
    library.close()
    with libffi.trace(lambda call: None), pytest.raises(ValueError, match="its library is closed"):
        five()


def test_functions_come_and_go_while_threads_call(libm):
    """Binding to other doors meets calls, new functions and the end of others."""
    cif = CIF(c.double, [c.double])
    address = libm.function("cos", c.double, [c.double]).address
    stop = threading.Event()
    wrong = []

    def work():
        while not stop.is_set():
            function, identity = cif.bind(address), cif.closure(lambda x: x)
            if function(0) != 1.0 or function.call(0.0) != 1.0 or cif.bind(identity)(3) != 3.0:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    told = []
    for _ in range(100):
        with libffi.trace(told.append):
            cif.call(address, 0)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong and len(told) >= 100
    del told
    gc.collect()


def test_left_by_longjmp(compile_c):
    library = Library(compile_c("""
        #include <setjmp.h>
        static jmp_buf out;
        int leave(void) { longjmp(out, 1); }
        int enter(int (*f)(void)) { return setjmp(out) ? -1 : f(); }
    """, "longjmp_traced"))
    leave = library.function("leave", c.int, [])
    enter = library.function("enter", c.int, [c.pointer])
    calls = calls_of(lambda: [enter(leave) for _ in range(3)])
    assert [(call.name, call.result, call.depth) for call in calls] == [("enter", "-1", 0)] * 3


def test_of_the_environment(run_python, tmp_path):
    source = """
        import sys, libffi
        from libffi import Library, c
        sys.stderr = sys.stdout
        Library("m").function("cos", c.double, [c.double])(0)
    """
    assert "cos(0.0) = 1.0" in run_python(source, env={"LIBFFI_TRACE": "1"})
    for off in "0", "":
        assert run_python(source, env={"LIBFFI_TRACE": off, "LIBFFI_CRASH_REPORTS": off}) == ""
    done = subprocess.run([sys.executable, "-c", "import libffi"], env={**os.environ, "LIBFFI_TRACE": "/no/such/file"},
                          capture_output=True, text=True, check=False)
    assert "'/no/such/file'\nThe environment's LIBFFI_TRACE names this file." in done.stderr
    assert run_python(source, env={"LIBFFI_TRACE": str(tmp_path / "trace")}) == ""
    assert "cos(0.0) = 1.0" in (tmp_path / "trace").read_text()


def test_greenlets_under_watch(run_python, greenlet):
    assert run_python("""
        import libffi
        from greenlet import getcurrent, greenlet
        from libffi import CIF, Library, c
        main, told = getcurrent(), []
        @CIF(c.int, [c.int]).closure
        def swap(x):
            main.switch(x)
            return x
        call = CIF(c.int, [c.int]).bind(swap, "swap")
        with libffi.trace(told.append):
            greens = [greenlet(call) for _ in range(3)]
            for i, green in enumerate(greens):
                green.switch(i)
            for green in greens:
                green.switch()
        print([(one.kind, one.result) for one in told])
    """) == str([(kind, str(i)) for i in range(3) for kind in ("callback", "call")]) + "\n"


@pytest.mark.skipif(not hasattr(sys, "_is_gil_enabled"), reason="CPython 3.13")
def test_nothing_is_kept(power):
    before = sys.getrefcount(power)
    for _ in range(100):
        calls_of(lambda: power(1, 1))
    assert sys.getrefcount(power) == before


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads")
def test_what_a_signals_handler_raises_is_not_lost_in_a_look(libc):
    """It comes when C returns, which is when the result is looked at."""
    usleep, asleep = libc.function("usleep", c.int, [c.uint]), threading.Event()

    def handler(number, frame):
        raise TimeoutError("alarm")

    def send():
        asleep.wait()
        time.sleep(0.1)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    previous, sender = signal.signal(signal.SIGALRM, handler), threading.Thread(target=send)
    sender.start()
    told = []
    try:
        with pytest.raises(TimeoutError, match="alarm"), libffi.trace(told.append):
            asleep.set()
            usleep(30_000_000)
    finally:
        asleep.set()
        sender.join()
        signal.signal(signal.SIGALRM, previous)
    assert [(call.name, type(call.exception)) for call in told] == [("usleep", TimeoutError)]
