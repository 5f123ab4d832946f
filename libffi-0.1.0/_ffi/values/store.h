/* Python value -> C bytes, by the rule of a type.  Everything that converts goes through
   store_value(); the call and callback paths only inline their commonest cases. */
#ifndef FFIPY_VALUES_STORE_H
#define FFIPY_VALUES_STORE_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/iterators.h"
#include "base/stack.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "model/type.h"
#include "model/value.h"
#include "types/compatible.h"
#include "values/arrays.h"
#include "values/bit_fields.h"
#include "values/byte_order.h"
#include "values/characters.h"
#include "values/checked_arrays.h"
#include "values/copies.h"
#include "values/floats.h"
#include "values/foreign.h"
#include "values/integers.h"
#include "values/load.h"
#include "values/long_double.h"
#include "values/objects.h"
#include "values/store_pointers.h"
#include "values/wrapping.h"

/* Members and items are values again. */
static int store_value(const type_info *type, void *where, PyObject *value, keeper *k);

/* ---- structs and unions ---- */

/* A bit-field from a number, another library's too.  0; -1 raises. */
static int store_bits_of(const field_info *field, char *base, PyObject *value)
{
    PyObject *made;
    int status;

    if (LIKELY(store_bits(field, base, value) == 0))
        return 0;
    if (find_stand_in(field->type->item, value, &made) <= 0)
        return -1;
    status = store_bits(field, base, Value_Check(made) ? ((ValueObject *)made)->value : made);
    Py_DECREF(made);
    return status;
}

/* One member; an error says which.  0; -1 raises. */
static int store_field(const type_info *type, const field_info *field, char *base,
                       PyObject *value, keeper *k)
{
    int status = field->bit_width ? store_bits_of(field, base, value)
                                  : store_value(field->type, base + field->offset, value, k);
    if (UNLIKELY(status < 0))
        add_place(PyUnicode_FromFormat("%U.%U", type->name, field->name));
    return status;
}

/* Borrowed; raises TypeError. */
COLD static const field_info *find_field(const type_info *type, PyObject *name)
{
    PyObject *position = NULL;
    if (need_stack(0) < 0)
        return NULL;
    if (PyUnicode_Check(name) && type->field_index != NULL)
        position = PyDict_GetItemWithError(type->field_index, name);
    if (position == NULL) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "%U has no field %R", type->name, name);
        return NULL;
    }
    return &type->fields[PyLong_AsSsize_t(position)];
}

/* 0; -1 raises. */
static int store_named_fields(const type_info *type, char *base, PyObject *dict, keeper *k)
{
    PyObject *name, *value;
    Py_ssize_t position = 0;
    const field_info *field;
    PyObject *copy = PyDict_Copy(dict);     /* conversions may run Python code */
    int status = 0;

    if (copy == NULL)
        return -1;
    while (status == 0 && PyDict_Next(copy, &position, &name, &value)) {
        field = find_field(type, name);
        status = field == NULL ? -1 : store_field(type, field, base, value, k);
    }
    Py_DECREF(copy);
    return status;
}

/* A dataclass or a named tuple: one attribute a field.  0; -1 raises. */
COLD static int store_attributes(const type_info *type, char *base, PyObject *value, keeper *k)
{
    Py_ssize_t i;
    for (i = 0; i < type->nfields; ++i) {
        PyObject *item;
        int status;
        if (type->fields[i].name == Py_None)
            continue;
        item = PyObject_GetAttr(value, type->fields[i].name);
        if (item == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError))
                return -1;
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "expected %U, got %s without '%U'", type->name,
                         Py_TYPE(value)->tp_name, type->fields[i].name);
            return -1;
        }
        status = store_field(type, &type->fields[i], base, item, k);
        Py_DECREF(item);
        if (status < 0)
            return -1;
    }
    return 0;
}

/* The items of a sequence, of one that has more than `most` (or no end) the first of them; `*n`: how many it has.
   New; raises. */
static PyObject *first_items(PyObject *sequence, Py_ssize_t most, Py_ssize_t *n)
{
    PyObject *iterator, *item, *items;
    int full = 0;

    if (LIKELY(PyTuple_CheckExact(sequence) || PyList_CheckExact(sequence))) {
        items = PySequence_Tuple(sequence);
        if (items != NULL)
            *n = PyTuple_GET_SIZE(items);
        return items;
    }
    iterator = iterator_of(sequence);
    items = iterator == NULL ? NULL : PyList_New(0);
    while (items != NULL && !full && (item = PyIter_Next(iterator)) != NULL) {
        if (PyList_Append(items, item) < 0)
            Py_CLEAR(items);
        else
            full = PyList_GET_SIZE(items) > most;
        Py_DECREF(item);
    }
    Py_XDECREF(iterator);
    if (items == NULL || PyErr_Occurred()) {
        Py_XDECREF(items);
        return NULL;
    }
    *n = PyList_GET_SIZE(items);
    if (full) {
        Py_ssize_t said = PyObject_LengthHint(sequence, 0);     /* for the message only */
        if (said < 0) {
            if (!is_refusal()) {
                Py_DECREF(items);
                return NULL;
            }
            PyErr_Clear();
        }
        *n = said > *n ? said : *n;
    }
    Py_SETREF(items, PyList_AsTuple(items));
    return items;
}

