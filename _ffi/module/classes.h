/* What Cython has no syntax for: changes to its classes at import. */
#ifndef FFIPY_MODULE_CLASSES_H
#define FFIPY_MODULE_CLASSES_H

#include <Python.h>
#include <stddef.h>

#include "model/function.h"

/* ---- for check_layouts(), which compilers can see through ---- */

static int same_place(const volatile void *one, const volatile void *other)
{
    return one == other;
}

/* ---- vectorcall for a Cython class ---- */

static void enable_vectorcall(PyTypeObject *type)
{
    type->tp_vectorcall_offset = offsetof(FunctionObject, vectorcall);
    type->tp_call = PyVectorcall_Call;
    type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(type);
}

/* ---- CIF(...) finds the existing object: its tp_new is a function of ours ---- */

static newfunc cif_plain_new;

static void replace_new(PyTypeObject *type, newfunc make)
{
    type->tp_new = make;
    type->tp_vectorcall = NULL;     /* Cython's shortcut around tp_new */
    PyType_Modified(type);
}

static void intern_instances(PyTypeObject *type, newfunc find)
{
    cif_plain_new = type->tp_new;
    replace_new(type, find);
}

/* ---- the other classes have makers of their own: an object without its C part would
   crash ---- */

static PyObject *refuse_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    PyObject *maker = NULL;
    (void)args;
    (void)keywords;
    while (type->tp_flags & Py_TPFLAGS_HEAPTYPE)
        type = type->tp_base;       /* a struct's class has names of its own */
    maker = PyObject_GetAttrString((PyObject *)type, "_made_by");
    if (maker != NULL)
        PyErr_Format(PyExc_TypeError, "%s objects are made by %U", type->tp_name, maker);
    Py_XDECREF(maker);
    return NULL;
}

#endif
