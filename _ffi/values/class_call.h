/* Calls of users' classes: Point(1, y=2), Celsius(36.6), Row([1, 2, 3]). */
#ifndef FFIPY_VALUES_CLASS_CALL_H
#define FFIPY_VALUES_CLASS_CALL_H

#include <Python.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "base/locks.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/type.h"
#include "types/compatible.h"
#include "values/memory.h"
#include "values/store.h"
#include "values/type_call.h"

/* The type whose memory a class called makes; NULL raises TypeError (borrowed). */
static const type_info *type_made_by(PyObject *class)
{
    PyObject *type = type_of_class(class);
    const type_info *info = type == NULL ? NULL : &((TypeObject *)type)->info;
    if (info == NULL || !info->users_class) {
        PyErr_Format(PyExc_TypeError, "%s objects are made by T.new() or T.at(address)",
                     ((PyTypeObject *)class)->tp_name);
        return NULL;
    }
    if (!info->complete) {
        PyErr_Format(PyExc_TypeError, "%U is incomplete: its size is not known", info->name);
        return NULL;
    }
    return info;
}

/* tp_new: with the defaults, for an __init__ to go on.  New; raises. */
static PyObject *instance_new(PyTypeObject *class, PyObject *args, PyObject *keywords)
{
    const type_info *type = type_made_by((PyObject *)class);
    (void)args;
    (void)keywords;
    if (type == NULL || need_stack(0) < 0)      /* an __init__ may make another one */
        return NULL;
    return is_struct_kind(type->kind) ? make_struct(type, NULL, 0, NULL, CLASS_CALLED, "%U()")
                                      : (PyObject *)memory_new(type);
}

static initproc struct_init, memory_init;       /* tp_init, which Cython made: struct_fill(), instance_fill() */

/* What Point.__init__() does.  0; -1 raises. */
static int struct_fill(MemoryObject *memory, PyObject *values, Py_ssize_t nargs, PyObject *names)
{
    int status;
    if (memory_writable(memory) == NULL)
        return -1;
    if (PyTuple_GET_SIZE(names) == 0)
        names = NULL;
    status = store_call_in(memory, &PyTuple_GET_ITEM(values, 0), nargs, names, CLASS_CALLED, 0);
    if (status < 0)
        add_place(PyUnicode_FromFormat("%s()", Py_TYPE(memory)->tp_name));
    return status;
}

/* What Celsius.__init__() does with a value.  0; -1 raises. */
static int instance_fill(MemoryObject *memory, PyObject *value)
{
    const type_info *type = memory->m.type;
    keeper k = memory_keeper(memory);
    int status;

    if (memory_writable(memory) == NULL)
        return -1;
    if (UNLIKELY(!lifetime_pin(memory->m.life)))    /* a conversion may run code that closes it */
        return closed_meanwhile();
    Py_BEGIN_CRITICAL_SECTION(k.memory);
    status = store_value(type, memory->m.data, value, &k);
    Py_END_CRITICAL_SECTION();
    lifetime_unpin(memory->m.life);
    if (status < 0)
        add_place(PyUnicode_FromFormat("%s()", Py_TYPE(memory)->tp_name));
    return status;
}

/* Celsius(36.6): one value, or none.  New; raises. */
static PyObject *make_instance(const type_info *type, PyObject *const *args, Py_ssize_t nargs)
{
    MemoryObject *memory = memory_new(type);
    if (memory != NULL && nargs != 0 && UNLIKELY(instance_fill(memory, args[0]) < 0))
        Py_CLEAR(memory);
    return (PyObject *)memory;
}

/* New; raises.  GIL. */
static PyObject *class_vectorcall(PyObject *class, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const PyTypeObject *slots = (PyTypeObject *)class;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    MemoryObject *memory;
    const type_info *type;

    if (UNLIKELY(slots->tp_new != instance_new || (slots->tp_init != struct_init && slots->tp_init != memory_init)))
        return call_packed(PyType_Type.tp_call, class, args, nargs, kwnames);      /* it has its own */
    if (UNLIKELY((type = type_made_by(class)) == NULL))
        return NULL;
    if (!is_struct_kind(type->kind))
        return UNLIKELY(kwnames != NULL || nargs > 1) ? call_packed(PyType_Type.tp_call, class, args, nargs, kwnames)
                                                      : make_instance(type, args, nargs);
    memory = LIKELY(!type->flexible) ? memory_new(type) : memory_for_call(type, args, nargs, kwnames);
    if (UNLIKELY(memory == NULL))
        return NULL;
    if (UNLIKELY(store_call_in(memory, args, nargs, kwnames, CLASS_CALLED, 1) < 0)) {
        add_place(PyUnicode_FromFormat("%s()", slots->tp_name));
        Py_CLEAR(memory);
    }
    return (PyObject *)memory;
}

#endif
