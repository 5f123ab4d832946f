/* Memory objects: C storage owned by Python, or a view of somebody's. */
#ifndef FFIPY_VALUES_MEMORY_H
#define FFIPY_VALUES_MEMORY_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hidden.h"
#include "base/lifetime.h"
#include "base/locks.h"
#include "base/nursery.h"
#include "base/pool.h"
#include "base/trashcan.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "model/memory.h"
#include "values/keeper.h"
#include "values/storage.h"

static object_pool memory_pool;

static void memory_dealloc(PyObject *self);

/* Are the instances of a class nothing but memory?  Those with slots, a dictionary or a finalizer are made and
   freed by Python, and what is ours of them by us. */
static inline int is_plain_class(const PyTypeObject *class)
{
    return class->tp_dealloc == memory_dealloc;
}

/* What `memory`, new, is before it has storage. */
static ALWAYS_INLINE void memory_init_for(MemoryObject *memory, const type_info *type)
{
    memset(&memory->m, 0, offsetof(memory_state, storage));     /* in two: compilers make no loop of it */
    memset(memory->m.storage, 0, sizeof memory->m.storage);
    memory->weakrefs = NULL;
    memory->type = Py_NewRef(type->object);
    memory->owner = Py_NewRef(Py_None);
    memory->keep = Py_NewRef(Py_None);
    memory->m.type = type;
    memory->m.size = type->size;
}

/* An instance of a class whose instances are more than memory.  New; raises MemoryError. */
COLD static MemoryObject *memory_made_by_python(const type_info *type)
{
    PyTypeObject *class = (PyTypeObject *)type->memory_class;
    MemoryObject *memory = (MemoryObject *)class->tp_alloc(class, 0);
    if (memory != NULL) {
        memory_init_for(memory, type);
        memory->m.known = TRACKED;
    }
    return memory;
}

static ALWAYS_INLINE MemoryObject *memory_from_pool(const type_info *type)
{
    MemoryObject *memory = (MemoryObject *)pool_take(&memory_pool, (PyTypeObject *)type->memory_class);
    if (LIKELY(memory != NULL))
        memory_init_for(memory, type);
    return memory;
}

/* New; raises MemoryError.  Without storage yet, and with the lifetime NULL: nobody looks at it so soon. */
static inline MemoryObject *memory_alloc(const type_info *type)
{
    MemoryObject *memory;
    if (LIKELY(!type->leads_to_users))
        return memory_from_pool(type);
    if (UNLIKELY(!is_plain_class((PyTypeObject *)type->memory_class)))
        return memory_made_by_python(type);
    memory = memory_from_pool(type);
    if (LIKELY(memory != NULL))         /* whose class may have attributes that lead back to it */
        track_if_it_stays((PyObject *)memory, &memory->m.known);
    return memory;
}

/* An instance that Python made: it called its class's tp_dealloc, then ours, and counts what is not ours. */
COLD static void free_users_memory(PyObject *self)
{
    PyTypeObject *class = Py_TYPE(self);
    const PyTypeObject *base = class;

    class->tp_free(self);
    while (!is_plain_class(base))
        base = base->tp_base;
    if (base->tp_flags & Py_TPFLAGS_HEAPTYPE)
        Py_DECREF(class);
}

/* Let go of what it holds, and of it: all but the bookkeeping of the collector. */
static ALWAYS_INLINE void memory_free(PyObject *self)
{
    MemoryObject *memory = (MemoryObject *)self;
    PyTypeObject *class = Py_TYPE(self);

    if (UNLIKELY(memory->weakrefs != NULL))
        PyObject_ClearWeakRefs(self);
    if (memory->m.allocated != NULL)
        free_storage(memory->m.allocated);
    Py_DECREF(memory->keep);
    Py_DECREF(memory->owner);
    Py_DECREF(memory->type);
    if (UNLIKELY(!is_plain_class(class))) {
        free_users_memory(self);
        return;
    }
    pool_give(&memory_pool, self, class);
    if (class->tp_flags & Py_TPFLAGS_HEAPTYPE)
        Py_DECREF(class);
}

/* The owner goes too, and may be a view itself, of a view, and so on; or what it keeps, and what that keeps. */
COLD static void memory_end_chain(PyObject *self)
{
    Py_TRASHCAN_BEGIN(self, memory_dealloc)
    memory_free(self);
    Py_TRASHCAN_END
}

static void memory_dealloc(PyObject *self)
{
    PyObject *owner = ((MemoryObject *)self)->owner;

    if (((MemoryObject *)self)->m.known != UNKNOWN_TO_COLLECTOR)
        untrack(self);
    if (LIKELY((owner == Py_None || Py_REFCNT(owner) > 1) && ((MemoryObject *)self)->keep == Py_None))
        memory_free(self);
    else
        memory_end_chain(self);
}

/* ---- the garbage collector's view of it ---- */

static traverseproc memory_plain_traverse;

static int memory_traverse(PyObject *self, visitproc visit, void *arg)
{
    int status = memory_plain_traverse(self, visit, arg);
    return status != 0 ? status : visit_hidden(((MemoryObject *)self)->keep, visit, arg);
}

/* Break a cycle.  Code that the collector runs meanwhile may still find the memory: the addresses of what goes
   are no more in it, where the storage is its own. */
