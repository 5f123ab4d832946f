/* How a careful hand-written extension takes its arguments. */
#include <limits.h>
#include <Python.h>

static int takes(const char *name, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 1;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, got %zd", name, wanted, given);
    return 0;
}

static int as_int(PyObject *object, int *value)
{
    long wide = PyLong_AsLong(object);
    if (wide == -1 && PyErr_Occurred())
        return 0;
    if (wide < INT_MIN || wide > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "out of range for int");
        return 0;
    }
    *value = (int)wide;
    return 1;
}
