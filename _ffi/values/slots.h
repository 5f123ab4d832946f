/* Slots of the Cython classes that small programs spend their time in, in C: items of
   pointers and arrays, fields of structs, and making values.  Each takes the common case
   and leaves the rest, errors too, to the method that Cython made. */
#ifndef FFIPY_VALUES_SLOTS_H
#define FFIPY_VALUES_SLOTS_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "base/locks.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/pointer.h"
#include "model/type.h"
#include "values/integers.h"
#include "values/load.h"
#include "values/memory.h"
#include "values/store.h"

static struct {
    binaryfunc pointer_item, array_item;
    objobjargproc pointer_set, array_set;
    ternaryfunc type_call;
} slow;

/* ---- items ---- */

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

static PyObject *pointer_item(PyObject *self, PyObject *index)
{
    char *where = pointer_item_address((PointerObject *)self, index);
    if (LIKELY(where != NULL))
        return load_value(((PointerObject *)self)->p.type->item, where, NULL);
    return slow.pointer_item(self, index);
}

static int is_simple_number(PyObject *value)
{
    return PyFloat_CheckExact(value) || PyLong_CheckExact(value);
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
    return slow.pointer_set(self, index, value);
}

static inline char *array_item_address(MemoryObject *array, PyObject *index)
{
    const type_info *type = array->m.type;
    Py_ssize_t i;

    if (UNLIKELY(!PyLong_CheckExact(index) || !is_compact(index)
                 || !is_number_kind(type->item->kind) || !lifetime_is_open(array->m.life)))
        return NULL;
    i = compact_value(index);
    if (UNLIKELY(i < 0))
        i += type->length;
    if (UNLIKELY(i < 0 || i >= type->length))
        return NULL;
    return array->m.data + i * (Py_ssize_t)type->item->size;
}

static PyObject *array_item(PyObject *self, PyObject *index)
{
    char *where = array_item_address((MemoryObject *)self, index);
    if (LIKELY(where != NULL))
        return load_value(((MemoryObject *)self)->m.type->item, where, NULL);
    return slow.array_item(self, index);
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
    return slow.array_set(self, index, value);
}

/* ---- fields ---- */

/* A struct class's own attribute look-up: its fields come first, and their names are
   interned, so that a few comparisons of addresses find one. */
enum { SCANNED_FIELDS = 16 };

static inline const field_info *scan_fields(const MemoryObject *memory, PyObject *name)
{
    const type_info *type = memory->m.type;
    Py_ssize_t i, n = type->nfields < SCANNED_FIELDS ? type->nfields : SCANNED_FIELDS;
    for (i = 0; i < n; ++i)
        if (type->fields[i].name == name)
            return &type->fields[i];
    return NULL;
}

/* What the class has for an attribute: a field that is named like a method of Python's own
   (`__repr__`) must not become one.  New. */
static PyObject *name_in_class(PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    if (n > 4 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_'
        && PyUnicode_READ_CHAR(name, n - 1) == '_' && PyUnicode_READ_CHAR(name, n - 2) == '_')
        return PyUnicode_FromFormat(".%U", name);
    return Py_NewRef(name);
}

COLD static PyObject *own_name(const MemoryObject *memory, PyObject *name)
{
    int is_field = PyDict_Contains(memory->m.type->field_index, name);
    if (is_field < 0)
        return NULL;
    return is_field ? name_in_class(name) : Py_NewRef(name);
}

/* Is it perhaps one of those?  Python asks for names of its own, which begin like that, rarely. */
static inline int may_be_hidden(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) > 4 && PyUnicode_READ_CHAR(name, 0) == '_'
           && PyUnicode_READ_CHAR(name, 1) == '_';
}

COLD static PyObject *get_hidden(PyObject *self, PyObject *name)
{
    PyObject *own = own_name((MemoryObject *)self, name), *value;
    value = own == NULL ? NULL : PyObject_GenericGetAttr(self, own);
    Py_XDECREF(own);
    return value;
}

COLD static int set_hidden(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *own = own_name((MemoryObject *)self, name);
    int status = own == NULL ? -1 : PyObject_GenericSetAttr(self, own, value);
    Py_XDECREF(own);
    return status;
}

static PyObject *struct_getattr(PyObject *self, PyObject *name)
{
    MemoryObject *memory = (MemoryObject *)self;
    const field_info *field = scan_fields(memory, name);
    const char *where;

    if (UNLIKELY(field == NULL || !lifetime_is_open(memory->m.life)))
        return UNLIKELY(may_be_hidden(name)) ? get_hidden(self, name)
                                             : PyObject_GenericGetAttr(self, name);
    if (UNLIKELY(field->bit_width))
        return load_field(field, memory->m.data, memory);
    where = memory->m.data + field->offset;
    if (field->type->kind == K_DOUBLE) {
        double number;
        memcpy(&number, where, sizeof number);
        return PyFloat_FromDouble(number);
    }
    if (field->type->kind == K_S32) {
        int32_t number;
        memcpy(&number, where, sizeof number);
        return PyLong_FromLong(number);
    }
    return load_value(field->type, where, memory);
}

