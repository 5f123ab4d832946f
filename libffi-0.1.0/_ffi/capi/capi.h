/* The table behind the capsule: C's part of it; capi.pyx fills in the rest. */
#ifndef FFIPY_CAPI_CAPI_H
#define FFIPY_CAPI_CAPI_H

#include <Python.h>

#include "capi/abis.h"
#include "capi/calls.h"
#include "capi/closures.h"
#include "capi/handles.h"
#include "capi/public.h"
#include "capi/signatures.h"
#include "capi/values.h"
#include "capi/visits.h"
#include "module/interpreters.h"

/* Does an interpreter that is not this one still need this table?  GIL. */
static int capi_runs_elsewhere(void)
{
    return !is_at_its_end(&own) && PyThreadState_Get()->interp != home;
}

static libffi_api capi_table = {
    .abi_version = LIBFFI_API_ABI_VERSION,
    .api_version = LIBFFI_API_VERSION,
    .size = sizeof(libffi_api),
    .enter = capi_enter,
    .leave = capi_leave,
    .invoke = capi_invoke,
    .invoke_exchange = capi_invoke_exchange,
    .call_exchange = capi_call_exchange,
    .closure_code = capi_closure_code,
    .closure_free = capi_closure_free,
    .store_result = capi_store_result,
    .load_result = capi_load_result,
    .abi_default = capi_abi_default,
    .abi_find = capi_abi_find,
    .abi_name = capi_abi_name,
    .libffi_version = capi_libffi_version,
    .raise = capi_raise,
    .cif_new = capi_cif_new,
    .cif_from_codes = capi_cif_from_codes,
    .closure_cif = capi_closure_cif,
    .closure_user = capi_closure_user,
    .closure_retarget = capi_closure_retarget,
    .get_errno = capi_get_errno,
    .set_errno = capi_set_errno,
    .python_enter = capi_python_enter,
    .python_leave = capi_python_leave,
    .runs_elsewhere = capi_runs_elsewhere,
    .copy_here = copy_here,
};

#endif
