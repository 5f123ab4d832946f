/* The pending exception as an object, in every CPython. */
#ifndef FFIPY_BASE_EXCEPTIONS_H
#define FFIPY_BASE_EXCEPTIONS_H

#include <Python.h>

#if PY_VERSION_HEX < 0x030C0000
/* New, and none is pending then; NULL: none was.  GIL. */
static PyObject *take_exception(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL)
        return NULL;
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(value, traceback);
    Py_DECREF(type);
    Py_XDECREF(traceback);
    return value;
}

/* Takes the reference.  GIL. */
static void give_exception(PyObject *exception)
{
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(exception)), exception,
                  PyException_GetTraceback(exception));
}
#else
#define take_exception PyErr_GetRaisedException
#define give_exception PyErr_SetRaisedException
#endif

/* sys.unraisablehook is told of it, and of the object that raised it.  GIL. */
static void report_unraisable(PyObject *exception, PyObject *source)
{
    give_exception(Py_NewRef(exception));
    PyErr_WriteUnraisable(source);
}

#endif
