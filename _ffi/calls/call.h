/* Calls: marshal in, invoke, marshal out. */
#ifndef FFIPY_CALL_H
#define FFIPY_CALL_H

#include <alloca.h>

#define MAX_STACK_FRAME 16384       /* a larger frame comes from the heap */

COLD static PyObject *wrong_count(const call_target *t, const cif_state *c, Py_ssize_t nargs)
{
    PyErr_Format(PyExc_TypeError, "%U() takes %s%u argument%s, got %zd", t->name,
                 c->variadic ? "at least " : "", c->nin, c->nin == 1 ? "" : "s", nargs);
    return NULL;
}

COLD static PyObject *no_keywords(const call_target *t)
{
    PyErr_Format(PyExc_TypeError, "%U() takes no keyword arguments", t->name);
    return NULL;
}

COLD static void name_argument(const call_target *t, unsigned index)
{
    add_place(PyUnicode_FromFormat("%U() argument %u", t->name, index + 1));
}

COLD static void closed_library(const call_target *t)
{
    PyErr_Format(PyExc_ValueError, "%U(): its library is closed", t->name);
}

/* ---- exceptions of closures that ran under a call ---- */

#define NOTED_EXCEPTIONS 8

COLD static void raise_from_closures(call_context *context)
{
    PyObject *exception = context->exception;
    if (PyErr_Occurred()) {         /* ours came later: it becomes the context's note */
        PyErr_Clear();
    }
    if (context->more > NOTED_EXCEPTIONS) {
        PyObject *done = PyObject_CallMethod(exception, "add_note", "N",
            PyUnicode_FromFormat("(and %u more exceptions of closures in the same call)",
                                 context->more - NOTED_EXCEPTIONS));
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
    context->exception = NULL;
    give_exception(exception);
}

/* ---- the call itself ---- */

/* A large call takes room for its frame and for what it passes on the stack. */
static inline int call_fits_stack(const cif_state *c)
{
    return LIKELY(c->small) || need_stack((size_t)c->frame_size + c->cif.bytes) == 0;
}

typedef void (*invoker)(cif_state *, void (*)(void), void *, void **);

/* Invoke with the GIL released or held, errno and closures' exceptions taken care of.
   0, or -1 with an exception a closure raised. */
static ALWAYS_INLINE int invoke_by(const call_target *t, cif_state *c, void *result, void **avalues,
                                   const invoker cif_invoke)
{
    call_context context, *outer = current_call;

    if (UNLIKELY(!lifetime_pin(t->life))) {
        closed_library(t);
        return -1;
    }
    context.saved = NULL;
    context.exception = NULL;
    current_call = &context;
    if (t->plain) {
        cif_invoke(c, t->address, result, avalues);
    } else if (t->release_gil) {
        context.saved = PyEval_SaveThread();
        if (t->save_errno) {
            errno = saved_errno;
            cif_invoke(c, t->address, result, avalues);
            saved_errno = errno;
        } else {
            cif_invoke(c, t->address, result, avalues);
        }
        PyEval_RestoreThread(context.saved);
    } else if (t->save_errno) {
        errno = saved_errno;
        cif_invoke(c, t->address, result, avalues);
        saved_errno = errno;
    } else {
        cif_invoke(c, t->address, result, avalues);
    }
    current_call = outer;
    lifetime_unpin(t->life);
    if (UNLIKELY(context.exception != NULL)) {
        raise_from_closures(&context);
        return -1;
    }
    return 0;
}

/* Invoke with arguments anywhere, each as wide as its type. */
static int invoke(const call_target *t, cif_state *c, void *result, void **avalues)
{
    return call_fits_stack(c) ? invoke_by(t, c, result, avalues, cif_invoke) : -1;
}

#if WIDE_SLOTS
typedef int64_t int_slot;           /* what a 32-bit integer is written as */
#else
typedef int32_t int_slot;
#endif

/* A C function is given the address of storage in the frame. */
static int store_referred(const argument *a, char *frame, PyObject *value, keeper *k)
{
    char *storage = frame + a->referred;
    write_address(frame + a->offset, storage);
    return store_value(a->type, storage, value, k);
}

static int store_by_rule(const argument *a, char *slot, PyObject *value, keeper *k)
{
    if (UNLIKELY(store_value(a->type, slot, value, k) < 0))
        return -1;
#if WIDE_SLOTS
    widen_result(a->type, slot);
#endif
    return 0;
}

/* Convert the arguments into their slots, and point `avalue` at each.  The commonest kinds
   are inlined; everything else, and every error, goes through store_value(). */
static ALWAYS_INLINE int store_arguments(const call_target *t, const cif_state *c, char *frame,
                                         void **avalue, PyObject *const *args, const unsigned nargs,
                                         keeper *k)
{
    PyObject *const *given = args;
    const argument *a, *end;

    for (a = c->args, end = a + nargs; a < end; ++a) {
        char *slot = frame + a->offset;
        PyObject *value;
        *avalue++ = slot;
        switch (a->how) {
        case AS_S32:
            value = *given++;
            if (LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
                Py_ssize_t number = compact_value(value);
#if PyLong_SHIFT > 30
                if (UNLIKELY(number < INT32_MIN || number > INT32_MAX))
                    break;
#endif
                *(int_slot *)slot = (int_slot)number;
                continue;
            }
            break;
        case AS_S64:
            value = *given++;
            if (LIKELY(PyLong_CheckExact(value) && is_compact(value))) {
                *(int64_t *)slot = compact_value(value);
                continue;
            }
            break;
        case AS_U64:
            value = *given++;
            if (LIKELY(PyLong_CheckExact(value) && is_compact(value)
                       && compact_value(value) >= 0)) {
                *(uint64_t *)slot = (uint64_t)compact_value(value);
                continue;
            }
            break;
        case AS_DOUBLE:
            value = *given++;
            if (LIKELY(PyFloat_CheckExact(value))) {
                *(double *)slot = PyFloat_AS_DOUBLE(value);
                continue;
            }
            break;
        case AS_TEXT:
            value = *given;
            if (LIKELY(PyBytes_CheckExact(value)
                       && !has_nul(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value)))) {
                write_address(slot, PyBytes_AS_STRING(value));
                ++given;
                continue;
            }
            /* fall through */
        case AS_POINTER:
            value = *given++;
            if (LIKELY(pointer_from(a->type, slot, value, k) == 0))
                continue;
            if (!Value_Check(value))
                goto failed;
            PyErr_Clear();
            break;
        case AS_MEMORY:
            value = *given++;
            if (a->words == 2)
                *avalue++ = slot + 8;
            if (LIKELY((PyObject *)Py_TYPE(value) == a->type->memory_class
                       && lifetime_is_open(((MemoryObject *)value)->m.life)
                       && copies_plainly((MemoryObject *)value))) {
                memcpy(slot, ((MemoryObject *)value)->m.data, a->type->size);
                continue;
            }
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
        name_argument(t, (unsigned)(given - args) - 1);
        return -1;
    }
    return 0;
}

static inline PyObject *load_result(const cif_state *c, void *where)
{
    switch (c->result_kind) {
    case K_VOID:
        Py_RETURN_NONE;
    case K_S32:
        return PyLong_FromLong((int32_t)*(ffi_sarg *)where);
    case K_S64:
        return PyLong_FromLongLong(*(int64_t *)where);
    case K_U64:
        return PyLong_FromUnsignedLongLong(*(uint64_t *)where);
    case K_DOUBLE:
        return PyFloat_FromDouble(*(double *)where);
    case K_STRUCT: case K_UNION:
        return load_aggregate(c->result, where, NULL);
    default:
        narrow_result(c->result, where);
        return load_value(c->result, where, NULL);
    }
}

/* (result, out1, ...); just the out where there is one and no result. */
static PyObject *with_outs(const cif_state *c, char *frame, PyObject *result)
{
    PyObject **values = (PyObject **)(frame + c->avalues);      /* the call needs them no more */
    const argument *a = c->args, *end = a + c->nargs;
    PyObject *outs;
    Py_ssize_t n = 0;

    if (c->result_kind != K_VOID)
        values[n++] = result;
    else
        Py_DECREF(result);
    for (; a < end; ++a) {
        if (a->passing != K_OUT && a->passing != K_INOUT)
            continue;
        values[n] = load_value(a->type, frame + a->referred, NULL);     /* enums run Python code, */
        if (values[n] == NULL)
            goto failed;
        ++n;
    }
    if (n == 1)
        return values[0];
    outs = PyTuple_New(n);                      /* which must not find this with holes */
    if (outs == NULL)
        goto failed;
    memcpy(&PyTuple_GET_ITEM(outs, 0), values, (size_t)n * sizeof *values);
    return outs;
failed:
    while (n > 0)
        Py_DECREF(values[--n]);
    return NULL;
}

COLD static PyObject *check_result(const call_target *t, PyObject *function, PyObject *result,
                                   PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *tuple = PyTuple_New(nargs), *checked;
    Py_ssize_t i;
    if (tuple == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    for (i = 0; i < nargs; ++i)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    checked = need_stack(0) < 0 ? NULL
        : PyObject_CallFunctionObjArgs(t->errcheck, result, function, tuple, NULL);
    Py_DECREF(tuple);
    Py_DECREF(result);
    return checked;
}

COLD static char *heap_frame(const cif_state *c, char **block)
{
    *block = PyMem_Malloc((size_t)c->frame_size + c->frame_alignment);
    if (*block == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return (char *)(((uintptr_t)*block + c->frame_alignment - 1)
                    & ~(uintptr_t)(c->frame_alignment - 1));
}

static PyObject *call_variadic(const call_target *t, PyObject *function, PyObject *const *args,
                               Py_ssize_t nargs);

/* Call `t` through the prepared `c` with exactly its arguments, laid out in `frame`.
   `keeps` and `nargs` are those of `c`: where they are known, much of this is not there. */
static ALWAYS_INLINE PyObject *call_in_frame(const call_target *t, cif_state *c, char *frame,
                                             PyObject *function, PyObject *const *args,
                                             const int keeps, const unsigned nargs)
{
    void **avalues = (void **)(frame + c->avalues);
    PyObject *result = NULL;
    keeper k;

    if (keeps) {
        k.slots = (kept_slot *)(frame + c->slots);
        k.used = 0;
        k.room = c->nslots;
        k.borrowed = 1;
        k.memory = NULL;
        k.objects = NULL;
    }
    if (LIKELY(store_arguments(t, c, frame, avalues, args, nargs, &k) == 0
               && invoke_by(t, c, frame, avalues, cif_invoke_slots) == 0)) {
        result = load_result(c, frame);
        if (UNLIKELY(result == NULL))
            add_place(PyUnicode_FromFormat("%U() result", t->name));
        else if (keeps && UNLIKELY(c->nout))
            result = with_outs(c, frame, result);
    }
    if (keeps && (k.used || k.objects))
        let_go(&k);
    if (UNLIKELY(!t->plain && t->errcheck != Py_None && result != NULL))
        result = check_result(t, function, result, args, c->nin);
    return result;
}

/* The same with a frame that is large or needs more than the usual alignment. */
COLD static PyObject *call_in_large_frame(const call_target *t, cif_state *c, PyObject *function,
                                          PyObject *const *args)
{
    char *block = NULL, *frame;
    PyObject *result;

    if (!call_fits_stack(c))
        return NULL;
    if (c->frame_size <= MAX_STACK_FRAME) {
        frame = alloca(c->frame_size + c->frame_alignment - 16);
        frame = (char *)(((uintptr_t)frame + c->frame_alignment - 1)
                         & ~(uintptr_t)(c->frame_alignment - 1));
    } else if ((frame = heap_frame(c, &block)) == NULL) {
        return NULL;
    }
    result = call_in_frame(t, c, frame, function, args, c->keeps, c->nargs);
    PyMem_Free(block);
    return result;
}

/* Call `t` through the prepared `c`, which may be that of a variadic call's types. */
static PyObject *call_prepared(const call_target *t, cif_state *c, PyObject *function,
                               PyObject *const *args, Py_ssize_t nargs)
{
    _Alignas(16) char frame[SMALL_FRAME];
    if (UNLIKELY(nargs != (Py_ssize_t)c->nin))
        return wrong_count(t, c, nargs);
    return LIKELY(c->small) ? call_in_frame(t, c, frame, function, args, c->keeps, c->nargs)
                            : call_in_large_frame(t, c, function, args);
}

static PyObject *call_function(const call_target *t, PyObject *function, PyObject *const *args,
                               Py_ssize_t nargs)
{
    cif_state *c = t->cif;
    return c->variadic ? call_variadic(t, function, args, nargs)
                       : call_prepared(t, c, function, args, nargs);
}

/* ---- the doors: vectorcall, exact built-ins ---- */

/* A shape of signature has its own, compiled with what is known of it. */
#define DOORS(shape, keeps, nargs)                                                               \
    static ALWAYS_INLINE PyObject *call_##shape(PyObject *self, PyObject *const *args,           \
                                                Py_ssize_t given)                                \
    {                                                                                            \
        const call_target *t = &((FunctionObject *)self)->target;                                \
        cif_state *c = t->cif;                                                                   \
        _Alignas(16) char frame[SMALL_FRAME];                                                    \
        if (UNLIKELY(given != c->plain_nin))                                                     \
            return call_function(t, self, args, given);                                          \
        return call_in_frame(t, c, frame, self, args, keeps, nargs);                             \
    }                                                                                            \
    static PyObject *shape##_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,    \
                                        PyObject *kwnames)                                       \
    {                                                                                            \
        if (UNLIKELY(kwnames != NULL && PyTuple_GET_SIZE(kwnames) != 0))                         \
            return no_keywords(&((FunctionObject *)self)->target);                               \
        return call_##shape(self, args, PyVectorcall_NARGS(nargsf));                             \
    }                                                                                            \
    static PyObject *shape##_fast(PyObject *self, PyObject *const *args, Py_ssize_t given)       \
    {                                                                                            \
        return call_##shape(self, args, given);                                                  \
    }                                                                                            \
    static PyObject *shape##_one(PyObject *self, PyObject *arg)                                  \
    {                                                                                            \
        return call_##shape(self, &arg, 1);                                                      \
    }

DOORS(nullary, 0, 0)
DOORS(numeric, 0, c->nargs)
DOORS(keeping, 1, c->nargs)
#undef DOORS

typedef struct {
    vectorcallfunc vectorcall;
    PyObject *(*fast)(PyObject *, PyObject *const *, Py_ssize_t);
    PyCFunction one;
} doors;

static const doors *doors_of(const cif_state *c)
{
    static const doors
        nullary = {nullary_vectorcall, nullary_fast, nullary_one},
        numeric = {numeric_vectorcall, numeric_fast, numeric_one},
        keeping = {keeping_vectorcall, keeping_fast, keeping_one};
    return c->keeps ? &keeping : c->nargs ? &numeric : &nullary;
}

/* The same call as an exact built-in, which the interpreter specialises for. */
static PyObject *new_exact_call(PyObject *self)
{
    FunctionObject *function = (FunctionObject *)self;
    const cif_state *c = function->target.cif;
    PyMethodDef *method = &function->method;

    method->ml_name = PyUnicode_AsUTF8(function->target.name);
    if (method->ml_name == NULL)
        return NULL;
    if (c->nin == 1 && !c->variadic) {
        method->ml_meth = doors_of(c)->one;
        method->ml_flags = METH_O;
    } else {
        method->ml_meth = (PyCFunction)(void (*)(void))doors_of(c)->fast;
        method->ml_flags = METH_FASTCALL;
    }
    return PyCFunction_New(method, self);
}

#endif
