/* Iterators of what users give. */
#ifndef FFIPY_BASE_ITERATORS_H
#define FFIPY_BASE_ITERATORS_H

#include <Python.h>

/* CPython's own of a memoryview (3.12, 3.13) does not ask whether that was released.  New; raises. */
static PyObject *iterator_of(PyObject *value)
{
    if (PyMemoryView_Check(value) && PySequence_Size(value) < 0)
        return NULL;
    return PyObject_GetIter(value);
}

#endif
