/* Integers <-> C.  Exact or an error. */
#ifndef FFIPY_VALUES_INTEGERS_H
#define FFIPY_VALUES_INTEGERS_H

#include <Python.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/type.h"

/* One machine digit: the case worth inlining. */
static inline int is_compact(PyObject *value)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyUnstable_Long_IsCompact((PyLongObject *)value);
#else
    Py_ssize_t size = Py_SIZE(value);
    return size >= -1 && size <= 1;
#endif
}

static inline Py_ssize_t compact_value(PyObject *value)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyUnstable_Long_CompactValue((PyLongObject *)value);
#else
    return Py_SIZE(value) * (Py_ssize_t)((PyLongObject *)value)->ob_digit[0];
#endif
}

/* Can it be an int, by its `__index__`?  NumPy 1's bool has one that warns: what stands in for it goes. */
COLD static int is_index(PyObject *value)
{
    return PyIndex_Check(value) && strcmp(Py_TYPE(value)->tp_name, "numpy.bool_") != 0;
}

/* An int object for `value`.  New; raises TypeError, or what `__index__` does. */
COLD static PyObject *as_int(const type_info *type, PyObject *value)
{
    if (PyLong_Check(value))
        return Py_NewRef(value);
    if (!is_index(value)) {
        expected(type, value);
        return NULL;
    }
    return need_stack(0) < 0 ? NULL : PyNumber_Index(value);
}

/* 0; -1 raises TypeError, OverflowError. */
COLD static int signed_from_any(const type_info *type, PyObject *value, long long min,
                                long long max, long long *out)
{
    int overflow;
    PyObject *number = as_int(type, value);
    char limits[64];

    if (number == NULL)
        return -1;
    *out = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (*out == -1 && PyErr_Occurred()) {
        Py_DECREF(number);
        return -1;
    }
    if (overflow || *out < min || *out > max) {
        snprintf(limits, sizeof limits, "%lld to %lld", min, max);
        out_of_range(type, number, limits);
        Py_DECREF(number);
        return -1;
    }
    Py_DECREF(number);
    return 0;
}

/* 0; -1 raises TypeError, OverflowError. */
COLD static int unsigned_from_any(const type_info *type, PyObject *value,
                                  unsigned long long max, unsigned long long *out)
{
    PyObject *number = as_int(type, value);
    char limits[64];
    int bad;

    if (number == NULL)
        return -1;
    *out = PyLong_AsUnsignedLongLong(number);
    bad = *out == (unsigned long long)-1 && PyErr_Occurred() != NULL;
    if (bad)
        PyErr_Clear();
    if (bad || *out > max) {
        snprintf(limits, sizeof limits, "0 to %llu", max);
        out_of_range(type, number, limits);
        Py_DECREF(number);
        return -1;
    }
    Py_DECREF(number);
    return 0;
}

static inline int get_signed(const type_info *type, PyObject *value, long long min,
                             long long max, long long *out)
{
    if (LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
        *out = compact_value(value);
        if (LIKELY(*out >= min && *out <= max))
            return 0;
    }
    return signed_from_any(type, value, min, max, out);
}

static inline int get_unsigned(const type_info *type, PyObject *value, unsigned long long max,
                               unsigned long long *out)
{
    if (LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
        Py_ssize_t small = compact_value(value);
        *out = (unsigned long long)small;
        if (LIKELY(small >= 0 && *out <= max))
            return 0;
    }
    return unsigned_from_any(type, value, max, out);
}

/* ---- 128-bit integers: two halves, so that no compiler support is needed ---- */

typedef struct {
#if PY_BIG_ENDIAN
    unsigned long long high, low;
#else
    unsigned long long low, high;
#endif
} wide_int;

/* 0; -1 raises TypeError, OverflowError. */
COLD static int store_wide(const type_info *type, PyObject *value, wide_int *out)
{
    PyObject *number = as_int(type, value), *shift, *high;
    int overflow = 0, bad;
    long long top = 0;

    if (number == NULL)
        return -1;
    out->low = PyLong_AsUnsignedLongLongMask(number);
    shift = PyLong_FromLong(64);
    high = shift ? PyNumber_Rshift(number, shift) : NULL;
    Py_XDECREF(shift);
    if (high == NULL) {
        Py_DECREF(number);
        return -1;
    }
    if (type->kind == K_S128) {
        top = PyLong_AsLongLongAndOverflow(high, &overflow);
        out->high = (unsigned long long)top;
        bad = overflow != 0;
    } else {
        out->high = PyLong_AsUnsignedLongLong(high);
        bad = PyErr_Occurred() != NULL;
        PyErr_Clear();
    }
    Py_DECREF(high);
    if (bad)
        out_of_range(type, number, type->kind == K_S128 ? "-2**127 to 2**127-1" : "0 to 2**128-1");
    Py_DECREF(number);
    return bad ? -1 : 0;
}

/* New; raises MemoryError. */
COLD static PyObject *load_wide(const type_info *type, const wide_int *in)
{
    PyObject *high, *low, *shift, *shifted = NULL, *result = NULL;

    high = type->kind == K_S128 ? PyLong_FromLongLong((long long)in->high)
                                : PyLong_FromUnsignedLongLong(in->high);
    low = PyLong_FromUnsignedLongLong(in->low);
    shift = PyLong_FromLong(64);
    if (high && low && shift)
        shifted = PyNumber_Lshift(high, shift);
    if (shifted)
        result = PyNumber_Or(shifted, low);
    Py_XDECREF(high);
    Py_XDECREF(low);
    Py_XDECREF(shift);
    Py_XDECREF(shifted);
    return result;
}

#endif
