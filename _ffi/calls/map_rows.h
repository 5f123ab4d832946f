/* The loops of .map(): one function over one row. */
#ifndef FFIPY_CALLS_MAP_ROWS_H
#define FFIPY_CALLS_MAP_ROWS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <ffi.h>

#include "base/compiler.h"
#include "calls/aftermath.h"
#include "calls/map_job.h"
#include "libffi/cif.h"
#include "libffi/results.h"

/* Has a closure raised, or a function of Python's own? */
static inline int map_failed(const map_job *job)
{
    return UNLIKELY(!ends_plainly(&job->around) && something_was_raised(job->around.mark))
           || (UNLIKELY(job->target->fence & USES_PYTHON) && PyErr_Occurred() != NULL);
}

typedef int map_row_function(map_job *job, char *const *at, const Py_ssize_t *stride, Py_ssize_t n);

/* A function whose values are all of one sort is one that C itself can call: of numbers that every
   convention passes as they are, in registers that hold all of it. */
#define ROW(kind, ctype, nargs, types, arguments) \
    static int map_row_##kind##_##nargs(map_job *job, char *const *at, const Py_ssize_t *stride, Py_ssize_t n) \
    { \
        ctype(*function) types = (ctype(*) types)job->target->address; \
        char *column[4] = {at[0], at[1], nargs > 1 ? at[2] : NULL, nargs > 2 ? at[3] : NULL}; \
        for (; n > 0; --n) { \
            ctype result = function arguments; \
            int i; \
            if (map_failed(job)) \
                return -1; \
            *(ctype *)column[nargs] = result; \
            for (i = 0; i <= nargs; ++i) \
                column[i] += stride[i]; \
        } \
        return 0; \
    }
#define ITEM(ctype, i) (*(ctype *)column[i])
#define ROWS(kind, ctype) \
    ROW(kind, ctype, 1, (ctype), (ITEM(ctype, 0))) \
    ROW(kind, ctype, 2, (ctype, ctype), (ITEM(ctype, 0), ITEM(ctype, 1))) \
    ROW(kind, ctype, 3, (ctype, ctype, ctype), (ITEM(ctype, 0), ITEM(ctype, 1), ITEM(ctype, 2)))

// clang-format off
ROWS(K_S32, int32_t)
ROWS(K_S64, int64_t)
ROWS(K_FLOAT, float)
ROWS(K_DOUBLE, double)
#undef ROWS
#undef ITEM
#undef ROW

static map_row_function *const rows_of_one_sort[KIND_COUNT][3] = {
#define ROWS(kind) [kind] = {map_row_##kind##_1, map_row_##kind##_2, map_row_##kind##_3}
    ROWS(K_S32), ROWS(K_S64), ROWS(K_FLOAT), ROWS(K_DOUBLE)
#undef ROWS
};
// clang-format on

/* Any other, by libffi. */
static int map_row_by_libffi(map_job *job, char *const *at, const Py_ssize_t *stride, Py_ssize_t n)
{
    const call_target *t = job->target;
    cif_state *c = t->cif;
    const unsigned nargs = c->nargs;
    const size_t size = c->result->kind == K_VOID ? 0 : c->result->size;
    const int in_place = job->columns[nargs].direct && size >= sizeof(ffi_arg);
    char **column = alloca((nargs + 1) * sizeof *column);
    unsigned i;

    memcpy(column, at, (nargs + 1) * sizeof *column);
    for (; n > 0; --n) {
        for (i = 0; i < nargs; ++i) {
            if (LIKELY(job->columns[i].direct))
                job->avalues[i] = column[i];
            else if (job->columns[i].exported)
                memcpy(job->avalues[i], column[i], c->args[i].type->size);
            column[i] += stride[i];
        }
        cif_invoke(c, t->address, in_place ? column[nargs] : job->frame, job->avalues);
        if (map_failed(job))
            return -1;
        if (!in_place && size) {
            narrow_result(c->result, job->frame);
            memcpy(column[nargs], job->frame, size);
        }
        column[nargs] += stride[nargs];
    }
    return 0;
}

/* The fastest that is right for all rows. */
static map_row_function *choose_row(const map_job *job)
{
    const cif_state *c = job->target->cif;
    unsigned i;

    if (c->abi != FFI_DEFAULT_ABI || c->nfixed != c->nargs || c->nargs < 1 || c->nargs > 3)
        return map_row_by_libffi;
    for (i = 0; i <= c->nargs; ++i) {
        const map_column *column = &job->columns[i];
        if ((i < c->nargs ? c->args[i].kind : c->result_kind) != c->result_kind
            || (column->exported && !column->direct))
            return map_row_by_libffi;
    }
    return rows_of_one_sort[c->result_kind][c->nargs - 1] ? rows_of_one_sort[c->result_kind][c->nargs - 1]
                                                          : map_row_by_libffi;
}

#endif
