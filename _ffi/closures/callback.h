/* Closures: C calls, Python answers. */
#ifndef FFIPY_CALLBACK_H
#define FFIPY_CALLBACK_H

/* ---- results ---- */

static void zero_result(const closure_block *block, void *where)
{
    memset(where, 0, block->state->result_bytes);
}

/* The callable raised. */
static void error_result(const closure_block *block, void *where)
{
    if (block->on_error != NULL)
        memcpy(where, block->on_error->bytes, block->state->result_bytes);
    else
        zero_result(block, where);
}

/* Each thread's until its next one: another thread's C may still look at the last.  Takes `objects`. */
COLD static int keep_result(closure_block *block, PyObject *objects)
{
    PyObject *thread = PyLong_FromUnsignedLong(PyThread_get_thread_ident());
    PyObject *made = block->kept == NULL ? PyDict_New() : NULL;
    int status = -1;

    LOCK(&block->lock);
    if (block->kept == NULL) {
        block->kept = made;
        made = NULL;
    }
    UNLOCK(&block->lock);
    if (thread != NULL && block->kept != NULL)      /* which stays while the block is busy */
        status = PyDict_SetItem(block->kept, thread, objects);
    Py_XDECREF(made);
    Py_XDECREF(thread);
    Py_DECREF(objects);
    return status;
}

static inline int store_result(closure_block *block, void *where, PyObject *value)
{
    const type_info *type = block->state->result;
    keeper k = {NULL, 0, 0, 0, NULL, NULL};

    if (type->kind == K_VOID)
        return 0;
    if (LIKELY(type->kind == K_S32 && PyLong_CheckExact(value) && is_compact(value)
               && compact_value(value) >= INT32_MIN && compact_value(value) <= INT32_MAX)) {
        *(ffi_sarg *)where = (ffi_sarg)compact_value(value);
        return 0;
    }
    if (UNLIKELY(store_value(type, where, value, &k) < 0)) {
        let_go(&k);
        add_place(PyUnicode_FromFormat("closure %U result", block->name));
        return -1;
    }
    widen_result(type, where);
    return LIKELY(k.objects == NULL) ? 0 : keep_result(block, k.objects);
}

/* ---- exceptions ---- */

COLD static void note_exception(call_context *context, PyObject *name, PyObject *exception)
{
    if (context->more++ < NOTED_EXCEPTIONS) {
        PyObject *text = PyUnicode_FromFormat("closure %U then raised %s: %S", name,
                                              Py_TYPE(exception)->tp_name, exception);
        PyObject *done = text == NULL ? NULL
            : PyObject_CallMethod(context->exception, "add_note", "O", text);
        if (done == NULL) {             /* an odd exception, which must not be lost for that */
            PyErr_WriteUnraisable(name);
            give_exception(Py_NewRef(exception));
            PyErr_WriteUnraisable(name);
        }
        Py_XDECREF(text);
        Py_XDECREF(done);
    }
    Py_DECREF(exception);
}

/* Hand the pending exception of the closure of that name to the call into C that runs on
   this thread. */
COLD static void report_exception(call_context *context, PyObject *name)
{
    PyObject *exception;
    if (context == NULL) {
        PyErr_WriteUnraisable(name);
        return;
    }
    exception = take_exception();
    if (context->exception != NULL) {
        note_exception(context, name, exception);
    } else {
        context->exception = exception;
        context->more = 0;
    }
}

COLD static void report_expired(call_context *context, closure_block *block)
{
    PyCodeObject *code;
    PyObject *where, *name, *cif, *signature;
    int was_closed;

    LOCK(&block->lock);
    code = (PyCodeObject *)Py_XNewRef(block->origin);
    name = Py_NewRef(block->name);
    cif = block->is_spare ? NULL : Py_NewRef(block_cif(block));
    was_closed = block->was_closed;
    UNLOCK(&block->lock);
    signature = cif == NULL ? PyUnicode_FromString("") : PyUnicode_FromFormat(", %S", cif);
    where = code == NULL ? PyUnicode_FromString("")
        : PyUnicode_FromFormat(" (made in %U, line %d)", code->co_filename, code->co_firstlineno);
    if (where != NULL && signature != NULL)
        PyErr_Format(core.closure_expired, "C called closure %U%U%U, after it was %s",
                     name, signature, where, was_closed ? "closed"
                     : "collected: keep it for as long as C may call it");
    Py_XDECREF(where);
    Py_XDECREF(signature);
    Py_XDECREF(code);
    Py_XDECREF(cif);
    report_exception(context, name);
    Py_DECREF(name);
}

/* ---- the handler ---- */

