/* The C API beside libffi itself: the same loops of calls, and of callbacks to a C handler. */
#include "checks.h"
#include <ffi.h>
#include "bench.h"
#include "libffi/libffi_api.h"

static long double twice(long double x) { return x + x; }

/* ---- what is called: codes for the C API, ffi_types for libffi, arguments for both ---- */

#define MOST 8

typedef struct {
    const char *name;
    void (*function)(void);
    int result, nargs, codes[MOST];
    ffi_type *ffi_result, *ffi_types[MOST];
    const libffi_cif *handle;
    ffi_cif cif;
    void *plan;
    char *block;
} Signature;

#define I LIBFFI_INT
#define D LIBFFI_DOUBLE
#define L LIBFFI_LONGDOUBLE
#define i &ffi_type_sint
#define d &ffi_type_double
#define l &ffi_type_longdouble

static Signature signatures[] = {
    {"nop", FFI_FN(nop), LIBFFI_VOID, 0, {0}, &ffi_type_void, {0}, 0, {0}, 0, 0},
    {"add", FFI_FN(add), I, 2, {I, I}, i, {i, i}, 0, {0}, 0, 0},
    {"half", FFI_FN(half), D, 1, {D}, d, {d}, 0, {0}, 0, 0},
    {"six", FFI_FN(six), I, 6, {I, I, I, I, I, I}, i, {i, i, i, i, i, i}, 0, {0}, 0, 0},
    {"mixed", FFI_FN(mixed), D, 8, {I, D, I, D, I, D, I, D}, d, {i, d, i, d, i, d, i, d}, 0, {0}, 0, 0},
    {"twice", FFI_FN(twice), L, 1, {L}, l, {l}, 0, {0}, 0, 0},
};
#define COUNT (sizeof signatures / sizeof *signatures)

#undef i
#undef d

static int prepare(Signature *s)
{
    PyObject *cif = libffi_cif_from_codes(s->result, s->codes, s->nargs, -1, libffi_abi_default());
    if (cif == NULL || (s->handle = libffi_cif_get(cif)) == NULL)   /* kept for ever */
        return -1;
    if (ffi_prep_cif(&s->cif, FFI_DEFAULT_ABI, (unsigned)s->nargs, s->ffi_result, s->ffi_types) != FFI_OK) {
        PyErr_SetString(PyExc_RuntimeError, "ffi_prep_cif");
        return -1;
    }
#if defined(FFI_VERSION_NUMBER) && FFI_VERSION_NUMBER >= 30700
    if (s->handle->has_plan)
        s->plan = ffi_call_plan_alloc(&s->cif);
#endif
    s->block = aligned_alloc(64, 1024);
    memset(s->block, 0, 1024);
    for (int i = 0; i < s->nargs; i++) {
        char *slot = s->block + s->handle->exchange_offsets[i + 1];
        if (s->codes[i] == I)
            *(int *)slot = i + 1;
        else if (s->codes[i] == D)
            *(double *)slot = i + 1;
        else
            *(long double *)slot = i + 1;
    }
    return 0;
}

/* ---- loops of calls ---- */

static void fill(const Signature *s, void **arguments)
{
    for (int i = 0; i < s->nargs; i++)
        arguments[i] = s->block + s->handle->exchange_offsets[i + 1];
}

static void direct_loop(Signature *s, Py_ssize_t times)
{
    void *arguments[MOST];
#if defined(FFI_VERSION_NUMBER) && FFI_VERSION_NUMBER >= 30700
    if (s->plan != NULL) {
        while (times-- > 0) {
            fill(s, arguments);
            ffi_call_plan_invoke(s->plan, s->function, s->block, arguments);
        }
        return;
    }
#endif
    while (times-- > 0) {
        fill(s, arguments);
        ffi_call(&s->cif, s->function, s->block, arguments);
    }
}

static void call_loop(Signature *s, Py_ssize_t times)
{
    void *arguments[MOST];
    while (times-- > 0) {
        fill(s, arguments);
        libffi_call(s->handle, s->function, s->block, arguments);
    }
}

