/* The result of a call, with what it has written to. */
#ifndef FFIPY_CALLS_RESULTS_H
#define FFIPY_CALLS_RESULTS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/stack.h"
#include "libffi/results.h"
#include "model/cif.h"
#include "model/function.h"
#include "values/address.h"
#include "values/load.h"
#include "values/load_pointers.h"

/* New; raises.  The commonest come first: a few comparisons are shorter than a jump through a table. */
static inline PyObject *load_result(const cif_state *c, void *where)
{
    if (c->result_kind == K_S32)
        return PyLong_FromLong((int32_t)*(ffi_sarg *)where);
    if (c->result_kind == K_DOUBLE)
        return PyFloat_FromDouble(*(double *)where);
    if (c->result_kind == K_VOID)
        Py_RETURN_NONE;
    switch (c->result_kind) {
    case K_S64:
        return PyLong_FromLongLong(*(int64_t *)where);
    case K_U64:
        return PyLong_FromUnsignedLongLong(*(uint64_t *)where);
    case K_STRUCT:
    case K_UNION:
        return load_copy(c->result, where);
    case K_OBJECT:                              /* the reference that C has given is ours */
        narrow_result(c->result, where);
        return object_at(where);
    default:
        narrow_result(c->result, where);
        return load_value(c->result, where, NULL);
    }
}

/* What C has returned beside an exception, which is pending; where it has not run there is NULL. */
COLD static void drop_result(const cif_state *c, void *where)
{
    PyObject *exception, *object;

    if (c->result_kind != K_OBJECT)
        return;
    narrow_result(c->result, where);
    object = read_address(where);
    if (object == NULL)
        return;
    exception = take_exception();
    Py_DECREF(object);
    give_exception(exception);
}

/* (result, out1, ...); just the out where there is one and no result.
   Takes `result`.  New; raises. */
static PyObject *with_outs(const cif_state *c, char *frame, PyObject *result)
{
    PyObject **values = (PyObject **)(frame + c->avalues);      /* the call needs them no more */
    const argument *a = c->args, *end = a + c->nargs;
    PyObject *outs;
    Py_ssize_t n = 0;

    if (c->result_kind != K_VOID)
        values[n++] = result;
    else
        Py_DECREF(result);
    for (; a < end; ++a) {
        if (a->passing != K_OUT && a->passing != K_INOUT)
            continue;
        values[n] = load_value(a->type, frame + a->referred, NULL);     /* enums run Python code, */
        if (values[n] == NULL)
            goto failed;
        ++n;
    }
    if (n == 1)
        return values[0];
    outs = PyTuple_New(n);                      /* which must not find this with holes */
    if (outs == NULL)
        goto failed;
    memcpy(&PyTuple_GET_ITEM(outs, 0), values, (size_t)n * sizeof *values);
    return outs;
failed:
    while (n > 0)
        Py_DECREF(values[--n]);
    return NULL;
}

/* Takes `result`.  New; raises what errcheck raises. */
COLD static PyObject *check_result(const call_target *t, PyObject *function, PyObject *result,
                                   PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *tuple = PyTuple_New(nargs), *checked;
    Py_ssize_t i;
    if (tuple == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    for (i = 0; i < nargs; ++i)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    checked = need_stack(0) < 0
                  ? NULL
                  : PyObject_CallFunctionObjArgs(t->errcheck, result, function, tuple, NULL);
    Py_DECREF(tuple);
    Py_DECREF(result);
    return checked;
}

#endif
