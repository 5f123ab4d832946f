"""Closure: a C function pointer made from a CIF and a Python callable."""


cdef class Closure:
    """Point C to a Python callable; pass it wherever a function pointer goes.

    Made by `closure(...)` and `CIF.closure`. C may call it until it is closed or
    collected; later calls raise ClosureExpired and return zero bytes to C, they
    never crash. Calling it from Python calls `callable` directly.
    C: ffi_closure_alloc, ffi_prep_closure_loc, ffi_closure_free.
    """
    cdef closure_block *block
    cdef readonly CIF cif               #: the signature
    cdef object callable_
    cdef readonly str name              #: the name in messages
    cdef object __weakref__

    _made_by = "closure(...) or CIF.closure(...)"

    def __dealloc__(self):
        expire(self)

    @property
    def address(self):
        """Return the address that C calls; it stays safe to call after close()."""
        return <uintptr_t>need_block(self).code

    @property
    def callable(self):
        """Return the Python callable, or None once closed."""
        return self.callable_

    @property
    def closed(self):
        """Return whether close() was called."""
        return self.callable_ is None

    def close(self):
        """Expire the closure now; closing twice is fine, also from inside itself."""
        if self.callable_ is not None:
            expire(self)
            self.callable_ = None

    def retarget(self, callable):
        """Call another Python callable from now on; the C address stays."""
        check_callable(self.name, callable)
        if self.callable_ is None:
            raise ClosureExpired(f"closure {self.name} is closed")
        self.callable_ = callable

    def __call__(self, *args, **kwargs):
        if self.callable_ is None:
            raise ClosureExpired(f"closure {self.name} is closed")
        return self.callable_(*args, **kwargs)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        state = "closed" if self.callable_ is None else f"{<uintptr_t>need_block(self).code:#x}"
        return f"<libffi.Closure {spell_function(self.cif, self.name)} {state}>"

    def __reduce__(self):
        raise TypeError("cannot pickle a closure: it is an address")


cdef closure_block *need_block(Closure closure) except NULL:
    if closure.block == NULL:
        raise ClosureExpired("this closure was never made")
    return closure.block


cdef int check_callable(name, callable) except -1:
    if not PyCallable_Check(callable):
        raise TypeError(f"closure {name}: expected a callable, got {type(callable).__name__}")
    return 0


cdef extern from "Python.h":
    bint PyCallable_Check(object)


cdef void expire(Closure closure) noexcept:
    """Send the block to the quarantine; what C still calls it then is an error, not a crash."""
    cdef closure_block *block = closure.block
    if block == NULL or block.closure == NULL:
        return
    code = getattr(closure.callable_, "__code__", None)
    block_expire(block, <PyObject *>code if isinstance(code, CodeType) else NULL)


cdef object CodeType = type((lambda: None).__code__)


cdef object closure_or_decorator(CIF cif, callable, on_error, name, closure_form form):
    cdef Decorator decorator
    if callable is not None:
        return make_closure(cif, callable, on_error, name, form)

    check_closable(cif, form)
    decorator = Decorator.__new__(Decorator)
    decorator.cif, decorator.on_error, decorator.name, decorator.form = cif, on_error, name, form
    return decorator


@cython.final
@cython.internal
cdef class Decorator:
    """Make a closure of the function it is applied to."""
    cdef CIF cif
    cdef object on_error, name
    cdef closure_form form

    def __call__(self, callable):
        return make_closure(self.cif, callable, self.on_error, self.name, self.form)


cdef int check_closable(CIF cif, closure_form form) except -1:
    cdef unsigned i
    if cif.state.variadic:
        raise BadTypedef(f"closure {cif}: C's '...' cannot be received; fix the argument types")
    for i in range(cif.state.nargs):
        if cif.state.args[i].passing in (K_OUT, K_INOUT):
            raise BadTypedef(f"closure {cif} argument {i + 1}: out parameters are for calls; "
                             "take a c.ptr(T) and write to p[0]")
    refuse_faulty_closure(cif)
    if form == GO_CLOSURE and not FFIPY_HAVE_GO:
        raise FFIError("this libffi has no Go closures on this platform")
    return 0


cdef Closure make_closure(CIF cif, callable, on_error, name, closure_form form):
    cdef Closure closure
    cdef ffi_status status = FFI_OK
    if name is None:
        name = getattr(callable, "__name__", None)
        name = name if isinstance(name, str) else type(callable).__name__
    elif not isinstance(name, str):
        raise TypeError(f"closure name: expected str, got {type(name).__name__}")
    check_callable(name, callable)
    check_closable(cif, form)
    closure = Closure.__new__(Closure)
    closure.cif = cif
    closure.name = name
    block = block_new(cif.state, cif, name, form, &status)
    if block == NULL:
        raise status_error(status, f"closure {name}")
    try:
        if on_error is not None:
            set_on_error(block, cif, name, on_error)
    except BaseException:
        block_free(block)
        raise
    closure.block = block
    closure.callable_ = callable
    block.closure = <ClosureObject *>closure
    return closure


cdef int set_on_error(closure_block *block, CIF cif, name, on_error) except -1:
    if cif.state.result_kind == K_VOID:
        raise TypeError(f"closure {name} on_error: a void function returns nothing")
    return block_set_default(block, on_error)


def closure_quarantine(limit=None):
    """Return how many expired closures stay callable before their memory is reused; set it.

    A late call to one of them raises ClosureExpired; a block is about 300 bytes.
    """
    global quarantine_limit
    previous = quarantine_limit
    if limit is not None:
        if limit < 0:
            raise ValueError(f"closure_quarantine(): expected a count, got {limit}")
        quarantine_limit = limit
        trim_quarantine()
    return previous
