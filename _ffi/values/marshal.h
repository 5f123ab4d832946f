/* Python value <-> C bytes, by the rule of a type.  Everything that converts goes
   through these two functions; the call and callback paths only inline their commonest
   cases. */
#ifndef FFIPY_MARSHAL_H
#define FFIPY_MARSHAL_H

#include "model/errors.h"
#include "values/numbers.h"
#include "values/longdouble.h"
#include "values/keeper.h"
#include "values/pointers.h"
#include "values/memory.h"

static int store_value(const type_info *type, void *where, PyObject *value, keeper *k);
static PyObject *load_value(const type_info *type, const void *where, MemoryObject *root);

#include "values/aggregates.h"

#define STORE_SIGNED(ctype, min, max) do { \
        long long number_; ctype narrow_; \
        if (UNLIKELY(get_signed(type, value, min, max, &number_) < 0)) goto failed; \
        narrow_ = (ctype)number_; memcpy(where, &narrow_, sizeof narrow_); return 0; \
    } while (0)
#define STORE_UNSIGNED(ctype, max) do { \
        unsigned long long number_; ctype narrow_; \
        if (UNLIKELY(get_unsigned(type, value, max, &number_) < 0)) goto failed; \
        narrow_ = (ctype)number_; memcpy(where, &narrow_, sizeof narrow_); return 0; \
    } while (0)
#define STORE_WITH(ctype, getter) do { \
        ctype converted_; \
        if (UNLIKELY(getter(type, value, &converted_) < 0)) goto failed; \
        memcpy(where, &converted_, sizeof converted_); return 0; \
    } while (0)
#define STORE_COMPLEX(ctype) do { \
        Py_complex number_; ctype parts_[2]; \
        if (get_complex(type, value, &number_) < 0) goto failed; \
        parts_[0] = (ctype)number_.real; parts_[1] = (ctype)number_.imag; \
        memcpy(where, parts_, sizeof parts_); return 0; \
    } while (0)

/* Convert `value` to a C `type` at `where` (any alignment). */
static int store_value(const type_info *type, void *where, PyObject *value, keeper *k)
{
    switch (type->kind) {
    case K_BOOL:     STORE_WITH(unsigned char, get_bool);
    case K_CHAR:     STORE_WITH(char, get_char);
    case K_S8:       STORE_SIGNED(int8_t, INT8_MIN, INT8_MAX);
    case K_U8:       STORE_UNSIGNED(uint8_t, UINT8_MAX);
    case K_S16:      STORE_SIGNED(int16_t, INT16_MIN, INT16_MAX);
    case K_U16:      STORE_UNSIGNED(uint16_t, UINT16_MAX);
    case K_S32:      STORE_SIGNED(int32_t, INT32_MIN, INT32_MAX);
    case K_U32:      STORE_UNSIGNED(uint32_t, UINT32_MAX);
    case K_S64:      STORE_SIGNED(int64_t, INT64_MIN, INT64_MAX);
    case K_U64:      STORE_UNSIGNED(uint64_t, UINT64_MAX);
    case K_S128:
    case K_U128:     STORE_WITH(wide_int, store_wide);
    case K_FLOAT:    STORE_WITH(float, get_float);
    case K_DOUBLE:   STORE_WITH(double, get_double);
    case K_LONGDOUBLE:
    case K_EXACT:    STORE_WITH(long double, get_long_double);
    case K_COMPLEX_FLOAT: {
        Py_complex number;
        float parts[2];
        if (get_complex(type, value, &number) < 0
            || narrow_to_float(type, value, number.real, &parts[0]) < 0
            || narrow_to_float(type, value, number.imag, &parts[1]) < 0)
            goto failed;
        memcpy(where, parts, sizeof parts);
        return 0;
    }
    case K_COMPLEX_DOUBLE:     STORE_COMPLEX(double);
    case K_COMPLEX_LONGDOUBLE: STORE_COMPLEX(long double);
    case K_CHAR16: case K_CHAR32: {
        unsigned long long code;
        uint16_t narrow;
        uint32_t wide;
        if (get_code_point(type, value, type->kind == K_CHAR16 ? 0xFFFF : 0x10FFFF, &code) < 0)
            goto failed;
        narrow = (uint16_t)code;
        wide = (uint32_t)code;
        if (type->kind == K_CHAR16)
            memcpy(where, &narrow, sizeof narrow);
        else
            memcpy(where, &wide, sizeof wide);
        return 0;
    }
    case K_POINTER: case K_PTR: case K_STRING: case K_BYTES: case K_WSTRING: case K_FUNCTION:
        if (UNLIKELY(store_pointer(type, where, value, k) < 0))
            goto failed;
        return 0;
    case K_ENUM:
        if (UNLIKELY(!PyLong_Check(value) && !Value_Check(value)))
            return expected(type, value);
        return store_value(type->item, where, value, k);
    case K_STRUCT: case K_UNION:
        return store_struct(type, where, value, k);
    case K_ARRAY: case K_VECTOR:
        return store_array(type, where, value, k);
    default:
        PyErr_Format(PyExc_TypeError, "%U has no value", type->name);
        return -1;
    }
failed:
    /* A typed value stands for the value it holds. */
    if (Value_Check(value) && !is_typed_number(type, value)) {
        PyErr_Clear();
        return store_value(type, where, ((ValueObject *)value)->value, k);
    }
    return -1;
}