/* All members in their order.  0; -1 raises. */
static int store_positions(const type_info *type, char *base, PyObject *sequence, keeper *k)
{
    PyObject *items;
    Py_ssize_t i, n;
    int status = 0;

    if (!type->by_position) {
        PyErr_Format(PyExc_TypeError, "%U is made from a dict or by field names, got %s",
                     type->name, Py_TYPE(sequence)->tp_name);
        return -1;
    }
    items = first_items(sequence, type->nfields, &n);
    if (items == NULL)
        return -1;
    if (n != type->nfields) {
        PyErr_Format(PyExc_TypeError, "expected %U (%zd fields), got %zd values", type->name,
                     type->nfields, n);
        status = -1;
    }
    for (i = 0; status == 0 && i < n; ++i)
        status = store_field(type, &type->fields[i], base, PyTuple_GET_ITEM(items, i), k);
    Py_DECREF(items);
    return status;
}

/* 0; -1 raises. */
static int store_struct(const type_info *type, char *where, PyObject *value, keeper *k)
{
    int borrowed = k->borrowed, status;

    if (LIKELY(Memory_Check(value))) {
        if (LIKELY(same_to_c(type, ((MemoryObject *)value)->m.type)))
            return copy_memory(type, where, (MemoryObject *)value, k);
        return expected(type, value);
    }
    if (type->is_va_list)
        return no_va_list(value);
    if (need_stack(0) < 0)
        return -1;
    k->borrowed = 0;
    if (UNLIKELY(type->padded) && k->memory == NULL)
        memset(where, 0, type->size);
    if (PyTuple_CheckExact(value) || PyList_CheckExact(value)) {
        status = store_positions(type, where, value, k);
    } else if (PyDict_Check(value)) {
        memset(where, 0, type->size);
        status = store_named_fields(type, where, value, k);
    } else {
        int in_order = PyTuple_Check(value) || PyList_Check(value);
        const char *mark = in_order ? "_fields" : "__dataclass_fields__";
        status = PyList_Check(value) ? 0 : has_attribute((PyObject *)Py_TYPE(value), mark);
        if (status > 0)
            status = store_attributes(type, where, value, k);
        else if (status == 0)
            status = in_order ? store_positions(type, where, value, k) : expected(type, value);
    }
    k->borrowed = borrowed;
    return status;
}

/* ---- arrays and vectors ---- */

/* 0; -1 raises. */
static int store_array(const type_info *type, char *where, PyObject *value, keeper *k)
{
    const type_info *item = type->item;
    int borrowed = k->borrowed, status;
    Py_ssize_t i, n;
    PyObject *items;

    if (UNLIKELY(type->length == 0) && k->memory != NULL && (n = room_at(k->memory, where)) > 0) {
        PyObject *whole = core.array_of(item, n);       /* as long as there is room for */
        status = whole == NULL ? -1 : store_array(&((TypeObject *)whole)->info, where, value, k);
        Py_XDECREF(whole);
        return status;
    }
    if (Memory_Check(value) && same_to_c(type, ((MemoryObject *)value)->m.type))
        return copy_memory(type, where, (MemoryObject *)value, k);
    status = store_array_text(type, where, value);
    if (status <= 0)
        return status;
    if (PyUnicode_Check(value) || PyDict_Check(value) || PyAnySet_Check(value))
        return expected(type, value);
    if (need_stack(0) < 0)
        return -1;
    if (!Memory_Check(value) && PyObject_CheckBuffer(value)) {
        status = store_array_buffer(type, where, value);
        if (status <= 0)
            return status;
    }
    if (!PySequence_Check(value))
        return expected(type, value);
    items = first_items(value, type->length, &n);
    if (items == NULL)
        return -1;
    status = fits_array(type, n);
    k->borrowed = 0;
    for (i = 0; status == 0 && i < n; ++i) {
        status = store_value(item, where + i * item->size, PyTuple_GET_ITEM(items, i), k);
        if (status < 0)
            add_place(PyUnicode_FromFormat("%U item %zd", type->name, i));
    }
    if (status == 0)
        memset(where + n * item->size, 0, type->size - (size_t)n * item->size);
    k->borrowed = borrowed;
    Py_DECREF(items);
    return status;
}

