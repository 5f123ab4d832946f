/* Closures whose handler is C. */
#ifndef FFIPY_CAPI_CLOSURES_H
#define FFIPY_CAPI_CLOSURES_H

#include <Python.h>
#include <ffi.h>

#include "base/os/room.h"
#include "capi/public.h"
#include "libffi/closures.h"
#include "libffi/nothing.h"
#include "model/cif.h"

struct libffi_closure {
    ffi_closure closure;
    void *code;
    PyObject *cif;              /* owned */
    libffi_handler handler;
    void *user;
};

/* Where arguments have no size, libffi has fewer. */
static void c_handler_of_nothing(ffi_cif *cif, void *result, void **args, void *user)
{
    const libffi_closure *closure = user;
    const cif_state *c = ((CIFObject *)closure->cif)->state;
    void **all = alloca((c->nargs + 1) * sizeof *all);
    put_in_nothing(c, args, all);
    closure->handler(cif, result, all, closure->user);
}

/* GIL. */
static void capi_closure_free(libffi_closure *closure)
{
    if (closure == NULL)
        return;
    Py_DECREF(closure->cif);
    closure_free(closure);
}

/* To be freed by capi_closure_free().  NULL raises MemoryError or OSError, or says why in *status. */
static libffi_closure *c_closure_new(cif_state *c, libffi_handler handler, void *user, ffi_status *status)
{
    void *code = NULL;
    libffi_closure *closure = closure_alloc(sizeof *closure, &code);

    *status = FFI_OK;
    if (closure == NULL)
        return NULL;
    *status = c->nothings
                  ? closure_prepare(&closure->closure, &c->cif, c_handler_of_nothing, closure, code)
                  : closure_prepare(&closure->closure, &c->cif,
                                    (void (*)(ffi_cif *, void *, void **, void *))(void (*)(void))handler,
                                    user, code);
    if (*status != FFI_OK) {
        closure_free(closure);
        return NULL;
    }
    closure->code = code;
    closure->cif = Py_NewRef(c->object);
    closure->handler = handler;
    closure->user = user;
    return closure;
}

/* No GIL needed. */
static libffi_function capi_closure_code(const libffi_closure *closure)
{
    return closure == NULL ? NULL : (libffi_function)closure->code;
}

#endif
