/* str and bytes as C strings, and C strings as text. */
#ifndef FFIPY_VALUES_TEXT_H
#define FFIPY_VALUES_TEXT_H

#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/keeper.h"
#include "model/type.h"
#include "values/address.h"
#include "values/keeper.h"

/* -1, raises ValueError. */
COLD static int embedded_nul(const type_info *type, PyObject *value)
{
    PyErr_Format(PyExc_ValueError, "embedded NUL in %s for %U (binary data goes as a buffer: "
                                   "memoryview(it))",
                 Py_TYPE(value)->tp_name, type->name);
    return -1;
}

/* A str as wchar_t, which the keeper keeps.  0; -1 raises. */
NOINLINE static int wide_string(const type_info *type, void *where, PyObject *value, keeper *k)
{
    Py_ssize_t length;
    wchar_t *text = PyUnicode_AsWideCharString(value, &length);
    PyObject *bytes;
    int status;

    if (text == NULL)
        return -1;
    if ((size_t)length != wcslen(text)) {
        PyMem_Free(text);
        return embedded_nul(type, value);
    }
    bytes = PyBytes_FromStringAndSize((char *)text, (length + 1) * (Py_ssize_t)sizeof(wchar_t));
    PyMem_Free(text);
    if (bytes == NULL)
        return -1;
    write_address(where, PyBytes_AS_STRING(bytes));
    status = keep_object(k, bytes);
    Py_DECREF(bytes);
    return status;
}

/* Is there a NUL among these bytes?  Short texts need no call. */
static inline int has_nul(const char *text, Py_ssize_t size)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t word;
    if (size > 64)
        return memchr(text, 0, (size_t)size) != NULL;
    if (size < 8) {
        while (size > 0)
            if (text[--size] == '\0')
                return 1;
        return 0;
    }
    for (; size > 8; text += 8, size -= 8) {
        memcpy(&word, text, 8);
        if ((word - ones) & ~word & tops)
            return 1;
    }
    memcpy(&word, text + size - 8, 8);      /* the last eight, some of them again */
    return ((word - ones) & ~word & tops) != 0;
}

/* The UTF-8 of a str, in which lone surrogates are the bytes they stand for, and *size.  It is part of the
   str, or of *made (new).  NULL with an error. */
static const char *utf8_of(PyObject *text, Py_ssize_t *size, PyObject **made)
{
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, size);

    *made = NULL;
    if (LIKELY(utf8 != NULL) || !PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return utf8;
    PyErr_Clear();
    *made = PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape");
    if (*made == NULL)
        return NULL;
    *size = PyBytes_GET_SIZE(*made);
    return PyBytes_AS_STRING(*made);
}

/* Characters that C only reads: text goes there as it is. */
static inline int takes_text(const type_info *type)
{
    return type->kind == K_STRING
           || (type->kind == K_PTR && type->is_const && type->item->kind == K_CHAR);
}

/* Any other str than those of ASCII.  0; -1 raises. */
NOINLINE static int other_string(const type_info *type, void *where, PyObject *value, keeper *k)
{
    PyObject *made;
    Py_ssize_t size;
    const char *text = utf8_of(value, &size, &made);
    int status = 0;

    if (text == NULL)
        return -1;
    if (UNLIKELY(has_nul(text, size))) {
        Py_XDECREF(made);
        return embedded_nul(type, value);
    }
    write_address(where, text);
    if (made != NULL || !k->borrowed)
        status = keep_object(k, made != NULL ? made : value);
    Py_XDECREF(made);
    return status;
}

/* A str as UTF-8, its own or one that the keeper keeps.  0; -1 raises. */
NOINLINE static int narrow_string(const type_info *type, void *where, PyObject *value, keeper *k)
{
    const char *text;

    if (UNLIKELY(!PyUnicode_IS_COMPACT_ASCII(value)))
        return other_string(type, where, value, k);
    text = PyUnicode_DATA(value);
    if (UNLIKELY(has_nul(text, PyUnicode_GET_LENGTH(value))))
        return embedded_nul(type, value);
    write_address(where, text);
    return k->borrowed ? 0 : keep_object(k, value);
}

/* The text of a plain str or bytes that C may have as it is; NULL: it is another, or has a NUL.  Borrowed. */
static ALWAYS_INLINE const char *plain_text(const type_info *type, PyObject *value)
{
    const char *text;
    Py_ssize_t size;

    if (PyUnicode_CheckExact(value) && PyUnicode_IS_COMPACT_ASCII(value) && type->kind == K_STRING) {
        text = PyUnicode_DATA(value);
        size = PyUnicode_GET_LENGTH(value);
    } else if (PyBytes_CheckExact(value)) {
        text = PyBytes_AS_STRING(value);
        size = PyBytes_GET_SIZE(value);
    } else {
        return NULL;
    }
    return LIKELY(!has_nul(text, size)) ? text : NULL;
}

/* os.PathLike: a name of a file, which is text.  1, 0; -1 raises. */
static inline int is_path(PyObject *value)
{
    return need_stack(0) < 0 ? -1 : has_attribute((PyObject *)Py_TYPE(value), "__fspath__");
}

/* The str or bytes of a path; bytes for c.bytes.  New; raises. */
COLD static PyObject *path_text(const type_info *type, PyObject *value)
{
    PyObject *text = need_stack(0) < 0 ? NULL : PyOS_FSPath(value);

    if (text != NULL && type->kind == K_BYTES && PyUnicode_Check(text))
        Py_SETREF(text, PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape"));
    return text;
}

/* -1, raises TypeError. */
COLD static int no_text(const type_info *type, PyObject *value)
{
    int writes = type->kind == K_PTR && !type->is_const;
    if (type->kind == K_FUNCTION
        || (type->kind == K_PTR && type->item->kind != K_VOID && !is_character_kind(type->item->kind)))
        return expected(type, value);
    PyErr_Format(PyExc_TypeError, "expected %U, got str (c.string takes it; or pass %s)", type->name,
                 writes ? "a bytearray" : "bytes");
    return -1;
}

/* New, None for NULL; raises UnicodeDecodeError, MemoryError. */
static PyObject *load_text(const type_info *type, const void *where)
{
    const void *address = read_address(where);
    if (address == NULL)
        return Py_NewRef(Py_None);
    switch (type->kind) {
    case K_STRING:
        return PyUnicode_DecodeUTF8(address, (Py_ssize_t)strlen(address), "surrogateescape");
    case K_BYTES:
        return PyBytes_FromString(address);
    default:
        return PyUnicode_FromWideChar(address, -1);
    }
}

#endif
