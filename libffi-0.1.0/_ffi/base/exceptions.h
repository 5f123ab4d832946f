/* The pending exception as an object, in every CPython; which of them say no more than "that I am not". */
#ifndef FFIPY_BASE_EXCEPTIONS_H
#define FFIPY_BASE_EXCEPTIONS_H

#include <Python.h>
#include <stdint.h>

#if PY_VERSION_HEX < 0x030C0000
/* New, and none is pending then; NULL: none was.  GIL. */
static PyObject *take_exception(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL)
        return NULL;
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(value, traceback);
    Py_DECREF(type);
    Py_XDECREF(traceback);
    return value;
}

/* Takes the reference.  GIL. */
static void give_exception(PyObject *exception)
{
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(exception)), exception,
                  PyException_GetTraceback(exception));
}
#else
#define take_exception PyErr_GetRaisedException
#define give_exception PyErr_SetRaisedException
#endif

/* Is the pending exception one by which an object says that it is something else, or cannot?  All others, which the
   handler of a signal may have raised in code of the object's, are let through.  GIL. */
static int is_refusal(void)
{
    return PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_ValueError)
           || PyErr_ExceptionMatches(PyExc_AttributeError) || PyErr_ExceptionMatches(PyExc_LookupError)
           || PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_ArithmeticError)
           || PyErr_ExceptionMatches(PyExc_NotImplementedError);
}

/* 1, 0; -1 raises what looking for it does, which PyObject_HasAttrString() drops.  GIL. */
static int has_attribute(PyObject *object, const char *name)
{
    PyObject *found = PyObject_GetAttrString(object, name);

    if (found == NULL && !PyErr_ExceptionMatches(PyExc_AttributeError))
        return -1;
    if (found == NULL)
        PyErr_Clear();
    Py_XDECREF(found);
    return found != NULL;
}

/* A class of exceptions with these bases: "module.name".  New; raises.  GIL. */
static PyObject *new_exception_class(const char *name, PyObject *bases, const char *doc)
{
    PyType_Slot slots[] = {{Py_tp_doc, (void *)(uintptr_t)doc}, {0, NULL}};
    PyType_Spec spec = {.name = name, .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .slots = slots};
    return PyType_FromSpecWithBases(&spec, bases);
}

/* sys.unraisablehook is told of it, and of the object that raised it.  GIL. */
static void report_unraisable(PyObject *exception, PyObject *source)
{
    give_exception(Py_NewRef(exception));
    PyErr_WriteUnraisable(source);
}

#endif
