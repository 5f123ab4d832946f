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
#include "calls/running.h"
#include "libffi/cif.h"
#include "libffi/results.h"

/* Has a closure raised since the call of that mark began, or (`uses_python`) a function of Python's own? */
static inline int map_failed(uintptr_t mark, int uses_python)
{
    return UNLIKELY(current_call.mark != mark && something_was_raised(mark))
           || (UNLIKELY(uses_python) && PyErr_Occurred() != NULL);
}

typedef int map_row_function(map_job *job, char *const *at, const Py_ssize_t *stride, Py_ssize_t n);

/* A function whose values are all of one sort is one that C itself can call: of numbers that every
   convention passes as they are, in registers that hold all of it.  Dense rows, with one item or the same
   one again, have loops of their own, in which the steps are constants.  A short function takes as long as
   the processor needs for a jump through a pointer; of four steps in a row all the rest is done meanwhile. */
#define ROW(kind, ctype, nargs, types, arguments) \
    static ALWAYS_INLINE int walk_##kind##_##nargs(map_job *job, char *const *at, Py_ssize_t n, Py_ssize_t step0, \
                                                   Py_ssize_t step1, Py_ssize_t step2, Py_ssize_t step, \
                                                   int uses_python) \
    { \
        ctype(*const function) types = (ctype(*) types)job->target->address; \
        const uintptr_t mark = job->around.mark; \
        const char *item0 = at[0], *item1 = at[(nargs) > 1], *item2 = at[(nargs) - 1]; \
        char *to = at[nargs]; \
        UNROLL_4 \
        for (; n > 0; --n, item0 += step0, item1 += step1, item2 += step2, to += step) { \
            ctype result = function arguments; \
            if (map_failed(mark, uses_python)) \
                return -1; \
            *(ctype *)to = result; \
        } \
        (void)item1, (void)item2; \
        return 0; \
    } \
    static int map_row_##kind##_##nargs(map_job *job, char *const *at, const Py_ssize_t *stride, Py_ssize_t n) \
    { \
        const Py_ssize_t one = sizeof(ctype), step = stride[nargs]; \
        const Py_ssize_t step0 = stride[0], step1 = stride[(nargs) > 1], step2 = stride[(nargs) - 1]; \
        const int uses_python = job->target->fence & USES_PYTHON; \
        if ((nargs) < 3 && step == one && !uses_python) { \
            if (step0 == one && step1 == one) \
                return walk_##kind##_##nargs(job, at, n, one, one, one, one, 0); \
            if (step0 == one && step1 == 0) \
                return walk_##kind##_##nargs(job, at, n, one, 0, 0, one, 0); \
            if (step0 == 0 && step1 == one) \
                return walk_##kind##_##nargs(job, at, n, 0, one, one, one, 0); \
        } \
        return walk_##kind##_##nargs(job, at, n, step0, step1, step2, step, uses_python); \
    }
#define ITEM(ctype, i) (*(const ctype *)item##i)
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
        if (map_failed(job->around.mark, t->fence & USES_PYTHON))
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
