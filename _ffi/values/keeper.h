/* What keeps alive the things C is given addresses of.

   During a call: buffers are exported and lifetimes pinned in slots on the call's
   frame, the rest goes on a list; all of it is let go when the call returns.
   In memory: the storing memory's `keep` dict holds the object, keyed by offset.
   For a closure's result: `objects` passes on to the closure, until its next result in the same thread. */
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

/* What is stored at `where` keeps `object` (or NULL) alive; *replaced is what was kept there, for the
   caller to let go once the new address is there.  The caller is in the root's critical section, and
   stays in it: nothing here runs Python code. */
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
        Py_SETREF(root->keep, dict);
        track_object((PyObject *)root);
    }
    key = PyLong_FromSsize_t((const char *)where - root->m.data);
    if (key == NULL)
        return -1;
    *replaced = Py_XNewRef(PyDict_GetItemWithError(root->keep, key));
    if (object != NULL)
        status = PyDict_SetItem(root->keep, key, object);
    else if (*replaced != NULL)
        status = PyDict_DelItem(root->keep, key);
    Py_DECREF(key);
    return status;
}

/* Keep `object` for as long as C may look at what is stored.  For memory, replace_pointer() does. */
static int keep_object(keeper *k, PyObject *object)
{
    if (k->memory != NULL) {
        Py_XSETREF(k->objects, Py_NewRef(object));
        return 0;
    }
    if (k->objects == NULL && (k->objects = PyList_New(0)) == NULL)
        return -1;
    return PyList_Append(k->objects, object);
}

/* What `size` bytes of `root` keep alive: a list of (offset from `start`, object). */
COLD static PyObject *kept_between(MemoryObject *root, const char *start, size_t size)
{
    PyObject *key, *object, *list = PyList_New(0);
    Py_ssize_t position = 0;
    int status = 0;

    while (list != NULL && status == 0 && root->keep != Py_None
           && PyDict_Next(root->keep, &position, &key, &object)) {
        Py_ssize_t offset = PyLong_AsSsize_t(key) - (start - root->m.data);
        if (offset >= 0 && offset < (Py_ssize_t)size) {
            PyObject *entry = Py_BuildValue("nN", offset, Py_NewRef(object));
            status = entry == NULL ? -1 : PyList_Append(list, entry);
            Py_XDECREF(entry);
        }
    }
    if (status < 0)
        Py_CLEAR(list);
    return list;
}

COLD static int forget_kept(MemoryObject *root, const char *start, PyObject *entries)
{
    Py_ssize_t i;
    for (i = 0; i < PyList_GET_SIZE(entries); ++i) {
        Py_ssize_t offset = PyLong_AsSsize_t(PyTuple_GET_ITEM(PyList_GET_ITEM(entries, i), 0));
        PyObject *key = PyLong_FromSsize_t(offset + (start - root->m.data));
        if (key == NULL || PyDict_DelItem(root->keep, key) < 0) {
            Py_XDECREF(key);
            return -1;
        }
        Py_DECREF(key);
    }
    return 0;
}

/* May its bytes be copied without more ado, as nobody keeps anything alive for them? */
static inline int copies_plainly(MemoryObject *source)
{
#ifdef Py_GIL_DISABLED
    if (source->m.type->holds_addresses)
        return 0;                   /* another thread may be storing one */
#endif
    return memory_root(source)->keep == Py_None;
}

/* A copy of `source`'s bytes, and in *kept what they keep alive; NULL with an error. */
COLD static char *copy_with_kept(MemoryObject *source, PyObject **kept)
{
    char *copy = was_closed_meanwhile(source) ? NULL : PyMem_Malloc(source->m.size);

    if (copy == NULL)
        return PyErr_Occurred() ? NULL : (char *)PyErr_NoMemory();
    memcpy(copy, source->m.data, source->m.size);
    *kept = kept_between(memory_root(source), source->m.data, source->m.size);
    if (*kept == NULL) {
        PyMem_Free(copy);
        return NULL;
    }
    return copy;
}

/* The bytes at `where` become a copy of `source`: what its pointers point to is kept there too,
   whatever becomes of the original, and what was kept there is not needed any more. */
COLD static int store_copy(keeper *k, char *where, MemoryObject *source)
{
    MemoryObject *root = memory_root(source);
    PyObject *kept = NULL, *replaced = NULL, *old;
    char *copy;
    Py_ssize_t i;
    int status = -1;

    if (root == k->memory) {                /* the caller is in its critical section */
        copy = copy_with_kept(source, &kept);
    } else {
        Py_BEGIN_CRITICAL_SECTION(root);    /* which may leave the caller's for a moment */
        copy = copy_with_kept(source, &kept);
        Py_END_CRITICAL_SECTION();
    }
    if (copy == NULL)
        return -1;
    if (k->memory != NULL) {
        replaced = kept_between(k->memory, where, source->m.size);
        if (replaced == NULL || forget_kept(k->memory, where, replaced) < 0)
            goto done;
    }
    status = 0;
    for (i = 0; status == 0 && i < PyList_GET_SIZE(kept); ++i) {
        PyObject *offset = PyTuple_GET_ITEM(PyList_GET_ITEM(kept, i), 0);
        PyObject *object = PyTuple_GET_ITEM(PyList_GET_ITEM(kept, i), 1);
        if (k->memory == NULL) {
            status = keep_object(k, object);
        } else {
            status = keep_in_memory(k->memory, where + PyLong_AsSsize_t(offset), object, &old);
            Py_XDECREF(old);                /* NULL: it was forgotten */
        }
    }
    if (status == 0)
        memcpy(where, copy, source->m.size);
done:
    PyMem_Free(copy);
    Py_DECREF(kept);
    Py_XDECREF(replaced);                   /* last: it may run Python code */
    return status;
}

static int keep_pinned(keeper *k, lifetime *life, PyObject *object)
{
    PyObject *pin;
    int status;

    if (k->memory != NULL)
        return keep_object(k, object);
    if (k->borrowed && k->used < k->room) {
        if (!lifetime_pin(life))
            return closed_meanwhile();
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

/* Export `object`'s buffer for as long; its description is valid until the next
   call into Python. */
static int keep_buffer(keeper *k, PyObject *object, int flags, const Py_buffer **out)
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
        status = keep_object(k, view);
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
