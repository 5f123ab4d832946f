/* Python entered from C, and what C sees of a thread: errno. */
#ifndef FFIPY_CAPI_VISITS_H
#define FFIPY_CAPI_VISITS_H

#include <Python.h>

#include "base/interpreter.h"
#include "calls/errors.h"
#include "capi/public.h"
#include "closures/threads.h"
#include "model/call.h"

typedef struct {
    PyThreadState *left, *state;
    attachment how;
} visit_state;

_Static_assert(sizeof(visit_state) <= sizeof(libffi_visit), "libffi_visit is too small");

/* No GIL needed.  1, and the GIL; 0: Python is gone. */
static int capi_python_enter(libffi_visit *visit)
{
    visit_state *v = (visit_state *)visit;
    v->left = Py_IsInitialized() ? attached_state() : NULL;
    v->how = attach_thread(v->left, &v->state);
    return v->how != NOT_ATTACHED;
}

/* GIL; as before afterwards. */
static void capi_python_leave(libffi_visit *visit)
{
    visit_state *v = (visit_state *)visit;
    detach_thread(v->how, v->left);
}

static void settle_errors_if_attached(void)
{
    const PyThreadState *state = attached_state();
    if (state != NULL)
        settle_errors(state);
}

/* No GIL needed. */
static int capi_get_errno(void)
{
    settle_errors_if_attached();
    return saved_errno;
}

static void capi_set_errno(int number)
{
    settle_errors_if_attached();
    saved_errno = number;
}

#endif
