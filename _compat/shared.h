/* What threads share where there is no GIL: written once, or under the lock of the object that has it. */
#ifndef COMPAT_SHARED_H
#define COMPAT_SHARED_H

#include <Python.h>

#include "base/locks.h"
#include "libffi/libffi_api.h"

/* MSVC builds no front without a GIL. */
#if FREE_THREADED && defined(__GNUC__)
#define SHARED_LOAD(place) __atomic_load_n(place, __ATOMIC_ACQUIRE)
#define SHARED_STORE(place, value) __atomic_store_n(place, value, __ATOMIC_RELEASE)
#define SHARED_ADD(place, n) __atomic_add_fetch(place, n, __ATOMIC_SEQ_CST)
#define SHARED_FENCE() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#else
#define SHARED_LOAD(place) (*(place))
#define SHARED_STORE(place, value) (*(place) = (value))
#define SHARED_ADD(place, n) (*(place) += (n))
#define SHARED_FENCE() ((void)0)
#endif

typedef const libffi_cif *cif_handle;

/* A handle that is made when it is first asked for; who sees it sees the CIF, too. */
static inline cif_handle shared_handle(cif_handle *place)
{
    return SHARED_LOAD(place);
}

static inline void share_handle(cif_handle *place, cif_handle handle)
{
    SHARED_STORE(place, handle);
}

static inline void share_size(Py_ssize_t *place, Py_ssize_t size)
{
    SHARED_STORE(place, size);
}

/* How many rely on something. */
static inline Py_ssize_t shared_count(Py_ssize_t *count, int change)
{
    return SHARED_ADD(count, change);
}

static inline void shared_fence(void)
{
    SHARED_FENCE();
}

#endif
