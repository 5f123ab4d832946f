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

/* What was stored at `where` (borrowed, in the root's critical section), or NULL. */
static PyObject *kept_at(MemoryObject *root, const void *where)
{
    PyObject *key, *object;

    if (root->keep == Py_None)
        return NULL;
    key = PyLong_FromSsize_t((const char *)where - root->m.data);
    if (key == NULL)
        return NULL;
    object = PyDict_GetItemWithError(root->keep, key);
    Py_DECREF(key);
    return object;
}

/* A pointer read out of `root` keeps alive what was stored there, if it still is that. */
static PyObject *pointer_kept_by(const type_info *type, const void *where, MemoryObject *root)
{
    void *address = read_address(where);
    PyObject *object = kept_at(root, where);

    if (object == NULL)
        return PyErr_Occurred() ? NULL : new_pointer(type, address, NULL, &forever, -1);
    if (Memory_Check(object)) {
        MemoryObject *memory = (MemoryObject *)object;
        if (memory->m.data == address)
            return new_pointer(type, address, object, memory->m.life, -1);
    } else if (Pointer_Check(object) && ((PointerObject *)object)->p.address == address) {
        return new_pointer(type, address, object, ((PointerObject *)object)->p.life, -1);
    }
    return new_pointer(type, address, object, &forever, -1);
}

static PyObject *load_kept_pointer(const type_info *type, const void *where, MemoryObject *root)
{
    PyObject *pointer;
    if (root == NULL)
        return new_pointer(type, read_address(where), NULL, &forever, -1);
    root = memory_root(root);
    Py_BEGIN_CRITICAL_SECTION(root);
    pointer = was_closed_meanwhile(root) ? NULL : pointer_kept_by(type, where, root);
    Py_END_CRITICAL_SECTION();
    return pointer;
}

/* Meanwhile no other thread may store another text, and let go of this one. */
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

/* A function read out of `root` keeps alive the closure that was stored there, or goes with the library
   of the function that was. */
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
            owner = Py_XNewRef(kept_at(whole, where));
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

static PyObject *load_pointer(const type_info *type, const void *where, MemoryObject *root)
{
    void *address;

    switch (type->kind) {
    case K_STRING:
    case K_BYTES:
    case K_WSTRING:
        return load_kept_text(type, where, root);
    case K_FUNCTION:
        return load_function(type, where, root);
    case K_PTR:
        if (type->item->kind != K_VOID)
            return load_kept_pointer(type, where, root);
        break;                          /* const void *: as without const */
    default:
        break;
    }
    address = read_address(where);
    if (address == NULL)
        return Py_NewRef(Py_None);
    return PyLong_FromVoidPtr(address);
}

#endif
