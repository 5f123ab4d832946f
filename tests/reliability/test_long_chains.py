"""Objects each of which holds the last reference to the next, when the first one goes, on threads with little stack."""
from __future__ import annotations

import sys

import pytest

SIZES = [128, 512] if sys.version_info >= (3, 14) else [64, 128, 256, 512]     # KiB, as in test_small_stacks.py

PROGRAM = """
import functools, sys, threading
from libffi import CIF, Library, c, closure, owned

STEPS = range(20_000)
cif = CIF(c.long, [c.long])
labs = Library(None).function("labs", c.long, [c.long])
node = c.struct("node", next=c.pointer)

@c.struct
class User:
    next: c.pointer

class Wide(c.array(c.pointer, 1)):
    pass

CHAINS = {}
def chain(first):
    def link(step):
        def build():
            last = first()
            for _ in STEPS: last = step(last)
            return last
        CHAINS[step.__name__] = build
    return link

@chain(node.new)
def memory_keeps_memory(last): return node.new(next=last)

@chain(node.new)
def memory_keeps_pointers(last): return node.new(next=c.pointer(last))

@chain(node.new)
def pointers_to_memory(last): return c.pointer(node.new(next=last))

@chain(User)
def instances(last): return User(last)

@chain(Wide)
def arrays(last): return Wide([last])

@chain(c.int.new)
def views(last): return c.int.at(last)

@chain(lambda: c.pointer(c.int.new()))
def typed_values(last): return c.pointer(c.pointer.new(last))

@chain(lambda: labs)
def functions(last): return cif.bind(labs, errcheck=last)

@chain(lambda: abs)
def closures(last): return cif.closure(last)

@chain(lambda: abs)
def functions_of_closures(last): return cif.bind(cif.closure(last))

@chain(lambda: abs)
def closures_in_memory_in_closures(last):
    return cif.closure(functools.partial(lambda memory, x: x, node.new(next=cif.closure(last))))

@chain(lambda: owned(1, lambda number: None))
def owners(last): return owned(1, functools.partial(lambda owner, number: None, last))

@chain(lambda: owned(1, lambda number: None))
def owners_of_lists(last): return owned(1, [last].count)

@chain(lambda: owned(node.new(), lambda memory: None))
def owned_memory(last): return owned(node.new(next=last), lambda memory: None)

def owners_that_free_each_other():
    waiting = [None]
    waiting += [owned(-1, waiting.pop) for _ in STEPS]
    return waiting.pop()
CHAINS["owners_that_free_each_other"] = owners_that_free_each_other

try:
    import cffi
except ImportError:
    cffi = None
if cffi:
    from libffi.compat import cffi as backend
    ffi = cffi.FFI(backend=backend)

    @chain(lambda: None)
    def handles_of_cffi(last): return ffi.new_handle(last)

    @chain(lambda: ffi.new("int *"))
    def destructors_of_cffi(last): return ffi.gc(last, id)

    @chain(lambda: bytearray(8))
    def buffers_of_cffi(last): return ffi.buffer(ffi.from_buffer(last))

from libffi.compat import ctypes

class Kept(ctypes.Structure):
    _fields_ = [("next", ctypes.c_void_p), ("object", ctypes.py_object)]

Kept_p = ctypes.POINTER(Kept)
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)

@chain(lambda: None)
def objects_of_ctypes(last): return ctypes.py_object(last)

@chain(lambda: None)
def structures_of_ctypes(last): return Kept(None, (last,))

@chain(Kept)
def pointers_of_ctypes(last): return ctypes.cast(ctypes.pointer(last), Kept_p).contents

@chain(lambda: bytearray(64))
def storage_of_ctypes(last): return (ctypes.c_char * 64).from_buffer(last)

@chain(lambda: abs)
def callbacks_of_ctypes(last): return Callback(functools.partial(lambda last, x: x, last))

@chain(lambda: abs)
def errcheck_of_ctypes(last):
    made = Callback(abs)
    made.errcheck = functools.partial(lambda last, *args: 0, last)
    return made

threading.stack_size(int(sys.argv[1]) * 1024)
for name in sys.argv[2:] or CHAINS:
    print(name, end="... ", flush=True)
    held = [CHAINS[name]()]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert labs(-5) == 5
print("done")
"""


@pytest.mark.parametrize("size", SIZES)
def test_chains_end_with_little_stack(run_python, size):
    assert run_python(PROGRAM, str(size)).endswith("done\n")


def test_each_owner_of_a_long_chain_is_freed_once(run_python):
    assert run_python("""
        import threading
        from libffi import owned
        def main():         # without a GIL functions of modules stay
            freed = []
            last = None
            for number in range(20_000):
                last = owned(number, lambda number, last=last: freed.append(number))
            held = [last]
            del last
            threading.stack_size(128 * 1024)
            thread = threading.Thread(target=held.clear)
            thread.start()
            thread.join()
            print(sorted(freed) == list(range(20_000)))
        main()
    """) == "True\n"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", ["c.func(CIF(c.int, [T]))", "c.func(CIF(T, [c.int]))", "c.func(CIF(c.int, [T, ...]))"])
def test_types_that_nest_as_deeply_as_they_may(run_python, step, size):
    assert run_python(f"""
        import sys, threading, weakref
        from libffi import BadTypedef, CIF, c

        T = c.pointer
        try:
            while True:
                T = {step}
        except BadTypedef:
            held, gone = [T], weakref.ref(T)
        del T
        threading.stack_size(int(sys.argv[1]) * 1024)
        thread = threading.Thread(target=held.clear)
        thread.start()
        thread.join()
        print(gone())
    """, str(size)) == "None\n"
