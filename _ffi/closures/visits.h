/* Which greenlet visits another interpreter?  Greenlets of the main one take turns also under calls of others'
   closures.  With them goes what the main interpreter knows of the thread, but not what another one does: a visit's
   state belongs to the greenlet that came with it, until that has left. */
#ifndef FFIPY_CLOSURES_VISITS_H
#define FFIPY_CLOSURES_VISITS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "model/call.h"

/* A thread's state in the main interpreter, if it has one, and where its stack of Python frames begins. */
typedef struct {
    PyThreadState *state;
    const void *stack;              /* NULL: it may be any */
} greenlet_id;

typedef struct visit {
    const PyThreadState *state;
    greenlet_id who;
    struct visit *next;
} visit;

/* Under way, the newest first; not those to the main interpreter. */
THREAD_LOCAL(visit *, visits);

static int is_main_state(const PyThreadState *state)
{
    return state != NULL && state->interp == PyInterpreterState_Main();
}

/* The thread's state in the main interpreter that somebody who is visiting has put down, or NULL. */
COLD static PyThreadState *main_state_of_visits(void)
{
    const visit *one;
    for (one = visits; one != NULL; one = one->next)
        if (is_main_state(one->who.state))
            return one->who.state;
    return NULL;
}

/* CPython knows it as long as no other interpreter's was in use since, or always (3.11). */
COLD static PyThreadState *main_state_here(void)
{
    PyThreadState *known = PyGILState_GetThisThreadState();
    const other_call *other;

    if (is_main_state(known))
        return known;
    if (is_main_state(current_call.saved))
        return current_call.saved;
    for (other = other_calls; other != NULL; other = other->next)
        if (is_main_state(other->call.saved))
            return other->call.saved;
    return main_state_of_visits();
}

/* `left`: the state that the thread had when it came, or NULL. */
COLD static greenlet_id greenlet_here(PyThreadState *left)
{
    greenlet_id here = {is_main_state(left) ? left : main_state_here(), NULL};

    if (here.state == NULL)
        here.state = left != NULL ? left : PyGILState_GetThisThreadState();
    if (here.state != NULL)
        here.stack = python_stack_of(here.state);
    return here;
}

/* May the greenlet that runs go on with this state, which a call or a guest has put down? */
COLD static int is_put_down_here(const PyThreadState *state, PyThreadState *left)
{
    const visit *one = visits;
    greenlet_id here;

    while (one != NULL && one->state != state)
        one = one->next;
    if (one == NULL || state == PyGILState_GetThisThreadState())        /* no other one ran since */
        return 1;
    here = greenlet_here(left);
    return here.stack != NULL && here.stack == one->who.stack && here.state == one->who.state;
}

/* Without memory it is taken for one that any greenlet may go on with. */
COLD static void begin_visit(const PyThreadState *state, greenlet_id who)
{
    visit *one = PyMem_RawMalloc(sizeof *one);
    if (one == NULL)
        return;
    *one = (visit){state, who, visits};
    visits = one;
}

COLD static void end_visit(const PyThreadState *state)
{
    visit **at, *one;
    for (at = &visits; (one = *at) != NULL; at = &one->next)
        if (one->state == state) {
            *at = one->next;
            PyMem_RawFree(one);
            return;
        }
}

#endif
