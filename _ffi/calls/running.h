/* Which call into C runs here: on this thread, in this greenlet. */
#ifndef FFIPY_CALLS_RUNNING_H
#define FFIPY_CALLS_RUNNING_H

#include <Python.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/stack.h"
#include "model/call.h"

static inline uintptr_t plain_mark(const running_call *call)
{
    return call->mark & ~(uintptr_t)1;
}

/* A call that keeps the GIL does not note its frame: that would cost it the look-up of its thread. */
static inline int has_no_frame(const running_call *call)
{
    return call->frame == NULL && call->saved == NULL;
}

/* Does a closure run directly under `call`?  `frame` is the interpreter's when it came, `attached`
   whether it came with the GIL.  Where the call's frame is not known this may be wrong, for a call
   whose greenlet waits in another binding's callback; its end finds out. */
static inline int runs_under(const running_call *call, const void *frame, int attached)
{
    return has_no_frame(call) ? attached : call->frame == frame;
}

/* Without memory the call is forgotten, and its closures' exceptions go to sys.unraisablehook. */
COLD static void add_other_call(const running_call *call)
{
    other_call *other = PyMem_RawMalloc(sizeof *other);
    if (other == NULL)
        return;
    other->call = *call;
    other->next = other_calls;
    other_calls = other;
}

/* Take it out of the list and free it. */
COLD static running_call remove_other_call(other_call **at)
{
    other_call *other = *at;
    running_call call = other->call;
    *at = other->next;
    PyMem_RawFree(other);
    if (current_call.mark != MANY_CALLS)
        return call;
    if (other_calls == NULL) {
        current_call = (running_call){0};
    } else if (call.saved != NULL && call.saved == current_call.saved) {    /* another interpreter's may end now */
        other = other_calls;
        while (other != NULL && other->call.saved == NULL)
            other = other->next;
        current_call.saved = other != NULL ? other->call.saved : NULL;
    }
    return call;
}

/* Make room for one more call that does not end before what is there now. */
COLD static void set_current_aside(void)
{
    PyThreadState *saved = current_call.saved;
    if (current_call.mark != NO_CALL && current_call.mark != MANY_CALLS)
        add_other_call(&current_call);
    current_call = (running_call){.mark = MANY_CALLS, .saved = saved};
}

/* Was `call` left by a longjmp?  It began under the frame that runs now, at `mark` too or in a part of the
   stack that is not in use. */
static int is_dead(const running_call *call, uintptr_t mark, const void *frame)
{
    uintptr_t began = plain_mark(call);
    if (frame == NULL || call->frame != frame)
        return 0;
    if (stack_reserve == 0)
        find_stack();
    return began == mark || (began >= (uintptr_t)stack_end && began < (uintptr_t)__builtin_frame_address(0));
}

/* Forget the dead calls, in favour of one that begins at `mark`; what was left to them is the caller's.
   How many. */
COLD static int forget_dead_calls(uintptr_t mark, const void *frame, aftermath **left)
{
    other_call **at = &other_calls;
    int dead = 0;

    *left = NULL;
    if (current_call.mark != MANY_CALLS) {
        if (!is_dead(&current_call, mark, frame))
            return 0;
        *left = current_call.left;
        current_call = (running_call){0};
        return 1;
    }
    while (*at != NULL) {
        if (is_dead(&(*at)->call, mark, frame)) {
            running_call call = remove_other_call(at);
            while (call.left != NULL) {
                aftermath *one = call.left;
                call.left = one->next;
                one->next = *left;
                *left = one;
            }
            ++dead;
        } else {
            at = &(*at)->next;
        }
    }
    return dead;
}

/* One more call, where others run; without memory it is forgotten. */
COLD static void begin_beside_others(uintptr_t mark, PyThreadState *saved)
{
    running_call call = {mark, frame_of(saved != NULL ? saved : PyThreadState_Get()), saved, NULL};
    set_current_aside();
    add_other_call(&call);
    if (saved != NULL)
        current_call.saved = saved;
}

/* A call that began at `mark` is over; what is known of it, zeros where it was forgotten. */
COLD static running_call remove_call(uintptr_t mark, const void *frame)
{
    other_call **at, **found = NULL;
    running_call call = {0};

    if (current_call.mark != MANY_CALLS) {
        if (plain_mark(&current_call) != mark)
            return call;
        call = current_call;
        current_call = (running_call){0};
        return call;
    }
    /* Greenlets that do the same do it in the same place of the stack: the frame tells them apart. */
    for (at = &other_calls; *at != NULL; at = &(*at)->next) {
        const running_call *other = &(*at)->call;
        if (plain_mark(other) == mark && (other->frame == frame || (found == NULL && has_no_frame(other)))) {
            found = at;
            if (other->frame == frame)
                break;
        }
    }
    return found != NULL ? remove_other_call(found) : call;
}

/* ---- for closures ---- */

/* Of many calls the one that a closure runs directly under, or NULL. */
COLD static running_call *find_other_call(const void *frame, int attached)
{
    running_call *maybe = NULL;
    other_call *other;
    for (other = other_calls; other != NULL; other = other->next) {
        if (!runs_under(&other->call, frame, attached))
            continue;
        if (!has_no_frame(&other->call))
            return &other->call;
        if (maybe == NULL)
            maybe = &other->call;
    }
    return maybe;
}

/* The call that a closure runs under ends after it, but other greenlets' may have begun meanwhile. */
COLD static void resume_beside_others(const call_beneath *beneath)
{
    running_call resumed = beneath->call;
    if (resumed.mark == NO_CALL)
        return;
    resumed.frame = beneath->frame;
    set_current_aside();
    add_other_call(&resumed);
    if (resumed.saved != NULL)
        current_call.saved = resumed.saved;
}

/* While a closure runs Python code, the calls that this makes are its own: take the call that it runs
   under out of sight, until resume_call(). */
static ALWAYS_INLINE void pause_call(call_beneath *beneath)
{
    if (UNLIKELY(!runs_under(&current_call, beneath->frame, beneath->attached)) && current_call.mark != NO_CALL)
        set_current_aside();
    beneath->call = current_call;
    if (LIKELY(beneath->call.mark != MANY_CALLS))
        current_call = (running_call){0};
}

/* What pause_call() put aside.  Never raises. */
static ALWAYS_INLINE void resume_call(const call_beneath *beneath)
{
    if (UNLIKELY(beneath->call.mark == MANY_CALLS))
        return;
    if (LIKELY(current_call.mark == NO_CALL))
        current_call = beneath->call;
    else
        resume_beside_others(beneath);
}

/* The call that a closure leaves something to, or NULL: nobody waits for it. */
COLD static running_call *call_to_leave_to(call_beneath *beneath)
{
    switch (beneath->call.mark) {
    case NO_CALL:
        return NULL;
    case MANY_CALLS:
        return find_other_call(beneath->frame, beneath->attached);
    default:
        return &beneath->call;
    }
}

#endif
