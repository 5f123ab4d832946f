/* C addresses as Python values. */
#ifndef FFIPY_VALUES_LOAD_POINTERS_H
#define FFIPY_VALUES_LOAD_POINTERS_H

#include <Python.h>

#include "base/lifetime.h"
#include "base/locks.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/pointer.h"
#include "model/type.h"
#include "values/address.h"
#include "values/function_pointers.h"
#include "values/keeper.h"
#include "values/pointer_objects.h"
#include "values/text.h"

/* What was stored at `where`, as the root keeps it, in its critical section.  New; NULL: nothing, or an error. */
static PyObject *kept_at(MemoryObject *root, const void *where)
{
    PyObject *key, *object;

    if (root->keep == Py_None)
        return NULL;
    key = PyLong_FromSsize_t((const char *)where - root->m.data);
    if (key == NULL)
        return NULL;
    object = Py_XNewRef(PyDict_GetItemWithError(root->keep, key));
    Py_DECREF(key);
    return object;
}

/* Whose storage it is: a pointer's owner's, or pointers that are read, moved and stored again
   would each own the last.  Borrowed. */
static PyObject *storage_of(PyObject *kept)
{
    return Pointer_Check(kept) ? ((PointerObject *)kept)->owner : kept;
}

/* ... and until when it can be looked at, if the address still lies in it: C may have changed it. */
static lifetime *life_at(PyObject *kept, const char *address)
{
    PyObject *owner = storage_of(kept);

    if (Pointer_Check(kept) && ((PointerObject *)kept)->p.address == address)
        return ((PointerObject *)kept)->p.life;
    if (Memory_Check(owner)) {
        const memory_state *m = &((MemoryObject *)owner)->m;
        if (address >= m->data && address <= m->data + m->size)
            return m->life;
    }
    return &forever;
}

/* NULL is None where nothing is known of what is there.  New; raises MemoryError. */
static PyObject *pointer_or_none(const type_info *type, void *address, PyObject *owner, lifetime *life)
{
    if (address == NULL && type->item->kind == K_VOID)
        return Py_NewRef(Py_None);
    return new_pointer(type, address, owner, life, -1);
}

/* A pointer read out of `root` keeps alive what was stored there.  New; raises. */
static PyObject *pointer_kept_by(const type_info *type, const void *where, MemoryObject *root)
{
    void *address = read_address(where);
    PyObject *kept = kept_at(root, where), *pointer;

    if (kept == NULL)
        return PyErr_Occurred() ? NULL : pointer_or_none(type, address, NULL, &forever);
    pointer = pointer_or_none(type, address, storage_of(kept), life_at(kept, address));
    Py_DECREF(kept);
    return pointer;
}

/* New; raises ValueError where the storage is closed. */
static PyObject *load_kept_pointer(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *pointer;
    if (root == NULL)
        return pointer_or_none(type, read_address(where), NULL, &forever);
    root = memory_root(root);
    Py_BEGIN_CRITICAL_SECTION(root);
    pointer = was_closed_meanwhile(root) ? NULL : pointer_kept_by(type, where, root);
    Py_END_CRITICAL_SECTION();
    return pointer;
}

/* Meanwhile no other thread may store another text, and let go of this one.  New; raises. */
static PyObject *load_kept_text(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *text;
    if (root == NULL)
        return load_text(type, where);
    root = memory_root(root);
    Py_BEGIN_CRITICAL_SECTION(root);
    text = was_closed_meanwhile(root) ? NULL : load_text(type, where);
    Py_END_CRITICAL_SECTION();
    return text;
}

/* The object at an address, of which C has one, or has given one.  Borrowed; raises ValueError for NULL, or what C has
   set. */
static PyObject *object_at(const void *where)
{
    PyObject *object = read_address(where);
    if (object == NULL && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "PyObject * is NULL");
    return object;
}

/* Meanwhile no other thread may store another one, and let go of this.  New; raises. */
static PyObject *load_object(const void *where, MemoryObject *root)
{
    PyObject *object;
    if (root == NULL)
        return Py_XNewRef(object_at(where));
    root = memory_root(root);
    Py_BEGIN_CRITICAL_SECTION(root);
    object = was_closed_meanwhile(root) ? NULL : Py_XNewRef(object_at(where));
    Py_END_CRITICAL_SECTION();
    return object;
}

/* A function read out of `root` keeps alive the closure that was stored there, or goes with the
   library of the function that was.  New, None for NULL; raises. */
static PyObject *load_function(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *owner = NULL, *function;
    void *address = NULL;
    int closed = 0;

    if (root == NULL) {
        address = read_address(where);
    } else {
        MemoryObject *whole = memory_root(root);
        Py_BEGIN_CRITICAL_SECTION(whole);
        closed = was_closed_meanwhile(whole);
        if (!closed) {
            address = read_address(where);
            owner = kept_at(whole, where);
        }
        Py_END_CRITICAL_SECTION();
    }
    if (closed || (owner == NULL && PyErr_Occurred()))
        return NULL;
    if (owner == NULL || !has_address(owner, address))
        Py_XSETREF(owner, Py_XNewRef((PyObject *)root));
    function = address == NULL ? Py_NewRef(Py_None) : core.function_at(type, address, owner);
    Py_XDECREF(owner);
    return function;
}

/* The value of a pointer type at `where`, as load_value().  New; raises. */
static PyObject *load_pointer(const type_info *type, const void *where, MemoryObject *root)
{
    switch (type->kind) {
    case K_STRING:
    case K_BYTES:
    case K_WSTRING:
        return load_kept_text(type, where, root);
    case K_FUNCTION:
        return load_function(type, where, root);
    default:
        return load_kept_pointer(type, where, root);
    }
}

#endif
