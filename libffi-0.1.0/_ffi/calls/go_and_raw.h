/* Calls with storage instead of values, Go calls, and libffi's raw API. */
#ifndef FFIPY_CALLS_GO_AND_RAW_H
#define FFIPY_CALLS_GO_AND_RAW_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/compiler.h"
#include "base/os/room.h"
#include "calls/invoke.h"
#include "libffi/cif.h"
#include "libffi/nothing.h"
#include "model/cif.h"
#include "model/function.h"

/* What is known of storage, too: C looks at Python objects. */
static inline int raw_fence(const cif_state *c)
{
    return c->objects ? USES_PYTHON : RELEASE_GIL;
}

static ALWAYS_INLINE int invoke_with(const call_target *t, cif_state *c, void *result, void **avalues, const int flags)
{
    fence f;
    if (!call_fits_stack(c) || enter_function(t, &f, &f, flags) < 0)
        return -1;
    if (UNLIKELY(c->nothings))
        leave_out_nothing(c, avalues, avalues);
    cif_invoke(c, t->address, result, avalues);
    return leave_function(t, &f, flags);
}

/* Invoke with arguments anywhere, each as wide as its type.  0; -1 raises.  GIL. */
static int invoke(const call_target *t, cif_state *c, void *result, void **avalues)
{
    return UNLIKELY(c->objects) ? invoke_with(t, c, result, avalues, USES_PYTHON)
                                : invoke_with(t, c, result, avalues, RELEASE_GIL);
}

/* A Go closure is the target's address.  Its first word is its code; its own address goes in the
   static chain.  0; -1 raises.  GIL. */
static int invoke_go(const call_target *t, cif_state *c, void *result, void **avalues)
{
#if FFIPY_HAVE_GO
    void (**closure)(void) = (void (**)(void))t->address;
    fence f;
    if (!call_fits_stack(c) || enter_function(t, &f, &f, raw_fence(c)) < 0)
        return -1;
    if (UNLIKELY(c->nothings))
        leave_out_nothing(c, avalues, avalues);
    ffi_call_go(&c->cif, *closure, result, avalues, closure);
    return leave_function(t, &f, raw_fence(c));
#else
    (void)t, (void)c, (void)result, (void)avalues;
    PyErr_SetString(PyExc_NotImplementedError, "this libffi has no Go closures");
    return -1;
#endif
}

/* With arguments in raw form.  0; -1 raises.  GIL. */
static int invoke_raw(const call_target *t, cif_state *c, void *result, ffi_raw *raw)
{
    fence f;
    if (!call_fits_stack(c) || enter_function(t, &f, &f, raw_fence(c)) < 0)
        return -1;
#if FFI_NATIVE_RAW_API      /* i386: takes structs by value, which nothing else of the raw API does */
    void **avalues = alloca((c->nargs + 1) * sizeof *avalues);
    ffi_raw_to_ptrarray(&c->cif, raw, avalues);
    ffi_call(&c->cif, t->address, result, avalues);
#else
    ffi_raw_call(&c->cif, t->address, result, raw);
#endif
    return leave_function(t, &f, raw_fence(c));
}

#endif
