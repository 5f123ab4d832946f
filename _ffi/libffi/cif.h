/* A prepared call interface: made, invoked, freed. */
#ifndef FFIPY_LIBFFI_CIF_H
#define FFIPY_LIBFFI_CIF_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/compiler.h"
#include "libffi/faults.h"
#include "libffi/frame.h"
#include "libffi/nothing.h"
#include "libffi/plans.h"
#include "model/cif.h"

/* Nothing runs in it any more, and it has no spare blocks (cif_end).  NULL is fine. */
static void cif_free(cif_state *c)
{
    unsigned i;
    if (c == NULL)
        return;
#if FFIPY_HAVE_CALL_PLAN
    if (c->slot_plan != c->plan)
        ffi_call_plan_free(c->slot_plan);
    ffi_call_plan_free(c->plan);
#endif
    PyMem_Free(c->wide);
    for (i = 0; i < VARIANTS; ++i)
        PyMem_Free(c->variants[i].types);
    PyMem_Free(c->ffi_types);
    PyMem_Free(c->args);
    PyMem_Free(c);
}

/* Prepare a CIF of checked types.  `nfixed` < 0: not variadic.  Returns NULL with
   *status (or with MemoryError and *status FFI_OK). */
static cif_state *cif_prepare(int abi, const type_info *result, const type_info *const *types,
                              unsigned nargs, int nfixed, int prototype, ffi_status *status)
{
    cif_state *c = PyMem_Calloc(1, sizeof *c);
    ffi_type *result_ffi;
    unsigned i, given = 0, fixed = 0;       /* to libffi */

    *status = FFI_OK;
    if (c != NULL) {
        c->args = PyMem_Calloc(nargs + 1, sizeof *c->args);
        c->ffi_types = PyMem_Calloc(nargs + 1, sizeof *c->ffi_types);
    }
    if (c == NULL || c->args == NULL || c->ffi_types == NULL) {
        cif_free(c);
        PyErr_NoMemory();
        return NULL;
    }
    c->abi = abi;
    c->nargs = nargs;
    c->nfixed = nfixed < 0 ? nargs : (unsigned)nfixed;
    c->variadic = prototype;
    c->result = result;
    c->result_kind = result->kind;
    c->objects = result->holds == PYTHON_OBJECTS;
    for (i = 0; i < nargs; ++i) {
        argument *a = &c->args[i];
        int by_reference = is_reference_kind(types[i]->kind);
        ffi_type *ffi;
        a->passing = by_reference ? types[i]->kind : K_VOID;
        a->type = by_reference ? types[i]->item : types[i];
        a->kind = a->type->kind;
        a->how = shortcut_for(a);
        a->words = 1;
        c->objects |= a->type->holds == PYTHON_OBJECTS;
        c->lists += a->type->is_va_list != 0;
        ffi = by_reference ? &ffi_type_pointer : types[i]->ffi;
        if (a->how == AS_NOTHING) {
            ffi = argument_of_nothing(abi);
            a->words = ffi != NULL;
            c->nothings += 1;
        }
        c->ffi_types[given] = ffi;
        given += a->words;
        if ((int)i < nfixed)
            fixed = given;
        c->nin += a->passing != K_OUT;
        c->nout += a->passing == K_OUT || a->passing == K_INOUT;
    }
    c->crowded = nargs > FEW_ARGUMENTS || c->lists;
    result_ffi = is_nothing(result) ? result_of_nothing() : result_ffi_type(result, (ffi_abi)abi);
    *status = nfixed < 0
                  ? ffi_prep_cif(&c->cif, (ffi_abi)abi, given, result_ffi, c->ffi_types)
                  : ffi_prep_cif_var(&c->cif, (ffi_abi)abi, fixed, given, result_ffi, c->ffi_types);
    if (*status != FFI_OK) {
        cif_free(c);
        return NULL;
    }
    correct_stack_space(&c->cif);
    lay_out_frame(c);
#if FFIPY_HAVE_CALL_PLAN
    make_plans(c, nfixed);
#endif
    return c;
}

/* ffi_call() on arguments in the slots of a frame, by the shortest way this CIF has. */
static inline void cif_invoke_slots(cif_state *c, void (*address)(void), void *result,
                                    void **avalues)
{
#if FFIPY_HAVE_CALL_PLAN
    if (LIKELY(c->slot_plan != NULL)) {
        ffi_call_plan_invoke(c->slot_plan, address, result, avalues);
        return;
    }
#endif
    ffi_call(&c->cif, address, result, avalues);
}

/* The same on arguments anywhere. */
static inline void cif_invoke(cif_state *c, void (*address)(void), void *result, void **avalues)
{
#if FFIPY_HAVE_CALL_PLAN
    if (LIKELY(c->plan != NULL)) {
        ffi_call_plan_invoke(c->plan, address, result, avalues);
        return;
    }
#endif
    ffi_call(&c->cif, address, result, avalues);
}

#endif
