/* Which thread am I, and does it hold the GIL? */
#ifndef FFIPY_CLOSURES_THREADS_H
#define FFIPY_CLOSURES_THREADS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/os/thread_exit.h"
#include "base/os/threads.h"
#include "calls/running.h"
#include "closures/guests.h"
#include "closures/visits.h"
#include "libffi/closures.h"
#include "model/call.h"

THREAD_LOCAL(PyThreadState *, adopted);         /* state we made for a thread of C's */
THREAD_LOCAL(unsigned long, adopted_for);       /* the serial number of which interpreter */
THREAD_LOCAL(int, has_ended);                   /* and gave back: nobody tells of another one's end */

static guest_house own_house;
static system_thread finalizer;
THREAD_LOCAL(int, own_entries);                 /* this thread's part of the foreign ones */

/* The interpreter that imported us: others have copies of this image of their own (module/interpreters.h). */
#define home own_house.interpreter
static unsigned long serial;                /* its number among all of the process that imported libffi */
static const PyInterpreterState *main_home; /* the same, if it is the main one, else NULL */

static int is_finalizing(void)
{
    return __atomic_load_n(&own_house.finalizing, __ATOMIC_SEQ_CST) || !Py_IsInitialized();
}

/* May a call of this thread, which has let go of the GIL, take it back for a closure? */
static int may_return(void)
{
    return !is_finalizing() || is_this_thread(finalizer);
}

static void count_foreign(int difference)
{
    own_entries += difference;
    __atomic_add_fetch(&own_house.foreign_entries, difference, __ATOMIC_SEQ_CST);
}

/* In a child of fork() there is this thread only. */
COLD static void forget_other_threads(void)
{
    own_house.foreign_entries = own_entries;
    forget_guests(&own_house);
    renew_closure_locks();
}

/* Once, at import. */
static void settle(void)
{
    home = PyInterpreterState_Get();
    main_home = home == PyInterpreterState_Main() ? home : NULL;
    after_fork_in_child(forget_other_threads);
}

/* The C thread ends: give its Python thread state back. */
static void abandon_thread(void *state)
{
    PyThreadState *thread_state = state;
    if (adopted != thread_state || adopted_for != serial)
        return;
    adopted = NULL;
    has_ended = 1;
    count_foreign(1);
    if (!is_finalizing()) {
        if (attached_state() != thread_state)   /* or it ends in a function called with the GIL */
            PyEval_RestoreThread(thread_state);
        PyThreadState_Clear(thread_state);
        PyThreadState_DeleteCurrent();
    }
    count_foreign(-1);
}

/* Attach a thread Python never saw, or only as a guest; it keeps its state until it ends. */
static PyThreadState *adopt_thread(void)
{
    PyThreadState *known = guest_state(&own_house);
    if (known != NULL) {
        PyEval_RestoreThread(known);
        return known;
    }
    PyGILState_Ensure();
    adopted = PyThreadState_Get();
    adopted_for = serial;
    at_thread_exit(abandon_thread, adopted);
    return adopted;
}

/* Other interpreters' calls may be under way on this thread, too, and those of greenlets that wait. */
COLD static PyThreadState *find_state_put_down(PyThreadState *left)
{
    PyThreadState *saved = current_call.saved;
    const other_call *other = other_calls;

    while (saved == NULL || saved->interp != home || !is_put_down_here(saved, left)) {
        if (other == NULL)
            return NULL;
        saved = other->call.saved;
        other = other->next;
    }
    return saved;
}

/* The state that a call of ours on this thread has put down, or NULL.  In the main interpreter that is the thread's,
   whichever greenlet runs. */
static ALWAYS_INLINE PyThreadState *state_put_down(PyThreadState *left)
{
    PyThreadState *saved = current_call.saved;
    return saved == NULL || LIKELY(saved->interp == main_home) ? saved : find_state_put_down(left);
}

typedef enum {
    ATTACHED_BEFORE,
    ATTACHED_CALL,
    ATTACHED_FOREIGN,
    VISITING,                   /* with a state that it keeps */
    VISITING_ONCE,
    BACK_HOME,
    NOT_ATTACHED
} attachment;

/* A thread of another interpreter's calls a closure of ours, which must not run under that interpreter, or one of C's
   does that is not adopted, for this is not the main interpreter, or it is about to end: it goes on with the state that
   a call of ours has put down, if that other interpreter runs under one, and else as a guest.  `left`: the state it
   holds, or NULL. */
