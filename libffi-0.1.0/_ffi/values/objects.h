/* Python objects themselves, as C's PyObject *. */
#ifndef FFIPY_VALUES_OBJECTS_H
#define FFIPY_VALUES_OBJECTS_H

#include <Python.h>

#include "model/hooks.h"
#include "model/keeper.h"
#include "model/type.h"
#include "model/value.h"
#include "values/address.h"
#include "values/keeper.h"

/* What is meant by c.py_object(it).  Borrowed. */
static inline PyObject *object_meant(const type_info *type, PyObject *value)
{
    return Value_Check(value) && ((ValueObject *)value)->type == type->object ? ((ValueObject *)value)->value : value;
}

/* Any object fits.  C borrows it, for the call or as long as the memory keeps it.  0; -1 raises MemoryError. */
static int store_object(const type_info *type, void *where, PyObject *value, keeper *k)
{
    PyObject *object = object_meant(type, value), *replaced = NULL;
    int status = 0;

    if (k->memory != NULL)
        status = keep_in_memory(k->memory, where, object, &replaced);
    else if (!k->borrowed)
        status = keep_object(k, object);
    if (status == 0)
        write_address(where, object);
    Py_XDECREF(replaced);
    return status;
}

#endif
