/* An extension with the C API's table of each interpreter that imports it, for tests/backend/test_each_interpreter.py.
   `address` is that of something of any interpreter. */
#include <Python.h>

static const void *table_here(void);
#define LIBFFI_API_FIND (const libffi_api *)table_here()
#include "libffi/libffi_api.h"

#include "in_any_interpreter.h"

#include <string.h>

static int execute(PyObject *module)
{
    const libffi_api **table = PyModule_GetState(module);
    *table = libffi_find_api();
    if (*table == NULL)
        return -1;
    return PyDict_SetItemString(PyInterpreterState_GetDict(PyInterpreterState_Get()), "each", module);
}

static const void *table_here(void)
{
    PyObject *module = PyDict_GetItemString(PyInterpreterState_GetDict(PyInterpreterState_Get()), "each");
    return *(const libffi_api **)PyModule_GetState(module);
}

static void nothing(void *cif, void *result, void **arguments, void *user)
{
    (void)cif, (void)result, (void)arguments, (void)user;
}

/* use(what, address): of another interpreter, with the table of this one */
static PyObject *use(PyObject *self, PyObject *args)
{
    const char *what;
    unsigned long long address;
    PyObject *given, *keep, *item = NULL, *result = NULL;
    long room[4] = {0};
    (void)self;
    if (!PyArg_ParseTuple(args, "sK", &what, &address))
        return NULL;
    given = (PyObject *)(uintptr_t)address;
    if (strcmp(what, "type") == 0)
        result = libffi_type_pointer(given, 0);
    else if (strcmp(what, "cif") == 0)
        result = libffi_type_function(given);
    else if (strcmp(what, "signature") == 0)
        result = libffi_cif_new(given, NULL, 0, -1, libffi_abi_default());
    else if (strcmp(what, "value") == 0) {
        item = libffi_type_from_code(LIBFFI_POINTER);
        result = item == NULL || libffi_store(item, room, given, &keep) < 0 ? NULL : Py_NewRef(Py_None);
        Py_XDECREF(item);
    } else if (strcmp(what, "handle") == 0)
        result = libffi_load_result((const libffi_cif *)(uintptr_t)address, room);
    else if (strcmp(what, "types of handle") == 0)
        result = Py_XNewRef(libffi_cif_type((const libffi_cif *)(uintptr_t)address, -1));
    else if (strcmp(what, "library") == 0)
        result = libffi_library_close(given) < 0 ? NULL : Py_NewRef(Py_None);
    return result;
}

/* use_table(what, address): of another interpreter */
static PyObject *use_table(PyObject *self, PyObject *args)
{
    const char *what;
    unsigned long long address;
    const libffi_api *table;
    (void)self;
    if (!PyArg_ParseTuple(args, "sK", &what, &address))
        return NULL;
    table = (const libffi_api *)(uintptr_t)address;
    if (strcmp(what, "code") == 0)
        return table->type_from_code(LIBFFI_INT);
    if (strcmp(what, "codes") == 0)
        return table->cif_from_codes(LIBFFI_INT, NULL, 0, -1, libffi_abi_default());
    if (strcmp(what, "features") == 0)
        return table->features();
    if (strcmp(what, "library") == 0)
        return table->library_open(NULL);
    if (strcmp(what, "object") == 0)
        return table->type_pointer(self, 0);
    return PyBool_FromLong(table->runs_elsewhere());
}

static PyObject *table(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return PyLong_FromVoidPtr((void *)(uintptr_t)table_here());
}

/* handle(cif) -> the address of what calls see of it */
static PyObject *handle(PyObject *self, PyObject *cif)
{
    const libffi_cif *found = libffi_cif_get(cif);
    (void)self;
    return found == NULL ? NULL : PyLong_FromVoidPtr((void *)(uintptr_t)found);
}

static PyObject *make_closure(PyObject *self, PyObject *cif)
{
    libffi_closure *made = libffi_closure_new(cif, nothing, NULL);
    (void)self;
    return made == NULL ? NULL : PyLong_FromVoidPtr(made);
}

static PyObject *free_closure(PyObject *self, PyObject *address)
{
    (void)self;
    libffi_closure_free(PyLong_AsVoidPtr(address));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"use", use, METH_VARARGS, NULL},
    {"use_table", use_table, METH_VARARGS, NULL},
    {"table", table, METH_NOARGS, NULL},
    {"handle", handle, METH_O, NULL},
    {"make_closure", make_closure, METH_O, NULL},
    {"free_closure", free_closure, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

MODULE_IN_ANY_INTERPRETER(each, sizeof(void *))
