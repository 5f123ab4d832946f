/* A Closure's C side: made, retargeted, expired. */
#ifndef FFIPY_CLOSURES_CLOSURE_H
#define FFIPY_CLOSURES_CLOSURE_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/locks.h"
#include "base/os/clock.h"
#include "base/os/copies.h"
#include "closures/block.h"
#include "closures/callback.h"
#include "closures/guests.h"
#include "closures/quarantine.h"
#include "closures/threads.h"
#include "libffi/closures.h"
#include "libffi/results.h"
#include "model/closure.h"
#include "model/errors.h"
#include "values/keeper.h"
#include "values/store.h"

/* A block of `form`, zeroed but for what libffi fills in, and where its code is.  NULL: raises
   MemoryError. */
static closure_block *block_alloc(closure_form form, void **code)
{
    closure_block *block;

    if (form == PLAIN_CLOSURE) {
        block = closure_alloc(sizeof *block, code);
        if (block != NULL)
            memset((char *)block + sizeof block->as, 0, sizeof *block - sizeof block->as);
        return block;
    }
    block = PyMem_RawCalloc(1, sizeof *block);
    *code = block;                  /* a Go closure's, which is data */
    if (block == NULL)
        PyErr_NoMemory();
#if RAW_CLOSURES
    if (block != NULL && form == RAW_CLOSURE) {
        block->as.raw = closure_alloc(sizeof *block->as.raw, code);
        if (block->as.raw == NULL) {
            PyMem_RawFree(block);
            return NULL;
        }
    }
#endif
    return block;
}

static closure_function *handler_of(const closure_block *block, int watched)
{
    if (block->state->nothings)
        return watched ? watched_handler_of_nothing : closure_handler_of_nothing;
    return watched ? watched_handler : closure_handler;
}

/* What C calls reads this whenever it likes. */
static void bind_handler(closure_block *block, int watched)
{
    switch ((closure_form)block->form) {
#if FFIPY_HAVE_GO
    case GO_CLOSURE:
        __atomic_store_n(&block->as.go.fun, handler_of(block, watched), __ATOMIC_RELAXED);
        break;
#endif
#if RAW_CLOSURES
    case RAW_CLOSURE:
        raw_closure_answer_by(block->as.raw, watched ? watched_raw_handler : raw_closure_handler);
        break;
#endif
    default:
        closure_answer_by(&block->as.plain, handler_of(block, watched));
    }
}

static void watch_closures(int watched)
{
    closure_block *block;
    LOCK(&every_block.lock);
    every_block.watched = watched;
    for (block = every_block.first; block != NULL; block = block->after)
        bind_handler(block, watched);
    UNLOCK(&every_block.lock);
}

/* The block, prepared, is among those that a watch finds. */
static void join_blocks(closure_block *block)
{
    LOCK(&every_block.lock);
    list_block(block);
    if (every_block.watched)
        bind_handler(block, 1);
    UNLOCK(&every_block.lock);
}

/* For libffi: what `code` runs.  FFI_OK, or why not; raises nothing. */
static ffi_status block_prepare(closure_block *block, void *code)
{
    ffi_cif *cif = &block->state->cif;
    closure_function *handler = handler_of(block, 0);

    block->code = code;
    switch ((closure_form)block->form) {
#if FFIPY_HAVE_GO
    case GO_CLOSURE:
        has_to_stay = 1;            /* its first word is code of this libffi */
        return ffi_prep_go_closure(&block->as.go, cif, handler);
#endif
#if RAW_CLOSURES
    case RAW_CLOSURE:
        return raw_closure_prepare(block->as.raw, cif, raw_closure_handler, block, code);
#endif
    default:
        return closure_prepare(&block->as.plain, cif, handler, block, code);
    }
}

/* A closure of `form` over `state`, not yet bound to a Closure.  NULL with an exception,
   or with *status. */
static closure_block *block_new(cif_state *state, PyObject *name, closure_form form, ffi_status *status)
{
    closure_block *block = NULL;
    void *code = NULL;

    *status = FFI_OK;
    if (!RAW_CLOSURES && form == RAW_CLOSURE)
        form = PLAIN_CLOSURE;
    if (form == PLAIN_CLOSURE)
        block = take_spare(state, name);
    if (block == NULL) {
        block = block_alloc(form, &code);
        if (block == NULL)
            return NULL;
        block->state = state;
        block->form = (char)form;
        block->is_spare = 1;
        keep_house_open(&own_house);
        *status = block_prepare(block, code);
        if (*status != FFI_OK) {
            block_free(block);
            return NULL;
        }
        join_blocks(block);
        block->is_spare = 0;
        block->name = Py_NewRef(name);
    }
    block->made = hundredths();
    return block;
}

/* What C gets when the callable raises.  -1 raises. */
static int block_set_default(closure_block *block, PyObject *value)
{
    const type_info *type = block->state->result;
    keeper k = {.objects = NULL};
    size_t size = block->state->result_bytes;
    error_default *on_error = PyMem_RawCalloc(1, sizeof *on_error
                                                     + (size > sizeof(ffi_arg) ? size : sizeof(ffi_arg)));

    if (on_error == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (store_placed(type, on_error->bytes, value, &k, "closure %U on_error", block->name, 0) < 0) {
        let_go(&k);
        PyMem_RawFree(on_error);
        return -1;
    }
    widen_result(type, on_error->bytes);
    on_error->keeps = k.objects;
    block->on_error = on_error;
    return 0;
}

/* From here on C's calls are answered. */
static void block_open(closure_block *block, ClosureObject *closure)
{
    LOCK(&block->lock);
    block->closure = closure;
    UNLOCK(&block->lock);
}

/* The address stays safe to call; what the callable was is remembered for the report. */
static void block_expire(closure_block *block, PyObject *origin, int closed)
{
    LOCK(&block->lock);
    if (block->closure != NULL) {
        block->closure = NULL;
        block->origin = Py_XNewRef(origin);
        block->was_closed = (char)closed;
    }
    UNLOCK(&block->lock);
}

/* The callable of a Closure (new reference), and another one in its place. */
static PyObject *get_callable(ClosureObject *closure)
{
    PyObject *callable;
    if (closure->block == NULL)
        return Py_NewRef(closure->callable);
    LOCK(&closure->block->lock);
    callable = Py_NewRef(closure->callable);
    UNLOCK(&closure->block->lock);
    return callable;
}

static void set_callable(ClosureObject *closure, PyObject *callable)
{
    PyObject *previous = callable;      /* an expired closure keeps its None */
    Py_INCREF(callable);
    LOCK(&closure->block->lock);
    if (closure->block->closure != NULL || callable == Py_None) {
        previous = closure->callable;
        __atomic_store_n(&closure->callable, callable, __ATOMIC_RELAXED);
    }
    UNLOCK(&closure->block->lock);
    Py_DECREF(previous);
}

#endif
