/* Arguments and results without size: libffi knows no such types, so it is not told of them. */
#ifndef FFIPY_LIBFFI_NOTHING_H
#define FFIPY_LIBFFI_NOTHING_H

#include <Python.h>
#include <ffi.h>

#include "base/compiler.h"
#include "base/os/empty_structs.h"
#include "libffi/faults.h"
#include "model/cif.h"
#include "model/type.h"

static inline int is_nothing(const type_info *type)
{
    return type->size == 0 && is_aggregate_value_kind(type->kind);
}

static empty_rule nothing_as_argument(int abi)
{
    (void)abi;
    return WINDOWS_ABI_ON_UNIX(abi) ? EMPTY_IS_BY_ADDRESS : EMPTY_ARGUMENT;
}

/* What libffi is told of an argument without size; NULL: there is none. */
static ffi_type *argument_of_nothing(int abi)
{
    return nothing_as_argument(abi) == EMPTY_IS_BY_ADDRESS ? &ffi_type_pointer : NULL;
}

/* ... of such a result: where C wants an address for it, a struct that libffi puts in memory, too. */
static ffi_type *result_of_nothing(void)
{
    static ffi_type *three[] = {&ffi_type_uint8, &ffi_type_uint8, &ffi_type_uint8, NULL};
    static ffi_type in_memory = {3, 1, FFI_TYPE_STRUCT, three};
    return EMPTY_RESULT == EMPTY_IS_BY_ADDRESS ? &in_memory : &ffi_type_void;
}

/* An address of nothing, and where that lies. */
static void *nowhere = &nowhere;

/* The addresses of all arguments, made those of libffi's: `to` may be `from`. */
COLD static void leave_out_nothing(const cif_state *c, void **from, void **to)
{
    unsigned i;
    for (i = 0; i < c->nargs; ++i)
        if (c->args[i].how != AS_NOTHING)
            *to++ = from[i];
        else if (c->args[i].words)
            *to++ = &nowhere;
}

/* The other direction, for a handler; not in place. */
COLD static void put_in_nothing(const cif_state *c, void **from, void **to)
{
    unsigned i;
    for (i = 0; i < c->nargs; ++i) {
        to[i] = c->args[i].how == AS_NOTHING ? (void *)&nowhere : *from;
        from += c->args[i].words;
    }
}

#endif
