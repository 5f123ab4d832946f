/* Expired blocks: how long they stay, and who gets them next. */
#ifndef FFIPY_CLOSURES_QUARANTINE_H
#define FFIPY_CLOSURES_QUARANTINE_H

#include <Python.h>

#include "base/compiler.h"
#include "base/locks.h"
#include "closures/block.h"
#include "libffi/cif.h"
#include "model/cif.h"
#include "model/closure.h"

static struct {
    closure_block *oldest, *newest;
    Py_ssize_t used, limit;
    short_lock lock;
} quarantine = {.limit = 4096};

/* A thread may be on its way into a block that nothing runs in, and libffi would give its
   address to a closure of any signature.  So a block stays with its CIF, and only the next
   closures of that signature use it again. */
static void block_spare(closure_block *block)
{
    PyObject *cif = block_cif(block);

    Py_CLEAR(block->kept);
    drop_on_error(block);
    LOCK(&block->lock);
    block->is_spare = 1;
    UNLOCK(&block->lock);
    LOCK(&quarantine.lock);
    block->next = block->state->spare;
    block->state->spare = block;
    ++block->state->nspare;
    UNLOCK(&quarantine.lock);
    Py_DECREF(cif);                 /* which may be its end: see reserve_cif() */
}

/* NULL without an exception: there is none. */
static closure_block *take_spare(cif_state *state, PyObject *name)
{
    closure_block *block;
    PyObject *previous, *origin;

    LOCK(&quarantine.lock);
    block = state->spare;
    if (block != NULL) {
        state->spare = block->next;
        --state->nspare;
    }
    UNLOCK(&quarantine.lock);
    if (block == NULL)
        return NULL;
    LOCK(&block->lock);
    previous = block->name;
    origin = block->origin;
    block->name = Py_NewRef(name);
    block->origin = NULL;
    block->is_spare = 0;
    block->was_closed = 0;
    UNLOCK(&block->lock);
    Py_DECREF(previous);
    Py_XDECREF(origin);
    return block;
}

/* Queues of expired blocks and of the CIFs of such: linked by `next`, from `oldest` to `newest`. */
#define queue_append(queue, item) \
    do { \
        (item)->next = NULL; \
        if ((queue).newest != NULL) \
            (queue).newest->next = (item); \
        else \
            (queue).oldest = (item); \
        (queue).newest = (item); \
    } while (0)

/* CIFs that nobody has any more, kept for their spare blocks: there are closures of other
   signatures in plenty, so a second queue decides when the blocks go.  Under quarantine.lock. */
static struct {
    cif_state *oldest, *newest;
    Py_ssize_t blocks;              /* when each joined; not more than quarantine.limit */
} reserve;

/* The oldest CIF, while the blocks are too many; its reference is the caller's.  One that
   somebody asked for again goes round: a finalizer runs once only. */
static PyObject *reserve_excess(void)
{
    PyObject *excess = NULL;
    cif_state *last, *c = NULL;

    LOCK(&quarantine.lock);
    last = reserve.newest;
    while (excess == NULL && reserve.blocks > quarantine.limit && c != last) {
        c = reserve.oldest;
        reserve.oldest = c->next;
        if (reserve.oldest == NULL)
            reserve.newest = NULL;
        if (Py_REFCNT(c->object) > 1) {
            queue_append(reserve, c);
        } else {
            reserve.blocks -= c->nreserved;
            excess = c->object;
        }
    }
    UNLOCK(&quarantine.lock);
    return excess;
}

static void trim_reserve(void)
{
    PyObject *cif;
    while ((cif = reserve_excess()) != NULL)
        Py_DECREF(cif);
}

/* The finalizer of a CIF: one with spare blocks lives on. */
static void reserve_cif(cif_state *c)
{
    if (c == NULL || c->nspare == 0 || c->nspare > quarantine.limit || c->nreserved != 0)
        return;
    Py_INCREF(c->object);
    LOCK(&quarantine.lock);
    c->nreserved = c->nspare;
    reserve.blocks += c->nreserved;
    queue_append(reserve, c);
    UNLOCK(&quarantine.lock);
    trim_reserve();
}

/* The CIF is gone, nobody makes closures of it any more.  False: a thread is in one of them
   at this moment, and the memory is better lost. */
static int spares_free(cif_state *c)
{
    closure_block *block;

    for (block = c->spare; block != NULL; block = block->next)
        if (block_is_busy(block))
            return 0;
    while ((block = c->spare) != NULL) {
        c->spare = block->next;
        block_free(block);
    }
    return 1;
}

static void quarantine_append(closure_block *block)
{
    queue_append(quarantine, block);
    ++quarantine.used;
}

/* Take the oldest expired closure that nothing runs in, while there are too many. */
static closure_block *quarantine_excess(void)
{
    Py_ssize_t looked = 0, n;
    closure_block *excess = NULL;

    LOCK(&quarantine.lock);
    n = quarantine.used;
    while (excess == NULL && quarantine.used > quarantine.limit && looked++ < n) {
        closure_block *block = quarantine.oldest;
        quarantine.oldest = block->next;
        if (quarantine.oldest == NULL)
            quarantine.newest = NULL;
        --quarantine.used;
        if (block_is_busy(block))
            quarantine_append(block);
        else
            excess = block;
    }
    if (excess != NULL && quarantine.oldest != NULL) {      /* nobody has looked at it for long: the next one will */
        FETCH_AHEAD(&quarantine.oldest->code);
        FETCH_AHEAD(&quarantine.oldest->made);
    }
    UNLOCK(&quarantine.lock);
    return excess;
}

/* Freeing may run Python code, which may come back here: one by one, without the lock. */
static void trim_quarantine(void)
{
    closure_block *block;
    while ((block = quarantine_excess()) != NULL) {
        if (block->form == PLAIN_CLOSURE)
            block_spare(block);
        else
            block_free(block);
    }
    trim_reserve();
}

/* At an interpreter's end, when nobody comes in any more: nothing waits, nor will. */
static inline void end_quarantine(void)
{
    quarantine.limit = 0;
    trim_quarantine();
}

/* Its Closure goes, so nobody looks at the expired block but C.  The CIF was the Closure's to keep, where the
   collector sees that it is in a cycle, as of a class of a struct that the closure takes; from here on it is ours. */
static void block_retire(closure_block *block)
{
    Py_INCREF(block_cif(block));
    LOCK(&quarantine.lock);
    quarantine_append(block);
    UNLOCK(&quarantine.lock);
    trim_quarantine();
}

/* The end of a CIF, unless a thread is in one of its closures. */
static void cif_end(cif_state *c)
{
    if (c != NULL && spares_free(c))
        cif_free(c);
}

#endif
