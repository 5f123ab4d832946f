/* Containers of ours that nobody else may change.  Python code finds whatever the garbage collector
   knows, so it does not know these: who holds one visits what is in it, as if it held that itself. */
#ifndef FFIPY_BASE_HIDDEN_H
#define FFIPY_BASE_HIDDEN_H

#include <Python.h>

/* Hide a list, or a dict after each object that was put into it: CPython tracks it then (up to 3.13). */
static inline void hide(PyObject *container)
{
    PyObject_GC_UnTrack(container);
}

/* New, hidden; raises MemoryError. */
static PyObject *hidden_list(void)
{
    PyObject *list = PyList_New(0);
    if (list != NULL)
        hide(list);
    return list;
}

/* 0; -1 raises MemoryError. */
static int hidden_set(PyObject *dict, PyObject *key, PyObject *value)
{
    int status = PyDict_SetItem(dict, key, value);
    hide(dict);
    return status;
}

/* For the tp_traverse of who holds `dict`, which may be NULL or None. */
static int visit_hidden(PyObject *dict, visitproc visit, void *arg)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    while (dict != NULL && dict != Py_None && PyDict_Next(dict, &position, &key, &value)) {
        Py_VISIT(key);
        Py_VISIT(value);
    }
    return 0;
}

#endif
