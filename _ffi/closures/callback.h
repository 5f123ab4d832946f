/* Closures: C calls, Python answers. */
#ifndef FFIPY_CLOSURES_CALLBACK_H
#define FFIPY_CLOSURES_CALLBACK_H

#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/align.h"
#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/interpreter.h"
#include "base/locks.h"
#include "base/os/error_codes.h"
#include "base/os/room.h"
#include "base/stack.h"
#include "calls/errors.h"
#include "calls/running.h"
#include "calls/watched.h"
#include "closures/report.h"
#include "closures/result.h"
#include "closures/threads.h"
#include "libffi/closures.h"
#include "libffi/nothing.h"
#include "model/call.h"
#include "model/closure.h"
#include "model/errors.h"
#include "model/pointer.h"
#include "model/watched.h"
#include "values/address.h"
#include "values/load.h"

/* New; raises.  The commonest come first: a few comparisons are shorter than a jump through a table. */
static inline PyObject *load_argument(const argument *a, void *where)
{
    if (a->how == AS_S32)
        return PyLong_FromLong(*(int32_t *)where);
    if (a->how == AS_DOUBLE)
        return PyFloat_FromDouble(*(double *)where);
    if (a->how == AS_S64)
        return PyLong_FromLongLong(*(int64_t *)where);
    if (UNLIKELY(a->passing)) {         /* c.ref(T): the value, not the pointer */
        void *address = read_address(where);
        if (address == NULL)
            Py_RETURN_NONE;
        return load_value(a->type, address, NULL);
    }
    return load_value(a->type, where, NULL);
}

/* What to call, and what to call with its exception or NULL, as references of our own; NULL: the closure
   is expired. */
static inline PyObject *block_callable(closure_block *block, PyObject **on_exception)
{
    PyObject *callable = NULL;
    *on_exception = NULL;
    LOCK(&block->lock);
    if (LIKELY(block->closure != NULL)) {
        callable = Py_NewRef(block->closure->callable);
        if (UNLIKELY(block->closure->on_exception != Py_None))
            *on_exception = Py_NewRef(block->closure->on_exception);
    }
    UNLOCK(&block->lock);
    return callable;
}

/* Have the hook deal with the pending exception: what it returns goes to C.  0; or raises what the hook
   did, or what its result did.  Takes the reference to the hook. */
COLD static int ask_hook(closure_block *block, call_beneath *beneath, PyObject *hook, void *result)
{
    PyObject *exception = take_exception(), *outer = PyErr_GetHandledException();
    PyObject *value;
    int status = -1;

    PyErr_SetHandledException(exception);       /* as in an except clause: for logging, and as context */
    value = PyObject_CallOneArg(hook, exception);
    if (value != NULL)
        status = store_result(block, beneath, result, value);
    PyErr_SetHandledException(outer);
    Py_XDECREF(value);
    Py_XDECREF(outer);
    Py_DECREF(exception);
    Py_DECREF(hook);
    return status;
}

/* A va_list is C's until the callback returns.  Who has kept one is told, and C is not given it any more. */
COLD static void end_lists(const cif_state *c, PyObject **values, unsigned loaded)
{
    for (unsigned i = 0; i < loaded; ++i)
        if (c->args[i].type->is_va_list && Pointer_Check(values[i]))
            ((PointerObject *)values[i])->p.life = &over;
}

