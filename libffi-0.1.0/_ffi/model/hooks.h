/* What C knows of the Cython classes, and asks of their functions. */
#ifndef FFIPY_MODEL_HOOKS_H
#define FFIPY_MODEL_HOOKS_H

#include <Python.h>

#include "base/lifetime.h"
#include "model/cif.h"
#include "model/memory.h"
#include "model/type.h"
#include "model/watched.h"

/* Filled in by the Cython side at import. */
static struct {
    PyTypeObject *memory, *pointer, *function, *closure, *cif, *type, *value, *struct_, *memory_class;
    PyObject *closure_expired, *bad_arg_type, *argument_error, *misuse_error;
    PyObject *argument_errors;      /* dict: a class of errors -> the ArgumentError that also is one */
    PyObject *(*function_at)(const type_info *type, void *address, PyObject *owner);
    PyObject *(*pin)(lifetime *life, PyObject *owner);
    PyObject *(*hold_buffer)(PyObject *object, const Py_buffer **view);     /* New; *view goes with it. */
    PyObject *(*variadic_cif)(cif_state *base, const type_info *const *extra, Py_ssize_t n);
    PyObject *(*exact_number)(PyObject *digits);
    PyObject *(*array_of)(const type_info *item, Py_ssize_t length);
    PyObject *(*new_array)(const type_info *item, const Py_ssize_t *shape, int ndim);
    PyObject *(*stand_in)(const type_info *type, PyObject *value);      /* New, or None; raises. */
    int (*foreign_describes)(const type_info *item, PyObject *value);   /* -1 raises */
    PyObject *(*watch_begins)(const watched_what *what, PyObject *outer, const char **report);
    int (*watch_ends)(PyObject *event, const watched_what *what, const void *result, PyObject *exception,
                      int error);
} core;

#define Memory_Check(o) PyObject_TypeCheck(o, core.memory)
#define Pointer_Check(o) Py_IS_TYPE(o, core.pointer)
#define Function_Check(o) Py_IS_TYPE(o, core.function)
#define Closure_Check(o) PyObject_TypeCheck(o, core.closure)
#define Value_Check(o) Py_IS_TYPE(o, core.value)
#define Type_Check(o) Py_IS_TYPE(o, core.type)

/* The type that a class is the memory of, or NULL: it is no such class, or not yet (borrowed). */
static inline PyObject *type_of_class(PyObject *class)
{
    PyObject *type;
    if (!PyObject_TypeCheck(class, core.memory_class)
        || !PyType_HasFeature((PyTypeObject *)class, Py_TPFLAGS_HEAPTYPE))
        return NULL;
    type = ((MemoryClassObject *)class)->type;
    return type == NULL || type == Py_None ? NULL : type;
}

#endif
