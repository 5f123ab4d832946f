/* The floor: what a C programmer writes by hand for each row, METH_FASTCALL and checked.

   Built twice: as floor_hold, and with RELEASE_GIL as floor_release. */
#include "checks.h"
#include <stdio.h>
#include <string.h>
#include <structmember.h>
#include "bench.h"

#ifdef RELEASE_GIL
#define MODULE_NAME "floor_release"
#define MODULE_INIT PyInit_floor_release
#define CALL(statement) \
    Py_BEGIN_ALLOW_THREADS \
    statement; \
    Py_END_ALLOW_THREADS
#else
#define MODULE_NAME "floor_hold"
#define MODULE_INIT PyInit_floor_hold
#define CALL(statement) statement;
#endif

#define FUNCTION(name) \
    static PyObject *floor_##name(PyObject *module, PyObject *const *args, Py_ssize_t count)

static int as_double(PyObject *object, double *value)
{
    *value = PyFloat_AsDouble(object);
    return !(*value == -1.0 && PyErr_Occurred());
}

static int as_size(PyObject *object, size_t *value)
{
    *value = PyLong_AsSize_t(object);
    return !(*value == (size_t)-1 && PyErr_Occurred());
}

typedef struct {
    PyObject_HEAD
    point value;
} PointObject;

static PyMemberDef point_members[] = {
    {"x", T_DOUBLE, offsetof(PointObject, value.x), 0, NULL},
    {"y", T_DOUBLE, offsetof(PointObject, value.y), 0, NULL},
    {NULL},
};

static int point_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    point *value = &((PointObject *)self)->value;
    return PyArg_ParseTuple(args, "dd", &value->x, &value->y) ? 0 : -1;
}

static PyTypeObject PointType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = MODULE_NAME ".Point",
    .tp_basicsize = sizeof(PointObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_members = point_members,
    .tp_init = point_init,
    .tp_new = PyType_GenericNew,
};

FUNCTION(add)
{
    int a, b, result;
    if (!takes("add", count, 2) || !as_int(args[0], &a) || !as_int(args[1], &b))
        return NULL;
    CALL(result = add(a, b))
    return PyLong_FromLong(result);
}

FUNCTION(half)
{
    double x;
    if (!takes("half", count, 1) || !as_double(args[0], &x))
        return NULL;
    CALL(x = half(x))
    return PyFloat_FromDouble(x);
}

FUNCTION(strlen)
{
    char *text;
    Py_ssize_t size;
    size_t result;
    if (!takes("strlen", count, 1) || PyBytes_AsStringAndSize(args[0], &text, &size) < 0)
        return NULL;
    CALL(result = strlen(text))
    return PyLong_FromSize_t(result);
}

FUNCTION(nop)
{
    if (!takes("nop", count, 0))
        return NULL;
    CALL(nop())
    Py_RETURN_NONE;
}

FUNCTION(six)
{
    int v[6], result;
    if (!takes("six", count, 6))
        return NULL;
    for (int i = 0; i < 6; i++)
        if (!as_int(args[i], &v[i]))
            return NULL;
    CALL(result = six(v[0], v[1], v[2], v[3], v[4], v[5]))
    return PyLong_FromLong(result);
}

FUNCTION(mixed)
{
    int a, c, e, g;
    double b, d, f, h, result;
    if (!takes("mixed", count, 8)
        || !as_int(args[0], &a) || !as_double(args[1], &b)
        || !as_int(args[2], &c) || !as_double(args[3], &d)
        || !as_int(args[4], &e) || !as_double(args[5], &f)
        || !as_int(args[6], &g) || !as_double(args[7], &h))
        return NULL;
    CALL(result = mixed(a, b, c, d, e, f, g, h))
    return PyFloat_FromDouble(result);
}

FUNCTION(turn)
{
    if (!takes("turn", count, 1))
        return NULL;
    if (!PyObject_TypeCheck(args[0], &PointType))
        return PyErr_Format(PyExc_TypeError, "turn() takes a Point");
    PointObject *result = PyObject_New(PointObject, &PointType);
    if (result == NULL)
        return NULL;
    point given = ((PointObject *)args[0])->value, turned;
    CALL(turned = turn(given))
    result->value = turned;
    return (PyObject *)result;
}

FUNCTION(total)
{
    Py_buffer view;
    size_t length;
    double result;
    if (!takes("total", count, 2) || !as_size(args[1], &length)
        || PyObject_GetBuffer(args[0], &view, PyBUF_CONTIG_RO | PyBUF_FORMAT) < 0)
        return NULL;
    if (view.format == NULL || strcmp(view.format, "d") != 0) {
        PyBuffer_Release(&view);
        return PyErr_Format(PyExc_TypeError, "total() takes a buffer of doubles");
    }
    CALL(result = total(view.buf, length))
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(result);
}

FUNCTION(poke)
{
    Py_buffer view;
    int value, result;
    if (!takes("poke", count, 2) || !as_int(args[1], &value)
        || PyObject_GetBuffer(args[0], &view, PyBUF_WRITABLE) < 0)
        return NULL;
    CALL(result = poke(view.buf, value))
    PyBuffer_Release(&view);
    return PyLong_FromLong(result);
}

FUNCTION(snprintf)
{
    Py_buffer view;
    size_t size;
    int value, result;
    if (!takes("snprintf", count, 4) || !as_size(args[1], &size) || !as_int(args[3], &value))
        return NULL;
    const char *format = PyUnicode_AsUTF8(args[2]);
    if (format == NULL || PyObject_GetBuffer(args[0], &view, PyBUF_WRITABLE) < 0)
        return NULL;
    CALL(result = snprintf(view.buf, size, format, value))
    PyBuffer_Release(&view);
    return PyLong_FromLong(result);
}

FUNCTION(greeting)
{
    int which;
    const char *result;
    if (!takes("greeting", count, 1) || !as_int(args[0], &which))
        return NULL;
    CALL(result = greeting(which))
    return PyUnicode_FromString(result);
}

FUNCTION(divide)
{
    int a, b, quotient, remainder;
    if (!takes("divide", count, 2) || !as_int(args[0], &a) || !as_int(args[1], &b))
        return NULL;
    CALL(quotient = divide(a, b, &remainder))
    PyObject *result = PyTuple_New(2);
    if (result == NULL)
        return NULL;
    PyTuple_SET_ITEM(result, 0, PyLong_FromLong(quotient));
    PyTuple_SET_ITEM(result, 1, PyLong_FromLong(remainder));
    if (!PyTuple_GET_ITEM(result, 0) || !PyTuple_GET_ITEM(result, 1))
        Py_CLEAR(result);
    return result;
}

FUNCTION(mark)
{
    mark();
    Py_RETURN_NONE;
}

#define METHOD(name) {#name, (PyCFunction)(void (*)(void))floor_##name, METH_FASTCALL, NULL}

static PyMethodDef methods[] = {
    METHOD(add),
    METHOD(half),
    METHOD(strlen),
    METHOD(nop),
    METHOD(six),
    METHOD(mixed),
    METHOD(turn),
    METHOD(total),
    METHOD(poke),
    METHOD(snprintf),
    METHOD(greeting),
    METHOD(divide),
    METHOD(mark),
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = MODULE_NAME,
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC MODULE_INIT(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddType(module, &PointType) < 0)
        Py_CLEAR(module);
#ifdef Py_GIL_DISABLED
    if (module != NULL)
        PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    return module;
}
