/* Into C and back: the fence, and the pin of the library that the function is from. */
#ifndef FFIPY_CALLS_INVOKE_H
#define FFIPY_CALLS_INVOKE_H

#include <Python.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "base/os/room.h"
#include "base/stack.h"
#include "calls/fence.h"
#include "calls/watched.h"
#include "libffi/cif.h"
#include "model/cif.h"
#include "model/function.h"
#include "values/address.h"

/* Raises ValueError. */
COLD static void closed_library(const call_target *t)
{
    PyErr_Format(PyExc_ValueError, "%U(): its library is closed", t->name);
}

static int invoke_watched(const watched_target *watched, cif_state *c, void *result, void **avalues);

/* The function's lifetime could not be pinned: it is a call under watch, or its library is closed.  0; or raises. */
COLD static int invoke_otherwise(const call_target *t, cif_state *c, void *result, void **avalues)
{
    if (c->result_kind == K_OBJECT)             /* which is let go of if C returns it and something is raised */
        write_address(result, NULL);
    if (is_watched(t))
        return invoke_watched((const watched_target *)t, c, result, avalues);
    closed_library(t);
    return -1;
}

/* A large call takes room for its frame and for what it passes on the stack.  0 raises
   RecursionError. */
static inline int call_fits_stack(const cif_state *c)
{
    return LIKELY(c->small) || need_stack((size_t)c->frame_size + c->cif.bytes) == 0;
}

/* A fence around a function of a library, which stays open for as long.  -1 with ValueError. */
static ALWAYS_INLINE int enter_function(const call_target *t, fence *f, const void *place, const int flags)
{
    if (UNLIKELY(!lifetime_pin(t->life))) {
        closed_library(t);
        return -1;
    }
    enter_fence(f, place, flags);
    return 0;
}

/* 0; -1 raises what closures or C did.  GIL. */
static ALWAYS_INLINE int leave_function(const call_target *t, const fence *f, const int flags)
{
    int status = leave_fence(f, flags);
    lifetime_unpin(t->life);
    return status;
}

/* 0; -1 raises.  GIL. */
static ALWAYS_INLINE int invoke_fenced(const call_target *t, cif_state *c, void *result, void **avalues,
                                       const int flags)
{
    fence f;
    if (UNLIKELY(!lifetime_pin(t->life)))
        return invoke_otherwise(t, c, result, avalues);
    enter_fence(&f, result, flags);
    cif_invoke_slots(c, t->address, result, avalues);
    return leave_function(t, &f, flags);
}

/* Whatever the flags: compiled once, so that it takes no registers from the commonest.  0; -1 raises.  GIL. */
NOINLINE static int invoke_anyhow(const call_target *t, cif_state *c, void *result, void **avalues)
{
    return invoke_fenced(t, c, result, avalues, t->fence);
}

/* What is known of a function's options where a call is compiled. */
typedef enum {
    HOLDS_GIL,                      /* and nothing else, no errcheck either */
    RELEASES_GIL,
    ANY_OPTIONS
} known_options;

static inline known_options options_of(const call_target *t)
{
    if (t->errcheck != Py_None || (t->fence != 0 && t->fence != RELEASE_GIL))
        return ANY_OPTIONS;
    return t->fence == 0 ? HOLDS_GIL : RELEASES_GIL;
}

/* errno of a function that does not save it is told, but not saved: it begins as none. */
COLD static int invoke_watched(const watched_target *watched, cif_state *c, void *result, void **avalues)
{
    const call_target *t = watched->plain;
    watched_what what = {.name = t->name, .cif = c, .objects = watched->args, .mapped = -1};
    watched_call *w;
    int status = -1, error = 0;
    unsigned i;
    fence f;

    what.address = (const void *)t->address;
    what.values = alloca((c->nargs + 1) * sizeof *what.values);
    for (i = 0; i < c->nargs; ++i)
        what.values[i] = (char *)result + c->args[i].offset;
    if (begin_watch(&what, result, &w) < 0)
        return -1;
    if (enter_function(t, &f, result, t->fence) == 0) {
        if (!(t->fence & SWAP_ERRNO))
            errno = 0;
        cif_invoke_slots(c, t->address, result, avalues);
        error = errno;                  /* saved_errno may be another greenlet's closure's by now */
        status = leave_function(t, &f, t->fence);
    }
    return end_watch(w, &what, status < 0 ? NULL : result, error, status);
}

/* Invoke as the function's options say, with arguments in slots; `result` is in this frame of the C stack,
   or a block of this call's own.  0; or raises what closures or C did.  GIL. */
static ALWAYS_INLINE int invoke_slots(const call_target *t, cif_state *c, void *result, void **avalues,
                                      const known_options known)
{
    if (known == HOLDS_GIL || (known == ANY_OPTIONS && t->fence == 0))
        return invoke_fenced(t, c, result, avalues, 0);
    if (known == RELEASES_GIL || LIKELY(t->fence == RELEASE_GIL))
        return invoke_fenced(t, c, result, avalues, RELEASE_GIL);
    return invoke_anyhow(t, c, result, avalues);
}

#endif
