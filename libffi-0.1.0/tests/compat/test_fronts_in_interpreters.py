"""ctypes and cffi over libffi in every interpreter of the process, as the core is."""
from __future__ import annotations

from importlib.util import find_spec

import pytest
from helpers.interpreters import KINDS, ON_LINUX

pytestmark = ON_LINUX

CTYPES = '''
from libffi.compat import ctypes
class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]
assert Point(1, 2.5).y == 2.5
order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 4)(4, 3, 2, 1)
ctypes.CDLL(None).qsort(numbers, 4, 4, order(lambda a, b: a[0] - b[0]))
assert list(numbers) == [1, 2, 3, 4]
unary = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
callback = unary(lambda x: x + 1)
address = ctypes.cast(callback, ctypes.c_void_p).value
'''
CFFI = '''
import cffi, libffi.compat.cffi
ffi = cffi.FFI(backend=libffi.compat.cffi)
ffi.cdef("struct point { int x; double y; }; int abs(int);")
assert ffi.dlopen(None).abs(-4) == 4
assert ffi.new("struct point *", [1, 2.5]).y == 2.5
callback = ffi.callback("int(int)", lambda x: x + 1)
assert callback(2) == 3
address = int(ffi.cast("intptr_t", callback))
'''
FRONTS = pytest.mark.parametrize("front", [
    pytest.param(CTYPES, id="ctypes"),
    pytest.param(CFFI, id="cffi", marks=pytest.mark.skipif(find_spec("cffi") is None, reason="needs cffi"))])


@KINDS
@FRONTS
def test_a_front_is_in_every_interpreter(in_interpreters, front, gil):
    """Several at once, beside the main one's; a copy of the front goes with its interpreter's."""
    in_interpreters(f"FRONT = {front!r}\n" + """
exec(FRONT)
for _ in range(6):
    others = [create(), create()]
    for other in others:
        run(other, FRONT)
    exec(FRONT)
    for other in others:
        run(other, FRONT)
        interpreters.destroy(other)
    assert images() <= 4, images()
exec(FRONT)
""", gil)


@KINDS
@FRONTS
def test_a_front_may_be_first_in_another_interpreter(in_interpreters, front, gil):
    in_interpreters(f"FRONT = {front!r}\n" + """
other = create()
run(other, FRONT)
exec(FRONT)
interpreters.destroy(other)
exec(FRONT)
""", gil)


@KINDS
@FRONTS
def test_callbacks_of_a_front_belong_to_an_interpreter(in_interpreters, front, gil):
    """Whoever calls one, it runs in its own; after that one's end it gives zero, when its code is unloaded, too."""
    in_interpreters(f"FRONT = {front!r}\n" + """
import os
from libffi import CIF, Library, c
exec(FRONT)
reading, writing = os.pipe()
other = create()
run(other, FRONT + f"import os; os.write({writing}, str(address).encode())")
theirs = CIF(c.int, [c.int]).bind(int(os.read(reading, 99)), "theirs")
assert theirs(4) == 5
results = c.array(c.int, 3).new()
library = Library(path)
call_in_thread = library.function("call_in_thread", c.int, [c.pointer, c.int, c.pointer])
assert call_in_thread(c.pointer(theirs.address), 3, results) == 0
assert list(results) == [1, 2, 3]
interpreters.destroy(other)
for _ in range(2):
    assert theirs(4) == 0
    other = create()
    run(other, FRONT)
    interpreters.destroy(other)
assert images() <= 2
exec(FRONT)
""", gil)
