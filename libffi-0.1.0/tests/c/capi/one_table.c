/* An extension with one table of the C API for all interpreters, which several can import. */
#include "libffi/libffi_api.h"

#include "in_any_interpreter.h"

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

MODULE_IN_ANY_INTERPRETER(one_table, 0)
