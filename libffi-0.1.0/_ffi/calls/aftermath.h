/* What closures leave to the call into C that they ran under: exceptions, and what results point to. */
#ifndef FFIPY_CALLS_AFTERMATH_H
#define FFIPY_CALLS_AFTERMATH_H

#include <Python.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/hidden.h"
#include "calls/running.h"
#include "model/call.h"

#define NOTED_EXCEPTIONS 8
#define KEPT_RESULTS 256            /* of one call: a main loop never returns */

/* The part of `call` that belongs to `frame`; NULL: no memory, without an exception. */
COLD static aftermath *aftermath_of(running_call *call, const void *frame)
{
    aftermath *left = call->left;
    while (left != NULL && left->frame != frame)
        left = left->next;
    if (left == NULL && (left = PyMem_RawCalloc(1, sizeof *left)) != NULL) {
        left->frame = frame;
        left->next = call->left;
        call->left = left;
        call->mark |= 1;
    }
    return left;
}

/* An exception that came after another becomes its note.  `name`: of the closure; NULL: C set it.
   Takes `exception`. */
COLD static void note_exception(PyObject *earlier, PyObject *name, PyObject *exception)
{
    const char *type = Py_TYPE(exception)->tp_name;
    PyObject *text = name == NULL ? PyUnicode_FromFormat("C then raised %s: %S", type, exception)
                                  : PyUnicode_FromFormat("closure %U then raised %s: %S", name, type, exception);
    PyObject *done = text == NULL ? NULL : PyObject_CallMethod(earlier, "add_note", "O", text);
    if (done == NULL) {                 /* an odd exception, which must not be lost for that */
        PyErr_WriteUnraisable(name);
        give_exception(Py_NewRef(exception));
        PyErr_WriteUnraisable(name);
    }
    Py_XDECREF(text);
    Py_XDECREF(done);
    Py_DECREF(exception);
}

/* Hand the pending exception of the closure of that name (NULL: of C) to `call`, which raises it when C
   returns; without one sys.unraisablehook gets it.  GIL. */
COLD static void leave_exception(running_call *call, const void *frame, PyObject *name)
{
    aftermath *left = call != NULL ? aftermath_of(call, frame) : NULL;
    PyObject *exception;

    if (left == NULL) {
        PyErr_WriteUnraisable(name);
        return;
    }
    exception = take_exception();
    if (left->exception == NULL)
        left->exception = exception;
    else if (left->more++ < NOTED_EXCEPTIONS)
        note_exception(left->exception, name, exception);
    else
        Py_DECREF(exception);
}

/* Keep what a closure's result points to until `call` is over, or KEPT_RESULTS more were returned.
   0; or raises.  GIL. */
COLD static int leave_result(running_call *call, const void *frame, PyObject *objects)
{
    aftermath *left = aftermath_of(call, frame);

    if (left == NULL || (left->results == NULL && (left->results = hidden_list()) == NULL)) {
        PyErr_NoMemory();
        return -1;
    }
    if (left->returned < KEPT_RESULTS && PyList_Append(left->results, objects) < 0)
        return -1;
    if (left->returned >= KEPT_RESULTS)
        PyList_SetItem(left->results, (Py_ssize_t)(left->returned % KEPT_RESULTS), Py_NewRef(objects));
    ++left->returned;
    return 0;
}

/* Note how many exceptions had no note of their own.  Never raises. */
COLD static void count_exceptions(PyObject *exception, unsigned uncounted)
{
    PyObject *note = PyUnicode_FromFormat("(and %u more exceptions of closures in the same call)", uncounted);
    PyObject *done = PyObject_CallMethod(exception, "add_note", "N", note);
    if (done == NULL)
        PyErr_Clear();
    Py_XDECREF(done);
}

/* The call at `frame` is over: let go of results, raise.  What others' closures left there because its
   frame was not known is nobody's.  0; or raises, also what C itself has set.  GIL. */
COLD static int raise_aftermath(aftermath *left, const void *frame)
{
    PyObject *pending = take_exception(), *raised = NULL;

    while (left != NULL) {
        aftermath *next = left->next;
        if (left->more > NOTED_EXCEPTIONS)
            count_exceptions(left->exception, left->more - NOTED_EXCEPTIONS);
        if (left->exception != NULL && left->frame == frame) {
            raised = left->exception;
        } else if (left->exception != NULL) {
            give_exception(left->exception);
            PyErr_WriteUnraisable(NULL);
        }
        Py_XDECREF(left->results);
        PyMem_RawFree(left);
        left = next;
    }
    if (raised != NULL && pending != NULL) {
        note_exception(raised, NULL, pending);
        pending = NULL;
    }
    if (raised == NULL)
        raised = pending;
    if (raised == NULL)
        return 0;
    give_exception(raised);
    return -1;
}

/* Hand `exception` (taken) to the call that began last.  GIL or not. */
COLD static void leave_to_last_call(PyObject *exception)
{
    running_call *call = current_call.mark != MANY_CALLS ? &current_call : &other_calls->call;
    aftermath *left = aftermath_of(call, call->frame);
    if (left != NULL)
        left->exception = exception;
}

/* The call that began at `mark` is over, and was not alone or has an aftermath.  0; or raises.  GIL. */
COLD static int end_call(uintptr_t mark)
{
    const void *frame = frame_of(PyThreadState_Get());
    running_call call = remove_call(mark, frame);
    return call.left == NULL ? 0 : raise_aftermath(call.left, frame);
}

/* Has a closure raised under the call that began at `mark`?  Without the GIL: another thread's lies
   elsewhere. */
COLD static int something_was_raised(uintptr_t mark)
{
    const aftermath *left = plain_mark(&current_call) == mark ? current_call.left : NULL;
    const other_call *other;
    for (other = other_calls; other != NULL; other = other->next)
        if (plain_mark(&other->call) == mark)
            left = other->call.left;
    while (left != NULL && left->exception == NULL)
        left = left->next;
    return left != NULL;
}

#endif
