/* Calls: marshal in, invoke, marshal out. */
#ifndef FFIPY_CALLS_CALL_H
#define FFIPY_CALLS_CALL_H

#include <Python.h>
#include <stdint.h>

#include "base/align.h"
#include "base/compiler.h"
#include "base/os/room.h"
#include "calls/arguments.h"
#include "calls/invoke.h"
#include "calls/results.h"
#include "libffi/cif.h"
#include "model/cif.h"
#include "model/errors.h"
#include "model/function.h"
#include "model/keeper.h"
#include "values/keeper.h"

#define MAX_STACK_FRAME 16384       /* a larger frame comes from the heap */

/* Aligned, in *block, which the caller frees; NULL raises MemoryError. */
COLD static char *heap_frame(const cif_state *c, char **block)
{
    *block = PyMem_Malloc((size_t)c->frame_size + c->frame_alignment);
    if (*block == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return align_pointer(*block, c->frame_alignment);
}

/* The rest of a call whose arguments are in their slots, or raise: `status`.  New; raises.  GIL. */
static ALWAYS_INLINE PyObject *call_stored(const call_target *t, cif_state *c, char *frame, PyObject *function,
                                           PyObject *const *args, const int keeps, keeper *k,
                                           const known_options known, int status)
{
    PyObject *result = NULL;

    if (LIKELY(status == 0)) {
        if (LIKELY(invoke_slots(t, c, frame, (void **)(frame + c->avalues), known) == 0)) {
            result = load_result(c, frame);
            if (UNLIKELY(result == NULL))
                add_place(PyUnicode_FromFormat("%U() result", t->name));
            else if (keeps && UNLIKELY(c->nout))
                result = with_outs(c, frame, result);
        } else {
            drop_result(c, frame);
        }
    }
    if (keeps && (k->used || k->objects))
        let_go(k);
    if (known == ANY_OPTIONS && UNLIKELY(t->errcheck != Py_None && result != NULL))
        result = check_result(t, function, result, args, c->nin);
    return result;
}

/* The same where the argument `refused`, counted from 1, raises: the function may have a converter for it.  `t`: NULL
   where it is the function's own, so that nothing on the way of others has to tell. */
COLD static PyObject *call_refused(const call_target *t, cif_state *c, char *frame, PyObject *function,
                                   PyObject *const *args, keeper *k, unsigned refused)
{
    keeper none = {0};
    int status;

    if (t == NULL)
        t = &((FunctionObject *)function)->target;
    status = store_rest(function, t, c, frame, args, refused, k);
    return call_stored(t, c, frame, function, args, 1, k != NULL ? k : &none, ANY_OPTIONS, status);
}

/* Call `t` through the prepared `c` with exactly its arguments, laid out in `frame`.
   `keeps` and `nargs` are those of `c`: where they are known, or `known` says something of the
   function, much of this is not there.  New; raises.  GIL. */
static ALWAYS_INLINE PyObject *call_in_frame(const call_target *t, cif_state *c, char *frame,
                                             PyObject *function, PyObject *const *args,
                                             const int keeps, const unsigned nargs, const known_options known)
{
    void **avalues = (void **)(frame + c->avalues);
    unsigned refused;
    keeper k;

    if (keeps) {
        k.slots = (kept_slot *)(frame + c->slots);
        k.borrowed = 1;
        k.used = 0;
        k.room = c->nslots;
        k.memory = NULL;
        k.objects = NULL;
    }
    refused = keeps ? store_arguments(c, frame, avalues, args, nargs, &k)
                    : store_numbers(c, frame, avalues, args, nargs);
    if (UNLIKELY(refused))
        return call_refused(known == ANY_OPTIONS ? t : NULL, c, frame, function, args, keeps ? &k : NULL, refused);
    return call_stored(t, c, frame, function, args, keeps, &k, known, 0);
}

/* The same with a frame that is large or needs more than the usual alignment.  New; raises.  GIL. */
COLD static PyObject *call_in_large_frame(const call_target *t, cif_state *c, PyObject *function,
                                          PyObject *const *args)
{
    char *block = NULL, *frame;
    PyObject *result;

    if (!call_fits_stack(c))
        return NULL;
    if (c->frame_size <= MAX_STACK_FRAME) {
        frame = alloca(c->frame_size + c->frame_alignment - 16);
        frame = align_pointer(frame, c->frame_alignment);
    } else if ((frame = heap_frame(c, &block)) == NULL) {
        return NULL;
    }
    result = call_in_frame(t, c, frame, function, args, c->keeps, c->nargs, ANY_OPTIONS);
    PyMem_Free(block);
    return result;
}

/* Call `t` through the prepared `c`, which may be that of a variadic call's types.
   New; raises.  GIL. */
CALL_PATH static PyObject *call_prepared(const call_target *t, cif_state *c, PyObject *function,
                                         PyObject *const *args, Py_ssize_t nargs)
{
    _Alignas(16) char frame[SMALL_FRAME];
    if (UNLIKELY(nargs != (Py_ssize_t)c->nin))
        return wrong_count(t, c, nargs);
    return LIKELY(c->small) ? call_in_frame(t, c, frame, function, args, c->keeps, c->nargs, ANY_OPTIONS)
                            : call_in_large_frame(t, c, function, args);
}

#endif
