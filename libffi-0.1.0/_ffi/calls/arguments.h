/* Arguments, converted into their slots of the frame. */
#ifndef FFIPY_CALLS_ARGUMENTS_H
#define FFIPY_CALLS_ARGUMENTS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/lifetime.h"
#include "base/stack.h"
#include "libffi/results.h"
#include "model/cif.h"
#include "model/errors.h"
#include "model/function.h"
#include "model/keeper.h"
#include "values/address.h"
#include "values/copies.h"
#include "values/integers.h"
#include "values/keeper.h"
#include "values/store.h"
#include "values/text.h"

/* NULL, raises ArgumentError. */
COLD static PyObject *wrong_count(const call_target *t, const cif_state *c, Py_ssize_t nargs)
{
    PyErr_Format(PyExc_TypeError, "%U() takes %s%u argument%s, got %zd", t->name,
                 c->variadic ? "at least " : "", c->nin, c->nin == 1 ? "" : "s", nargs);
    argument_error(NULL, 0);
    return NULL;
}

/* Make what is raised an ArgumentError that says which argument. */
COLD static void name_argument(const call_target *t, unsigned index)
{
    argument_error(PyUnicode_FromFormat("%U() argument %u", t->name, index + 1), 0);
}

/* What the function's own converter of an argument makes of a value that has been refused (new).  NULL raises: what
   the converter does, or the refusal, as an ArgumentError, where there is none. */
COLD static PyObject *convert_refused(PyObject *function, const call_target *t, unsigned index, PyObject *value)
{
    PyObject *converters = ((FunctionObject *)function)->converters, *converter = Py_None;

    if (converters != NULL && is_refused_by_rule())
        converter = PyTuple_GET_ITEM(converters, index < t->cif->nin ? index : t->cif->nin);
    if (converter == Py_None) {
        name_argument(t, index);
        return NULL;
    }
    PyErr_Clear();
    return need_stack(0) < 0 ? NULL : PyObject_CallOneArg(converter, value);
}

/* An argument of what has no call_target.  0; -1 raises. */
static int store_argument(const type_info *type, void *where, PyObject *value, keeper *k,
                          const char *function, Py_ssize_t index)
{
    int status = store_value(type, where, value, k);
    if (UNLIKELY(status < 0))
        argument_error(PyUnicode_FromFormat("%s argument %zd", function, index), 0);
    return status;
}

#if WIDE_SLOTS
typedef int64_t int_slot;           /* what a 32-bit integer is written as */
#else
typedef int32_t int_slot;
#endif

/* A C function is given the address of storage in the frame.  0; -1 raises. */
static int store_referred(const argument *a, char *frame, PyObject *value, keeper *k)
{
    char *storage = frame + a->referred;
    write_address(frame + a->offset, storage);
    return store_value(a->type, storage, value, k);
}

/* 0; -1 raises, and `k` may have kept things then, too. */
static int store_by_rule(const argument *a, char *slot, PyObject *value, keeper *k)
{
    if (UNLIKELY(store_value(a->type, slot, value, k) < 0))
        return -1;
#if WIDE_SLOTS
    widen_result(a->type, slot);
#endif
    return 0;
}

/* 0; -1 raises. */
static int store_one(const argument *a, char *frame, PyObject *value, keeper *k)
{
    return a->how == AS_REFERRED ? store_referred(a, frame, value, k) : store_by_rule(a, frame + a->offset, value, k);
}

/* The rule refuses a value: what the function's converter makes of it is stored instead, and kept.  0; -1 raises. */
COLD static int store_converted(PyObject *function, const call_target *t, const argument *a, char *frame,
                                PyObject *value, unsigned index, keeper *k)
{
    PyObject *made = convert_refused(function, t, index, value);
    int status;

    if (made == NULL)
        return -1;
    status = k == NULL ? 0 : keep_object(k, made);
    if (status == 0)
        status = store_one(a, frame, made, k);
    if (status < 0)
        name_argument(t, index);
    Py_DECREF(made);
    return status;
}

/* The argument `refused`, counted from 1, and those behind it: the slots before have their values.  `k`: NULL where all
   are numbers.  0; -1 raises. */
COLD static int store_rest(PyObject *function, const call_target *t, const cif_state *c, char *frame,
                           PyObject *const *args, unsigned refused, keeper *k)
{
    void **avalue = (void **)(frame + c->avalues);
    const argument *a = c->args, *end = a + c->nargs;
    unsigned given = 0;

    for (; a < end; ++a) {
        char *slot = frame + a->offset;
        *avalue++ = slot;
        if (a->how == AS_OUT) {
            write_address(slot, frame + a->referred);
            memset(frame + a->referred, 0, a->type->size);
            continue;
        }
        if (a->how == AS_MEMORY && a->words == 2)
            *avalue++ = slot + 8;
        if (a->how == AS_NOTHING) {
            write_address(slot, slot);
            avalue += (int)a->words - 1;
        }
        if (++given < refused || (given > refused && store_one(a, frame, args[given - 1], k) == 0))
            continue;
        if (store_converted(function, t, a, frame, args[given - 1], given - 1, k) < 0)
            return -1;
    }
    return 0;
}

