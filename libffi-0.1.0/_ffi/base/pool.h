/* Small objects that come and go with every call: a few of the freed ones are kept for the
   next.  They start untracked by the garbage collector, until they refer to something
   that might refer back. */
#ifndef FFIPY_BASE_POOL_H
#define FFIPY_BASE_POOL_H

#include <Python.h>

#include "base/compiler.h"

#define POOL_SIZE 64

typedef struct {
    PyObject *spare[POOL_SIZE];
    int used;
} object_pool;

/* New, untracked, and but for its header as it was left; NULL raises MemoryError. */
static inline PyObject *pool_take(object_pool *pool, PyTypeObject *class)
{
#ifndef Py_GIL_DISABLED
    if (LIKELY(pool->used > 0))
        return PyObject_Init(pool->spare[--pool->used], class);
#else
    (void)pool;
#endif
    return PyObject_GC_New(PyObject, class);
}

/* Give back the storage of an untracked object of `class`, whose objects are all as large as the pool's. */
static inline void pool_give(object_pool *pool, PyObject *object, PyTypeObject *class)
{
#ifndef Py_GIL_DISABLED
    if (LIKELY(pool->used < POOL_SIZE)) {
        pool->spare[pool->used++] = object;
        return;
    }
#else
    (void)pool;
#endif
    class->tp_free(object);
}

static inline void track_object(PyObject *object)
{
    if (!PyObject_GC_IsTracked(object))
        PyObject_GC_Track(object);
}

#endif
