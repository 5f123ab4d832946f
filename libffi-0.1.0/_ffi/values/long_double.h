/* long double <-> Python, losing no digits: Decimal through C's own conversions, which
   are correctly rounded; NumPy's longdouble through its buffer. */
#ifndef FFIPY_VALUES_LONG_DOUBLE_H
#define FFIPY_VALUES_LONG_DOUBLE_H

#include <Python.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/type.h"
#include "values/floats.h"

/* Where it is a double, Python's own conversions do: a C library may have another type in mind (MinGW's has 80 bits),
   and Wine's crashes for so many digits. */
#if LDBL_MANT_DIG == DBL_MANT_DIG
static long double parse_long_double(const char *text, char **end)
{
    double number = PyOS_string_to_double(text, end, NULL);
    if (PyErr_Occurred()) {         /* ValueError: nothing of it is a number */
        PyErr_Clear();
        *end = (char *)text;
    }
    return number;
}

/* New; raises. */
static PyObject *exact_digits(const long double *in)
{
    return PyFloat_FromDouble((double)*in);
}
#else
#include "base/os/c_locale.h"

static long double parse_long_double(const char *text, char **end)
{
    c_locale locale = enter_c_locale();
    long double number = strtold(text, end);
    leave_c_locale(locale);
    return number;
}

/* Every binary fraction ends in decimal; enough digits for the smallest one.  New; raises. */
static PyObject *exact_digits(const long double *in)
{
    enum { DIGITS = LDBL_MANT_DIG - LDBL_MIN_EXP + 32 };
    char *text, *exponent, *end;
    c_locale locale;
    PyObject *result;

    text = PyMem_Malloc(DIGITS + 32);
    if (text == NULL)
        return PyErr_NoMemory();
    locale = enter_c_locale();
    snprintf(text, DIGITS + 32, "%.*Le", DIGITS, *in);
    leave_c_locale(locale);
    exponent = strchr(text, 'e');
    if (exponent != NULL) {             /* drop the zeros the fraction ends in */
        end = exponent;
        while (end[-1] == '0')
            --end;
        if (end[-1] == '.')
            --end;
        memmove(end, exponent, strlen(exponent) + 1);
    }
    result = PyUnicode_FromString(text);
    PyMem_Free(text);
    return result;
}
#endif

/* MinGW's isinf() has 80 bits in mind. */
static inline int is_infinite(long double number)
{
    return number > LDBL_MAX || number < -LDBL_MAX;
}

/* From the digits that str() gives.  0; -1 raises ValueError, OverflowError. */
COLD static int long_double_from_text(const type_info *type, PyObject *value, long double *out)
{
    PyObject *text = need_stack(0) < 0 ? NULL : PyObject_Str(value);
    const char *utf8 = text ? PyUnicode_AsUTF8(text) : NULL;
    char *end;
    if (utf8 == NULL) {
        Py_XDECREF(text);
        return -1;
    }
    *out = parse_long_double(utf8, &end);
    if (*end != '\0') {             /* a NaN that signals, or says more */
        Py_DECREF(text);
        PyErr_Format(PyExc_ValueError, "%S is no %U", value, type->name);
        return -1;
    }
    /* "Infinity" is meant; digits that end up infinite are not. */
    if (is_infinite(*out) && strpbrk(utf8, "0123456789") != NULL) {
        Py_DECREF(text);
        return out_of_range(type, value, NULL);
    }
    Py_DECREF(text);
    return 0;
}

static int is_decimal(const PyTypeObject *class)
{
    while (class != NULL && strcmp(class->tp_name, "decimal.Decimal") != 0)
        class = class->tp_base;
    return class != NULL;
}

/* 0; -1 raises TypeError, OverflowError, or what the number's own methods do. */
COLD static int long_double_from_any(const type_info *type, PyObject *value, long double *out)
{
    double number;
    int overflow;
    long long small;

    if (PyLong_Check(value)) {
        small = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (small == -1 && PyErr_Occurred())
            return -1;
        if (overflow)
            return long_double_from_text(type, value, out);
        *out = (long double)small;
        return 0;
    }
    if (!PyFloat_Check(value) && PyObject_CheckBuffer(value)) {
        Py_buffer view;
        if (need_stack(0) < 0)
            return -1;
        if (PyObject_GetBuffer(value, &view, PyBUF_FORMAT) == 0) {
            int same = view.ndim == 0 && view.len == (Py_ssize_t)sizeof(long double)
                       && view.format != NULL && strcmp(view.format, "g") == 0;
            if (same)
                memcpy(out, view.buf, sizeof(long double));
            PyBuffer_Release(&view);
            if (same)
                return 0;
        } else if (!says_no_buffer()) {
            return -1;
        }
        PyErr_Clear();
    }
    if (is_decimal(Py_TYPE(value)))
        return long_double_from_text(type, value, out);
    if (double_from_any(type, value, &number) < 0)
        return -1;
    *out = (long double)number;
    return 0;
}

static inline int get_long_double(const type_info *type, PyObject *value, long double *out)
{
    if (LIKELY(PyFloat_CheckExact(value))) {
        *out = (long double)PyFloat_AS_DOUBLE(value);
        return 0;
    }
    return long_double_from_any(type, value, out);
}

/* New; raises. */
COLD static PyObject *load_exact(const long double *in)
{
    PyObject *digits = exact_digits(in), *result = digits ? core.exact_number(digits) : NULL;
    Py_XDECREF(digits);
    return result;
}

#endif
