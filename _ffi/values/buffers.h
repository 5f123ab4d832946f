/* Buffers where C wants a pointer, and which item formats are the type's. */
#ifndef FFIPY_VALUES_BUFFERS_H
#define FFIPY_VALUES_BUFFERS_H

#include <Python.h>
#include <string.h>

#include "base/compiler.h"
#include "model/keeper.h"
#include "model/type.h"
#include "values/address.h"
#include "values/keeper.h"
#include "values/struct_formats.h"

/* The format that buffers of these items commonly have. */
// clang-format off
static const char common_format[KIND_COUNT] = {
    [K_S16] = 'h', [K_U16] = 'H', [K_S32] = 'i', [K_U32] = 'I', [K_S64] = 'l', [K_U64] = 'L',
    [K_FLOAT] = 'f', [K_DOUBLE] = 'd',
};
// clang-format on

static int rarer_format_matches(const type_info *item, const Py_buffer *view)
{
    const char *format = view->format ? view->format : "B";
    const type_info *plain = plain_type(item);

    if (*format == '@' || *format == '=' || *format == (PY_BIG_ENDIAN ? '>' : '<'))
        ++format;
    if (item->kind == K_VOID || strcmp(format, "B") == 0 || strcmp(format, "b") == 0
        || strcmp(format, "c") == 0)
        return 1;
    while (plain->kind == K_ARRAY)
        plain = plain_type(plain->item);
    if ((size_t)view->itemsize != plain->size)
        return 0;
    switch (plain->kind) {
    case K_BOOL: return strcmp(format, "?") == 0;
    case K_S16:
    case K_S32:
    case K_S64:
    case K_S128:
        return strlen(format) == 1 && strchr("hilqn", *format) != NULL;
    case K_U16:
    case K_U32:
    case K_U64:
    case K_U128:
        return strlen(format) == 1 && strchr("HILQNP", *format) != NULL;
    case K_CHAR16:
    case K_CHAR32:
        return strlen(format) == 1 && strchr("uwHILil", *format) != NULL;
    case K_FLOAT: return strcmp(format, "f") == 0;
    case K_DOUBLE: return strcmp(format, "d") == 0;
    case K_LONGDOUBLE:
    case K_EXACT:
        return strcmp(format, "g") == 0 || (sizeof(long double) == 8 && strcmp(format, "d") == 0);
    case K_COMPLEX_FLOAT: return strcmp(format, "Zf") == 0 || strcmp(format, "F") == 0;
    case K_COMPLEX_DOUBLE: return strcmp(format, "Zd") == 0 || strcmp(format, "D") == 0;
    case K_COMPLEX_LONGDOUBLE: return strcmp(format, "Zg") == 0 || strcmp(format, "G") == 0;
    case K_POINTER:
    case K_PTR:
    case K_STRING:
    case K_BYTES:
    case K_WSTRING:
    case K_FUNCTION:
        return strlen(format) == 1 && strchr("PLQNlqn", *format) != NULL;
    case K_STRUCT: return struct_format_matches(plain, view->format ? view->format : "B");
    default: return *format == 'T' || *format == 'V' || strstr(format, "T{") != NULL
                    || plain->kind == K_UNION;
    }
}

/* An item of this buffer format, or raw bytes, where C wants `item`s? */
static inline int format_matches(const type_info *item, const Py_buffer *view)
{
    const char *format = view->format;
    if (format == NULL)
        return 1;
    if (format[0] != '\0' && format[1] == '\0'
        && (format[0] == 'B'
            || (format[0] == common_format[item->kind] && (size_t)view->itemsize == item->size)))
        return 1;
    return rarer_format_matches(item, view);
}

/* Say why the buffer that failed cannot be had.  -1, raises. */
COLD static int no_such_buffer(const type_info *type, PyObject *value)
{
    Py_buffer probe;
    if (!PyErr_ExceptionMatches(PyExc_BufferError) && !PyErr_ExceptionMatches(PyExc_ValueError))
        return -1;
    PyErr_Clear();
    if (PyObject_GetBuffer(value, &probe, PyBUF_FULL_RO) < 0)
        return -1;
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

/* ctypes' pointers, functions and c_void_p: buffers of the address, which nobody means. */
static int is_foreign_pointer(const Py_buffer *view)
{
    const char *format = view->format ? view->format : "B";
    if (view->ndim != 0)
        return 0;
    if (*format == '<' || *format == '>' || *format == '@')
        ++format;
    return *format == '&' || strcmp(format, "X{}") == 0
           || (format[0] != '\0' && format[1] == '\0' && strchr("PzZO", *format) != NULL);
}

/* Do its rows have the lengths that a pointer to an array says?  One dimension of items is one row, as
   memory of T[n] is; one of bytes may be the storage of any rows. */
static int rows_match(const type_info *item, const Py_buffer *view)
{
    const type_info *row;
    int at = view->ndim;

    if (view->ndim == 0 || view->shape == NULL || (view->ndim == 1 && view->itemsize == 1))
        return 1;
    for (row = item; row->kind == K_ARRAY; row = row->item)
        --at;
    for (row = item; row->kind == K_ARRAY; row = row->item, ++at)
        if (at < 0 || (row->length != 0 && row->length != view->shape[at]))
            return 0;
    return 1;
}

/* Export `value`'s buffer for as long as C may look at it, and write its address.  0; -1 raises,
   and `k` may keep it then too. */
static int address_of_buffer(const type_info *type, void *where, PyObject *value, keeper *k)
{
    const Py_buffer *view;
    int flags = PyBUF_FORMAT | (type->is_const ? PyBUF_CONTIG_RO : PyBUF_CONTIG);

    if (UNLIKELY(keep_buffer(k, value, flags, &view) < 0))
        return no_such_buffer(type, value);
    if (type->item != NULL && type->item->kind != K_VOID) {
        if (UNLIKELY(type->item->kind == K_ARRAY && !rows_match(type->item, view))) {
            PyErr_Format(PyExc_TypeError, "expected %U, got a buffer of rows of another length",
                         type->name);
            return -1;
        }
        if (UNLIKELY(!format_matches(type->item, view))) {
            PyErr_Format(PyExc_TypeError, "expected %U, got a buffer of items '%s'", type->name,
                         view->format ? view->format : "B");
            return -1;
        }
        if (type->item->complete && view->len > 0 && (size_t)view->len < type->item->size) {
            PyErr_Format(PyExc_ValueError, "expected at least %zu bytes for %U, got %zd",
                         type->item->size, type->item->name, view->len);
            return -1;
        }
        if (type->item->kind == K_ARRAY && (size_t)view->len < type->item->size) {
            PyErr_Format(PyExc_ValueError, "expected %zu bytes for %U, got %zd",
                         type->item->size, type->item->name, view->len);
            return -1;
        }
    }
    if (type->item != NULL && type->item->kind == K_VOID && UNLIKELY(is_foreign_pointer(view))) {
        PyErr_Format(PyExc_TypeError, "expected %U, got %s, a pointer itself (say what is meant: the address "
                                      "in it, or ctypes.addressof() of it)",
                     type->name, Py_TYPE(value)->tp_name);
        return -1;
    }
    write_address(where, view->buf);
    return 0;
}

#endif
