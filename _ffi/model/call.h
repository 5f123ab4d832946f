/* A call that is running: what it and the closures under it know of each other. */
#ifndef FFIPY_MODEL_CALL_H
#define FFIPY_MODEL_CALL_H

#include <Python.h>

#include "base/compiler.h"

/* One call from Python into C.  A closure that runs under it, on the same thread, leaves
   its exception here. */
typedef struct call_context {
    PyThreadState *saved;           /* of this thread while the call runs without the GIL */
    PyObject *exception;            /* first one raised by a closure */
    unsigned more;                  /* how many came after it; set with it */
} call_context;

THREAD_LOCAL call_context *current_call;    /* NULL also while a closure runs Python code */
THREAD_LOCAL int saved_errno;

#endif
