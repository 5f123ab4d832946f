/* An interpreter that imports us after the first has ended. */
#ifndef FFIPY_MODULE_SECOND_INTERPRETER_H
#define FFIPY_MODULE_SECOND_INTERPRETER_H

#include <Python.h>

#include "closures/threads.h"

/* Cython's module cannot be made again, and says so in riddles: we stand before it. */
PyMODINIT_FUNC libffi_cython_init(void);
PyMODINIT_FUNC PyInit__ffi(void);
PyMODINIT_FUNC PyInit__ffi(void)
{
    if (finalizing) {
        PyErr_SetString(PyExc_ImportError, "libffi: an interpreter that has ended used it before; "
                                           "one interpreter of a process can import it");
        return NULL;
    }
    return libffi_cython_init();
}
#define PyInit__ffi libffi_cython_init

#endif
