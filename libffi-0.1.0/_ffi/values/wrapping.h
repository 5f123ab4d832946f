/* C's own conversions, for c.wrap(T): what the rule of T refuses as not exact. */
#ifndef FFIPY_VALUES_WRAPPING_H
#define FFIPY_VALUES_WRAPPING_H

#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "model/errors.h"
#include "model/type.h"
#include "values/characters.h"
#include "values/floats.h"
#include "values/integers.h"
#include "values/long_double.h"

/* ---- to integers ---- */

/* The bits of an int, modulo 2**128.  0; -1 raises MemoryError. */
COLD static int wrap_large_int(PyObject *number, wide_int *bits)
{
    PyObject *shift = PyLong_FromLong(64), *high = shift ? PyNumber_Rshift(number, shift) : NULL;

    bits->low = PyLong_AsUnsignedLongLongMask(number);
    bits->high = high ? PyLong_AsUnsignedLongLongMask(high) : 0;
    Py_XDECREF(shift);
    Py_XDECREF(high);
    return high ? 0 : -1;
}

/* What an integer type is made of: the bits of an int; or of a float its whole part (*whole, new), which C only
   defines to be what it is where that fits.  0; -1 raises. */
static int wrap_integer(const type_info *type, PyObject *value, wide_int *bits, PyObject **whole)
{
    PyObject *number;
    double wide;
    int status;

    if (LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
        bits->low = (unsigned long long)compact_value(value);
        bits->high = compact_value(value) < 0 ? ~0ULL : 0;
        return 0;
    }
    if (!PyLong_Check(value) && !is_index(value)) {
        if (double_from_any(type, value, &wide) < 0)
            return -1;
        *whole = PyLong_FromDouble(wide);
        return *whole ? 0 : -1;
    }
    number = as_int(type, value);
    if (number == NULL)
        return -1;
    status = wrap_large_int(number, bits);
    Py_DECREF(number);
    return status;
}

/* 0; -1 raises. */
static int wrap_to_bool(const type_info *type, void *where, PyObject *value)
{
    PyObject *number = NULL;
    double wide;
    int truth;

    if (PyLong_Check(value) || is_index(value)) {
        number = as_int(type, value);
        truth = number ? PyObject_IsTrue(number) : -1;
        Py_XDECREF(number);
    } else {
        truth = double_from_any(type, value, &wide) < 0 ? -1 : wide != 0.0;
    }
    if (truth >= 0)
        *(unsigned char *)where = (unsigned char)truth;
    return truth < 0 ? -1 : 0;
}

static void store_low_bits(void *where, size_t size, const wide_int *bits)
{
    uint8_t one = (uint8_t)bits->low;
    uint16_t two = (uint16_t)bits->low;
    uint32_t four = (uint32_t)bits->low;

    switch (size) {
    case 1: memcpy(where, &one, size); return;
    case 2: memcpy(where, &two, size); return;
    case 4: memcpy(where, &four, size); return;
    case 8: memcpy(where, &bits->low, size); return;
    default: memcpy(where, bits, size); return;
    }
}

/* ---- to floating-point numbers: infinite where they are too large ---- */

/* 0; -1 raises. */
static int wrap_to_double(const type_info *type, PyObject *value, double *out)
{
    PyObject *number;
    int overflow = 0;

    if (LIKELY(get_double(type, value, out) == 0))
        return 0;
    if (!PyErr_ExceptionMatches(PyExc_OverflowError) || PyFloat_Check(value))
        return -1;
    PyErr_Clear();
    number = as_int(type, value);
    if (number == NULL)
        return -1;
    (void)PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    *out = overflow < 0 ? -HUGE_VAL : HUGE_VAL;
    return 0;
}

/* One that is larger than a long long, whose nearest double is `wide`: of its highest bits the last one stands for all
   below it.  strtof() rounds twice in some C libraries.  0; -1 raises. */
