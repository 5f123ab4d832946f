/* An extension with one table of the C API for all interpreters, which several can import. */
#include "libffi/libffi_api.h"

static int execute(PyObject *module)
{
    (void)module;
    return libffi_import();
}

static PyObject *int_type(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return libffi_type_from_code(LIBFFI_INT);
}

static PyMethodDef methods[] = {{"int_type", int_type, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)execute},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "one_table",
    NULL,
    0,
    methods,
    slots,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_one_table(void);

PyMODINIT_FUNC PyInit_one_table(void)
{
    return PyModuleDef_Init(&module);
}
