/* Enums: ints of C, members in Python. */
#ifndef FFIPY_VALUES_ENUMS_H
#define FFIPY_VALUES_ENUMS_H

#include <Python.h>

#include "base/stack.h"
#include "model/type.h"

/* The member for `number` (stolen), or the plain int.  New; raises.  A NULL passes through. */
static PyObject *enum_member(const type_info *type, PyObject *number)
{
    PyObject *member;
    if (number == NULL)
        return NULL;
    member = PyDict_GetItemWithError(type->enum_members, number);
    if (member != NULL) {
        Py_DECREF(number);
        return Py_NewRef(member);
    }
    if (PyErr_Occurred()) {
        Py_DECREF(number);
        return NULL;
    }
    member = need_stack(0) < 0 ? NULL : PyObject_CallOneArg(type->enum_class, number);  /* flags combine */
    if (member == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
            Py_DECREF(number);
            return NULL;
        }
        PyErr_Clear();
        return number;
    }
    Py_DECREF(number);
    return member;
}

#endif
