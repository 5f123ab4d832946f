/* Closures: C calls, Python answers. */
#ifndef FFIPY_CALLBACK_H
#define FFIPY_CALLBACK_H

/* A native raw API (i386 only) takes no structs and crashes with static trampolines; there a
   raw closure is a plain one. */
#define RAW_CLOSURES (FFIPY_HAVE_RAW && !FFI_NATIVE_RAW_API)

typedef enum { PLAIN_CLOSURE, GO_CLOSURE, RAW_CLOSURE } closure_form;

/* What C gets when the callable raises. */
typedef struct {
    PyObject *keeps;                /* owned: what the bytes point to, or NULL */
    _Alignas(ffi_arg) char bytes[];
} error_default;

/* What C holds the address of.  It outlives its Python object by the quarantine, so that a
   late call finds out instead of crashing. */
struct closure_block {
    union {
        ffi_closure plain;
#if FFIPY_HAVE_GO
        ffi_go_closure go;
#endif
#if RAW_CLOSURES
        ffi_raw_closure *raw;       /* larger than the others, and rare */
#endif
    } as;
    void *code;                     /* what C calls; a Go closure: the block itself */
    cif_state *state;
    ClosureObject *closure;         /* NULL: expired */
    PyObject *name;                 /* owned */
    PyObject *origin;               /* owned: code object of an expired closure, or NULL */
    PyObject *kept;                 /* owned: what the last result points to */
    error_default *on_error;        /* owned; NULL: zeros */
    closure_block *next;            /* in the quarantine, or among the spare ones */
    double made;                    /* seconds of the monotonic clock */
    int inside;                     /* calls that hold the GIL; changes under the GIL */
    int arriving;                   /* calls that came without it, until they have left */
    short_lock lock;                /* for the closure, its callable, kept and what a report says */
    char form;                      /* a closure_form */
    char is_spare;                  /* does not own its CIF, which may be about to go */
    unsigned char was_closed : 1;
    unsigned char collected : 1;    /* the garbage collector is about to take the Closure apart */
};

static inline int block_is_busy(closure_block *block)
{
    return block->inside != 0 || __atomic_load_n(&block->arriving, __ATOMIC_ACQUIRE) != 0;
}

static PyObject *block_cif(const closure_block *block)
{
    return block->state->object;
}

/* libffi looks up a closure's segment, when it is made and when it is prepared, without its own lock. */
static short_lock allocating;

static void *closure_alloc(size_t size, void **code)
{
    void *closure;
    LOCK(&allocating);
    closure = ffi_closure_alloc(size, code);
    UNLOCK(&allocating);
    return closure;
}

static void closure_free(void *closure)
{
    LOCK(&allocating);
    ffi_closure_free(closure);
    UNLOCK(&allocating);
}

static double seconds_since(double then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - then;
}

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
    if (UNLIKELY(k.objects != NULL)) {
        PyObject *previous;
        LOCK(&block->lock);
        previous = block->kept;
        block->kept = k.objects;
        UNLOCK(&block->lock);
        Py_XDECREF(previous);
    }
    return 0;
}

/* ---- exceptions ---- */

