/* The block of a closure: its parts and its end. */
#ifndef FFIPY_CLOSURES_BLOCK_H
#define FFIPY_CLOSURES_BLOCK_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/list.h"
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
static linked_list every_block;
static int blocks_are_watched;          /* changes under that list's lock */

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

    list_remove(&every_block, &block->link);
    Py_XDECREF(block->name);
    Py_XDECREF(block->origin);
    Py_XDECREF(block->kept);
    drop_on_error(block);
    switch ((closure_form)block->form) {
    case PLAIN_CLOSURE:
        closure_free(block);
        break;
    case RAW_CLOSURE:
#if RAW_CLOSURES
        closure_free(block->as.raw);
#endif
        /* fall through */
    case GO_CLOSURE:
        PyMem_RawFree(block);
    }
    Py_XDECREF(cif);
}

#endif
