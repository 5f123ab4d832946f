"""Python code that runs in the middle of something and does its worst: an exception at most, never a crash.

Each snippet crashed once, or wrote where it must not.
"""
from __future__ import annotations

import sys
import textwrap

import pytest
from helpers.surroundings import REFUSED

PRELUDE = """
import enum, functools, gc, os, sys, threading, weakref
import libffi
from libffi import CIF, Library, c, closure
INT_INT = CIF(c.int, [c.int])
libc = Library(None)
""" + REFUSED

SNIPPETS = {
    "a closure found while its on_error is converted": """
        take = libc.function("free", c.void, [c.pointer])
        class Evil:
            def __index__(self):
                for one in gc.get_objects():
                    if type(one) is libffi.Closure:
                        for use in (take, INT_INT.bind, repr, c.func(INT_INT), lambda f: f.close(), lambda f: f(1)):
                            refused(lambda: use(one))
                return 1
        f = INT_INT.closure(abs, on_error=Evil())
        assert INT_INT.call(f.address, -1) == 1
    """,
    "a callable whose origin raises": """
        class Partial:
            def __call__(self, x):
                return x
            @property
            def func(self):
                raise KeyboardInterrupt
        f = INT_INT.closure(Partial(), name="partial")
        address, functools.partial = f.address, Partial
        del f
        kept = [INT_INT.closure(abs) for _ in range(100)]
        refused(lambda: INT_INT.call(address, 1), libffi.ClosureExpired)
    """,
    "memory closed by the enum its items become": """
        class Closing(enum.IntEnum):
            ONE = 1
            @classmethod
            def _missing_(cls, value):
                memory.close()
        T = c.enum(Closing)
        for use in (lambda: memory[0:1_000_000], lambda: memory.value, lambda: c.ptr(T)(memory)[0:1_000_000]):
            memory = c.array(T, 1_000_000).new()
            refused(use, BufferError)
    """,
    "an enum's type found while its members are looked at": """
        class Curious(enum.EnumMeta):
            def __iter__(self):
                found.extend(one for one in gc.get_objects() if type(one) is libffi.Type and one.kind == "enum")
                for one in found:
                    print(one, one.new().value, one(1))
                return super().__iter__()
        class Number(enum.IntEnum, metaclass=Curious):
            ONE = 1
        found = []
        assert c.enum(Number)(1).value == Number.ONE and not found
    """,
    "a pointer read while another one is converted in its place": """
        class Curious:
            def __index__(self):
                found.append(cell.p)
                return 0
        cell, found = c.struct("cell", p=c.pointer).new(p=c.int.new(7)), []
        cell.p = Curious()
        assert cell.p is None and gc.get_referents(found[0])[-1].value == c.ptr(c.int)(found[0]).value == 7
    """,
    "results found while they become a tuple": """
        class Curious(enum.IntEnum):
            ONE = 1
            @classmethod
            def _missing_(cls, value):
                for one in gc.get_objects():
                    if type(one) is tuple:
                        list(one)
        T = c.enum(Curious)
        f = CIF(c.int, [c.ptr(c.int)] * 2).closure(lambda a, b: 3)
        assert CIF(c.int, [c.out(T)] * 2).bind(f.address)() == (3, 0, 0)
    """,
    "the finalizer of a CIF, called by hand": """
        libffi.closure_quarantine(0)
        cif = CIF(c.int, [c.int, c.int16, c.int])
        cif.closure(max)
        libffi.closure_quarantine(50)
        before = sys.getrefcount(cif)
        for _ in range(3):
            cif.__del__()
        assert sys.getrefcount(cif) <= before + 1
        libffi.closure_quarantine(0)
        for n in range(20):
            CIF(c.int, [c.int] * n).closure(max)
        del cif
        for n in range(20):
            CIF(c.int, [c.int] * n).closure(max)
        gc.collect()
    """,
    "a decorator without a signature": """
        decorator = type(INT_INT.closure())
        refused(lambda: decorator()(abs), TypeError)
        refused(lambda: decorator.__new__(decorator)(abs), TypeError)
    """,
    "a Go closure as a function, and the reverse": """
        if libffi.features()["go_closures"]:
            go, plain = INT_INT.go_closure(abs), INT_INT.closure(abs)
            for use in (lambda: INT_INT.call(go, 1), lambda: INT_INT.bind(go)(1), lambda: c.func(INT_INT)(go)(1),
                        lambda: INT_INT.call_raw(go, None, [bytearray(8)]),
                        lambda: INT_INT.call_exchange(go, bytearray(64)),
                        lambda: c.struct("s", f=c.func(INT_INT)).new(f=go).f(1),
                        lambda: INT_INT.call_go(plain, 1), lambda: INT_INT.call_go(INT_INT.bind(plain), 1)):
                refused(use, TypeError)
            assert INT_INT.call_go(go, -1) == INT_INT.call_go(go.address, -1) == 1
    """,
    "numbers that change when they are looked at again": """
        class Number(int):
            def __le__(self, other):
                return True
            __lt__ = __ge__ = __gt__ = __le__
            def __and__(self, other):
                return 0
            def __abs__(self):
                return 0
        class Number2(Number):
            def __gt__(self, other):
                return False
            __lt__ = __gt__
            def __index__(self):
                return -5
        class Wrong:
            def __index__(self):
                return Number(-5)
        for wrong in Number(-5), Wrong():
            for use in (lambda: c.array(c.int, wrong), lambda: c.bits(c.int, wrong), lambda: c.vector(c.int, wrong)):
                refused(use, ValueError)
        for wrong in Number2(-8), Number2(3), Number2(1 << 30):
            for option in "_pack_", "_align_":
                for use in (lambda: c.struct("s", [("a", c.char), ("b", c.double)], **{option: wrong}),
                            lambda: c.struct("s").define([("a", c.char), ("b", c.double)], **{option: wrong})):
                    refused(use, ValueError)
    """,
    "sequences without an end": """
        import itertools
        from libffi import c
        class Endless:
            def __getitem__(self, index):
                return 1
        class Tuple(tuple):
            def __iter__(self):
                return itertools.count()
        class List(list):
            __iter__ = Tuple.__iter__
        pair = c.struct("pair", a=c.int, b=c.array(c.int, 3))
        call_abs = CIF(c.int, [c.int]).closure(abs)
        row, pointer = c.array(c.int, 3).new(), c.ptr(c.int)(c.array(c.int, 3).new())
        for endless in Endless(), Tuple(), List():
            for use in (c.array(c.int, 3).new, pair.new, lambda x: pair.new(b=x),
                        lambda x: row.__setitem__(slice(0, 2), x), lambda x: pointer.__setitem__(slice(0, 2), x),
                        lambda x: setattr(row, "value", x), lambda x: c.struct("s").__setstate__(x),
                        lambda x: call_abs.cif.call_raw(call_abs, None, x), lambda x: CIF(c.int, x),
                        lambda x: closure(c.int, x), lambda x: libc.function("abs", c.int, x),
                        lambda x: c.struct("s").define(x), lambda x: c.struct("s", [x])):
                try:
                    use(endless)
                except (TypeError, ValueError):
                    continue
                raise SystemExit("took it")
        try:
            row[0:2] = itertools.count()
        except ValueError as error:
            assert "cannot assign 3 items" in str(error)
    """,
    "pointers of ctypes', which are sequences and go on behind what is there": """
        import ctypes, itertools
        import libffi.compat.ctypes as ours
        def with_argtypes(x):
            libffi.compat.ctypes.CDLL(None).abs.argtypes = x
        for pointer in ctypes.pointer(ctypes.c_int(5)), ours.pointer(ours.c_int(5)):
            for use in (lambda: CIF(c.int, pointer), lambda: closure(c.int, pointer),
                        lambda: libc.function("abs", c.int, pointer), lambda: c.struct("s", pointer),
                        lambda: c.struct("s").define(pointer), lambda: c.struct("s", [pointer]),
                        lambda: with_argtypes(pointer),
                        lambda: type("S", (ours.Structure,), {"_fields_": pointer}),
                        lambda: type("S", (ours.Structure,), {"_fields_": [("a", ours.c_int)],
                                                              "_anonymous_": pointer})):
                refused(use, TypeError)
        refused(lambda: CIF(c.int, itertools.repeat(c.int)), libffi.BadTypedef)
        refused(lambda: with_argtypes(itertools.repeat(ours.c_int)), ours.ArgumentError)
    """,
    "a conversion that converts, without end": """
        sys.setrecursionlimit(1_000_000)
        number = libc.function("abs", c.int, [c.int])
        real = libc.function("atof", c.double, [c.string], errcheck=lambda r, f, args: real("1"))
        class Evil:
            def __index__(self):
                return number(Evil())
        for use in lambda: number(Evil()), lambda: real("1"):
            refused(use, RecursionError)
    """,
    "large arguments that call again, without end": """
        T = c.struct("large", data=c.array(c.char, 12_000))
        f = INT_INT.closure(abs)
        call, large = CIF(c.int, [c.int, T]).bind(f.address), T.new()
        class Evil:
            def __index__(self):
                return call(Evil(), large)
        refused(lambda: call(Evil(), large), RecursionError)
    """,
    "large arguments on a small stack": """
        T = c.struct("large", data=c.array(c.char, 64_000))
        cif = CIF(c.int, [T])
        f, large, ended = cif.closure(lambda large: 1), T.new(), []
        def run():
            for use in (lambda: cif.call(f.address, large), lambda: cif.call_raw(f, None, [large]),
                        lambda: cif.call_exchange(f, bytearray(cif.exchange_size))):
                refused(use, RecursionError)
            ended.append(True)
        threading.stack_size(128 * 1024)        # CPython 3.14 refuses smaller ones, or can do nothing there
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert ended
        assert cif.call(f.address, large) == 1
    """,
    "long chains of views, functions and closures": """
        view, function, checked, chain = c.int.new(), INT_INT.closure(abs), None, abs
        for _ in range(200_000):
            view = c.int.at(view)
        view = None
        value = c.string("x")
        for _ in range(300):
            value = c.string(value)
        assert value.value == "x"
        for _ in range(200_000):
            function = INT_INT.bind(function)
        function = None
        for _ in range(200_000):
            checked = INT_INT.bind(1, errcheck=checked)
        checked = None
        for _ in range(200_000):
            chain = INT_INT.closure(chain, name="chain")
        chain = None
    """,
    "a library opened while it is opened": """
        core = libffi.Library.__mro__[-2]
        class Path:
            def __fspath__(self):
                core.__init__(library, None)
                inner.append(library.symbol("abs"))
                return "libm.so.6"
        inner, library = [], core.__new__(core)
        refused(lambda: core.__init__(library, Path()), ValueError)
        assert library.path is None and library.symbol("abs") == inner[0]
    """,
    "the name of a struct runs code in the table of types": """
        class Name(str):
            def __hash__(self):
                raise SystemExit("was asked")
            def __eq__(self, other):
                raise SystemExit("was asked")
        for _ in range(3):
            T = c.struct(Name("x"), a=c.int)
            assert T is c.struct("x", a=c.int)
            del T
            gc.collect()
    """,
    "names that are not quite str": """
        class Name(str):
            pass
        class Callable:
            __name__ = Name("named")
            def __call__(self, x):
                return x
        for f in INT_INT.closure(abs, name=Name("named")), INT_INT.closure(Callable()):
            assert type(f.name) is str and "named" in repr(f)
            f.retarget(Callable())
    """,
    "views without a size, of views, of what has one": """
        empty, large = c.array(c.int, 0), c.array(c.int, 100)
        for owner in c.int.new(), bytearray(4):
            view = c.int.at(owner)
            for _ in range(3):
                refused(lambda: large.at(empty.at(view)), ValueError)
                assert c.int.at(empty.at(view)).size == 4
                view = c.int.at(view)
    """,
    "a closure that is its own callable": """
        f = INT_INT.closure(abs)
        f.retarget(INT_INT.bind(f, errcheck=lambda result, function, arguments: gc))
        gone, address = weakref.ref(f), f.address
        refused(lambda: f(1), RecursionError)
        del f
        gc.collect()
        assert gone() is None and not libffi.closures()
        refused(lambda: INT_INT.call(address, 1), libffi.ClosureExpired)
    """,
}

