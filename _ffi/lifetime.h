/* When may C storage be looked at?  Everything that hands out an address shares
   one `lifetime` with the object that owns the storage: a memory, a library, or
   nobody at all (`forever`). */
#ifndef FFIPY_LIFETIME_H
#define FFIPY_LIFETIME_H

typedef struct lifetime {
    int open;          /* cleared by close(): addresses derived from it are stale */
    Py_ssize_t pins;   /* running calls and exported buffers: close() must wait */
} lifetime;

static lifetime forever = {1, 0};

#ifdef Py_GIL_DISABLED
#define lifetime_pin(life) ((void)__atomic_fetch_add(&(life)->pins, 1, __ATOMIC_SEQ_CST))
#define lifetime_unpin(life) ((void)__atomic_fetch_sub(&(life)->pins, 1, __ATOMIC_SEQ_CST))
#define lifetime_is_open(life) __atomic_load_n(&(life)->open, __ATOMIC_SEQ_CST)
#else
#define lifetime_pin(life) ((void)++(life)->pins)
#define lifetime_unpin(life) ((void)--(life)->pins)
#define lifetime_is_open(life) ((life)->open)
#endif

/* Around a call.  Without a GIL, `forever` must not become what all threads write to. */
#ifdef Py_GIL_DISABLED
#define lifetime_enter(life) do { if ((life) != &forever) lifetime_pin(life); } while (0)
#define lifetime_leave(life) do { if ((life) != &forever) lifetime_unpin(life); } while (0)
#else
#define lifetime_enter(life) lifetime_pin(life)
#define lifetime_leave(life) lifetime_unpin(life)
#endif

#endif
