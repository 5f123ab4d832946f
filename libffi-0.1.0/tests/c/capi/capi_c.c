/* The whole C API as Python functions, for tests/backend/test_capi.py.  Compiled as C11, as C++11, and with
   Py_LIMITED_API; MODULE is the module's name. */
#define PY_SSIZE_T_CLEAN
#include "libffi/libffi_api.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX 64

static void *allocate(size_t size) { return calloc(1, size ? size : 1); }

/* ---- types ---- */

static PyObject *versions(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    return Py_BuildValue("iiis", LIBFFI_API_ABI_VERSION, LIBFFI_API_VERSION,
                         LIBFFI_API_HAS(libffi_version) ? 1 : 0, libffi_version());
}

static PyObject *import_again(PyObject *self, PyObject *args)
{
    const libffi_api *before = LIBFFI_API_TABLE;
    (void)self;
    (void)args;
    if (libffi_import() < 0)
        return NULL;
    return PyBool_FromLong(LIBFFI_API_TABLE == before);
}

static PyObject *type_from_code(PyObject *self, PyObject *args)
{
    int code;
    (void)self;
    return PyArg_ParseTuple(args, "i", &code) ? libffi_type_from_code(code) : NULL;
}

static PyObject *type_pointer(PyObject *self, PyObject *args)
{
    PyObject *item;
    int is_const;
    (void)self;
    return PyArg_ParseTuple(args, "Oi", &item, &is_const) ? libffi_type_pointer(item, is_const) : NULL;
}

static PyObject *type_array(PyObject *self, PyObject *args)
{
    PyObject *item;
    Py_ssize_t length;
    (void)self;
    return PyArg_ParseTuple(args, "On", &item, &length) ? libffi_type_array(item, length) : NULL;
}

static PyObject *type_vector(PyObject *self, PyObject *args)
{
    PyObject *item;
    Py_ssize_t lanes;
    (void)self;
    return PyArg_ParseTuple(args, "On", &item, &lanes) ? libffi_type_vector(item, lanes) : NULL;
}

static PyObject *type_bits(PyObject *self, PyObject *args)
{
    PyObject *base;
    int width;
    (void)self;
    return PyArg_ParseTuple(args, "Oi", &base, &width) ? libffi_type_bits(base, width) : NULL;
}

static PyObject *type_function(PyObject *self, PyObject *cif)
{
    (void)self;
    return libffi_type_function(cif);
}

static PyObject *type_enum(PyObject *self, PyObject *args)
{
    PyObject *cls, *base = NULL;
    (void)self;
    return PyArg_ParseTuple(args, "O|O", &cls, &base) ? libffi_type_enum(cls, base) : NULL;
}

/* The members of a list of (str or None, Type). */
static Py_ssize_t members_of(PyObject *list, libffi_member *members)
{
    Py_ssize_t i, n = PyList_Size(list);
    for (i = 0; i < n; ++i)
        if (!PyArg_ParseTuple(PyList_GetItem(list, i), "zO", &members[i].name, &members[i].type))
            return -1;
    return n;
}

/* aggregate("struct" or "union", name, members, pack, align) */
static PyObject *aggregate(PyObject *self, PyObject *args)
{
    const char *kind, *name;
    PyObject *list;
    unsigned pack, align;
    libffi_member members[MAX];
    Py_ssize_t n;
    (void)self;
    if (!PyArg_ParseTuple(args, "ssO!II", &kind, &name, &PyList_Type, &list, &pack, &align)
        || (n = members_of(list, members)) < 0)
        return NULL;
    return strcmp(kind, "union") == 0 ? libffi_type_union(name, members, n, pack, align)
                                      : libffi_type_struct(name, members, n, pack, align);
}

static PyObject *define(PyObject *self, PyObject *args)
{
    PyObject *type, *list;
    libffi_member members[MAX];
    Py_ssize_t n;
    (void)self;
    if (!PyArg_ParseTuple(args, "OO!", &type, &PyList_Type, &list) || (n = members_of(list, members)) < 0
        || libffi_type_define(type, members, n, 0, 0) < 0)
        return NULL;
    return Py_BuildValue("");
}

static PyObject *or_none(PyObject *value) { return value != NULL ? value : Py_None; }

