/* What calls see of a CIF. */
#ifndef FFIPY_CAPI_HANDLES_H
#define FFIPY_CAPI_HANDLES_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/os/room.h"
#include "capi/public.h"
#include "libffi/cif.h"
#include "libffi/faults.h"
#include "libffi/frame.h"
#include "libffi/nothing.h"
#include "model/cif.h"

static size_t exchange_alignment(const cif_state *c)
{
    size_t alignment = slot_alignment(c->result);
    unsigned i;
    for (i = 0; i < c->nargs; ++i)
        if (!c->args[i].passing && slot_alignment(c->args[i].type) > alignment)
            alignment = slot_alignment(c->args[i].type);
    return alignment;
}

/* ffi_call and ffi_call_plan_invoke differ in what their first argument points to. */
#define AS_INVOKER(function) ((libffi_invoker)(void (*)(void))(function))

/* A long double that nobody asked for would stay in the x87 registers. */
static int leaves_unused(const ffi_type *result)
{
    return LEAVES_UNUSED_LONG_DOUBLE
           && (result->type == FFI_TYPE_LONGDOUBLE || result->type == FFI_TYPE_COMPLEX);
}

#if LEAVES_UNUSED_LONG_DOUBLE
static void invoke_with_room(void *cif, libffi_function function, void *result, void **arguments)
{
    long double room[2];
    ffi_call(cif, function, result != NULL ? result : room, arguments);
}
#endif

/* Where arguments have no size, libffi has fewer. */
static void invoke_without_nothing(void *cif, libffi_function function, void *result, void **arguments)
{
    cif_state *c = cif;
    void **given = alloca((c->nargs + 1) * sizeof *given);
    long double room[2];
    leave_out_nothing(c, arguments, given);
    cif_invoke(c, function, result == NULL && leaves_unused(c->cif.rtype) ? room : result, given);
}

/* Fill in a handle that lives as long as `c` does, borrowing `offsets`, which has room for nargs +
   1. */
static void prepare_handle(libffi_cif *handle, cif_state *c, size_t *offsets)
{
    unsigned i;
    offsets[0] = 0;
    for (i = 0; i < c->nargs; ++i)
        offsets[i + 1] = c->args[i].offset;
    handle->invoke = AS_INVOKER(ffi_call);
    handle->prepared = &c->cif;
#if FFIPY_HAVE_CALL_PLAN
    if (c->plan != NULL) {
        handle->invoke = AS_INVOKER(ffi_call_plan_invoke);
        handle->prepared = c->plan;
        handle->has_plan = 1;
    }
#endif
#if LEAVES_UNUSED_LONG_DOUBLE
    if (leaves_unused(c->cif.rtype)) {
        handle->invoke = invoke_with_room;
        handle->prepared = &c->cif;
        handle->has_plan = 0;
    }
#endif
    if (c->nothings) {
        handle->invoke = invoke_without_nothing;
        handle->prepared = c;
        handle->has_plan = 0;
    }
    handle->nargs = c->nargs;
    handle->nfixed = c->nfixed;
    handle->abi = c->abi;
    handle->result_size = c->result->kind == K_VOID ? 0 : slot_size(c->result);
    handle->exchange_size = c->exchange_size;
    handle->exchange_alignment = exchange_alignment(c);
    handle->exchange_offsets = offsets;
    handle->ffi_cif = &c->cif;
    handle->object = c->object;
    handle->core = c;
}

#endif
