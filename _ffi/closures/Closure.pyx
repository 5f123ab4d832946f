"""Closure: a C function pointer made from a CIF and a Python callable."""


@cython.no_gc_clear             # what expires says where its callable was made
@cython.trashcan(True)          # its callable may be a closure, whose callable is one, and so on
cdef class Closure:
    """Point C to a Python callable; pass it wherever a function pointer goes.

    Made by `closure(...)` and `CIF.closure`. C may call it until it is closed or
    collected; later calls raise ClosureExpired and return zero bytes to C, they
    never crash. Calling it from Python calls `callable` directly.
    C: ffi_closure_alloc, ffi_prep_closure_loc, ffi_closure_free.
    """
    cdef closure_block *block
    cdef readonly CIF cif
    cdef object callable_
    cdef object on_exception_
    cdef object __weakref__

    _made_by = "closure(...) or CIF.closure(...)"

    def __del__(self):
        if PyObject_GC_IsFinalized(self) and is_live(self):     # not its last reference has gone: it is garbage
            save_from_collection(self)

    def __dealloc__(self):
        expire(self, False)
        if self.block != NULL:
            block_retire(self.block)

    @property
    def address(self):
        """Return the address that C calls; it stays safe to call after close()."""
        return <uintptr_t>need_block(self).code

    @property
    def name(self):
        """Return the name in messages."""
        return <str>need_block(self).name

    @property
    def callable(self):
        """Return the Python callable, or None once closed."""
        return plain_callable(callable_of(self))

    @property
    def closed(self):
        """Return whether close() was called."""
        return closed_closure(self)

    @property
    def size(self):
        """Return the bytes it occupies, C's part included."""
        return _sys.getsizeof(self)

    @property
    def age(self):
        """Return the seconds since it was made."""
        return seconds_since(need_block(self).made)

    @property
    def origin(self):
        """Return where its callable was made, as `file:line`; None for what has no Python code."""
        code = code_of(callable_of(self))
        return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"

    def close(self):
        """Expire the closure now; closing twice is fine, also from inside itself."""
        if not closed_closure(self):
            need_block(self)
            expire_for_good(self, True)

    def retarget(self, callable):
        """Call another Python callable from now on; the C address stays."""
        check_callable(self.name, callable)
        previous = callable_of(self)
        if previous is None:
            raise ClosureExpired(f"closure {self.name} is closed")
        if type(previous) is Dispatcher:
            callable = make_dispatcher(callable, (<Dispatcher>previous).dispatch)
        set_callable(<ClosureObject *>self, <PyObject *>callable)

    def __call__(self, *args, **kwargs):
        callable = callable_of(self)
        if callable is None:
            raise ClosureExpired(f"closure {self.name} is closed")
        need_stack(0)
        return plain_callable(callable)(*args, **kwargs)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        state = "closed" if closed_closure(self) else f"{<uintptr_t>need_block(self).code:#x}"
        return f"<libffi.Closure {clipped(spell_function(self.cif, clipped(self.name, 2 * SHORT)), ROOM)} {state}>"

    def __sizeof__(self):
        return object.__sizeof__(self) + (sizeof_block if self.block != NULL else 0)

    def __reduce__(self):
        raise TypeError("cannot pickle a closure: it is an address")


cdef bint closed_closure(Closure closure):
    return is_closed_closure(<ClosureObject *>closure)


cdef object callable_of(Closure closure):
    return get_callable(<ClosureObject *>closure)


cdef closure_block *need_block(Closure closure) except NULL:
    if closure.block == NULL:
        raise ClosureExpired("this closure was never made")
    return closure.block


cdef int check_callable(name, callable) except -1:
    if not PyCallable_Check(callable):
        raise TypeError(f"closure {name}: expected a callable, got {type(callable).__name__}")
    return 0


cdef void expire(Closure closure, bint closed) noexcept:
    """Make what C still calls an error, not a crash; the quarantine follows with the object's end."""
    cdef closure_block *block = closure.block
    if block == NULL or closed_closure(closure):
        return
    code = code_of(callable_of(closure))
    block_expire(block, <PyObject *>code if code is not None else NULL, closed)


cdef void expire_for_good(Closure closure, bint closed) noexcept:
    expire(closure, closed)
    set_callable(<ClosureObject *>closure, <PyObject *>None)
    closure.on_exception_ = None        # C's calls look at an expired closure no more


cdef object code_of(callable):
    """Find the Python code behind a callable without running any; never fails."""
    cdef int _depth
    for _depth in range(8):
        if PyFunction_Check(callable):
            return <object>PyFunction_GET_CODE(callable)
        if PyMethod_Check(callable):
            callable = <object>PyMethod_GET_FUNCTION(callable)
        elif type(callable) is Dispatcher:
            callable = (<Dispatcher>callable).callable
        elif is_partial(callable):
            callable = partial_function(callable)
        else:
            return None
    return None


cdef bint is_partial(callable):
    try:                        # not loaded, or the interpreter is taking itself apart: then this is none
        return type(callable) is _sys.modules["functools"].partial
    except BaseException:
        return False


cdef object partial_function(partial):
    try:                        # `functools.partial` may be anybody's class
        return partial.func
    except BaseException:
        return None


def closures():
    """Return the live closures, oldest first: what to look at when there are ever more of them.

    Looks through the garbage collector's objects, so that making a closure costs nothing
    more; what gc.freeze() put aside is not found.
    """
    import gc
    found = [one for one in gc.get_objects() if type(one) is Closure and is_live(one)]
    return sorted(found, key=_made)


