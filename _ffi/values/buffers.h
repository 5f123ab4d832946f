/* Buffers where C wants a pointer. */
#ifndef FFIPY_VALUES_BUFFERS_H
#define FFIPY_VALUES_BUFFERS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "model/type.h"
#include "values/address.h"
#include "values/formats.h"
#include "values/keeper.h"

/* Has an exporter said why there is no such buffer? */
static int has_reason(void)
{
    return PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_ValueError);
}

/* What an exporter in C said, with what was expected; Python code's error has a traceback and stays as it is. */
COLD static void give_reason(const type_info *type, PyObject *value)
{
    PyObject *reason = take_exception();
    PyObject *traceback = PyException_GetTraceback(reason);

    if (traceback == NULL) {
        PyErr_Format(PyExc_ValueError, "expected a %sbuffer for %U, got a %s that gives none: %S",
                     type->is_const ? "" : "writable ", type->name, Py_TYPE(value)->tp_name, reason);
        Py_DECREF(reason);
    } else
        give_exception(reason);
    Py_XDECREF(traceback);
}

/* Say why the buffer that failed cannot be had.  -1, raises. */
COLD static int no_such_buffer(const type_info *type, PyObject *value)
{
    Py_buffer probe;
    if (!has_reason())
        return -1;
    PyErr_Clear();
    if (PyObject_GetBuffer(value, &probe, PyBUF_FULL_RO) < 0) {
        if (has_reason())
            give_reason(type, value);
        return -1;
    }
    if (probe.readonly && !type->is_const)
        PyErr_Format(PyExc_TypeError, "expected a writable buffer for %U, got a "
                                      "read-only %s (is the parameter const?)",
                     type->name, Py_TYPE(value)->tp_name);
    else
        PyErr_Format(PyExc_ValueError, "expected a C-contiguous buffer for %U, got a "
                                       "strided %s",
                     type->name, Py_TYPE(value)->tp_name);
    PyBuffer_Release(&probe);
    return -1;
}

/* Do its rows have the lengths that a pointer to an array says?  One dimension of items is one row, as
   memory of T[n] is; one of bytes may be the storage of any rows. */
static int rows_match(const type_info *item, const Py_buffer *view)
{
    Py_ssize_t characters = (Py_ssize_t)characters_of(item, view);      /* are one more dimension */
    int at = view->ndim + (characters > 0);
    const type_info *row;

    if (at == 0 || view->shape == NULL || (view->ndim == 1 && view->itemsize == 1))
        return 1;
    for (row = item; row->kind == K_ARRAY; row = row->item)
        --at;
    for (row = item; row->kind == K_ARRAY; row = row->item, ++at)
        if (at < 0 || (row->length != 0 && row->length != (at < view->ndim ? view->shape[at] : characters)))
            return 0;
    return 1;
}

/* 0; -1 raises: they are no `item`s, or too few. */
static int check_items(const type_info *type, const Py_buffer *view, PyObject *value)
{
    const type_info *item = type->item;
    int is_array = item->kind == K_ARRAY;

    if (UNLIKELY(is_array && !rows_match(item, view))) {
        PyErr_Format(PyExc_TypeError, "expected %U, got a buffer of rows of another length", type->name);
        return -1;
    }
    if (UNLIKELY(!format_matches(item, view))) {
        int matches = core.foreign_describes(item, value);
        if (matches == 0)
            PyErr_Format(PyExc_TypeError, "expected %U, got a buffer of items '%s'", type->name,
                         view->format ? view->format : "B");
        if (matches <= 0)
            return -1;
    }
    if (item->complete && (view->len > 0 || is_array) && (size_t)view->len < item->size) {
        PyErr_Format(PyExc_ValueError, "expected at least %zu bytes for %U, got %zd", item->size, item->name,
                     view->len);
        return -1;
    }
    return 0;
}

#endif
