/* When may C storage be looked at?  Everything that hands out an address shares
   one `lifetime` with the object that owns the storage: a memory, a library, or
   nobody at all (`forever`). */
#ifndef FFIPY_LIFETIME_H
#define FFIPY_LIFETIME_H

/* Running calls and exported buffers, for which close() must wait; below zero once closed.
   One word, so that of two threads that close and pin at once one fails. */
typedef struct lifetime {
    Py_ssize_t pins;
} lifetime;

#define LIFETIME_CLOSED PY_SSIZE_T_MIN

static lifetime forever = {0};

#ifdef Py_GIL_DISABLED
#define lifetime_is_open(life) (__atomic_load_n(&(life)->pins, __ATOMIC_ACQUIRE) >= 0)
/* `forever` must not become what all threads write to. */
#define lifetime_add(life, difference) \
    ((life) == &forever ? 1 : __atomic_add_fetch(&(life)->pins, difference, __ATOMIC_ACQ_REL))
#else
#define lifetime_is_open(life) ((life)->pins >= 0)
#define lifetime_add(life, difference) ((life)->pins += (difference))
#endif

#define lifetime_unpin(life) ((void)lifetime_add(life, -1))

/* False: it is closed. */
static inline int lifetime_pin(lifetime *life)
{
    if (__builtin_expect(lifetime_add(life, 1) > 0, 1))
        return 1;
    lifetime_unpin(life);
    return 0;
}

typedef enum { NOW_CLOSED, WAS_CLOSED, IN_USE } closing;

static closing lifetime_close(lifetime *life)
{
    Py_ssize_t pins = 0;
    if (__atomic_compare_exchange_n(&life->pins, &pins, LIFETIME_CLOSED, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return NOW_CLOSED;
    return pins < 0 ? WAS_CLOSED : IN_USE;
}

#endif