/* ---- every type ---- */

/* What an instance of a user's class over a scalar holds, in place of what failed.  0; -1 raises. */
COLD static int store_held(const type_info *type, void *where, MemoryObject *instance, keeper *k)
{
    char *data;
    PyObject *held;
    int status;

    PyErr_Clear();
    data = memory_data(instance);
    held = data == NULL ? NULL : load_value(instance->m.type->item, data, instance);
    if (held == NULL)
        return -1;
    status = store_value(type, where, held, k);
    Py_DECREF(held);
    return status;
}

/* What stands in for an object of another library, after our own rule has refused that.  0; -1 raises. */
COLD static int store_foreign(const type_info *type, void *where, PyObject *value, keeper *k)
{
    keeper none = {.objects = NULL};            /* numbers keep nothing, and may have no keeper */
    PyObject *made;
    int borrowed, status = find_stand_in(type, value, &made);

    if (status <= 0)
        return -1;
    if (k == NULL)
        k = &none;
    borrowed = k->borrowed;
    k->borrowed = 0;
    status = store_value(type, where, made, k);
    k->borrowed = borrowed;
    Py_DECREF(made);
    return status;
}

// clang-format off
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
// clang-format on

/* Convert `value` to a C `type` at `where` (any alignment).
   -1 raises; `k` may have kept things then, too, to be let go.  GIL. */
static int store_value(const type_info *type, void *where, PyObject *value, keeper *k)
{
    switch (type->kind) {
        // clang-format off
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
    // clang-format on
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
    case K_COMPLEX_DOUBLE: STORE_COMPLEX(double);
    case K_COMPLEX_LONGDOUBLE: STORE_COMPLEX(long double);
    case K_CHAR16:
    case K_CHAR32: {
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
    case K_POINTER:
    case K_PTR:
    case K_STRING:
    case K_BYTES:
    case K_WSTRING:
    case K_FUNCTION:
        if (UNLIKELY(store_pointer(type, where, value, k) < 0))
            goto failed;
        return 0;
    case K_OBJECT:
        return store_object(type, where, value, k);
    case K_NDARRAY:
        return store_checked_array(type, where, value, k);
    case K_SWAPPED: {
        char native[MAX_SCALAR];
        if (store_value(type->item, native, value, k) < 0)
            return -1;
        copy_swapped(type->item, where, native);
        return 0;
    }
    case K_WRAPPED: {
        PyObject *whole = NULL;
        int status = store_wrapped(type->item, where, value, &whole);
        if (whole != NULL) {
            status = store_value(type->item, where, whole, k);
            Py_DECREF(whole);
        }
        if (UNLIKELY(status < 0))
            goto failed;
        return 0;
    }
    case K_INSTANCE:
        if (Memory_Check(value) && same_to_c(type, ((MemoryObject *)value)->m.type))
            return copy_memory(type, where, (MemoryObject *)value, k);
        return store_value(type->item, where, value, k);
    case K_ENUM:
        if (UNLIKELY(!PyLong_Check(value) && !Value_Check(value))) {
            expected(type, value);
            goto failed;
        }
        return store_value(type->item, where, value, k);
    case K_STRUCT:
    case K_UNION:
        if (UNLIKELY(store_struct(type, where, value, k) < 0))
            goto failed;
        return 0;
    case K_ARRAY:
    case K_VECTOR:
        if (UNLIKELY(store_array(type, where, value, k) < 0))
            goto failed;
        return 0;
    default:
        PyErr_Format(PyExc_TypeError, "%U has no value", type->name);
        return -1;
    }
failed:
    /* A typed value stands for the value it holds, and so does an instance of a class over a number. */
    if (!is_refusal())
        return -1;
    if (Value_Check(value) && !is_typed_number(type, value)) {
        PyErr_Clear();
        return store_value(type, where, ((ValueObject *)value)->value, k);
    }
    if (Memory_Check(value) && ((MemoryObject *)value)->m.type->kind == K_INSTANCE && !is_pointer_kind(type->kind))
        return store_held(type, where, (MemoryObject *)value, k);
    return is_pointer_kind(type->kind) ? -1 : store_foreign(type, where, value, k);
}

/* One whose conversion runs no code of the user's? */
static inline int is_simple_number(PyObject *value)
{
    return PyFloat_CheckExact(value) || PyLong_CheckExact(value);
}

/* The same as store_value(); an error says where: `format` takes `name` (%U) and `index` (%zd).  -1 raises. */
static int store_placed(const type_info *type, void *where, PyObject *value, keeper *k,
                        const char *format, PyObject *name, Py_ssize_t index)
{
    int status = store_value(type, where, value, k);
    if (UNLIKELY(status < 0))
        add_place(PyUnicode_FromFormat(format, name, index));
    return status;
}

#endif
