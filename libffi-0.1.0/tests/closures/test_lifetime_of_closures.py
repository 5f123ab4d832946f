"""What becomes of a closure's address; more of it is in test_closure.py and ../reliability/test_crash.py."""
from __future__ import annotations

import ctypes
import functools
import gc
import re
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
import types
from pathlib import Path

import pytest

import libffi
from libffi import CIF, ClosureExpired, c, closure

INT_INT = CIF(c.int, [c.int])
C_SOURCES = Path(__file__).parent.parent / "c"
HERE = re.escape(__file__)
DEBUG_BUILD = hasattr(sys, "gettotalrefcount")
ALLOCATOR = "mimalloc" if sysconfig.get_config_var("Py_GIL_DISABLED") else "pymalloc"


@pytest.fixture
def small_quarantine():
    previous = libffi.closure_quarantine(16)
    yield 16
    libffi.closure_quarantine(previous)


def late_call(address):
    with pytest.raises(ClosureExpired) as caught:
        INT_INT.call(address, 1)
    return str(caught.value)


def first_line(f):
    return f.__code__.co_firstlineno


# ---- the report


def test_the_report_names_closure_signature_and_origin():
    def forgotten(x):
        return x

    f = INT_INT.closure(forgotten)
    address = f.address
    f.close()
    where = rf"closure forgotten, int \(int\) \(made in {HERE}, line {first_line(forgotten)}\), after it was "
    assert re.search(where + "closed", late_call(address))
    address = INT_INT.closure(forgotten).address
    assert re.search(where + "collected: keep it", late_call(address))


class Holder:
    def method(self, x):
        return x


@pytest.mark.parametrize("make, code", [
    (lambda: Holder().method, Holder.method),
    (lambda: functools.partial(Holder.method, None), Holder.method),
    (lambda: functools.partial(Holder().method), Holder.method),
], ids=["method", "partial", "partial method"])
def test_the_report_looks_through_methods_and_partials(make, code):
    address = INT_INT.closure(make()).address
    assert f"line {first_line(code)})" in late_call(address)
    assert INT_INT.closure(make()).origin == f"{__file__}:{first_line(code)}"


def test_the_report_of_a_closure_in_a_cycle():
    class Cycle:
        def method(self, x):
            return x

    cycle = Cycle()
    cycle.closure = INT_INT.closure(cycle.method)
    address, line = cycle.closure.address, first_line(Cycle.method)
    del cycle, Cycle
    gc.collect()
    assert f"line {line})" in late_call(address)


def test_a_callable_is_not_asked_for_its_code():
    class Curious:
        def __call__(self, x):
            return x

        def __getattr__(self, name):
            asked.append(name)
            raise RuntimeError(name)

    asked = []
    f = INT_INT.closure(Curious(), name="curious")
    address = f.address
    del f
    assert "closure curious" in late_call(address) and asked == []


# ---- the quarantine


def test_a_closed_closure_keeps_its_own_address(small_quarantine):
    """However many come and go: what it says of itself is not a stranger's."""
    f = INT_INT.closure(abs)
    address = f.address
    f.close()
    others = [INT_INT.closure(lambda x: x) for _ in range(50)]
    for _ in range(5 * small_quarantine):
        INT_INT.closure(abs)
    others += [INT_INT.closure(lambda x: x) for _ in range(200)]
    assert f.address == address and f.closed
    assert "abs" in late_call(address)
    del f
    gc.collect()
    assert [INT_INT.call(other, 5) for other in others] == [5] * 250


def test_an_address_of_garbage_that_was_closed_is_as_good_as_new(small_quarantine):
    cif = CIF(c.int, [c.int, c.int16])      # of this test's own
    dead = set()
    for _ in range(2 * small_quarantine):
        cycle = [cif.closure(max)]
        cycle.append(cycle)
        dead.add(cycle[0].address)
        cycle[0].close()
        del cycle
    gc.collect()
    heirs = [cif.closure(max) for _ in range(2 * small_quarantine)]
    assert {f.address for f in heirs} & dead
    assert [cif.call(f, 1, 2) for f in heirs] == [2] * len(heirs)


