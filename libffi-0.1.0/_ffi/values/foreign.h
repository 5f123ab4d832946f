/* Objects of other libraries, once our own rules have refused them. */
#ifndef FFIPY_VALUES_FOREIGN_H
#define FFIPY_VALUES_FOREIGN_H

#include <Python.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "model/hooks.h"
#include "model/type.h"

/* Is the pending error, if there is one, a refusal?  No stack, no memory and what a user's code raises are none: to ask
   such an object twice at each level would take for ever. */
static int was_refused(void)
{
    return !PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_ValueError)
           || PyErr_ExceptionMatches(PyExc_BufferError);
}

/* What is `value` in our terms, where a `type` is wanted (NULL: any)?  1, and *made is new; 0: nothing, and a pending
   error stays; -1 raises, instead of that. */
COLD static int find_stand_in(const type_info *type, PyObject *value, PyObject **made)
{
    PyObject *error;

    *made = NULL;
    if (!was_refused())
        return 0;
    error = take_exception();
    *made = core.stand_in(type, value);
    if (*made == Py_None) {
        Py_CLEAR(*made);
        if (error != NULL)
            give_exception(error);
        return 0;
    }
    Py_XDECREF(error);
    return *made == NULL ? -1 : 1;
}

#endif
