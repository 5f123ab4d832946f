/* Where the storage of memory comes from and goes to: the one place to have it checked (values/checked_storage.h).

   Nothing asks whether it is: memory is inside its object, or on the heap, up to sizes that are variables.  While
   storage is checked they are 0, and what is larger than both was off the way of all others anyhow. */
#ifndef FFIPY_VALUES_STORAGE_H
#define FFIPY_VALUES_STORAGE_H

#include <Python.h>

#include "base/align.h"
#include "base/compiler.h"
#include "model/memory.h"

static struct {
    size_t in_object, on_heap;      /* what is no larger is there */
    void (*free)(void *);
    int (*otherwise)(MemoryObject *, const type_info *, size_t);
} storage = {INLINE_STORAGE, PY_SSIZE_T_MAX / 2, PyMem_RawFree, NULL};

#define storage_limit(which) __atomic_load_n(&storage.which, __ATOMIC_RELAXED)

/* -1, raises MemoryError. */
COLD static int no_storage(void)
{
    PyErr_NoMemory();
    return -1;
}

/* `size` zeroed bytes for one `type`: what is neither in the object nor on the heap.  0; -1 raises. */
COLD static int storage_otherwise(MemoryObject *memory, const type_info *type, size_t size)
{
    int (*otherwise)(MemoryObject *, const type_info *, size_t) =
        __atomic_load_n(&storage.otherwise, __ATOMIC_RELAXED);
    if (otherwise == NULL || size > PY_SSIZE_T_MAX / 2)
        return no_storage();
    return otherwise(memory, type, size);
}

/* What is on the heap, or elsewhere. */
static inline void free_storage(void *allocated)
{
    void (*give_back)(void *) = __atomic_load_n(&storage.free, __ATOMIC_RELAXED);
    give_back(allocated);
}

/* `size` zeroed bytes for one `type`; memory->m.allocated, if not NULL, is for free_storage().  0; -1 raises
   MemoryError. */
static ALWAYS_INLINE int get_storage(MemoryObject *memory, const type_info *type, size_t size)
{
    memory_state *m = &memory->m;

    if (LIKELY(size <= storage_limit(in_object) && ((uintptr_t)m->storage & (type->alignment - 1)) == 0)) {
        m->data = (char *)m->storage;
        return 0;
    }
    if (UNLIKELY(size > storage_limit(on_heap)))
        return storage_otherwise(memory, type, size);
    m->allocated = PyMem_RawCalloc(1, size + type->alignment);
    if (UNLIKELY(m->allocated == NULL))
        return no_storage();
    m->data = align_pointer(m->allocated, type->alignment);
    return 0;
}

#endif
