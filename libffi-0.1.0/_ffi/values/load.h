/* C bytes -> Python value, by the rule of a type: the other direction of store_value(). */
#ifndef FFIPY_VALUES_LOAD_H
#define FFIPY_VALUES_LOAD_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "model/memory.h"
#include "model/type.h"
#include "values/bit_fields.h"
#include "values/byte_order.h"
#include "values/characters.h"
#include "values/enums.h"
#include "values/integers.h"
#include "values/load_pointers.h"
#include "values/long_double.h"
#include "values/memory.h"
#include "values/padding.h"

/* A copy: the bytes do not outlive us.  New; raises MemoryError. */
static inline PyObject *load_copy(const type_info *type, const void *where)
{
    MemoryObject *memory = memory_new(type);
    if (memory != NULL && UNLIKELY(type->padded))
        copy_members(type, memory->m.data, where);
    else if (memory != NULL)
        memcpy(memory->m.data, where, type->size);
    return (PyObject *)memory;
}

/* A view into `root`.  New; raises MemoryError. */
static PyObject *load_view(const type_info *type, const void *where, MemoryObject *root)
{
    Py_ssize_t room = type->size == 0 && type->kind == K_ARRAY ? room_at(root, where) : 0;
    PyObject *whole = UNLIKELY(room > 0) ? core.array_of(type->item, room) : NULL;
    MemoryObject *memory;
    if (UNLIKELY(room > 0 && whole == NULL))
        return NULL;
    memory = memory_part(whole ? &((TypeObject *)whole)->info : type, (void *)where, root);
    if (UNLIKELY(type->flexible) && memory != NULL && root->m.type == type && root->m.data == (const char *)where)
        memory->m.size = root->m.size;
    Py_XDECREF(whole);
    return (PyObject *)memory;
}

// clang-format off
#define LOAD(ctype) ctype number; memcpy(&number, where, sizeof number)
// clang-format on

/* The Python value of the `type` at `where` (any alignment), which lies in `root`'s
   storage, or (NULL) will be gone soon.  New; raises.  GIL. */
static PyObject *load_value(const type_info *type, const void *where, MemoryObject *root)
{
    switch (type->kind) {
        // clang-format off
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
    // clang-format on
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
    case K_POINTER:
    case K_PTR:
    case K_STRING:
    case K_BYTES:
    case K_WSTRING:
    case K_FUNCTION:
        return load_pointer(type, where, root);
    case K_OBJECT:
        return load_object(where, root);
    case K_SWAPPED: {
        char native[MAX_SCALAR];
        copy_swapped(type->item, native, where);
        return load_value(type->item, native, NULL);
    }
    case K_ENUM:
        return enum_member(type, load_value(type->item, where, root));
    case K_WRAPPED:
        return load_value(type->item, where, root);
    case K_INSTANCE:
    case K_ARRAY:
    case K_VECTOR:
    case K_STRUCT:
    case K_UNION:
        return root != NULL ? load_view(type, where, root) : load_copy(type, where);
    default:
        PyErr_Format(PyExc_TypeError, "%U has no value", type->name);
        return NULL;
    }
}

/* New; raises. */
static PyObject *load_field(const field_info *field, char *base, MemoryObject *root)
{
    return field->bit_width ? load_bits(field, base)
                            : load_value(field->type, base + field->offset, root);
}

#endif