static void exchange_loop(Signature *s, Py_ssize_t times)
{
    while (times-- > 0)
        libffi_call_exchange(s->handle, s->function, s->block);
}

static void invoke_loop(Signature *s, Py_ssize_t times)
{
    void *arguments[MOST];
    while (times-- > 0) {
        fill(s, arguments);
        libffi_invoke(s->handle, s->function, s->block, arguments, 0);
    }
}

static PyObject *calls(PyObject *const *args, Py_ssize_t count, void (*loop)(Signature *, Py_ssize_t))
{
    Py_ssize_t index, times;
    if (!takes("loop", count, 2))
        return NULL;
    index = PyLong_AsSsize_t(args[0]);
    times = PyLong_AsSsize_t(args[1]);
    if (index < 0 || index >= (Py_ssize_t)COUNT)
        return PyErr_Format(PyExc_IndexError, "no signature %zd", index);
    loop(&signatures[index], times);
    return libffi_load_result(signatures[index].handle, signatures[index].block);
}

#define CALLS(name) \
    static PyObject *name(PyObject *module, PyObject *const *args, Py_ssize_t count) \
    { return calls(args, count, name##_loop); }
CALLS(direct)
CALLS(call)
CALLS(exchange)
CALLS(invoke)

/* ---- callbacks: libffi's closure, the C API's ---- */

static void add_handler(void *cif, void *result, void **arguments, void *user)
{
    *(long *)result = *(int *)arguments[0] + *(int *)arguments[1] + *(int *)user;
}

static int one = 1;
static int (*direct_closure)(int, int), (*api_closure)(int, int);

static int make_closures(void)
{
    Signature *add_ = &signatures[1];
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    libffi_closure *ours = libffi_closure_new(add_->handle->object, add_handler, &one);
    if (ours == NULL || ffi_prep_closure_loc(closure, &add_->cif, (void *)add_handler, &one, code) != FFI_OK)
        return -1;
    direct_closure = (int (*)(int, int))code;
    api_closure = (int (*)(int, int))libffi_closure_code(ours);
    return 0;
}

static PyObject *callbacks(PyObject *const *args, Py_ssize_t count, int (*volatile function)(int, int))
{
    Py_ssize_t times;
    int sum = 0;
    if (!takes("callbacks", count, 1))
        return NULL;
    for (times = PyLong_AsSsize_t(args[0]); times > 0; --times)
        sum = function(sum & 1, 2);
    return PyLong_FromLong(sum);
}

static PyObject *direct_callbacks(PyObject *module, PyObject *const *args, Py_ssize_t count)
{ return callbacks(args, count, direct_closure); }

static PyObject *api_callbacks(PyObject *module, PyObject *const *args, Py_ssize_t count)
{ return callbacks(args, count, api_closure); }

static PyObject *plans(PyObject *module, PyObject *ignored)
{
    PyObject *result = PyDict_New();
    for (size_t i = 0; i < COUNT; i++)
        PyDict_SetItemString(result, signatures[i].name, signatures[i].plan ? Py_True : Py_False);
    return result;
}

static PyObject *version(PyObject *module, PyObject *ignored)
{
#if defined(FFI_VERSION_NUMBER)
    return PyUnicode_FromString(ffi_get_version());
#else
    Py_RETURN_NONE;
#endif
}

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}

static PyMethodDef methods[] = {
    METHOD(direct),
    METHOD(call),
    METHOD(exchange),
    METHOD(invoke),
    METHOD(direct_callbacks),
    METHOD(api_callbacks),
    {"plans", plans, METH_NOARGS, NULL},
    {"version", version, METH_NOARGS, NULL},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "backend",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_backend(void)
{
    if (libffi_import() < 0)
        return NULL;
    for (size_t i = 0; i < COUNT; i++)
        if (prepare(&signatures[i]) < 0)
            return NULL;
    return make_closures() < 0 ? NULL : PyModule_Create(&definition);
}
