"""What could crash, each in a process of its own: it must end well, or with a Python exception."""
from __future__ import annotations

import sys
import textwrap

import pytest
from helpers.surroundings import REFUSED, SANITIZER

import libffi

PRELUDE = """
import array, gc, os, pickle, sys, threading, weakref
import libffi
from libffi import ABI, CIF, Library, c, closure
INT_INT = CIF(c.int, [c.int])
POINT = c.struct("point", x=c.double, y=c.double)
libc = Library(None)
qsort = libc.function("qsort", c.void, [c.pointer, c.size_t, c.size_t, c.pointer])
if sys.platform == "win32":
    kernel32 = Library("kernel32")
    sleep_ms = kernel32.function("Sleep", c.void, [c.uint])
    at_exit = libc.function("_crt_atexit", c.int, [c.pointer])
    def start_thread(work):
        make = kernel32.function("CreateThread", c.pointer,
                                 [c.pointer, c.size_t, c.pointer, c.pointer, c.uint, c.pointer])
        assert make(None, 0, work, None, 0, None)
else:
    usleep = libc.function("usleep", c.int, [c.uint])
    def sleep_ms(n):
        usleep(1000 * n)
    def at_exit(function):
        libc.function("__cxa_atexit", c.int, [c.pointer] * 3)(function, None, None)
    def start_thread(work):
        create = libc.function("pthread_create", c.int, [c.pointer, c.pointer, c.pointer, c.pointer])
        assert create(c.ulong.new(), None, work, None) == 0
""" + REFUSED