if sys.version_info >= (3, 12):         # __buffer__
    SNIPPETS |= {
        "a buffer that is another one the next time": """
            text = b"immutable" * 100
            class Evil:
                def __init__(self, *buffers):
                    self.buffers = list(buffers)
                def __buffer__(self, flags):
                    return memoryview(self.buffers.pop(0) if len(self.buffers) > 1 else self.buffers[0])
            refused(lambda: c.array(c.char, 1 << 26).at(Evil(bytearray(1), bytearray(1 << 26))), ValueError)
            view = c.array(c.char, 900).at(Evil(text, text, bytearray(900)))
            refused(lambda: view.__setitem__(0, b"X"), TypeError)
            assert text.startswith(b"imm")
        """,
        "types used by code that the collector runs as it takes them apart": """
            class Last(tuple):
                def __buffer__(self, flags):
                    return memoryview(b"")
                def __release_buffer__(self, view):
                    S, A, P, F = self
                    f = F.bind(1)
                    for use in (A.new, lambda: A.new()[1].next, lambda: P(0)[0], lambda: S(a=1), lambda: f("x"),
                                lambda: repr((S.fields, A, P, F, F.restype, f)), lambda: F.closure(abs)(1)):
                        try:
                            use()
                        except (TypeError, ValueError):
                            pass
                    released.append(1)
            released = []
            for i in range(50):
                S = c.struct(f"s{i}")
                S.define(a=c.int, next=c.ptr(S), f=c.func(CIF(c.int, [c.ptr(S)])))
                last = Last((S, c.array(S, 3), c.ptr(S), S.fields["f"].cif))
                kept, gone = [memoryview(last)], weakref.ref(S)
                kept.append(kept)
                del S, last, kept
                gc.collect()
                assert gone() is None
            gc.collect()
            assert len(released) == 50 and not [
                one for one in gc.get_objects()
                if isinstance(one, libffi.Type) and one.kind == "struct" and one.name.startswith("struct s")]
        """,
    }


@pytest.mark.parametrize("name", SNIPPETS)
def test_no_crash(run_python, name):
    run_python(PRELUDE + textwrap.dedent(SNIPPETS[name]))
