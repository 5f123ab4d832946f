/* A function: a CIF bound to an address. */
#ifndef FFIPY_MODEL_FUNCTION_H
#define FFIPY_MODEL_FUNCTION_H

#include <Python.h>

#include "base/lifetime.h"
#include "model/cif.h"

typedef void (*c_function)(void);

typedef struct {
    c_function address;
    cif_state *cif;
    lifetime *life;                 /* of the library */
    PyObject *name;                 /* str (borrowed) */
    PyObject *errcheck;             /* callable or None (borrowed) */
    int fence;                      /* its flags: calls/fence.h */
} call_target;

typedef struct FunctionObject {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    call_target target;
    PyMethodDef method;             /* of .call */
    struct FunctionObject *next, **at;  /* among all functions: calls/function.h */
    PyObject *parameters;           /* their names, a tuple; NULL: unknown (borrowed) */
    PyObject *defaults;             /* of the last of them, a tuple or NULL (borrowed) */
    PyObject *converters;           /* of each argument, then of more: callables or None, a tuple or NULL (borrowed) */
} FunctionObject;

#endif
