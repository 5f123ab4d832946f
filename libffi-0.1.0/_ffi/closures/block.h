/* The block of a closure: its parts and its end. */
#ifndef FFIPY_CLOSURES_BLOCK_H
#define FFIPY_CLOSURES_BLOCK_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/locks.h"
#include "libffi/closures.h"
#include "model/closure.h"

static inline int block_is_busy(closure_block *block)
{
    return block->inside != 0 || __atomic_load_n(&block->arriving, __ATOMIC_ACQUIRE) != 0;
}

/* Borrowed. */
static PyObject *block_cif(const closure_block *block)
{
    return block->state->object;
}

/* All blocks, to give them other handlers when a watch begins or ends. */
static struct {
    closure_block *first;
    int watched;
    short_lock lock;
} every_block;

static void list_block(closure_block *block)
{
    block->after = every_block.first;
    if (block->after != NULL)
        block->after->at = &block->after;
    block->at = &every_block.first;
    every_block.first = block;
}

static void unlist_block(closure_block *block)
{
    if (block->at == NULL)
        return;
    LOCK(&every_block.lock);
    *block->at = block->after;
    if (block->after != NULL)
        block->after->at = block->at;
    UNLOCK(&every_block.lock);
}

/* The closure whose address that is.  1: it lives; -1: it does not any more; both give *cif and *name, new.
   0: there is none. */
COLD static int find_closure(const void *code, PyObject **cif, PyObject **name)
{
    const closure_block *block;
    int found = 0;

    LOCK(&every_block.lock);
    for (block = every_block.first; block != NULL && found == 0; block = block->after) {
        if (block->code == code && !block->is_spare && block->name != NULL) {
            found = block->closure != NULL ? 1 : -1;
            *cif = Py_NewRef(block_cif(block));
            *name = Py_NewRef(block->name);
        }
    }
    UNLOCK(&every_block.lock);
    return found;
}

/* May run Python code. */
static void drop_on_error(closure_block *block)
{
    error_default *on_error = block->on_error;
    block->on_error = NULL;
    if (on_error != NULL)
        Py_XDECREF(on_error->keeps);
    PyMem_RawFree(on_error);
}

/* To libffi, and what it owns; may run Python code.  Nothing may run in it. */
static void block_free(closure_block *block)
{
    PyObject *cif = block->is_spare ? NULL : block_cif(block);

    unlist_block(block);
    Py_XDECREF(block->name);
    Py_XDECREF(block->origin);
    Py_XDECREF(block->kept);
    drop_on_error(block);
    switch ((closure_form)block->form) {
    case PLAIN_CLOSURE:
        closure_free(&block->as.plain);
        break;
    case RAW_CLOSURE:
#if RAW_CLOSURES
        raw_closure_free(block->as.raw);
#endif
        /* fall through */
    case GO_CLOSURE:
        PyMem_RawFree(block);
    }
    Py_XDECREF(cif);
}

#endif
