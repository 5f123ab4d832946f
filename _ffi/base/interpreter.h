/* What CPython knows of a thread, in every version. */
#ifndef FFIPY_BASE_INTERPRETER_H
#define FFIPY_BASE_INTERPRETER_H

#include <Python.h>

/* This thread's state if it holds the GIL, else NULL. */
static inline PyThreadState *attached_state(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyThreadState_GetUnchecked();
#elif PY_VERSION_HEX >= 0x030C0000
    return _PyThreadState_UncheckedGet();
#else
    /* Here that is whoever holds the GIL: is it this thread?  In a subinterpreter a thread may have another state
       than its first one. */
    PyThreadState *holder = _PyThreadState_UncheckedGet();
    if (holder == NULL || holder == PyGILState_GetThisThreadState())
        return holder;
    if (holder->interp == PyInterpreterState_Main() || holder->thread_id != PyThread_get_thread_ident())
        return NULL;
    return holder;
#endif
}

static inline int python_is_finalizing(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsFinalizing();
#else
    return _Py_IsFinalizing();
#endif
}

/* The Python frame that runs now, or NULL: an address to compare.  Greenlets that take turns on a
   thread have each their own. */
static inline const void *frame_of(const PyThreadState *state)
{
#if PY_VERSION_HEX >= 0x030D0000
    return state->current_frame;
#else
    return state->cframe->current_frame;
#endif
}

static inline int error_is_set(const PyThreadState *state)
{
#if PY_VERSION_HEX >= 0x030C0000
    return state->current_exception != NULL;
#else
    return state->curexc_type != NULL;
#endif
}

#endif
