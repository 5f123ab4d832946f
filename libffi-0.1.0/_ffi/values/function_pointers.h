/* Functions and closures as values for a pointer to function. */
#ifndef FFIPY_VALUES_FUNCTION_POINTERS_H
#define FFIPY_VALUES_FUNCTION_POINTERS_H

#include <Python.h>
#include <ffi.h>

#include "model/cif.h"
#include "model/closure.h"
#include "model/errors.h"
#include "model/function.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "values/address.h"
#include "values/keeper.h"

static void *function_address(PyObject *value)
{
    return (void *)((FunctionObject *)value)->target.address;
}

static void *closure_address(PyObject *value)
{
    return ((ClosureObject *)value)->block->code;
}

/* Borrowed. */
static PyObject *closure_name(PyObject *value)
{
    return ((ClosureObject *)value)->block->name;
}

/* Its address is that of data, with the code inside. */
static int is_go_closure(PyObject *value)
{
    return Closure_Check(value) && ((ClosureObject *)value)->block->form == GO_CLOSURE;
}

/* A function's or closure's CIF.  Borrowed. */
static PyObject *cif_of(PyObject *value)
{
    if (Function_Check(value))
        return ((FunctionObject *)value)->target.cif->object;
    return ((ClosureObject *)value)->cif;
}

/* The same calling convention?  Types may differ by name only. */
static int same_passing(const ffi_type *a, const ffi_type *b)
{
    unsigned i;
    if (a == b)
        return 1;
    if (a->type != b->type || a->size != b->size || a->alignment != b->alignment)
        return 0;
    if (a->elements == NULL || b->elements == NULL)
        return a->elements == b->elements;
    for (i = 0; a->elements[i] != NULL && b->elements[i] != NULL; ++i)
        if (!same_passing(a->elements[i], b->elements[i]))
            return 0;
    return a->elements[i] == b->elements[i];
}

/* Would C call both the same way? */
static int same_shape(PyObject *one, PyObject *other)
{
    const cif_state *a = ((CIFObject *)one)->state, *b = ((CIFObject *)other)->state;
    unsigned i;
    if (a == b)
        return 1;
    if (a->cif.abi != b->cif.abi || a->cif.nargs != b->cif.nargs || a->variadic != b->variadic
        || !same_passing(a->cif.rtype, b->cif.rtype))
        return 0;
    for (i = 0; i < a->cif.nargs; ++i)
        if (!same_passing(a->ffi_types[i], b->ffi_types[i]))
            return 0;
    return 1;
}

/* 0; -1 raises TypeError for another signature, ValueError or ClosureExpired for what is closed. */
static int address_of_function(const type_info *type, void *where, PyObject *value, keeper *k)
{
    if (type->kind == K_FUNCTION
        && (is_go_closure(value) || !same_shape(type->cif, cif_of(value)))) {
        const char *what = Closure_Check(value) ? "closure" : "function";
        PyErr_Format(PyExc_TypeError, "expected %U, got a %s %S (if that is meant, cast it: "
                                      "c.func(cif)(its .address))",
                     type->name,
                     is_go_closure(value) ? "Go closure" : what, cif_of(value));
        return -1;
    }
    if (type->kind == K_STRING || type->kind == K_BYTES || type->kind == K_WSTRING)
        return expected(type, value);
    if (Function_Check(value)) {
        FunctionObject *function = (FunctionObject *)value;
        if (!lifetime_is_open(function->target.life)) {
            PyErr_Format(PyExc_ValueError, "the library of %U() is closed", function->target.name);
            return -1;
        }
        write_address(where, function_address(value));
        return keep_pinned(k, function->target.life, value);
    }
    if (is_closed_closure((ClosureObject *)value)) {
        PyErr_Format(core.closure_expired, "closure %U is closed", closure_name(value));
        return -1;
    }
    write_address(where, closure_address(value));
    return k->borrowed ? 0 : keep_object(k, value);
}

/* A function or closure of that address? */
static int has_address(PyObject *object, const void *address)
{
    return (Function_Check(object) && function_address(object) == address)
           || (Closure_Check(object) && closure_address(object) == address);
}

#endif