static PyObject *look(PyObject *self, PyObject *type)
{
    libffi_type_info info;
    (void)self;
    if (libffi_type_look(type, &info) < 0)
        return NULL;
    return Py_BuildValue("nniiisOOnni", (Py_ssize_t)info.size, (Py_ssize_t)info.alignment, info.kind,
                         info.is_complete, info.is_const, info.name, or_none(info.item),
                         or_none(info.cif), info.length, info.nfields, info.ffi_type != NULL);
}

static PyObject *field(PyObject *self, PyObject *args)
{
    PyObject *type;
    Py_ssize_t index;
    libffi_field_info info;
    (void)self;
    if (!PyArg_ParseTuple(args, "On", &type, &index) || libffi_type_field(type, index, &info) < 0)
        return NULL;
    return Py_BuildValue("sOnII", info.name, info.type, (Py_ssize_t)info.offset, info.bit_offset,
                         info.bit_width);
}

/* ---- CIFs ---- */

static PyObject *cif_new(PyObject *self, PyObject *args)
{
    PyObject *result, *list, *types[MAX];
    Py_ssize_t nfixed, i, n;
    int abi;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOni", &result, &list, &nfixed, &abi))
        return NULL;
    n = PyList_Size(list);
    for (i = 0; i < n; ++i)
        types[i] = PyList_GetItem(list, i);
    return libffi_cif_new(result, types, n, nfixed, abi);
}

static PyObject *cif_from_codes(PyObject *self, PyObject *args)
{
    PyObject *list;
    Py_ssize_t nfixed, i, n;
    int result, abi, codes[MAX];
    (void)self;
    if (!PyArg_ParseTuple(args, "iOni", &result, &list, &nfixed, &abi))
        return NULL;
    n = PyList_Size(list);
    for (i = 0; i < n; ++i)
        codes[i] = (int)PyLong_AsLong(PyList_GetItem(list, i));
    return libffi_cif_from_codes(result, codes, n, nfixed, abi);
}

static PyObject *handle(PyObject *self, PyObject *object)
{
    const libffi_cif *cif = libffi_cif_get(object);
    PyObject *offsets;
    unsigned i;
    (void)self;
    if (cif == NULL || (offsets = PyList_New(0)) == NULL)
        return NULL;
    for (i = 0; i < cif->nargs + 1; ++i) {
        PyObject *offset = PyLong_FromSize_t(cif->exchange_offsets[i]);
        PyList_Append(offsets, offset);
        Py_DECREF(offset);
    }
    return Py_BuildValue("IinnnNOi", cif->nargs, cif->has_plan, (Py_ssize_t)cif->result_size,
                         (Py_ssize_t)cif->exchange_size, (Py_ssize_t)cif->exchange_alignment, offsets,
                         cif->object, libffi_cif_get(object) == cif);
}

static PyObject *cif_type(PyObject *self, PyObject *args)
{
    PyObject *object, *type;
    Py_ssize_t index;
    const libffi_cif *cif;
    (void)self;
    if (!PyArg_ParseTuple(args, "On", &object, &index) || (cif = libffi_cif_get(object)) == NULL
        || (type = libffi_cif_type(cif, index)) == NULL)
        return NULL;
    Py_INCREF(type);
    return type;
}

/* ---- calls: of copies, so that alignment is malloc's ---- */

typedef struct {
    const libffi_cif *cif;
    libffi_function function;
    void *result, *arguments[MAX], *copies[MAX];
    unsigned n;
} call;

static void end_call(call *c)
{
    unsigned i;
    for (i = 0; i < c->n; ++i)
        free(c->copies[i]);
    free(c->result);
}

static int begin_call(call *c, PyObject *cif, unsigned long long address, PyObject *values)
{
    memset(c, 0, sizeof *c);
    c->function = (libffi_function)(uintptr_t)address;
    c->cif = libffi_cif_get(cif);
    if (c->cif == NULL)
        return -1;
    c->result = allocate(c->cif->result_size);
    for (; c->n < c->cif->nargs; ++c->n) {
        Py_buffer view;
        if (PyObject_GetBuffer(PyList_GetItem(values, c->n), &view, PyBUF_SIMPLE) < 0) {
            end_call(c);
            return -1;
        }
        c->copies[c->n] = allocate((size_t)view.len);
        memcpy(c->copies[c->n], view.buf, (size_t)view.len);
        c->arguments[c->n] = c->copies[c->n];
        PyBuffer_Release(&view);
    }
    return 0;
}