/* `stack` has room for the arguments and one more.  Takes the reference to the callable. */
static ALWAYS_INLINE int call_on_stack(closure_block *block, call_beneath *beneath, PyObject *callable, void *result,
                                       void **args, PyObject **stack, const int crowded)
{
    cif_state *c = block->state;
    PyObject *value = NULL;
    int status = -1;
    unsigned i, loaded;

    for (loaded = 0; loaded < c->nargs; ++loaded) {
        stack[loaded + 1] = load_argument(&c->args[loaded], args[loaded]);
        if (UNLIKELY(stack[loaded + 1] == NULL)) {
            add_place(PyUnicode_FromFormat("closure %U argument %u", block->name, loaded + 1));
            goto done;
        }
    }
    value = PyObject_Vectorcall(callable, stack + 1, c->nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (LIKELY(value != NULL))
        status = store_result(block, beneath, result, value);
done:
    if (crowded && c->lists)
        end_lists(c, stack + 1, loaded);
    for (i = 0; i < loaded; ++i)
        Py_DECREF(stack[i + 1]);
    Py_XDECREF(value);
    Py_DECREF(callable);
    return status;
}

/* More than usual, or a va_list.  0; -1 raises.  Takes the reference to the callable. */
NOINLINE static int call_with_many(closure_block *block, call_beneath *beneath, PyObject *callable, void *result,
                                   void **args)
{
    PyObject **stack = alloca((block->state->nargs + 1) * sizeof *stack);
    return call_on_stack(block, beneath, callable, result, args, stack, 1);
}

/* Call the callable, and give C what it returns.  0; -1 raises.  Takes the reference to the callable. */
CALL_PATH static int call_python(closure_block *block, call_beneath *beneath, PyObject *callable, void *result,
                                 void **args)
{
    PyObject *stack[FEW_ARGUMENTS + 1];
    if (UNLIKELY(block->state->crowded))
        return call_with_many(block, beneath, callable, result, args);
    return call_on_stack(block, beneath, callable, result, args, stack, 0);
}

COLD static int call_watched_python(closure_block *block, call_beneath *beneath, PyObject *callable, void *result,
                                    void **args)
{
    const int before = saved_errno;         /* C's */
    watched_what what = {.name = block->name, .cif = block->state, .values = args, .is_callback = 1, .mapped = -1};
    watched_call *w;
    int status, error;

    if (begin_watch(&what, &what, &w) < 0) {
        Py_DECREF(callable);
        return -1;
    }
    status = call_python(block, beneath, callable, result, args);
    settle_own_errors();
    error = saved_errno != before ? saved_errno : 0;
    return end_watch(w, &what, status < 0 ? NULL : result, error, status);
}

/* Run the callable; `error` is C's errno and the like, which is Python's to see and to set meanwhile.  Returns what
   it is to be in C.  GIL, as `state`; `attached`: C had it. */
static ALWAYS_INLINE error_codes run_closure(closure_block *block, PyThreadState *state, int attached,
                                             error_codes error, void *result, void **args, const int watched)
{
    error_codes outer_error;
    call_beneath beneath;
    PyObject *pending, *callable, *hook;

    beneath.frame = frame_of(state);
    beneath.attached = attached;
    pause_call(&beneath);
    pending = UNLIKELY(error_is_set(state)) ? take_exception() : NULL;
    if (UNLIKELY(python_stack_of(state) == NULL) && beneath.call.mark != NO_CALL)
        begin_python_stack(state);          /* a greenlet that runs nothing but a function of ours */
    outer_error = begin_errors(state, error);
    callable = block_callable(block, &hook);
    if (UNLIKELY(callable == NULL)) {
        zero_result(block, result);
        report_expired(&beneath, block);
    } else if (UNLIKELY(stack_is_short())) {
        PyErr_Format(PyExc_RecursionError, "closure %U: the C stack is used up", block->name);
        Py_DECREF(callable);
        Py_XDECREF(hook);
        error_result(block, result);
        report_exception(&beneath, block->name);
    } else if (UNLIKELY((watched ? call_watched_python : call_python)(block, &beneath, callable, result, args) < 0)) {
        if (hook == NULL || ask_hook(block, &beneath, hook, result) < 0) {
            error_result(block, result);
            report_exception(&beneath, block->name);
        }
    } else {
        Py_XDECREF(hook);
    }
    if (UNLIKELY(pending != NULL))
        give_exception(pending);
    resume_call(&beneath);
    return end_errors(state, error, outer_error);
}

static ALWAYS_INLINE void handle_closure(void *result, void **args, closure_block *block, const int watched)
{
    error_codes error = take_error_codes();
    PyThreadState *left = attached_state(), *state;
    attachment how;

#ifndef Py_GIL_DISABLED
    if (left != NULL && LIKELY(left->interp == home)) {     /* the GIL guards the count */
        ++block->inside;
        error = run_closure(block, left, 1, error, result, args, watched);
        --block->inside;
        give_error_codes(error);
        return;
    }
#endif
    __atomic_add_fetch(&block->arriving, 1, __ATOMIC_ACQ_REL);
    how = attach_thread(left, &state);
    if (LIKELY(how != NOT_ATTACHED)) {
        error = run_closure(block, state, how == ATTACHED_BEFORE, error, result, args, watched);
        detach_thread(how, left);
    } else {
        zero_result(block, result);         /* Python is gone: nothing else is touched */
    }
    __atomic_sub_fetch(&block->arriving, 1, __ATOMIC_ACQ_REL);
    give_error_codes(error);
}

typedef void closure_function(ffi_cif *cif, void *result, void **args, void *block);

CALL_PATH static void closure_handler(ffi_cif *cif, void *result, void **args, void *block)
{
    (void)cif;
    handle_closure(result, args, block, 0);
}

/* In its place while something watches. */
COLD static void watched_handler(ffi_cif *cif, void *result, void **args, void *block)
{
    (void)cif;
    handle_closure(result, args, block, 1);
}

/* Where arguments have no size, libffi has fewer. */
static ALWAYS_INLINE void handle_nothing(ffi_cif *cif, void *result, void **args, closure_block *block,
                                         closure_function *handler)
{
    const cif_state *c = block->state;
    void **all = alloca((c->nargs + 1) * sizeof *all);
    put_in_nothing(c, args, all);
    handler(cif, result, all, block);
}

/* Where arguments have no size, libffi has fewer. */
COLD static void closure_handler_of_nothing(ffi_cif *cif, void *result, void **args, void *block)
{
    handle_nothing(cif, result, args, block, closure_handler);
}

COLD static void watched_handler_of_nothing(ffi_cif *cif, void *result, void **args, void *block)
{
    handle_nothing(cif, result, args, block, watched_handler);
}

#if RAW_CLOSURES
static ALWAYS_INLINE void handle_raw(ffi_cif *cif, void *result, ffi_raw *raw, closure_block *block,
                                     closure_function *handler)
{
    void **args = alloca((block->state->nargs + 1) * sizeof *args);
    ffi_raw_to_ptrarray(cif, raw, args);
    for (unsigned i = 0; i < cif->nargs; i++) {     /* a raw block is aligned for words only */
        const ffi_type *type = cif->arg_types[i];
        if (UNLIKELY((uintptr_t)args[i] & (type->alignment - 1))) {
            void *aligned = align_pointer(alloca(type->size + type->alignment), type->alignment);
            args[i] = memcpy(aligned, args[i], type->size);
        }
    }
    handler(cif, result, args, block);
}

static void raw_closure_handler(ffi_cif *cif, void *result, ffi_raw *raw, void *block)
{
    handle_raw(cif, result, raw, block, closure_handler);
}

COLD static void watched_raw_handler(ffi_cif *cif, void *result, ffi_raw *raw, void *block)
{
    handle_raw(cif, result, raw, block, watched_handler);
}
#endif

#endif
