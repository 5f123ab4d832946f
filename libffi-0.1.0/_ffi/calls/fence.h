/* The fence around a call into C: the GIL, errno, and whom the closures under it leave their
   exceptions to. */
#ifndef FFIPY_CALLS_FENCE_H
#define FFIPY_CALLS_FENCE_H

#include <Python.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/os/error_codes.h"
#include "calls/aftermath.h"
#include "calls/errors.h"
#include "calls/running.h"
#include "model/call.h"

/* What a fence does, known when it is compiled. */
enum {
    RELEASE_GIL = 1,
    SWAP_ERRNO = 2,             /* with this thread's saved_errno */
    USES_PYTHON = 4,            /* keeps the GIL and may run, or be, code that sets a Python exception */
    SWAP_LAST_ERROR = 8         /* Windows' own error code, likewise */
};

typedef struct {
    uintptr_t mark;
    PyThreadState *state;
} fence;

/* `place`: an even address in this part of the C stack.  GIL; without it afterwards, if so asked. */
static ALWAYS_INLINE void enter_fence(fence *f, const void *place, const int flags)
{
    f->mark = (uintptr_t)place;
    f->state = flags & RELEASE_GIL ? PyEval_SaveThread() : NULL;
    if (UNLIKELY(current_call.mark != NO_CALL)) {
        begin_beside_others(f->mark, f->state);
    } else {
        current_call.mark = f->mark;
        if (flags & RELEASE_GIL) {
            current_call.frame = frame_of(f->state);
            current_call.saved = f->state;
        } else if (flags & USES_PYTHON) {
            current_call.frame = frame_of(PyThreadState_Get());
        }
    }
    if (flags & (SWAP_ERRNO | SWAP_LAST_ERROR) && errors_may_be_closures())
        settle_errors(flags & RELEASE_GIL ? f->state : PyThreadState_Get());
    if (flags & SWAP_ERRNO)
        errno = saved_errno;
    if (flags & SWAP_LAST_ERROR)
        give_last_error(&own_errors.codes);
}

/* Does nobody else run here, have closures left nothing? */
static ALWAYS_INLINE int ends_plainly(const fence *f)
{
    return LIKELY(current_call.mark == f->mark);
}

/* 0; or raises what closures raised, or what C has set as Python's exception. */
static ALWAYS_INLINE int leave_fence(const fence *f, const int flags)
{
    int status = 0;

    if (flags & (SWAP_ERRNO | SWAP_LAST_ERROR)) {
        const error_codes codes = take_error_codes();
        if (errors_may_be_closures())
            settle_errors(flags & RELEASE_GIL ? f->state : PyThreadState_Get());
        if (flags & SWAP_LAST_ERROR)
            set_last_error_of(&own_errors.codes, last_error_of(&codes));
        if (flags & SWAP_ERRNO)
            saved_errno = codes.number;
    }
    if (flags & RELEASE_GIL)
        PyEval_RestoreThread(f->state);
    if (ends_plainly(f)) {
        current_call.mark = NO_CALL;
        if (flags & (RELEASE_GIL | USES_PYTHON))
            current_call.frame = NULL;
        if (flags & RELEASE_GIL)
            current_call.saved = NULL;
    } else {
        status = end_call(f->mark);
    }
    if (flags & RELEASE_GIL ? UNLIKELY(error_is_set(f->state))
                            : flags & USES_PYTHON && UNLIKELY(PyErr_Occurred() != NULL))
        status = -1;
    return status;
}

#endif
