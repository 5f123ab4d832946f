/* Closures whose handler is C. */
#ifndef FFIPY_CAPI_CLOSURES_H
#define FFIPY_CAPI_CLOSURES_H

#include <Python.h>
#include <ffi.h>

#include "base/interpreter.h"
#include "base/locks.h"
#include "base/os/room.h"
#include "capi/public.h"
#include "closures/threads.h"
#include "libffi/closures.h"
#include "libffi/nothing.h"
#include "model/cif.h"

/* Who answers, never changed once it is one.  Those before it stay: calls may run in them. */
typedef struct response {
    struct response *before;
    libffi_responder responder;
    void *user;
} response;

/* A CIF to be let go of by somebody who holds the GIL. */
typedef struct orphan {
    struct orphan *next;
    PyObject *cif;              /* owned */
} orphan;

struct libffi_closure {
    ffi_closure closure;
    void (*free)(libffi_closure *closure);      /* of the image that made it, whose table is asked for it or not */
    void *code;
    orphan *cif;                /* owned, here also as long as the closure lives */
    const libffi_cif *handle;   /* borrowed from the CIF */
    libffi_handler handler;     /* NULL: the response */
    void *user;
    response *now;              /* or NULL */
};

static short_lock orphaned;
static orphan *orphans;

/* Let go of CIFs whose closures were freed without the GIL.  GIL. */
static void end_orphans(void)
{
    orphan *next;
    LOCK(&orphaned);
    next = orphans;
    orphans = NULL;
    UNLOCK(&orphaned);
    while (next != NULL) {
        orphan *one = next;
        next = one->next;
        Py_DECREF(one->cif);
        PyMem_RawFree(one);
    }
}

/* Let go of a closure's CIF: now, or where this thread does not hold this interpreter's GIL later, or where Python has
   ended never. */
static void end_cif(orphan *cif)
{
    const PyThreadState *here;
    LOCK(&orphaned);
    cif->next = orphans;
    orphans = cif;
    UNLOCK(&orphaned);
    if (Py_IsInitialized() && (here = attached_state()) != NULL && here->interp == home)
        end_orphans();
}

/* Where arguments have no size, libffi has fewer. */
static void c_handler_of_nothing(ffi_cif *cif, void *result, void **args, void *user)
{
    const libffi_closure *closure = user;
    const cif_state *c = closure->handle->core;
    void **all = alloca((c->nargs + 1) * sizeof *all);
    put_in_nothing(c, args, all);
    closure->handler(cif, result, all, closure->user);
}

/* Whoever answers now. */
static void c_respond(ffi_cif *cif, void *result, void **args, void *user)
{
    const libffi_closure *closure = user;
    const response *now = __atomic_load_n(&closure->now, __ATOMIC_ACQUIRE);
    const cif_state *c = closure->handle->core;
    void **all = args;
    (void)cif;
    if (c->nothings) {
        all = alloca((c->nargs + 1) * sizeof *all);
        put_in_nothing(c, args, all);
    }
    now->responder(closure, result, all, now->user);
}

static void free_own_closure(libffi_closure *closure)
{
    response *next;
    orphan *cif;
    next = closure->now;
    cif = closure->cif;
    closure_free(&closure->closure);
    while (next != NULL) {
        response *one = next;
        next = one->before;
        PyMem_RawFree(one);
    }
    end_cif(cif);
}

/* No GIL needed, nor Python. */
static void capi_closure_free(libffi_closure *closure)
{
    if (closure != NULL)
        closure->free(closure);
}

/* No GIL needed.  0; -1 raises nothing. */
static int capi_closure_retarget(libffi_closure *closure, libffi_responder responder, void *user)
{
    response *then;
    if (closure == NULL || responder == NULL || closure->handler != NULL
        || (then = PyMem_RawMalloc(sizeof *then)) == NULL)
        return -1;
    then->responder = responder;
    then->user = user;
    then->before = __atomic_load_n(&closure->now, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(&closure->now, &then->before, then, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        continue;
    return 0;
}

/* No GIL needed. */
static const libffi_cif *capi_closure_cif(const libffi_closure *closure)
{
    return closure == NULL ? NULL : closure->handle;
}

/* No GIL needed. */
static void *capi_closure_user(const libffi_closure *closure)
{
    if (closure == NULL)
        return NULL;
    return closure->handler != NULL ? closure->user : __atomic_load_n(&closure->now, __ATOMIC_ACQUIRE)->user;
}

/* What a closure needs beside it: in *cif and, for a responder, *now.  0; -1 raises MemoryError. */
static int closure_parts(orphan **cif, response **now, libffi_responder responder, void *user)
{
    *cif = PyMem_RawMalloc(sizeof **cif);
    *now = responder != NULL ? PyMem_RawMalloc(sizeof **now) : NULL;
    if (*cif == NULL || (responder != NULL && *now == NULL)) {
        PyMem_RawFree(*cif);
        PyMem_RawFree(*now);
        PyErr_NoMemory();
        return -1;
    }
    if (*now != NULL)
        **now = (response){NULL, responder, user};
    return 0;
}

/* Of a handler, or (NULL) a responder.  To be freed by capi_closure_free().  NULL raises MemoryError or OSError, or
   says why in *status. */
static libffi_closure *c_closure_new(const libffi_cif *handle, libffi_handler handler, libffi_responder responder,
                                     void *user, ffi_status *status)
{
    cif_state *c = handle->core;
    void *code = NULL;
    orphan *cif;
    response *now;
    libffi_closure *closure;

    *status = FFI_OK;
    end_orphans();
    if (closure_parts(&cif, &now, responder, user) < 0)
        return NULL;
    closure = closure_alloc(sizeof *closure, &code);
    if (closure != NULL) {
        closure->free = free_own_closure;
        closure->code = code;
        closure->cif = cif;
        closure->handle = handle;
        closure->handler = handler;
        closure->user = user;
        closure->now = now;
        *status = handler != NULL && !c->nothings
                      ? closure_prepare(&closure->closure, &c->cif,
                                        (void (*)(ffi_cif *, void *, void **, void *))(void (*)(void))handler,
                                        user, code)
                      : closure_prepare(&closure->closure, &c->cif, handler != NULL ? c_handler_of_nothing : c_respond,
                                        closure, code);
        if (*status != FFI_OK)
            closure_free(&closure->closure);
    }
    if (closure == NULL || *status != FFI_OK) {
        PyMem_RawFree(cif);
        PyMem_RawFree(now);
        return NULL;
    }
    cif->cif = Py_NewRef(c->object);
    return closure;
}

/* No GIL needed. */
static libffi_function capi_closure_code(const libffi_closure *closure)
{
    return closure == NULL ? NULL : (libffi_function)closure->code;
}

#endif