static int struct_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    MemoryObject *memory = (MemoryObject *)self;
    const field_info *field;

    if (LIKELY(value != NULL && is_simple_number(value) && !memory->m.readonly
               && lifetime_is_open(memory->m.life))) {
        field = scan_fields(memory, name);
        if (LIKELY(field != NULL && is_number_kind(field->type->kind))) {
            keeper k = {.objects = NULL};
            return store_field(memory->m.type, field, memory->m.data, value, &k);
        }
    }
    return UNLIKELY(may_be_hidden(name)) ? set_hidden(self, name, value)
                                         : PyObject_GenericSetAttr(self, name, value);
}

static void install_struct_slots(PyTypeObject *class)
{
    class->tp_getattro = struct_getattr;
    class->tp_setattro = struct_setattr;
    class->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;    /* or `__class__` could make one struct another */
    PyType_Modified(class);
}

/* ---- T(value), T(x=1, y=2), T(1, 2) ---- */

static int store_call(const type_info *type, char *data, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames, keeper *k)
{
    Py_ssize_t i;
    if (kwnames == NULL && nargs == 1)
        return store_value(type, data, args[0], k);
    for (i = 0; kwnames == NULL && i < nargs; ++i)
        if (store_field(type, &type->fields[i], data, args[i], k) < 0)
            return -1;
    for (i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); ++i) {
        const field_info *field = find_field(type, PyTuple_GET_ITEM(kwnames, i));
        if (field == NULL || store_field(type, field, data, args[i], k) < 0)
            return -1;
    }
    return 0;
}

COLD static PyObject *slow_type_call(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                     PyObject *kwnames)
{
    Py_ssize_t i, n = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    PyObject *tuple = PyTuple_New(nargs), *dict = n ? PyDict_New() : NULL, *result = NULL;

    if (tuple != NULL && (n == 0 || dict != NULL)) {
        int status = 0;
        for (i = 0; i < nargs; ++i)
            PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
        for (i = 0; status == 0 && i < n; ++i)
            status = PyDict_SetItem(dict, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]);
        if (status == 0)
            result = slow.type_call(self, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return result;
}

static PyObject *type_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                                 PyObject *kwnames)
{
    const type_info *type = &((TypeObject *)self)->info;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    MemoryObject *memory;
    keeper k;
    int status;

    if (UNLIKELY((type->kind != K_STRUCT && type->kind != K_UNION) || !type->complete
                 || type->size == 0 || (kwnames != NULL && nargs != 0)
                 || (kwnames == NULL && nargs != 1
                     && (nargs != type->nfields || !type->by_position))))
        return slow_type_call(self, args, nargs, kwnames);
    memory = memory_new(type);
    if (memory == NULL)
        return NULL;
    k = memory_keeper(memory);
    lifetime_pin(memory->m.life);       /* gc.get_objects() may find it, and code may close it */
    Py_BEGIN_CRITICAL_SECTION(memory);
    status = store_call(type, memory->m.data, args, nargs, kwnames, &k);
    Py_END_CRITICAL_SECTION();
    lifetime_unpin(memory->m.life);
    if (UNLIKELY(status < 0)) {
        add_place(PyUnicode_FromFormat("%U()", type->name));
        Py_CLEAR(memory);
    }
    return (PyObject *)memory;
}

static void install_fast_slots(PyTypeObject *array)
{
    slow.pointer_item = core.pointer->tp_as_mapping->mp_subscript;
    slow.pointer_set = core.pointer->tp_as_mapping->mp_ass_subscript;
    core.pointer->tp_as_mapping->mp_subscript = pointer_item;
    core.pointer->tp_as_mapping->mp_ass_subscript = pointer_set;
    slow.array_item = array->tp_as_mapping->mp_subscript;
    slow.array_set = array->tp_as_mapping->mp_ass_subscript;
    array->tp_as_mapping->mp_subscript = array_item;
    array->tp_as_mapping->mp_ass_subscript = array_set;
    slow.type_call = core.type->tp_call;
    core.type->tp_vectorcall_offset = offsetof(TypeObject, vectorcall);
    core.type->tp_call = PyVectorcall_Call;
    core.type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(core.type);
    PyType_Modified(core.pointer);
    PyType_Modified(array);
}

#endif
