"""Python code that a conversion runs, and that converts again, without end, on threads with little stack."""
from __future__ import annotations

import sys

import pytest

SIZES = [128, 256] if sys.version_info >= (3, 14) else [64, 128, 256]     # KiB; CPython 3.14 can do nothing with 64

PROGRAM = """
import enum, sys, threading
import libffi
from libffi import CIF, Library, c, closure

sys.setrecursionlimit(1_000_000)
Z, D = c.complex_double, c.double
S = c.struct("s", x=c.int, y=c.array(c.int, 2))
ints = c.array(c.int, 8).new()
pointer = c.ptr(c.int)(ints)
memory = S.new()
snprintf = Library(None).function("snprintf", c.int, [c.ptr(c.char), c.size_t, c.string, ...])

def identity(kind):
    made = CIF(kind, [kind]).closure(lambda value: value)
    return made.cif.bind(made)

void = CIF(c.void, [c.pointer]).closure(lambda value: None)
take_address, take_complex, take_struct = void.cif.bind(void), identity(Z), identity(S)
take_int, take_exact = identity(c.int), identity(c.exact(c.longdouble))
labs = Library(None).function("labs", c.long, [c.long])

class Missing(enum.IntEnum):
    A = 1
    @classmethod
    def _missing_(cls, value):
        return E.new(7).value

E = c.enum(Missing)

class Disguised:
    __class__ = property(lambda self: CIF(self, []))

class Prolific(libffi.Struct):
    x: c.int
    def __init__(self): Prolific()

def evil(method, act, base=object, **more):
    return type("Evil", (base,), {method: lambda self, *args: act(self), **more})

def run(cls, act, *args):
    return lambda: act(cls(*args))

ROUTES = {}
def route(name, method, act, base=object, *args, **more):
    ROUTES[name] = run(evil(method, act, base, **more), act, *args)

route("index of a call", "__index__", lambda me: take_int(me))
route("index of a variadic call", "__index__", lambda me: snprintf(None, 0, "", me))
route("complex", "__complex__", lambda me: take_complex(me))
route("path", "__fspath__", lambda me: identity(c.string)(me))
route("float", "__float__", lambda me: identity(D)(me))
route("index of an array", "__index__", lambda me: ints[me])
route("index of an array, stored to", "__index__", lambda me: ints.__setitem__(me, 1))
route("slice of an array", "__index__", lambda me: ints[me:])
route("slice of an array, stored to", "__index__", lambda me: ints.__setitem__(slice(me, 2), [1]))
route("index of a pointer", "__index__", lambda me: pointer[me])
route("index of a pointer, stored to", "__index__", lambda me: pointer.__setitem__(me, 1))
route("slice of a pointer", "__index__", lambda me: pointer[0:me])
route("offset of a pointer", "__index__", lambda me: pointer + me)
route("offset of a pointer, taken off", "__index__", lambda me: pointer - me)
route("item", "__index__", lambda me: ints.__setitem__(0, me))
route("field", "__index__", lambda me: setattr(memory, "x", me))
route("value of a type", "__index__", lambda me: c.int(me))
route("new", "__index__", lambda me: c.int.new(me))
route("address", "__index__", lambda me: take_address(me))
route("length of a type", "__index__", lambda me: c.array(c.int, me))
route("errno", "__index__", lambda me: libffi.set_errno(me))
route("size of a string", "__index__", lambda me: libffi.string_at(ints, me))
route("map", "__index__", lambda me: labs.map(me))
route("sequence for an array", "__getitem__", lambda me: c.array(c.int, 2).new(me), __len__=lambda self: 2)
route("sequence for a slice", "__iter__", lambda me: ints.__setitem__(slice(0, 2), me))
route("sequence for a pointer's slice", "__iter__", lambda me: pointer.__setitem__(slice(0, 2), me))
route("list for a struct", "__iter__", lambda me: take_struct(me), list)
route("tuple for a struct", "__iter__", lambda me: take_struct(me), tuple)
route("attributes for a struct", "__getattr__", lambda me: take_struct(me), __dataclass_fields__={})
route("named tuple for a struct", "__getattribute__", lambda me: take_struct(me), tuple, _fields=("x", "y"))
route("equality", "__eq__", lambda me: ints == [me] * 8)
for other in "ints", "pointer", "memory", "c.int(1)":
    route(f"equality with {other}", "__eq__", lambda me, other=eval(other): other == me)
route("order of pointers", "__gt__", lambda me: pointer < me)
route("found in an array", "__eq__", lambda me: me in ints)
route("length of a list for map", "__len__", lambda me: labs.map(me), list, [1])
route("items of a list for map", "__iter__", lambda me: labs.map([me]), list, [1])
route("attributes of an argument of map", "__getattr__", lambda me: labs.map(me))
route("attributes of an offset", "__getattr__", lambda me: pointer + me)
route("attributes of what dispatches", "__getattr__", lambda me: CIF(c.void).closure(print, dispatch=me))
ROUTES["class of a result"] = lambda: CIF(Disguised(), [])
ROUTES["class that makes another"] = lambda: Prolific()
route("repr of an int", "__repr__", lambda me: take_int(me), int, 1 << 40)
route("repr of text", "__repr__", lambda me: c.char16_t(me), str, "\\U0001f600")
route("str of a decimal", "__str__", lambda me: take_exact(me), __import__("decimal").Decimal, "1.5")
route("types of a signature", "__iter__", lambda me: CIF(c.int, me))
route("members of a struct", "__iter__", lambda me: c.struct("t", [me]))
route("arguments of call_raw", "__iter__", lambda me: labs.cif.call_raw(labs, None, me))
route("name of a callable", "__getattr__", lambda me: CIF(c.void).closure(me), __call__=lambda self: None)
if sys.version_info >= (3, 12):
    route("buffer of a call", "__buffer__", lambda me: take_address(me), __release_buffer__=lambda self, view: None)
    route("buffer of map", "__buffer__", lambda me: labs.map(me))
    route("buffer of an array", "__buffer__", lambda me: c.array(c.int, 2).new(me))
    route("buffer for a slice", "__buffer__", lambda me: ints.__setitem__(slice(0, 2), me))
    route("buffer of a view", "__buffer__", lambda me: S.at(me))
    route("buffer that is read", "__buffer__", lambda me: S.read(me))
    route("buffer of a pointer", "__buffer__", lambda me: c.ptr(c.int)(me))
    route("buffer of a string", "__buffer__", lambda me: libffi.string_at(me, 1))
    route("buffer with an address", "__buffer__", lambda me: libffi.addressof(me))
    route("buffer of a variadic call", "__buffer__", lambda me: snprintf(None, 0, "", me), __float__=lambda self: 1.0)
    route("buffer of a long double", "__buffer__", lambda me: take_exact(me))
    route("buffer of call_raw", "__buffer__", lambda me: labs.cif.call_raw(labs, None, [me]))
ROUTES["missing member"] = lambda: E.new(7).value
ROUTES["missing member, item"] = lambda: c.array(E, 2).new([7, 7])[0]
calls_itself = CIF(c.int, [c.int]).closure(lambda x: calls_itself(x))
ROUTES["closure called from Python"] = lambda: calls_itself(1)
goes_through_c = CIF(c.int, [c.int]).closure(lambda x: goes_through_c.cif.bind(goes_through_c)(x))
ROUTES["closure called from C"] = lambda: goes_through_c(1)
hook = labs.cif.bind(labs, errcheck=lambda result, function, arguments: hook(1))
ROUTES["errcheck"] = lambda: hook(1)

def attempt(name):
    try:
        ROUTES[name]()
        outcome = "no error"
    except RecursionError:
        outcome = "RecursionError"
    except BaseException as error:
        outcome = type(error).__name__
    print(name, "->", outcome, flush=True)

threading.stack_size(int(sys.argv[1]) * 1024)
for name in sys.argv[2:] or ROUTES:
    print(name, end="... ", flush=True)
    thread = threading.Thread(target=attempt, args=(name,))
    thread.start()
    thread.join()
    assert labs(-5) == 5
print("done")
"""


