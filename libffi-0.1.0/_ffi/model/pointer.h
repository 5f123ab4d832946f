/* Pointers: an address and what is there. */
#ifndef FFIPY_MODEL_POINTER_H
#define FFIPY_MODEL_POINTER_H

#include <Python.h>

#include "base/lifetime.h"
#include "model/type.h"

typedef struct {
    char *address;
    const type_info *type;          /* of the pointer */
    lifetime *life;
    int known;                      /* to the collector: base/nursery.h */
    int bounded;                    /* how many items there are is known: */
    Py_ssize_t length, before;      /* from here on, and before */
} pointer_state;

typedef struct {
    PyObject_HEAD
    pointer_state p;
    PyObject *type;
    PyObject *owner;
    PyObject *weakrefs;
} PointerObject;

#endif
