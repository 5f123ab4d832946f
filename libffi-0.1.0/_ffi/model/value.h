/* Values that say their C type. */
#ifndef FFIPY_MODEL_VALUE_H
#define FFIPY_MODEL_VALUE_H

#include <Python.h>

typedef struct {
    PyObject_HEAD
    PyObject *type;
    PyObject *value;
} ValueObject;

#endif