FRONTS = """
import libffi.compat.ctypes as ctypes

process = ctypes.CDLL(None)
one = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(("abs", process))
numbers = (ctypes.c_int * 3)()

class Holds(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("d", ctypes.c_double)]

class Outer(ctypes.Structure):
    _fields_ = [("holds", Holds)]

class Asks(type(ctypes.Structure)):
    def __instancecheck__(cls, value): Kept().asked = value
    def __subclasscheck__(cls, other): takes_pointer(ctypes.c_int(3))

class Asked(ctypes.Structure, metaclass=Asks):
    _fields_ = [("x", ctypes.c_int)]

class Kept(ctypes.Structure):
    _fields_ = [("asked", Asked)]

takes_pointer = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Asked))(("abs", process))

class Converts:
    @classmethod
    def from_param(cls, value): return convert(value)

convert = ctypes.CFUNCTYPE(ctypes.c_int, Converts)(("abs", process))
checked = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(("abs", process))
checked.errcheck = lambda result, function, arguments: checked(1)
made = process["abs"]
made.restype = lambda result: made(1)
holds = Holds()

ROUTES.clear()
route("ctypes: integer", "__index__", lambda me: ctypes.c_int(me))
route("ctypes: float", "__float__", lambda me: ctypes.c_double(me))
route("ctypes: member", "__index__", lambda me: setattr(holds, "x", me))
route("ctypes: float member", "__float__", lambda me: setattr(holds, "d", me))
route("ctypes: item", "__index__", lambda me: numbers.__setitem__(0, me))
route("ctypes: length", "__len__", lambda me: numbers.__setitem__(slice(0, 1), me))
route("ctypes: argument", "__index__", lambda me: one(me))
route("ctypes: tuple", "__index__", lambda me: setattr(Outer(), "holds", (me,)))
route("ctypes: fields", "__iter__", lambda me: type("Made", (ctypes.Structure,), {"_fields_": me}))
class Passed:
    _as_parameter_ = property(lambda self: one(self))
ROUTES["ctypes: _as_parameter_"] = lambda: one(Passed())
ROUTES["ctypes: from_param"] = lambda: convert(1)
ROUTES["ctypes: errcheck"] = lambda: checked(1)
ROUTES["ctypes: restype"] = lambda: made(1)
ROUTES["ctypes: is it an instance?"] = lambda: setattr(Kept(), "asked", ctypes.c_int(3))
ROUTES["ctypes: is it a subclass?"] = lambda: takes_pointer(ctypes.c_int(3))

try:
    import cffi
except ImportError:
    cffi = None
if cffi:
    from libffi.compat import cffi as backend
    ffi = cffi.FFI(backend=backend)
    ffi.cdef("struct pair { int a, b; };")
    types = {name: ffi.typeof(name) for name in ("int *", "int[]", "double *", "struct pair *", "float _Complex *")}
    items = ffi.new(types["int[]"], 3)
    route("cffi: integer", "__int__", lambda me: ffi.new(types["int *"], me), __index__=lambda self: int(self))
    route("cffi: float", "__float__", lambda me: ffi.new(types["double *"], me))
    route("cffi: index", "__index__", lambda me: items[me])
    route("cffi: equality", "__eq__", lambda me: items == me)
    route("cffi: equality of a number", "__eq__", lambda me: ffi.cast("int", 1) == me)
    route("cffi: attributes of an offset", "__getattr__", lambda me: items + me)
    route("cffi: members", "items", lambda me: ffi.new(types["struct pair *"], me), dict)
    route("cffi: items", "__iter__", lambda me: ffi.new(types["int[]"], me), list, [1])
    take = ffi.new_allocator(lambda size: take(types["int *"]), id)
    ROUTES["cffi: allocator"] = lambda: take(types["int *"])
    back = ffi.callback("int(int)", lambda n: back(n))
    ROUTES["cffi: callback"] = lambda: back(1)
"""