COLD static attachment visit_home(PyThreadState *left, PyThreadState **state)
{
    attachment how = VISITING;
    greenlet_id who;
    int is_taken;

    if (main_home == NULL && is_main_state(left) && python_stack_of(left) == NULL && !error_is_set(left))
        begin_python_stack(left);       /* a greenlet that runs nothing but a function of ours */
    if (left != NULL)
        PyEval_SaveThread();
    *state = state_put_down(left);
    if (*state == NULL && main_home != NULL)
        *state = main_state_of_visits();
    if (*state != NULL && may_return()) {
        PyEval_RestoreThread(*state);
        return BACK_HOME;
    }
    count_foreign(1);
    *state = NULL;
    who = greenlet_here(left);
    if (!is_house_closed(&own_house))
        *state = adopted != NULL && adopted_for == serial ? adopted : guest_state(&own_house);
    is_taken = *state != NULL && !is_put_down_here(*state, left);
    if (is_taken)
        *state = NULL;
    if (*state == NULL && !is_house_closed(&own_house)) {
        *state = PyThreadState_New(home);
        if (*state != NULL && (is_taken || !new_guest(&own_house, *state, 1)))
            how = VISITING_ONCE;
    }
    if (*state != NULL) {
        if (main_home == NULL)
            begin_visit(*state, who);
        PyEval_RestoreThread(*state);
        return how;
    }
    count_foreign(-1);
    if (left != NULL)
        PyEval_RestoreThread(left);
    return NOT_ATTACHED;
}

/* Back to the state that the thread held, or to none. */
COLD static void leave_home(attachment how, PyThreadState *left)
{
    if (how == BACK_HOME) {
        PyEval_SaveThread();
    } else {
        end_visit(PyThreadState_Get());
        if (how == VISITING) {
            leave_as_guest(&own_house, left != NULL);
        } else {
            PyThreadState_Clear(PyThreadState_Get());
            PyThreadState_DeleteCurrent();
        }
        count_foreign(-1);
    }
    if (left != NULL)
        PyEval_RestoreThread(left);
}

/* Make this thread hold the GIL, as *state, whatever it is; NOT_ATTACHED once Python is gone.  `left`: its
   attached_state(), also for detach_thread(). */
static ALWAYS_INLINE attachment attach_thread(PyThreadState *left, PyThreadState **state)
{
    *state = left;
    if (left != NULL)
        return LIKELY(left->interp == home) ? ATTACHED_BEFORE : visit_home(left, state);
    *state = state_put_down(NULL);
    if (*state != NULL && may_return()) {
        PyEval_RestoreThread(*state);
        return ATTACHED_CALL;
    }
    count_foreign(1);
    if (is_finalizing()) {
        count_foreign(-1);
        return NOT_ATTACHED;
    }
    *state = adopted != NULL && LIKELY(adopted_for == serial) ? adopted : PyGILState_GetThisThreadState();
    if (*state == NULL && !has_ended && LIKELY(home == PyInterpreterState_Main())) {
        *state = adopt_thread();
    } else if (LIKELY(*state != NULL && (*state)->interp == home)) {
        PyEval_RestoreThread(*state);
    } else {
        count_foreign(-1);
        return visit_home(NULL, state);
    }
    return ATTACHED_FOREIGN;
}

/* Undo attach_thread().  Never raises. */
static ALWAYS_INLINE void detach_thread(attachment how, PyThreadState *left)
{
    if (how == ATTACHED_BEFORE)
        return;
    if (UNLIKELY(how >= VISITING)) {
        leave_home(how, left);
        return;
    }
    PyEval_SaveThread();
    if (how == ATTACHED_FOREIGN)
        count_foreign(-1);
}

/* The thread that ends the interpreter forgets the calls that never returned: their states go. */
static void forget_unfinished_calls(void)
{
    other_call **at = &other_calls;
    if (current_call.saved != NULL && current_call.saved->interp == home)
        current_call.saved = NULL;
    while (*at != NULL) {
        if ((*at)->call.saved != NULL && (*at)->call.saved->interp == home)
            remove_other_call(at);
        else
            at = &(*at)->next;
    }
}

/* How many of C's threads are inside where nobody may be any more. */
COLD static int count_left(void)
{
    const int elsewhere = home == PyInterpreterState_Main() ? bar_guests(&own_house) : 0;
    return __atomic_load_n(&own_house.foreign_entries, __ATOMIC_SEQ_CST) + elsewhere;
}

/* Python is about to go: let no further thread of C's in, and wait a moment for those
   that are inside.  How many did not leave. */
COLD static int stop_foreign_threads(void)
{
    int tries = 2000, left;
    finalizer = this_thread();
    __atomic_store_n(&own_house.finalizing, 1, __ATOMIC_SEQ_CST);
    Py_BEGIN_ALLOW_THREADS      /* once: threads that compute do not let go of the GIL at each try */
    while ((left = count_left()) > 0 && tries-- > 0)
        rest_a_millisecond();
    Py_END_ALLOW_THREADS
    if (left == 0)
        send_guests_home(&own_house);
    return left;
}

#endif
