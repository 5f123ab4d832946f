/* Whom the exceptions of callables go to. */
#ifndef FFIPY_CLOSURES_REPORT_H
#define FFIPY_CLOSURES_REPORT_H

#include <Python.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/locks.h"
#include "calls/invoke.h"
#include "closures/block.h"
#include "model/call.h"
#include "model/closure.h"
#include "model/hooks.h"

COLD static void note_exception(call_context *context, PyObject *name, PyObject *exception)
{
    if (context->more++ < NOTED_EXCEPTIONS) {
        PyObject *text = PyUnicode_FromFormat("closure %U then raised %s: %S", name,
                                              Py_TYPE(exception)->tp_name, exception);
        PyObject *done = text == NULL
                             ? NULL
                             : PyObject_CallMethod(context->exception, "add_note", "O", text);
        if (done == NULL) {             /* an odd exception, which must not be lost for that */
            PyErr_WriteUnraisable(name);
            give_exception(Py_NewRef(exception));
            PyErr_WriteUnraisable(name);
        }
        Py_XDECREF(text);
        Py_XDECREF(done);
    }
    Py_DECREF(exception);
}

/* Hand the pending exception of the closure of that name to the call into C that runs on
   this thread. */
COLD static void report_exception(call_context *context, PyObject *name)
{
    PyObject *exception;
    if (context == NULL) {
        PyErr_WriteUnraisable(name);
        return;
    }
    exception = take_exception();
    if (context->exception != NULL) {
        note_exception(context, name, exception);
    } else {
        context->exception = exception;
        context->more = 0;
    }
}

COLD static void report_expired(call_context *context, closure_block *block)
{
    PyCodeObject *code;
    PyObject *where, *name, *cif, *signature;
    int was_closed;

    LOCK(&block->lock);
    code = (PyCodeObject *)Py_XNewRef(block->origin);
    name = Py_NewRef(block->name);
    cif = block->is_spare ? NULL : Py_NewRef(block_cif(block));
    was_closed = block->was_closed;
    UNLOCK(&block->lock);
    signature = cif == NULL ? PyUnicode_FromString("") : PyUnicode_FromFormat(", %S", cif);
    where = code == NULL
                ? PyUnicode_FromString("")
                : PyUnicode_FromFormat(" (made in %U, line %d)", code->co_filename, code->co_firstlineno);
    if (where != NULL && signature != NULL)
        PyErr_Format(core.closure_expired, "C called closure %U%U%U, after it was %s",
                     name, signature, where,
                     was_closed ? "closed" : "collected: keep it for as long as C may call it");
    Py_XDECREF(where);
    Py_XDECREF(signature);
    Py_XDECREF(code);
    Py_XDECREF(cif);
    report_exception(context, name);
    Py_DECREF(name);
}

#endif
