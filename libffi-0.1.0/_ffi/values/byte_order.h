/* Numbers in the byte order that is not the machine's: c.big(T), c.little(T). */
#ifndef FFIPY_VALUES_BYTE_ORDER_H
#define FFIPY_VALUES_BYTE_ORDER_H

#include <Python.h>
#include <stddef.h>

#include "model/type.h"

enum { MAX_SCALAR = 32 };           /* a complex number of two long doubles */

/* Copy a scalar, its bytes the other way round; of a complex number each part's. */
static void copy_swapped(const type_info *scalar, char *to, const char *from)
{
    size_t i, j, size = scalar->size, part = is_complex_kind(plain_type(scalar)->kind) ? size / 2 : size;

    for (i = 0; i < size; i += part)
        for (j = 0; j < part; ++j)
            to[i + j] = from[i + part - 1 - j];
}

#endif
