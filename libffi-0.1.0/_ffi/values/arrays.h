/* Arrays and vectors from text and buffers. */
#ifndef FFIPY_VALUES_ARRAYS_H
#define FFIPY_VALUES_ARRAYS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "model/errors.h"
#include "model/type.h"
#include "values/buffers.h"
#include "values/text.h"

/* Bytes, and zeros behind them.  0; -1 raises ValueError. */
static int store_characters(const type_info *type, char *where, const char *text, size_t size)
{
    if (size > type->size) {
        PyErr_Format(PyExc_ValueError, "%zu bytes do not fit %U", size, type->name);
        return -1;
    }
    memcpy(where, text, size);
    memset(where + size, 0, type->size - size);
    return 0;
}

/* A str as UTF-16 or UTF-32, and zeros behind it.  0; -1 raises ValueError. */
static int store_wide_characters(const type_info *type, char *where, PyObject *text)
{
    size_t size = type->item->size;
    Py_ssize_t i, n = PyUnicode_GET_LENGTH(text), used = 0;

    memset(where, 0, type->size);
    for (i = 0; i < n; ++i) {
        Py_UCS4 code = PyUnicode_READ_CHAR(text, i);
        int pair = size == 2 && code > 0xFFFF;
        if (used + 1 + pair > type->length) {
            PyErr_Format(PyExc_ValueError, "%zd characters do not fit %U", n, type->name);
            return -1;
        }
        if (size == 4) {
            memcpy(where + used * 4, &code, 4);
        } else {
            uint16_t unit = (uint16_t)(pair ? 0xD7C0 + (code >> 10) : code);
            memcpy(where + used * 2, &unit, 2);
            if (pair) {
                unit = (uint16_t)(0xDC00 + (code & 0x3FF));
                memcpy(where + used * 2 + 2, &unit, 2);
            }
        }
        used += 1 + pair;
    }
    return 0;
}

/* Text of any sort as an array of characters.  0; 1: it is none; -1 raises. */
static int store_array_text(const type_info *type, char *where, PyObject *value)
{
    const type_info *item = type->item;
    PyObject *made;
    const char *text;
    Py_ssize_t size;
    int status;

    if (item->kind == K_CHAR && PyBytes_Check(value))
        return store_characters(type, where, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
    if (item->kind == K_CHAR && PyUnicode_Check(value)) {
        text = utf8_of(value, &size, &made);
        status = text == NULL ? -1 : store_characters(type, where, text, size);
        Py_XDECREF(made);
        return status;
    }
    if (item->kind == K_CHAR && (status = is_path(value)) != 0) {
        made = status < 0 ? NULL : path_text(type, value);
        status = made == NULL ? -1 : store_array_text(type, where, made);
        Py_XDECREF(made);
        return status;
    }
    if ((item->kind == K_CHAR32 || item->kind == K_CHAR16) && PyUnicode_Check(value))
        return store_wide_characters(type, where, value);
    return 1;
}

/* As C initialises: what is left out at the end is zero.  A vector has all its lanes.  0; -1
   raises ValueError. */
static int fits_array(const type_info *type, Py_ssize_t given)
{
    if (given == type->length || (given < type->length && type->kind == K_ARRAY))
        return 0;
    PyErr_Format(PyExc_ValueError, "expected %U (%zd items), got %zd%s", type->name, type->length, given,
                 type->length ? "" : " (a flexible array is where its struct has room: T.at(bytearray(size)))");
    return -1;
}

/* The items of one dimension in a row, which may lie in the same storage.  0; -1 raises MemoryError. */
static int copy_row(char *where, const Py_buffer *view)
{
    char *copy;
    int status;

    if (LIKELY(PyBuffer_IsContiguous(view, 'C'))) {
        memmove(where, view->buf, (size_t)view->len);
        return 0;
    }
    copy = PyMem_Malloc((size_t)view->len);
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    status = PyBuffer_ToContiguous(copy, view, view->len, 'C');
    if (status == 0)
        memcpy(where, copy, (size_t)view->len);
    PyMem_Free(copy);
    return status;
}

/* The same items in C order: no need to look at each.  0; 1: there is; -1 raises. */
static int store_array_buffer(const type_info *type, char *where, PyObject *value)
{
    type_kind kind = plain_type(type->item)->kind;
    Py_buffer view;
    int status = 1;

    if (PyObject_GetBuffer(value, &view, PyBUF_FORMAT | PyBUF_STRIDES) < 0) {
        if (!says_no_buffer())
            return -1;
        PyErr_Clear();
        return 1;
    }
    if ((size_t)view.itemsize == type->item->size && format_matches(type->item, &view)
        && !is_address_kind(kind) && !is_aggregate_kind(kind) && kind != K_BOOL && view.ndim == 1) {
        status = fits_array(type, view.len / view.itemsize);
        if (status == 0)
            status = copy_row(where, &view);
        if (status == 0)
            memset(where + view.len, 0, type->size - (size_t)view.len);
    }
    PyBuffer_Release(&view);
    return status;
}

#endif
