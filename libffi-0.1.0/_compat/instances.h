/* Classes whose instances our C makes only. */
#ifndef COMPAT_INSTANCES_H
#define COMPAT_INSTANCES_H

#include <Python.h>

/* A class that Cython made: Python makes no instances of it, which would have nothing in them. */
static void refuse_instances(PyTypeObject *type)
{
    type->tp_new = NULL;
    type->tp_vectorcall = NULL;
    type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
    PyDict_DelItemString(type->tp_dict, "__new__");
    PyErr_Clear();
    PyType_Modified(type);
}

#endif