COLD static int large_int_to_float(PyObject *value, double wide, float *out)
{
    const PyNumberMethods *ints = PyLong_Type.tp_as_number;
    PyObject *shift, *high = NULL, *back = NULL, *same = NULL;
    int exponent;

    frexp(wide, &exponent);
    exponent -= 62;
    shift = PyLong_FromLong(exponent);
    if (shift != NULL && (high = ints->nb_rshift(value, shift)) != NULL
        && (back = ints->nb_lshift(high, shift)) != NULL)
        same = PyLong_Type.tp_richcompare(back, value, Py_EQ);
    if (same != NULL)
        *out = ldexpf((float)(PyLong_AsLongLong(high) | (same == Py_False)), exponent);
    Py_XDECREF(shift);
    Py_XDECREF(high);
    Py_XDECREF(back);
    Py_XDECREF(same);
    return same == NULL ? -1 : 0;
}

/* An int is rounded once, to a float, and not first to a double.  0; -1 raises. */
static int wrap_to_float(const type_info *type, PyObject *value, float *out)
{
    double wide;
    int overflow;
    long long small;

    if (wrap_to_double(type, value, &wide) < 0)
        return -1;
    *out = (float)wide;
    if (!PyLong_Check(value) || isinf(wide))
        return 0;
    small = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0)
        return large_int_to_float(value, wide, out);
    *out = (float)small;
    return 0;
}

/* 0; -1 raises. */
static int wrap_to_long_double(const type_info *type, PyObject *value, long double *out)
{
    *out = 0;
    if (get_long_double(type, value, out) == 0)
        return 0;
    if (!is_infinite(*out) || !PyErr_ExceptionMatches(PyExc_OverflowError))
        return -1;
    PyErr_Clear();
    return 0;
}

/* 0; -1 raises. */
static int wrap_to_complex(const type_info *type, PyObject *value, Py_complex *out)
{
    out->imag = 0;
    return PyLong_Check(value) ? wrap_to_double(type, value, &out->real) : get_complex(type, value, out);
}

/* ---- every number ---- */

/* Convert `value` to a number of `type` at `where`, as C does.  0; -1 raises.  Where *whole (new) is set, nothing is
   stored: that is what is to be. */
static int store_wrapped(const type_info *type, void *where, PyObject *value, PyObject **whole)
{
    wide_int bits;
    Py_complex number;

    switch (type->kind) {
        // clang-format off
#define WRAP(ctype, function) \
    { ctype wrapped_; if (function(type, value, &wrapped_) < 0) return -1; \
      memcpy(where, &wrapped_, sizeof wrapped_); return 0; }
#define WRAP_COMPLEX(ctype) \
    { ctype parts_[2]; if (wrap_to_complex(type, value, &number) < 0) return -1; \
      parts_[0] = (ctype)number.real; parts_[1] = (ctype)number.imag; \
      memcpy(where, parts_, sizeof parts_); return 0; }
    case K_BOOL:       return wrap_to_bool(type, where, value);
    case K_FLOAT:      WRAP(float, wrap_to_float)
    case K_DOUBLE:     WRAP(double, wrap_to_double)
    case K_LONGDOUBLE:
    case K_EXACT:      WRAP(long double, wrap_to_long_double)
    case K_COMPLEX_FLOAT:      WRAP_COMPLEX(float)
    case K_COMPLEX_DOUBLE:     WRAP_COMPLEX(double)
    case K_COMPLEX_LONGDOUBLE: WRAP_COMPLEX(long double)
#undef WRAP
#undef WRAP_COMPLEX
        // clang-format on
    case K_CHAR:
    case K_CHAR16:
    case K_CHAR32:
        if (PyBytes_Check(value) || PyUnicode_Check(value)) {
            *whole = Py_NewRef(value);          /* a character is exact */
            return 0;
        }
        break;
    default:
        break;
    }
    if (wrap_integer(type, value, &bits, whole) < 0)
        return -1;
    if (*whole == NULL)
        store_low_bits(where, type->size, &bits);
    return 0;
}

#endif
