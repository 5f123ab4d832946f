/* Functions and closures as values for a pointer to function. */
#ifndef FFIPY_FUNCTION_POINTERS_H
#define FFIPY_FUNCTION_POINTERS_H

static void *function_address(PyObject *value)
{
    return (void *)((FunctionObject *)value)->target.address;
}

static void *closure_address(PyObject *value)
{
    return ((ClosureObject *)value)->block->code;
}

static PyObject *closure_name(PyObject *value)
{
    return ((ClosureObject *)value)->block->name;
}

/* Its address is that of data, with the code inside. */
static int is_go_closure(PyObject *value)
{
    return Closure_Check(value) && ((ClosureObject *)value)->block->form == GO_CLOSURE;
}

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

static int same_shape(PyObject *one, PyObject *other)
{
    const cif_state *a = ((CIFObject *)one)->state, *b = ((CIFObject *)other)->state;
    unsigned i;
    if (a == b)
        return 1;
    if (a->cif.abi != b->cif.abi || a->nargs != b->nargs || a->variadic != b->variadic
        || !same_passing(a->cif.rtype, b->cif.rtype))
        return 0;
    for (i = 0; i < a->nargs; ++i)
        if (!same_passing(a->ffi_types[i], b->ffi_types[i]))
            return 0;
    return 1;
}

#endif
