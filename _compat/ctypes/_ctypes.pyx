# cython: language_level=3, freethreading_compatible=True, auto_pickle=False, autotestdict=False
# cython: binding=False, c_api_binop_methods=False
"""What CPython's ctypes package wants of its _ctypes, over libffi's C API."""

cdef extern from *:
    """
    #define LIBFFI_MODULE _ctypes
    #include "libffi/libffi_module.h"
    #define PyInit__ctypes libffi_module_made
    """

cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyObject_GetBuffer, PyBuffer_Release, Py_buffer
from cpython.buffer cimport PyBuffer_IsContiguous
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE, PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF as decref, Py_INCREF as incref
from libc.stddef cimport wchar_t
from libc.stdint cimport uint64_t, uintptr_t
from libc.string cimport memchr, memcpy, memmove, memset, strlen

from libffi cimport *

import sys as _sys

import libffi as _libffi
from libffi import c as _c

include "declarations.pxi"
include "base/handlers.pyx"
include "base/callables.pyx"
include "data.pyx"
include "classes.pyx"
include "simple.pyx"
include "layout.pyx"
include "fields.pyx"
include "structures.pyx"
include "arrays.pyx"
include "pointers.pyx"
include "parameters.pyx"
include "results.pyx"
include "callbacks.pyx"
include "prototypes.pyx"
include "libraries.pyx"
include "functions.pyx"
include "com.pyx"
include "buffers.pyx"
include "free_functions.pyx"
include "abstract_classes.pyx"
