/* Looking up what threads share. */
#ifndef FFIPY_BASE_SHARED_DICT_H
#define FFIPY_BASE_SHARED_DICT_H

#include <Python.h>

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

#endif
