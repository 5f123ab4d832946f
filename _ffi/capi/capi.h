/* The C side of the C API: what calls without Python on their path. */
#ifndef FFIPY_CAPI_CAPI_H
#define FFIPY_CAPI_CAPI_H

#include <Python.h>
#include <alloca.h>
#include <string.h>
#include <ffi.h>

#include "libffi_config.h"
#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/interpreter.h"
#include "calls/aftermath.h"
#include "calls/fence.h"
#include "calls/results.h"
#include "calls/running.h"
#include "libffi/build.h"
#include "libffi/closures.h"
#include "libffi/frame.h"
#include "libffi/results.h"
#include "model/call.h"
#include "model/cif.h"
#include "model/keeper.h"
#include "values/keeper.h"
#include "values/store.h"

#define LIBFFI_API_CORE
#include "libffi/libffi_api.h"

/* ---- what is given ----

   NULL for an object is what a function gave that failed: its exception stays, so that calls can be chained
   and the last result is looked at only. */

/* New; raises TypeError, or what is raised already. */
static PyObject *given_object(const char *what, PyObject *object)
{
    if (object != NULL)
        return Py_NewRef(object);
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected an object, got NULL", what);
    return NULL;
}

/* 0; or raises. */
static int given_place(const char *what, const void *place)
{
    if (place != NULL)
        return 0;
    if (PyErr_Occurred() == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected an address, got NULL", what);
    return -1;
}

/* So many items at `items`?  0; or raises. */
static int given_count(const char *what, Py_ssize_t count, const void *items)
{
    if (PyErr_Occurred() != NULL)
        return -1;
    if (count < 0)
        PyErr_Format(PyExc_ValueError, "%s: expected a count, got %zd", what, count);
    else if (count > 0 && items == NULL)
        PyErr_Format(PyExc_TypeError, "%s: expected %zd items, got NULL", what, count);
    else
        return 0;
    return -1;
}

/* ---- what calls see of a CIF ---- */

static size_t exchange_alignment(const cif_state *c)
{
    size_t alignment = slot_alignment(c->result);
    unsigned i;
    for (i = 0; i < c->nargs; ++i)
        if (!c->args[i].passing && slot_alignment(c->args[i].type) > alignment)
            alignment = slot_alignment(c->args[i].type);
    return alignment;
}

/* ffi_call and ffi_call_plan_invoke differ in what their first argument points to. */
#define AS_INVOKER(function) ((libffi_invoker)(void (*)(void))(function))

#if LEAVES_UNUSED_LONG_DOUBLE
/* A long double that nobody asked for would stay in the x87 registers. */
static void invoke_with_room(void *cif, libffi_function function, void *result, void **arguments)
{
    long double room[2];
    ffi_call(cif, function, result != NULL ? result : room, arguments);
}
#endif

/* Fill in a handle; `offsets` has room for nargs + 1. */
static void prepare_handle(libffi_cif *handle, cif_state *c, size_t *offsets)
{
    unsigned i;
    offsets[0] = 0;
    for (i = 0; i < c->nargs; ++i)
        offsets[i + 1] = c->args[i].offset;
    handle->invoke = AS_INVOKER(ffi_call);
    handle->prepared = &c->cif;
#if FFIPY_HAVE_CALL_PLAN
    if (c->plan != NULL) {
        handle->invoke = AS_INVOKER(ffi_call_plan_invoke);
        handle->prepared = c->plan;
        handle->has_plan = 1;
    }
#endif
#if LEAVES_UNUSED_LONG_DOUBLE
    if (c->cif.rtype->type == FFI_TYPE_LONGDOUBLE || c->cif.rtype->type == FFI_TYPE_COMPLEX) {
        handle->invoke = invoke_with_room;
        handle->prepared = &c->cif;
        handle->has_plan = 0;
    }
#endif
    handle->nargs = c->nargs;
    handle->result_size = c->result->kind == K_VOID ? 0 : slot_size(c->result);
    handle->exchange_size = c->exchange_size;
    handle->exchange_alignment = exchange_alignment(c);
    handle->exchange_offsets = offsets;
    handle->ffi_cif = &c->cif;
    handle->object = c->object;
    handle->core = c;
}

/* ---- calls ---- */

typedef struct {
    fence around;
    int flags;
} fence_state;

_Static_assert(sizeof(fence_state) <= sizeof(libffi_fence), "libffi_fence is too small");
_Static_assert((int)LIBFFI_RELEASE_GIL == RELEASE_GIL && (int)LIBFFI_ERRNO == SWAP_ERRNO, "flags of fences differ");

/* Is a fence around this one gone?  An exception that says so, or NULL.  GIL. */
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

static void capi_enter(libffi_fence *fence, int flags)
{
    fence_state *f = (fence_state *)fence;
    PyObject *dead = UNLIKELY(current_call.mark != NO_CALL) ? dead_fence((uintptr_t)f) : NULL;

    f->flags = (flags & (RELEASE_GIL | SWAP_ERRNO)) | (flags & RELEASE_GIL ? 0 : USES_PYTHON);
    enter_fence(&f->around, f, f->flags);
    if (UNLIKELY(dead != NULL))
        leave_to_last_call(dead);
}

static int capi_leave(libffi_fence *fence)
{
    fence_state *f = (fence_state *)fence;
    return leave_fence(&f->around, f->flags);
}

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

static void capi_call_exchange(const libffi_cif *cif, libffi_function function, void *block)
{
    void **arguments = alloca((cif->nargs + 1) * sizeof *arguments);
    unsigned i;
    for (i = 0; i < cif->nargs; ++i)
        arguments[i] = (char *)block + cif->exchange_offsets[i + 1];
    cif->invoke(cif->prepared, function, block, arguments);
}

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

/* ---- closures whose handler is C ---- */

struct libffi_closure {
    ffi_closure closure;
    void *code;
    PyObject *cif;              /* owned */
};

static void capi_closure_free(libffi_closure *closure)
{
    if (closure == NULL)
        return;
    Py_DECREF(closure->cif);
    closure_free(closure);
}

/* NULL with MemoryError or OSError, or with *status. */
static libffi_closure *c_closure_new(cif_state *c, libffi_handler handler, void *user, ffi_status *status)
{
    void *code = NULL;
    libffi_closure *closure = closure_alloc(sizeof *closure, &code);

    *status = FFI_OK;
    if (closure == NULL)
        return NULL;
    *status = closure_prepare(&closure->closure, &c->cif,
                              (void (*)(ffi_cif *, void *, void **, void *))(void (*)(void))handler,
                              user, code);
    if (*status != FFI_OK) {
        closure_free(closure);
        return NULL;
    }
    closure->code = code;
    closure->cif = Py_NewRef(c->object);
    return closure;
}

static libffi_function capi_closure_code(const libffi_closure *closure)
{
    return closure == NULL ? NULL : (libffi_function)closure->code;
}

/* ---- values ---- */

/* What `k` keeps goes to *keep; where nobody takes it, needing it is an error. */
static int hand_over(keeper *k, PyObject **keep)
{
    if (keep != NULL) {
        *keep = k->objects;
        return 0;
    }
    if (k->objects == NULL)
        return 0;
    let_go(k);
    PyErr_SetString(PyExc_TypeError, "this value must be kept alive, and nobody would (keep is NULL)");
    return -1;
}

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

static int capi_store_result(const libffi_cif *cif, void *result, PyObject *value, PyObject **keep)
{
    const type_info *type;
    if (keep != NULL)
        *keep = NULL;
    if (given_place("libffi_store_result() cif", cif) < 0 || given_place("libffi_store_result() value", value) < 0)
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

static PyObject *capi_load_result(const libffi_cif *cif, void *result)
{
    if (given_place("libffi_load_result() cif", cif) < 0
        || (cif->result_size != 0 && given_place("libffi_load_result() result", result) < 0))
        return NULL;
    return load_result(cif->core, result);
}

/* ---- ABIs ---- */

static const char *abi_short_name(const char *name)
{
    return strncmp(name, "FFI_", 4) == 0 ? name + 4 : name;
}

static int capi_abi_default(void)
{
    return core_default_abi();
}

static const char *capi_abi_name(Py_ssize_t index, int *abi)
{
    Py_ssize_t i;
    for (i = 0; abi_names[i].name != NULL; ++i)
        if (i == index) {
            *abi = (int)abi_names[i].value;
            return abi_short_name(abi_names[i].name);
        }
    return NULL;
}

static int capi_abi_find(const char *name, int *abi)
{
    const char *known;
    Py_ssize_t i;
    int number;
    if (strcmp(name, "DEFAULT") == 0) {
        *abi = core_default_abi();
        return 1;
    }
    for (i = 0; (known = capi_abi_name(i, &number)) != NULL; ++i)
        if (strcmp(known, name) == 0) {
            *abi = number;
            return 1;
        }
    return 0;
}

static const char *capi_libffi_version(void)
{
    return libffi_version();
}

/* ---- the table: C's part of it; capi.pyx fills in the rest ---- */

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
};

#endif