/* The same; an error says where: `format` takes `name` (%U) and `index` (%zd). */
static int store_placed(const type_info *type, void *where, PyObject *value, keeper *k,
                        const char *format, PyObject *name, Py_ssize_t index)
{
    int status = store_value(type, where, value, k);
    if (UNLIKELY(status < 0))
        add_place(PyUnicode_FromFormat(format, name, index));
    return status;
}

#define LOAD(ctype) ctype number; memcpy(&number, where, sizeof number)

/* The Python value of the `type` at `where` (any alignment), which lies in `root`'s
   storage, or (NULL) will be gone soon. */
static PyObject *load_value(const type_info *type, const void *where, MemoryObject *root)
{
    switch (type->kind) {
    case K_VOID:   Py_RETURN_NONE;
    case K_BOOL:   return PyBool_FromLong(*(const unsigned char *)where != 0);
    case K_CHAR:   return PyBytes_FromStringAndSize(where, 1);
    case K_S8:     return PyLong_FromLong(*(const int8_t *)where);
    case K_U8:     return PyLong_FromLong(*(const uint8_t *)where);
    case K_S16:    { LOAD(int16_t); return PyLong_FromLong(number); }
    case K_U16:    { LOAD(uint16_t); return PyLong_FromLong(number); }
    case K_S32:    { LOAD(int32_t); return PyLong_FromLong(number); }
    case K_U32:    { LOAD(uint32_t); return PyLong_FromUnsignedLong(number); }
    case K_S64:    { LOAD(int64_t); return PyLong_FromLongLong(number); }
    case K_U64:    { LOAD(uint64_t); return PyLong_FromUnsignedLongLong(number); }
    case K_S128:
    case K_U128:   { LOAD(wide_int); return load_wide(type, &number); }
    case K_CHAR16: { LOAD(uint16_t); return load_code_point(type, number); }
    case K_CHAR32: { LOAD(uint32_t); return load_code_point(type, number); }
    case K_FLOAT:  { LOAD(float); return PyFloat_FromDouble((double)number); }
    case K_DOUBLE: { LOAD(double); return PyFloat_FromDouble(number); }
    case K_LONGDOUBLE: { LOAD(long double); return PyFloat_FromDouble((double)number); }
    case K_EXACT:  { LOAD(long double); return load_exact(&number); }
    case K_COMPLEX_FLOAT: {
        float parts[2];
        memcpy(parts, where, sizeof parts);
        return PyComplex_FromDoubles((double)parts[0], (double)parts[1]);
    }
    case K_COMPLEX_DOUBLE: {
        double parts[2];
        memcpy(parts, where, sizeof parts);
        return PyComplex_FromDoubles(parts[0], parts[1]);
    }
    case K_COMPLEX_LONGDOUBLE: {
        long double parts[2];
        memcpy(parts, where, sizeof parts);
        return PyComplex_FromDoubles((double)parts[0], (double)parts[1]);
    }
    case K_POINTER: case K_PTR: case K_STRING: case K_BYTES: case K_WSTRING: case K_FUNCTION:
        return load_pointer(type, where, root);
    case K_ENUM:
        return enum_member(type, load_value(type->item, where, root));
    case K_ARRAY: case K_VECTOR: case K_STRUCT: case K_UNION:
        return load_aggregate(type, where, root);
    default:
        PyErr_Format(PyExc_TypeError, "%U has no value", type->name);
        return NULL;
    }
}

#endif
