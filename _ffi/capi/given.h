/* What C gave the C API.  NULL for an object is what a function gave that failed: its exception stays, so
   that calls can be chained and the last result is looked at only. */
#ifndef FFIPY_CAPI_GIVEN_H
#define FFIPY_CAPI_GIVEN_H

#include <Python.h>

/* New; raises TypeError, or what is raised already. */
static PyObject *given_object(const char *what, PyObject *object)
{
    if (object != NULL)
        return Py_NewRef(object);
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected an object, got NULL", what);
    return NULL;
}

/* 0; -1 raises TypeError, or what is raised already. */
static int given_place(const char *what, const void *place)
{
    if (place != NULL)
        return 0;
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected an address, got NULL", what);
    return -1;
}

/* So many items at `items`?  0; -1 raises TypeError, ValueError, or what is raised already. */
static int given_count(const char *what, Py_ssize_t count, const void *items)
{
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

#endif
