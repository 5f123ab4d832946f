/* What CPython knows of a thread, in every version. */
#ifndef FFIPY_BASE_INTERPRETER_H
#define FFIPY_BASE_INTERPRETER_H

#include <Python.h>

#include "base/compiler.h"

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

/* What tells the greenlets of a thread apart at any time: where its stack of Python frames begins.  An address to
   compare, or NULL: no frame was there yet. */
static inline const void *python_stack_of(const PyThreadState *state)
{
    const _PyStackChunk *chunk = state->datastack_chunk;
    while (chunk != NULL && chunk->previous != NULL)
        chunk = chunk->previous;
    return chunk;
}

/* Have one frame there: it stays where it begins.  GIL; leaves no exception. */
COLD static void begin_python_stack(PyThreadState *state)
{
    PyObject *code = Py_CompileString("None", "<libffi>", Py_eval_input), *names = PyDict_New(), *none = NULL;

    PyThreadState_EnterTracing(state);      /* nobody's business */
    if (code != NULL && names != NULL)
        none = PyEval_EvalCode(code, names, names);
    PyThreadState_LeaveTracing(state);
    if (none == NULL)
        PyErr_Clear();
    Py_XDECREF(none);
    Py_XDECREF(names);
    Py_XDECREF(code);
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
