# cython: language_level=3, freethreading_compatible=True, auto_pickle=False, autotestdict=False
"""The compiled core of libffi: types, calls, closures."""

cimport cython
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from core cimport *

include "docstrings.pyx"
include "errors.pyx"
include "layout.pyx"
include "Type.pyx"
include "types.pyx"
include "structs.pyx"
include "Memory.pyx"
include "buffer_format.pyx"
include "Pointer.pyx"
include "Value.pyx"
include "CIF.pyx"
include "Function.pyx"
include "Closure.pyx"
include "garbage.pyx"
include "Library.pyx"
include "raw.pyx"
include "faults.pyx"
include "info.pyx"
include "init.pyx"
include "capi.pyx"