def test_an_address_is_not_reused_within_the_bound(small_quarantine):
    dead = [INT_INT.closure(abs).address for _ in range(small_quarantine)]
    fresh = [INT_INT.closure(abs) for _ in range(200)]
    assert not {f.address for f in fresh} & set(dead)
    for address in dead:
        late_call(address)


def test_an_address_stays_with_its_signature(small_quarantine):
    """A late call is answered by nobody, or by a closure with the same arguments."""
    cif = CIF(c.double, [c.int, c.double, c.int])       # of this test's own
    dead = {cif.closure(lambda *a: 0).address for _ in range(100)}
    strangers = [INT_INT.closure(abs) for _ in range(300)]
    assert not {f.address for f in strangers} & dead
    heirs = [cif.closure(lambda *a: 7) for _ in range(100)]
    assert {f.address for f in heirs} & dead
    for address in dead:
        try:
            assert cif.call(address, 1, 2, 3) == 7
        except ClosureExpired:
            pass


def test_an_address_outlives_its_signature(small_quarantine):
    """Nobody has the CIF any more, the bound is long past: libffi still must not get the memory back."""
    cif = CIF(c.void, [c.ptr(c.struct("gone", x=c.int))])
    dead = {cif.closure(lambda p: None).address for _ in range(small_quarantine // 2)}
    for _ in range(2 * small_quarantine):
        INT_INT.closure(abs)
    del cif
    gc.collect()
    strangers = [INT_INT.closure(abs) for _ in range(300)]
    assert not {f.address for f in strangers} & dead
    for address in dead:
        with pytest.raises(ClosureExpired):
            CIF(c.void, [c.pointer]).call(address, None)


def test_a_signature_that_comes_back_takes_its_addresses(small_quarantine):
    def signature():
        return CIF(c.void, [c.ptr(c.int64), c.ptr(c.int64), c.ptr(c.int64)])

    dead = {signature().closure(print).address for _ in range(small_quarantine // 2)}
    for _ in range(2 * small_quarantine):
        INT_INT.closure(abs)
    for _ in range(5):                          # each the last of its signature
        heir = signature().closure(print)
        assert heir.address in dead
        del heir
        for _ in range(2 * small_quarantine):
            INT_INT.closure(abs)


def test_signatures_that_come_and_go_leave_nothing(run_python, true_memory):
    grown = run_python("""
        import gc, libffi
        from libffi import CIF, c
        def resident():
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * 4096
        libffi.closure_quarantine(100)
        def use(n):
            for i in range(n):
                # Not ever more names: those of classes stay, where CPython 3.13 has no GIL.
                T = c.struct(f"s{i % 1000}", x=c.int, y=c.double)
                cif = CIF(c.void, [T])
                made = [cif.closure(print) for _ in range(5)]
                del T, cif, made
            gc.collect()
        use(5_000)
        before = resident()
        use(20_000)
        print(resident() - before)
    """)
    assert int(grown) < 2_000_000


def test_the_bound_is_checked():
    for wrong in (-1, "x", 1.5):
        with pytest.raises((ValueError, TypeError)):
            libffi.closure_quarantine(wrong)
    assert libffi.closure_quarantine() == 4096


def test_memory_is_bounded(run_python, true_memory):
    grown = run_python("""
        from libffi import CIF, c
        def resident():
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * 4096
        cif = CIF(c.int, [c.int])
        for i in range(20_000):
            cif.closure(abs)
        before = resident()
        for i in range(200_000):
            cif.closure(abs)
        print(resident() - before)
    """)
    assert int(grown) < 1_000_000


# ---- ends of all kinds


def test_closed_while_a_thread_of_c_is_inside(callbacks, unraisable):
    """The call that is inside ends as it would have; the next one is late."""
    start = callbacks.function("start_thread", c.int, [c.func(INT_INT), c.int, c.ptr(c.int)])
    join = callbacks.function("join_thread", c.int)
    inside, closed = threading.Event(), threading.Event()

    def slow(x):
        inside.set()
        assert closed.wait(30)
        return 7

    f, results = INT_INT.closure(slow), c.array(c.int, 2).new()
    assert start(f, 2, results) == 0
    assert inside.wait(30)
    f.close()
    closed.set()
    assert join() == 0
    assert list(results) == [7, 0]
    assert [kind for kind, _ in unraisable] == [ClosureExpired]


def test_collected_while_a_thread_of_c_is_inside(callbacks, unraisable, small_quarantine):
    start = callbacks.function("start_thread", c.int, [c.pointer, c.int, c.ptr(c.int)])
    join = callbacks.function("join_thread", c.int)
    inside, dropped = threading.Event(), threading.Event()

    def slow(x):
        inside.set()
        assert dropped.wait(30)
        return 7

    box = [INT_INT.closure(slow)]
    results = c.array(c.int, 2).new()
    assert start(box[0].address, 2, results) == 0
    assert inside.wait(30)
    box.clear()
    for _ in range(3 * small_quarantine):       # its block is not reused while a thread is in it
        INT_INT.closure(abs)
    dropped.set()
    assert join() == 0
    assert list(results) == [7, 0]
    assert [kind for kind, _ in unraisable] == [ClosureExpired]


def test_closed_by_many_threads_at_once():
    for _ in range(50):
        f = INT_INT.closure(abs)
        address, start = f.address, threading.Barrier(4)
        threads = [threading.Thread(target=lambda f=f, start=start: (start.wait(), f.close())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert "closed" in late_call(address)


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)() and sys.version_info < (3, 14),
                    reason="CPython 3.13 without the GIL never frees a module's functions")
def test_gone_with_its_module():
    module = types.ModuleType("gone")
    exec("from libffi import c, closure\n"
         "@closure(c.int, [c.int])\ndef callback(x):\n    return x + 1\n", module.__dict__)
    address = module.callback.address
    assert INT_INT.call(address, 1) == 2
    del module
    gc.collect()
    assert "closure callback" in late_call(address)


def test_struct_fields_and_arrays_keep_their_closures():
    unary = c.func(INT_INT)
    table = c.struct("table", first=unary, more=c.array(unary, 2)).new()
    table.first = INT_INT.closure(lambda x: x + 1)
    table.more = [INT_INT.closure(lambda x: x + 2), INT_INT.closure(lambda x: x + 3)]
    pair = c.array(unary, 2).new([INT_INT.closure(lambda x: x + 4), None])
    gc.collect()
    assert [f(0) for f in (table.first, table.more[0], table.more[1], pair[0])] == [1, 2, 3, 4]
    late = table.first.address
    table.first = None
    gc.collect()
    late_call(late)
    late = table.more[1].address
    del table
    gc.collect()
    late_call(late)


def test_closed_at_the_end_of_the_interpreter(run_python):
    out = run_python("""
        import atexit, weakref
        from libffi import CIF, c
        cif = CIF(c.int, [c.int])
        kept = [cif.closure(lambda x: x) for _ in range(10)]
        class Owner:
            def __init__(self, f): self.f = f
            def __del__(self): self.f.close(); self.f.close(); print("closed")
        atexit.register(kept[0].close)
        atexit.register(lambda: kept[0].close())
        weakref.finalize(kept[1], print, "finalized")
        owner = Owner(kept[2])
    """)
    assert sorted(out.split()) == ["closed", "finalized"]


def test_closures_work_until_the_last_python_code(run_python):
    """In exit handlers older than libffi, and in the last __del__, C still calls Python."""
    out = run_python("""
        import atexit, sys
        @atexit.register
        def older_than_libffi():
            numbers = c.array(c.int, 4).new([3, 1, 2, 0])
            qsort(numbers, 4, 4, compare)
            print(list(numbers), flush=True)
        from libffi import CIF, Library, c, closure
        qsort = Library(None).function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])
        @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
        def compare(a, b):
            return a[0] - b[0]
        class Last:
            def __del__(self, qsort=qsort, compare=compare, T=c.array(c.int, 4)):
                numbers = T.new([3, 1, 2, 0])
                qsort(numbers, 4, 4, compare)
                print(list(numbers), flush=True)
        last = Last()
    """)
    assert out == "[0, 1, 2, 3]\n" * 2


# ---- garbage


def test_c_code_that_runs_while_garbage_is_taken_apart():
    """Destructors of C's in a cycle call its closure when its function has lost its globals already."""
    new_capsule = ctypes.pythonapi.PyCapsule_New
    new_capsule.restype, new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    destructor, ran, late = CIF(c.void, [c.pointer]), [], []
    source = textwrap.dedent("""
        def make():
            def callback(capsule):
                ran.append(new_capsule)
                cycle
            cycle = [destructor.closure(callback)]
            cycle.append(new_capsule(1, b"capsule", cycle[0].address))
        make()
    """)
    hook, sys.unraisablehook = sys.unraisablehook, lambda u: late.append(u.exc_type)
    try:
        for _ in range(20):
            exec(source, {"destructor": destructor, "ran": ran, "new_capsule": new_capsule})
            gc.collect()
    finally:
        sys.unraisablehook = hook
    assert late == [ClosureExpired] * 20 and ran == []


def test_finalizers_of_garbage_call_through_c(qsort):
    """Python code that the collector runs first finds everything in order."""
    class Owner:
        def __init__(self, number):
            self.number, self.closure = number, closure(c.int, [c.pointer, c.pointer])(self.compare)

        def compare(self, a, b):
            called.add(self.number)
            return 0

        def __del__(self):
            INT_INT.closure(abs)        # one that is no garbage comes and goes in between
            qsort(bytearray(8), 2, 4, self.closure)

    called = set()
    for number in range(5):
        Owner(number)
        gc.collect()
    assert called == set(range(5))


def test_a_closure_that_a_finalizer_saves_from_garbage_is_collected():
    """The next collection would take it apart without notice."""
    class Owner:
        def __init__(self):
            self.closure = INT_INT.closure(lambda x: self is not None and x + 1)

        def __del__(self):
            within.append(INT_INT.call(self.closure.address, 1))
            saved.append(self.closure)

    def above():
        return INT_INT.call(saved[0].address, 1)

    saved, within = [], []
    Owner()
    gc.collect()
    assert within == [2]
    with pytest.raises(ClosureExpired, match="after it was collected"):
        above()
    with pytest.raises(ClosureExpired, match="after it was collected"):
        INT_INT.call(saved[0].address, 1)
    assert saved[0].closed and saved[0].callable is None


def test_code_that_runs_while_a_function_is_taken_apart(run_python):
    """A weak reference to code, which is no garbage, calls back in the middle of a function's end.

    Without the GIL, code is garbage like all others, and what it calls still whole.
    """
    out = run_python("""
        import gc, weakref
        from libffi import CIF, c
        cif = CIF(c.int, [c.int])
        def late(reference):
            try:
                print(cif.call(address, 1))
            except Exception as error:
                print(type(error).__name__)
        def make():
            global address, reference
            def f(x):
                return len([x])
            f.__module__ = compile("0", "code", "exec")     # goes when f has lost its globals
            reference = weakref.ref(f.__module__, late)
            f.box = [cif.closure(f)]
            address = f.box[0].address
        gc.collect()
        make()
        gc.collect()
    """)
    assert out in ("ClosureExpired\n", "1\n")


def test_garbage_goes_at_once():
    """What a closure in a cycle kept alive does not wait for a second collection."""
    class Owner:
        def method(self, x):
            return x

    class Large:
        pass

    for _ in range(3):
        owner = Owner()
        owner.closure, owner.large = INT_INT.closure(owner.method), Large()
        del owner
        gc.collect()
        assert not [one for one in gc.get_objects() if isinstance(one, (Owner, Large))]


CYCLES = """
def make(n):
    keep = []           # at once: a thread of C's may be late for what had the address before
    def f(x):
        keep
        return helper(x)
    keep.append(cif.closure(f))
    put(n, keep[0].address)
def helper(x):
    return x + 1
"""


def test_garbage_that_threads_of_c_call_meanwhile(run_python, compile_c):
    """Cycles are made and collected while four threads of C's call their closures."""
    out = run_python("""
        import gc, sys, time
        from libffi import CIF, ClosureExpired, Library, c
        cif, lib, odd = CIF(c.int, [c.int]), Library(sys.argv[1]), []
        put = lib.function("put", c.void, [c.int, c.pointer])
        sys.unraisablehook = lambda u: None if u.exc_type is ClosureExpired else odd.append(repr(u.exc_value))
        lib.function("start", c.int, [c.int])(4)
        until = time.monotonic() + 2
        while time.monotonic() < until:
            for n in range(64):
                module = {"cif": cif, "put": put}
                exec(sys.argv[2], module)
                module["make"](n)
                del module
            gc.collect()
        counts = c.array(c.long, 5).new()
        lib.function("stop", c.void, [c.ptr(c.long)])(counts)
        print(sorted(set(odd)), counts[3], counts[4], counts[1] > 0)
    """, compile_c(C_SOURCES / "hammer.c"), CYCLES)
    assert out == "[] 0 0 True\n"


# ---- leak hunting


def test_closures_lists_the_live_ones():
    before = libffi.closures()

    def first(x):
        return x

    kept = [INT_INT.closure(first)]
    time.sleep(0.02)                            # they know when they were made to a hundredth of a second
    kept.append(INT_INT.closure(abs))
    time.sleep(0.02)
    kept.append(closure(c.void, [])(lambda: None))
    temporary = INT_INT.closure(abs)
    temporary.close()
    new = [f for f in libffi.closures() if f not in before]
    assert new == kept      # oldest first, without the closed one
    assert kept[0].age >= kept[2].age + 0.01 and 0 <= kept[0].age < 60
    assert kept[0].origin == f"{__file__}:{first_line(first)}" and kept[1].origin is None
    assert all(100 < f.size <= 400 and f.size == sys.getsizeof(f) for f in kept)
    address = kept[0].address
    del new, before, first
    kept.clear()
    gc.collect()
    assert address not in [f.address for f in libffi.closures()]


def test_a_live_closure_costs_at_most_400_bytes(run_python, true_memory):
    each = run_python("""
        from libffi import CIF, c
        def resident():
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * 4096
        cif = CIF(c.int, [c.int])
        kept = [None] * 100_000
        before = resident()
        for i in range(100_000):
            kept[i] = cif.closure(abs)
        print((resident() - before) // 100_000)
    """, env={"PYTHONMALLOC": ALLOCATOR} if DEBUG_BUILD else None)      # without the padding that it adds
    assert int(each) <= 400


@pytest.mark.parametrize("closed", [False, True])
def test_a_class_in_a_cycle_with_its_closure(run_python, closed):
    printed = run_python(f"""
        import gc, weakref
        import libffi
        from libffi import CIF, ClosureExpired, Struct, c
        libffi.closure_quarantine(0)

        def make():
            class Point(Struct):
                x: c.double
            Point.same = CIF(Point, [Point]).closure(lambda point: point)
            Point.seen = CIF(c.int, [c.ptr(Point)]).closure(lambda point: 1)
            assert Point.same.cif.call(Point.same, (1,)) == (1,) and Point.seen.cif.call(Point.seen, None) == 1
            if {closed}:
                Point.same.close()
                Point.seen.close()
            return weakref.ref(Point), Point.seen.address

        gone, address = make()
        for _ in range(3):              # the closure expires after one that finds it
            gc.collect()
        print(gone() is None)
        libffi.closure_quarantine(16)
        gone, address = make()
        for _ in range(3):
            gc.collect()
        other = CIF(c.int, [c.pointer])
        try:
            other.call(address, None)   # its CIF and class are what a late call needs
        except ClosureExpired as error:
            print("Point *" in str(error))
        libffi.closure_quarantine(0)
        other.closure(print).close()
        gc.collect()
        print(gone() is None)
    """)
    assert printed.split() == ["True", "True", "True"]


def test_closures_that_live_to_the_very_end_say_nothing():
    """The modules that they would ask for their origin are gone by then."""
    done = subprocess.run([sys.executable, "-c", """if True:
        import builtins, sys
        from libffi import c, closure
        class Callable:
            def __call__(self):
                return 1
        builtins.kept = sys.kept = [closure(c.int, [])(thing) for thing in (Callable(), print, lambda: 1)]
    """], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
