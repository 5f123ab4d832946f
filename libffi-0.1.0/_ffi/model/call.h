/* A call that is running: what it and the closures under it know of each other. */
#ifndef FFIPY_MODEL_CALL_H
#define FFIPY_MODEL_CALL_H

#include <Python.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/os/error_codes.h"

/* What closures leave to the call that they ran under, until it returns.  Rare. */
typedef struct aftermath {
    const void *frame;              /* the interpreter's while the closures ran */
    PyObject *exception;            /* owned: the first one raised, or NULL */
    unsigned more;                  /* how many came after it */
    PyObject *results;              /* owned: list of what results point to, or NULL */
    size_t returned;                /* how many results were put there */
    struct aftermath *next;         /* of another frame */
} aftermath;

/* One call from Python into C.  All of it is this thread's, nothing in the C stack, where a call
   may be gone for now with a greenlet, or for good with a longjmp. */
typedef struct running_call {
    uintptr_t mark;                 /* where it began: an even address; + 1: it has an aftermath */
    const void *frame;              /* the interpreter's at the call; NULL: not noted */
    PyThreadState *saved;           /* of this thread, where the call has let go of the GIL */
    aftermath *left;
} running_call;

/* What a closure knows of the call that it runs under. */
typedef struct {
    running_call call;              /* paused; NO_CALL: none; MANY_CALLS: one of those, or none */
    const void *frame;              /* the interpreter's when the closure came */
    int attached;                   /* whether it came with the GIL */
} call_beneath;

#define NO_CALL ((uintptr_t)0)
#define MANY_CALLS ((uintptr_t)1)   /* they are in `other_calls` */

typedef struct other_call {
    running_call call;
    struct other_call *next;
} other_call;

/* The innermost call into C; its mark is NO_CALL also while a closure runs Python code. */
THREAD_LOCAL(running_call, current_call);

/* Where more than one runs with no closure of ours in between: another binding's callback runs
   Python code under it, which calls, or goes on with another greenlet.  The newest first. */
THREAD_LOCAL(other_call *, other_calls);

/* What C left, of a greenlet that waits in the middle of closures. */
typedef struct waiting_errors {
    const void *stack;
    error_codes codes;
    unsigned depth;
    struct waiting_errors *next;
} waiting_errors;

/* Together, so that a closure looks up one place. */
typedef struct {
    const void *stack;              /* Python's, of the greenlet whose codes these are: calls/errors.h */
    error_codes codes;
    error_codes outside;            /* the thread's, while the codes are a closure's */
    unsigned depth;                 /* closures under way in that greenlet */
    waiting_errors *waiting;
} thread_errors;
THREAD_LOCAL(thread_errors, own_errors);
#define saved_errno own_errors.codes.number

#endif
