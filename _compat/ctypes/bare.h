/* Instances made and freed, without what Cython does for any class. */
#ifndef COMPAT_CTYPES_BARE_H
#define COMPAT_CTYPES_BARE_H

#include <Python.h>

#include "base/trashcan.h"

enum { ROOM = 40 };                     /* so much storage is in the instance */

/* _CData of data.pyx, which is compared at import. */
typedef struct {
    PyObject_HEAD
    char *data;
    PyObject *base, *objects;
    Py_ssize_t size, length, index;
    char room[ROOM];
    char allocated, resized, lent;
} bare_instance;

/* _Function of functions.pyx, likewise. */
typedef struct {
    bare_instance instance;
    vectorcallfunc entry;
    PyObject *prototype, *source, *opened, *errcheck, *paramflags;
    Py_ssize_t index;
    PyObject *iid;
} bare_function;

/* One without storage.  New; raises. */
static inline PyObject *make_bare(PyTypeObject *type)
{
    bare_instance *made = (bare_instance *)type->tp_alloc(type, 0);
    if (made == NULL)
        return NULL;
    made->base = Py_NewRef(Py_None);
    made->objects = Py_NewRef(Py_None);
    return (PyObject *)made;
}

static PyObject *make_bare_function(PyTypeObject *type, vectorcallfunc entry, PyObject *prototype)
{
    bare_function *made = (bare_function *)make_bare(type);
    if (made == NULL)
        return NULL;
    made->entry = entry;
    made->prototype = Py_NewRef(prototype);
    made->source = Py_NewRef(Py_None);
    made->opened = Py_NewRef(Py_None);
    made->errcheck = Py_NewRef(Py_None);
    made->paramflags = Py_NewRef(Py_None);
    made->iid = Py_NewRef(Py_None);
    return (PyObject *)made;
}

static void (*free_blocks_of)(void *storage);       /* of those that were resized */

static void free_parts(PyObject *self)
{
    bare_instance *instance = (bare_instance *)self;
    if (instance->allocated && !instance->resized)
        PyMem_Free(instance->data);
    else if (instance->resized)
        free_blocks_of(instance->data);
    Py_CLEAR(instance->base);
    Py_CLEAR(instance->objects);
    Py_TYPE(self)->tp_free(self);
}

static inline int is_last_reference(PyObject *kept)
{
    return kept != NULL && Py_REFCNT(kept) == 1;
}

static void free_bare(PyObject *self)
{
    const bare_instance *instance = (bare_instance *)self;
    PyObject_GC_UnTrack(self);
    if (!is_last_reference(instance->base) && !is_last_reference(instance->objects)) {
        free_parts(self);
        return;
    }
    Py_TRASHCAN_BEGIN(self, free_bare)      /* what it keeps may be the last to keep another one, and so on */
    free_parts(self);
    Py_TRASHCAN_END
}

static void free_bare_function(PyObject *self)
{
    bare_function *function = (bare_function *)self;
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, free_bare_function)     /* of a callback whose callable has a callback of ... */
    Py_CLEAR(function->prototype);
    Py_CLEAR(function->source);
    Py_CLEAR(function->opened);
    Py_CLEAR(function->errcheck);
    Py_CLEAR(function->paramflags);
    Py_CLEAR(function->iid);
    free_parts(self);
    Py_TRASHCAN_END
}

static void give_free(PyTypeObject *type, PyTypeObject *functions, void (*free_blocks)(void *storage))
{
    free_blocks_of = free_blocks;
    type->tp_dealloc = free_bare;
    functions->tp_dealloc = free_bare_function;
}

#endif
