# What every file of the core may use of C, Python's C API and the standard library.

import atexit as _atexit
import os as _os
import sys as _sys

cimport cython
from cpython.buffer cimport (
    PyBUF_FORMAT,
    PyBUF_FULL_RO,
    PyBUF_ND,
    PyBUF_STRIDES,
    PyBUF_WRITABLE,
    PyBuffer_IsContiguous,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
    Py_buffer,
)
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject, PyTypeObject
from cpython.pycapsule cimport PyCapsule_New
from cpython.ref cimport Py_INCREF, Py_XDECREF
from cpython.weakref cimport PyWeakref_NewRef
from libc.limits cimport INT_MAX
from libc.stdint cimport uint16_t, uint32_t, uintptr_t
from libc.string cimport memcmp, memcpy, memmove, memset, strlen

cdef extern from "Python.h":
    ctypedef struct PyGetSetDef:
        const char *doc
    ctypedef struct PyGetSetDescrObject:
        PyGetSetDef *d_getset
    bint PyObject_GC_IsFinalized(object)
    bint PyCallable_Check(object)
    bint PyFunction_Check(object)
    bint PyMethod_Check(object)
    PyObject *PyFunction_GET_CODE(object)
    PyObject *PyMethod_GET_FUNCTION(object)
    char *PyByteArray_AS_STRING(object)
    object PyNumber_Index(object)
    int PyObject_GenericSetAttr(object, object, object) except -1
    bint PyErr_ExceptionMatches(object)
    void PyErr_WriteUnraisable(object)
    PyObject *PyObject_CallOneArg(object, object)               # NULL: an exception is set
    object PyVectorcall_Call(object, object, object)
    object PySeqIter_New(object)
    const char *PyUnicode_AsUTF8(object) except NULL
    object PyUnicode_FromObject(object)     # of a subclass's instance: a plain str
    unsigned long PyThread_get_thread_native_id()
    int PySys_Audit(const char *, const char *, ...) except -1      # a hook may run any code

cdef extern from "core.h":
    int need_stack(size_t) except -1        # before code of the user's: there may be no end of it
    bint stack_is_short()

# Classes that have no name.
cdef object MappingProxyType = type(type.__dict__)
cdef object GenericAlias = type(list[int])
cdef object NoneType = type(None), UnionType = type(int | None)
cdef object member_descriptor = type(type(_sys.flags).debug)
cdef object builtins_type = type        # where a parameter has that name


cdef Py_ssize_t as_size(number) except? -1:
    """Convert an int, or what has an `__index__`."""
    if not isinstance(number, int):
        need_stack(0)
    return number