/* A number of one of the commonest sorts.  0: store_by_rule() sees to it, also to every error.  The commonest come
   first: a few comparisons are shorter than a jump through a table. */
static ALWAYS_INLINE int store_number(const shortcut how, char *slot, PyObject *value)
{
    if (how == AS_S32) {
        Py_ssize_t number;
        if (UNLIKELY(!PyLong_CheckExact(value) || !is_compact(value)))
            return 0;
        number = compact_value(value);
#if PyLong_SHIFT > 30
        if (UNLIKELY(number < INT32_MIN || number > INT32_MAX))
            return 0;
#endif
        *(int_slot *)slot = (int_slot)number;
        return 1;
    }
    if (how == AS_DOUBLE) {
        if (UNLIKELY(!PyFloat_CheckExact(value)))
            return 0;
        *(double *)slot = PyFloat_AS_DOUBLE(value);
        return 1;
    }
    if (how == AS_S64 || how == AS_U64) {
        if (UNLIKELY(!PyLong_CheckExact(value) || !is_compact(value)
                     || (how == AS_U64 && compact_value(value) < 0)))
            return 0;
        *(int64_t *)slot = compact_value(value);
        return 1;
    }
    return 0;
}

/* Convert arguments that are numbers into their slots, and point `avalue` at each.  0; or which one, counted from 1,
   raises: whoever calls sees to it, and comes back no more, since the loop would keep more than it does now.  GIL. */
static ALWAYS_INLINE unsigned store_numbers(const cif_state *c, char *frame, void **avalue, PyObject *const *args,
                                            const unsigned nargs)
{
    const argument *a, *end;

    for (a = c->args, end = a + nargs; a < end; ++a, ++args) {
        char *slot = frame + a->offset;
        *avalue++ = slot;
        if (LIKELY(store_number(a->how, slot, *args) || store_by_rule(a, slot, *args, NULL) == 0))
            continue;
        return (unsigned)(a - c->args) + 1;
    }
    return 0;
}

/* The same of any arguments, with what `k` keeps for as long as the call runs. */
static ALWAYS_INLINE unsigned store_arguments(const cif_state *c, char *frame, void **avalue, PyObject *const *args,
                                              const unsigned nargs, keeper *k)
{
    PyObject *const *given = args;
    const argument *a, *end;

    for (a = c->args, end = a + nargs; a < end; ++a) {
        char *slot = frame + a->offset;
        const char *text;
        PyObject *value;
        *avalue++ = slot;
        switch (a->how) {
        case AS_S32:
            value = *given++;
            if (LIKELY(store_number(AS_S32, slot, value)))
                continue;
            break;
        case AS_S64:
            value = *given++;
            if (LIKELY(store_number(AS_S64, slot, value)))
                continue;
            break;
        case AS_U64:
            value = *given++;
            if (LIKELY(store_number(AS_U64, slot, value)))
                continue;
            break;
        case AS_DOUBLE:
            value = *given++;
            if (LIKELY(store_number(AS_DOUBLE, slot, value)))
                continue;
            break;
        case AS_TEXT:
            text = plain_text(a->type, *given);
            if (LIKELY(text != NULL)) {
                write_address(slot, text);
                ++given;
                continue;
            }
            /* fall through */
        case AS_POINTER:
            value = *given++;
            if (LIKELY(pointer_from(a->type, slot, value, k) == 0))
                continue;
            if (!Value_Check(value) || !is_refusal())
                goto failed;
            PyErr_Clear();
            break;
        case AS_MEMORY:
            value = *given++;
            if (a->words == 2)
                *avalue++ = slot + 8;
            if (LIKELY((PyObject *)Py_TYPE(value) == a->type->memory_class
                       && ((MemoryObject *)value)->m.type == a->type
                       && lifetime_is_open(((MemoryObject *)value)->m.life)
                       && copies_plainly((MemoryObject *)value))) {
                memcpy(slot, ((MemoryObject *)value)->m.data, a->type->size);
                continue;
            }
            break;
        case AS_NOTHING:
            value = *given++;
            write_address(slot, slot);
            avalue += (int)a->words - 1;
            break;
        case AS_OUT:
            write_address(slot, frame + a->referred);
            memset(frame + a->referred, 0, a->type->size);
            continue;
        case AS_REFERRED:
            if (LIKELY(store_referred(a, frame, *given++, k) == 0))
                continue;
            goto failed;
        default:
            value = *given++;
        }
        if (LIKELY(store_by_rule(a, slot, value, k) == 0))
            continue;
failed:
        return (unsigned)(given - args);
    }
    return 0;
}

#endif
