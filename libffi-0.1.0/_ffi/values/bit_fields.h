/* Bit-fields: read and written bit by bit, any width, either byte order. */
#ifndef FFIPY_VALUES_BIT_FIELDS_H
#define FFIPY_VALUES_BIT_FIELDS_H

#include <Python.h>
#include <limits.h>

#include "base/compiler.h"
#include "model/type.h"
#include "values/enums.h"
#include "values/integers.h"
#include "values/wrapping.h"

static unsigned long long read_bits(const char *base, const field_info *field)
{
    const unsigned char *bytes = (const unsigned char *)base + field->offset;
    unsigned long long value = 0;
    unsigned i, bit;

    for (i = 0; i < field->bit_width; ++i) {
        bit = field->bit_offset + i;
        if (field->from_the_top)
            value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1);
        else
            value |= (unsigned long long)(bytes[bit / 8] >> bit % 8 & 1) << i;
    }
    return value;
}

static void write_bits(char *base, const field_info *field, unsigned long long value)
{
    unsigned char *bytes = (unsigned char *)base + field->offset, mask;
    unsigned i, bit, one;

    for (i = 0; i < field->bit_width; ++i) {
        bit = field->bit_offset + i;
        one = value >> (field->from_the_top ? field->bit_width - 1 - i : i) & 1;
        mask = (unsigned char)(field->from_the_top ? 0x80 >> bit % 8 : 1 << bit % 8);
        bytes[bit / 8] = (unsigned char)(one ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
    }
}

static int is_signed_int(const type_info *type)
{
    return (type->kind == K_CHAR && CHAR_MIN < 0) || type->kind == K_S8 || type->kind == K_S16 || type->kind == K_S32
           || type->kind == K_S64;
}

/* The bits of a number that fits.  0; -1 raises TypeError, OverflowError. */
static int get_bits(const field_info *field, PyObject *value, unsigned long long *bits)
{
    unsigned width = field->bit_width;
    long long number;

    if (is_signed_int(plain_type(field->type->item))) {     /* of c.bits(item, width) */
        long long max = (long long)((1ULL << (width - 1)) - 1);
        if (get_signed(field->type, value, -max - 1, max, &number) < 0)
            return -1;
        *bits = (unsigned long long)number;
        return 0;
    }
    return get_unsigned(field->type, value, width == 64 ? ~0ULL : (1ULL << width) - 1, bits);
}

/* The lowest bits of any number: of c.bits(c.wrap(T), width).  0; -1 raises TypeError, OverflowError. */
COLD static int wrap_bits(const field_info *field, PyObject *value, unsigned long long *bits)
{
    PyObject *whole = NULL;
    unsigned char truth;
    wide_int wide;
    int status;

    if (plain_type(field->type->item)->kind == K_BOOL) {
        status = wrap_to_bool(field->type, &truth, value);
        *bits = status == 0 && truth;
        return status;
    }
    status = wrap_integer(field->type, value, &wide, &whole);
    *bits = status == 0 && whole == NULL ? wide.low : 0;
    if (whole != NULL)
        status = get_bits(field, whole, bits);
    Py_XDECREF(whole);
    return status;
}

/* 0; -1 raises TypeError, OverflowError. */
static int store_bits(const field_info *field, char *base, PyObject *value)
{
    unsigned long long bits;
    int status = LIKELY(field->type->item->kind != K_WRAPPED) ? get_bits(field, value, &bits)
                                                              : wrap_bits(field, value, &bits);

    if (status == 0)
        write_bits(base, field, bits);
    return status;
}

/* Without an enum's members.  New; raises MemoryError. */
static PyObject *load_bits_number(const field_info *field, const char *base)
{
    const type_info *plain = plain_type(field->type->item);
    unsigned long long number = read_bits(base, field);
    unsigned width = field->bit_width;

    if (plain->kind == K_BOOL)
        return PyBool_FromLong((long)number);
    if (!is_signed_int(plain))
        return PyLong_FromUnsignedLongLong(number);
    if (width < 64 && number >> (width - 1))
        number |= ~0ULL << width;
    return PyLong_FromLongLong((long long)number);
}

/* New; raises.  An enum may run Python code. */
static PyObject *load_bits(const field_info *field, const char *base)
{
    const type_info *type = field->type->item;
    PyObject *number = load_bits_number(field, base);
    return type->kind == K_ENUM ? enum_member(type, number) : number;
}

#endif
