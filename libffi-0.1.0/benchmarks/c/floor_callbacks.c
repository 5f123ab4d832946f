/* The floor of the callbacks: hand-written C functions that call a Python callable. */
#include "checks.h"
#include "bench.h"

static PyObject *callable;   /* what the C functions below call; C gives them no user data */

static int call_python(int a, int b)
{
    int result = 0;
    PyObject *args[3] = {NULL, PyLong_FromLong(a), PyLong_FromLong(b)};
    if (!PyErr_Occurred()) {
        PyObject *object = PyObject_Vectorcall(
            callable, args + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        if (object != NULL) {
            as_int(object, &result);
            Py_DECREF(object);
        }
    }
    Py_XDECREF(args[1]);
    Py_XDECREF(args[2]);
    return result;
}

static int call_python_from_anywhere(int a, int b)
{
    PyGILState_STATE state = PyGILState_Ensure();
    int result = call_python(a, b);
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(callable);
    PyGILState_Release(state);
    return result;
}

static int compare_ints(const int *a, const int *b)
{
    return call_python(*a, *b);
}

static PyObject *repeat_hold(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    int times;
    if (!takes("repeat_hold", count, 2) || !as_int(args[1], &times))
        return NULL;
    callable = args[0];
    int result = repeat(call_python, times);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(result);
}

static PyObject *repeat_release(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    int times, result;
    if (!takes("repeat_release", count, 2) || !as_int(args[1], &times))
        return NULL;
    callable = args[0];
    Py_BEGIN_ALLOW_THREADS
    result = repeat(call_python_from_anywhere, times);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(result);
}

static PyObject *repeat_thread(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    int times, result;
    if (!takes("repeat_thread", count, 2) || !as_int(args[1], &times))
        return NULL;
    callable = args[0];
    Py_BEGIN_ALLOW_THREADS
    result = repeat_in_thread(call_python_from_anywhere, times);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(result);
}

static PyObject *sort_ints(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Py_buffer view;
    if (!takes("sort_ints", count, 2) || PyObject_GetBuffer(args[0], &view, PyBUF_WRITABLE) < 0)
        return NULL;
    callable = args[1];
    sort(view.buf, view.len / sizeof(int), compare_ints);
    PyBuffer_Release(&view);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}

static PyMethodDef methods[] = {
    METHOD(repeat_hold),
    METHOD(repeat_release),
    METHOD(repeat_thread),
    METHOD(sort_ints),
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "floor_callbacks",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit_floor_callbacks(void)
{
    return PyModule_Create(&definition);
}
