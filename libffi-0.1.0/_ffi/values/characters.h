/* bool and characters <-> C. */
#ifndef FFIPY_VALUES_CHARACTERS_H
#define FFIPY_VALUES_CHARACTERS_H

#include <Python.h>
#include <limits.h>

#include "base/compiler.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/type.h"
#include "values/integers.h"

/* 0; -1 raises TypeError, OverflowError. */
COLD static int bool_from_any(const type_info *type, PyObject *value, unsigned char *out)
{
    unsigned long long number;
    if (!PyLong_Check(value) && !is_index(value))
        return expected(type, value);
    if (unsigned_from_any(type, value, 1, &number) < 0)
        return -1;
    *out = (unsigned char)number;
    return 0;
}

static inline int get_bool(const type_info *type, PyObject *value, unsigned char *out)
{
    if (LIKELY(PyBool_Check(value))) {
        *out = value == Py_True;
        return 0;
    }
    return bool_from_any(type, value, out);
}

/* A byte, or a number.  0; -1 raises. */
static int get_char(const type_info *type, PyObject *value, char *out)
{
    long long number;
    if (PyBytes_Check(value)) {
        if (PyBytes_GET_SIZE(value) != 1) {
            PyErr_Format(PyExc_ValueError, "expected %U (one byte), got %zd bytes", type->name,
                         PyBytes_GET_SIZE(value));
            return -1;
        }
        *out = PyBytes_AS_STRING(value)[0];
        return 0;
    }
    if (get_signed(type, value, CHAR_MIN, CHAR_MAX, &number) < 0)
        return -1;
    *out = (char)number;
    return 0;
}

/* A character, or a number.  0; -1 raises. */
static int get_code_point(const type_info *type, PyObject *value, unsigned long long max,
                          unsigned long long *out)
{
    if (PyUnicode_Check(value)) {
        if (PyUnicode_GET_LENGTH(value) != 1) {
            PyErr_Format(PyExc_ValueError, "expected %U (one character), got %zd characters",
                         type->name, PyUnicode_GET_LENGTH(value));
            return -1;
        }
        *out = PyUnicode_READ_CHAR(value, 0);
        if (*out > max) {
            if (need_stack(0) == 0)
                PyErr_Format(PyExc_OverflowError, "%R is out of range for %U", value, type->name);
            return -1;
        }
        return 0;
    }
    return get_unsigned(type, value, max, out);
}

/* New; raises ValueError. */
static PyObject *load_code_point(const type_info *type, unsigned long code)
{
    if (UNLIKELY(code > 0x10FFFF)) {
        PyErr_Format(PyExc_ValueError, "%U value 0x%lx is not a code point", type->name, code);
        return NULL;
    }
    return PyUnicode_FromOrdinal((int)code);
}

#endif
