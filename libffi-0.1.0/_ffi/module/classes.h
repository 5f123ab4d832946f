/* What Cython has no syntax for: changes to its classes at import. */
#ifndef FFIPY_MODULE_CLASSES_H
#define FFIPY_MODULE_CLASSES_H

#include <Python.h>
#include <stddef.h>

#include "base/hidden.h"
#include "model/cif.h"
#include "model/function.h"
#include "model/hooks.h"
#include "values/field_slots.h"
#include "values/item_slots.h"
#include "values/class_call.h"

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

/* ---- the garbage collector sees what they hide ---- */

static traverseproc cif_plain_traverse;

static int cif_traverse(PyObject *self, visitproc visit, void *arg)
{
    int status = cif_plain_traverse(self, visit, arg);
    return status != 0 ? status : visit_hidden(((CIFObject *)self)->variants, visit, arg);
}

static void install_cif_collection(PyTypeObject *class)
{
    cif_plain_traverse = class->tp_traverse;
    class->tp_traverse = cif_traverse;
}

/* ---- classes of memory have a class of their own ---- */

static newfunc memory_class_plain_new;

/* `make` is its tp_new.  Its classes are called by vectorcall, as other classes are. */
static void make_memory_classes(PyTypeObject *type, newfunc make)
{
    memory_class_plain_new = type->tp_new;
    replace_new(type, make);
    type->tp_call = PyType_Type.tp_call;
    type->tp_vectorcall_offset = offsetof(PyTypeObject, tp_vectorcall);
    type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(type);
}

static void set_metaclass(PyTypeObject *class, PyTypeObject *metaclass)
{
    Py_SET_TYPE((PyObject *)class, metaclass);
    PyType_Modified(class);
}

/* 0; -1 raises. */
static int set_in_class(PyObject *class, PyObject *name, PyObject *value)
{
    return PyType_Type.tp_setattro(class, name, value);
}

/* The same for a class of ours, at import. */
static int add_to_class(PyTypeObject *class, PyObject *name, PyObject *value)
{
    int status = PyDict_SetItem(class->tp_dict, name, value);
    PyType_Modified(class);
    return status;
}

static void freeze_class(PyTypeObject *class)
{
    class->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
    PyType_Modified(class);
}

static void prepare_users_class(PyTypeObject *class)
{
    class->tp_vectorcall = class_vectorcall;
}

/* Its subclasses find the slot by the method of that name; `like` has one of that sort.  0; -1 raises. */
static int wrap_slot(PyTypeObject *class, PyTypeObject *like, const char *name, void *slot)
{
    PyObject *there = PyObject_GetAttrString((PyObject *)like, name), *method = NULL;
    int status;
    if (there != NULL && Py_IS_TYPE(there, &PyWrapperDescr_Type))
        method = PyDescr_NewWrapper(class, ((PyWrapperDescrObject *)there)->d_base, slot);
    else if (there != NULL)
        PyErr_Format(PyExc_SystemError, "libffi._ffi: %s has no slot for %s", like->tp_name, name);
    status = method == NULL ? -1 : PyDict_SetItemString(class->tp_dict, name, method);
    Py_XDECREF(there);
    Py_XDECREF(method);
    return status;
}

/* Items of arrays of users' classes are looked up our way.  0; -1 raises. */
static int install_array_slots(PyTypeObject *class)
{
    install_item_slots(class);
    memory_init = core.memory->tp_init;
    if (wrap_slot(class, class, "__getitem__", (void *)array_item) < 0
        || wrap_slot(class, class, "__setitem__", (void *)array_set) < 0
        || wrap_slot(class, class, "__delitem__", (void *)array_set) < 0)
        return -1;
    PyType_Modified(class);
    return 0;
}

/* Struct's attributes are looked up our way, also in classes that add methods.  0; -1 raises. */
static int install_struct_slots(PyTypeObject *class)
{
    struct_init = class->tp_init;
    class->tp_getattro = struct_getattr;
    class->tp_setattro = struct_setattr;
    if (wrap_slot(class, &PyBaseObject_Type, "__getattribute__", (void *)struct_getattr) < 0
        || wrap_slot(class, &PyBaseObject_Type, "__setattr__", (void *)struct_setattr) < 0
        || wrap_slot(class, &PyBaseObject_Type, "__delattr__", (void *)struct_setattr) < 0)
        return -1;
    PyType_Modified(class);
    return 0;
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
