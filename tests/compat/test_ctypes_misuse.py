"""What Python code can do to the objects of libffi.compat.ctypes: errors, no crash. Each in its own process."""
from __future__ import annotations

import textwrap

import pytest
from helpers.misuse import HELPERS

BEGINNING = """
import gc, sys
from helpers.c_library import LIBC, LIBM
from helpers.misuse import During, refused
import libffi.compat.ctypes as ctypes
from libffi.compat import _ctypes
from libffi.compat.ctypes import *

libc = CDLL(LIBC)
data_class = c_int.__mro__[-2]
function_class = CFUNCTYPE(c_int).__mro__[-3]
assert data_class.__name__ == "_CData" and function_class.__name__ == "_Function"

class Point(Structure):
    _fields_ = [("x", c_int), ("y", c_double)]

class Texts(Structure):
    _fields_ = [("text", c_char_p), ("object", py_object), ("pointer", POINTER(c_int))]

class Numbers(Structure):
    _fields_ = [("a", c_long), ("b", c_long), ("c", c_long)]
"""

CASES = {
    "a bare object of any class": """
        import libffi
        kept = CFUNCTYPE(c_int)(lambda: 5)
        found = {type(each) for each in (byref(c_int()), Point.x, c_char_p.from_param(b"a"),
                                         (c_char * 3).value, (c_char * 3).raw)}
        found |= {type(closure.callable) for closure in libffi.closures()}
        found |= {each for cls in (c_int, Point, POINTER(c_int), CFUNCTYPE(c_int), c_int * 3) for each in cls.__mro__}
        found |= {value for value in vars(_ctypes).values() if isinstance(value, type)}
        for cls in found - {object}:
            for make in (cls, lambda: cls.__new__(cls), lambda: object.__new__(cls), lambda: cls("name", (), {})):
                try:
                    made = make()
                except (TypeError, AttributeError, ValueError, ctypes.ArgumentError):
                    continue
                repr(made), dir(made)
                for use in (lambda: libc.abs(made), lambda: made(), lambda: made.restype, lambda: made.argtypes,
                            lambda: made.value, lambda: made[0], lambda: sizeof(made), lambda: byref(made),
                            lambda: made.contents, lambda: bytes(made), lambda: POINTER(made), lambda: made * 3,
                            lambda: made._objects):
                    try:
                        use()
                    except Exception:
                        pass
        """,
    "metaclasses over classes of others": """
        for meta in {type(c_int), type(Point), type(Union), type(POINTER(c_int)), type(CFUNCTYPE(c_int)),
                     type(c_int * 3), type(c_int).__mro__[1]}:
            for base in (object, int, data_class, function_class, Exception):
                for body in ({"_type_": "i"}, {"_type_": c_int, "_length_": 3}, {"_flags_": 1, "_restype_": c_int},
                             {"_fields_": [("x", c_int)]}, {}):
                    try:
                        cls = meta("Odd", (base,), dict(body))
                    except (TypeError, AttributeError, ValueError, SystemError):
                        continue
                    for use in (cls, lambda: cls.from_address(id(cls)), lambda: cls.from_buffer(bytearray(99)),
                                lambda: cls.from_buffer_copy(bytes(99)), lambda: (cls * 3)(), lambda: cls()(),
                                lambda: cls().restype, lambda: cls().value, lambda: pointer(cls()).contents(),
                                lambda: POINTER(cls).from_buffer(bytearray(99)), lambda: cls.in_dll(libc, "stdin"),
                                lambda: type("Of", (Structure,), {"_fields_": [("x", cls)]})().x):
                        try:
                            use()
                        except Exception:
                            pass
        """,
    "a class of functions whose making failed": """
        found = []
        class Kept(type(CFUNCTYPE(c_int))):
            def __init__(cls, *arguments):
                found.append(cls)
                super().__init__(*arguments)
        for body in ({}, {"_flags_": 1, "_argtypes_": (5,)}, {"_flags_": 1, "_restype_": 5}):
            refused(lambda: Kept("Odd", (ctypes._CFuncPtr,), body))
        for cls in [*found, ctypes._CFuncPtr]:
            try:
                type(cls).__init__(cls, "x", (), {})
            except (TypeError, AttributeError, SystemError):
                pass
            for deed in (lambda: cls(), lambda: cls(1), lambda: cls()(), lambda: cls(abs)(), lambda: cls().restype):
                refused(deed, TypeError, ValueError, AttributeError)
        """,
    "bytes as addresses, by pickling": """
        for cls in (POINTER(c_int), c_char_p, py_object, CFUNCTYPE(c_int), Texts, POINTER(c_int) * 2):
            made = cls()
            refused(lambda: made.__setstate__({}, b"\\x01" * 64), ValueError, TypeError)
            refused(lambda: _ctypes._unpickle(cls, ({}, b"\\x01" * 64)), ValueError, TypeError)
        """,
    "bytes as addresses, by another class's fields": """
        numbers = Numbers(1, 1, 1)
        for name in ("text", "object", "pointer"):
            refused(lambda: getattr(Texts, name).__get__(numbers), TypeError)
        texts = Texts()
        refused(lambda: Numbers.a.__set__(texts, 1), TypeError)
        assert texts.text is None
        """,
    "bytes as addresses, by another class": """
        class Long(c_long): pass
        class Text(c_long): _type_ = "z"
        class Inner(Structure): _fields_ = [("a", c_long)]
        for value, cls in ((c_long(1), c_char_p), (c_long(1), POINTER(c_int)), (c_long(1), py_object), (Long(1), Text),
                           (c_long(1), CFUNCTYPE(c_int)), (Numbers(1, 1, 1), Texts), (c_int(), c_longdouble),
                           ((c_long * 1)(1), c_char_p * 1), (c_char(), Numbers)):
            def exchange():
                value.__class__ = cls
            refused(exchange, TypeError)
        point = Point(1, 2)
        class More(Point): pass
        point.__class__ = More
        assert point.x == 1 and type(point) is More
        class Plain: pass
        def exchange():
            point.__class__ = Plain
        refused(exchange, TypeError)
        """,
    "a class of ours without its metaclass": """
        for base in (data_class, function_class):
            def plain():
                class Plain(base): pass
                Plain()
            refused(plain, TypeError)
        """,
    "what is kept, released": """
        data = bytearray(100000)
        array = (c_char * 100000).from_buffer(data)
        for each in list(array._objects.values()):
            if isinstance(each, memoryview):
                each.release()
        refused(lambda: data.extend(bytes(10 ** 7)), BufferError)
        array._objects.clear()
        gc.collect()
        refused(lambda: data.extend(bytes(10 ** 7)), BufferError)
        assert array[99999] == b"\\0"
        target = (c_char * 10 ** 7)()
        p = pointer(target)
        p._objects.clear()
        del target
        gc.collect()
        assert p.contents[9999999] == b"\\0"
        """,
    "resized while it is written": """
        point = Point()
        array = (c_int * 3)()
        big = lambda what: During(lambda: resize(what, 10 ** 6))
        refused(lambda: setattr(point, "x", "a"), TypeError)
        array[0] = big(array)
        array[0:2] = [big(array), big(array)]
        point.x = big(point)
        point.y = big(point)
        Point(big(point), big(point))
        assert point.x in (0, 1) and sizeof(point) == 10 ** 6
        """,
    "from_param that changes everything": """
        memset = libc["memset"]
        array = (c_char * 8)()
        class Changing:
            @classmethod
            def from_param(cls, value):
                memset.argtypes = memset.restype = None
                resize(array, 10 ** 6)
                del memset.errcheck
                gc.collect()
                return 0
        memset.argtypes = [c_void_p, Changing, c_size_t]
        memset.restype = c_void_p
        memset.errcheck = lambda result, function, arguments: result
        memset(array, 5, 8)
        class Odd:
            _as_parameter_ = property(lambda self: resize(array, 10 ** 6 + 1) or 0)
        memset(array, Odd(), 8)
        class Endless:
            @property
            def _as_parameter_(self):
                return self
        refused(lambda: memset(array, Endless(), 8), RecursionError, ctypes.ArgumentError)
        """,
    "more parameters than a call has": """
        flags = tuple((1, f"p{i}", 0) for i in range(3000))
        class Loose(ctypes._CFuncPtr):
            _flags_ = 1
            _restype_ = c_int
        made = Loose(("abs", libc), flags)
        refused(lambda: made(), ctypes.ArgumentError)
        """,
    "a function of a library that was closed": """
        close = getattr(_ctypes, "dlclose", None) or _ctypes.FreeLibrary
        library = CDLL(LIBM)
        function = library.cos
        function.restype, function.argtypes = c_double, [c_double]
        assert function(0.0) == 1
        twice = CDLL(LIBM)
        close(library._handle)
        assert function(0.0) == 1
        close(twice._handle)
        refused(lambda: function(0.0), ValueError)
        again = CDLL(LIBM)
        again.cos.restype, again.cos.argtypes = c_double, [c_double]
        assert again.cos(0.0) == 1
        """,
    "methods of other classes": """
        bases = [c_int, c_char_p, Point, Union, Structure, ctypes.Array, c_int * 3, ctypes._Pointer, POINTER(c_int),
                 py_object, c_int.__mro__[1]]
        class Pair(Union):
            _fields_ = [("a", c_char), ("b", c_char)]
        uses = [repr, len, bool, list, bytes, lambda o: o.value, lambda o: setattr(o, "value", 1), lambda o: o.contents,
                lambda o: setattr(o, "contents", c_int()), lambda o: o[0], lambda o: o[0:2],
                lambda o: o.__setitem__(0, 1), lambda o: type(o)(), lambda o: type(o)(0),
                lambda o: type(o)(c_int()), lambda o: type(o)(x=0), lambda o: libc.abs(o),
                lambda o: (type(o) * 2)(o, o)]
        def lent():
            for cls in bases + [Pair]:
                for base in bases:
                    try:
                        Lent = type(cls)("Lent", (cls,), {})
                        made = Lent()
                        Lent.__bases__ = base,
                    except (AttributeError, TypeError):     # abstract, or of another layout
                        continue
                    yield made
            for cls in bases + [Pair]:
                for base in bases:
                    class Meta(type(cls)):
                        def mro(self):
                            return [self, *base.__mro__]
                    try:
                        yield Meta("Lent", (cls,), {})()
                    except (AttributeError, TypeError):
                        pass
        tried = 0
        for made in lent():
            tried += 1
            for use in uses:
                try:
                    use(made)
                except (AttributeError, IndexError, TypeError, ValueError, ctypes.ArgumentError):
                    pass
        assert tried > 50, tried
        """,
    "bytes as addresses, by a class that extends another": """
        class Object(py_object): _type_ = "P"
        class Text(c_char_p): _type_ = "L"
        class Objects(py_object * 2): _type_ = c_long
        class Anything(type(Texts)):
            def __instancecheck__(self, instance):
                return True
        class Taken(Structure, metaclass=Anything): _fields_ = Texts._fields_
        class Holds(Structure): _fields_ = [("a", py_object), ("b", c_char_p), ("c", py_object * 2), ("d", Taken)]
        holds = Holds()
        for name, value in (("a", Object(3)), ("b", Text(3)), ("c", Objects(3, 3)), ("d", Numbers(3, 3, 3))):
            refused(lambda: setattr(holds, name, value), TypeError)
        for cls, value in (py_object, Object(3)), (c_char_p, Text(3)):
            refused(lambda: CFUNCTYPE(c_int, cls)(("abs", libc))(value), ctypes.ArgumentError)
        """,
    "fields that are changed while they are made": """
        class Later(Structure): pass
        made = []
        class Odd:
            def __index__(self):
                made.append(Later())
                return 3
            __int__ = __index__
        refused(lambda: setattr(Later, "_fields_", [("a", c_int, Odd()), ("b", c_int)]), AttributeError, ValueError,
                TypeError)
        for each in made:
            bytes(each)
        """,
}


@pytest.mark.parametrize("name", CASES)
def test_no_use_crashes(run_python, name):
    run_python(BEGINNING + textwrap.dedent(CASES[name]), env=HELPERS)
