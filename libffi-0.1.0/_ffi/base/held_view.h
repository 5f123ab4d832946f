/* Buffers that an object of ours holds: a memoryview that held one could be found by the user's code, and released. */
#ifndef FFIPY_BASE_HELD_VIEW_H
#define FFIPY_BASE_HELD_VIEW_H

#include <Python.h>

/* Fill a view of whatever buffer an object has; of a memoryview by way of another, so that the user's own can be
   released.  PyBuffer_Release() ends it, and does nothing after a failure.  What exports it, new; NULL raises. */
static PyObject *hold_view(PyObject *value, Py_buffer *view)
{
    PyObject *exporter = PyMemoryView_Check(value) ? PyMemoryView_FromObject(value) : Py_NewRef(value);
    view->obj = NULL;
    if (exporter != NULL && PyObject_GetBuffer(exporter, view, PyBUF_FULL_RO) < 0) {
        view->obj = NULL;               /* NumPy leaves an object in a buffer that it did not give */
        Py_CLEAR(exporter);
    }
    return exporter;
}

#endif
