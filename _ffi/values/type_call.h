/* T(value), T(x=1, y=2), T(1, 2): a struct or union made by calling its type; all else is left to
   the method that Cython made. */
#ifndef FFIPY_VALUES_TYPE_CALL_H
#define FFIPY_VALUES_TYPE_CALL_H

#include <Python.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/lifetime.h"
#include "base/locks.h"
#include "model/errors.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/type.h"
#include "values/memory.h"
#include "values/store.h"

static ternaryfunc type_call_in_cython;

/* 0; -1 raises. */
static int store_call(const type_info *type, char *data, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames, keeper *k)
{
    Py_ssize_t i;
    if (kwnames == NULL && nargs == 1)
        return store_value(type, data, args[0], k);
    for (i = 0; kwnames == NULL && i < nargs; ++i)
        if (store_field(type, &type->fields[i], data, args[i], k) < 0)
            return -1;
    for (i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); ++i) {
        const field_info *field = find_field(type, PyTuple_GET_ITEM(kwnames, i));
        if (field == NULL || store_field(type, field, data, args[i], k) < 0)
            return -1;
    }
    return 0;
}

/* New; raises. */
COLD static PyObject *slow_type_call(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                     PyObject *kwnames)
{
    Py_ssize_t i, n = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    PyObject *tuple = PyTuple_New(nargs), *dict = n ? PyDict_New() : NULL, *result = NULL;

    if (tuple != NULL && (n == 0 || dict != NULL)) {
        int status = 0;
        for (i = 0; i < nargs; ++i)
            PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
        for (i = 0; status == 0 && i < n; ++i)
            status = PyDict_SetItem(dict, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]);
        if (status == 0)
            result = type_call_in_cython(self, tuple, dict);
    }
    Py_XDECREF(tuple);
    Py_XDECREF(dict);
    return result;
}

/* New; raises.  GIL. */
static PyObject *type_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                                 PyObject *kwnames)
{
    const type_info *type = &((TypeObject *)self)->info;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    MemoryObject *memory;
    keeper k;
    int status;

    if (UNLIKELY((type->kind != K_STRUCT && type->kind != K_UNION) || !type->complete
                 || type->size == 0 || type->is_va_list || (kwnames != NULL && nargs != 0)
                 || (kwnames == NULL && nargs != 1
                     && (nargs != type->nfields || !type->by_position))))
        return slow_type_call(self, args, nargs, kwnames);
    memory = memory_new(type);
    if (memory == NULL)
        return NULL;
    k = memory_keeper(memory);
    lifetime_pin(memory->m.life);       /* gc.get_objects() may find it, and code may close it */
    Py_BEGIN_CRITICAL_SECTION(memory);
    status = store_call(type, memory->m.data, args, nargs, kwnames, &k);
    Py_END_CRITICAL_SECTION();
    lifetime_unpin(memory->m.life);
    if (UNLIKELY(status < 0)) {
        add_place(PyUnicode_FromFormat("%U()", type->name));
        Py_CLEAR(memory);
    }
    return (PyObject *)memory;
}

static void install_type_call(void)
{
    type_call_in_cython = core.type->tp_call;
    core.type->tp_vectorcall_offset = offsetof(TypeObject, vectorcall);
    core.type->tp_call = PyVectorcall_Call;
    core.type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    PyType_Modified(core.type);
}

#endif