static void *thread_main(void *argument)
{
    call *c = (call *)argument;
    libffi_call(c->cif, c->function, c->result, c->arguments);
    return NULL;
}

/* call(how, cif, address, arguments, flags) -> bytes of the result */
static PyObject *call_function(PyObject *self, PyObject *args)
{
    const char *how;
    PyObject *cif, *values, *result = NULL;
    unsigned long long address;
    int flags, status = 0;
    call c;
    (void)self;
    if (!PyArg_ParseTuple(args, "sOKOi", &how, &cif, &address, &values, &flags)
        || begin_call(&c, cif, address, values) < 0)
        return NULL;
    if (strcmp(how, "call") == 0) {
        libffi_call(c.cif, c.function, c.result, c.arguments);
    } else if (strcmp(how, "detached") == 0) {
        Py_BEGIN_ALLOW_THREADS
        libffi_call(c.cif, c.function, c.result, c.arguments);
        Py_END_ALLOW_THREADS
    } else if (strcmp(how, "thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, thread_main, &c);
        Py_BEGIN_ALLOW_THREADS
        pthread_join(thread, NULL);
        Py_END_ALLOW_THREADS
    } else if (strcmp(how, "unasked") == 0) {
        libffi_call(c.cif, c.function, NULL, c.arguments);
        status = libffi_invoke(c.cif, c.function, NULL, c.arguments, flags);
    } else if (strcmp(how, "invoke") == 0) {
        status = libffi_invoke(c.cif, c.function, c.result, c.arguments, flags);
    } else {                    /* the fence: three times the call */
        libffi_fence fence;
        int i;
        libffi_enter(&fence, flags);
        for (i = 0; i < 3; ++i)
            libffi_call(c.cif, c.function, c.result, c.arguments);
        status = libffi_leave(&fence);
    }
    if (status == 0)
        result = PyBytes_FromStringAndSize((const char *)c.result, (Py_ssize_t)c.cif->result_size);
    end_call(&c);
    return result;
}

/* exchange(cif, address, arguments, flags or -1) -> bytes of the result */
static PyObject *exchange(PyObject *self, PyObject *args)
{
    PyObject *cif, *values, *result = NULL;
    unsigned long long address;
    int flags, status = 0;
    unsigned i;
    char *block, *start;
    size_t alignment;
    call c;
    (void)self;
    if (!PyArg_ParseTuple(args, "OKOi", &cif, &address, &values, &flags)
        || begin_call(&c, cif, address, values) < 0)
        return NULL;
    alignment = c.cif->exchange_alignment;
    block = (char *)allocate(c.cif->exchange_size + alignment);
    start = (char *)(((uintptr_t)block + alignment - 1) & ~(uintptr_t)(alignment - 1));
    for (i = 0; i < c.cif->nargs; ++i) {
        Py_buffer view;
        PyObject_GetBuffer(PyList_GetItem(values, i), &view, PyBUF_SIMPLE);
        memcpy(start + c.cif->exchange_offsets[i + 1], view.buf, (size_t)view.len);
        PyBuffer_Release(&view);
    }
    if (flags < 0)
        libffi_call_exchange(c.cif, c.function, start);
    else
        status = libffi_invoke_exchange(c.cif, c.function, start, flags);
    if (status == 0)
        result = PyBytes_FromStringAndSize(start, (Py_ssize_t)c.cif->result_size);
    free(block);
    end_call(&c);
    return result;
}

/* ---- a closure whose handler is C: notes its arguments' bytes, answers with given ones ---- */

typedef struct {
    libffi_closure *closure;
    const libffi_cif *cif;
    size_t sizes[MAX];
    void *seen[MAX], *answer;
    unsigned n, calls;
    PyObject *callable;         /* or converts, and asks Python */
    PyObject *restype, *types[MAX];
} answerer;

static void answer_bytes(void *ffi_cif, void *result, void **arguments, void *user)
{
    answerer *a = (answerer *)user;
    unsigned i;
    if (ffi_cif != a->cif->ffi_cif)
        abort();
    for (i = 0; i < a->n; ++i)
        memcpy(a->seen[i], arguments[i], a->sizes[i]);
    if (a->cif->result_size > 0)
        memcpy(result, a->answer, a->cif->result_size);
    __atomic_add_fetch(&a->calls, 1, __ATOMIC_SEQ_CST);
}

static void answer_value(void *ffi_cif, void *result, void **arguments, void *user)
{
    answerer *a = (answerer *)user;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *values = PyTuple_New(a->n), *value;
    unsigned i;
    (void)ffi_cif;
    memset(result, 0, a->cif->result_size);     /* what C gets if Python fails */
    for (i = 0; i < a->n; ++i)
        PyTuple_SetItem(values, i, libffi_load(a->types[i], arguments[i]));
    value = PyObject_CallObject(a->callable, values);
    Py_DECREF(values);
    if (value == NULL || libffi_store_result(a->cif, result, value, NULL) < 0)
        PyErr_WriteUnraisable(a->callable);
    Py_XDECREF(value);
    PyGILState_Release(state);
}

static void release_answerer(answerer *a)
{
    unsigned i;
    libffi_closure_free(a->closure);
    for (i = 0; i < a->n; ++i) {
        free(a->seen[i]);
        Py_DECREF(a->types[i]);
    }
    free(a->answer);
    Py_XDECREF(a->callable);
    free(a);
}

static void free_answerer(PyObject *capsule)
{
    release_answerer((answerer *)PyCapsule_GetPointer(capsule, "answerer"));
}

/* answerer(cif, bytes or callable) -> (capsule, address) */
static PyObject *new_answerer(PyObject *self, PyObject *args)
{
    PyObject *cif, *answer, *types, *capsule;
    answerer *a = (answerer *)allocate(sizeof *a);
    (void)self;
    if (!PyArg_ParseTuple(args, "OO", &cif, &answer) || (a->cif = libffi_cif_get(cif)) == NULL) {
        free(a);
        return NULL;
    }
    types = PyObject_GetAttrString(cif, "argtypes");
    for (; types != NULL && a->n < a->cif->nargs; ++a->n) {
        libffi_type_info info;
        a->types[a->n] = PyTuple_GetItem(types, a->n);
        if (libffi_type_look(a->types[a->n], &info) < 0)
            break;
        Py_INCREF(a->types[a->n]);
        a->sizes[a->n] = info.size;
        a->seen[a->n] = allocate(info.size);
    }
    Py_XDECREF(types);
    if (PyErr_Occurred() != NULL) {
        release_answerer(a);
        return NULL;
    }
    a->answer = allocate(a->cif->result_size);
    if (PyCallable_Check(answer)) {
        a->callable = answer;
        Py_INCREF(answer);
    } else {
        size_t size = (size_t)PyBytes_Size(answer);
        memcpy(a->answer, PyBytes_AsString(answer), size < a->cif->result_size ? size : a->cif->result_size);
    }
    a->closure = libffi_closure_new(cif, a->callable ? answer_value : answer_bytes, a);
    capsule = a->closure != NULL ? PyCapsule_New(a, "answerer", free_answerer) : NULL;
    if (capsule == NULL) {
        release_answerer(a);
        return NULL;
    }
    return Py_BuildValue("NK", capsule, (unsigned long long)(uintptr_t)libffi_closure_code(a->closure));
}

/* seen(capsule) -> (calls, [bytes of each argument]) */
static PyObject *seen(PyObject *self, PyObject *capsule)
{
    answerer *a = (answerer *)PyCapsule_GetPointer(capsule, "answerer");
    PyObject *list = PyList_New(0);
    unsigned i;
    (void)self;
    for (i = 0; i < a->n; ++i) {
        PyObject *bytes = PyBytes_FromStringAndSize((const char *)a->seen[i], (Py_ssize_t)a->sizes[i]);
        PyList_Append(list, bytes);
        Py_DECREF(bytes);
    }
    return Py_BuildValue("IN", a->calls, list);
}

static PyObject *closure_from_callable(PyObject *self, PyObject *args)
{
    PyObject *cif, *callable;
    (void)self;
    return PyArg_ParseTuple(args, "OO", &cif, &callable) ? libffi_closure_from_callable(cif, callable) : NULL;
}

/* ---- values ---- */

static PyObject *address(PyObject *self, PyObject *value)
{
    void *where;
    (void)self;
    return libffi_address(value, &where) < 0 ? NULL : PyLong_FromVoidPtr(where);
}

/* store(type, value, size, keep?) -> (bytes, kept) */
static PyObject *store(PyObject *self, PyObject *args)
{
    PyObject *type, *value, *keep = NULL, *result;
    Py_ssize_t size;
    int keeping;
    char *room;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOni", &type, &value, &size, &keeping))
        return NULL;
    room = (char *)allocate((size_t)size + 1);
    if (libffi_store(type, room + 1, value, keeping ? &keep : NULL) < 0) {
        free(room);
        return NULL;
    }
    result = Py_BuildValue("y#O", room + 1, size, keep != NULL ? keep : Py_None);
    Py_XDECREF(keep);
    free(room);
    return result;
}

static PyObject *load(PyObject *self, PyObject *args)
{
    PyObject *type;
    Py_buffer view;
    PyObject *result;
    (void)self;
    if (!PyArg_ParseTuple(args, "Oy*", &type, &view))
        return NULL;
    result = libffi_load(type, view.buf);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *load_result(PyObject *self, PyObject *args)
{
    PyObject *cif, *result = NULL;
    const libffi_cif *c;
    char room[256];
    Py_buffer view;
    (void)self;
    if (!PyArg_ParseTuple(args, "Oy*", &cif, &view))
        return NULL;
    memcpy(room, view.buf, (size_t)view.len);
    c = libffi_cif_get(cif);
    if (c != NULL)
        result = libffi_load_result(c, room);
    PyBuffer_Release(&view);
    return result;
}

/* ---- ABIs, features ---- */

static PyObject *abis(PyObject *self, PyObject *args)
{
    PyObject *dict = PyDict_New();
    const char *name;
    Py_ssize_t i;
    int number;
    (void)self;
    (void)args;
    for (i = 0; (name = libffi_abi_name(i, &number)) != NULL; ++i) {
        PyObject *value = PyLong_FromLong(number);
        PyDict_SetItemString(dict, name, value);
        Py_DECREF(value);
    }
    return Py_BuildValue("iN", libffi_abi_default(), dict);
}

static PyObject *abi_find(PyObject *self, PyObject *args)
{
    const char *name;
    int number;
    (void)self;
    if (!PyArg_ParseTuple(args, "s", &name))
        return NULL;
    return libffi_abi_find(name, &number) ? PyLong_FromLong(number) : Py_BuildValue("");
}

static PyObject *get_features(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    return libffi_features();
}

static PyMethodDef methods[] = {
    {"versions", versions, METH_NOARGS, NULL},
    {"import_again", import_again, METH_NOARGS, NULL},
    {"type_from_code", type_from_code, METH_VARARGS, NULL},
    {"type_pointer", type_pointer, METH_VARARGS, NULL},
    {"type_array", type_array, METH_VARARGS, NULL},
    {"type_vector", type_vector, METH_VARARGS, NULL},
    {"type_bits", type_bits, METH_VARARGS, NULL},
    {"type_function", type_function, METH_O, NULL},
    {"type_enum", type_enum, METH_VARARGS, NULL},
    {"aggregate", aggregate, METH_VARARGS, NULL},
    {"define", define, METH_VARARGS, NULL},
    {"look", look, METH_O, NULL},
    {"field", field, METH_VARARGS, NULL},
    {"cif_new", cif_new, METH_VARARGS, NULL},
    {"cif_from_codes", cif_from_codes, METH_VARARGS, NULL},
    {"handle", handle, METH_O, NULL},
    {"cif_type", cif_type, METH_VARARGS, NULL},
    {"call", call_function, METH_VARARGS, NULL},
    {"exchange", exchange, METH_VARARGS, NULL},
    {"answerer", new_answerer, METH_VARARGS, NULL},
    {"seen", seen, METH_O, NULL},
    {"closure_from_callable", closure_from_callable, METH_VARARGS, NULL},
    {"address", address, METH_O, NULL},
    {"store", store, METH_VARARGS, NULL},
    {"load", load, METH_VARARGS, NULL},
    {"load_result", load_result, METH_VARARGS, NULL},
    {"abis", abis, METH_NOARGS, NULL},
    {"abi_find", abi_find, METH_VARARGS, NULL},
    {"features", get_features, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "capi",
    NULL,
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void);     /* a strict compiler wants it declared */

PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void)
{
    return libffi_import() < 0 ? NULL : PyModule_Create(&module);
}
