/* What C has the address of: a closure, and its block, which outlives it. */
#ifndef FFIPY_MODEL_CLOSURE_H
#define FFIPY_MODEL_CLOSURE_H

#include <Python.h>
#include <ffi.h>
#include <stdint.h>

#include "libffi_config.h"
#include "base/locks.h"
#include "model/cif.h"

typedef enum {
    PLAIN_CLOSURE,
    GO_CLOSURE,
    RAW_CLOSURE
} closure_form;

typedef struct closure_block closure_block;

typedef struct {
    PyObject_HEAD
    closure_block *block;
    PyObject *cif;
    PyObject *callable;
    PyObject *on_exception;         /* called with what the callable raises, or None */
} ClosureObject;

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
#if FFIPY_HAVE_RAW
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
    closure_block *after, **at;     /* among all blocks: closures/block.h */
    uint32_t made;                  /* hundredths of a second of the monotonic clock: modulo 497 days */
    int inside;                     /* calls that hold the GIL; changes under the GIL */
    int arriving;                   /* calls that came without it, until they have left */
    short_lock lock;                /* for the closure, its callable, kept and what a report says */
    char form;                      /* a closure_form */
    char is_spare;                  /* does not own its CIF, which may be about to go */
    char was_closed;                /* not collected */
};

static inline int is_closed_closure(const ClosureObject *closure)
{
    return __atomic_load_n(&closure->callable, __ATOMIC_RELAXED) == Py_None;
}

#endif
