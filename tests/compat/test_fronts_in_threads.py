"""The fronts where several threads use the same objects: no crash, and what is read is one of the things written."""
import importlib.util

import pytest
from helpers.c_library import LIBC

pytestmark = pytest.mark.thread_unsafe(reason="starts processes with threads of their own")

TOGETHER = """
import sys
import threading
sys.setswitchinterval(1e-5)

def together(*works, times=4000):
    wrong = []
    def run(work):
        start.wait()
        try:
            for i in range(times):
                work(i)
        except BaseException as error:
            wrong.append(error)
    start = threading.Barrier(2 * len(works))
    threads = [threading.Thread(target=run, args=(work,)) for work in works for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
"""

CTYPES = {
    "a text in a structure": """
        class Named(ctypes.Structure):
            _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p)]
        named = Named(1, b"x" * 40)
        def read(i):
            assert set(named.name) == {ord("x")}
        def write(i):
            named.name = b"x" * (40 + i % 7)
        together(read, write)
    """,
    "texts in an array, and one by itself": """
        texts, text = (ctypes.c_wchar_p * 3)("x", "x", "x"), ctypes.c_char_p(b"x")
        def read(i):
            assert set(texts[i % 3]) == {"x"} and set(text.value) == {ord("x")}
            assert set("".join(texts[:])) == {"x"}
        def write(i):
            texts[i % 3] = "x" * (1 + i % 50)
            text.value = b"x" * (1 + i % 50)
        together(read, write)
    """,
    "objects": """
        box = (ctypes.py_object * 2)([], [])
        def read(i):
            assert box[i % 2] == []
        def write(i):
            box[i % 2] = list()
        together(read, write)
    """,
    "what a pointer leads to": """
        pointer = ctypes.pointer(ctypes.c_int(1))
        def write(i):
            pointer.contents = ctypes.c_int(1)
            pointer._objects
        together(write, write)
        assert pointer[0] == 1
    """,
    "the same structure's parts": """
        class Inner(ctypes.Structure):
            _fields_ = [("text", ctypes.c_char_p), ("numbers", ctypes.c_int * 3)]
        class Outer(ctypes.Structure):
            _fields_ = [("inner", Inner * 4)]
        outer, other = Outer(), Inner(b"other")
        def write(i):
            outer.inner[i % 4].text = b"t" * 30
            outer.inner[(i + 1) % 4] = other
            outer.inner[i % 4].numbers = (i, i, i)
            str(outer._objects)
        def read(i):
            assert outer.inner[i % 4].text in (None, b"t" * 30, b"other")
        together(write, read, times=2000)
    """,
    "one function's signature": """
        abs = libc.abs
        def call(i):
            assert abs(-5) == 5
        def change(i):
            abs.argtypes = (ctypes.c_int,) if i % 2 else None
            abs.restype = ctypes.c_int
        def check(i):
            abs.errcheck = lambda result, function, arguments: result
            del abs.errcheck
            abs.argtypes, abs.restype, abs.errcheck
        together(call, change, check)
    """,
    "first calls of a signature": """
        prototypes = [ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, *[ctypes.c_int] * (i % 5)) for i in range(5)]
        address = ctypes.cast(libc.abs, ctypes.c_void_p).value
        libc.abs.argtypes = None
        def call(i):
            n = i % 5
            class Mine(ctypes._CFuncPtr):
                _argtypes_, _restype_, _flags_ = (ctypes.c_int,) * (n + 1), ctypes.c_int, 1
            mine = shared.setdefault((i // 5, n), Mine(address))
            assert mine(-3, *[0] * n) == 3
            assert mine(-3, *[0] * n, ctypes.c_double(1)) == 3
        shared = {}
        together(call, times=300)
    """,
    "calls without argtypes": """
        arguments = [1, b"x", ctypes.c_double(1), None, ctypes.byref(ctypes.c_int())]
        def call(i):
            assert libc.abs(-7, *[arguments[(i + k) % 5] for k in range(i % 6)]) == 7
        together(call, call)
    """,
    "classes": """
        class Item(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int)]
        def make(i):
            cls = Item * (i % 50)
            assert cls is Item * (i % 50)
            assert ctypes.POINTER(cls) is ctypes.POINTER(cls)
            memoryview(cls()).format
        together(make, make, times=1000)
    """,
    "a class that gets its fields": """
        for _ in range(300):
            class Late(ctypes.Structure):
                pass
            def make(i):
                try:
                    Late._fields_ = [("a", ctypes.c_int), ("b", ctypes.c_char_p)]
                except AttributeError:
                    pass
                made = Late(1) if hasattr(Late, "a") and ctypes.sizeof(Late) else Late
                ctypes.sizeof(Late)
            together(make, times=2)
    """,
    "structures by value": """
        for _ in range(200):
            class Pair(ctypes.Structure):
                _fields_ = [("quot", ctypes.c_int), ("rem", ctypes.c_int)]
            prototype = ctypes.CFUNCTYPE(Pair, ctypes.c_int, ctypes.c_int)
            div = prototype(("div", libc))
            def call(i):
                assert div(17, 5).rem == 2
            together(call, times=3)
    """,
    "callbacks": """
        prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p)
        kept = prototype(lambda n, text: n + len(text))
        def call(i):
            assert kept(i, b"four") == i + 4
            assert prototype(lambda n, text: n)(i, None) == i
        together(call, call, times=1500)
    """,
    "storage that grows": """
        numbers = (ctypes.c_int * 4)(1, 2, 3, 4)
        def grow(i):
            ctypes.resize(numbers, 16 + 4 * (i % 500))
        def read(i):
            assert numbers[3] == 4
        together(grow, read)
    """,
    "libraries": """
        from libffi.compat import _ctypes
        def use(i):
            handle = _ctypes.dlopen("libm.so.6")
            ctypes.CDLL("libm.so.6").fabs
            _ctypes.dlclose(handle)
        together(use, times=300)
    """,
}

