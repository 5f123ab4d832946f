/* Whom the exceptions of callables go to. */
#ifndef FFIPY_CLOSURES_REPORT_H
#define FFIPY_CLOSURES_REPORT_H

#include <Python.h>

#include "base/compiler.h"
#include "base/locks.h"
#include "calls/aftermath.h"
#include "calls/running.h"
#include "closures/block.h"
#include "model/call.h"
#include "model/closure.h"
#include "model/hooks.h"

/* Hand the pending exception to the call into C that the closure runs under. */
COLD static void report_exception(call_beneath *beneath, PyObject *name)
{
    leave_exception(call_to_leave_to(beneath), beneath->frame, name);
}

/* Raise ClosureExpired from the call into C that the closure runs under.  GIL. */
COLD static void report_expired(call_beneath *beneath, closure_block *block)
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
    report_exception(beneath, name);
    Py_DECREF(name);
}

#endif
