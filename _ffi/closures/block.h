/* What C has the address of: a closure's block, its parts and its end. */
#ifndef FFIPY_BLOCK_H
#define FFIPY_BLOCK_H

/* A native raw API (i386 only) takes no structs and crashes with static trampolines; there a
   raw closure is a plain one. */
#define RAW_CLOSURES (FFIPY_HAVE_RAW && !FFI_NATIVE_RAW_API)

typedef enum { PLAIN_CLOSURE, GO_CLOSURE, RAW_CLOSURE } closure_form;

/* What C gets when the callable raises. */
typedef struct {
    PyObject *keeps;                /* owned: what the bytes point to, or NULL */
    _Alignas(ffi_arg) char bytes[];
} error_default;

/* What C holds the address of.  It outlives its Python object by the quarantine, so that a
   late call finds out instead of crashing. */
struct closure_block {
    union {
        ffi_closure plain;
#if FFIPY_HAVE_GO
        ffi_go_closure go;
#endif
#if RAW_CLOSURES
        ffi_raw_closure *raw;       /* larger than the others, and rare */
#endif
    } as;
    void *code;                     /* what C calls; a Go closure: the block itself */
    cif_state *state;
    ClosureObject *closure;         /* NULL: expired */
    PyObject *name;                 /* owned */
    PyObject *origin;               /* owned: code object of an expired closure, or NULL */
    PyObject *kept;                 /* owned: dict thread -> what its last result points to, or NULL */
    error_default *on_error;        /* owned; NULL: zeros */
    closure_block *next;            /* in the quarantine, or among the spare ones */
    double made;                    /* seconds of the monotonic clock */
    int inside;                     /* calls that hold the GIL; changes under the GIL */
    int arriving;                   /* calls that came without it, until they have left */
    short_lock lock;                /* for the closure, its callable, kept and what a report says */
    char form;                      /* a closure_form */
    char is_spare;                  /* does not own its CIF, which may be about to go */
    char was_closed;                /* not collected */
};

static inline int block_is_busy(closure_block *block)
{
    return block->inside != 0 || __atomic_load_n(&block->arriving, __ATOMIC_ACQUIRE) != 0;
}

static PyObject *block_cif(const closure_block *block)
{
    return block->state->object;
}

/* libffi looks up a closure's segment, when it is made and when it is prepared, without its own lock. */
static short_lock allocating;

static void *closure_alloc(size_t size, void **code)
{
    void *closure;
    LOCK(&allocating);
    closure = ffi_closure_alloc(size, code);
    UNLOCK(&allocating);
    return closure;
}

static void closure_free(void *closure)
{
    LOCK(&allocating);
    ffi_closure_free(closure);
    UNLOCK(&allocating);
}

static double seconds_since(double then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - then;
}

static void drop_on_error(closure_block *block)
{
    error_default *on_error = block->on_error;
    block->on_error = NULL;
    if (on_error != NULL)
        Py_XDECREF(on_error->keeps);
    PyMem_RawFree(on_error);
}

static void block_free(closure_block *block)
{
    PyObject *cif = block->is_spare ? NULL : block_cif(block);

    Py_XDECREF(block->name);
    Py_XDECREF(block->origin);
    Py_XDECREF(block->kept);
    drop_on_error(block);
    switch ((closure_form)block->form) {
    case PLAIN_CLOSURE:
        closure_free(block);
        break;
    case RAW_CLOSURE:
#if RAW_CLOSURES
        closure_free(block->as.raw);
#endif
        /* fall through */
    case GO_CLOSURE:
        PyMem_RawFree(block);
    }
    Py_XDECREF(cif);
}

#endif
