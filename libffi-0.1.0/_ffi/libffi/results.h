/* libffi writes integer results narrower than an ffi_arg as an ffi_arg. */
#ifndef FFIPY_LIBFFI_RESULTS_H
#define FFIPY_LIBFFI_RESULTS_H

#include <Python.h>
#include <ffi.h>
#include <stdint.h>
#include <string.h>

#include "model/kinds.h"
#include "model/type.h"

/* Narrow integer results are written as an ffi_arg. */
static size_t result_size(const type_info *type)
{
    const type_info *plain = plain_type(type);
    if (plain->kind == K_VOID)
        return 0;
    if (plain->size < sizeof(ffi_arg) && is_word_kind(plain->kind))
        return sizeof(ffi_arg);
    return plain->size;
}

/* libffi writes integer results narrower than an ffi_arg as an ffi_arg: on a big-endian
   machine the value is at the far end. */
static inline void narrow_result(const type_info *type, void *where)
{
#if PY_BIG_ENDIAN
    ffi_arg wide;
    type = plain_type(type);
    if (type->size >= sizeof(ffi_arg) || !is_word_kind(type->kind))
        return;
    memcpy(&wide, where, sizeof wide);
    memmove(where, (char *)where + sizeof wide - type->size, type->size);
#else
    (void)type;
    (void)where;
#endif
}

/* The other direction, for the result of a closure. */
static inline void widen_result(const type_info *type, void *where)
{
    type = plain_type(type);
    if (type->size >= sizeof(ffi_arg))
        return;
    switch (type->kind) {
        // clang-format off
#define NOT(kind, ctype)
#define ZEROS(kind, ctype) WIDEN(kind, ctype, ffi_arg)
#define SIGN(kind, ctype) WIDEN(kind, ctype, ffi_sarg)
#define WIDEN(kind, ctype, wide)                                                                 \
    case kind: { ctype narrow_; memcpy(&narrow_, where, sizeof narrow_);                         \
                 *(wide *)where = (wide)narrow_; return; }
#define KIND(kind, name, ctype, format, widening, ffi) widening(K_##kind, ctype)
    FFIPY_KINDS(KIND)
#undef KIND
#undef WIDEN
#undef SIGN
#undef ZEROS
#undef NOT
        // clang-format on
    default:
        return;
    }
}

#endif
