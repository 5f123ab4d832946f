/* What keeps alive the things C is given addresses of.

   During a call: buffers are exported and lifetimes pinned in slots on the call's
   frame, the rest goes on a list; all of it is let go when the call returns.
   In memory: the storing memory's `keep` dict holds the object, keyed by offset.
   For a closure's result: `objects` passes on to the closure, until its next result. */
#ifndef FFIPY_KEEPER_H
#define FFIPY_KEEPER_H

typedef struct {
    lifetime *pinned;               /* NULL: `view` is in use */
    Py_buffer view;
} kept_slot;

typedef struct {
    kept_slot *slots;
    unsigned used, room;
    int borrowed;                   /* the caller holds the value itself */
    MemoryObject *memory;           /* memory mode: the root that is written to */
    PyObject *objects;              /* list, or NULL */
} keeper;

static inline MemoryObject *memory_root(MemoryObject *memory)
{
    return memory->owner != Py_None && Memory_Check(memory->owner)
        ? (MemoryObject *)memory->owner : memory;
}

static int keep_in_memory(MemoryObject *root, const void *where, PyObject *object)
{
    PyObject *key;
    int status;

    if (root->keep == Py_None) {
        PyObject *dict = PyDict_New();
        if (dict == NULL)
            return -1;
        Py_SETREF(root->keep, dict);
        track_object((PyObject *)root);
    }
    key = PyLong_FromSsize_t((const char *)where - root->m.data);
    if (key == NULL)
        return -1;
    status = PyDict_SetItem(root->keep, key, object);
    Py_DECREF(key);
    return status;
}

/* Keep `object` for as long as C may look at what was stored at `where`. */
static int keep_object(keeper *k, const void *where, PyObject *object)
{
    if (k->memory != NULL)
        return keep_in_memory(k->memory, where, object);
    if (k->objects == NULL && (k->objects = PyList_New(0)) == NULL)
        return -1;
    return PyList_Append(k->objects, object);
}

static int keep_pinned(keeper *k, const void *where, lifetime *life, PyObject *object)
{
    PyObject *pin;
    int status;

    if (k->memory != NULL)
        return keep_in_memory(k->memory, where, object);
    if (k->borrowed && k->used < k->room) {
        k->slots[k->used++].pinned = life;
        lifetime_pin(life);
        return 0;
    }
    pin = core.pin(life, object);
    if (pin == NULL)
        return -1;
    status = keep_object(k, where, pin);
    Py_DECREF(pin);
    return status;
}

/* Export `object`'s buffer for as long; its description is valid until the next
   call into Python. */
static int keep_buffer(keeper *k, const void *where, PyObject *object, int flags,
                       const Py_buffer **out)
{
    PyObject *view;
    int status;

    if (k->memory == NULL && k->used < k->room) {
        kept_slot *slot = &k->slots[k->used];
        if (PyObject_GetBuffer(object, &slot->view, flags) < 0)
            return -1;
        slot->pinned = NULL;
        ++k->used;
        *out = &slot->view;
        return 0;
    }
    view = PyMemoryView_FromObject(object);
    if (view == NULL)
        return -1;
    *out = PyMemoryView_GET_BUFFER(view);
    if ((flags & PyBUF_WRITABLE) && (*out)->readonly) {
        PyErr_SetString(PyExc_BufferError, "read-only");
        status = -1;
    } else if (!PyBuffer_IsContiguous(*out, 'C')) {
        PyErr_SetString(PyExc_BufferError, "not contiguous");
        status = -1;
    } else {
        status = keep_object(k, where, view);
    }
    Py_DECREF(view);
    return status;
}

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
