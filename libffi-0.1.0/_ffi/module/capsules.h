/* Capsules: an address and a name, for packages that know neither ctypes nor us. */
#ifndef FFIPY_MODULE_CAPSULES_H
#define FFIPY_MODULE_CAPSULES_H

#include <Python.h>
#include <stddef.h>
#include <string.h>

/* The name of a capsule, and what it keeps.  Not in its context: SciPy gives that to C. */
typedef struct {
    PyObject *owner;
    char name[];
} capsule_name;

static void end_capsule(PyObject *capsule)
{
    capsule_name *named = (capsule_name *)(PyCapsule_GetName(capsule) - offsetof(capsule_name, name));
    Py_DECREF(named->owner);
    PyMem_Free(named);
}

/* New; raises ValueError for NULL, MemoryError. */
static PyObject *new_capsule(void *address, const char *name, PyObject *owner)
{
    const size_t size = strlen(name) + 1;
    capsule_name *named = PyMem_Malloc(sizeof *named + size);
    PyObject *capsule;

    if (named == NULL)
        return PyErr_NoMemory();
    memcpy(named->name, name, size);
    named->owner = Py_NewRef(owner);
    capsule = PyCapsule_New(address, named->name, end_capsule);
    if (capsule == NULL) {
        Py_DECREF(owner);
        PyMem_Free(named);
    }
    return capsule;
}

#endif
