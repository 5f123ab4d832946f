/* Errors of conversions.  The converter says what is wrong; whoever called it puts
   the place in front: "pow() argument 2: expected double, got str". */
#ifndef FFIPY_MODEL_ERRORS_H
#define FFIPY_MODEL_ERRORS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/stack.h"
#include "model/hooks.h"
#include "model/type.h"

/* Of a class whose one argument is the message? */
static int has_message(PyObject *exception)
{
    PyObject *class = (PyObject *)Py_TYPE(exception);
    if (PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_UnicodeError))
        return 0;
    return PyObject_TypeCheck(exception, (PyTypeObject *)core.argument_error)
           || PyDict_GetItem(core.argument_errors, class) != NULL;
}

/* Did Python code raise it, and not we? */
static int is_raised_by_python(PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception);
    Py_XDECREF(traceback);
    return traceback != NULL;
}

/* Put `place` (stolen) in front of the pending exception's message.  One that Python code raised, or
   whose arguments we do not know, stays as it is and gets a note. */
COLD static void add_place(PyObject *place)
{
    PyObject *exception, *message = NULL, *args = NULL, *done = NULL;

    if (place == NULL)
        return;
    exception = take_exception();
    if (exception == NULL) {
        Py_DECREF(place);
        return;
    }
    if (has_message(exception) && !is_raised_by_python(exception)) {
        int joins = PyUnicode_READ_CHAR(place, PyUnicode_GET_LENGTH(place) - 1) == '.';
        message = PyUnicode_FromFormat("%U%s%S", place, joins ? "" : ": ", exception);
        if (message != NULL)
            args = PyTuple_Pack(1, message);
        if (args != NULL && PyObject_SetAttrString(exception, "args", args) == 0)
            done = Py_None;
    } else {
        message = PyUnicode_FromFormat("in %U", place);
        if (message != NULL)
            done = PyObject_CallMethod(exception, "add_note", "O", message);
        Py_XDECREF(done);
    }
    if (done == NULL)
        PyErr_Clear();
    Py_XDECREF(message);
    Py_XDECREF(args);
    Py_DECREF(place);
    give_exception(exception);
}

/* Is the pending error what a rule says of a value that it does not take?  What Python code raised is not. */
COLD static int is_refused_by_rule(void)
{
    PyObject *exception = take_exception();
    int refusal = PyDict_GetItem(core.argument_errors, (PyObject *)Py_TYPE(exception)) != NULL
                  && !is_raised_by_python(exception);
    give_exception(exception);
    return refusal;
}

/* The pending error is about an argument of a function that has not been called: ArgumentError, unless
   Python code raised it (`ours`: it did not, though the exception has a traceback).  `place` (stolen, or
   NULL) goes in front. */
COLD static void argument_error(PyObject *place, int ours)
{
    PyObject *exception = take_exception(), *class, *args, *made = NULL;

    class = PyDict_GetItem(core.argument_errors, (PyObject *)Py_TYPE(exception));
    if (class != NULL && (ours || !is_raised_by_python(exception))) {
        args = PyObject_GetAttrString(exception, "args");
        if (args != NULL)
            made = PyObject_CallObject(class, args);
        Py_XDECREF(args);
        if (made == NULL) {             /* no memory: that is the error */
            Py_DECREF(exception);
            exception = take_exception();
        } else {
            PyException_SetContext(made, PyException_GetContext(exception));
            Py_SETREF(exception, made);
        }
    }
    give_exception(exception);
    add_place(place);
}

/* -1, raises TypeError. */
COLD static int expected(const type_info *type, PyObject *value)
{
    PyErr_Format(PyExc_TypeError, "expected %U, got %s", type->name, Py_TYPE(value)->tp_name);
    return -1;
}

/* Is the pending error that of an object without a buffer of this sort?  All else is the object's own. */
COLD static int says_no_buffer(void)
{
    return PyErr_ExceptionMatches(PyExc_BufferError) || PyErr_ExceptionMatches(PyExc_TypeError)
           || PyErr_ExceptionMatches(PyExc_ValueError);
}

/* Memory or a pointer whose storage was closed.  -1, raises ValueError. */
COLD static int stale(const type_info *type)
{
    PyErr_Format(PyExc_ValueError, "the %U's storage is closed", type->name);
    return -1;
}

/* The same, by another thread since we looked.  -1, raises ValueError. */
COLD static int closed_meanwhile(void)
{
    PyErr_SetString(PyExc_ValueError, "its storage was closed at this moment");
    return -1;
}

/* repr of a number for a message; a huge int has no decimal text.  New; raises, also what a repr of the user's does. */
COLD static PyObject *number_text(PyObject *value)
{
    PyObject *text = need_stack(0) < 0 ? NULL : PyObject_Repr(value), *raised;

    if (text != NULL || !PyLong_Check(value) || !PyErr_ExceptionMatches(PyExc_ValueError))
        return text;
    raised = take_exception();
    text = PyLong_Type.tp_repr(value);
    if (text != NULL) {             /* its digits were not what it was about */
        Py_DECREF(text);
        give_exception(raised);
        return NULL;
    }
    Py_DECREF(raised);
    if (!PyErr_ExceptionMatches(PyExc_ValueError))
        return NULL;
    PyErr_Clear();
    return PyUnicode_FromString("an int of thousands of digits");
}

/* -1, raises OverflowError; `limits` may be NULL. */
COLD static int out_of_range(const type_info *type, PyObject *value, const char *limits)
{
    PyObject *text = number_text(value);
    if (text != NULL) {
        PyErr_Format(PyExc_OverflowError, "%U is out of range for %U%s%s%s", text, type->name,
                     limits ? " (" : "", limits ? limits : "", limits ? ")" : "");
        Py_DECREF(text);
    }
    return -1;
}

#endif