CFFI = {
    "calls and types": """
        def use(i):
            assert libc.abs(-i) == i and libc.strlen(b"four") == 4
            ffi.typeof(f"int[{i % 40}]"), ffi.new(f"long[{i % 30}]")
            buffer = ffi.new("char[30]")
            assert libc.snprintf(buffer, 30, b"%d %.1f", ffi.cast("int", i), ffi.cast("double", 0.5)) > 4
        together(use, use, times=800)
    """,
    "types that several make": """
        backend = libffi.compat.cffi
        for i in range(300):
            made = []
            def use(_):
                item = backend.new_pointer_type(backend.new_primitive_type("int"))
                made.append(backend.new_pointer_type(backend.new_array_type(item, i)))
            together(use, use, times=1)
            assert len(set(map(id, made))) == 1
    """,
    "one iterator": """
        numbers = ffi.new("int[20]", list(range(20)))
        for _ in range(300):
            iterator = iter(numbers)
            def use(i):
                for n in iterator:
                    assert 0 <= n < 20
            together(use, times=1)
    """,
    "one destructor": """
        ended = []
        for _ in range(500):
            pointer = ffi.gc(ffi.new("int *"), ended.append)
            def use(i):
                try:
                    ffi.release(pointer)
                except BufferError:
                    pass
            together(use, times=2)
        assert len(ended) == 500
    """,
    "a buffer that is released": """
        for _ in range(300):
            room = bytearray(1 << 12)
            cdata = ffi.from_buffer("char[]", room)
            def use(i):
                try:
                    libc.memset(cdata, 1, len(cdata))
                except RuntimeError:
                    pass
            def end(i):
                try:
                    ffi.release(cdata)
                except BufferError:
                    pass
            together(use, end, times=3)
            ffi.release(cdata)
            room.clear()
    """,
    "what is read while it is released": """
        import mmap
        def alloc(size):
            return ffi.from_buffer("char[]", mmap.mmap(-1, mmap.PAGESIZE))
        new = ffi.new_allocator(alloc, ffi.release)     # which unmaps it: who still reads it crashes
        of_pointers = [
            lambda p: p.x, lambda p: p.y, lambda p: ffi.buffer(p)[0:8], lambda p: bytes(ffi.buffer(p)),
            lambda p: ffi.memmove(bytearray(8), p, 8),
        ]
        of_structs = [lambda p: p[0].x, lambda p: ffi.new("struct point *", p[0]), *of_pointers]
        of_arrays = [
            lambda p: p[3], lambda p: ffi.string(p), lambda p: ffi.unpack(p, 3), lambda p: next(iter(p)),
            lambda p: list(p), lambda p: ffi.buffer(p)[5], lambda p: ffi.new("char[4096]", p),
        ]
        for reads, make in (
                (of_pointers, lambda: ffi.gc(new("struct point *"), ffi.release)),
                (of_structs, lambda: new("struct point *")),
                (of_arrays, lambda: ffi.from_buffer("char[4096]", mmap.mmap(-1, mmap.PAGESIZE)))):
            for _ in range(150):
                several = [make() for _ in range(len(reads))]
                def read(i):
                    try:
                        for _ in range(10):
                            reads[i](several[i])
                    except RuntimeError:
                        pass
                def end(i):
                    try:
                        ffi.release(several[i])
                    except BufferError:
                        pass
                together(read, end, times=len(reads))
    """,
    "handles": """
        handles = {}
        def use(i):
            handles[i % 5] = handle = ffi.new_handle([i])
            found = handles[(i + 1) % 5] if (i + 1) % 5 in handles else handle
            address = ffi.cast("void *", found)
            del found
            try:
                assert len(ffi.from_handle(address)) == 1
            except SystemError:
                pass
        together(use, use)
    """,
    "a struct that a pointer owns": """
        for _ in range(500):
            pointer = ffi.new("struct point *", [1, 2])
            def use(i):
                assert pointer[0].y == 2 and pointer.x == 1
            together(use, times=2)
    """,
    "callbacks": """
        kept = ffi.callback("int(int)", lambda n: n + 1)
        def call(i):
            assert kept(i) == i + 1
            assert ffi.callback("int(int)", lambda n: n)(i) == i
        together(call, call, times=1000)
    """,
}


def indented(text):
    return "\n".join(line.removeprefix("        ") for line in text.splitlines())


@pytest.mark.parametrize("name", CTYPES)
def test_threads_share_what_ctypes_has(run_python, name):
    begin = f"import libffi.compat.ctypes as ctypes\nlibc = ctypes.CDLL({LIBC!r})\n"
    run_python(begin + TOGETHER + indented(CTYPES[name]))


@pytest.mark.skipif(importlib.util.find_spec("cffi") is None, reason="needs cffi")
@pytest.mark.parametrize("name", CFFI)
def test_threads_share_what_cffi_has(run_python, name):
    run_python('''
import cffi
import libffi.compat.cffi
ffi = cffi.FFI(backend=libffi.compat.cffi)
ffi.cdef("""
    struct point { int x, y; };
    int abs(int); size_t strlen(const char *); int snprintf(char *, size_t, const char *, ...);
    void *memset(void *, int, size_t);
""")
''' + f"libc = ffi.dlopen({LIBC!r})\n" + TOGETHER + indented(CFFI[name]))
