"""What Python code can do to the objects of libffi.compat.cffi: errors, never a crash. Each in a process of its own."""
from __future__ import annotations

import textwrap

import pytest
from helpers.misuse import HELPERS

pytest.importorskip("cffi")

BEGINNING = """
import gc, sys
from helpers.c_library import LIBC
from helpers.misuse import During, refused
import cffi
import libffi.compat.cffi as backend

ffi = cffi.FFI(backend=backend)
ffi.cdef('''
    struct point { int x; double y; };
    struct packet { int n; short items[]; };
    int abs(int);
    void *memset(void *, int, size_t);
    int snprintf(char *, size_t, const char *, ...);
    void *malloc(size_t);
    void free(void *);
''')
libc = ffi.dlopen(LIBC)
allocator = ffi.new_allocator(libc.malloc, libc.free)

def releases(what):
    return During(lambda: refused(lambda: ffi.release(what), BufferError))
"""

CASES = {
    "a bare object of any class": """
        point = ffi.new("struct point *")
        found = {type(each) for each in (
            point, point[0], ffi.cast("int", 1), ffi.cast("void *", 8), ffi.new_handle(3), ffi.gc(point, id),
            ffi.from_buffer(bytearray(9)), iter(ffi.new("int[3]")), ffi.typeof("int"), ffi.buffer(point), libc,
            ffi.typeof("struct point").fields[0][1], ffi.callback("int(int)", abs))} | {ffi.CData, ffi.CType}
        import libffi
        found |= {type(closure.callable) for closure in libffi.closures()}
        found |= {value for value in vars(sys.modules["libffi.compat.cffi._cdata"]).values() if isinstance(value, type)}
        ours = [cls for cls in found if cls.__module__.startswith("libffi.compat.cffi._cdata")]
        assert len(ours) >= 10, found
        for cls in ours:
            for make in (cls, lambda: cls.__new__(cls), lambda: object.__new__(cls)):
                try:
                    made = make()
                except TypeError:
                    continue
                assert cls.__name__ in ("FFI", "_Opened"), cls
        """,
    "memory of an allocator after release": """
        p = allocator("int[100000]", [1, 2])
        q = allocator("struct point *")
        items, struct, view = iter(p), q[0], ffi.buffer(p)
        for each in p, q:
            ffi.release(each)
            ffi.release(each)
        refused(lambda: p[0], RuntimeError)
        refused(lambda: p.__setitem__(0, 1), RuntimeError)
        refused(lambda: p[0:2], RuntimeError)
        refused(lambda: list(p), RuntimeError)
        refused(lambda: next(items), RuntimeError)
        refused(lambda: ffi.unpack(p, 2), RuntimeError)
        refused(lambda: view[0], RuntimeError)
        refused(lambda: view[:], RuntimeError)
        refused(lambda: view.__setitem__(0, b"a"), RuntimeError)
        refused(lambda: view.__setitem__(slice(0, 1), b"a"), RuntimeError)
        refused(lambda: memoryview(view), RuntimeError)
        refused(lambda: ffi.memmove(p, b"abc", 3), RuntimeError)
        refused(lambda: ffi.memmove(bytearray(3), p, 3), RuntimeError)
        refused(lambda: q.x, RuntimeError)
        refused(lambda: setattr(q, "x", 1), RuntimeError)
        refused(lambda: struct.x, RuntimeError)
        refused(lambda: ffi.new("struct point *", struct), RuntimeError)
        refused(lambda: ffi.new("int[100000]", p), RuntimeError, TypeError)
        assert p == ffi.NULL
        """,
    "a buffer after release": """
        data = bytearray(b"hello")
        p = ffi.from_buffer("char[]", data)
        ffi.release(p)
        data += bytes(100000)
        refused(lambda: p[0], RuntimeError)
        refused(lambda: ffi.string(p), RuntimeError)
        refused(lambda: libc.memset(p, 0, 1), RuntimeError)
        refused(lambda: ffi.new("char **", p), RuntimeError)
        """,
    "what had a destructor after release": """
        p = ffi.gc(ffi.new("int[100000]"), lambda p: None)
        ffi.release(p)
        refused(lambda: p[0], RuntimeError)
        function = ffi.gc(libc.abs, lambda p: None)
        assert function(-3) == 3
        ffi.release(function)
        refused(lambda: function(-3), RuntimeError)
        """,
    "no destructor any more: the memory stays": """
        p = ffi.gc(ffi.new("int[100000]", [7]), lambda p: None)
        ffi.gc(p, None)
        gc.collect()
        assert p[0] == 7
        """,
    "release while it is written": """
        p = allocator("int[100000]")
        q = allocator("struct point *")
        p[0] = releases(p)
        p[0:1] = [releases(p)]
        p[0:2] = (releases(p) for _ in range(2))
        q.x = releases(q)
        q.y = releases(q)
        q[0] = {"x": releases(q), "y": releases(q)}
        q[0].x = releases(q)
        assert p[0] == 1 and q.x == 1 and q.y == 1
        ffi.release(p), ffi.release(q)
        """,
    "release while a call converts, or runs": """
        p = allocator("char[100000]")
        function = ffi.gc(ffi.cast("void *(*)(void *, int, size_t)", libc.memset), lambda p: None)
        libc.memset(p, releases(p), 100000)
        function(p, releases(function), 100000)
        assert p[99999] == b"\\x01"
        callback = ffi.callback("int(void *)", lambda _: refused(lambda: ffi.release(p), BufferError) or 5)
        assert callback(p) == 5
        refused(lambda: libc.memset(p, During(lambda: 1 / 0), 1), ZeroDivisionError)
        ffi.release(p)
        """,
    "release while bytes are looked at": """
        p = allocator("char[100000]")
        view = memoryview(ffi.buffer(p))
        refused(lambda: ffi.release(p), BufferError)
        view.release()
        ffi.release(p)
        """,
    "a list that grows, or lies about its length": """
        values = [During(lambda: values.extend([1] * 100000))]
        refused(lambda: ffi.new("int[]", values), RuntimeError)
        class Short(list):
            def __len__(self):
                return 1
        refused(lambda: ffi.new("int[]", Short(range(100000))), RuntimeError)
        class Long(list):
            def __len__(self):
                return sys.maxsize
        refused(lambda: ffi.new("int[]", Long([1])), OverflowError)
        class Text(bytes):
            def __len__(self):
                return 100000
        assert len(ffi.new("char[]", Text(b"ab"))) == 3
        class Odd(str):
            def encode(self, *arguments):
                return 5
        assert len(ffi.new("wchar_t[]", Odd("ab"))) == 3
        """,
    "an array at a struct's end has the room it was made with": """
        q = ffi.new("struct packet *", {"n": 2, "items": [1, 2]})
        refused(lambda: setattr(q, "items", [1] * 100000), IndexError)
        refused(lambda: q.__setitem__(0, {"items": [1] * 100000}), IndexError)
        class Growing(list):
            asked = 0
            def __len__(self):
                self.asked += 1
                return 1 if self.asked == 1 else 100000
        refused(lambda: ffi.new("struct packet *", {"items": Growing([1] * 100000)}), IndexError)
        """,
    "NULL": """
        null = ffi.cast("int *", 0)
        array = ffi.cast("int[3]", 0)
        refused(lambda: ffi.buffer(null)[:], RuntimeError)
        refused(lambda: memoryview(ffi.buffer(null)), RuntimeError)
        refused(lambda: ffi.memmove(null, b"abc", 3), RuntimeError)
        refused(lambda: ffi.memmove(bytearray(3), null, 3), RuntimeError)
        refused(lambda: list(array), RuntimeError)
        refused(lambda: ffi.new("int[3]", array), RuntimeError)
        refused(lambda: ffi.new("int[3]").__setitem__(slice(0, 3), array[0:3]), RuntimeError)
        """,
    "a handle that went with the cycle it was in": """
        class Kept: pass
        kept = Kept()
        kept.handle = ffi.new_handle(kept)
        address = int(ffi.cast("intptr_t", kept.handle))
        del kept
        gc.collect()
        refused(lambda: ffi.from_handle(ffi.cast("void *", address)), SystemError)
        """,
    "types made of None": """
        from libffi.compat.cffi import _cdata
        integer = _cdata.new_primitive_type("int")
        struct = _cdata.new_struct_type("struct odd")
        for deed in (
            lambda: _cdata.new_function_type((None,), integer),
            lambda: _cdata.complete_struct_or_union(struct, [("x", None)]),
            lambda: _cdata.complete_struct_or_union(struct, [None]),
            lambda: _cdata.new_pointer_type(None),
            lambda: _cdata.newp(None),
            lambda: _cdata.cast(None, 3),
        ):
            refused(deed, TypeError, AttributeError)
        """,
    "a struct that completes itself meanwhile, or has no end": """
        from libffi.compat.cffi import _cdata
        integer = _cdata.new_primitive_type("int")
        struct = _cdata.new_struct_type("struct odd")
        small = lambda: _cdata.complete_struct_or_union(struct, [("x", integer)])
        fields = [("y", integer, -1, 40), ("x", integer, During(small), 0)]
        refused(lambda: _cdata.complete_struct_or_union(struct, fields), TypeError)
        huge = _cdata.new_struct_type("struct huge")
        refused(lambda: _cdata.complete_struct_or_union(huge, [("x", integer, -1, sys.maxsize - 1)]), OverflowError)
        """,
    "a variadic function called by its own arguments": """
        text = ffi.new("char[]", 10)
        def more():
            for i in range(1100):
                libc.snprintf(text, 10, b"", *[ffi.cast("double" if i >> bit & 1 else "int", 1) for bit in range(11)])
        assert libc.snprintf(text, During(more), b"%d", ffi.cast("int", 5)) == 1
        """,
    "what a closure calls, called by who found it": """
        import libffi
        kept = ffi.callback("int(int, struct point)", lambda n, p: 5)
        found, = [closure.callable for closure in libffi.closures()]
        for arguments in (), (1,), (1, b""), (1, 2, 3), ("a", b"b" * 16):
            try:
                found(*arguments)
            except TypeError:
                pass
        """,
}


@pytest.mark.parametrize("name", CASES)
def test_no_use_crashes(run_python, name):
    run_python(BEGINNING + textwrap.dedent(CASES[name]), env=HELPERS)
