/* Objects that can be in a cycle, so that the garbage collector has to know them, of which most are gone with the
   statement that made them: telling it costs more than the rest of their making.  So the last two wait, and it learns
   of them when it begins, or when a third one comes.  What it does not know it takes for in use.  Each object has an
   int of ours, which says what the collector knows of it. */
#ifndef FFIPY_BASE_NURSERY_H
#define FFIPY_BASE_NURSERY_H

#include <Python.h>
#include <stddef.h>

#include "base/compiler.h"

enum {
    UNKNOWN_TO_COLLECTOR,
    WAITING,                    /* in the nursery, or tracked since */
    TRACKED
};

static PyObject *nursery[2];

/* Those that wait are tracked.  No code of anybody's runs. */
static NOINLINE void empty_nursery(void)
{
    for (int i = 0; i < 2; ++i) {
        PyObject *object = nursery[i];
        nursery[i] = NULL;
        if (object != NULL)
            PyObject_GC_Track(object);
    }
}

/* The collector knows `object` from now on, if it does not already. */
static inline void track_once(PyObject *object, int *known)
{
    if (*known == UNKNOWN_TO_COLLECTOR)
        PyObject_GC_Track(object);
    else if (*known == WAITING && (nursery[0] == object || nursery[1] == object))
        empty_nursery();
    *known = TRACKED;
}

static NOINLINE void wait_as_second(PyObject *object)
{
    if (nursery[1] == NULL)
        nursery[1] = object;
    else {
        empty_nursery();
        nursery[0] = object;
    }
}

/* `object`, new and not tracked, will be, unless it goes before. */
static inline void track_if_it_stays(PyObject *object, int *known)
{
#ifndef Py_GIL_DISABLED
    *known = WAITING;
    if (LIKELY(nursery[0] == NULL))
        nursery[0] = object;
    else
        wait_as_second(object);
#else
    (void)wait_as_second;
    track_once(object, known);
#endif
}

static NOINLINE void untrack_elder(PyObject *object)
{
    if (nursery[1] == object)
        nursery[1] = NULL;
    else
        PyObject_GC_UnTrack(object);
}

/* For the tp_dealloc of an object that is not unknown: now it is. */
static inline void untrack(PyObject *object)
{
    if (LIKELY(nursery[0] == object))
        nursery[0] = NULL;
    else
        untrack_elder(object);
}

#endif
