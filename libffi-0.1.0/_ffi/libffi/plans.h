/* libffi's call plans, and for which calls they are right. */
#ifndef FFIPY_LIBFFI_PLANS_H
#define FFIPY_LIBFFI_PLANS_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/align.h"
#include "model/cif.h"

#if FFIPY_HAVE_CALL_PLAN
/* The size of a plan that accelerates nothing: a long double never is. */
static size_t idle_plan_size(void)
{
    static size_t size;
    if (size == 0) {
        ffi_type *types[1] = {&ffi_type_longdouble};
        ffi_cif cif;
        ffi_call_plan *plan;
        if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_longdouble, types) != FFI_OK
            || (plan = ffi_call_plan_alloc(&cif)) == NULL)
            return 0;
        size = ffi_call_plan_size(plan);
        ffi_call_plan_free(plan);
    }
    return size;
}

static int has_vector(const ffi_type *type)
{
    ffi_type **element;
#ifdef FFI_TARGET_HAS_VECTOR_TYPE
    if (type->type == FFI_TYPE_VECTOR)
        return 1;
#endif
    if (type->type == FFI_TYPE_STRUCT && type->elements != NULL)
        for (element = type->elements; *element != NULL; ++element)
            if (has_vector(*element))
                return 1;
    return 0;
}

/* To be freed; NULL: it would gain nothing, be wrong, or there is no memory.  Raises nothing. */
static ffi_call_plan *plan_of(ffi_cif *cif)
{
    ffi_call_plan *plan;
    unsigned i;
    /* The plans of libffi 3.8.0 pass only the lower half of a 16-byte vector. */
    if (has_vector(cif->rtype))
        return NULL;
    for (i = 0; i < cif->nargs; ++i)
        if (has_vector(cif->arg_types[i]))
            return NULL;
    plan = ffi_call_plan_alloc(cif);
    if (plan != NULL && ffi_call_plan_size(plan) <= idle_plan_size()) {
        ffi_call_plan_free(plan);
        return NULL;
    }
    return plan;
}

#if WIDE_SLOTS
/* Note which of the (two) words at `offset` of a struct hold integers, which floats; 0: it
   holds what neither kind of register takes. */
static int classify_words(const ffi_type *type, size_t offset, ffi_type *words[2])
{
    ffi_type **element;

    switch (type->type) {
    case FFI_TYPE_FLOAT:
    case FFI_TYPE_DOUBLE:
        if (words[offset / 8] == NULL)
            words[offset / 8] = &ffi_type_double;
        return 1;
    case FFI_TYPE_SINT8:
    case FFI_TYPE_SINT16:
    case FFI_TYPE_SINT32:
    case FFI_TYPE_SINT64:
    case FFI_TYPE_UINT8:
    case FFI_TYPE_UINT16:
    case FFI_TYPE_UINT32:
    case FFI_TYPE_UINT64:
    case FFI_TYPE_INT:
    case FFI_TYPE_POINTER:
        words[offset / 8] = &ffi_type_uint64;
        return 1;
    case FFI_TYPE_STRUCT:
        for (element = type->elements; *element != NULL; ++element) {
            offset = align_up(offset, (*element)->alignment);
            if (!classify_words(*element, offset, words))
                return 0;
            offset += (*element)->size;
        }
        return 1;
    default:
        return 0;
    }
}

/* What `type` is to the slot plan: this many words, 0: it cannot be said. */
static unsigned lower(ffi_type *type, ffi_type *words[2])
{
    words[0] = words[1] = NULL;
    switch (type->type) {
    case FFI_TYPE_SINT8:
    case FFI_TYPE_SINT16:
    case FFI_TYPE_SINT32:
    case FFI_TYPE_INT:
        words[0] = &ffi_type_sint64;
        return 1;
    case FFI_TYPE_UINT8:
    case FFI_TYPE_UINT16:
    case FFI_TYPE_UINT32:
        words[0] = &ffi_type_uint64;
        return 1;
    case FFI_TYPE_FLOAT:            /* the low half of its register */
        words[0] = &ffi_type_double;
        return 1;
    case FFI_TYPE_STRUCT:
        if (type->size > 16 || !classify_words(type, 0, words))
            return 0;
        if (words[0] == NULL)
            return 0;
        if (type->size <= 8)
            return 1;
        return words[1] == NULL ? 0 : 2;
    default:
        words[0] = type;
        return 1;
    }
}

/* The plan for arguments in slots, where it differs; NULL where it does not or cannot be. */
static ffi_call_plan *plan_for_slots(cif_state *c, int nfixed)
{
    unsigned i, n = 0, structs = 0, differs = 0, integers = 1, floats = 0;
    ffi_status status;

    if (c->cif.abi != FFI_UNIX64)
        return NULL;
    c->wide = PyMem_Malloc(sizeof *c->wide + 2 * (c->nargs + 1) * sizeof *c->wide->types);
    if (c->wide == NULL)
        return NULL;
    for (i = 0; i < c->nargs; ++i) {
        ffi_type **words = &c->wide->types[n];
        unsigned j;
        c->args[i].words = lower(c->ffi_types[i], words);
        if (c->args[i].words == 0)
            return NULL;
        for (j = 0; j < c->args[i].words; ++j)
            if (words[j]->type == FFI_TYPE_FLOAT || words[j]->type == FFI_TYPE_DOUBLE)
                ++floats;
            else
                ++integers;
        n += c->args[i].words;
        structs |= c->ffi_types[i]->type == FFI_TYPE_STRUCT;
        differs |= words[0] != c->ffi_types[i];
    }
    /* A struct that finds too few registers left goes to the stack as a whole. */
    if (!differs || (structs && (integers > 6 || floats > 8 || nfixed >= 0)))
        return NULL;
    status = nfixed < 0
                 ? ffi_prep_cif(&c->wide->cif, c->cif.abi, n, c->cif.rtype, c->wide->types)
                 : ffi_prep_cif_var(&c->wide->cif, c->cif.abi, (unsigned)nfixed, n, c->cif.rtype,
                                    c->wide->types);
    return status == FFI_OK ? plan_of(&c->wide->cif) : NULL;
}
#endif

/* Raises nothing: without plans a call takes ffi_call(). */
static void make_plans(cif_state *c, int nfixed)
{
    c->plan = plan_of(&c->cif);
#if WIDE_SLOTS
    c->slot_plan = c->nothings ? NULL : plan_for_slots(c, nfixed);
    if (c->slot_plan == NULL)
#else
    (void)nfixed;
#endif
    {
        unsigned i;
        for (i = 0; i < c->nargs; ++i)
            if (c->args[i].how != AS_NOTHING)
                c->args[i].words = 1;
        c->slot_plan = c->plan;
    }
}
#endif

#endif