@pytest.mark.parametrize("size", SIZES)
def test_code_of_other_packages_fronts_that_converts_without_end(run_python, size):
    """A callback's exceptions are reported, as in ctypes and cffi, the rest says so."""
    before, after = PROGRAM.split("def attempt")
    assert run_python(f"{before}{FRONTS}\ndef attempt{after}", str(size)).endswith("done\n")


@pytest.mark.parametrize("size", [128, 256])
def test_types_that_nest_deeply(run_python, size):
    assert run_python("""
        import sys, threading
        from libffi import BadTypedef, CIF, c

        def nest(step):
            made = c.int
            try:
                for _ in range(3000):
                    made = step(made)
            except (BadTypedef, RecursionError):
                print(step.__name__, str(made)[:3])
        def pointers(T): return c.ptr(T)
        def arrays(T): return c.array(T, 1)
        def structs(T): return c.struct("s", t=T)
        def results(T): return c.func(CIF(T, []))
        def parameters(T): return c.func(CIF(c.int, [T]))
        threading.stack_size(int(sys.argv[1]) * 1024)
        for step in pointers, arrays, structs, results, parameters:
            thread = threading.Thread(target=nest, args=(step,))
            thread.start()
            thread.join()
    """, str(size)).splitlines() == ["pointers int", "arrays int", "structs str", "results int", "parameters int"]


@pytest.mark.parametrize("size", SIZES)
def test_code_that_converts_without_end(run_python, size):
    assert run_python(PROGRAM, str(size)).endswith("done\n")
