/* An interpreter with an image of its own ends: our objects and classes, which are in C variables and so go with
   nothing, are let go of.  CPython ends all that its own static classes have likewise, but no extension's. */
#ifndef FFIPY_MODULE_ENDING_H
#define FFIPY_MODULE_ENDING_H

#include <Python.h>
#include <string.h>

#include "base/nursery.h"
#include "base/os/copies.h"
#include "base/pool.h"
#include "values/memory.h"
#include "values/pointer_objects.h"

/* CPython 3.13 has a moment for it: PyUnstable_AtExit(). */
#if HAVE_COPIES && PY_VERSION_HEX >= 0x030D0000
#define DROPS_OBJECTS 1
#else
#define DROPS_OBJECTS 0
#endif

/* Cython's; and ours, module/ending.pyx. */
static freefunc drop_variables;
static void (*drop_own_objects)(void);
static void (*drop_constants)(void);

#if DROPS_OBJECTS
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

#define MOST_CLASSES 100
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

/* Nothing of the class but what the garbage collector needs to know.  Its objects, if somebody has lost some, stay. */
static void make_inert(PyTypeObject *class)
{
    *class = (PyTypeObject){
        .ob_base = class->ob_base,
        .tp_name = class->tp_name,
        .tp_basicsize = class->tp_basicsize,
        .tp_itemsize = class->tp_itemsize,
        .tp_dealloc = stay,
        .tp_flags = class->tp_flags & ~Py_TPFLAGS_HAVE_VECTORCALL,
        .tp_traverse = class->tp_traverse,
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

/* Those in `range` that extend `base`: the static ones, which nobody frees. */
static void find_classes(PyObject *base, address_range range)
{
    PyObject *known = PyObject_CallMethod((PyObject *)&PyType_Type, "__subclasses__", "O", base);
    Py_ssize_t i, j;

    for (i = 0; known != NULL && i < PyList_GET_SIZE(known); ++i) {
        PyTypeObject *class = (PyTypeObject *)PyList_GET_ITEM(known, i);
        for (j = 0; j < nclasses && classes[j] != class; ++j);
        if (j == nclasses && nclasses < MOST_CLASSES && is_in_range(range, class))
            classes[nclasses++] = class;
        find_classes((PyObject *)class, range);
    }
    Py_XDECREF(known);
    PyErr_Clear();
}

/* No code of the interpreter's runs any more, nor of ours afterwards.  `range`: of our image. */
static void drop_objects(address_range range)
{
    Py_ssize_t i;

    if (make_no_members()) {
        PyGC_Enable();
        empty_nursery();
        PyGC_Collect();                 /* garbage goes while the classes work ... */
        drop_own_objects();
        empty_nursery();
        PyGC_Collect();                 /* ... and so do circles of ours */
        clear_pool(&memory_pool);
        clear_pool(&pointer_pool);
        find_classes((PyObject *)&PyBaseObject_Type, range);
        for (i = 0; i < nclasses; ++i)
            empty_class(classes[i]);
        for (i = 0; i < nclasses; ++i)
            make_inert(classes[i]);
        drop_variables(NULL);
        drop_constants();
    }
    PyErr_Clear();
}
#endif

#endif
