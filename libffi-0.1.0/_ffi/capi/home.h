/* Whose is it?  The table, and all objects of this package, are one interpreter's. */
#ifndef FFIPY_CAPI_HOME_H
#define FFIPY_CAPI_HOME_H

#include <Python.h>
#include <string.h>

#include "base/compiler.h"
#include "base/os/copies.h"
#include "closures/threads.h"
#include "module/interpreters.h"

COLD static void raise_not_at_home(const char *what)
{
    if (PyErr_Occurred() != NULL)       /* as after all that has failed */
        return;
    PyErr_Format(PyExc_RuntimeError,
                 "%s: the C API of interpreter %lld, used in interpreter %lld: libffi_find_api() finds each one's own",
                 what, (long long)own.id, (long long)PyInterpreterState_GetID(PyInterpreterState_Get()));
}

/* Is the table used in its interpreter?  0 raises RuntimeError.  GIL. */
static inline int is_at_home(const char *what)
{
    if (LIKELY(PyThreadState_Get()->interp == home))
        return 1;
    raise_not_at_home(what);
    return 0;
}

/* The class of this package in another image that an object, or class, is of; or NULL (borrowed). */
static PyTypeObject *class_of_another(PyObject *object)
{
    PyTypeObject *class = PyType_Check(object) ? (PyTypeObject *)object : Py_TYPE(object);

    while (class != NULL && PyType_HasFeature(class, Py_TPFLAGS_HEAPTYPE))
        class = class->tp_base;
    if (class == NULL || strncmp(class->tp_name, "libffi._ffi.", strlen("libffi._ffi.")) != 0)
        return NULL;
    return own.range.end == 0 || is_in_range(own.range, class) ? NULL : class;
}

/* Is an object this interpreter's?  0 raises TypeError.  GIL. */
static int belongs_here(const char *what, PyObject *object)
{
    const PyTypeObject *class = class_of_another(object);
    int64_t id;

    if (LIKELY(class == NULL))
        return 1;
    id = (host != NULL ? host->interpreter_at : interpreter_at)(class);
    PyErr_Format(PyExc_TypeError, "%s: a %s of interpreter %lld, used in interpreter %lld, which has its own", what,
                 class->tp_name, (long long)id, (long long)own.id);
    return 0;
}

#endif
