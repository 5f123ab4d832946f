/* Structs and unions made by calls: T(value), T(x=1, y=2), T(1, 2), T.new(x=1, y=2); all else is left to the
   methods that Cython made. */
#ifndef FFIPY_VALUES_TYPE_CALL_H
#define FFIPY_VALUES_TYPE_CALL_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/lifetime.h"
#include "base/locks.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/type.h"
#include "types/compatible.h"
#include "values/field_slots.h"
#include "values/integers.h"
#include "values/memory.h"
#include "values/store.h"

static ternaryfunc type_call_in_cython;
static PyObject *type_new_in_cython;

/* ---- what is stored ---- */

/* The field of that name: in a call names are interned, as those of fields are.  Borrowed; NULL raises TypeError. */
static inline const field_info *given_field(const type_info *type, PyObject *name)
{
    Py_ssize_t i, n = type->nfields < SCANNED_FIELDS ? type->nfields : SCANNED_FIELDS;
    for (i = 0; i < n; ++i)
        if (type->fields[i].name == name)
            return &type->fields[i];
    return find_field(type, name);
}

/* The commonest fields take the commonest values here.  0; -1 raises. */
static inline int store_given(const type_info *type, const field_info *field, char *data, PyObject *value, keeper *k)
{
    if (LIKELY(!field->bit_width)) {
        int is_small = PyLong_CheckExact(value) && is_compact(value);
        char *where = data + field->offset;
        if (field->type->kind == K_DOUBLE && (is_small || PyFloat_CheckExact(value))) {
            double number = is_small ? (double)compact_value(value) : PyFloat_AS_DOUBLE(value);
            memcpy(where, &number, sizeof number);
            return 0;
        }
        if (field->type->kind == K_S32 && is_small && compact_value(value) == (int32_t)compact_value(value)) {
            int32_t number = (int32_t)compact_value(value);
            memcpy(where, &number, sizeof number);
            return 0;
        }
    }
    return store_field(type, field, data, value, k);
}

/* 0; -1 raises. */
static int store_named(const type_info *type, char *data, PyObject *const *values, PyObject *names, keeper *k)
{
    Py_ssize_t i, n = PyTuple_GET_SIZE(names);
    for (i = 0; i < n; ++i) {
        const field_info *field = given_field(type, PyTuple_GET_ITEM(names, i));
        if (UNLIKELY(field == NULL || store_given(type, field, data, values[i], k) < 0))
            return -1;
    }
    return 0;
}

/* 0; -1 raises. */
static int store_in_order(const type_info *type, char *data, PyObject *const *values, Py_ssize_t n, keeper *k)
{
    Py_ssize_t i;
    for (i = 0; i < n; ++i)
        if (UNLIKELY(store_given(type, &type->fields[i], data, values[i], k) < 0))
            return -1;
    return 0;
}

/* What a user's class says of fields that are left out.  0; -1 raises. */
COLD static int store_defaults(const type_info *type, char *data, keeper *k)
{
    PyObject *defaults = type->defaults;
    Py_ssize_t i;
    int status = 0;
    Py_INCREF(defaults);                /* a conversion may run Python code */
    for (i = 0; status == 0 && i < PyTuple_GET_SIZE(defaults); i += 2) {
        const field_info *field = &type->fields[PyLong_AsSsize_t(PyTuple_GET_ITEM(defaults, i))];
        status = store_given(type, field, data, PyTuple_GET_ITEM(defaults, i + 1), k);
    }
    Py_DECREF(defaults);
    return status;
}

static int has_default(const type_info *type, Py_ssize_t position)
{
    Py_ssize_t i, n = type->defaults == NULL ? 0 : PyTuple_GET_SIZE(type->defaults);
    for (i = 0; i < n; i += 2)
        if (PyLong_AsSsize_t(PyTuple_GET_ITEM(type->defaults, i)) == position)
            return 1;
    return 0;
}

static int is_named(PyObject *names, PyObject *name)
{
    Py_ssize_t i, n = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    for (i = 0; i < n; ++i)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(names, i), name) == 0)
            return 1;
    return 0;
}

/* Is the only argument of Point(...) the whole value, rather than the first field?  1, 0; -1 raises. */
static int is_whole_value(const type_info *type, PyObject *value)
{
    if (!type->by_position)
        return 1;
    if (PyFloat_CheckExact(value) || PyLong_CheckExact(value) || PyUnicode_CheckExact(value))
        return 0;
    if (Memory_Check(value))
        return same_to_c(type, ((MemoryObject *)value)->m.type);
    if (PyDict_Check(value))
        return 1;
    if (type->nfields == 1 || PyTuple_Check(value) || PyList_Check(value))
        return type->nfields != 1;
    return need_stack(0) < 0 ? -1 : has_attribute((PyObject *)Py_TYPE(value), "__dataclass_fields__");
}

