/* The libraries that the process has loaded, where the system says so. */
#ifndef COMPAT_CTYPES_LOADED_H
#define COMPAT_CTYPES_LOADED_H

#include <Python.h>

#if defined(__linux__) || defined(__FreeBSD__)
#include <link.h>

enum { LOADED_ARE_KNOWN = 1 };

/* For dl_iterate_phdr: not 0 ends the search, with an exception. */
static int add_loaded(struct dl_phdr_info *info, size_t size, void *list)
{
    PyObject *name = PyUnicode_DecodeFSDefault(info->dlpi_name);
    int status = name == NULL ? -1 : PyList_Append(list, name);
    (void)size;
    Py_XDECREF(name);
    return status;
}

/* Their names, the program's own is empty.  New; raises. */
static PyObject *loaded_libraries(void)
{
    PyObject *list = PyList_New(0);
    if (list != NULL && dl_iterate_phdr(add_loaded, list) < 0)
        Py_CLEAR(list);
    return list;
}

#else
enum { LOADED_ARE_KNOWN = 0 };

static PyObject *loaded_libraries(void)
{
    PyErr_SetString(PyExc_NotImplementedError, "this system does not list what is loaded");
    return NULL;
}
#endif

#endif
