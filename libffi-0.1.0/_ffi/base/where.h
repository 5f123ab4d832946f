/* Where Python code is, as text; without running any. */
#ifndef FFIPY_BASE_WHERE_H
#define FFIPY_BASE_WHERE_H

#include <Python.h>

#include "base/compiler.h"
#include "base/text_room.h"

/* Borrowed; never fails.  GIL. */
COLD static const char *utf8_or_mark(PyObject *text)
{
    const char *utf8 = text != NULL ? PyUnicode_AsUTF8(text) : "?";
    if (utf8 == NULL) {
        PyErr_Clear();
        return "?";
    }
    return utf8;
}

/* The innermost `limit` frames of this thread, as tracebacks show them, the innermost last.  No exception may be
   pending.  GIL. */
COLD static void add_place_in_python(text_room *room, int limit)
{
    PyFrameObject *frames[16], *frame = PyThreadState_GetFrame(PyThreadState_Get());
    int n = 0;

    while (frame != NULL && n < limit && n < 16) {
        frames[n++] = frame;
        frame = PyFrame_GetBack(frame);
    }
    if (frame != NULL)
        Py_DECREF(frame);
    if (n == 0)
        add_text(room, "\n  no Python code");
    while (n > 0) {
        PyCodeObject *code = PyFrame_GetCode(frames[--n]);
        add_text(room, "\n  File \"");
        add_text(room, utf8_or_mark(code->co_filename));
        add_text(room, "\", line ");
        add_number(room, (size_t)PyFrame_GetLineNumber(frames[n]));
        add_text(room, ", in ");
        add_text(room, utf8_or_mark(code->co_qualname));
        Py_DECREF(code);
        Py_DECREF(frames[n]);
    }
}

#endif
