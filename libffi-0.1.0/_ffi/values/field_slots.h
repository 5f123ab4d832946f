/* A struct class's own attribute look-up: its fields come first, and their names are
   interned, so that a few comparisons of addresses find one. */
#ifndef FFIPY_VALUES_FIELD_SLOTS_H
#define FFIPY_VALUES_FIELD_SLOTS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/type.h"
#include "types/compatible.h"
#include "values/integers.h"
#include "values/load.h"
#include "values/store.h"

enum { SCANNED_FIELDS = 16 };

/* Borrowed; NULL: it has none of that name among the first, or the name is another object. */
static inline const field_info *scan_fields(const MemoryObject *memory, PyObject *name)
{
    const type_info *type = memory->m.type;
    Py_ssize_t i, n = type->nfields < SCANNED_FIELDS ? type->nfields : SCANNED_FIELDS;
    for (i = 0; i < n; ++i)
        if (type->fields[i].attribute == name)
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

/* The name that the class has an attribute by.  New; raises. */
COLD static PyObject *own_name(const MemoryObject *memory, PyObject *name)
{
    PyObject *fields = memory->m.type->field_index;        /* NULL: `__class__` was set of what is no struct */
    int is_field = fields == NULL ? 0 : PyDict_Contains(fields, name);
    if (is_field < 0)
        return NULL;
    return is_field ? name_in_class(name) : Py_NewRef(name);
}

/* Is it perhaps one of those?  Python asks for names of its own, which begin like that, rarely.
   `Struct.__getattribute__(s, 5)` has no name at all. */
static inline int may_be_hidden(PyObject *name)
{
    return PyUnicode_Check(name) && PyUnicode_GET_LENGTH(name) > 4 && PyUnicode_READ_CHAR(name, 0) == '_'
           && PyUnicode_READ_CHAR(name, 1) == '_';
}

/* New; raises AttributeError. */
COLD static PyObject *get_hidden(PyObject *self, PyObject *name)
{
    PyObject *own = own_name((MemoryObject *)self, name), *value;
    value = own == NULL ? NULL : PyObject_GenericGetAttr(self, own);
    Py_XDECREF(own);
    return value;
}

/* Another class is for the same struct only.  0; -1 raises TypeError. */
static int check_new_class(const MemoryObject *memory, PyObject *class)
{
    PyObject *type = PyType_Check(class) ? type_of_class(class) : NULL;
    if (type != NULL && same_to_c(memory->m.type, &((TypeObject *)type)->info))
        return 0;
    PyErr_Format(PyExc_TypeError, "memory of %U cannot become an instance of %R", memory->m.type->name, class);
    return -1;
}

/* 0; -1 raises AttributeError, or what the field's conversion does. */
COLD static int set_hidden(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *own = own_name((MemoryObject *)self, name);
    int status = own == NULL ? -1 : 0;
    if (status == 0 && value != NULL && PyUnicode_CompareWithASCIIString(own, "__class__") == 0)
        status = check_new_class((MemoryObject *)self, value);
    if (status == 0)
        status = PyObject_GenericSetAttr(self, own, value);
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

#endif
