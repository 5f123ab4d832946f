/* Looking up what threads share, and adding to it. */
#ifndef FFIPY_BASE_SHARED_DICT_H
#define FFIPY_BASE_SHARED_DICT_H

#include <Python.h>

#include "base/locks.h"

/* What a dictionary that threads share has for the key, or None.  Cython's dict.get() counts its
   reference when another thread may have freed the value already.
   New; NULL raises what comparing keys raises. */
static PyObject *dict_get(PyObject *dict, PyObject *key)
{
    PyObject *value;
#if PY_VERSION_HEX >= 0x030D0000
    if (PyDict_GetItemRef(dict, key, &value) == 0)
        value = Py_NewRef(Py_None);
#else
    value = PyDict_GetItemWithError(dict, key);
    if (value == NULL && !PyErr_Occurred())
        value = Py_None;
    Py_XINCREF(value);
#endif
    return value;
}

/* What it has for the key, which is `value` from now on if that was nothing.  Not setdefault(): CPython 3.13.0
   loses its error where memory runs out.  Without the GIL it is one step of CPython's: a critical section around
   two is left when the second waits, be it for the very lock that the section has.
   New; NULL raises. */
static inline PyObject *dict_get_or_put(PyObject *dict, PyObject *key, PyObject *value)
{
    PyObject *found;
#ifdef Py_GIL_DISABLED
    if (PyDict_SetDefaultRef(dict, key, value, &found) < 0)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
#else
    found = dict_get(dict, key);
    if (found == Py_None) {
        Py_DECREF(found);
        found = PyDict_SetItem(dict, key, value) == 0 ? Py_NewRef(value) : NULL;
    }
#endif
    return found;
}

/* Forget what it has for the key if that is still `value`, which nobody puts there again.  Raises. */
static inline int dict_forget(PyObject *dict, PyObject *key, PyObject *value)
{
    static short_lock forgetting;
    PyObject *found;
    int status = 0;
    LOCK(&forgetting);
    found = dict_get(dict, key);
    if (found == value)
        status = PyDict_DelItem(dict, key);
    UNLOCK(&forgetting);
    Py_XDECREF(found);
    return found == NULL ? -1 : status;
}

#endif
