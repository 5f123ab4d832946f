/* Values and results, converted for C. */
#ifndef FFIPY_CAPI_VALUES_H
#define FFIPY_CAPI_VALUES_H

#include <Python.h>

#include "base/pool.h"
#include "calls/results.h"
#include "capi/given.h"
#include "capi/public.h"
#include "libffi/results.h"
#include "model/cif.h"
#include "model/errors.h"
#include "model/keeper.h"
#include "values/keeper.h"
#include "values/store.h"

/* What `k` keeps goes to *keep; where nobody takes it, needing it is an error.  0; -1 raises
   TypeError. */
static int hand_over(keeper *k, PyObject **keep)
{
    if (keep != NULL) {
        *keep = k->objects;         /* may be in a cycle of the caller's: the collector is to know it */
        if (k->objects != NULL)
            track_object(k->objects);
        return 0;
    }
    if (k->objects == NULL)
        return 0;
    let_go(k);
    PyErr_SetString(PyExc_TypeError, "this value must be kept alive, and nobody would (keep is NULL)");
    return -1;
}

/* 0, and in *keep (new, or NULL) what must stay for as long as C looks at it; -1 raises. */
static int store_and_keep(const type_info *type, void *where, PyObject *value, PyObject **keep)
{
    keeper k = {.objects = NULL};
    if (keep != NULL)
        *keep = NULL;
    if (store_value(type, where, value, &k) < 0) {
        let_go(&k);
        return -1;
    }
    return hand_over(&k, keep);
}

/* The same of what may be an argument of a call that has not been made.  -1 raises ArgumentError. */
static int store_argument_and_keep(const type_info *type, void *where, PyObject *value, PyObject **keep)
{
    int status = store_and_keep(type, where, value, keep);
    if (status < 0)
        argument_error(NULL, 0);
    return status;
}

/* 0, and *keep as above; -1 raises. */
static int capi_store_result(const libffi_cif *cif, void *result, PyObject *value, PyObject **keep)
{
    const type_info *type;
    if (keep != NULL)
        *keep = NULL;
    if (given_handle("libffi_store_result() cif", cif) < 0 || given_place("libffi_store_result() value", value) < 0
        || !belongs_here("libffi_store_result() value", value))
        return -1;
    type = ((cif_state *)cif->core)->result;
    if (type->kind == K_VOID)
        return 0;
    if (given_place("libffi_store_result() result", result) < 0)
        return -1;
    if (store_and_keep(type, result, value, keep) < 0)
        return -1;
    widen_result(type, result);
    return 0;
}

/* New; raises. */
static PyObject *capi_load_result(const libffi_cif *cif, void *result)
{
    if (given_handle("libffi_load_result() cif", cif) < 0
        || (cif->result_size != 0 && given_place("libffi_load_result() result", result) < 0))
        return NULL;
    return load_result(cif->core, result);
}

#endif
