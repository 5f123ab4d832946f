/* An interpreter with an image of its own ends: our objects and classes, which are in C variables and so go with
   nothing, are let go of.  CPython ends all that its own static classes have likewise, but no extension's. */
#ifndef FFIPY_MODULE_ENDING_H
#define FFIPY_MODULE_ENDING_H

#include <Python.h>
#include <string.h>

#include "base/emptying.h"
#include "base/nursery.h"
#include "base/os/copies.h"
#include "base/pool.h"
#include "closures/quarantine.h"
#include "module/companions.h"
#include "values/memory.h"
#include "values/pointer_objects.h"
#include "values/type_call.h"

#if HAVE_COPIES
/* tools/build/module_end.py writes it; NULL: it cannot with the Cython that there was. */
static void (*end_own_module)(int step);

static void clear_pool(object_pool *pool)
{
    while (pool->used > 0)
        PyObject_GC_Del(pool->spare[--pool->used]);
}

/* In place of tp_dealloc. */
static void stay(PyObject *object)
{
    if (PyObject_IS_GC(object))
        PyObject_GC_UnTrack(object);
}

/* Of nobody's memory: CPython gives an interpreter's back if nothing at all is left in it (3.14). */
static PyDictObject no_members;

#define MOST_CLASSES 300
static PyTypeObject *classes[MOST_CLASSES];
static Py_ssize_t nclasses;

/* Let go of what is in the class, while classes of ours work: some of it is ours. */
static void empty_class(PyTypeObject *class)
{
    PyObject *const parts[] = {class->tp_dict, class->tp_subclasses, class->tp_bases, class->tp_mro};
    size_t i;

    PyType_Modified(class);
    class->tp_dict = (PyObject *)&no_members;
    class->tp_subclasses = NULL;
    class->tp_bases = PyTuple_New(0);   /* there is one only */
    class->tp_mro = PyTuple_New(0);
    for (i = 0; i < sizeof parts / sizeof *parts; ++i)
        Py_XDECREF(parts[i]);
}

/* So what they refer to stays, too. */
static int visit_nothing(PyObject *object, visitproc visit, void *data)
{
    (void)object, (void)visit, (void)data;
    return 0;
}

/* Nothing of the class but what the garbage collector needs to know.  Its objects, if somebody has lost some, stay. */
static void make_inert(PyTypeObject *class)
{
    Py_SET_REFCNT(class, 1000);     /* mortal before CPython 3.13: Cython lets go of it as of one of the heap */
    *class = (PyTypeObject){
        .ob_base = class->ob_base,
        .tp_name = class->tp_name,
        .tp_basicsize = class->tp_basicsize,
        .tp_itemsize = class->tp_itemsize,
        .tp_dealloc = stay,
        .tp_flags = class->tp_flags & ~Py_TPFLAGS_HAVE_VECTORCALL,
        .tp_traverse = class->tp_traverse == NULL ? NULL : visit_nothing,
        .tp_is_gc = class->tp_is_gc,
        .tp_free = class->tp_free,
        .tp_weaklistoffset = class->tp_weaklistoffset,
        .tp_dictoffset = class->tp_dictoffset,
        .tp_weaklist = class->tp_weaklist,
        .tp_base = class->tp_base,
        .tp_bases = class->tp_bases,
        .tp_mro = class->tp_mro,
        .tp_dict = class->tp_dict,
    };
}

/* An empty dictionary refers to nothing.  False: no memory. */
static int make_no_members(void)
{
    PyObject *empty = PyDict_New();
    if (empty == NULL)
        return 0;
    memcpy(&no_members, empty, sizeof no_members);
    Py_DECREF(empty);
    return 1;
}

/* Those in our images that extend `base`: the static ones, which nobody frees. */
static void find_classes(PyObject *base)
{
    PyObject *known = PyObject_CallMethod((PyObject *)&PyType_Type, "__subclasses__", "O", base);
    Py_ssize_t i, j;

    for (i = 0; known != NULL && i < PyList_GET_SIZE(known); ++i) {
        PyTypeObject *class = (PyTypeObject *)PyList_GET_ITEM(known, i);
        for (j = 0; j < nclasses && classes[j] != class; ++j);
        if (j == nclasses && nclasses < MOST_CLASSES && is_in_a_copy(class))
            classes[nclasses++] = class;
        find_classes((PyObject *)class);
    }
    Py_XDECREF(known);
    PyErr_Clear();
}

#if PY_VERSION_HEX < 0x030C0000
/* Builtin classes, which all interpreters share, know their subclasses: let them forget those of a copy. */
static void forget_classes(PyTypeObject *base)
{
    PyObject *references = base->tp_subclasses == NULL ? NULL : PyDict_Values(base->tp_subclasses), *key;
    Py_ssize_t i;

    for (i = 0; references != NULL && i < PyList_GET_SIZE(references); ++i) {
        PyObject *class = PyWeakref_GET_OBJECT(PyList_GET_ITEM(references, i));
        if (!PyType_Check(class))
            continue;
        forget_classes((PyTypeObject *)class);
        if (is_in_a_copy(class) && (key = PyLong_FromVoidPtr(class)) != NULL) {
            if (PyDict_DelItem(base->tp_subclasses, key) < 0)
                PyErr_Clear();
            Py_DECREF(key);
        }
    }
    PyErr_Clear();
    Py_XDECREF(references);
}
#endif

static void take_step(int step)
{
    const companion *one;
    for (one = companions; one != NULL; one = one->next)
        one->end(step);
    end_own_module(step);
}

static void collect_garbage(void)
{
    empty_nursery();
    PyGC_Collect();
}

/* No code of the interpreter's runs any more, nor of ours afterwards. */
static void drop_objects(void)
{
    Py_ssize_t i;

    if (make_no_members()) {
        PyGC_Enable();
        collect_garbage();              /* it goes while the classes work ... */
        take_step(EMPTY_CONTAINERS);
        collect_garbage();              /* ... and so do circles of ours */
        take_step(EMPTY_VARIABLES);
        end_quarantine();
        collect_garbage();
        clear_pool(&memory_pool);
        clear_pool(&pointer_pool);
        Py_CLEAR(type_new_in_cython);
        find_classes((PyObject *)&PyBaseObject_Type);
#if PY_VERSION_HEX < 0x030C0000
        forget_classes(&PyBaseObject_Type);
#endif
        for (i = 0; i < nclasses; ++i)
            empty_class(classes[i]);
        for (i = 0; i < nclasses; ++i)
            make_inert(classes[i]);
        take_step(CLEAR_MODULE);
        PyGC_Collect();                 /* Cython's own classes */
    }
    PyErr_Clear();
}

/* Can it be done?  C, or an extension that keeps its objects, may have some of ours for longer. */
static int may_drop_objects(void)
{
    const companion *one;
    for (one = companions; one != NULL; one = one->next)
        if (one->end == NULL)
            return 0;
    return end_own_module != NULL && !has_to_stay;
}
#endif

#endif
