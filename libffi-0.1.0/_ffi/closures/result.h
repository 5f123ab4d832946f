/* What C gets from a callable: its result, a default, zeros. */
#ifndef FFIPY_CLOSURES_RESULT_H
#define FFIPY_CLOSURES_RESULT_H

#include <Python.h>
#include <ffi.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hidden.h"
#include "base/locks.h"
#include "calls/aftermath.h"
#include "calls/running.h"
#include "libffi/results.h"
#include "model/call.h"
#include "model/closure.h"
#include "model/errors.h"
#include "model/keeper.h"
#include "values/integers.h"
#include "values/keeper.h"
#include "values/objects.h"
#include "values/store.h"

/* What an expired closure returns. */
static void zero_result(const closure_block *block, void *where)
{
    memset(where, 0, block->state->result_bytes);
}

/* The callable raised. */
static void error_result(const closure_block *block, void *where)
{
    if (block->on_error != NULL)
        memcpy(where, block->on_error->bytes, block->state->result_bytes);
    else
        zero_result(block, where);
    if (block->state->result_kind == K_OBJECT)
        Py_XINCREF((PyObject *)(uintptr_t)*(ffi_arg *)where);
}

/* C may look at what a result points to until the call into C is over, and where there is none,
   until the closure's next result in this thread.  Takes `objects`.  0; -1 raises. */
COLD static int keep_result(closure_block *block, call_beneath *beneath, PyObject *objects)
{
    running_call *call = call_to_leave_to(beneath);
    PyObject *thread = PyLong_FromUnsignedLong(PyThread_get_thread_ident());
    PyObject *made = block->kept == NULL ? PyDict_New() : NULL;
    int status = -1;

    LOCK(&block->lock);
    if (block->kept == NULL) {
        block->kept = made;
        made = NULL;
    }
    UNLOCK(&block->lock);
    if (thread != NULL && block->kept != NULL)      /* which stays while the block is busy */
        status = hidden_set(block->kept, thread, objects);
    if (status == 0 && call != NULL)
        status = leave_result(call, beneath->frame, objects);
    Py_XDECREF(made);
    Py_XDECREF(thread);
    Py_DECREF(objects);
    return status;
}

/* 0; -1 raises. */
NOINLINE static int store_any_result(closure_block *block, call_beneath *beneath, void *where, PyObject *value)
{
    const type_info *type = block->state->result;
    keeper k = {.objects = NULL};

    if (type->kind == K_OBJECT) {               /* C is given a reference */
        *(ffi_arg *)where = (ffi_arg)(uintptr_t)Py_NewRef(object_meant(type, value));
        return 0;
    }
    if (UNLIKELY(store_value(type, where, value, &k) < 0)) {
        let_go(&k);
        add_place(PyUnicode_FromFormat("closure %U result", block->name));
        return -1;
    }
    widen_result(type, where);
    return LIKELY(k.objects == NULL) ? 0 : keep_result(block, beneath, k.objects);
}

/* What a callable returned, for C, which may look at it as long as keep_result() says.  0; -1 raises. */
static inline int store_result(closure_block *block, call_beneath *beneath, void *where, PyObject *value)
{
    type_kind kind = block->state->result_kind;

    if (kind == K_S32 && LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
        Py_ssize_t number = compact_value(value);
        if (LIKELY(number >= INT32_MIN && number <= INT32_MAX)) {
            *(ffi_sarg *)where = (ffi_sarg)number;
            return 0;
        }
    }
    return kind == K_VOID ? 0 : store_any_result(block, beneath, where, value);
}

#endif
