/* c.ndarray(T, ...): a parameter that takes arrays, by the buffer protocol, and says what is wrong with one. */
#ifndef FFIPY_VALUES_CHECKED_ARRAYS_H
#define FFIPY_VALUES_CHECKED_ARRAYS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "model/type.h"
#include "values/address.h"
#include "values/foreign.h"
#include "values/formats.h"
#include "values/keeper.h"

/* ---- what is wrong, each -1 and raises ---- */

/* "(3, None)" of so many lengths or strides; `any` is None.  New; raises. */
COLD static PyObject *tuple_text(const Py_ssize_t *numbers, int n, Py_ssize_t any)
{
    PyObject *tuple = PyTuple_New(n), *text = NULL;
    int i;

    for (i = 0; tuple != NULL && i < n; ++i) {
        PyObject *number = numbers[i] == any ? Py_NewRef(Py_None) : PyLong_FromSsize_t(numbers[i]);
        if (number == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, number);
    }
    if (tuple != NULL)
        text = PyObject_Repr(tuple);
    Py_XDECREF(tuple);
    return text;
}

/* What the array itself calls its items, or how their buffer does.  New; raises. */
COLD static PyObject *dtype_text(PyObject *value, const Py_buffer *view)
{
    PyObject *dtype, *text = NULL;

    if (need_stack(0) < 0)
        return NULL;
    dtype = PyObject_GetAttrString(value, "dtype");
    if (dtype != NULL)
        text = PyObject_Str(dtype);
    Py_XDECREF(dtype);
    if (text == NULL && is_refusal()) {
        PyErr_Clear();
        text = PyUnicode_FromFormat("'%s'", view->format ? view->format : "B");
    }
    return text;
}

COLD static int wrong_dtype(const type_info *type, PyObject *value, const Py_buffer *view)
{
    PyObject *came = dtype_text(value, view);
    if (came != NULL)
        PyErr_Format(PyExc_TypeError, "expected an array of dtype %U, got dtype %U", type->item->name, came);
    Py_XDECREF(came);
    return -1;
}

COLD static int wrong_shape(const array_demands *demands, const Py_buffer *view)
{
    PyObject *wanted, *came;

    if (view->ndim != demands->ndim) {
        PyErr_Format(PyExc_ValueError, "expected an array of ndim %d, got ndim %d", demands->ndim, view->ndim);
        return -1;
    }
    wanted = tuple_text(demands->shape, demands->ndim, -1);
    came = tuple_text(view->shape, view->ndim, -1);
    if (wanted != NULL && came != NULL)
        PyErr_Format(PyExc_ValueError, "expected an array of shape %U, got shape %U", wanted, came);
    Py_XDECREF(wanted);
    Py_XDECREF(came);
    return -1;
}

COLD static int wrong_order(const array_demands *demands, const Py_buffer *view)
{
    const char *wanted = demands->order == 'A' ? "C or F" : demands->order == 'C' ? "C"
                                                                                  : "F";
    PyObject *strides;

    if (PyBuffer_IsContiguous(view, 'A')) {
        PyErr_Format(PyExc_ValueError, "expected an array of order %s, got order %s", wanted,
                     demands->order == 'C' ? "F" : "C");
        return -1;
    }
    strides = tuple_text(view->strides, view->ndim, PY_SSIZE_T_MAX);
    if (strides != NULL)
        PyErr_Format(PyExc_ValueError, "expected an array of order %s, got one of neither order, with strides %U",
                     wanted, strides);
    Py_XDECREF(strides);
    return -1;
}

COLD static int wrong_alignment(const array_demands *demands, const Py_buffer *view)
{
    const uintptr_t address = (uintptr_t)view->buf;
    PyErr_Format(PyExc_ValueError, "expected an array of alignment %zu, got alignment %zu", demands->alignment,
                 (size_t)(address & -address));
    return -1;
}

COLD static int is_no_array(const type_info *type, PyObject *value)
{
    int converts;

    if (need_stack(0) < 0)
        return -1;
    converts = has_attribute(value, "__array__");
    if (converts < 0)
        return -1;
    PyErr_Format(PyExc_TypeError, "expected an array of %U, got %s%s", type->item->name, Py_TYPE(value)->tp_name,
                 converts ? " (numpy.asarray() of it is one)" : "");
    return -1;
}

/* The buffer that failed. */
COLD static int is_not_exported(const type_info *type, PyObject *value)
{
    Py_buffer probe;

    if (!says_no_buffer())
        return -1;
    PyErr_Clear();
    if (PyObject_GetBuffer(value, &probe, PyBUF_FULL_RO) < 0)
        return -1;
    if (probe.readonly && !type->is_const)
        PyErr_Format(PyExc_TypeError, "expected a writable array, got a read-only %s", Py_TYPE(value)->tp_name);
    else
        PyErr_Format(PyExc_ValueError, "expected an array with strides, got %s, which has others",
                     Py_TYPE(value)->tp_name);
    PyBuffer_Release(&probe);
    return -1;
}

/* ---- the check ---- */

static inline int shape_matches(const array_demands *demands, const Py_buffer *view)
{
    int i;

    if (demands->ndim < 0)
        return 1;
    if (view->ndim != demands->ndim)
        return 0;
    for (i = 0; i < demands->ndim; ++i)
        if (demands->shape[i] >= 0 && view->shape[i] != demands->shape[i])
            return 0;
    return 1;
}

/* Unlike a plain pointer's: bytes are no other items.  1, 0; -1 raises. */
static inline int dtype_matches(const type_info *item, PyObject *value, const Py_buffer *view)
{
    if (item->kind == K_VOID)
        return !is_foreign_pointer(view);
    if (LIKELY((size_t)view->itemsize == item->size && format_matches(item, view)))
        return 1;
    return core.foreign_describes(item, value);
}

/* Export the array for as long as C may look at it, and write its address.  0; -1 raises, and `k` may keep it then
   too. */
NOINLINE static int store_checked_array(const type_info *type, void *where, PyObject *value, keeper *k)
{
    const array_demands *demands = type->demands;
    const int flags = PyBUF_FORMAT | PyBUF_STRIDES | (type->is_const ? 0 : PyBUF_WRITABLE);
    const Py_buffer *view;
    int matches;

    if (value == Py_None && demands->optional) {
        write_address(where, NULL);
        return 0;
    }
    if (UNLIKELY(!PyObject_CheckBuffer(value)))
        return is_no_array(type, value);
    if (UNLIKELY(keep_buffer(k, value, flags, &view) < 0))
        return is_not_exported(type, value);
    matches = dtype_matches(type->item, value, view);
    if (UNLIKELY(matches <= 0))
        return matches < 0 ? -1 : wrong_dtype(type, value, view);
    if (UNLIKELY(!shape_matches(demands, view)))
        return wrong_shape(demands, view);
    if (UNLIKELY(demands->order != 0 && !PyBuffer_IsContiguous(view, demands->order)))
        return wrong_order(demands, view);
    if (UNLIKELY(((uintptr_t)view->buf & (demands->alignment - 1)) != 0 && view->len > 0))
        return wrong_alignment(demands, view);
    write_address(where, view->buf);
    return 0;
}

#endif