cdef bint is_live(Closure closure):
    return closure.block != NULL and not closed_closure(closure)


def _made(Closure closure not None):
    return need_block(closure).made


@cython.final
@cython.internal
cdef class Dispatcher:
    """What C calls in place of a callable that runs elsewhere: dispatch(callable, *arguments)."""
    cdef readonly object callable, dispatch

    def __call__(self, *args):
        need_stack(0)
        put = getattr(self.dispatch, "put_nowait", None)
        if put is not None:
            from functools import partial
            put(partial(self.callable, *args))
            return
        future = self.dispatch(self.callable, *args)
        watch = getattr(future, "add_done_callback", None)
        if watch is not None:       # nobody else looks at its exception
            watch(_report_future)


cdef Dispatcher make_dispatcher(callable, dispatch):
    cdef Dispatcher dispatcher = Dispatcher.__new__(Dispatcher)
    dispatcher.callable, dispatcher.dispatch = callable, dispatch
    return dispatcher


cdef object plain_callable(callable):
    return (<Dispatcher>callable).callable if type(callable) is Dispatcher else callable


def _report_future(future):
    if not future.cancelled() and future.exception() is not None:
        unraisable(future.exception())


cdef void unraisable(exception) noexcept:
    raise exception


cdef object closure_or_decorator(CIF cif, callable, on_error, on_exception, name, dispatch, closure_form form):
    cdef Decorator decorator
    if callable is not None:
        return make_closure(cif, callable, on_error, on_exception, name, dispatch, form)

    check_closable(cif, form)
    decorator = Decorator.__new__(Decorator)
    decorator.cif, decorator.on_error, decorator.name, decorator.form = cif, on_error, name, form
    decorator.on_exception, decorator.dispatch = on_exception, dispatch
    return decorator


@cython.final
@cython.internal
cdef class Decorator:
    """Make a closure of the function it is applied to."""
    _made_by = "closure(...) or CIF.closure(...)"
    cdef CIF cif
    cdef object on_error, on_exception, name, dispatch
    cdef closure_form form

    def __call__(self, callable):
        return make_closure(self.cif, callable, self.on_error, self.on_exception, self.name, self.dispatch, self.form)


cdef int check_closable(CIF cif, closure_form form) except -1:
    cdef unsigned i
    if cif.state.variadic:
        raise BadTypedef(f"closure {cif}: C's '...' cannot be received; take the arguments before it only, "
                         "and pass C the closure's address")
    for i in range(cif.state.nargs):
        if cif.state.args[i].passing in (K_OUT, K_INOUT):
            raise BadTypedef(f"closure {cif} argument {i + 1}: out parameters are for calls; "
                             "take a c.ptr(T) and write to p[0]")
    if form == RAW_CLOSURE:
        check_raw(cif, "raw_closure")
    refuse_faulty_closure(cif)
    if form == GO_CLOSURE and not FFIPY_HAVE_GO:
        raise FFIError("this libffi has no Go closures on this platform")
    return 0


cdef Closure make_closure(CIF cif, callable, on_error, on_exception, name, dispatch, closure_form form):
    cdef Closure closure
    cdef ffi_status status = FFI_OK
    need_stack(0)
    if name is None:
        name = getattr(callable, "__name__", None)
        name = name if isinstance(name, str) else type(callable).__name__
    elif not isinstance(name, str):
        raise TypeError(f"closure name: expected str, got {type(name).__name__}")
    name = PyUnicode_FromObject(name)
    check_callable(name, callable)
    check_closable(cif, form)
    if on_exception is not None and not PyCallable_Check(on_exception):
        raise TypeError(f"closure {name} on_exception: expected a callable, got {type(on_exception).__name__}")
    if dispatch is not None:
        check_dispatch(cif, name, dispatch)
        callable = make_dispatcher(callable, dispatch)
    block = block_new(cif.state, cif, name, form, &status)
    if block == NULL:
        raise status_error(status, f"closure {name}")
    try:
        if on_error is not None:
            set_on_error(block, cif, name, on_error)
        closure = Closure.__new__(Closure)      # last: other code may find it from now on
    except BaseException:
        block_retire(block)
        raise
    closure.cif = cif
    closure.block = block
    closure.callable_ = callable
    closure.on_exception_ = on_exception
    block_open(block, <ClosureObject *>closure)
    return closure


cdef int check_dispatch(CIF cif, name, dispatch) except -1:
    if cif.state.result_kind != K_VOID:
        raise TypeError(f"closure {name} dispatch: C does not wait, so the result must be void")
    if not (PyCallable_Check(dispatch) or hasattr(dispatch, "put_nowait")):
        raise TypeError(f"closure {name} dispatch: expected a callable or a queue, "
                        f"got {type(dispatch).__name__}")
    return 0


cdef int set_on_error(closure_block *block, CIF cif, name, on_error) except -1:
    if cif.state.result_kind == K_VOID:
        raise TypeError(f"closure {name} on_error: a void function returns nothing")
    return block_set_default(block, on_error)


def closure_quarantine(limit=None):
    """Return how many expired closures are kept before others take their addresses; set it.

    A late call to one of them raises ClosureExpired. After that its address, about 300
    bytes, waits for the next closure of the same CIF. As many again are kept of CIFs that are
    gone; only what is older goes back to libffi.
    """
    global quarantine_limit
    previous = quarantine_limit
    if limit is not None:
        if limit < 0:
            raise ValueError(f"closure_quarantine(): expected a count, got {limit}")
        quarantine_limit = limit
        trim_quarantine()
    return previous
