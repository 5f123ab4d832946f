/* fn.map(): one function over whole buffers, without coming back to Python. */
#ifndef FFIPY_CALLS_MAP_H
#define FFIPY_CALLS_MAP_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/align.h"
#include "base/compiler.h"
#include "base/os/room.h"
#include "base/stack.h"
#include "calls/arguments.h"
#include "calls/function.h"
#include "calls/invoke.h"
#include "calls/map_job.h"
#include "calls/map_rows.h"
#include "calls/watched.h"
#include "model/errors.h"
#include "model/function.h"
#include "model/hooks.h"
#include "model/keeper.h"
#include "values/buffers.h"
#include "values/keeper.h"
#include "values/store.h"

static int is_array(const type_info *type, PyObject *value)
{
    return PyObject_CheckBuffer(value) && !PyBytes_Check(value) && !PyFloat_Check(value)
           && !is_address_kind(plain_type(type)->kind);
}

/* Export `value` as a column of `type` items.  1; 0: it is a single value, and not exported; -1 raises, and
   close_job() ends it. */
static int open_column(map_column *column, const type_info *type, PyObject *value, int writable)
{
    Py_buffer *view = &column->view;

    if (need_stack(0) < 0
        || PyObject_GetBuffer(value, view, PyBUF_FORMAT | PyBUF_STRIDES | (writable ? PyBUF_WRITABLE : 0)) < 0)
        return -1;
    if (view->ndim == 0 && !writable) {
        PyBuffer_Release(view);
        return 0;
    }
    column->exported = 1;
    if ((size_t)view->itemsize != type->size || !format_matches(type, view)) {
        PyErr_Format(PyExc_TypeError, "expected items of %U, got a buffer of items '%s'",
                     type->name, view->format ? view->format : "B");
        return -1;
    }
    if (view->ndim > MAX_DIMENSIONS) {
        PyErr_Format(PyExc_ValueError, "expected at most %d dimensions, got %d", MAX_DIMENSIONS, view->ndim);
        return -1;
    }
    return 1;
}

static int map_dimension(map_job *job, int dimension, map_row_function *row, char **at)
{
    unsigned i, n = job->target->cif->nargs + 1;
    Py_ssize_t index, *stride;
    char **here;

    if (dimension == job->ndim - 1) {
        stride = alloca(n * sizeof *stride);
        for (i = 0; i < n; ++i)
            stride[i] = job->columns[i].stride[dimension];
        return row(job, at, stride, job->shape[dimension]);
    }
    here = alloca(n * sizeof *here);
    for (index = 0; index < job->shape[dimension]; ++index) {
        for (i = 0; i < n; ++i)
            here[i] = at[i] + index * job->columns[i].stride[dimension];
        if (map_dimension(job, dimension + 1, row, here) < 0)
            return -1;
    }
    return 0;
}

/* 0; -1 raises.  GIL. */
static int map_run(map_job *job)
{
    const call_target *t = job->target;
    unsigned i, n = t->cif->nargs + 1;
    char **at = alloca(n * sizeof *at);

    join_dimensions(job, n);
    for (i = 0; i < n; ++i)
        at[i] = job->columns[i].at;
    if (!call_fits_stack(t->cif) || enter_function(t, &job->around, job, t->fence) < 0)
        return -1;
    map_dimension(job, 0, choose_row(job), at);
    return leave_function(t, &job->around, t->fence);
}

/* As one call, of which the first items are told. */
COLD static int map_watched(map_job *job)
{
    const cif_state *c = job->target->cif;
    watched_what what = {.name = job->target->name, .cif = c, .mapped = 1};
    watched_call *w;
    unsigned i;
    int dimension;

    for (dimension = 0; dimension < job->ndim; ++dimension)
        what.mapped *= job->shape[dimension];
    what.values = alloca((c->nargs + 1) * sizeof *what.values);
    for (i = 0; i < c->nargs; ++i)
        what.values[i] = job->columns[i].at;
    if (begin_watch(&what, job, &w) < 0)
        return -1;
    return end_watch(w, &what, NULL, 0, map_run(job));
}

/* 0; -1 raises TypeError. */
COLD static int check_mappable(const call_target *t)
{
    cif_state *c = t->cif;
    const char *reason = NULL;
    unsigned i;

    if (c->variadic)
        reason = "a variadic function";
    else if (t->errcheck != Py_None)
        reason = "a function with errcheck";
    else if (is_aggregate_kind(c->result->kind) || is_address_kind(plain_type(c->result)->kind))
        reason = "a function whose result is not a number";
    for (i = 0; i < c->nargs; ++i)
        if (c->args[i].passing || is_aggregate_kind(c->args[i].kind))
            reason = "a function with arguments by reference or of aggregate type";
    if (reason == NULL)
        return 0;
    PyErr_Format(PyExc_TypeError, "%U.map() cannot map %s", t->name, reason);
    argument_error(NULL, 0);
    return -1;
}

