/* Arguments by name, and those left out: seen to before the call, which then is one by position. */
#ifndef FFIPY_CALLS_BY_NAME_H
#define FFIPY_CALLS_BY_NAME_H

#include <Python.h>

#include "base/compiler.h"
#include "calls/call.h"
#include "calls/variadic.h"
#include "model/cif.h"
#include "model/errors.h"
#include "model/function.h"

/* New; raises.  GIL. */
static PyObject *call_function(const call_target *t, PyObject *function, PyObject *const *args,
                               Py_ssize_t nargs)
{
    cif_state *c = t->cif;
    return c->variadic ? call_variadic(t, function, args, nargs)
                       : call_prepared(t, c, function, args, nargs);
}

/* NULL; raises ArgumentError. */
COLD static PyObject *wrong_name(const call_target *t, const char *format, PyObject *name)
{
    PyErr_Format(PyExc_TypeError, format, t->name, name);
    argument_error(NULL, 0);
    return NULL;
}

/* The parameter of that name, -1: none; -2 raises. */
static Py_ssize_t find_parameter(PyObject *parameters, PyObject *name)
{
    Py_ssize_t i, n = PyTuple_GET_SIZE(parameters);
    for (i = 0; i < n; ++i)
        if (PyTuple_GET_ITEM(parameters, i) == name)
            return i;
    for (i = 0; i < n; ++i) {
        int same = PyObject_RichCompareBool(PyTuple_GET_ITEM(parameters, i), name, Py_EQ);
        if (same != 0)
            return same < 0 ? -2 : i;
    }
    return -1;
}

/* Fill `values` with what was given and what is left out.  0; -1 raises. */
static int order_arguments(const FunctionObject *f, PyObject **values, PyObject *const *args, Py_ssize_t given,
                           PyObject *kwnames)
{
    const call_target *t = &f->target;
    PyObject *parameters = f->parameters;
    Py_ssize_t i, n = PyTuple_GET_SIZE(parameters);
    Py_ssize_t first_default = n - (f->defaults ? PyTuple_GET_SIZE(f->defaults) : 0);

    for (i = 0; i < given; ++i)
        values[i] = args[i];
    for (i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); ++i) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        Py_ssize_t place = find_parameter(parameters, name);
        if (place < 0) {
            if (place == -1)
                wrong_name(t, "%U() has no parameter %R", name);
            return -1;
        }
        if (values[place] != NULL) {
            wrong_name(t, "%U() got more than one value for %R", name);
            return -1;
        }
        values[place] = args[given + i];
    }
    for (i = 0; i < n; ++i) {
        if (values[i] == NULL && i >= first_default)
            values[i] = PyTuple_GET_ITEM(f->defaults, i - first_default);
        if (values[i] == NULL) {
            wrong_name(t, "%U() misses the argument %R", PyTuple_GET_ITEM(parameters, i));
            return -1;
        }
    }
    return 0;
}

/* New; raises.  GIL. */
COLD static PyObject *call_by_name(FunctionObject *f, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    Py_ssize_t n, all;
    PyObject **values, *result = NULL;

    if (f->parameters == NULL)
        return wrong_name(&f->target, "%U() takes no keyword arguments", NULL);
    n = PyTuple_GET_SIZE(f->parameters);
    all = given > n ? given : n;
    values = PyMem_Calloc((size_t)all + 1, sizeof *values);
    if (values == NULL)
        return PyErr_NoMemory();
    if (order_arguments(f, values, args, given, kwnames) == 0)
        result = f->vectorcall((PyObject *)f, values, (size_t)all, NULL);
    PyMem_Free(values);
    return result;
}

static int leaves_out(const FunctionObject *f, Py_ssize_t given)
{
    return f->defaults != NULL && given < (Py_ssize_t)f->target.cif->nin;
}

/* A call with another number of arguments than a plain one has.  New; raises.  GIL. */
static PyObject *call_otherwise(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    FunctionObject *f = (FunctionObject *)self;
    return UNLIKELY(leaves_out(f, given)) ? call_by_name(f, args, given, NULL)
                                          : call_function(&f->target, self, args, given);
}

#endif
