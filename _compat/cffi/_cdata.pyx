# cython: language_level=3, freethreading_compatible=True, auto_pickle=False, autotestdict=False, binding=False
# cython: nonecheck=True
"""cffi's backend on libffi's C API: ctype and cdata objects, as `_cffi_backend` has them.

An extension of its own, written as any language runtime's would be: of the core it knows include/libffi only.
"""

cdef extern from *:
    """
    #define LIBFFI_MODULE _cdata
    #include "libffi/libffi_module.h"
    #define PyInit__cdata libffi_module_made
    """

import io as _io
import os as _os
import sys as _sys
import _thread
import weakref as _weakref

cimport cython
from cpython.buffer cimport (PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_CheckBuffer,
                             PyObject_GetBuffer)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.complex cimport PyComplex_FromDoubles
from cpython.dict cimport PyDict_GetItemWithError
from cpython.float cimport PyFloat_FromDouble
from cpython.long cimport PyLong_FromLongLong, PyLong_FromUnsignedLongLong
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport (Py_EQ, Py_GT, Py_LE, Py_LT, Py_NE, PyObject, PyObject_GenericGetAttr,
                             PyObject_RichCompare, PyTypeObject)
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdio cimport FILE, fclose, snprintf
from libc.string cimport memcpy, memmove as c_memmove, memset

from libffi cimport (LIBFFI_ERRNO, LIBFFI_RELEASE_GIL, libffi_abi_default, libffi_abi_find, libffi_cif, libffi_cif_get,
                     libffi_function, libffi_import, libffi_invoke_exchange)

libffi_import()

import libffi as _libffi
from libffi import CIF as _CIF, c as _c

cdef extern from "base/shared_dict.h":
    object dict_get(dict, object)

cdef extern from "base/trashcan.h":         # Cython's trashcans are of it
    int need_stack(size_t) except -1        # before code of the user's, and where values nest

cdef extern from "../shared.h":
    bint FREE_THREADED

    ctypedef const libffi_cif *cif_handle
    cif_handle shared_handle(cif_handle *) noexcept
    void share_handle(cif_handle *, cif_handle) noexcept
    Py_ssize_t shared_count(Py_ssize_t *, int) noexcept
    void shared_fence() noexcept

include "ctypes.pyx"
include "cdata.pyx"
include "numbers.pyx"
include "reading.pyx"
include "storing.pyx"
include "structs.pyx"
include "members.pyx"
include "items.pyx"
include "making.pyx"
include "casting.pyx"
include "comparing.pyx"
include "showing.pyx"
include "calling.pyx"
include "callbacks.pyx"
include "buffers.pyx"
include "texts.pyx"
include "files.pyx"
include "libraries.pyx"
include "made_here.pyx"
