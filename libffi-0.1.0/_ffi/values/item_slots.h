/* Items of pointers and arrays, in C, in front of the methods that Cython made: numbers at small
   indices.  All else, errors too, is left to the method. */
#ifndef FFIPY_VALUES_ITEM_SLOTS_H
#define FFIPY_VALUES_ITEM_SLOTS_H

#include <Python.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/pointer.h"
#include "model/type.h"
#include "values/integers.h"
#include "values/load.h"
#include "values/store.h"

static struct {
    binaryfunc pointer_item, array_item;
    objobjargproc pointer_set, array_set;
} items_in_cython;

/* The address of item `index`, or NULL: not the common case. */
static inline char *pointer_item_address(PointerObject *pointer, PyObject *index)
{
    const pointer_state *p = &pointer->p;
    const type_info *item = p->type->item;
    Py_ssize_t i;

    if (UNLIKELY(!PyLong_CheckExact(index) || !is_compact(index) || p->address == NULL
                 || !is_number_kind(item->kind) || !lifetime_is_open(p->life)))
        return NULL;
    i = compact_value(index);
    if (p->bounded && (i < -p->before || i >= p->length))
        return NULL;
    if (UNLIKELY(i > INT32_MAX || i < INT32_MIN))
        return NULL;
    return p->address + i * (Py_ssize_t)item->size;
}

/* New; raises. */
static PyObject *pointer_item(PyObject *self, PyObject *index)
{
    char *where = pointer_item_address((PointerObject *)self, index);
    if (LIKELY(where != NULL))
        return load_value(((PointerObject *)self)->p.type->item, where, NULL);
    return items_in_cython.pointer_item(self, index);
}

static int pointer_set(PyObject *self, PyObject *index, PyObject *value)
{
    PointerObject *pointer = (PointerObject *)self;
    if (LIKELY(value != NULL && is_simple_number(value) && !pointer->p.type->is_const)) {
        char *where = pointer_item_address(pointer, index);
        keeper k = {.objects = NULL};
        if (LIKELY(where != NULL))
            return store_placed(pointer->p.type->item, where, value, &k, "%U[%zd]",
                                pointer->p.type->name, compact_value(index));
    }
    return items_in_cython.pointer_set(self, index, value);
}

/* The same of an array. */
static inline char *array_item_address(MemoryObject *array, PyObject *index)
{
    const type_info *type = array->m.type;
    Py_ssize_t i;

    if (UNLIKELY(!PyLong_CheckExact(index) || !is_compact(index) || !lifetime_is_open(array->m.life)))
        return NULL;
    i = compact_value(index);
    if (UNLIKELY(i < 0))
        i += type->length;
    if (UNLIKELY(i < 0 || i >= type->length || !is_number_kind(type->item->kind)))  /* only arrays have a length */
        return NULL;
    return array->m.data + i * (Py_ssize_t)type->item->size;
}

/* New; raises. */
static PyObject *array_item(PyObject *self, PyObject *index)
{
    char *where = array_item_address((MemoryObject *)self, index);
    if (LIKELY(where != NULL))
        return load_value(((MemoryObject *)self)->m.type->item, where, NULL);
    return items_in_cython.array_item(self, index);
}

static int array_set(PyObject *self, PyObject *index, PyObject *value)
{
    MemoryObject *array = (MemoryObject *)self;
    if (LIKELY(value != NULL && is_simple_number(value) && !array->m.readonly)) {
        char *where = array_item_address(array, index);
        keeper k = {.objects = NULL};
        if (LIKELY(where != NULL))
            return store_placed(array->m.type->item, where, value, &k, "%U item %zd",
                                array->m.type->name, compact_value(index));
    }
    return items_in_cython.array_set(self, index, value);
}


static void install_item_slots(PyTypeObject *array)
{
    items_in_cython.pointer_item = core.pointer->tp_as_mapping->mp_subscript;
    items_in_cython.pointer_set = core.pointer->tp_as_mapping->mp_ass_subscript;
    core.pointer->tp_as_mapping->mp_subscript = pointer_item;
    core.pointer->tp_as_mapping->mp_ass_subscript = pointer_set;
    items_in_cython.array_item = array->tp_as_mapping->mp_subscript;
    items_in_cython.array_set = array->tp_as_mapping->mp_ass_subscript;
    array->tp_as_mapping->mp_subscript = array_item;
    array->tp_as_mapping->mp_ass_subscript = array_set;
    PyType_Modified(core.pointer);
    PyType_Modified(array);
}

#endif
