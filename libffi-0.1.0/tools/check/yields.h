/* Included ahead of the core by ./sanitize where there is no GIL: other threads run in one of sixteen of the moments
   between having an object and counting a reference to it, and around locks.  What must not happen then happens at once
   instead of once in a hundred runs. */
#include <Python.h>
#include <sched.h>

static __thread unsigned moments;

static inline void yield_sometimes(void)
{
    if (++moments * 2654435761u >> 28 == 0)
        sched_yield();
}

static inline void incref_late(PyObject *object)
{
    yield_sometimes();
    Py_INCREF(object);
}

static inline void xincref_late(PyObject *object)
{
    yield_sometimes();
    Py_XINCREF(object);
}

static inline PyObject *newref_late(PyObject *object)
{
    incref_late(object);
    return object;
}

static inline PyObject *xnewref_late(PyObject *object)
{
    xincref_late(object);
    return object;
}

static inline void lock_late(PyMutex *lock)
{
    yield_sometimes();
    PyMutex_Lock(lock);
}

static inline void unlock_and_yield(PyMutex *lock)
{
    PyMutex_Unlock(lock);
    yield_sometimes();
}

#undef Py_INCREF
#undef Py_XINCREF
#undef Py_NewRef
#undef Py_XNewRef
#undef PyMutex_Lock
#undef PyMutex_Unlock
#define Py_INCREF(object) incref_late((PyObject *)(object))
#define Py_XINCREF(object) xincref_late((PyObject *)(object))
#define Py_NewRef(object) newref_late((PyObject *)(object))
#define Py_XNewRef(object) xnewref_late((PyObject *)(object))
#define PyMutex_Lock(lock) lock_late(lock)
#define PyMutex_Unlock(lock) unlock_and_yield(lock)
