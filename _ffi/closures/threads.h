/* Which thread am I, and does it hold the GIL? */
#ifndef FFIPY_CLOSURES_THREADS_H
#define FFIPY_CLOSURES_THREADS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/os/thread_exit.h"
#include "base/os/threads.h"
#include "model/call.h"

THREAD_LOCAL PyThreadState *adopted;        /* state we made for a thread of C's */
THREAD_LOCAL int has_ended;                 /* and gave back: nobody tells of another one's end */

/* Set by atexit: only the thread that finalises may still enter Python. */
static int finalizing;
static system_thread finalizer;
static int foreign_entries;                 /* threads of C's inside, or on their way in */
THREAD_LOCAL int own_entries;               /* this thread's part of them */

/* The interpreter that imported us: the only one, see the end. */
static PyInterpreterState *home;

static int is_finalizing(void)
{
    return __atomic_load_n(&finalizing, __ATOMIC_SEQ_CST) || !Py_IsInitialized();
}

/* May a call of this thread, which has let go of the GIL, take it back for a closure? */
static int may_return(void)
{
    return !is_finalizing() || is_this_thread(finalizer);
}

static void count_foreign(int difference)
{
    own_entries += difference;
    __atomic_add_fetch(&foreign_entries, difference, __ATOMIC_SEQ_CST);
}

/* In a child of fork() there is this thread only. */
static void forget_other_threads(void)
{
    foreign_entries = own_entries;
}

/* Once, at import. */
static void settle(void)
{
    home = PyInterpreterState_Get();
    after_fork_in_child(forget_other_threads);
}

/* The C thread ends: give its Python thread state back. */
static void abandon_thread(void *state)
{
    PyThreadState *thread_state = state;
    if (adopted != thread_state)
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

/* Attach a thread Python never saw; it keeps its state until it ends. */
static PyThreadState *adopt_thread(void)
{
    PyGILState_Ensure();
    adopted = PyThreadState_Get();
    at_thread_exit(abandon_thread, adopted);
    return adopted;
}

typedef enum {
    ATTACHED_BEFORE,
    ATTACHED_CALL,
    ATTACHED_FOREIGN,
    VISITING,
    NOT_ATTACHED
} attachment;

/* A thread of another interpreter's calls a closure of ours, which must not run under that
   interpreter, or one that is about to end: for as long, the thread gets a state here.
   `left`: the one it holds, or NULL. */
COLD static attachment visit_home(PyThreadState *left, PyThreadState **state)
{
    *state = NULL;
    if (left != NULL)
        PyEval_SaveThread();
    count_foreign(1);
    if (!is_finalizing())
        *state = PyThreadState_New(home);
    if (*state != NULL) {
        PyEval_RestoreThread(*state);
        return VISITING;
    }
    count_foreign(-1);
    if (left != NULL)
        PyEval_RestoreThread(left);
    return NOT_ATTACHED;
}

/* Back to the state that the thread held, or to none. */
COLD static void leave_home(PyThreadState *left)
{
    PyThreadState_Clear(PyThreadState_Get());
    PyThreadState_DeleteCurrent();
    count_foreign(-1);
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
    if (current_call.saved != NULL && may_return()) {
        *state = current_call.saved;
        PyEval_RestoreThread(*state);
        return ATTACHED_CALL;
    }
    count_foreign(1);
    if (is_finalizing()) {
        count_foreign(-1);
        return NOT_ATTACHED;
    }
    *state = adopted != NULL ? adopted : PyGILState_GetThisThreadState();
    if (*state == NULL && !has_ended) {
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
    if (UNLIKELY(how == VISITING)) {
        leave_home(left);
        return;
    }
    PyEval_SaveThread();
    if (how == ATTACHED_FOREIGN)
        count_foreign(-1);
}

/* Python is about to go: let no further thread of C's in, and wait a moment for those
   that are inside.  How many did not leave. */
static int stop_foreign_threads(void)
{
    int tries = 2000;
    finalizer = this_thread();
    __atomic_store_n(&finalizing, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&foreign_entries, __ATOMIC_SEQ_CST) > 0 && tries-- > 0) {
        Py_BEGIN_ALLOW_THREADS
        rest_a_millisecond();
        Py_END_ALLOW_THREADS
    }
    return __atomic_load_n(&foreign_entries, __ATOMIC_SEQ_CST);
}

#endif
