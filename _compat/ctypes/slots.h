/* What Cython has no syntax for. */
#ifndef COMPAT_CTYPES_SLOTS_H
#define COMPAT_CTYPES_SLOTS_H

#include <Python.h>

#include "../instances.h"

typedef vectorcallfunc vectorcall;
typedef PyObject *(*instance_maker)(PyObject *class, PyObject *args, PyObject *keywords);

/* CPython's own ctypes places the members of structures in Python, ctypes._layout. */
enum { LAYOUT_IS_PYTHON = PY_VERSION_HEX >= 0x030E0000 };

/* Instances of a class of ours, and of those that extend it, are called by the function at `offset` in them. */
static void give_vectorcall(PyTypeObject *type, Py_ssize_t offset)
{
    type->tp_vectorcall_offset = offset;
    type->tp_call = PyVectorcall_Call;
    type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(type);
}

static instance_maker maker_of(PyTypeObject *type)
{
    return (instance_maker)(void (*)(void))type->tp_new;
}

static void give_maker(PyTypeObject *type, instance_maker maker)
{
    type->tp_new = (newfunc)(void (*)(void))maker;
    type->tp_vectorcall = NULL;         /* Cython's shortcut around tp_new */
    PyType_Modified(type);
}

#define VECTORCALL_NARGS(nargsf) PyVectorcall_NARGS(nargsf)

static PyObject *call_vector(PyObject *callable, PyObject *const *args, Py_ssize_t nargs)
{
    return PyObject_Vectorcall(callable, args, (size_t)nargs, NULL);
}

/* A class of functions that a user makes: called as its base is, unless it has a __call__ of its own. */
static void inherit_vectorcall(PyTypeObject *type)
{
    if (type->tp_call == PyVectorcall_Call)
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;       /* CPython 3.11 leaves it out */
}

/* Give a class the methods and slots of one that Cython made, whose instances are alike: so it extends that one's
   base directly.  0; -1 raises. */
static int adopt(PyObject *class, PyTypeObject *made)
{
    PyTypeObject *type = (PyTypeObject *)class;
    PyObject *name, *item;
    Py_ssize_t i = 0;
    while (PyDict_Next(made->tp_dict, &i, &name, &item)) {
        PyObject *own = NULL;
        int status;
        if (Py_IS_TYPE(item, &PyMethodDescr_Type))
            own = PyDescr_NewMethod(type, ((PyMethodDescrObject *)item)->d_method);
        else if (Py_IS_TYPE(item, &PyGetSetDescr_Type))
            own = PyDescr_NewGetSet(type, ((PyGetSetDescrObject *)item)->d_getset);
        else if (Py_IS_TYPE(item, &PyWrapperDescr_Type))
            own = PyDescr_NewWrapper(type, ((PyWrapperDescrObject *)item)->d_base,
                                     ((PyWrapperDescrObject *)item)->d_wrapped);
        else
            continue;
        status = own == NULL ? -1 : PyType_Type.tp_setattro(class, name, own);
        Py_XDECREF(own);
        if (status < 0)
            return -1;
    }
    if (made->tp_as_sequence != NULL) { /* iteration looks for it, and no name leads there from Cython's class */
        type->tp_as_sequence->sq_item = made->tp_as_sequence->sq_item;
        type->tp_as_sequence->sq_ass_item = made->tp_as_sequence->sq_ass_item;
    }
    PyType_Modified(type);
    return 0;
}

typedef int (*initializer)(PyObject *, PyObject *, PyObject *);
typedef PyObject *(*item_getter)(PyObject *, Py_ssize_t);

static initializer init_of(PyTypeObject *type)
{
    return type->tp_init;
}

/* A class's own names: of one that was made by a class statement. New. */
static PyObject *own_names(PyTypeObject *type)
{
    return Py_NewRef(type->tp_dict);
}

/* New. */
static PyObject *base_of(PyTypeObject *type)
{
    return Py_NewRef((PyObject *)type->tp_base);
}

/* What a class is called by, where its metaclass is called by vectorcall. */
static void give_class_vectorcall(PyTypeObject *type, vectorcall call)
{
    type->tp_vectorcall = call;
}

/* What iteration calls for each item. */
static void give_item(PyObject *class, item_getter get)
{
    ((PyTypeObject *)class)->tp_as_sequence->sq_item = get;
    PyType_Modified((PyTypeObject *)class);
}

/* As all classes are called.  New; raises. */
static PyObject *call_class(PyObject *class, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Py_ssize_t i, nargs = PyVectorcall_NARGS(nargsf), n = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *tuple = PyTuple_New(nargs), *dict = n ? PyDict_New() : NULL, *result = NULL;
    int status = tuple == NULL || (n && dict == NULL) ? -1 : 0;
    for (i = 0; status == 0 && i < nargs; ++i)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    for (i = 0; status == 0 && i < n; ++i)
        status = PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), args[nargs + i]);
    if (status == 0)
        result = PyType_Type.tp_call(class, tuple, dict);
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return result;
}

static void freeze(PyObject *class)
{
    ((PyTypeObject *)class)->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    PyType_Modified((PyTypeObject *)class);
}

static int is_frozen(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) != 0;
}

/* No more classes are made of this one directly. */
static void end_extending(PyTypeObject *type)
{
    type->tp_flags &= ~Py_TPFLAGS_BASETYPE;
    PyType_Modified(type);
}

/* Give a class a method of its metaclass as its own, where super() in what extends it looks.  0; -1 raises. */
static int lend_method(PyObject *class, PyObject *name, PyObject *method)
{
    PyObject *own = PyDescr_NewClassMethod((PyTypeObject *)class, ((PyMethodDescrObject *)method)->d_method);
    int status = own == NULL ? -1 : PyType_Type.tp_setattro(class, name, own);
    Py_XDECREF(own);
    return status;
}

/* 0; -1 raises. */
static int set_type_attribute(PyObject *class, PyObject *name, PyObject *value)
{
    return PyType_Type.tp_setattro(class, name, value);
}

/* An exception goes to sys.unraisablehook, which says what was being done with the callable. */
static void report_unraisable(PyObject *error, const char *doing, PyObject *callable)
{
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
#if PY_VERSION_HEX >= 0x030D0000
    PyErr_FormatUnraisable("Exception ignored %s %s ctypes callback function %R",
                           PY_VERSION_HEX >= 0x030E0000 ? "while" : "on", doing, callable);
#else
    (void)doing;
    PyErr_WriteUnraisable(callable);
#endif
}

#endif