static inline PyObject *load_argument(const argument *a, void *where)
{
    if (UNLIKELY(a->passing)) {         /* c.ref(T): the value, not the pointer */
        void *address = read_address(where);
        if (address == NULL)
            Py_RETURN_NONE;
        return load_value(a->type, address, NULL);
    }
    switch (a->kind) {
    case K_S32:
        return PyLong_FromLong(*(int32_t *)where);
    case K_S64:
        return PyLong_FromLongLong(*(int64_t *)where);
    case K_DOUBLE:
        return PyFloat_FromDouble(*(double *)where);
    default:
        return load_value(a->type, where, NULL);
    }
}

/* What to call, as a reference of our own; NULL: the closure is expired. */
static inline PyObject *block_callable(closure_block *block)
{
    PyObject *callable = NULL;
    LOCK(&block->lock);
    if (LIKELY(block->closure != NULL))
        callable = Py_NewRef(block->closure->callable);
    UNLOCK(&block->lock);
    return callable;
}

/* Takes the reference to the callable. */
static int call_python(closure_block *block, PyObject *callable, void *result, void **args)
{
    cif_state *c = block->state;
    PyObject **stack = alloca((c->nargs + 1) * sizeof *stack);
    PyObject *value = NULL;
    int status = -1;
    unsigned i, loaded;

    for (loaded = 0; loaded < c->nargs; ++loaded) {
        stack[loaded + 1] = load_argument(&c->args[loaded], args[loaded]);
        if (UNLIKELY(stack[loaded + 1] == NULL)) {
            add_place(PyUnicode_FromFormat("closure %U argument %u", block->name, loaded + 1));
            goto done;
        }
    }
    value = PyObject_Vectorcall(callable, stack + 1, c->nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (LIKELY(value != NULL))
        status = store_result(block, result, value);
done:
    for (i = 0; i < loaded; ++i)
        Py_DECREF(stack[i + 1]);
    Py_XDECREF(value);
    Py_DECREF(callable);
    return status;
}

static void run_closure(closure_block *block, void *result, void **args)
{
    call_context *context = current_call;
    PyObject *pending, *callable;

    current_call = NULL;            /* calls made by the callable are its own */
    pending = UNLIKELY(PyErr_Occurred() != NULL) ? take_exception() : NULL;
    callable = block_callable(block);
    if (UNLIKELY(callable == NULL)) {
        zero_result(block, result);
        report_expired(context, block);
    } else if (UNLIKELY(stack_is_short())) {
        PyErr_Format(PyExc_RecursionError, "closure %U: the C stack is used up", block->name);
        Py_DECREF(callable);
        error_result(block, result);
        report_exception(context, block->name);
    } else if (UNLIKELY(call_python(block, callable, result, args) < 0)) {
        error_result(block, result);
        report_exception(context, block->name);
    }
    if (UNLIKELY(pending != NULL))
        give_exception(pending);
    current_call = context;
}

static void closure_handler(ffi_cif *cif, void *result, void **args, void *user)
{
    closure_block *block = user;
    PyThreadState *left;
    attachment how;

    (void)cif;
#ifndef Py_GIL_DISABLED
    left = attached_state();
    if (left != NULL && LIKELY(left->interp == home)) {     /* the GIL guards the count */
        ++block->inside;
        run_closure(block, result, args);
        --block->inside;
        return;
    }
#endif
    __atomic_add_fetch(&block->arriving, 1, __ATOMIC_ACQ_REL);
    how = attach_thread(&left);
    if (LIKELY(how != NOT_ATTACHED)) {
        run_closure(block, result, args);
        detach_thread(how, left);
    } else {
        zero_result(block, result);         /* Python is gone: nothing else is touched */
    }
    __atomic_sub_fetch(&block->arriving, 1, __ATOMIC_ACQ_REL);
}

#if RAW_CLOSURES
static void raw_closure_handler(ffi_cif *cif, void *result, ffi_raw *raw, void *user)
{
    closure_block *block = user;
    void **args = alloca((block->state->nargs + 1) * sizeof *args);
    ffi_raw_to_ptrarray(cif, raw, args);
    for (unsigned i = 0; i < cif->nargs; i++) {     /* a raw block is aligned for words only */
        const ffi_type *type = cif->arg_types[i];
        uintptr_t last = type->alignment - 1;
        if (UNLIKELY((uintptr_t)args[i] & last)) {
            char *aligned = (char *)(((uintptr_t)alloca(type->size + last) + last) & ~last);
            args[i] = memcpy(aligned, args[i], type->size);
        }
    }
    closure_handler(cif, result, args, user);
}
#endif

#endif
