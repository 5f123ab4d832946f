/* Calls under watch, for traces and crash reports.

   Nothing on the way of a call asks whether it is watched: functions are bound to other doors while
   something watches (calls/function.h).  Those call with a target of their own, whose lifetime cannot be pinned;
   the test for that is there anyhow, and what it finds is off the way of all others. */
#ifndef FFIPY_CALLS_WATCHED_H
#define FFIPY_CALLS_WATCHED_H

#include <Python.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/interpreter.h"
#include "base/lifetime.h"
#include "base/os/room.h"
#include "calls/errors.h"
#include "calls/running.h"
#include "model/call.h"
#include "model/cif.h"
#include "model/function.h"
#include "model/hooks.h"
#include "model/watched.h"

static lifetime watched_life = {.pins = LIFETIME_CLOSED};

typedef struct {
    call_target target;             /* first: found by its address */
    const call_target *plain;
    PyObject *const *args;
} watched_target;

static inline int is_watched(const call_target *t)
{
    return t->life == &watched_life;
}

static void end_watched(watched_call *w)
{
    Py_DECREF(w->event);
    PyMem_RawFree(w);
}

/* End those of this interpreter up to `last`, which began first. */
COLD static void end_watched_up_to(const watched_call *last)
{
    watched_call **at = &watched_calls, *one;
    while (last != NULL) {
        one = *at;
        if (one->interpreter != last->interpreter) {
            at = &one->outer;
            continue;
        }
        *at = one->outer;
        if (one == last)
            last = NULL;
        end_watched(one);
    }
}

/* Those that a longjmp left; with them goes what began under them. */
COLD static void forget_dead_watched(const PyInterpreterState *here, uintptr_t mark, const void *frame)
{
    const watched_call *last = NULL, *at;
    for (at = watched_calls; at != NULL; at = at->outer)
        if (at->interpreter == here && is_dead(&(running_call){.mark = at->mark, .frame = at->frame}, mark, frame))
            last = at;
    end_watched_up_to(last);
}

/* The interpreter ends on this thread. */
COLD static void forget_watched(const PyInterpreterState *here)
{
    const watched_call *last = NULL, *at;
    for (at = watched_calls; at != NULL; at = at->outer)
        if (at->interpreter == here)
            last = at;
    end_watched_up_to(last);
}

/* The event that a new one is under, or NULL. */
COLD static PyObject *event_around(const PyInterpreterState *here)
{
    const watched_call *at = watched_calls;
    while (at != NULL && at->interpreter != here)
        at = at->outer;
    return at != NULL ? at->event : NULL;
}

/* `place`: of the call in the C stack.  0, with *begun NULL where what watches calls; or raises.  GIL. */
COLD static int begin_watch(const watched_what *what, const void *place, watched_call **begun)
{
    error_codes before;
    watched_call *w;

    *begun = NULL;
    if (watcher_runs)
        return 0;
    settle_own_errors();
    before = own_errors.codes;
    w = PyMem_RawCalloc(1, sizeof *w);
    if (w == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    w->mark = (uintptr_t)place;
    w->frame = frame_of(PyThreadState_Get());
    w->interpreter = PyInterpreterState_Get();
    ++watcher_runs;
    forget_dead_watched(w->interpreter, w->mark, w->frame);
    w->event = core.watch_begins(what, event_around(w->interpreter), &w->report);
    --watcher_runs;
    settle_own_errors();
    own_errors.codes = before;
    if (w->event == NULL) {
        PyMem_RawFree(w);
        return -1;
    }
    w->outer = watched_calls;
    watched_calls = *begun = w;
    return 0;
}

/* Greenlets end theirs in any order.  False: it was forgotten. */
COLD static int unlink_watched(watched_call *w)
{
    watched_call **at;
    for (at = &watched_calls; *at != NULL; at = &(*at)->outer) {
        if (*at == w) {
            *at = w->outer;
            return 1;
        }
    }
    return 0;
}

/* `result`: as C has it, or NULL; `error`: errno, or 0 for what there is not to say.  What is raised (status -1) is
   told and stays raised.  The status; or raises what the watcher did.  GIL. */
COLD static int end_watch(watched_call *w, const watched_what *what, const void *result, int error, int status)
{
    error_codes before;
    PyObject *exception;

    if (w == NULL || !unlink_watched(w))
        return status;
    settle_own_errors();
    before = own_errors.codes;
    if (status == 0)            /* what a signal's handler raises is the call's, and no failure of a look at it */
        status = PyErr_CheckSignals();
    exception = status < 0 ? take_exception() : NULL;
    ++watcher_runs;
    if (core.watch_ends(w->event, what, result, exception, error) < 0)
        status = -1;
    --watcher_runs;
    settle_own_errors();
    own_errors.codes = before;
    if (exception != NULL) {
        if (PyErr_Occurred())
            PyErr_WriteUnraisable(NULL);
        give_exception(exception);
    }
    end_watched(w);
    return status;
}

#endif
