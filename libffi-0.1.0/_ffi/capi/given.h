/* What C gave the C API.  NULL for an object is what a function gave that failed: its exception stays, so
   that calls can be chained and the last result is looked at only. */
#ifndef FFIPY_CAPI_GIVEN_H
#define FFIPY_CAPI_GIVEN_H

#include <Python.h>

#include "capi/home.h"
#include "capi/public.h"

/* New; raises TypeError, RuntimeError in another interpreter, or what is raised already. */
static PyObject *given_object(const char *what, PyObject *object)
{
    if (!is_at_home(what))
        return NULL;
    if (object != NULL)
        return belongs_here(what, object) ? Py_NewRef(object) : NULL;
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected an object, got NULL", what);
    return NULL;
}

/* 0; -1 raises likewise. */
static int given_place(const char *what, const void *place)
{
    if (!is_at_home(what))
        return -1;
    if (place != NULL)
        return 0;
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected an address, got NULL", what);
    return -1;
}

/* So many items at `items`?  0; -1 raises TypeError, ValueError, or likewise. */
static int given_count(const char *what, Py_ssize_t count, const void *items)
{
    if (!is_at_home(what))
        return -1;
    if (PyErr_Occurred() != NULL)
        return -1;
    if (count < 0)
        PyErr_Format(PyExc_ValueError, "%s: expected a count, got %zd", what, count);
    else if (count > 0 && items == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected %zd items, got NULL", what, count);
    else
        return 0;
    return -1;
}

/* What calls see of a CIF of this interpreter.  0; -1 raises likewise. */
static int given_handle(const char *what, const libffi_cif *cif)
{
    return given_place(what, cif) < 0 || !belongs_here(what, cif->object) ? -1 : 0;
}

#endif
