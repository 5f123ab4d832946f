/* What keeps alive the things C is given addresses of: noted, pinned, let go. */
#ifndef FFIPY_VALUES_KEEPER_H
#define FFIPY_VALUES_KEEPER_H

#include <Python.h>

#include "base/compiler.h"
#include "base/hidden.h"
#include "base/lifetime.h"
#include "base/nursery.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "model/memory.h"

/* Whose storage it is a part of; the view of a view has a view as owner. */
static inline MemoryObject *memory_root(MemoryObject *memory)
{
    while (memory->owner != Py_None && Memory_Check(memory->owner))
        memory = (MemoryObject *)memory->owner;
    return memory;
}

/* In the root's critical section, where close() lets go of what it keeps: too late to look at it? */
static inline int was_closed_meanwhile(MemoryObject *root)
{
    return UNLIKELY(!lifetime_is_open(root->m.life)) && stale(root->m.type) < 0;
}

/* Pin storage that code of the user's may have closed since we looked.  0; -1 raises ValueError. */
static inline int pin_or_raise(lifetime *life)
{
    return LIKELY(lifetime_pin(life)) ? 0 : closed_meanwhile();
}

/* `root`, which keeps nothing yet, keeps what is in `dict` (taken). */
static void keep_these(MemoryObject *root, PyObject *dict)
{
    hide(dict);
    Py_SETREF(root->keep, dict);
    track_once((PyObject *)root, &root->m.known);
}

/* What is stored at `where` keeps `object` (or NULL) alive; *replaced is what was kept there, for the
   caller to let go once the new address is there.  The caller is in the root's critical section, and
   stays in it: nothing here runs Python code but the allocation of the dictionary, which comes first. */
static int keep_in_memory(MemoryObject *root, const void *where, PyObject *object, PyObject **replaced)
{
    PyObject *key;
    int status = 0;

    *replaced = NULL;
    if (root->keep == Py_None) {
        PyObject *dict;
        if (object == NULL)
            return 0;
        if ((dict = PyDict_New()) == NULL)
            return -1;
        if (root->keep == Py_None)
            keep_these(root, dict);
        else
            Py_DECREF(dict);        /* the collector's code stored something here */
    }
    key = PyLong_FromSsize_t((const char *)where - root->m.data);
    if (key == NULL)
        return -1;
    *replaced = Py_XNewRef(PyDict_GetItemWithError(root->keep, key));
    if (object != NULL)
        status = hidden_set(root->keep, key, object);
    else if (*replaced != NULL)
        status = PyDict_DelItem(root->keep, key);
    Py_DECREF(key);
    return status;
}

/* Keep `object` for as long as C may look at what is stored.  For memory, replace_pointer() does.
   -1 raises MemoryError. */
static int keep_object(keeper *k, PyObject *object)
{
    if (k->memory != NULL) {
        Py_XSETREF(k->objects, Py_NewRef(object));
        return 0;
    }
    if (k->objects == NULL && (k->objects = hidden_list()) == NULL)
        return -1;
    return PyList_Append(k->objects, object);
}

/* Keep `object`, whose storage has the lifetime `life`, and that storage open.  -1 raises ValueError, MemoryError. */
static int keep_pinned(keeper *k, lifetime *life, PyObject *object)
{
    PyObject *pin;
    int status;

    if (k->memory != NULL)
        return keep_object(k, object);
    if (k->borrowed && k->used < k->room) {
        if (pin_or_raise(life) < 0)
            return -1;
        k->slots[k->used++].pinned = life;
        return 0;
    }
    pin = core.pin(life, object);
    if (pin == NULL)
        return -1;
    status = keep_object(k, pin);
    Py_DECREF(pin);
    return status;
}

/* Hold `object`'s buffer by an object, where no slot is free.  0; -1 raises BufferError. */
NOINLINE static int keep_export(keeper *k, PyObject *object, int flags, const Py_buffer **out)
{
    PyObject *export = core.hold_buffer(object, out);
    int status;

    if (export == NULL)
        return -1;
    if ((flags & PyBUF_WRITABLE) && (*out)->readonly) {
        PyErr_SetString(PyExc_BufferError, "read-only");
        status = -1;
    } else if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES ? (*out)->suboffsets != NULL
                                                        : !PyBuffer_IsContiguous(*out, 'C')) {
        PyErr_SetString(PyExc_BufferError, "not contiguous");
        status = -1;
    } else {
        status = keep_object(k, export);
    }
    Py_DECREF(export);
    return status;
}

/* Export `object`'s buffer for as long; its description is valid until the next
   call into Python.  0; -1 raises BufferError. */
static ALWAYS_INLINE int keep_buffer(keeper *k, PyObject *object, int flags, const Py_buffer **out)
{
    kept_slot *slot;

    /* Only a class that Python code made has Python code give its buffer. */
    if (UNLIKELY(Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE) && UNLIKELY(stack_is_short() && need_stack(0) < 0))
        return -1;
    if (UNLIKELY(k->memory != NULL || k->used >= k->room))
        return keep_export(k, object, flags, out);
    slot = &k->slots[k->used];
    if (PyObject_GetBuffer(object, &slot->view, flags) < 0)
        return -1;
    slot->pinned = NULL;
    ++k->used;
    *out = &slot->view;
    return 0;
}

/* What was kept for a call.  May run Python code; a pending exception stays. */
static void let_go(keeper *k)
{
    while (k->used > 0) {
        kept_slot *slot = &k->slots[--k->used];
        if (slot->pinned != NULL)
            lifetime_unpin(slot->pinned);
        else
            PyBuffer_Release(&slot->view);
    }
    Py_CLEAR(k->objects);
}

#endif