static int memory_clear(PyObject *self)
{
    MemoryObject *memory = (MemoryObject *)self;
    PyObject *key, *object, *keep;
    Py_ssize_t position = 0;

    Py_BEGIN_CRITICAL_SECTION(memory);
    keep = memory->keep;
    memory->keep = Py_NewRef(Py_None);
    while (keep != Py_None && memory->owner == Py_None && lifetime_is_open(memory->m.life)
           && PyDict_Next(keep, &position, &key, &object))
        memset(memory->m.data + PyLong_AsSsize_t(key), 0, sizeof(void *));
    Py_END_CRITICAL_SECTION();
    Py_DECREF(keep);
    return 0;
}

static void install_memory_collection(PyTypeObject *class)
{
    memory_plain_traverse = class->tp_traverse;
    class->tp_traverse = memory_traverse;
    class->tp_clear = memory_clear;
}

/* Let a class of memory free its instances our way, if they are nothing but memory. */
static void own_instances(PyTypeObject *class)
{
    if (class->tp_basicsize == (Py_ssize_t)sizeof(MemoryObject) && class->tp_dictoffset == 0
        && class->tp_finalize == NULL && class->tp_del == NULL)
        class->tp_dealloc = memory_dealloc;
}

/* New zeroed storage of `size` bytes for one `type`.  New; raises MemoryError. */
static ALWAYS_INLINE MemoryObject *memory_of_size(const type_info *type, size_t size)
{
    MemoryObject *memory = memory_alloc(type);
    memory_state *m;

    if (memory == NULL)
        return NULL;
    m = &memory->m;
    m->life = &m->own;
    if (LIKELY(get_storage(memory, type, size) == 0))
        return memory;
    m->life = &forever;
    Py_DECREF(memory);
    return NULL;
}

/* New zeroed storage for one `type`.  New; raises MemoryError. */
static MemoryObject *memory_new(const type_info *type)
{
    return memory_of_size(type, type->size);
}

/* ... and more, for the items of its flexible array.  New; raises MemoryError. */
COLD static MemoryObject *memory_with_room(const type_info *type, size_t size)
{
    MemoryObject *memory = memory_of_size(type, size);
    if (memory != NULL)
        memory->m.size = size;
    return memory;
}

/* How many items there is room for in the flexible array at the end of what is stored in `memory`. */
static Py_ssize_t room_behind(const MemoryObject *memory)
{
    const type_info *type = memory->m.type, *item;
    if (!type->flexible || memory->m.size <= type->flexible_at)
        return 0;
    item = type->fields[type->nfields - 1].type->item;
    return (Py_ssize_t)((memory->m.size - type->flexible_at) / item->size);
}

/* ... if `where` is that array; else 0. */
static inline Py_ssize_t room_at(const MemoryObject *memory, const void *where)
{
    return memory->m.type->flexible && (const char *)where == memory->m.data + memory->m.type->flexible_at
               ? room_behind(memory)
               : 0;
}

/* After close(): what is not needed any more.  Where threads run Python at once, one may be
   reading: there the storage goes with the object. */
static void memory_release(MemoryObject *memory)
{
    Py_BEGIN_CRITICAL_SECTION(memory);
    Py_SETREF(memory->keep, Py_NewRef(Py_None));
    Py_END_CRITICAL_SECTION();
#ifndef Py_GIL_DISABLED
    if (memory->m.allocated != NULL)
        free_storage(memory->m.allocated);
    memory->m.allocated = NULL;
#endif
}

/* A view of storage that `owner` (or nobody, NULL) holds; of a view it is the root, which keeps what is
   stored there, and so views of views are no chain.  New; raises MemoryError. */
static MemoryObject *memory_view(const type_info *type, void *data, PyObject *owner,
                                 lifetime *life)
{
    MemoryObject *memory = memory_alloc(type);
    if (memory == NULL)
        return NULL;
    memory->m.data = data;
    memory->m.life = life;
    if (owner != NULL) {
        if (Memory_Check(owner))
            owner = (PyObject *)memory_root((MemoryObject *)owner);
        Py_SETREF(memory->owner, Py_NewRef(owner));
        track_once((PyObject *)memory, &memory->m.known);
    }
    return memory;
}

/* A view of a part of `whole`.  New; raises MemoryError. */
static MemoryObject *memory_part(const type_info *type, void *data, MemoryObject *whole)
{
    MemoryObject *part = memory_view(type, data, (PyObject *)whole, whole->m.life);
    if (part != NULL)
        part->m.readonly = whole->m.readonly;
    return part;
}

/* The storage's address, or NULL with ValueError after close(). */
static inline char *memory_data(MemoryObject *memory)
{
    if (UNLIKELY(!lifetime_is_open(memory->m.life))) {
        stale(memory->m.type);
        return NULL;
    }
    return memory->m.data;
}

/* The same, to write to.  NULL raises TypeError, too. */
static inline char *memory_writable(MemoryObject *memory)
{
    if (UNLIKELY(memory->m.readonly)) {
        PyErr_Format(PyExc_TypeError, "this %U is const", memory->m.type->name);
        return NULL;
    }
    return memory_data(memory);
}

/* For what is stored in `memory`, in whose root's critical section the caller is.  Nothing to let go. */
static inline keeper memory_keeper(MemoryObject *memory)
{
    return (keeper){.memory = memory_root(memory)};
}

#endif
