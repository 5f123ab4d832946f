/* What keeps alive the things C is given addresses of.

   During a call: buffers are exported and lifetimes pinned in slots on the call's
   frame, the rest goes on a list; all of it is let go when the call returns.
   In memory: the storing memory's `keep` dict holds the object, keyed by offset.
   Python code that changed the list or the dict would free what C looks at: base/hidden.h.
   For a closure's result: `objects` passes on to the closure, until its next result in the same thread. */
#ifndef FFIPY_MODEL_KEEPER_H
#define FFIPY_MODEL_KEEPER_H

#include <Python.h>

#include "base/lifetime.h"
#include "model/memory.h"

typedef struct {
    lifetime *pinned;               /* NULL: `view` is in use */
    Py_buffer view;
} kept_slot;

typedef struct {
    kept_slot *slots;
    int borrowed;                   /* the caller holds the value itself; set with `used`, as one word */
    unsigned used, room;
    MemoryObject *memory;           /* memory mode: the root that is written to */
    PyObject *objects;              /* list, or NULL */
} keeper;

#endif
