/* Closures that the garbage collector is about to take apart. */
#ifndef FFIPY_GARBAGE_H
#define FFIPY_GARBAGE_H

/* A Closure in a cycle dies with its callable, and the garbage collector takes those apart in
   any order: whoever calls meanwhile would run a function without its globals.  First, though,
   it runs the finalizers of all of them, and Python code that they run may call as ever.  So:
   from its own finalizer on, a closure is for the collector's thread only, until the collection
   ends, and there for Python frames above the one that the collector was called from.  That one
   must still run: who calls at this moment may save the closure from this collection, and then
   it is up for the next, without a finalizer. */
THREAD_LOCAL struct {
    const PyFrameObject *frame;     /* that the collector was called from; may be NULL */
    int runs;                       /* and has met a closure */
} collection;

static int collection_runs(void)
{
    return collection.runs;
}

static void collection_ended(void)
{
    collection.runs = 0;
}

COLD static int called_by_finalizer(void)
{
    PyFrameObject *frame = PyEval_GetFrame(), *back;
    int above = 0;

    if (!collection.runs || frame == NULL || frame == collection.frame)
        return 0;
    for (Py_INCREF(frame); frame != NULL && !above; frame = back) {
        back = PyFrame_GetBack(frame);
        above = back == collection.frame;
        Py_DECREF(frame);
    }
    Py_XDECREF(frame);
    return above;
}

/* The finalizer of a Closure. */
static void block_finalize(closure_block *block)
{
    collection.frame = PyEval_GetFrame();
    collection.runs = 1;
    LOCK(&block->lock);
    block->collected = 1;
    UNLOCK(&block->lock);
}

#endif
