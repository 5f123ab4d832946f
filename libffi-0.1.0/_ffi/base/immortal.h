/* Objects that are used by all threads and (nearly) never freed. */
#ifndef FFIPY_BASE_IMMORTAL_H
#define FFIPY_BASE_IMMORTAL_H

#include <Python.h>

#ifdef Py_GIL_DISABLED
/* Threads that call one function must not all count references to it.  Then it goes only with
   the garbage collector; in 3.13 never, like the functions of extension modules there. */
static void count_no_references(PyObject *function)
{
#if PY_VERSION_HEX >= 0x030E0000
    PyUnstable_Object_EnableDeferredRefcount(function);
#else
    Py_SET_REFCNT(function, PY_SSIZE_T_MAX);
#endif
}
#else
#define count_no_references(function) ((void)(function))
#endif

#endif