/* Each field once, and where some are given by position all that have no default.  0; -1 raises TypeError. */
COLD static int check_given(const type_info *type, Py_ssize_t nargs, PyObject *names)
{
    Py_ssize_t i;
    if (!type->by_position) {
        PyErr_Format(PyExc_TypeError, "%U is made from a dict or by field names", type->name);
        return -1;
    }
    if (nargs > type->nfields) {
        PyErr_Format(PyExc_TypeError, "expected %zd values at most, got %zd", type->nfields, nargs);
        return -1;
    }
    for (i = 0; i < type->nfields; ++i) {
        PyObject *name = type->fields[i].name;
        if (i < nargs && is_named(names, name)) {
            PyErr_Format(PyExc_TypeError, "%U is given by position and by name", name);
            return -1;
        }
        if (i >= nargs && !is_named(names, name) && !has_default(type, i)) {
            PyErr_Format(PyExc_TypeError, "%U is missing (given by name, fields may be left out)", name);
            return -1;
        }
    }
    return 0;
}

typedef enum {
    TYPE_CALLED,                    /* T(...), T.new(...): one value, all fields in order, or fields by name */
    CLASS_CALLED                    /* Point(...): as a Python function with the fields as parameters */
} call_style;

/* 0; -1 raises. */
static ALWAYS_INLINE int store_call(const type_info *type, char *data, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *names, call_style style, keeper *k)
{
    if (nargs == 1 && names == NULL) {
        int is_whole = style == TYPE_CALLED ? 1 : is_whole_value(type, args[0]);
        if (is_whole != 0)
            return is_whole < 0 ? -1 : store_value(type, data, args[0], k);
    }
    if (nargs > 0 && (style == CLASS_CALLED && (names != NULL || nargs != type->nfields || !type->by_position))
        && check_given(type, nargs, names) < 0)
        return -1;
    if (store_in_order(type, data, args, nargs, k) < 0)
        return -1;
    return names == NULL ? 0 : store_named(type, data, args + nargs, names, k);
}

/* The arguments of a call into memory; `place` takes a name (%U).  0; -1 raises. */
static ALWAYS_INLINE int store_call_in(MemoryObject *memory, PyObject *const *args, Py_ssize_t nargs,
                                       PyObject *names, call_style style, int with_defaults)
{
    const type_info *type = memory->m.type;
    keeper k = memory_keeper(memory);
    int status = 0;

    if (UNLIKELY(!lifetime_pin(memory->m.life)))    /* gc.get_objects() may find it, and code may close it */
        return closed_meanwhile();
    Py_BEGIN_CRITICAL_SECTION(k.memory);
    if (with_defaults && type->defaults != NULL)
        status = store_defaults(type, memory->m.data, &k);
    if (status == 0)
        status = store_call(type, memory->m.data, args, nargs, names, style, &k);
    Py_END_CRITICAL_SECTION();
    lifetime_unpin(memory->m.life);
    return status;
}

/* What a call gives for the last field.  Borrowed; NULL: nothing, or it is not known; or raises what a key does. */
static PyObject *given_last(const type_info *type, PyObject *const *args, Py_ssize_t nargs, PyObject *names)
{
    PyObject *name = type->fields[type->nfields - 1].name;
    Py_ssize_t i;
    for (i = 0; names != NULL && i < PyTuple_GET_SIZE(names); ++i)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(names, i), name) == 0)
            return args[nargs + i];
    if (nargs == type->nfields && nargs > 1)
        return args[nargs - 1];
    if (nargs != 1)
        return NULL;
    if (PyDict_Check(args[0]))
        return PyDict_GetItemWithError(args[0], name);
    if ((PyTuple_Check(args[0]) || PyList_Check(args[0])) && PySequence_Fast_GET_SIZE(args[0]) == type->nfields)
        return PySequence_Fast_GET_ITEM(args[0], type->nfields - 1);
    return NULL;
}

/* Memory for what a call gives: with room for the items of a flexible array, a text's NUL among them.
   New; raises. */
