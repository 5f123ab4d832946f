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
    cdef tuple for_instances            # of a class: its name there and its on_error, if it has one or the other

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
        """Return the seconds since it was made, to a hundredth, modulo 497 days."""
        return <uint32_t>(hundredths() - need_block(self).made) / 100.0

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
        else:
            check_runs_at_once(self.name, callable)
        set_callable(<ClosureObject *>self, <PyObject *>callable)

    def __call__(self, *args, **kwargs):
        callable = callable_of(self)
        if callable is None:
            raise ClosureExpired(f"closure {self.name} is closed")
        need_stack(0)
        return plain_callable(callable)(*args, **kwargs)

    def __set_name__(self, owner, name):
        _, on_error = self.for_instances or (None, None)
        self.for_instances = PyUnicode_FromObject(name), on_error

    @cython.embedsignature(False)
    def __get__(self, instance, owner):
        """Return the closure; if it is of a method, which takes `self` besides what C passes, the instance's own."""
        return self if instance is None or not is_of_method(self) else bound_closure(self, instance)

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


cdef bint is_live(Closure closure):
    return closure.block != NULL and not closed_closure(closure)
