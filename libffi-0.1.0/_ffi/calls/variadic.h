/* Variadic calls: a CIF for each list of extra types, found by C's default promotions. */
#ifndef FFIPY_CALLS_VARIADIC_H
#define FFIPY_CALLS_VARIADIC_H

#include <Python.h>
#include <limits.h>
#include <string.h>

#include "base/compiler.h"
#include "base/os/room.h"
#include "base/stack.h"
#include "calls/arguments.h"
#include "calls/call.h"
#include "calls/fence.h"
#include "calls/results.h"
#include "calls/watched.h"
#include "model/cif.h"
#include "model/errors.h"
#include "model/function.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "model/type.h"
#include "model/value.h"
#include "values/foreign.h"
#include "values/formats.h"
#include "values/integers.h"

#define MAX_EXTRA 1024

/* The types that untyped Python values are passed as. */
static struct {
    const type_info *int_, *double_, *string, *pointer, *complex_double;
} promoted;

/* NULL, raises OverflowError. */
COLD static const type_info *too_large_for_int(PyObject *value)
{
    PyObject *text = number_text(value);
    if (text != NULL)
        PyErr_Format(PyExc_OverflowError,
                     "%U is out of range for int; say its type, as in c.long(%U)", text, text);
    Py_XDECREF(text);
    return NULL;
}

/* Borrowed; NULL raises BadArgType. */
static const type_info *typed_extra(const type_info *type)
{
    const type_info *plain = plain_type(type);
    if (is_promoted_kind(plain->kind)) {
        PyErr_Format(core.bad_arg_type, "%U is not passed through '...'; write %s", type->name,
                     plain->kind == K_FLOAT ? "c.double" : "c.int");
        return NULL;
    }
    return type;
}

/* What an instance of a class over that scalar is promoted to: the value counts (borrowed). */
static const type_info *promoted_instance(const type_info *plain)
{
    if (is_pointer_kind(plain->kind))
        return promoted.pointer;
    if (plain->kind == K_FLOAT)
        return promoted.double_;
    return is_promoted_kind(plain->kind) ? promoted.int_ : plain;
}

/* An int of another class, such as NumPy's.  Borrowed; NULL raises. */
COLD static const type_info *index_type(PyObject *value)
{
    PyObject *number = need_stack(0) < 0 ? NULL : PyNumber_Index(value);
    const type_info *type;
    int overflow;
    long long plain;

    if (number == NULL)
        return NULL;
    plain = PyLong_AsLongLongAndOverflow(number, &overflow);
    type = overflow || plain > INT_MAX || plain < INT_MIN ? too_large_for_int(number) : promoted.int_;
    Py_DECREF(number);
    return type;
}

/* NULL, raises TypeError. */
COLD static const type_info *say_its_type(PyObject *value)
{
    PyErr_Format(PyExc_TypeError,
                 "cannot pass %s through '...' without a type (say it, as in c.long(x))",
                 Py_TYPE(value)->tp_name);
    return NULL;
}

/* NumPy's numbers are buffers as its arrays are, but without a dimension and read-only.  Borrowed;
   NULL raises. */
COLD static const type_info *buffer_type(PyObject *value)
{
    const PyNumberMethods *number = Py_TYPE(value)->tp_as_number;
    Py_buffer view;
    int is_double;
    char sort = '\0';

    if (number == NULL || (number->nb_float == NULL && number->nb_index == NULL))
        return promoted.pointer;
    if (need_stack(0) < 0)
        return NULL;
    if (PyObject_GetBuffer(value, &view, PyBUF_FULL_RO) < 0) {
        if (!says_no_buffer())
            return NULL;
        PyErr_Clear();
        return promoted.pointer;        /* which says what is wrong with it */
    }
    if (view.ndim == 0 && view.readonly)
        sort = format_sort(&view);
    is_double = view.itemsize <= (Py_ssize_t)sizeof(double);
    PyBuffer_Release(&view);
    switch (sort) {
    case '\0': return promoted.pointer;
    case 'f': return is_double ? promoted.double_ : say_its_type(value);
    case 'z': return promoted.complex_double;
    default: return PyIndex_Check(value) ? index_type(value) : say_its_type(value);
    }
}