COLD static MemoryObject *memory_for_call(const type_info *type, PyObject *const *args, Py_ssize_t nargs,
                                          PyObject *names)
{
    const type_info *item = type->fields[type->nfields - 1].type->item;
    PyObject *items = need_stack(0) < 0 ? NULL : Py_XNewRef(given_last(type, args, nargs, names));
    Py_ssize_t n = items == NULL && PyErr_Occurred() ? -1 : 0;

    if (items != NULL && PyUnicode_Check(items) && item->kind == K_CHAR) {
        if (PyUnicode_AsUTF8AndSize(items, &n) == NULL) {       /* or there is no memory, as storing it will say */
            PyErr_Clear();              /* surrogates: three bytes at most for what stands for one */
            n = 3 * PyUnicode_GET_LENGTH(items);
        }
        ++n;
    } else if (items != NULL) {
        n = PyObject_Size(items);       /* whose code may take it out of the dict or list */
        if (n >= 0 && PyUnicode_Check(items))
            n = (item->size == 2 ? 2 * n : n) + 1;
        else if (n >= 0 && PyBytes_Check(items) && item->kind == K_CHAR)
            ++n;
    }
    Py_XDECREF(items);
    if (n < 0) {                        /* storing it will say what it should have been */
        if (!is_refusal())
            return NULL;
        PyErr_Clear();
        n = 0;
    }
    if ((size_t)n > (MAX_TYPE_SIZE - type->flexible_at) / item->size)
        return (MemoryObject *)PyErr_NoMemory();
    if (type->flexible_at + (size_t)n * item->size <= type->size)
        return memory_new(type);
    return memory_with_room(type, type->flexible_at + (size_t)n * item->size);
}

/* New; raises. */
static ALWAYS_INLINE PyObject *make_struct(const type_info *type, PyObject *const *args, Py_ssize_t nargs,
                                           PyObject *names, call_style style, const char *place)
{
    MemoryObject *memory = LIKELY(!type->flexible) ? memory_new(type) : memory_for_call(type, args, nargs, names);
    if (UNLIKELY(memory == NULL))
        return NULL;
    if (UNLIKELY(store_call_in(memory, args, nargs, names, style, 1) < 0)) {
        add_place(PyUnicode_FromFormat(place, type->name));
        Py_CLEAR(memory);
    }
    return (PyObject *)memory;
}

/* ---- T(...) ---- */

/* A call of a function that takes a tuple and a dict.  New; raises. */
COLD static PyObject *call_packed(ternaryfunc function, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
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
            result = function(self, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return result;
}

static inline int is_made_of_fields(const type_info *type)
{
    return is_struct_kind(type->kind) && type->complete && (type->size != 0 || type->flexible) && !type->is_va_list;
}

/* New; raises.  GIL. */
static PyObject *type_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const type_info *type = &((TypeObject *)self)->info;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);

    if (UNLIKELY(!is_made_of_fields(type) || (kwnames != NULL && nargs != 0)
                 || (kwnames == NULL && nargs != 1 && (nargs != type->nfields || !type->by_position))))
        return call_packed(type_call_in_cython, self, args, nargs, kwnames);
    return make_struct(type, args, nargs, kwnames, TYPE_CALLED, "%U()");
}

/* ---- T.new(...) ---- */

static PyObject *call_new_in_cython(PyObject *self, PyObject *args, PyObject *keywords)
{
    PyObject *bound = Py_TYPE(type_new_in_cython)->tp_descr_get(type_new_in_cython, self, (PyObject *)Py_TYPE(self));
    PyObject *result = bound == NULL ? NULL : PyObject_Call(bound, args, keywords);
    Py_XDECREF(bound);
    return result;
}

/* New; raises.  GIL. */
static PyObject *type_new(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const type_info *type = &((TypeObject *)self)->info;

    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) == 0)
        kwnames = NULL;
    if (UNLIKELY(!is_made_of_fields(type) || nargs > 1 || (kwnames != NULL && nargs != 0)))
        return call_packed(call_new_in_cython, self, args, nargs, kwnames);
    if (nargs == 0 && kwnames == NULL && type->defaults == NULL)
        return (PyObject *)memory_new(type);
    return make_struct(type, args, nargs, kwnames, TYPE_CALLED, "%U.new()");
}

/* ---- at import ---- */

static PyMethodDef new_method = {
    "new", (PyCFunction)(void (*)(void))type_new, METH_FASTCALL | METH_KEYWORDS, NULL};

/* 0; -1 raises.  `text`: the docstring, kept by the caller. */
static int install_type_call(PyObject *new_in_cython, const char *text)
{
    PyObject *method;
    int status;
    type_call_in_cython = core.type->tp_call;
    core.type->tp_vectorcall_offset = offsetof(TypeObject, vectorcall);
    core.type->tp_call = PyVectorcall_Call;
    core.type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    type_new_in_cython = Py_NewRef(new_in_cython);
    new_method.ml_doc = text;
    method = PyDescr_NewMethod(core.type, &new_method);
    status = method == NULL ? -1 : PyDict_SetItemString(core.type->tp_dict, "new", method);
    Py_XDECREF(method);
    PyType_Modified(core.type);
    return status;
}

#endif
