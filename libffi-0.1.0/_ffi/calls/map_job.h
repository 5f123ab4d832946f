/* What a .map() works on: columns of items, over which it goes as NumPy's ufuncs do. */
#ifndef FFIPY_CALLS_MAP_JOB_H
#define FFIPY_CALLS_MAP_JOB_H

#include <Python.h>
#include <string.h>

#include "calls/fence.h"
#include "model/errors.h"
#include "model/function.h"

#define MAX_DIMENSIONS 64

typedef struct {
    Py_buffer view;
    char *copy;                     /* of its items, allocated: the results go where they lie; or NULL */
    int exported;
    int direct;                     /* C may read and write the items where they are */
    char *at;
    Py_ssize_t stride[MAX_DIMENSIONS];  /* once all columns are there; 0: the same item again */
} map_column;

typedef struct {
    const call_target *target;
    int ndim;
    Py_ssize_t shape[MAX_DIMENSIONS];
    map_column *columns;            /* arguments, then the result */
    char *block, *frame;            /* allocated; aligned in it */
    void **avalues;
    fence around;
} map_job;

/* Join the shape of one more argument: from the last dimension on they agree, or one is 1.  -1 raises. */
static int broadcast(map_job *job, const Py_buffer *view)
{
    const int ndim = view->ndim > job->ndim ? view->ndim : job->ndim;
    const int more = ndim - job->ndim, less = ndim - view->ndim;
    int i;

    memmove(job->shape + more, job->shape, (size_t)job->ndim * sizeof *job->shape);
    for (i = 0; i < more; ++i)
        job->shape[i] = 1;
    job->ndim = ndim;
    for (i = less; i < ndim; ++i) {
        const Py_ssize_t length = view->shape[i - less];
        if (job->shape[i] == 1) {
            job->shape[i] = length;
        } else if (length != 1 && length != job->shape[i]) {
            PyErr_Format(PyExc_ValueError, "its shape does not go together with that of the arguments before: "
                                           "%zd items where they have %zd",
                         length, job->shape[i]);
            return -1;
        }
    }
    return 0;
}

static int has_its_shape(const map_job *job, const Py_buffer *view)
{
    return view->ndim == job->ndim
           && memcmp(view->shape, job->shape, (size_t)job->ndim * sizeof *job->shape) == 0;
}

/* The column's steps through the shape of all. */
static void set_strides(const map_job *job, map_column *column, size_t alignment)
{
    const Py_buffer *view = &column->view;
    const Py_ssize_t *strides = column->copy == NULL ? view->strides : NULL;
    const int less = job->ndim - view->ndim;
    Py_ssize_t row = view->itemsize;    /* of all dimensions behind: ctypes' arrays have no strides */
    int i;

    column->at = column->copy == NULL ? view->buf : column->copy;
    column->direct = ((uintptr_t)column->at & (alignment - 1)) == 0;
    for (i = job->ndim - 1; i >= 0; --i) {
        const int own = i - less;
        column->stride[i] = 0;
        if (own >= 0 && view->shape[own] != 1)
            column->stride[i] = strides != NULL ? strides[own] : row;
        if (own >= 0)
            row *= view->shape[own];
        column->direct &= ((size_t)column->stride[i] & (alignment - 1)) == 0;
    }
}

/* From where to where do its items lie? */
static void find_extent(const Py_buffer *view, const char **begin, const char **end)
{
    int i;
    *begin = view->buf;
    *end = *begin + (view->strides == NULL ? view->len : view->itemsize);
    for (i = 0; view->strides != NULL && i < view->ndim; ++i) {
        const Py_ssize_t whole = view->strides[i] * (view->shape[i] - 1);
        *(whole < 0 ? begin : end) += whole;
    }
}

/* Would results be written over items that are still to be read?  Not where each takes the place of its own. */
static int is_overwritten(const map_job *job, const map_column *column, const map_column *out)
{
    const char *begin, *end, *out_begin, *out_end;

    if (column->view.len == 0
        || (column->at == out->at && column->view.itemsize == out->view.itemsize
            && memcmp(column->stride, out->stride, (size_t)job->ndim * sizeof *column->stride) == 0))
        return 0;
    find_extent(&column->view, &begin, &end);
    find_extent(&out->view, &out_begin, &out_end);
    return begin < out_end && out_begin < end;
}

/* Have the items of arguments that results would be written over read from a copy.  0; -1 raises MemoryError. */
static int copy_overwritten(map_job *job)
{
    const cif_state *c = job->target->cif;
    unsigned i;

    for (i = 0; i < c->nargs; ++i) {
        map_column *column = &job->columns[i];
        if (!column->exported || !is_overwritten(job, column, &job->columns[c->nargs]))
            continue;
        if ((column->copy = PyMem_Malloc((size_t)column->view.len)) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (PyBuffer_ToContiguous(column->copy, &column->view, column->view.len, 'C') < 0)
            return -1;
        set_strides(job, column, c->args[i].type->alignment);
    }
    return 0;
}

/* Do all columns go from the end of a row of this dimension on to the next one? */
static int goes_on(const map_job *job, unsigned columns, int dimension)
{
    unsigned i;
    for (i = 0; i < columns; ++i) {
        const Py_ssize_t *stride = &job->columns[i].stride[dimension];
        if (stride[0] != stride[1] * job->shape[dimension + 1])
            return 0;
    }
    return 1;
}

/* Make one dimension of those that are one to all columns: rows become long. */
static void join_dimensions(map_job *job, unsigned columns)
{
    int dimension, rest;
    unsigned i;

    for (dimension = job->ndim - 2; dimension >= 0; --dimension) {
        if (!goes_on(job, columns, dimension))
            continue;
        rest = job->ndim - dimension - 2;
        job->shape[dimension] *= job->shape[dimension + 1];
        memmove(&job->shape[dimension + 1], &job->shape[dimension + 2], (size_t)rest * sizeof *job->shape);
        for (i = 0; i < columns; ++i) {
            Py_ssize_t *stride = job->columns[i].stride;
            memmove(&stride[dimension], &stride[dimension + 1], (size_t)(rest + 1) * sizeof *stride);
        }
        --job->ndim;
    }
}

#endif
