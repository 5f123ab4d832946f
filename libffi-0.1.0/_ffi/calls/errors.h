/* Whose errno is this?  Each closure that is under way has C's, and what runs in none has the thread's.  Greenlets take
   turns in the middle of closures, without a word to us; each has a Python stack of its own, which tells. */
#ifndef FFIPY_CALLS_ERRORS_H
#define FFIPY_CALLS_ERRORS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/os/error_codes.h"
#include "model/call.h"

/* Another greenlet runs: its errors become this thread's.  Needs no GIL, only `stack` of this thread. */
COLD static void change_errors(const void *stack)
{
    thread_errors *own = &own_errors;
    waiting_errors **at, *one;

    if (own->depth != 0 && own->stack != NULL) {    /* else it had none yet when a thread of C's came in */
        one = PyMem_RawMalloc(sizeof *one);
        if (one != NULL) {                  /* else it is C's errno again when its closures end */
            *one = (waiting_errors){own->stack, own->codes, own->depth, own->waiting};
            own->waiting = one;
        }
        own->codes = own->outside;
        own->depth = 0;
    }
    own->stack = stack;
    for (at = &own->waiting; (one = *at) != NULL; at = &one->next) {
        if (one->stack == stack) {
            own->outside = own->codes;
            own->codes = one->codes;
            own->depth = one->depth;
            *at = one->next;
            PyMem_RawFree(one);
            return;
        }
    }
}

/* Afterwards this thread's errors are those of the greenlet that runs, with `state` of this thread. */
static ALWAYS_INLINE void settle_errors(const PyThreadState *state)
{
    const void *stack = python_stack_of(state);
    if (UNLIKELY(stack != own_errors.stack))
        change_errors(stack);
}

static inline void settle_own_errors(void)
{
    settle_errors(PyThreadState_Get());
}

/* Else they are the thread's, whoever runs. */
static inline int errors_may_be_closures(void)
{
    return UNLIKELY(own_errors.depth != 0 || own_errors.waiting != NULL);
}

/* A closure begins; `error` is C's.  Returns what its end wants back.  GIL. */
static ALWAYS_INLINE error_codes begin_errors(const PyThreadState *state, error_codes error)
{
    error_codes outer;
    settle_errors(state);
    outer = own_errors.codes;
    if (own_errors.depth++ == 0)
        own_errors.outside = outer;
    own_errors.codes = error;
    return outer;
}

/* It ends: what C's are to be now.  `error`: what they were.  GIL. */
static ALWAYS_INLINE error_codes end_errors(const PyThreadState *state, error_codes error, error_codes outer)
{
    settle_errors(state);
    if (LIKELY(own_errors.depth != 0)) {
        error = own_errors.codes;
        own_errors.codes = --own_errors.depth == 0 ? own_errors.outside : outer;
    }
    return error;
}

#endif
