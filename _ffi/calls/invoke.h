/* Into C and back: the GIL, errno, the library's pin, the exceptions of closures. */
#ifndef FFIPY_CALLS_INVOKE_H
#define FFIPY_CALLS_INVOKE_H

#include <Python.h>
#include <errno.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/lifetime.h"
#include "base/stack.h"
#include "libffi/cif.h"
#include "model/call.h"
#include "model/function.h"

COLD static void closed_library(const call_target *t)
{
    PyErr_Format(PyExc_ValueError, "%U(): its library is closed", t->name);
}

#define NOTED_EXCEPTIONS 8

COLD static void raise_from_closures(call_context *context)
{
    PyObject *exception = context->exception;
    if (PyErr_Occurred()) {         /* ours came later: it becomes the context's note */
        PyErr_Clear();
    }
    if (context->more > NOTED_EXCEPTIONS) {
        PyObject *note = PyUnicode_FromFormat("(and %u more exceptions of closures in the same call)",
                                              context->more - NOTED_EXCEPTIONS);
        PyObject *done = PyObject_CallMethod(exception, "add_note", "N", note);
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
    context->exception = NULL;
    give_exception(exception);
}

/* A large call takes room for its frame and for what it passes on the stack. */
static inline int call_fits_stack(const cif_state *c)
{
    return LIKELY(c->small) || need_stack((size_t)c->frame_size + c->cif.bytes) == 0;
}

typedef void (*invoker)(cif_state *, void (*)(void), void *, void **);

/* Invoke with the GIL released or held, errno and closures' exceptions taken care of.
   0, or -1 with an exception a closure raised. */
static ALWAYS_INLINE int invoke_by(const call_target *t, cif_state *c, void *result, void **avalues,
                                   const invoker cif_invoke)
{
    call_context context, *outer = current_call;

    if (UNLIKELY(!lifetime_pin(t->life))) {
        closed_library(t);
        return -1;
    }
    context.saved = NULL;
    context.exception = NULL;
    current_call = &context;
    if (t->plain) {
        cif_invoke(c, t->address, result, avalues);
    } else if (t->release_gil) {
        context.saved = PyEval_SaveThread();
        if (t->save_errno) {
            errno = saved_errno;
            cif_invoke(c, t->address, result, avalues);
            saved_errno = errno;
        } else {
            cif_invoke(c, t->address, result, avalues);
        }
        PyEval_RestoreThread(context.saved);
    } else if (t->save_errno) {
        errno = saved_errno;
        cif_invoke(c, t->address, result, avalues);
        saved_errno = errno;
    } else {
        cif_invoke(c, t->address, result, avalues);
    }
    current_call = outer;
    lifetime_unpin(t->life);
    if (UNLIKELY(context.exception != NULL)) {
        raise_from_closures(&context);
        return -1;
    }
    return 0;
}

/* Invoke with arguments anywhere, each as wide as its type. */
static int invoke(const call_target *t, cif_state *c, void *result, void **avalues)
{
    return call_fits_stack(c) ? invoke_by(t, c, result, avalues, cif_invoke) : -1;
}

#endif
