/* libffi writes integer results narrower than an ffi_arg as an ffi_arg. */
#ifndef FFIPY_LIBFFI_RESULTS_H
#define FFIPY_LIBFFI_RESULTS_H

#include <Python.h>
#include <ffi.h>
#include <stdint.h>
#include <string.h>

#include "model/type.h"

/* Narrow integer results are written as an ffi_arg. */
static size_t result_size(const type_info *type)
{
    const type_info *plain = plain_type(type);
    if (plain->kind == K_VOID)
        return 0;
    if (plain->size < sizeof(ffi_arg)
        && (plain->kind <= K_CHAR32 || is_pointer_kind(plain->kind)))
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
    if (type->size >= sizeof(ffi_arg)
        || !(type->kind <= K_CHAR32 || is_pointer_kind(type->kind)) || type->kind == K_VOID)
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
#define WIDEN(kind, ctype, wide) \
    case kind: { ctype narrow_; memcpy(&narrow_, where, sizeof narrow_); \
                 *(wide *)where = (wide)narrow_; return; }
    WIDEN(K_BOOL, uint8_t, ffi_arg)
    WIDEN(K_CHAR, char, ffi_sarg)
    WIDEN(K_S8, int8_t, ffi_sarg)
    WIDEN(K_U8, uint8_t, ffi_arg)
    WIDEN(K_S16, int16_t, ffi_sarg)
    WIDEN(K_U16, uint16_t, ffi_arg)
    WIDEN(K_S32, int32_t, ffi_sarg)
    WIDEN(K_U32, uint32_t, ffi_arg)
    WIDEN(K_CHAR16, uint16_t, ffi_arg)
    WIDEN(K_CHAR32, uint32_t, ffi_arg)
    WIDEN(K_POINTER, uintptr_t, ffi_arg)
    WIDEN(K_PTR, uintptr_t, ffi_arg)
    WIDEN(K_STRING, uintptr_t, ffi_arg)
    WIDEN(K_BYTES, uintptr_t, ffi_arg)
    WIDEN(K_WSTRING, uintptr_t, ffi_arg)
    WIDEN(K_FUNCTION, uintptr_t, ffi_arg)
#undef WIDEN
        // clang-format on
    default:
        return;
    }
}

#endif
