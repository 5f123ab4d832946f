// Fences of the C API and what leaves them: Python exceptions of C handlers, longjmp, C++ exceptions, NULL.
#define PY_SSIZE_T_CLEAN
#include "libffi/libffi_api.h"

#include <csetjmp>
#include <stdexcept>

static std::jmp_buf back;

// Handlers of int (int), by the number that they are called with.
static void handler(void *, void *result, void **arguments, void *user)
{
    int x = *(int *)arguments[0];
    PyGILState_STATE state;
    *(intptr_t *)result = 10 * x;
    if (x == 0)
        return;
    state = PyGILState_Ensure();
    PyErr_Format(PyExc_LookupError, "%d", x);
    if (user != NULL)
        libffi_raise();
    PyGILState_Release(state);
}

extern "C" int jump(int x)
{
    std::longjmp(back, x);
    return 0;
}
extern "C" int throw_int(int x)
{
    if (x) throw std::runtime_error("thrown");
    return 7;
}

static PyObject *address_of(PyObject *, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s", &name))
        return NULL;
    return PyLong_FromVoidPtr((void *)(name[0] == 'j' ? jump : throw_int));
}

// closure(cif, hand_over) -> address; it is never freed
static PyObject *closure(PyObject *, PyObject *args)
{
    PyObject *cif;
    int hand_over;
    libffi_closure *made;
    if (!PyArg_ParseTuple(args, "Op", &cif, &hand_over))
        return NULL;
    made = libffi_closure_new(cif, handler, hand_over ? (void *)handler : NULL);
    return made == NULL ? NULL : PyLong_FromVoidPtr((void *)libffi_closure_code(made));
}

// call(how, cif, address, x, flags): int f(int)
static PyObject *call(PyObject *, PyObject *args)
{
    const char *how;
    PyObject *object;
    unsigned long long address;
    int x, flags, jumped;
    volatile int status = 0;
    intptr_t result = -1;
    libffi_fence fence;
    if (!PyArg_ParseTuple(args, "sOKii", &how, &object, &address, &x, &flags))
        return NULL;
    const libffi_cif *cif = libffi_cif_get(object);
    libffi_function function = (libffi_function)(uintptr_t)address;
    void *arguments[1] = {&x};
    if (cif == NULL)
        return NULL;
    if ((jumped = setjmp(back)) != 0)
        return Py_BuildValue("si", "jumped", jumped);
    try {
        switch (how[0]) {
        case 'i':
            status = libffi_invoke(cif, function, &result, arguments, flags);
            break;
        case 'f':
            libffi_enter(&fence, flags);
            libffi_call(cif, function, &result, arguments);
            status = libffi_leave(&fence);
            break;
        default:
            libffi_call(cif, function, &result, arguments);
        }
    } catch (const std::runtime_error &error) {
        return Py_BuildValue("ss", "caught", error.what());
    }
    return status < 0 ? NULL : PyLong_FromSsize_t(result);
}

// raise(): what is pending is handed over by C code that is no closure
static PyObject *hand_over(PyObject *, PyObject *)
{
    PyErr_SetString(PyExc_KeyError, "handed over");
    libffi_raise();
    return PyBool_FromLong(PyErr_Occurred() != NULL);
}

static int note(PyObject *list, bool failed)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *text = value == NULL ? PyUnicode_FromString(failed ? "failed without exception" : "nothing")
                                   : PyUnicode_FromFormat("%s: %S", Py_TYPE(value)->tp_name, value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    int status = text == NULL ? -1 : PyList_Append(list, text);
    Py_XDECREF(text);
    return status;
}

