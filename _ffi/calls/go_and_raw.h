/* Go calls and libffi's raw API, between the same fences as every other call. */
#ifndef FFIPY_CALLS_GO_AND_RAW_H
#define FFIPY_CALLS_GO_AND_RAW_H

#include <Python.h>
#include <alloca.h>
#include <ffi.h>
#include <string.h>

#include "libffi_config.h"
#include "calls/invoke.h"
#include "model/call.h"
#include "model/cif.h"

static call_context *enter_call(call_context *context)
{
    call_context *outer = current_call;
    memset(context, 0, sizeof *context);
    current_call = context;
    context->saved = PyEval_SaveThread();
    return outer;
}

static int leave_call(call_context *context, call_context *outer)
{
    PyEval_RestoreThread(context->saved);
    current_call = outer;
    if (context->exception == NULL)
        return 0;
    raise_from_closures(context);
    return -1;
}

/* A Go closure's first word is its code; its own address goes in the static chain. */
static int invoke_go(cif_state *c, void *closure, void *result, void **avalues)
{
#if FFIPY_HAVE_GO
    call_context context, *outer;
    if (!call_fits_stack(c))
        return -1;
    outer = enter_call(&context);
    ffi_call_go(&c->cif, *(void (**)(void))closure, result, avalues, closure);
    return leave_call(&context, outer);
#else
    (void)c, (void)closure, (void)result, (void)avalues;
    PyErr_SetString(PyExc_NotImplementedError, "this libffi has no Go closures");
    return -1;
#endif
}

static int invoke_raw(cif_state *c, void (*address)(void), void *result, ffi_raw *raw)
{
    call_context context, *outer;
    if (!call_fits_stack(c))
        return -1;
    outer = enter_call(&context);
#if FFI_NATIVE_RAW_API      /* i386: takes structs by value, which nothing else of the raw API does */
    void **avalues = alloca((c->nargs + 1) * sizeof *avalues);
    ffi_raw_to_ptrarray(&c->cif, raw, avalues);
    ffi_call(&c->cif, address, result, avalues);
#else
    ffi_raw_call(&c->cif, address, result, raw);
#endif
    return leave_call(&context, outer);
}

#endif
