/* A call or callback under watch, for traces and crash reports. */
#ifndef FFIPY_MODEL_WATCHED_H
#define FFIPY_MODEL_WATCHED_H

#include <Python.h>
#include <stdint.h>

#include "base/compiler.h"
#include "model/cif.h"

/* What watches is told of it. */
typedef struct {
    PyObject *name;                 /* str */
    const cif_state *cif;           /* of a variadic call: with the types of this one */
    void **values;                  /* where each argument is */
    PyObject *const *objects;       /* what Python gave for those that it gives, or NULL */
    const void *address;            /* of the function, or NULL */
    int is_callback;
    Py_ssize_t mapped;              /* by .map: how often it is called, `values` are the first ones; else -1 */
} watched_what;

/* One that has begun.  On the heap, as running_call: a place in the C stack may be gone. */
typedef struct watched_call {
    struct watched_call *outer;     /* of this thread, which began before */
    uintptr_t mark;                 /* where it began: compared, never followed */
    const void *frame;              /* the interpreter's then */
    PyInterpreterState *interpreter;
    PyObject *event;                /* owned: a TracedCall, of that interpreter */
    const char *report;             /* the event's: what a crash report says, or NULL */
} watched_call;

THREAD_LOCAL(watched_call *, watched_calls);   /* the innermost, of whatever interpreter */
THREAD_LOCAL(int, watcher_runs);              /* what it calls itself is not watched */

#endif
