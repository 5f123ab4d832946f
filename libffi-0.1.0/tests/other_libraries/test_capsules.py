"""Capsules, as any package in C takes them."""
from __future__ import annotations

import ctypes
import gc
import weakref

import pytest

import libffi
from libffi import CIF, Library, c

name_of = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
address_in = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi))
context_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(("PyCapsule_GetContext", ctypes.pythonapi))


def test_functions_and_closures_by_their_signature(libm):
    cos = libm.function("cos", c.double, [c.double])
    capsule = libffi.capsule(cos)
    assert name_of(capsule) == b"double (double)"
    assert address_in(capsule, b"double (double)") == cos.address
    assert context_of(capsule) is None
    closure = CIF(c.int, [c.ptr(c.double), c.size_t, c.pointer]).closure(lambda *args: 0)
    assert name_of(libffi.capsule(closure)) == b"int (double *, size_t, void *)"


def test_memory_and_pointers_by_their_type():
    memory = c.array(c.int, 3).new()
    capsule = libffi.capsule(memory)
    assert name_of(capsule) == b"int[3]"
    assert address_in(capsule, b"int[3]") == memory.address
    pointer = c.ptr(c.int)(memory) + 1
    assert address_in(libffi.capsule(pointer), b"int") == memory.address + 4


def test_it_keeps_what_it_was_made_of():
    memory = c.array(c.int, 3).new()
    alive = weakref.ref(memory)
    capsule = libffi.capsule(memory)
    with pytest.raises(BufferError):
        memory.close()
    del memory
    gc.collect()
    assert alive() is not None
    del capsule
    assert alive() is None


def test_a_library_stays_open():
    with Library("m") as library:
        cos = library.function("cos", c.double, [c.double])
        capsule = libffi.capsule(cos)
        with pytest.raises(RuntimeError, match="in use"):
            library.close()
        del capsule
    with pytest.raises(ValueError, match="closed"):
        libffi.capsule(cos)


def test_closed_memory_null_and_other_objects():
    memory = c.int.new()
    memory.close()
    with pytest.raises(ValueError, match="closed"):
        libffi.capsule(memory)
    with pytest.raises(ValueError, match="NULL|null"):
        libffi.capsule(c.ptr(c.int)(None))
    with pytest.raises(TypeError, match=r"^capsule\(\): expected a function, closure, memory or pointer, got int$"):
        libffi.capsule(5)