static const type_info *extra_type(PyObject *value);

/* An object of another library says its type by what stands in for it.  Borrowed; NULL raises. */
COLD static const type_info *foreign_type(PyObject *value)
{
    const type_info *type;
    PyObject *made;
    int status = find_stand_in(NULL, value, &made);

    if (status <= 0)
        return status < 0 ? NULL : PyObject_CheckBuffer(value) ? buffer_type(value)
                               : PyIndex_Check(value)          ? index_type(value)
                                                               : say_its_type(value);
    type = extra_type(made);
    Py_DECREF(made);
    return type;
}

/* What C would promote `value` to (borrowed), or NULL with an error. */
static const type_info *extra_type(PyObject *value)
{
    if (PyLong_CheckExact(value) && is_compact(value) && compact_value(value) <= INT_MAX
        && compact_value(value) >= INT_MIN)
        return promoted.int_;
    if (PyFloat_Check(value))
        return promoted.double_;
    if (PyLong_Check(value)) {
        int overflow;
        long long number = is_compact(value) ? compact_value(value)
                                             : PyLong_AsLongLongAndOverflow(value, &overflow);
        if (!is_compact(value) && (overflow || number > INT_MAX || number < INT_MIN))
            return too_large_for_int(value);
        return number > INT_MAX || number < INT_MIN ? too_large_for_int(value) : promoted.int_;
    }
    if (PyUnicode_Check(value))
        return promoted.string;
    if (value == Py_None || PyBytes_Check(value) || Pointer_Check(value) || Function_Check(value)
        || Closure_Check(value))
        return promoted.pointer;
    if (Value_Check(value))
        return typed_extra(&((TypeObject *)((ValueObject *)value)->type)->info);
    if (Memory_Check(value)) {
        const type_info *type = ((MemoryObject *)value)->m.type;
        if (type->kind == K_INSTANCE)
            return promoted_instance(plain_type(type));
        return is_aggregate_value_kind(type->kind) ? type : promoted.pointer;
    }
    if (PyComplex_Check(value))
        return promoted.complex_double;
    return foreign_type(value);
}

static inline int same_types(const type_info *const *one, const type_info *const *other,
                             Py_ssize_t n)
{
    while (n-- > 0)
        if (one[n] != other[n])
            return 0;
    return 1;
}

/* New; the CIF of a call with these extra types. */
static PyObject *find_variant(cif_state *c, const type_info *const *types, Py_ssize_t n)
{
#ifndef Py_GIL_DISABLED
    unsigned i;
    const type_info **copy;
    PyObject *found;

    for (i = 0; i < VARIANTS && c->variants[i].state != NULL; ++i)
        if (c->variants[i].n == n
            && same_types(c->variants[i].types, types, n))
            return Py_NewRef(c->variants[i].state->object);
    found = core.variadic_cif(c, types, n);
    copy = found ? PyMem_Malloc((size_t)(n + 1) * sizeof *types) : NULL;
    if (copy != NULL) {
        memcpy(copy, types, (size_t)n * sizeof *types);
        i = c->next_variant++ % VARIANTS;
        PyMem_Free(c->variants[i].types);
        c->variants[i].n = n;
        c->variants[i].types = copy;
        c->variants[i].state = ((CIFObject *)found)->state;
    }
    return found;
#else
    return core.variadic_cif(c, types, n);
#endif
}

/* The prototype keeps `variant` no longer. */
static void forget_variant(cif_state *c, const cif_state *variant)
{
    unsigned i, last = VARIANTS;

    while (last > 0 && c->variants[last - 1].state == NULL)
        --last;
    for (i = 0; i < last; ++i) {
        if (c->variants[i].state != variant)
            continue;
        PyMem_Free(c->variants[i].types);
        c->variants[i] = c->variants[last - 1];     /* the look-up ends at the first that is empty */
        memset(&c->variants[last - 1], 0, sizeof c->variants[0]);
        c->next_variant = last - 1;
        return;
    }
}

