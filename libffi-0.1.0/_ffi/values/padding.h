/* The bytes between the members of structs: C leaves there whatever was before, and nobody else shall see it. */
#ifndef FFIPY_VALUES_PADDING_H
#define FFIPY_VALUES_PADDING_H

#include <Python.h>
#include <string.h>

#include "base/compiler.h"
#include "model/type.h"

/* Copy a value without them, to zeros. */
COLD static void copy_members(const type_info *type, char *to, const char *from)
{
    Py_ssize_t i;

    if (!type->padded)
        memcpy(to, from, type->size);
    else if (type->kind == K_ARRAY)
        for (i = 0; i < type->length; ++i)
            copy_members(type->item, to + (size_t)i * type->item->size, from + (size_t)i * type->item->size);
    else
        for (i = 0; i < type->nfields; ++i)
            copy_members(type->fields[i].type, to + type->fields[i].offset, from + type->fields[i].offset);
}

#endif
