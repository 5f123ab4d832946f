/* The CIFs of a signature's calls that came first, found by a number that says what their arguments are.

   Slots are filled once and never change, so any number of threads may look while others add. */
#ifndef COMPAT_CTYPES_KNOWN_CALLS_H
#define COMPAT_CTYPES_KNOWN_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "libffi/libffi_api.h"

enum { KNOWN_CALLS = 4 };

typedef struct {
    uint64_t key;                       /* 0: not there, or not yet */
    const libffi_cif *handle;           /* borrowed from who keeps the CIF */
} known_call;

/* Borrowed; NULL: it is not known. */
static inline const libffi_cif *known_call_find(known_call *calls, uint64_t key)
{
    int i;
    for (i = 0; i < KNOWN_CALLS; ++i)
        if (__atomic_load_n(&calls[i].key, __ATOMIC_ACQUIRE) == key)
            return calls[i].handle;
    return NULL;
}

/* While there is room. */
static void known_call_add(known_call *calls, uint64_t key, const libffi_cif *handle)
{
    int i;
    for (i = 0; i < KNOWN_CALLS; ++i) {
        const libffi_cif *nobody = NULL;
        if (__atomic_compare_exchange_n(&calls[i].handle, &nobody, handle, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            __atomic_store_n(&calls[i].key, key, __ATOMIC_RELEASE);
            return;
        }
    }
}

#endif
