/* Floats and complex numbers <-> C. */
#ifndef FFIPY_VALUES_FLOATS_H
#define FFIPY_VALUES_FLOATS_H

#include <Python.h>
#include <math.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/type.h"
#include "values/formats.h"
#include "values/integers.h"

/* Complex, though it makes itself a float by leaving a part out: NumPy's?  1, 0; -1 raises. */
COLD static int is_complex_buffer(PyObject *value)
{
    Py_buffer view;
    int is_complex = PyObject_CheckBuffer(value) ? has_attribute((PyObject *)Py_TYPE(value), "__complex__") : 0;

    if (is_complex <= 0)
        return is_complex;
    if (PyObject_GetBuffer(value, &view, PyBUF_FULL_RO) < 0) {
        if (!is_refusal())
            return -1;
        PyErr_Clear();
        return 0;
    }
    is_complex = format_sort(&view) == 'z';
    PyBuffer_Release(&view);
    return is_complex;
}

/* A float, an int, or what can make itself one.  0; -1 raises TypeError, OverflowError. */
COLD static int double_from_any(const type_info *type, PyObject *value, double *out)
{
    int is_complex;

    if (!PyFloat_Check(value) && !PyLong_Check(value)
        && (PyComplex_Check(value) || Py_TYPE(value)->tp_as_number == NULL
            || (Py_TYPE(value)->tp_as_number->nb_float == NULL && !PyIndex_Check(value))))
        return expected(type, value);
    if (need_stack(0) < 0)
        return -1;
    is_complex = is_complex_buffer(value);
    if (is_complex != 0)
        return is_complex < 0 ? -1 : expected(type, value);
    *out = PyFloat_AsDouble(value);
    if (*out == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError) && PyLong_Check(value)) {
            PyErr_Clear();
            return out_of_range(type, value, NULL);
        }
        return -1;
    }
    return 0;
}

static inline int get_double(const type_info *type, PyObject *value, double *out)
{
    if (LIKELY(PyFloat_CheckExact(value))) {
        *out = PyFloat_AS_DOUBLE(value);
        return 0;
    }
    if (LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
        *out = (double)compact_value(value);
        return 0;
    }
    return double_from_any(type, value, out);
}

/* A NaN's payload survives only if no arithmetic conversion touches a signalling one;
   for the rest the hardware conversion is exact or correctly rounded. */
static inline int narrow_to_float(const type_info *type, PyObject *value, double wide, float *out)
{
    *out = (float)wide;
    if (UNLIKELY(isinf(*out) && !isinf(wide)))
        return out_of_range(type, value, NULL);
    return 0;
}

static inline int get_float(const type_info *type, PyObject *value, float *out)
{
    double wide;
    if (UNLIKELY(get_double(type, value, &wide) < 0))
        return -1;
    return narrow_to_float(type, value, wide, out);
}

/* 0; -1 raises TypeError, OverflowError. */
COLD static int get_complex(const type_info *type, PyObject *value, Py_complex *out)
{
    if (need_stack(0) < 0)
        return -1;
    if (!PyComplex_Check(value) && !PyFloat_Check(value) && !PyLong_Check(value) && !PyIndex_Check(value)
        && (Py_TYPE(value)->tp_as_number == NULL
            || Py_TYPE(value)->tp_as_number->nb_float == NULL)) {
        int is_complex = has_attribute((PyObject *)Py_TYPE(value), "__complex__");
        if (is_complex <= 0)
            return is_complex < 0 ? -1 : expected(type, value);
    }
    *out = PyComplex_AsCComplex(value);
    return out->real == -1.0 && PyErr_Occurred() ? -1 : 0;
}

#endif
