/* Items of pointers in debug mode: not of storage that was freed, nor beside what is there. */
#ifndef FFIPY_VALUES_CHECKED_POINTERS_H
#define FFIPY_VALUES_CHECKED_POINTERS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "model/hooks.h"
#include "model/pointer.h"
#include "values/checked_storage.h"
#include "values/integers.h"
#include "values/item_slots.h"

/* May `size` bytes there be read or written, as far as is known?  0; -1 raises MisuseError.  `type`: of the pointer. */
COLD static int check_place(const type_info *type, const char *address, size_t size)
{
    const checked_block *block = look_for_block(address);
    int status = 0;

    if (block != NULL
        && (block->freed || address < block->data
            || (size_t)(address - block->data) + size > block->size)) {
        PyErr_Format(core.misuse_error, "%U: an item %s %s%s", type->name, place_in(block, address).text,
                     block->freed ? "freed " : "", block->told);
        status = -1;
    }
    stop_looking();
    return status;
}

static Py_ssize_t plain_index(PyObject *index)
{
    return PyLong_CheckExact(index) && is_compact(index) ? compact_value(index) : 0;
}

/* Which item, or from which on, and how many?  A slice of known bounds is cut to them. */
static void find_items(const pointer_state *p, PyObject *index, Py_ssize_t *first, Py_ssize_t *count)
{
    const PySliceObject *slice = (const PySliceObject *)index;

    *first = PySlice_Check(index) ? 0 : plain_index(index);
    *count = PySlice_Check(index) ? 0 : 1;
    if (!PySlice_Check(index) || p->bounded || plain_index(slice->stop) <= plain_index(slice->start))
        return;
    *first = plain_index(slice->start);
    *count = plain_index(slice->stop) - *first;
}

/* 0; -1 raises MisuseError. */
static int check_item(const PyObject *self, PyObject *index)
{
    const pointer_state *p = &((const PointerObject *)self)->p;
    const type_info *item = p->type->item;
    Py_ssize_t i, n, most;

    find_items(p, index, &i, &n);
    most = PY_SSIZE_T_MAX / 2 / (item->size > 0 ? (Py_ssize_t)item->size : 1);
    if (p->address == NULL || !lifetime_is_open(p->life) || !item->complete || i > INT32_MAX || i < INT32_MIN
        || n > INT32_MAX || i > most || i < -most || n > most || (p->bounded && (i < -p->before || i >= p->length)))
        return 0;                       /* for who has other words for it */
    return check_place(p->type, p->address + i * (Py_ssize_t)item->size, (size_t)n * item->size);
}

/* New; raises. */
static PyObject *checked_pointer_item(PyObject *self, PyObject *index)
{
    return check_item(self, index) < 0 ? NULL : pointer_item(self, index);
}

static int checked_pointer_set(PyObject *self, PyObject *index, PyObject *value)
{
    return check_item(self, index) < 0 ? -1 : pointer_set(self, index, value);
}

static void check_pointers(int on)
{
    PyMappingMethods *slots = core.pointer->tp_as_mapping;
    __atomic_store_n(&slots->mp_subscript, on ? checked_pointer_item : pointer_item, __ATOMIC_RELAXED);
    __atomic_store_n(&slots->mp_ass_subscript, on ? checked_pointer_set : pointer_set, __ATOMIC_RELAXED);
    PyType_Modified(core.pointer);
}

#endif
