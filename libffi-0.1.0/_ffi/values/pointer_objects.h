/* Pointer objects: made and freed. */
#ifndef FFIPY_VALUES_POINTER_OBJECTS_H
#define FFIPY_VALUES_POINTER_OBJECTS_H

#include <Python.h>
#include <string.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "base/nursery.h"
#include "base/pool.h"
#include "base/trashcan.h"
#include "model/hooks.h"
#include "model/pointer.h"
#include "model/type.h"

static object_pool pointer_pool;

static ALWAYS_INLINE void pointer_free(PyObject *self)
{
    PointerObject *pointer = (PointerObject *)self;

    if (UNLIKELY(pointer->weakrefs != NULL))
        PyObject_ClearWeakRefs(self);
    Py_XDECREF(pointer->owner);
    Py_XDECREF(pointer->type);
    pool_give(&pointer_pool, self, core.pointer);
}

static void pointer_dealloc(PyObject *self);

/* The owner goes too, and what its storage keeps, and so on. */
COLD static void pointer_end_chain(PyObject *self)
{
    Py_TRASHCAN_BEGIN(self, pointer_dealloc)
    pointer_free(self);
    Py_TRASHCAN_END
}

static void pointer_dealloc(PyObject *self)
{
    PyObject *owner = ((PointerObject *)self)->owner;

    if (((PointerObject *)self)->p.known != UNKNOWN_TO_COLLECTOR)
        untrack(self);
    if (LIKELY(owner == Py_None || Py_REFCNT(owner) > 1))
        pointer_free(self);
    else
        pointer_end_chain(self);
}

static void own_pointers(PyTypeObject *class)
{
    class->tp_dealloc = pointer_dealloc;
}

/* `length`: how many items are known to be there, or -1.
   `owner` may be NULL.  New; raises MemoryError. */
static PyObject *new_pointer(const type_info *type, void *address, PyObject *owner,
                             lifetime *life, Py_ssize_t length)
{
    PointerObject *pointer = (PointerObject *)pool_take(&pointer_pool, core.pointer);
    if (UNLIKELY(pointer == NULL))
        return NULL;
    memset(&pointer->p, 0, sizeof pointer->p);
    pointer->weakrefs = NULL;
    pointer->p.address = address;
    pointer->p.type = type;
    pointer->p.life = life;
    pointer->p.bounded = length >= 0;
    pointer->p.length = length;
    pointer->type = Py_NewRef(type->object);
    pointer->owner = Py_NewRef(owner ? owner : Py_None);
    if (owner != NULL && owner != Py_None)
        track_once((PyObject *)pointer, &pointer->p.known);
    else if (UNLIKELY(type->item->leads_to_users))
        track_if_it_stays((PyObject *)pointer, &pointer->p.known);
    return (PyObject *)pointer;
}

#endif
