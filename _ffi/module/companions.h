/* Copies of other extensions, which go with the image of the interpreter that they are for. */
#ifndef FFIPY_MODULE_COMPANIONS_H
#define FFIPY_MODULE_COMPANIONS_H

#include <Python.h>
#include <stdlib.h>

#include "base/os/copies.h"
#include "libffi/closures.h"

typedef struct companion {
    struct companion *next;
    void *symbol;                   /* in the original, which the copy stands for ... */
    void *copied;                   /* ... and in the copy */
    void *copy;
    address_range range;
    void (*end)(int step);          /* lets go of what its variables hold, as base/emptying.h says; NULL: it cannot */
} companion;

static companion *companions;
static address_range own_range;     /* of the image that this is */

/* Under the lock, in a copy.  NULL with the reason in `why`. */
static companion *find_companion(void *symbol, const char *name, char *why, size_t room)
{
    companion *one;

    for (one = companions; one != NULL; one = one->next)
        if (one->symbol == symbol)
            return one;
    one = malloc(sizeof *one);
    if (one == NULL) {
        PyOS_snprintf(why, room, "out of memory");
        return NULL;
    }
    one->symbol = symbol;
    one->copied = NULL;
    one->copy = host->copy(symbol, why, room);
    if (one->copy != NULL && (one->copied = copied_symbol(one->copy, name)) == NULL) {
        PyOS_snprintf(why, room, "it has no %.100s", name);
        close_copy(one->copy);
    }
    if (one->copied == NULL) {
        free(one);
        return NULL;
    }
    one->range = range_of(one->copied);
    one->end = (void (*)(int))copied_symbol(one->copy, "libffi_module_end");
    one->next = companions;
    companions = one;
    return one;
}

static void close_companions(companion **at)
{
    companion *one;
    while ((one = *at) != NULL) {
        *at = one->next;
        close_copy(one->copy);
        free(one);
    }
}

/* In this image, or in a companion of it? */
static inline int is_in_a_copy(const void *address)
{
    const companion *one;
    for (one = companions; one != NULL; one = one->next)
        if (is_in_range(one->range, address))
            return 1;
    return is_in_range(own_range, address);
}

#endif
