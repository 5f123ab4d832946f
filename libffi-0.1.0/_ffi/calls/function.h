/* What Python calls: vectorcall, and an exact built-in. */
#ifndef FFIPY_CALLS_FUNCTION_H
#define FFIPY_CALLS_FUNCTION_H

#include <Python.h>

#include "base/compiler.h"
#include "base/locks.h"
#include "calls/by_name.h"
#include "calls/call.h"
#include "calls/watched.h"
#include "model/cif.h"
#include "model/errors.h"
#include "model/function.h"

/* A shape of signature, with the commonest options, has its own, compiled with what is known of it. */
#define DOORS(shape, keeps, nargs, known) \
    static ALWAYS_INLINE PyObject *call_##shape(PyObject *self, PyObject *const *args, \
                                                Py_ssize_t given) \
    { \
        const call_target *t = &((FunctionObject *)self)->target; \
        cif_state *c = t->cif; \
        _Alignas(16) char frame[SMALL_FRAME]; \
        if (UNLIKELY(given != c->plain_nin)) \
            return call_otherwise(self, args, given); \
        return call_in_frame(t, c, frame, self, args, keeps, nargs, known); \
    } \
    CALL_PATH static PyObject *shape##_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, \
                                                  PyObject *kwnames) \
    { \
        if (UNLIKELY(kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)) \
            return call_by_name((FunctionObject *)self, args, PyVectorcall_NARGS(nargsf), kwnames); \
        return call_##shape(self, args, PyVectorcall_NARGS(nargsf)); \
    } \
    CALL_PATH static PyObject *shape##_fast(PyObject *self, PyObject *const *args, Py_ssize_t given) \
    { \
        return call_##shape(self, args, given); \
    } \
    static const doors shape##_doors = {shape##_vectorcall, shape##_fast};

typedef struct {
    vectorcallfunc vectorcall;
    PyObject *(*fast)(PyObject *, PyObject *const *, Py_ssize_t);
} doors;

DOORS(nullary_held, 0, 0, HOLDS_GIL)
DOORS(nullary_released, 0, 0, RELEASES_GIL)
DOORS(numeric_held, 0, c->nargs, HOLDS_GIL)
DOORS(numeric_released, 0, c->nargs, RELEASES_GIL)
DOORS(keeping_held, 1, c->nargs, HOLDS_GIL)
DOORS(keeping_released, 1, c->nargs, RELEASES_GIL)
DOORS(any, 1, c->nargs, ANY_OPTIONS)
#undef DOORS

/* While something watches: the same for every signature. */
COLD static PyObject *watched_fast(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    const call_target *t = &((FunctionObject *)self)->target;
    watched_target watched = {.target = *t, .plain = t, .args = args};
    if (leaves_out((FunctionObject *)self, given))
        return call_by_name((FunctionObject *)self, args, given, NULL);
    watched.target.life = &watched_life;
    return call_function(&watched.target, self, args, given);
}

COLD static PyObject *watched_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0)
        return call_by_name((FunctionObject *)self, args, PyVectorcall_NARGS(nargsf), kwnames);
    return watched_fast(self, args, PyVectorcall_NARGS(nargsf));
}

static const doors watched_doors = {watched_vectorcall, watched_fast};

/* Static. */
static const doors *doors_of(const call_target *t)
{
    known_options known = options_of(t);

    if (known == ANY_OPTIONS)
        return &any_doors;
    if (t->cif->keeps)
        return known == HOLDS_GIL ? &keeping_held_doors : &keeping_released_doors;
    if (t->cif->nargs != 0)
        return known == HOLDS_GIL ? &numeric_held_doors : &numeric_released_doors;
    return known == HOLDS_GIL ? &nullary_held_doors : &nullary_released_doors;
}

/* All functions, to bind them to other doors when a watch begins or ends. */
static struct {
    FunctionObject *first;
    int watched;
    short_lock lock;
} every_function;

/* Under the lock, for the function's or another thread may be about to call. */
static void bind_doors(FunctionObject *function)
{
    const doors *now = every_function.watched ? &watched_doors : doors_of(&function->target);
    __atomic_store_n(&function->vectorcall, now->vectorcall, __ATOMIC_RELAXED);
    __atomic_store_n(&function->method.ml_meth, (PyCFunction)(void (*)(void))now->fast, __ATOMIC_RELAXED);
}

/* A function whose target is known: from now on it can be called. */
static void open_function(FunctionObject *function)
{
    function->method.ml_name = "call";          /* pickle asks the function for that name */
    function->method.ml_flags = METH_FASTCALL;  /* METH_O would have its own words for a wrong count */
    LOCK(&every_function.lock);
    function->next = every_function.first;
    if (function->next != NULL)
        function->next->at = &function->next;
    function->at = &every_function.first;
    every_function.first = function;
    bind_doors(function);
    UNLOCK(&every_function.lock);
}

static void end_function(FunctionObject *function)
{
    if (function->at == NULL)
        return;
    LOCK(&every_function.lock);
    *function->at = function->next;
    if (function->next != NULL)
        function->next->at = function->at;
    UNLOCK(&every_function.lock);
}

static void watch_functions(int watched)
{
    FunctionObject *function;
    LOCK(&every_function.lock);
    every_function.watched = watched;
    for (function = every_function.first; function != NULL; function = function->next)
        bind_doors(function);
    UNLOCK(&every_function.lock);
}

/* The same call as an exact built-in, which the interpreter specialises for.
   New; raises MemoryError. */
static PyObject *new_exact_call(PyObject *self)
{
    return PyCFunction_New(&((FunctionObject *)self)->method, self);
}

#endif
