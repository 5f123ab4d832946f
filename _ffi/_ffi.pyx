# cython: language_level=3, freethreading_compatible=True, auto_pickle=False, autotestdict=False
"""The compiled core of libffi: types, calls, closures."""

cimport cython
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from core cimport *

include "module/docstrings.pyx"
include "model/errors.pyx"
include "types/layout.pyx"
include "types/Type.pyx"
include "types/types.pyx"
include "types/structs.pyx"
include "values/Memory.pyx"
include "values/looking.pyx"
include "values/buffer_format.pyx"
include "values/Pointer.pyx"
include "values/Value.pyx"
include "calls/CIF.pyx"
include "calls/Function.pyx"
include "closures/Closure.pyx"
include "closures/garbage.pyx"
include "calls/Library.pyx"
include "calls/raw.pyx"
include "libffi/faults.pyx"
include "module/info.pyx"
include "module/init.pyx"
include "capi/capi.pyx"