// nulls(type, cif): what each function says of NULL
static PyObject *nulls(PyObject *, PyObject *args)
{
    PyObject *type, *cif;
    if (!PyArg_ParseTuple(args, "OO", &type, &cif))
        return NULL;
    PyObject *list = PyList_New(0);
    libffi_type_info info;
    libffi_field_info field;
    libffi_member no_type[] = {{"a", NULL}};
    PyObject *no_object[] = {NULL};
    void *address, *room[8] = {0};
    const libffi_cif *handle = libffi_cif_get(cif);
#define NOTE(call) \
    if (note(list, (call)) < 0) return NULL
#define NOTE_OBJECT(call) NOTE((call) == NULL)
    NOTE_OBJECT(libffi_type_pointer(NULL, 0));
    NOTE_OBJECT(libffi_type_array(NULL, 3));
    NOTE_OBJECT(libffi_type_vector(NULL, 4));
    NOTE_OBJECT(libffi_type_struct("s", NULL, 1, 0, 0));
    NOTE_OBJECT(libffi_type_struct("s", no_type, 1, 0, 0));
    NOTE_OBJECT(libffi_type_struct("s", no_type, -1, 0, 0));
    NOTE(libffi_type_define(NULL, no_type, 0, 0, 0) < 0);
    NOTE_OBJECT(libffi_type_bits(NULL, 3));
    NOTE_OBJECT(libffi_type_function(NULL));
    NOTE_OBJECT(libffi_type_enum(NULL, NULL));
    NOTE(libffi_type_look(NULL, &info) < 0);
    NOTE(libffi_type_field(NULL, 0, &field) < 0);
    NOTE_OBJECT(libffi_cif_new(NULL, NULL, 0, -1, libffi_abi_default()));
    NOTE_OBJECT(libffi_cif_new(type, no_object, 1, -1, libffi_abi_default()));
    NOTE_OBJECT(libffi_cif_new(type, NULL, 2, -1, libffi_abi_default()));
    NOTE_OBJECT(libffi_cif_new(type, no_object, -1, -1, libffi_abi_default()));
    NOTE_OBJECT(libffi_cif_new(type, &type, 1, -2, libffi_abi_default()));
    NOTE_OBJECT(libffi_cif_from_codes(LIBFFI_INT, NULL, 2, -1, libffi_abi_default()));
    NOTE(libffi_cif_get(NULL) == NULL);
    NOTE_OBJECT(libffi_cif_type(NULL, 0));
    NOTE(libffi_closure_new(cif, NULL, NULL) == NULL);
    NOTE(libffi_closure_new(NULL, handler, NULL) == NULL);
    NOTE_OBJECT(libffi_closure_from_callable(NULL, cif));
    NOTE_OBJECT(libffi_closure_from_callable(cif, NULL));
    NOTE(libffi_address(NULL, &address) < 0);
    NOTE(libffi_store(NULL, room, cif, NULL) < 0);
    NOTE(libffi_store(type, room, NULL, NULL) < 0);
    NOTE(libffi_store(type, NULL, type, NULL) < 0);
    NOTE_OBJECT(libffi_load(NULL, room));
    NOTE_OBJECT(libffi_load(type, NULL));
    NOTE(libffi_store_result(NULL, room, type, NULL) < 0);
    NOTE(libffi_store_result(handle, room, NULL, NULL) < 0);
    NOTE_OBJECT(libffi_load_result(NULL, room));
    NOTE(libffi_invoke(NULL, (libffi_function)jump, room, room, 0) < 0);
    NOTE(libffi_invoke(handle, NULL, room, room, 0) < 0);
    NOTE(libffi_closure_code(NULL) == NULL && PyErr_Occurred() == NULL
         && (PyErr_SetString(PyExc_TypeError, "code"), true));
    // chains: the first exception stays
    NOTE_OBJECT(libffi_type_pointer(libffi_type_array(libffi_type_from_code(99), 3), 0));
    NOTE(libffi_cif_get(libffi_cif_new(libffi_type_from_code(99), NULL, 0, -1, libffi_abi_default())) == NULL);
    NOTE(libffi_closure_new(libffi_cif_from_codes(99, NULL, 0, -1, libffi_abi_default()), handler, NULL) == NULL);
    return list;
}

// untagged(type): struct {type a;}, and an empty struct
static PyObject *untagged(PyObject *, PyObject *type)
{
    libffi_member members[] = {{"a", type}};
    PyObject *empty = libffi_type_struct("empty", NULL, 0, 0, 0);
    if (empty == NULL || libffi_type_define(empty, NULL, 0, 0, 0) < 0)
        return NULL;
    return Py_BuildValue("NN", libffi_type_struct(NULL, members, 1, 0, 0), empty);
}

static PyMethodDef methods[] = {
    {"address_of", address_of, METH_VARARGS, NULL},
    {"closure", closure, METH_VARARGS, NULL},
    {"call", call, METH_VARARGS, NULL},
    {"hand_over", hand_over, METH_NOARGS, NULL},
    {"nulls", nulls, METH_VARARGS, NULL},
    {"untagged", untagged, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "fences",
    NULL,
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_fences(void)
{
    return libffi_import() < 0 ? NULL : PyModule_Create(&module);
}
