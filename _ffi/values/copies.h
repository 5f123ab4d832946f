/* Memory copied into memory, with what its pointers keep alive. */
#ifndef FFIPY_VALUES_COPIES_H
#define FFIPY_VALUES_COPIES_H

#include <Python.h>
#include <string.h>

#include "base/collector.h"
#include "base/compiler.h"
#include "base/hidden.h"
#include "base/locks.h"
#include "model/keeper.h"
#include "model/memory.h"
#include "values/keeper.h"
#include "values/memory.h"

/* What `size` bytes of `root` keep alive: a list of (offset from `start`, object).  New; raises
   MemoryError.  In the root's critical section. */
COLD static PyObject *kept_between(MemoryObject *root, const char *start, size_t size)
{
    PyObject *key, *object, *list = hidden_list();
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

/* The root keeps these entries of kept_between() no more.  0; -1 raises MemoryError. */
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
    if (source->m.type->holds)
        return 0;                   /* another thread may be storing one */
#endif
    return memory_root(source)->keep == Py_None;
}

/* A copy of `source`'s bytes, to be freed, and in *kept (new) what they keep alive.  NULL raises. */
COLD static char *copy_with_kept(MemoryObject *source, PyObject **kept)
{
    size_t size = source->m.type->size;
    char *copy = was_closed_meanwhile(source) ? NULL : PyMem_Malloc(size);

    if (copy == NULL)
        return PyErr_Occurred() ? NULL : (char *)PyErr_NoMemory();
    memcpy(copy, source->m.data, size);
    *kept = kept_between(memory_root(source), source->m.data, size);
    if (*kept == NULL) {
        PyMem_Free(copy);
        return NULL;
    }
    return copy;
}

/* store_copy(), while no other code runs.  *replaced: new, or NULL.  0; -1 raises. */
COLD static int store_copy_undisturbed(keeper *k, char *where, MemoryObject *source,
                                       PyObject **replaced)
{
    MemoryObject *root = memory_root(source);
    PyObject *kept = NULL, *old;
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
        *replaced = kept_between(k->memory, where, source->m.type->size);
        if (*replaced == NULL || forget_kept(k->memory, where, *replaced) < 0)
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
        memcpy(where, copy, source->m.type->size);
done:
    PyMem_Free(copy);
    Py_DECREF(kept);
    return status;
}

/* The bytes at `where` become a copy of `source`: what its pointers point to is kept there too,
   whatever becomes of the original, and what was kept there is not needed any more.  0; -1 raises. */
COLD static int store_copy(keeper *k, char *where, MemoryObject *source)
{
    PyObject *replaced = NULL;
    int was_on = pause_collector(), status = store_copy_undisturbed(k, where, source, &replaced);
    resume_collector(was_on);
    Py_XDECREF(replaced);                   /* last: it may run Python code */
    return status;
}

/* The bytes of memory of the same type, with what they keep alive.  0; -1 raises ValueError,
   MemoryError. */
static int copy_memory(const type_info *type, void *where, MemoryObject *source, keeper *k)
{
    char *data = memory_data(source);
    if (data == NULL)
        return -1;
    if (UNLIKELY(!copies_plainly(source) || (k->memory != NULL && k->memory->keep != Py_None)))
        return store_copy(k, where, source);
    memmove(where, data, type->size);
    return 0;
}

#endif
