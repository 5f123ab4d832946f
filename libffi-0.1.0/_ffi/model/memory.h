/* Memory: C storage, owned or viewed. */
#ifndef FFIPY_MODEL_MEMORY_H
#define FFIPY_MODEL_MEMORY_H

#include <Python.h>

#include "base/lifetime.h"
#include "model/type.h"

#define INLINE_STORAGE 32           /* memory this small lives inside its object */

typedef struct {
    char *data;
    size_t size;
    const type_info *type;
    lifetime *life;                 /* whose storage this is */
    lifetime own;                   /* ... used when it is ours */
    void *allocated;                /* heap block to free, if any */
    int readonly;
    int known;                      /* to the collector: base/nursery.h */
    long double storage[INLINE_STORAGE / sizeof(long double) + 1];
} memory_state;

typedef struct {
    PyObject_HEAD
    memory_state m;
    PyObject *type;                 /* libffi.Type */
    PyObject *owner;                /* object whose storage this views, or None */
    PyObject *keep;                 /* dict offset -> object C points to, or None */
    PyObject *weakrefs;
} MemoryObject;

/* The class of classes of structs' memory.  Memory, Array and Struct have it too, and are no heap types:
   they end before `type`. */
typedef struct {
    PyHeapTypeObject heap;
    PyObject *type;                 /* libffi.Type, or None while the class is being made */
} MemoryClassObject;

#endif
