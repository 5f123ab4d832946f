/* The end of a Cython module of ours in an interpreter: how its variables let go of objects.  tools/build/module_end.py
   writes the function that goes through them. */
#ifndef FFIPY_BASE_EMPTYING_H
#define FFIPY_BASE_EMPTYING_H

#include <Python.h>

/* One after the other: finalizers may run at the first two, so each variable has what its type is. */
enum {
    EMPTY_CONTAINERS,
    EMPTY_VARIABLES,
    CLEAR_MODULE                /* constants, classes, all the rest: no code of the module's runs any more */
};

/* What a variable has instead of `value`, which it held. */
static PyObject *emptied(PyObject *value, int step)
{
    PyObject *instead;

    if (value == NULL || PyUnicode_Check(value) || PyType_Check(value))
        return value;
    if (PyObject_HasAttrString((PyObject *)Py_TYPE(value), "clear")) {
        if (step == EMPTY_CONTAINERS) {
            PyObject *done = PyObject_CallMethod(value, "clear", NULL);
            if (done == NULL)
                PyErr_Clear();
            Py_XDECREF(done);
        }
        return value;
    }
    if (step == EMPTY_CONTAINERS)
        return value;
    instead = PyTuple_Check(value) ? PyTuple_New(0) : Py_NewRef(Py_None);
    Py_DECREF(value);
    return instead;
}

#endif
