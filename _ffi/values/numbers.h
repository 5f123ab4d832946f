/* Integers, floats, complex numbers, characters <-> C.  Exact or an error. */
#ifndef FFIPY_NUMBERS_H
#define FFIPY_NUMBERS_H

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

/* An int object for `value` (new reference), or NULL with TypeError. */
COLD static PyObject *as_int(const type_info *type, PyObject *value)
{
    if (PyLong_Check(value))
        return Py_NewRef(value);
    if (!PyIndex_Check(value)) {
        expected(type, value);
        return NULL;
    }
    return need_stack(0) < 0 ? NULL : PyNumber_Index(value);
}

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

/* ---- floats ---- */

COLD static int double_from_any(const type_info *type, PyObject *value, double *out)
{
    if (!PyFloat_Check(value) && !PyLong_Check(value)
        && (PyComplex_Check(value) || Py_TYPE(value)->tp_as_number == NULL
            || (Py_TYPE(value)->tp_as_number->nb_float == NULL && !PyIndex_Check(value))))
        return expected(type, value);
    if (need_stack(0) < 0)
        return -1;
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

COLD static int get_complex(const type_info *type, PyObject *value, Py_complex *out)
{
    if (!PyComplex_Check(value) && !PyFloat_Check(value) && !PyLong_Check(value)
        && !PyIndex_Check(value) && !PyObject_HasAttrString(value, "__complex__")
        && (Py_TYPE(value)->tp_as_number == NULL
            || Py_TYPE(value)->tp_as_number->nb_float == NULL))
        return expected(type, value);
    *out = PyComplex_AsCComplex(value);
    return out->real == -1.0 && PyErr_Occurred() ? -1 : 0;
}

/* ---- bool and characters ---- */

COLD static int bool_from_any(const type_info *type, PyObject *value, unsigned char *out)
{
    unsigned long long number;
    if (!PyLong_Check(value) && !PyIndex_Check(value))
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
            PyErr_Format(PyExc_OverflowError, "%R is out of range for %U", value, type->name);
            return -1;
        }
        return 0;
    }
    return get_unsigned(type, value, max, out);
}

static PyObject *load_code_point(const type_info *type, unsigned long code)
{
    if (UNLIKELY(code > 0x10FFFF)) {
        PyErr_Format(PyExc_ValueError, "%U value 0x%lx is not a code point", type->name, code);
        return NULL;
    }
    return PyUnicode_FromOrdinal((int)code);
}

#endif
