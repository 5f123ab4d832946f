/* The floor of .map: loops over double f(double) and int f(int, int), by libffi itself and by the C compiler. */
#include "checks.h"
#include <ffi.h>
#include "bench.h"

typedef struct {
    Py_buffer in, out;
    Py_ssize_t length;
} Arrays;

static int open_arrays(Arrays *arrays, PyObject *const *args, Py_ssize_t count)
{
    if (!takes("loop", count, 2) || PyObject_GetBuffer(args[0], &arrays->in, PyBUF_SIMPLE) < 0)
        return 0;
    if (PyObject_GetBuffer(args[1], &arrays->out, PyBUF_WRITABLE) < 0) {
        PyBuffer_Release(&arrays->in);
        return 0;
    }
    Py_ssize_t size = Py_MIN(arrays->in.len, arrays->out.len);
    arrays->length = size / (Py_ssize_t)sizeof(double);
    return 1;
}

static PyObject *close_arrays(Arrays *arrays)
{
    PyBuffer_Release(&arrays->in);
    PyBuffer_Release(&arrays->out);
    Py_RETURN_NONE;
}

static void prepare(ffi_cif *cif)
{
    static ffi_type *arguments[] = {&ffi_type_double};
    if (ffi_prep_cif(cif, FFI_DEFAULT_ABI, 1, &ffi_type_double, arguments) != FFI_OK)
        Py_FatalError("ffi_prep_cif");
}

static PyObject *ffi_call_loop(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Arrays arrays;
    ffi_cif cif;
    prepare(&cif);
    if (!open_arrays(&arrays, args, count))
        return NULL;
    double *in = arrays.in.buf, *out = arrays.out.buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < arrays.length; i++) {
        void *argument = &in[i];
        ffi_call(&cif, FFI_FN(half), &out[i], &argument);
    }
    Py_END_ALLOW_THREADS
    return close_arrays(&arrays);
}

#if defined(FFI_VERSION_NUMBER) && FFI_VERSION_NUMBER >= 30700
static PyObject *ffi_plan_loop(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Arrays arrays;
    ffi_cif cif;
    prepare(&cif);
    ffi_call_plan *plan = ffi_call_plan_alloc(&cif);
    if (plan == NULL)
        return PyErr_NoMemory();
    if (!open_arrays(&arrays, args, count)) {
        ffi_call_plan_free(plan);
        return NULL;
    }
    double *in = arrays.in.buf, *out = arrays.out.buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < arrays.length; i++) {
        void *argument = &in[i];
        ffi_call_plan_invoke(plan, FFI_FN(half), &out[i], &argument);
    }
    Py_END_ALLOW_THREADS
    ffi_call_plan_free(plan);
    return close_arrays(&arrays);
}
#define HAVE_PLAN
#endif

static PyObject *compiled_loop(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Arrays arrays;
    if (!open_arrays(&arrays, args, count))
        return NULL;
    double *in = arrays.in.buf, *out = arrays.out.buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < arrays.length; i++)
        out[i] = half(in[i]);
    Py_END_ALLOW_THREADS
    return close_arrays(&arrays);
}

/* compiled_broadcast(rows, columns, out): out[i][j] = add(rows[i], columns[j]). */
static PyObject *compiled_broadcast(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Py_buffer views[3];
    int opened = 0;
    if (!takes("compiled_broadcast", count, 3))
        return NULL;
    while (opened < 3
           && PyObject_GetBuffer(args[opened], &views[opened], opened < 2 ? PyBUF_SIMPLE : PyBUF_WRITABLE) == 0)
        ++opened;
    if (opened == 3) {
        const Py_ssize_t height = views[0].len / (Py_ssize_t)sizeof(int);
        const Py_ssize_t width = views[1].len / (Py_ssize_t)sizeof(int);
        const int *rows = views[0].buf, *columns = views[1].buf;
        int *out = views[2].buf;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < height; i++)
            for (Py_ssize_t j = 0; j < width; j++)
                *out++ = add(rows[i], columns[j]);
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < opened; i++)
        PyBuffer_Release(&views[i]);
    if (opened < 3)
        return NULL;
    Py_RETURN_NONE;
}

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}

static PyMethodDef methods[] = {
    METHOD(ffi_call_loop),
    METHOD(compiled_loop),
    METHOD(compiled_broadcast),
#ifdef HAVE_PLAN
    METHOD(ffi_plan_loop),
#endif
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "floor_map",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_floor_map(void)
{
    return PyModule_Create(&definition);
}
