/* Two files that share one table: compiled twice, the second time with -DLIBFFI_API_EXTERN. */
#define LIBFFI_API_TABLE shared_table_of_test
#include "libffi/libffi_api.h"

#ifdef LIBFFI_API_EXTERN
const char *version_from_the_other_file(void) { return libffi_version(); }
#else
const char *version_from_the_other_file(void);

static PyObject *version(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    return PyUnicode_FromString(version_from_the_other_file());
}

static PyMethodDef methods[] = {{"version", version, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "shared_table",
    NULL,
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_shared_table(void)
{
    return libffi_import() < 0 ? NULL : PyModule_Create(&module);
}
#endif
