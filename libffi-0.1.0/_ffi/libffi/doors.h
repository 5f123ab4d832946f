/* What C's calls of closures go through where this code is a copy, which is unloaded after its interpreter's end:
   doors lie in the first image, which stays, and so does what libffi needs to know of them. */
#ifndef FFIPY_LIBFFI_DOORS_H
#define FFIPY_LIBFFI_DOORS_H

#include <Python.h>
#include <ffi.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/os/threads.h"

typedef void door_handler(ffi_cif *cif, void *result, void **args, void *user);

/* Of C's memory, with a CIF of its own: nothing of it is Python's, whose memory goes with the interpreter. */
typedef struct door {
    struct door *next, **at;        /* among those of its image, then among those that lead nowhere */
    door_handler *handler;          /* in the copy; NULL: its interpreter has ended */
    void *user;
    long inside;                    /* calls that are on this side of the handler, or in it */
    size_t result_bytes;
    ffi_cif cif;
    _Alignas(void *) char types[];
} door;

/* Those of one image. */
typedef struct {
    door *first;
} door_list;

static void list_door(door_list *list, door *d)
{
    d->next = list->first;
    d->at = &list->first;
    if (d->next != NULL)
        d->next->at = &d->next;
    list->first = d;
}

static void unlist_door(door *d)
{
    *d->at = d->next;
    if (d->next != NULL)
        d->next->at = d->at;
}

/* ---- a copy of a CIF ---- */

static size_t room_of_type(const ffi_type *type)
{
    size_t room = sizeof *type, i;
    if (type->elements == NULL)
        return room;
    for (i = 0; type->elements[i] != NULL; ++i)
        if (i == 0 || type->elements[i] != type->elements[i - 1])   /* an array's are the same */
            room += room_of_type(type->elements[i]);
    return room + (i + 1) * sizeof *type->elements;
}

static ffi_type *copy_type(const ffi_type *type, char **room)
{
    ffi_type *copy = (ffi_type *)*room;
    size_t i, n = 0;

    *copy = *type;
    *room += sizeof *copy;
    if (type->elements == NULL)
        return copy;
    while (type->elements[n] != NULL)
        ++n;
    copy->elements = (ffi_type **)*room;
    *room += (n + 1) * sizeof *copy->elements;
    for (i = 0; i < n; ++i)
        copy->elements[i] = i > 0 && type->elements[i] == type->elements[i - 1]
                                ? copy->elements[i - 1]
                                : copy_type(type->elements[i], room);
    copy->elements[n] = NULL;
    return copy;
}

/* As closures write results: whole words, if they are numbers. */
static size_t bytes_of_result(const ffi_type *type)
{
    switch (type->type) {
    case FFI_TYPE_VOID:
        return 0;
    case FFI_TYPE_INT:
    case FFI_TYPE_UINT8:
    case FFI_TYPE_SINT8:
    case FFI_TYPE_UINT16:
    case FFI_TYPE_SINT16:
    case FFI_TYPE_UINT32:
    case FFI_TYPE_SINT32:
    case FFI_TYPE_POINTER:
        return type->size < sizeof(ffi_arg) ? sizeof(ffi_arg) : type->size;
    default:
        return type->size;
    }
}

/* NULL: no memory. */
static door *door_new(const ffi_cif *cif, door_handler *handler, void *user)
{
    size_t room = room_of_type(cif->rtype) + cif->nargs * sizeof(ffi_type *);
    char *at;
    unsigned i;
    door *d;

    for (i = 0; i < cif->nargs; ++i)
        room += room_of_type(cif->arg_types[i]);
    d = calloc(1, sizeof *d + room);
    if (d == NULL)
        return NULL;
    d->handler = handler;
    d->user = user;
    d->result_bytes = bytes_of_result(cif->rtype);
    d->cif = *cif;
    d->cif.arg_types = (ffi_type **)d->types;
    at = d->types + cif->nargs * sizeof(ffi_type *);
    d->cif.rtype = copy_type(cif->rtype, &at);
    for (i = 0; i < cif->nargs; ++i)
        d->cif.arg_types[i] = copy_type(cif->arg_types[i], &at);
    return d;
}

/* ---- calls ---- */

/* In the first image.  Who counts has come in before the handler is looked at: so with no handler and nobody inside
   nothing of the copy is in use. */
static void enter_door(ffi_cif *cif, void *result, void **args, void *user)
{
    door *d = user;
    door_handler *handler;

    __atomic_add_fetch(&d->inside, 1, __ATOMIC_SEQ_CST);
    handler = __atomic_load_n(&d->handler, __ATOMIC_SEQ_CST);
    if (LIKELY(handler != NULL))
        handler(cif, result, args, d->user);
    else
        memset(result, 0, d->result_bytes);
    __atomic_sub_fetch(&d->inside, 1, __ATOMIC_SEQ_CST);
}

/* From now on C's calls give zeros at once.  Whether calls are still inside. */
static int close_doors(door_list *list)
{
    door *d;
    int inside = 0;

    for (d = list->first; d != NULL; d = d->next)
        __atomic_store_n(&d->handler, NULL, __ATOMIC_SEQ_CST);
    for (d = list->first; d != NULL; d = d->next)
        inside |= __atomic_load_n(&d->inside, __ATOMIC_SEQ_CST) != 0;
    return inside;
}

#endif
