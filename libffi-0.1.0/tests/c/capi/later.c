/* What came with API version 3, for tests/backend/test_later_api.py. */
#include "libffi/libffi_api.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static libffi_closure *closure;
static const libffi_cif *inside;

static void plus(const libffi_closure *self, void *result, void **arguments, void *user)
{
    inside = libffi_closure_cif(self);
    *(intptr_t *)result = *(int *)arguments[0] + *(int *)user;
}

static void times(const libffi_closure *self, void *result, void **arguments, void *user)
{
    (void)self;
    *(intptr_t *)result = *(int *)arguments[0] * *(int *)user;
}

static int call(const libffi_cif *cif, int number)
{
    void *arguments[1] = {&number};
    intptr_t result = 0;
    libffi_call(cif, libffi_closure_code(closure), &result, arguments);
    return (int)result;
}

/* retargeting(cif) -> what it answered before and after */
static PyObject *retargeting(PyObject *self, PyObject *cif)
{
    static int three = 3, four = 4;
    const libffi_cif *handle = libffi_cif_get(cif);
    int before, after, knows, failed;
    (void)self;
    if (handle == NULL || (closure = libffi_closure_make(cif, plus, &three)) == NULL)
        return NULL;
    knows = libffi_closure_user(closure) == &three && libffi_closure_cif(closure) == handle;
    before = call(handle, 10);
    if (libffi_closure_retarget(closure, times, &four) < 0)
        return PyErr_NoMemory();
    after = call(handle, 10);
    knows = knows && inside == handle && libffi_closure_user(closure) == &four;
    libffi_closure_free(closure);
    closure = libffi_closure_new(cif, (libffi_handler)(void (*)(void))times, &three);
    failed = closure == NULL ? 0 : libffi_closure_retarget(closure, times, &four);
    knows = knows && closure != NULL && libffi_closure_user(closure) == &three;
    libffi_closure_free(closure);
    return Py_BuildValue("iiii", before, after, knows, failed);
}

static void *free_it(void *unused)
{
    libffi_closure_free(closure);
    return unused;
}

/* free_elsewhere(cif): a thread that Python never saw frees the closure */
static PyObject *free_elsewhere(PyObject *self, PyObject *cif)
{
    static int one = 1;
    pthread_t thread;
    (void)self;
    if ((closure = libffi_closure_make(cif, plus, &one)) == NULL)
        return NULL;
    pthread_create(&thread, NULL, free_it, NULL);
    pthread_join(thread, NULL);
    Py_RETURN_NONE;
}

static void *enter(void *result)
{
    libffi_visit visit, inner;
    int *entered = result;
    *entered = libffi_python_enter(&visit);
    if (!*entered)
        return NULL;
    *entered += libffi_python_enter(&inner);
    libffi_python_leave(&inner);
    PyRun_SimpleString("entered = True");
    libffi_python_leave(&visit);
    return NULL;
}

static void at_the_end(void)
{
    static const char *say[] = {"Python is gone\n", "Python is there\n"};
    libffi_visit visit;
    int there = libffi_python_enter(&visit);
    fputs(say[there], stdout);
    libffi_closure_free(closure);
    puts("freed");
}

/* enter_elsewhere() -> 2, by a thread that Python never saw */
static PyObject *enter_elsewhere(PyObject *self, PyObject *unused)
{
    int entered = 0;
    pthread_t thread;
    (void)self;
    (void)unused;
    pthread_create(&thread, NULL, enter, &entered);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(entered);
}

/* leave_to_exit(cif): an exit handler, which runs when Python has ended, frees the closure */
static PyObject *leave_to_exit(PyObject *self, PyObject *cif)
{
    static int one = 1;
    (void)self;
    if ((closure = libffi_closure_make(cif, plus, &one)) == NULL)
        return NULL;
    atexit(at_the_end);
    Py_RETURN_NONE;
}

/* errno_of(number) -> libffi_get_errno() */
static PyObject *errno_of(PyObject *self, PyObject *number)
{
    (void)self;
    if (number != Py_None)
        libffi_set_errno((int)PyLong_AsLong(number));
    return PyLong_FromLong(libffi_get_errno());
}

/* types(type, long double) -> ref, out, inout, exact, whether it is seen to be exact */
static PyObject *types(PyObject *self, PyObject *args)
{
    PyObject *type, *number, *exact;
    libffi_type_info info;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO", &type, &number) || (exact = libffi_type_exact(number)) == NULL
        || libffi_type_look(exact, &info) < 0)
        return NULL;
    return Py_BuildValue("NNNNi", libffi_type_ref(type), libffi_type_out(type), libffi_type_inout(type), exact,
                         info.is_exact);
}

/* signature(cif) -> abi, nfixed, nargs */
static PyObject *signature(PyObject *self, PyObject *cif)
{
    const libffi_cif *handle = libffi_cif_get(cif);
    (void)self;
    return handle == NULL ? NULL : Py_BuildValue("iII", handle->abi, handle->nfixed, handle->nargs);
}

/* library(name, text, symbol) -> the library, what is declared, the symbol's address */
static PyObject *library(PyObject *self, PyObject *args)
{
    const char *name, *text, *symbol;
    PyObject *opened, *declared;
    void *address;
    (void)self;
    if (!PyArg_ParseTuple(args, "zss", &name, &text, &symbol) || (opened = libffi_library_open(name)) == NULL)
        return NULL;
    declared = libffi_declare(opened, text);
    address = declared == NULL ? NULL : libffi_library_symbol(opened, symbol);
    if (address == NULL) {
        Py_XDECREF(declared);
        Py_DECREF(opened);
        return NULL;
    }
    return Py_BuildValue("NNK", opened, declared, (unsigned long long)(uintptr_t)address);
}

static PyObject *close_library(PyObject *self, PyObject *opened)
{
    (void)self;
    if (libffi_library_close(opened) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* find(result, argument) -> the CIF, many times */
static PyObject *find(PyObject *self, PyObject *args)
{
    PyObject *result, *argument, *found = NULL;
    const int codes[2] = {LIBFFI_INT, LIBFFI_DOUBLE};
    int i, times;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOi", &result, &argument, &times))
        return NULL;
    for (i = 0; i < times; ++i) {
        Py_XDECREF(found);
        found = libffi_cif_new(result, &argument, 1, -1, libffi_abi_default());
        if (found == NULL)
            return NULL;
    }
    return Py_BuildValue("NN", found, libffi_cif_from_codes(LIBFFI_DOUBLE, codes, 2, -1, libffi_abi_default()));
}

static PyMethodDef methods[] = {
    {"retargeting", retargeting, METH_O, NULL},
    {"free_elsewhere", free_elsewhere, METH_O, NULL},
    {"enter_elsewhere", enter_elsewhere, METH_NOARGS, NULL},
    {"leave_to_exit", leave_to_exit, METH_O, NULL},
    {"errno_of", errno_of, METH_O, NULL},
    {"types", types, METH_VARARGS, NULL},
    {"signature", signature, METH_O, NULL},
    {"library", library, METH_VARARGS, NULL},
    {"close_library", close_library, METH_O, NULL},
    {"find", find, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "later",
    NULL,
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_later(void);

PyMODINIT_FUNC PyInit_later(void)
{
    return libffi_import() < 0 ? NULL : PyModule_Create(&module);
}