/* A target with options of its own, for one call.  Under watch it is that of the watch, and of what is called. */
typedef struct {
    call_target plain;
    watched_target watched;
} changed_target;

COLD static call_target *copy_target(changed_target *copy, const call_target *t)
{
    if (!is_watched(t)) {
        copy->plain = *t;
        return &copy->plain;
    }
    copy->watched = *(const watched_target *)t;
    copy->plain = *copy->watched.plain;
    copy->watched.plain = &copy->plain;
    return &copy->watched.target;
}

/* With Python objects among the extra arguments, which C looks at: as if they were not extra. */
COLD static PyObject *call_with_objects(const call_target *t, cif_state *c, PyObject *function, PyObject *const *args,
                                        Py_ssize_t nargs)
{
    changed_target copy;
    call_target *changed = copy_target(&copy, t);
    copy.plain.fence = changed->fence = (t->fence & ~RELEASE_GIL) | USES_PYTHON;
    return call_prepared(changed, c, function, args, nargs);
}

static PyObject *call_variadic(const call_target *t, PyObject *function, PyObject *const *args, Py_ssize_t nargs);

/* The extra argument `index` has no type to go by: the function's converter of extra arguments says another value.
   What looks at the result is told of the values that were given.  New; raises. */
COLD static PyObject *call_variadic_converted(const call_target *t, PyObject *function, PyObject *const *args,
                                              Py_ssize_t nargs, Py_ssize_t index)
{
    PyObject *made = convert_refused(function, t, (unsigned)index, args[index]), *result = NULL, **values;
    changed_target copy;
    call_target *changed = copy_target(&copy, t);

    if (made == NULL)
        return NULL;
    if (extra_type(made) == NULL) {
        name_argument(t, (unsigned)index);
    } else if ((values = PyMem_Malloc((size_t)nargs * sizeof *values)) == NULL) {
        PyErr_NoMemory();
    } else {
        memcpy(values, args, (size_t)nargs * sizeof *values);
        values[index] = made;
        changed->errcheck = Py_None;
        result = call_variadic(changed, function, values, nargs);
        PyMem_Free(values);
        if (result != NULL && t->errcheck != Py_None)
            result = check_result(t, function, result, args, nargs);
    }
    Py_DECREF(made);
    return result;
}

/* Call with the CIF of these extra types.  New; raises.  GIL. */
CALL_PATH static PyObject *call_variadic(const call_target *t, PyObject *function,
                                         PyObject *const *args, Py_ssize_t nargs)
{
    cif_state *c = t->cif;
    PyObject *variant, *result;
    const type_info **types;
    Py_ssize_t i, n = nargs - c->nin;

    if (n < 0)
        return wrong_count(t, c, nargs);
    if (n > MAX_EXTRA) {
        PyErr_Format(PyExc_TypeError, "%U() takes at most %d extra arguments, got %zd", t->name,
                     MAX_EXTRA, n);
        argument_error(NULL, 0);
        return NULL;
    }
    types = alloca((size_t)(n + 1) * sizeof *types);
    for (i = 0; i < n; ++i) {
        types[i] = extra_type(args[c->nin + i]);
        if (types[i] == NULL)
            return call_variadic_converted(t, function, args, nargs, c->nin + i);
    }
    variant = find_variant(c, types, n);
    if (variant == NULL) {
        argument_error(PyUnicode_FromFormat("%U()", t->name), 1);
        return NULL;
    }
    c = ((CIFObject *)variant)->state;
    result = UNLIKELY(c->objects && !(t->fence & USES_PYTHON)) ? call_with_objects(t, c, function, args, nargs)
                                                               : call_prepared(t, c, function, args, nargs);
    Py_DECREF(variant);
    return result;
}

#endif
