/* When may C storage be looked at?  Everything that hands out an address shares
   one `lifetime` with the object that owns the storage: a memory, a library, or
   nobody at all (`forever`). */
#ifndef FFIPY_BASE_LIFETIME_H
#define FFIPY_BASE_LIFETIME_H

#include <Python.h>
#include <string.h>

#include "base/compiler.h"
#include "base/os/room.h"

/* Running calls and exported buffers, for which close() must wait; below zero once closed.
   One word, so that of two threads that close and pin at once one fails. */
typedef struct lifetime {
    Py_ssize_t pins;
#ifdef Py_GIL_DISABLED
    struct stripe *stripes;         /* a library's; `pins` then is one of STRIPED_... or closed */
#endif
} lifetime;

#define LIFETIME_CLOSED PY_SSIZE_T_MIN

/* Of what nobody ends, and of what has ended. */
static lifetime forever;
static lifetime over = {.pins = LIFETIME_CLOSED};

typedef enum {
    NOW_CLOSED,
    WAS_CLOSED,
    IN_USE
} closing;

#ifndef Py_GIL_DISABLED

#define lifetime_is_open(life) ((life)->pins >= 0)
#define lifetime_add(life, difference) ((life)->pins += (difference))

static inline int lifetime_open_library(lifetime *life)
{
    life->pins = 0;
    return 0;
}

#define lifetime_free_library(life) ((void)(life))

#else

/* Threads that call one library at once must not all write to one word: each counts in a
   cache line of its own (or shares it with few), and the sum counts. */
#define STRIPES 16
typedef struct stripe {
    _Alignas(64) Py_ssize_t pins;
} stripe;

enum {
    STRIPED_OPEN,
    STRIPED_CLOSING
};

THREAD_LOCAL(unsigned, own_stripe);        /* from 1; 0: not chosen yet */

COLD static unsigned choose_stripe(void)
{
    static unsigned threads;
    own_stripe = 1 + __atomic_fetch_add(&threads, 1, __ATOMIC_RELAXED) % STRIPES;
    return own_stripe;
}

static inline Py_ssize_t *pins_of_thread(const lifetime *life)
{
    unsigned own = own_stripe;
    return &life->stripes[(own ? own : choose_stripe()) - 1].pins;
}

static int lifetime_open_library(lifetime *life)
{
    void *stripes = aligned_room(sizeof(stripe), STRIPES * sizeof(stripe));
    if (stripes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(stripes, 0, STRIPES * sizeof(stripe));
    life->stripes = stripes;
    __atomic_store_n(&life->pins, STRIPED_OPEN, __ATOMIC_RELEASE);
    return 0;
}

#define lifetime_free_library(life) free_aligned((life)->stripes)

#define lifetime_is_open(life) (__atomic_load_n(&(life)->pins, __ATOMIC_ACQUIRE) >= 0)

/* Below one: it is closed.  `forever` must not become what all threads write to. */
static inline Py_ssize_t lifetime_add(lifetime *life, Py_ssize_t difference)
{
    if (life == &forever)
        return 1;
    if (life->stripes == NULL)
        return __atomic_add_fetch(&life->pins, difference, __ATOMIC_ACQ_REL);
    /* In one order with close(): either it sees this pin or the pin sees it. */
    __atomic_add_fetch(pins_of_thread(life), difference, __ATOMIC_SEQ_CST);
    while (UNLIKELY(difference > 0)) {
        Py_ssize_t state = __atomic_load_n(&life->pins, __ATOMIC_SEQ_CST);
        if (LIKELY(state == STRIPED_OPEN))
            break;
        if (state < 0)
            return state;
        /* close() is adding up: it needs a few loads to come to a decision, and this pin may
           be what makes it decide against. */
    }
    return 1;
}

#endif

#define lifetime_unpin(life) ((void)lifetime_add(life, -1))

/* False: it is closed. */
static inline int lifetime_pin(lifetime *life)
{
#ifndef Py_GIL_DISABLED
    if (LIKELY(lifetime_is_open(life))) {
        ++life->pins;
        return 1;
    }
    return 0;
#else
    if (LIKELY(lifetime_add(life, 1) > 0))
        return 1;
    lifetime_unpin(life);
    return 0;
#endif
}

#ifdef Py_GIL_DISABLED
/* lifetime_close() where pins are counted by thread.  No GIL. */
static closing close_striped(lifetime *life)
{
    Py_ssize_t state = STRIPED_OPEN, pins = 0;
    int i;
    while (!__atomic_compare_exchange_n(&life->pins, &state, STRIPED_CLOSING, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
        if (state < 0)
            return WAS_CLOSED;
        state = STRIPED_OPEN;           /* another thread is at it */
    }
    for (i = 0; i < STRIPES; ++i)
        pins += __atomic_load_n(&life->stripes[i].pins, __ATOMIC_SEQ_CST);
    __atomic_store_n(&life->pins, pins == 0 ? LIFETIME_CLOSED : STRIPED_OPEN, __ATOMIC_SEQ_CST);
    return pins == 0 ? NOW_CLOSED : IN_USE;
}
#endif

/* Close it, unless it is pinned.  Never raises; the caller frees what was NOW_CLOSED. */
static closing lifetime_close(lifetime *life)
{
    Py_ssize_t pins = 0;
#ifdef Py_GIL_DISABLED
    if (life->stripes != NULL)
        return close_striped(life);
#endif
    if (__atomic_compare_exchange_n(&life->pins, &pins, LIFETIME_CLOSED, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return NOW_CLOSED;
    return pins < 0 ? WAS_CLOSED : IN_USE;
}

#endif
