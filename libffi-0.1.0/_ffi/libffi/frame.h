/* A call's frame: where each value lies. */
#ifndef FFIPY_LIBFFI_FRAME_H
#define FFIPY_LIBFFI_FRAME_H

#include <Python.h>
#include <ffi.h>

#include "base/align.h"
#include "libffi/nothing.h"
#include "libffi/results.h"
#include "model/cif.h"
#include "model/keeper.h"

static shortcut shortcut_for(const argument *a)
{
    if (a->passing)
        return a->passing == K_OUT ? AS_OUT : AS_REFERRED;
    switch (a->kind) {
    case K_S32: return AS_S32;
    case K_S64: return AS_S64;
    case K_U64: return AS_U64;
    case K_DOUBLE: return AS_DOUBLE;
    case K_POINTER:
    case K_PTR:
    case K_FUNCTION: return AS_POINTER;
    case K_STRING:
    case K_BYTES: return AS_TEXT;
    case K_STRUCT:
    case K_UNION: return is_nothing(a->type) ? AS_NOTHING : AS_MEMORY;
    default: return BY_RULE;
    }
}

static size_t slot_size(const type_info *type)
{
    return type->size > sizeof(ffi_arg) ? type->size : sizeof(ffi_arg);
}

static size_t slot_alignment(const type_info *type)
{
    return type->alignment > sizeof(ffi_arg) ? type->alignment : sizeof(ffi_arg);
}

/* Where each value of a call lies: offsets, size, alignment, and what follows of them. */
static void lay_out_frame(cif_state *c)
{
    size_t end, alignment = 16;
    unsigned i;

    end = c->result->kind == K_VOID ? sizeof(ffi_arg) : slot_size(c->result);
    if (c->result->alignment > alignment)
        alignment = c->result->alignment;
    for (i = 0; i < c->nargs; ++i) {
        argument *a = &c->args[i];
        size_t size = a->passing ? sizeof(ffi_arg) : slot_size(a->type);
        size_t align = a->passing ? sizeof(ffi_arg) : slot_alignment(a->type);
        a->offset = align_up(end, align);
        end = a->offset + size;
        if (align > alignment)
            alignment = align;
    }
    c->result_bytes = (unsigned)result_size(c->result);
    c->exchange_size = align_up(end, sizeof(ffi_arg));
    c->avalues = align_up(end, sizeof(void *));
    end = c->avalues + 2 * c->nargs * sizeof(void *);
    for (i = 0; i < c->nargs; ++i) {
        argument *a = &c->args[i];
        c->keeps |= a->passing || a->kind == K_INSTANCE || is_address_kind(a->kind) || is_aggregate_kind(a->kind);
        if (!a->passing) {
            c->nslots += is_address_kind(plain_type(a->type)->kind) != 0;
            continue;
        }
        c->nslots += 1;
        a->referred = align_up(end, slot_alignment(a->type));
        end = a->referred + slot_size(a->type);
        if (a->type->alignment > alignment)
            alignment = a->type->alignment;
    }
    c->slots = align_up(end, _Alignof(kept_slot));
    c->frame_size = align_up(c->slots + c->nslots * sizeof(kept_slot), alignment);
    c->frame_alignment = (unsigned)alignment;
    c->small = c->frame_size <= SMALL_FRAME && alignment <= 16;
    c->plain_nin = c->small && !c->variadic ? (Py_ssize_t)c->nin : -1;
}

#endif