static int open_job(map_job *job, const call_target *t)
{
    const cif_state *c = t->cif;

    memset(job, 0, sizeof *job);
    job->target = t;
    job->columns = PyMem_Calloc(c->nargs + 1, sizeof *job->columns);
    job->block = PyMem_Calloc(1, (size_t)c->frame_size + c->frame_alignment);
    if (job->columns == NULL || job->block == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    job->frame = align_pointer(job->block, c->frame_alignment);
    job->avalues = (void **)(job->frame + c->avalues);
    return 0;
}

static void close_job(map_job *job)
{
    unsigned i;
    for (i = 0; job->columns != NULL && i <= job->target->cif->nargs; ++i) {
        if (job->columns[i].exported)
            PyBuffer_Release(&job->columns[i].view);
        PyMem_Free(job->columns[i].copy);
    }
    PyMem_Free(job->block);
    PyMem_Free(job->columns);
}

/* An argument that is the same in every call has its slot in the frame. */
static int open_argument(map_job *job, map_column *column, const argument *a, PyObject *value, keeper *k)
{
    int is_column = is_array(a->type, value) ? open_column(column, a->type, value, 0) : 0;
    if (is_column < 0)
        return -1;
    if (is_column)
        return broadcast(job, &column->view);
    column->at = job->frame + a->offset;
    column->direct = 1;
    return store_value(a->type, column->at, value, k);
}

static int open_arguments(map_job *job, PyObject *const *args, keeper *k)
{
    const call_target *t = job->target;
    int columns = 0;
    unsigned i;

    for (i = 0; i < t->cif->nargs; ++i) {
        const argument *a = &t->cif->args[i];
        job->avalues[i] = job->frame + a->offset;
        if (open_argument(job, &job->columns[i], a, args[i], k) < 0) {
            argument_error(PyUnicode_FromFormat("%U.map() argument %u", t->name, i + 1), 0);
            return -1;
        }
        columns += job->columns[i].exported;
    }
    if (columns == 0) {
        PyErr_Format(PyExc_TypeError, "%U.map() needs at least one array argument", t->name);
        argument_error(NULL, 0);
        return -1;
    }
    for (i = 0; i < t->cif->nargs; ++i)
        if (job->columns[i].exported)
            set_strides(job, &job->columns[i], t->cif->args[i].type->alignment);
    return 0;
}

static int open_out(map_job *job, PyObject *out)
{
    const type_info *type = job->target->cif->result;
    map_column *column = &job->columns[job->target->cif->nargs];

    if (open_column(column, type, out, 1) < 0)
        return -1;
    if (!has_its_shape(job, &column->view)) {
        PyErr_SetString(PyExc_ValueError, "its shape is not that of the results");
        return -1;
    }
    set_strides(job, column, type->alignment);
    return copy_overwritten(job);
}

/* Where the results go: `out`, or new memory of the arguments' shape.  New; raises. */
static PyObject *open_results(map_job *job, PyObject *out)
{
    const call_target *t = job->target;
    const cif_state *c = t->cif;
    PyObject *result;

    if (c->result->kind == K_VOID)
        return Py_NewRef(Py_None);
    result = out != Py_None ? Py_NewRef(out) : core.new_array(c->result, job->shape, job->ndim);
    if (result != NULL && open_out(job, result) < 0) {
        argument_error(PyUnicode_FromFormat("%U.map() out", t->name), 0);
        Py_CLEAR(result);
    }
    return result;
}

/* Map `t` over `args`; `out` (borrowed, or None) receives the results.  New; raises.  GIL. */
static PyObject *map_function(const call_target *t, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *out)
{
    map_job job;
    keeper k = {.objects = NULL};
    PyObject *result = NULL;

    if (check_mappable(t) < 0)
        return NULL;
    if (nargs != (Py_ssize_t)t->cif->nin)
        return wrong_count(t, t->cif, nargs);
    if (t->cif->result->kind == K_VOID && out != Py_None) {
        PyErr_Format(PyExc_TypeError, "%U.map() out: a void function has no results", t->name);
        argument_error(NULL, 0);
        return NULL;
    }
    if (open_job(&job, t) == 0 && open_arguments(&job, args, &k) == 0)
        result = open_results(&job, out);
    if (result != NULL && (UNLIKELY(every_function.watched) ? map_watched : map_run)(&job) < 0)
        Py_CLEAR(result);
    close_job(&job);
    let_go(&k);
    return result;
}

#endif