SNIPPETS = {
    "closure called after it was closed": """
        f = INT_INT.closure(abs)
        address = f.address
        f.close()
        for _ in range(100):
            refused(lambda: INT_INT.call(address, 1), libffi.ClosureExpired)
    """,
    "closure called after it was collected": """
        addresses = [INT_INT.closure(lambda x, i=i: i).address for i in range(2000)]
        gc.collect()
        for address in addresses[:500] + addresses[-100:]:
            try:
                INT_INT.call(address, 1)
            except libffi.ClosureExpired:
                pass
    """,
    "closure that closes itself, again and again": """
        for _ in range(1000):
            box = []
            def f(x):
                box.pop().close()
                gc.collect() if x == 999 else None
                return x
            box.append(INT_INT.closure(f))
            address = box[0].address
            assert INT_INT.call(address, 5) == 5
            refused(lambda: INT_INT.call(address, 5), libffi.ClosureExpired)
    """,
    "closure dropped by its own callback": """
        def f(x):
            globals().pop("g", None)
            gc.collect()
            return x + 1
        g = INT_INT.closure(f)
        del f
        assert INT_INT.call(g.address, 1) == 2
    """,
    "closure of another signature": """
        # C gives one int; the callable is asked for none, then for too many.
        for wrong in (lambda: 1, lambda a, b: 1):
            refused(lambda: INT_INT.call(INT_INT.closure(wrong), 1), TypeError)
    """,
    "argument closed by a callback during the call": """
        numbers = c.array(c.int, 100).new(range(100, 0, -1))
        @closure(c.int, [c.ptr(c.int), c.ptr(c.int)])
        def compare(a, b):
            refused(numbers.close, BufferError)
            return a[0] - b[0]
        qsort(numbers, 100, 4, compare)
        assert list(numbers) == list(range(1, 101))
    """,
    "bytearray resized by a callback during the call": """
        data = bytearray(400)
        @closure(c.int, [c.pointer, c.pointer])
        def compare(a, b):
            refused(lambda: data.extend(b"x" * 100_000), BufferError)
            return 0
        qsort(data, 100, 4, compare)
        data.extend(b"free again")
    """,
    "list changed by __index__ while it is converted": """
        class Evil:
            def __index__(self):
                items.clear()
                gc.collect()
                return 1
        items = [Evil(), 2, 3]
        try:
            c.array(c.int, 3).new(items)
        except Exception as error:
            print(type(error))
        items = [Evil(), 2.0]
        f = CIF(POINT, [POINT]).closure(lambda p: p)
        class EvilFloat(float):
            def __float__(self):
                items.clear()
                return 1.0
        items = [EvilFloat(), 2.0]
        try:
            CIF(POINT, [POINT]).call(f.address, items)
        except Exception as error:
            print(type(error))
    """,
    "memory closed by __index__ while it is written": """
        class Evil:
            def __index__(self):
                try:
                    m.close()
                except BufferError:
                    pass
                return 1
        m = c.array(c.int, 1000).new()
        try:
            m[0] = Evil()
        except (ValueError, BufferError):
            pass
        m = c.array(c.int, 1000).new()
        try:
            m[0:3] = [1, Evil(), 2]
        except (ValueError, BufferError):
            pass
        m = c.int.new()
        try:
            m.value = Evil()
        except (ValueError, BufferError):
            pass
    """,
    "argument memory closed by a later argument": """
        class Evil:
            def __index__(self):
                try:
                    m.close()
                except BufferError:
                    pass
                return 1
        memset = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t])
        m = c.array(c.char, 100_000).new()
        try:
            memset(m, Evil(), 100_000)
        except (ValueError, BufferError):
            pass
    """,
    "bytearray freed by a later argument": """
        class Evil:
            def __index__(self):
                refused(lambda: data.clear(), BufferError)
                return 1
        memset = libc.function("memset", c.pointer, [c.pointer, c.int, c.size_t])
        data = bytearray(100_000)
        memset(data, Evil(), 100_000)
        assert data == bytes([1]) * 100_000
    """,
    "a function freed by its own errcheck": """
        def check(result, function, args):
            globals().pop("f", None)
            gc.collect()
            return result
        f = libc.function("abs", c.int, [c.int], errcheck=check)
        assert f(-1) == 1
    """,
    "the library closed by its own function's errcheck": """
        m = Library("m")
        f = m.function("cos", c.double, [c.double], errcheck=lambda r, f, a: (m.close(), r)[1])
        assert f(0) == 1.0
        refused(lambda: f(0), ValueError)
    """,
    "the library closed while a call is in it": """
        m = Library("z")
        cif = CIF(c.pointer, [c.pointer, c.uint, c.uint])
        called = []
        f = cif.closure(lambda *a: (called.append(1), m.close())[1])
        init = m.function("deflateInit2_", c.int, [c.pointer, *[c.int] * 5, c.string, c.int])
        stream = c.array(c.pointer, 14).new()
        stream[8] = libffi.addressof(f)
        stream[9] = libffi.addressof(f)
        try:
            init(stream, 6, 8, 15, 8, 0, "1.2.13", 14 * c.pointer.size)
        except (ValueError, BufferError, RuntimeError):
            pass
        assert called
    """,
    "NULL everywhere": """
        p = c.ptr(c.int)(None)
        for use in (lambda: p[0], lambda: p.value, lambda: p[0:3], lambda: p.__setitem__(0, 1), lambda: c.int.at(0),
                    lambda: libffi.string_at(0), lambda: libffi.wstring_at(None), lambda: INT_INT.bind(0),
                    lambda: INT_INT.call(0, 1), lambda: c.ptr(POINT)(0).value, lambda: (p + 0)[0],
                    lambda: INT_INT.call_raw(0, None, []), lambda: INT_INT.call_exchange(0, bytearray(64))):
            refused(use, ValueError, TypeError)
        strlen = libc.function("strlen", c.size_t, [c.ref(c.char)])
        refused(lambda: strlen(None), TypeError)
    """,
    "function field that is NULL": """
        T = c.struct("ops", f=c.func(INT_INT))
        assert T.new().f is None
        refused(lambda: T.new().f(1), TypeError)
    """,
    "huge counts and sizes": """
        for use in (lambda: c.array(c.int, 1 << 61), lambda: c.array(c.array(c.long, 1 << 31), 1 << 31),
                    lambda: c.array(c.char, (1 << 62)).new(), lambda: c.array(c.char, 1 << 46).new(),
                    lambda: CIF(c.int, [c.int] * 1_000_000)):
            refused(use, ValueError, OverflowError, MemoryError, TypeError)
        numbers = c.array(c.int, 3).new()
        p = c.ptr(c.int)(libffi.addressof(numbers))
        assert c.ptr(c.int)(numbers)[0:1 << 60] == [0, 0, 0]
        for use in (lambda: p[0:1 << 60], lambda: p + (1 << 80), lambda: p[1 << 62]):
            refused(use, ValueError, OverflowError, MemoryError, IndexError)
    """,
    "a few thousand arguments": """
        n = 2000
        f = CIF(c.long, [c.long] * n).closure(lambda *a: sum(a))
        assert f.cif.call(f.address, *range(n)) == sum(range(n))
        g = CIF(c.double, [c.double, c.int] * 500).closure(lambda *a: sum(a))
        assert g.cif.call(g.address, *range(1000)) == sum(range(1000))
    """,
    "large structs by value": """
        T = c.struct("large", data=c.array(c.long, 8_000))
        cif = CIF(T, [T])
        f = cif.closure(lambda s: s)
        got = cif.call(f.address, T.new(data=range(8_000)))
        assert list(got.data) == list(range(8_000))
        refused(lambda: CIF(c.int, [c.struct("larger", data=c.array(c.long, 100_000))]), libffi.BadTypedef)
    """,
    "endless recursion through C": """
        f = INT_INT.closure(lambda x: INT_INT.call(f.address, x + 1))
        refused(lambda: INT_INT.call(f.address, 0), RecursionError)
        refused(lambda: INT_INT.call(f.address, 0), RecursionError)
    """,
    "deeply nested types": """
        def nest(make, depth):
            T = c.int
            for i in range(depth):
                T = make(T, i)
            return T
        for make in (lambda T, i: c.ptr(T), lambda T, i: c.struct(f"s{i}", inner=T), lambda T, i: c.array(T, 1),
                     lambda T, i: c.union(f"u{i}", inner=T), lambda T, i: c.func(CIF(c.int, [c.ptr(T)]))):
            T = nest(make, 40)
            m = T.new()
            repr(m), str(T), bytes(m) if T.kind == "array" else m
            try:
                CIF(T, [T])
            except libffi.BadTypedef:
                assert T.kind in ("array", "union")
            try:
                memoryview(m)
            except (BufferError, ValueError):
                pass
            try:
                nest(make, 100_000)
            except (libffi.BadTypedef, MemoryError):
                pass
    """,
    "struct in itself": """
        T = c.struct("loop")
        refused(lambda: T.define(x=c.int, again=T), TypeError)
        refused(lambda: T.define(x=c.int, again=c.array(T, 3)), TypeError)
        a, b = c.struct("a"), c.struct("b")
        refused(lambda: a.define(x=b), TypeError)
        refused(lambda: CIF(c.int, [T]), TypeError)
    """,
    "interpreter ends with closures alive": """
        keep = [INT_INT.closure(lambda x: x) for _ in range(100)]
        keep.append(keep)
        sys.keep = keep
        @closure(c.void, [])
        def late():
            print("never")
        at_exit(late)
    """,
    "interpreter ends with memory exported": """
        sys.keep = memoryview(c.array(c.int, 10).new())
        sys.also = c.ptr(c.int)(c.int.new())
    """,
    "interpreter ends in the middle of a call of another thread": """
        threading.Thread(target=lambda: sleep_ms(20_000), daemon=True).start()
        sleep_ms(20)
    """,
    "interpreter ends while a thread of C calls back": """
        @closure(c.pointer, [c.pointer])
        def work(arg):
            while True:
                sleep_ms(0)
        start_thread(work)
        sleep_ms(20)
    """,
    "sys.exit() in a callback": """
        f = INT_INT.closure(lambda x: sys.exit(0))
        INT_INT.call(f.address, 1)
        os._exit(3)
    """,
    "fork, and closures in the child": """
        f = INT_INT.closure(lambda x: x + 1)
        pid = os.fork()
        if pid == 0:
            g = INT_INT.closure(lambda x: x + 2)
            os._exit(0 if (INT_INT.call(f.address, 1), INT_INT.call(g.address, 1)) == (2, 3) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert INT_INT.call(f.address, 1) == 2
    """,
    "threads make, call and drop closures": """
        def work():
            for i in range(500):
                f = INT_INT.closure(lambda x, i=i: x + i)
                assert INT_INT.call(f.address, 1) == 1 + i
                if i % 2:
                    f.close()
        threads = [threading.Thread(target=work) for _ in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    """,
    "threads make types and CIFs": """
        def work(n):
            for i in range(200):
                T = c.struct(f"s{i % 7}", x=c.int, y=c.array(c.double, i % 5 + 1))
                cif = CIF(T, [T, c.ptr(T)])
                assert cif is CIF(T, [T, c.ptr(T)]) and T.new(x=i).x == i
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
    """,
    "cycles through everything": """
        class Node:
            def method(self, x):
                return x
        for _ in range(200):
            n = Node()
            n.closure = INT_INT.closure(n.method)
            n.function = INT_INT.bind(n.closure.address, "n", errcheck=lambda r, f, a, n=n: r)
            n.memory = c.struct("h", f=c.func(INT_INT)).new(f=n.closure)
            gone = weakref.ref(n)
            assert n.function(3) == 3
            del n
        gc.collect()
        gc.collect()            # the cycles without the closure, which was saved from the first
        assert gone() is None
    """,
    "objects made without their makers": """
        for T in (libffi.Type, libffi.Memory, libffi.Pointer, libffi.Function, libffi.Closure, libffi.Value):
            for make in (lambda: T(), lambda: T.__new__(T), lambda: object.__new__(T)):
                try:
                    x = make()
                except TypeError:
                    continue
                for use in (repr, str, hash, bool, lambda x: x == x, lambda x: x.address, lambda x: x.value,
                            lambda x: x.close(), lambda x: x(), lambda x: x.cif, lambda x: x.size, bytes,
                            lambda x: x[0], lambda x: x.call, lambda x: x.type, len):
                    try:
                        use(x)
                    except Exception:
                        pass
        try:
            x = CIF.__new__(CIF)
        except TypeError:
            sys.exit(0)
        for use in (repr, str, hash, lambda x: x.restype, lambda x: x.argtypes, lambda x: x.bind(8),
                    lambda x: x.closure(abs), lambda x: x.call(8)):
            try:
                use(x)
            except Exception:
                pass
    """,
    "subclasses": """
        for base in (libffi.Type, libffi.Memory, libffi.Pointer, libffi.Function, libffi.Closure, CIF):
            try:
                class Sub(base):
                    pass
            except TypeError:
                continue
            try:
                Sub()
            except TypeError:
                pass
    """,
    "released memoryviews": """
        import array

        def released():
            data = array.array("q", range(1000))
            view = memoryview(data).cast("B").cast("q")
            view.release()
            return view

        memory = c.array(c.int, 4).new()
        pointer = c.ptr(c.int)(memory)
        f = CIF(c.void, [c.int]).bind(libffi.closure(c.void, [c.int])(lambda n: None).address)
        for T in c.array(c.int, 3), c.array(c.array(c.int, 2), 2), c.array(c.string, 3), c.array(c.double, 2):
            refused(lambda: T(released()), ValueError)
            refused(lambda: T.new(released()), ValueError)
            refused(lambda: c.struct("s", a=T)({"a": released()}), ValueError)
        refused(lambda: memory.__setitem__(slice(0, 2), released()), ValueError)
        refused(lambda: pointer.__setitem__(slice(0, 2), released()), ValueError)
        refused(lambda: f.cif.call_raw(f.address, None, released()), ValueError)
        assert list(c.array(c.int, 3)(memoryview(b"abc")).value) == [97, 98, 99]
    """,
    "__init__ called again": """
        cif = CIF(c.int, [c.int])
        f = cif.closure(abs)
        for thing in (cif, f, c.int, c.int.new(), c.ptr(c.int)(8), cif.bind(f.address), Library("m")):
            for arguments in ((), (c.double, [c.double]), ("m",)):
                try:
                    thing.__init__(*arguments)
                except (TypeError, ValueError):
                    pass
        assert cif.call(f.address, -1) == 1
    """,
    "wrong pickles": """
        for make in (lambda: c.int.new(), lambda: c.ptr(c.int)(8), lambda: INT_INT.closure(abs),
                     lambda: INT_INT.bind(INT_INT.closure(abs).address)):
            try:
                pickle.dumps(make())
            except (TypeError, pickle.PicklingError):
                pass
    """,
    "a str result that is not UTF-8, in a callback": """
        bad = c.array(c.char, 3).new(b"\\xff\\xfe")
        cif = CIF(c.void, [c.string])
        seen = []
        f = cif.closure(seen.append)
        CIF(c.void, [c.pointer]).call(f.address, bad)
        assert seen == ["\\udcff\\udcfe"]
    """,
    "unusual exceptions in a callback": """
        class Odd(Exception):
            def __init__(self, a, b):
                pass
            def __str__(self):
                raise ValueError("no text")
        def fail(x):
            raise Odd(1, 2)
        refused(lambda: INT_INT.call(INT_INT.closure(fail), 1), Odd)
        class Mean(BaseException):
            __slots__ = ()
        def worse(x):
            raise Mean
        try:
            INT_INT.call(INT_INT.closure(worse), 1)
        except Mean:
            pass
    """,
    "an exception in __del__ of an argument": """
        class Loud:
            def __index__(self):
                return 5
            def __del__(self):
                raise ValueError
        sys.unraisablehook = lambda u: None
        f = INT_INT.closure(abs)
        for _ in range(100):
            assert INT_INT.call(f.address, Loud()) == 5
    """,
    "str subclasses and odd ints": """
        class S(str):
            def encode(self, *a):
                return 5
        strlen = libc.function("strlen", c.size_t, [c.string])
        assert strlen(S("abc")) == 3
        class I(int):
            def __index__(self):
                return "x"
        assert INT_INT.call(INT_INT.closure(abs), I(-5)) == 5
    """,
    "profile and trace functions": """
        f = INT_INT.closure(lambda x: x + 1)
        sys.settrace(lambda *a: None)
        sys.setprofile(lambda *a: None)
        assert INT_INT.call(f.address, 1) == 2
        sys.settrace(None)
        sys.setprofile(None)
    """,
    "closing what is in use": """
        m = c.array(c.int, 10).new()
        view = memoryview(m)
        refused(m.close, BufferError)
        p = c.ptr(c.int)(m)
        del view
        try:
            m.close()
        except BufferError:
            pass
        try:
            p[0]
        except ValueError:
            pass
    """,
    "buffers that misbehave": """
        import ctypes
        fill = CIF(c.pointer, [c.pointer, c.int, c.size_t]).bind(libc.symbol("memset"), "memset")
        view = memoryview(bytearray(8))
        view.release()
        refused(lambda: fill(view, 0, 8), ValueError)
        fill((ctypes.c_char * 8)(), 0, 8)
        refused(lambda: fill(memoryview(bytearray(16))[::2], 0, 8), ValueError, TypeError, BufferError)
    """,
    "closures that call each other without Python": """
        f = INT_INT.closure(abs)
        g = INT_INT.bind(f)
        for callable in g, g.call:
            f.retarget(callable)
            refused(lambda: g(1), RecursionError)
        f.retarget(abs)
        assert g(-1) == 1
        sys.setrecursionlimit(10**6)        # where Python's own limit comes too late

        @INT_INT.closure
        def deep(x):
            return call(x + 1)
        call = INT_INT.bind(deep)
        refused(lambda: call(0), RecursionError)
        assert g(-1) == 1
        # A thread with a small stack of its own
        threading.stack_size(256 * 1024)
        f.retarget(g)
        thread = threading.Thread(target=lambda: refused(lambda: g(1), RecursionError))
        thread.start()
        thread.join()
    """,
    "memory closed while it is made": """
        S = c.struct("S", text=c.string, room=c.array(c.long, 5000), last=c.int)
        class Closes:
            def __index__(self):
                for thing in gc.get_objects():
                    if isinstance(thing, libffi.Memory):
                        refused(thing.close, BufferError)
                return 5
        for make in (lambda: S(text="x", last=Closes()), lambda: S("x", [0] * 5000, Closes()),
                     lambda: S.new(text="x", last=Closes()), lambda: S.new(("x", [0] * 5000, Closes()))):
            assert make().last == 5
    """,
    "a struct defined while it is defined": """
        for evil in "list", "pack":
            T = c.struct("T")
            def again(*_):
                refused(lambda: T.define(small=c.char), TypeError)
                return iter([("large", c.array(c.long, 100000))])
            if evil == "list":
                T.define(type("Members", (list,), {"__iter__": again})())
            else:
                class Number(int):
                    def __lt__(self, other):
                        again()
                        return False
                T.define([("large", c.array(c.long, 100000))], _pack_=Number(8))
            assert T.size == 100000 * c.long.size and len(list(T.new().large)) == 100000
        refused(lambda: T.define(small=c.char), TypeError)
        T = c.struct("T")
        refused(lambda: T.define(x=3), TypeError)
        T.define(x=c.int)                   # a failed attempt is none
    """,
    "structs that change their class": """
        small, large = c.struct("small", a=c.char).new(), c.struct("large", a=c.long, b=c.long).new()
        class Below(type(small)):
            __slots__ = ()
        for one, other in (small, type(large)), (large, type(small)), (small, Below):
            refused(lambda: setattr(one, "__class__", other), TypeError)
        refused(lambda: setattr(type(small), "a", type(large).__dict__["b"]), TypeError)
        assert Below().a == b"\\0"
    """,
    "helpers of pickle, called by hand": """
        from libffi import _ffi
        for use in (lambda: _ffi._make_value(None, 1), lambda: _ffi._scalar_type(None),
                    lambda: _ffi._rebuild_cif(None, None, None), lambda: c.struct("s").__setstate__(None),
                    lambda: _ffi._rebuild_struct(c.struct, "s", 5, 0, 0), lambda: c.int.__reduce__()[0](5)):
            refused(use)
    """,
    "import in another interpreter": """
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        other = interpreters.create()
        try:
            # Works or says no.
            interpreters.run_string(other, "import libffi; libffi.Library(None)")
        except Exception as error:
            print(error)
        interpreters.destroy(other)
        assert INT_INT.call(INT_INT.closure(abs), -1) == 1
    """,
    "import again and reload": """
        import importlib
        for _ in range(3):
            importlib.reload(libffi)
        assert libffi.CIF(libffi.c.int, [libffi.c.int]).call(libc.symbol("abs"), -1) == 1
    """,
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_no_crash(run_python, name):
    if SANITIZER == "address" and name == "import in another interpreter":
        pytest.skip("AddressSanitizer was not tried with copies of the image yet")
    run_python(PRELUDE + textwrap.dedent(SNIPPETS[name]))


def test_after_the_interpreter_a_closure_gives_zero(run_python, callbacks):
    out = run_python("""
        import sys
        from libffi import CIF, Library, c
        cif = CIF(c.int, [c.int])
        f = cif.closure(lambda x: x + 1)
        call_at_exit = Library(sys.argv[1]).function("call_at_exit", c.int, [c.func(cif)])
        assert call_at_exit(f) == 0 and cif.call(f, 5) == 6
        print("end", flush=True)
    """, callbacks.path)
    assert out == "end\n0\n"


def test_a_collected_library_stays_loaded(run_python, callbacks):
    """Only close() unloads: C may still use what it got from the library."""
    assert run_python("""
        import gc, sys
        from libffi import CIF, Library, c
        address = Library(sys.argv[1]).symbol("call_stored")
        gc.collect()
        print(CIF(c.int, [c.int]).call(address, 5))
    """, callbacks.path) == "-1\n"


@pytest.mark.parametrize("body", [
    "lambda x: x + 1", "lambda x: [x] * 100", "lambda x: 1 // 0", "lambda x: time.sleep(0)",
])
def test_the_interpreter_ends_while_threads_of_c_call_without_a_pause(run_python, callbacks, body):
    out = run_python(f"""
        import sys, time
        from libffi import CIF, Library, c
        sys.unraisablehook = lambda unraisable: None
        cif = CIF(c.int, [c.int])
        f = cif.closure({body})
        call_for_ever = Library(sys.argv[1]).function("call_for_ever", c.int, [c.func(cif)])
        for _ in range(3):
            assert call_for_ever(f) == 0
        time.sleep(0.05)
        print("end", flush=True)
    """, callbacks.path)
    assert out == "end\n"


def test_callbacks_that_never_end_do_not_keep_the_process(run_python, callbacks):
    """Python waits two seconds for threads of C's, and does not ask these for the GIL in between."""
    out = run_python("""
        import sys, time, warnings
        from libffi import CIF, Library, c
        warnings.simplefilter("ignore")
        cif = CIF(c.int, [c.int])
        def compute(x):
            while True:
                x += 1
        f = cif.closure(compute)
        call_for_ever = Library(sys.argv[1]).function("call_for_ever", c.int, [c.func(cif)])
        for _ in range(16):
            assert call_for_ever(f) == 0
        time.sleep(0.05)
        print("end", flush=True)
    """, callbacks.path)
    assert out == "end\n"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl of Linux")
def test_works_where_memory_is_never_writable_and_executable(run_python):
    """PR_SET_MDWE (Linux 6.3): a mapping that was writable cannot become executable."""
    if not libffi.features()["static_trampolines"]:
        pytest.skip("this libffi has no static trampolines here")
    out = run_python("""
        from libffi import CIF, Library, c
        prctl = Library(None).function("prctl", c.int, [c.int, ...])
        if prctl(65, c.ulong(1), c.ulong(0), c.ulong(0), c.ulong(0)) != 0:
            print("unsupported")
        cif = CIF(c.int, [c.int])
        closures = [cif.closure(lambda x, i=i: x + i) for i in range(500)]
        assert all(cif.call(f.address, 1) == 1 + i for i, f in enumerate(closures))
        print("done")
    """)
    assert out.split()[-1] == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc of Linux")
def test_no_page_is_writable_and_executable(run_python):
    if not libffi.features()["static_trampolines"]:
        pytest.skip("this libffi has no static trampolines here")
    run_python("""
        from libffi import CIF, c
        cif = CIF(c.int, [c.int])
        closures = [cif.closure(abs) for i in range(500)]
        assert cif.call(closures[-1].address, -1) == 1
        with open("/proc/self/maps") as maps:
            bad = [line for line in maps if "w" in line.split()[1] and "x" in line.split()[1]]
        assert not bad, bad
    """)
