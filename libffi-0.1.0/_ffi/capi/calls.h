/* Calls and fences of C's own. */
#ifndef FFIPY_CAPI_CALLS_H
#define FFIPY_CAPI_CALLS_H

#include <Python.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/interpreter.h"
#include "base/os/room.h"
#include "calls/aftermath.h"
#include "calls/fence.h"
#include "calls/running.h"
#include "capi/given.h"
#include "capi/public.h"
#include "model/call.h"

typedef struct {
    fence around;
    int flags;
} fence_state;

_Static_assert(sizeof(fence_state) <= sizeof(libffi_fence), "libffi_fence is too small");
_Static_assert((int)LIBFFI_RELEASE_GIL == RELEASE_GIL && (int)LIBFFI_ERRNO == SWAP_ERRNO
                   && (int)LIBFFI_LAST_ERROR == SWAP_LAST_ERROR,
               "flags of fences differ");

/* Is a fence around this one gone?  An exception that says so (new), or NULL.  GIL. */
COLD static PyObject *dead_fence(uintptr_t mark)
{
    const void *frame = frame_of(PyThreadState_Get());
    aftermath *left;

    if (!forget_dead_calls(mark, frame, &left))
        return NULL;
    if (raise_aftermath(left, NULL) < 0)
        PyErr_WriteUnraisable(NULL);
    PyErr_SetString(PyExc_RuntimeError, "a libffi_invoke() or libffi_enter() of this thread was left by longjmp "
                                        "or a C++ exception, without its libffi_leave()");
    return take_exception();
}

/* GIL; without it afterwards, if so asked. */
static void capi_enter(libffi_fence *fence, int flags)
{
    fence_state *f = (fence_state *)fence;
    PyObject *dead = UNLIKELY(current_call.mark != NO_CALL) ? dead_fence((uintptr_t)f) : NULL;

    f->flags = (flags & (RELEASE_GIL | SWAP_ERRNO | SWAP_LAST_ERROR)) | (flags & RELEASE_GIL ? 0 : USES_PYTHON);
    enter_fence(&f->around, f, f->flags);
    if (UNLIKELY(dead != NULL))
        leave_to_last_call(dead);
}

/* 0; -1 raises what closures under it did, or C.  GIL afterwards. */
static int capi_leave(libffi_fence *fence)
{
    fence_state *f = (fence_state *)fence;
    return leave_fence(&f->around, f->flags);
}

/* 0; -1 raises.  GIL. */
static int capi_invoke(const libffi_cif *cif, libffi_function function, void *result,
                       void **arguments, int flags)
{
    libffi_fence fence;
    if (UNLIKELY(cif == NULL || function == NULL))
        return given_place("libffi_invoke() cif, function", NULL);
    capi_enter(&fence, flags);
    cif->invoke(cif->prepared, function, result, arguments);
    return capi_leave(&fence);
}

/* No GIL needed. */
static void capi_call_exchange(const libffi_cif *cif, libffi_function function, void *block)
{
    void **arguments = alloca((cif->nargs + 1) * sizeof *arguments);
    unsigned i;
    for (i = 0; i < cif->nargs; ++i)
        arguments[i] = (char *)block + cif->exchange_offsets[i + 1];
    cif->invoke(cif->prepared, function, block, arguments);
}

/* 0; -1 raises.  GIL. */
static int capi_invoke_exchange(const libffi_cif *cif, libffi_function function, void *block, int flags)
{
    libffi_fence fence;
    if (UNLIKELY(cif == NULL || function == NULL || block == NULL))
        return given_place("libffi_invoke_exchange() cif, function, block", NULL);
    capi_enter(&fence, flags);
    capi_call_exchange(cif, function, block);
    return capi_leave(&fence);
}

/* A C handler's exception goes where that of a closure in its place would.  GIL. */
static void capi_raise(void)
{
    const void *frame = frame_of(PyThreadState_Get());
    running_call *call;

    if (PyErr_Occurred() == NULL)
        return;
    call = current_call.mark == MANY_CALLS                                       ? find_other_call(frame, 1)
           : current_call.mark != NO_CALL && runs_under(&current_call, frame, 1) ? &current_call
                                                                                 : NULL;
    leave_exception(call, frame, NULL);
}

#endif