COLD static void note_exception(call_context *context, closure_block *block, PyObject *exception)
{
    if (context->more++ < NOTED_EXCEPTIONS) {
        PyObject *done = PyObject_CallMethod(context->exception, "add_note", "N",
            PyUnicode_FromFormat("closure %U then raised %s: %S", block->name,
                                 Py_TYPE(exception)->tp_name, exception));
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
    Py_DECREF(exception);
}

/* Hand the pending exception to the call into C that runs on this thread. */
COLD static void report_exception(call_context *context, closure_block *block)
{
    PyObject *exception;
    if (context == NULL) {
        PyErr_WriteUnraisable(block->name);
        return;
    }
    exception = take_exception();
    if (context->exception != NULL) {
        note_exception(context, block, exception);
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
    report_exception(context, block);
    Py_DECREF(name);
}

/* ---- closures in garbage ---- */

/* A Closure in a cycle dies with its callable, and the garbage collector takes those apart in
   any order: whoever calls meanwhile would run a function without its globals.  First, though,
   it runs the finalizers of all of them, and Python code that they run may call as ever.  So:
   from its own finalizer on, a closure is for the collector's thread only, until the collection
   ends, and there for Python frames above the one that the collector was called from.  That one
   must still run: who calls at this moment may save the closure from this collection, and then
   it is up for the next, without a finalizer. */
THREAD_LOCAL struct {
    const PyFrameObject *frame;     /* that the collector was called from; may be NULL */
    int runs;                       /* and has met a closure */
} collection;

static int collection_runs(void)
{
    return collection.runs;
}

static void collection_ended(void)
{
    collection.runs = 0;
}

COLD static int called_by_finalizer(void)
{
    PyFrameObject *frame = PyEval_GetFrame(), *back;
    int above = 0;

    if (!collection.runs || frame == NULL || frame == collection.frame)
        return 0;
    for (Py_INCREF(frame); frame != NULL && !above; frame = back) {
        back = PyFrame_GetBack(frame);
        above = back == collection.frame;
        Py_DECREF(frame);
    }
    Py_XDECREF(frame);
    return above;
}

/* The finalizer of a Closure. */
static void block_finalize(closure_block *block)
{
    collection.frame = PyEval_GetFrame();
    collection.runs = 1;
    LOCK(&block->lock);
    block->collected = 1;
    UNLOCK(&block->lock);
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
    if (LIKELY((!block->collected || called_by_finalizer()) && block->closure != NULL))
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
        report_exception(context, block);
    } else if (UNLIKELY(call_python(block, callable, result, args) < 0)) {
        error_result(block, result);
        report_exception(context, block);
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

/* ---- allocation and the quarantine ---- */

static struct {
    closure_block *oldest, *newest;
    Py_ssize_t used, limit;
    short_lock lock;
} quarantine = {.limit = 4096};

static void drop_on_error(closure_block *block)
{
    error_default *on_error = block->on_error;
    block->on_error = NULL;
    if (on_error != NULL)
        Py_XDECREF(on_error->keeps);
    PyMem_RawFree(on_error);
}

static void block_free(closure_block *block)
{
    PyObject *cif = block->is_spare ? NULL : block_cif(block);

    Py_XDECREF(block->name);
    Py_XDECREF(block->origin);
    Py_XDECREF(block->kept);
    drop_on_error(block);
    switch ((closure_form)block->form) {
    case PLAIN_CLOSURE:
        closure_free(block);
        break;
    case RAW_CLOSURE:
#if RAW_CLOSURES
        closure_free(block->as.raw);
#endif
        /* fall through */
    case GO_CLOSURE:
        PyMem_RawFree(block);
    }
    Py_XDECREF(cif);
}

/* A thread may be on its way into a block that nothing runs in, and libffi would give its
   address to a closure of any signature.  So a block stays with its CIF, and only the next
   closures of that signature use it again. */
static void block_spare(closure_block *block)
{
    PyObject *cif = block_cif(block);

    Py_CLEAR(block->kept);
    drop_on_error(block);
    LOCK(&block->lock);
    block->is_spare = 1;
    UNLOCK(&block->lock);
    LOCK(&quarantine.lock);
    block->next = block->state->spare;
    block->state->spare = block;
    ++block->state->nspare;
    UNLOCK(&quarantine.lock);
    Py_DECREF(cif);                 /* which may be its end: see reserve_cif() */
}

static closure_block *take_spare(cif_state *state, PyObject *cif, PyObject *name)
{
    closure_block *block;
    PyObject *previous, *origin;

    LOCK(&quarantine.lock);
    block = state->spare;
    if (block != NULL) {
        state->spare = block->next;
        --state->nspare;
    }
    UNLOCK(&quarantine.lock);
    if (block == NULL)
        return NULL;
    LOCK(&block->lock);
    previous = block->name;
    origin = block->origin;
    block->name = Py_NewRef(name);
    block->origin = NULL;
    Py_INCREF(cif);
    block->is_spare = 0;
    block->was_closed = 0;
    block->collected = 0;           /* it may have been closed before it was garbage */
    UNLOCK(&block->lock);
    Py_DECREF(previous);
    Py_XDECREF(origin);
    return block;
}

/* Queues of expired blocks and of the CIFs of such: linked by `next`, from `oldest` to `newest`. */
#define queue_append(queue, item)               \
    do {                                        \
        (item)->next = NULL;                    \
        if ((queue).newest != NULL)             \
            (queue).newest->next = (item);      \
        else                                    \
            (queue).oldest = (item);            \
        (queue).newest = (item);                \
    } while (0)

/* CIFs that nobody has any more, kept for their spare blocks: there are closures of other
   signatures in plenty, so a second queue decides when the blocks go.  Under quarantine.lock. */
static struct {
    cif_state *oldest, *newest;
    Py_ssize_t blocks;              /* when each joined; not more than quarantine.limit */
} reserve;

/* The oldest CIF, while the blocks are too many; its reference is the caller's.  One that
   somebody asked for again goes round: a finalizer runs once only. */
static PyObject *reserve_excess(void)
{
    PyObject *excess = NULL;
    cif_state *last, *c = NULL;

    LOCK(&quarantine.lock);
    last = reserve.newest;
    while (excess == NULL && reserve.blocks > quarantine.limit && c != last) {
        c = reserve.oldest;
        reserve.oldest = c->next;
        if (reserve.oldest == NULL)
            reserve.newest = NULL;
        if (Py_REFCNT(c->object) > 1) {
            queue_append(reserve, c);
        } else {
            reserve.blocks -= c->nreserved;
            excess = c->object;
        }
    }
    UNLOCK(&quarantine.lock);
    return excess;
}

static void trim_reserve(void)
{
    PyObject *cif;
    while ((cif = reserve_excess()) != NULL)
        Py_DECREF(cif);
}

/* The finalizer of a CIF: one with spare blocks lives on. */
static void reserve_cif(cif_state *c)
{
    if (c == NULL || c->nspare == 0 || c->nspare > quarantine.limit)
        return;
    Py_INCREF(c->object);
    LOCK(&quarantine.lock);
    c->nreserved = c->nspare;
    reserve.blocks += c->nreserved;
    queue_append(reserve, c);
    UNLOCK(&quarantine.lock);
    trim_reserve();
}

/* The CIF is gone, nobody makes closures of it any more.  False: a thread is in one of them
   at this moment, and the memory is better lost. */
static int spares_free(cif_state *c)
{
    closure_block *block;

    for (block = c->spare; block != NULL; block = block->next)
        if (block_is_busy(block))
            return 0;
    while ((block = c->spare) != NULL) {
        c->spare = block->next;
        block_free(block);
    }
    return 1;
}

static void quarantine_append(closure_block *block)
{
    queue_append(quarantine, block);
    ++quarantine.used;
}

/* Take the oldest expired closure that nothing runs in, while there are too many. */
static closure_block *quarantine_excess(void)
{
    Py_ssize_t looked = 0, n;
    closure_block *excess = NULL;

    LOCK(&quarantine.lock);
    n = quarantine.used;
    while (excess == NULL && quarantine.used > quarantine.limit && looked++ < n) {
        closure_block *block = quarantine.oldest;
        quarantine.oldest = block->next;
        if (quarantine.oldest == NULL)
            quarantine.newest = NULL;
        --quarantine.used;
        if (block_is_busy(block))
            quarantine_append(block);
        else
            excess = block;
    }
    UNLOCK(&quarantine.lock);
    return excess;
}

/* Freeing may run Python code, which may come back here: one by one, without the lock. */
static void trim_quarantine(void)
{
    closure_block *block;
    while ((block = quarantine_excess()) != NULL) {
        if (block->form == PLAIN_CLOSURE)
            block_spare(block);
        else
            block_free(block);
    }
    trim_reserve();
}

/* From here on C's calls are answered. */
static void block_open(closure_block *block, ClosureObject *closure)
{
    LOCK(&block->lock);
    block->closure = closure;
    UNLOCK(&block->lock);
}

/* The address stays safe to call; what the callable was is remembered for the report. */
static void block_expire(closure_block *block, PyObject *origin, int closed)
{
    LOCK(&block->lock);
    if (block->closure != NULL) {
        block->closure = NULL;
        block->origin = Py_XNewRef(origin);
        block->was_closed = (char)closed;
        block->collected = 0;
    }
    UNLOCK(&block->lock);
}

/* Its Closure is gone, so nobody looks at the expired block but C. */
static void block_retire(closure_block *block)
{
    LOCK(&quarantine.lock);
    quarantine_append(block);
    UNLOCK(&quarantine.lock);
    trim_quarantine();
}

/* The callable of a Closure (new reference), and another one in its place. */
static PyObject *get_callable(ClosureObject *closure)
{
    PyObject *callable;
    if (closure->block == NULL)
        return Py_NewRef(closure->callable);
    LOCK(&closure->block->lock);
    callable = Py_NewRef(closure->callable);
    UNLOCK(&closure->block->lock);
    return callable;
}

static void set_callable(ClosureObject *closure, PyObject *callable)
{
    PyObject *previous = callable;      /* an expired closure keeps its None */
    Py_INCREF(callable);
    LOCK(&closure->block->lock);
    if (closure->block->closure != NULL || callable == Py_None) {
        previous = closure->callable;
        __atomic_store_n(&closure->callable, callable, __ATOMIC_RELAXED);
    }
    UNLOCK(&closure->block->lock);
    Py_DECREF(previous);
}

/* A closure of `form` over `state`, not yet bound to a Closure.  NULL with an exception,
   or with *status. */
static closure_block *block_new(cif_state *state, PyObject *cif, PyObject *name, closure_form form,
                                ffi_status *status)
{
    closure_block *block = NULL;
    void *code = NULL;

    *status = FFI_OK;
    if (!RAW_CLOSURES && form == RAW_CLOSURE)
        form = PLAIN_CLOSURE;
    if (form == PLAIN_CLOSURE && (block = take_spare(state, cif, name)) != NULL) {
        block->made = seconds_since(0);
        return block;
    }
    if (form == PLAIN_CLOSURE) {
        block = closure_alloc(sizeof *block, &code);
        if (block != NULL)
            memset((char *)block + sizeof block->as, 0, sizeof *block - sizeof block->as);
    } else {
        block = PyMem_RawCalloc(1, sizeof *block);
    }
    if (block == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    block->state = state;
    block->form = (char)form;
    block->is_spare = 1;
    switch (form) {
#if FFIPY_HAVE_GO
    case GO_CLOSURE:
        *status = ffi_prep_go_closure(&block->as.go, &state->cif, closure_handler);
        code = block;
        break;
#endif
#if RAW_CLOSURES
    case RAW_CLOSURE:
        block->as.raw = closure_alloc(sizeof *block->as.raw, &code);
        if (block->as.raw == NULL) {
            PyMem_RawFree(block);
            PyErr_NoMemory();
            return NULL;
        }
        LOCK(&allocating);
        *status = ffi_prep_raw_closure_loc(block->as.raw, &state->cif, raw_closure_handler, block,
                                           code);
        UNLOCK(&allocating);
        /* libffi puts the code address here, which is not the closure's where trampolines
           live in pages of their own. */
        block->as.raw->this_closure = block->as.raw;
        break;
#endif
    default:
        LOCK(&allocating);
        *status = ffi_prep_closure_loc(&block->as.plain, &state->cif, closure_handler, block, code);
        UNLOCK(&allocating);
    }
    block->code = code;
    if (*status != FFI_OK) {
        block_free(block);
        return NULL;
    }
    Py_INCREF(cif);
    block->is_spare = 0;
    block->name = Py_NewRef(name);
    block->made = seconds_since(0);
    return block;
}

/* What C gets when the callable raises. */
static int block_set_default(closure_block *block, PyObject *value)
{
    const type_info *type = block->state->result;
    keeper k = {NULL, 0, 0, 0, NULL, NULL};
    size_t size = block->state->result_bytes;
    error_default *on_error = PyMem_RawCalloc(1, sizeof *on_error
                                              + (size > sizeof(ffi_arg) ? size : sizeof(ffi_arg)));

    if (on_error == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (store_placed(type, on_error->bytes, value, &k, "closure %U on_error", block->name, 0) < 0) {
        let_go(&k);
        PyMem_RawFree(on_error);
        return -1;
    }
    widen_result(type, on_error->bytes);
    on_error->keeps = k.objects;
    block->on_error = on_error;
    return 0;
}

#endif
