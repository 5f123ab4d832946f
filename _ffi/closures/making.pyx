"""Closures made: by a function, by a decorator, with their options checked."""


def closure(restype, argtypes=(), *, abi=None, on_error=None, on_exception=None, name=None, dispatch=None):
    """Return a decorator that makes a Closure of that signature; options as for CIF.closure.

    C: ffi_closure_alloc, ffi_prep_closure_loc.
    """
    return (<CIF>_cif(restype, argtypes, abi=abi)).closure(
        on_error=on_error, on_exception=on_exception, name=name, dispatch=dispatch)


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
    if cif.state.closable and form == PLAIN_CLOSURE:
        return 0
    if cif.state.variadic:
        raise BadTypedef(f"closure {cif}: C's '...' cannot be received; take the arguments before it only, "
                         "and pass C the closure's address")
    for i in range(cif.state.nargs):
        if cif.state.args[i].type.kind == K_NDARRAY:
            raise BadTypedef(f"closure {cif} argument {i + 1}: c.ndarray() checks what a call is given; of an address "
                             "that C passes nothing is known: take a c.ptr(T)")
        if cif.state.args[i].passing in (K_OUT, K_INOUT):
            raise BadTypedef(f"closure {cif} argument {i + 1}: out parameters are for calls; "
                             "take a c.ptr(T) and write to p[0]")
    if form == RAW_CLOSURE:
        check_raw(cif, "raw_closure")
    refuse_faulty_closure(cif)
    if form == GO_CLOSURE and not FFIPY_HAVE_GO:
        raise FFIError("this libffi has no Go closures on this platform")
    if form == PLAIN_CLOSURE:
        cif.state.closable = True
    return 0


cdef Closure make_closure(CIF cif, callable, on_error, on_exception, name, dispatch, closure_form form):
    cdef Closure closure
    cdef ffi_status status = FFI_OK
    need_stack(0)
    if name is None:
        name = callable_name(callable)
    elif not isinstance(name, str):
        raise TypeError(f"closure name: expected str, got {type(name).__name__}")
    else:
        name = PyUnicode_FromObject(name)
    check_callable(name, callable)
    check_closable(cif, form)
    if on_exception is not None and not PyCallable_Check(on_exception):
        raise TypeError(f"closure {name} on_exception: expected a callable, got {type(on_exception).__name__}")
    if dispatch is not None:
        check_dispatch(cif, name, dispatch)
        callable = make_dispatcher(callable, dispatch)
    else:
        check_runs_at_once(name, callable)
    block = block_new(cif.state, name, form, &status)
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
    if on_error is not None:
        closure.for_instances = None, on_error
    block_open(block, <ClosureObject *>closure)
    return closure


cdef int set_on_error(closure_block *block, CIF cif, name, on_error) except -1:
    if cif.state.result_kind == K_VOID:
        raise TypeError(f"closure {name} on_error: a void function returns nothing")
    return block_set_default(block, on_error)


# ---- closures of methods ----

cdef extern from "Python.h":
    bint PyFunction_Check(object)
    object PyMethod_New(object, object)
    int CO_VARARGS


cdef bint is_of_method(Closure closure) except -1:
    callable = plain_callable(callable_of(closure))
    if not PyFunction_Check(callable):
        return False
    code = callable.__code__
    return code.co_argcount == closure.cif.state.nin + 1 and not code.co_flags & CO_VARARGS


cdef object bound_closure(Closure closure, instance):
    """Return the closure of a method of this instance: the same as long as the instance lives."""
    callable = callable_of(closure)
    dispatch = (<Dispatcher>callable).dispatch if type(callable) is Dispatcher else None
    name, on_error = closure.for_instances or (None, None)
    name = name or closure.name
    own = getattr(instance, "__dict__", None)
    if not isinstance(own, dict):
        raise TypeError(f"closure {closure.name}: instances of {type(instance).__name__} have no __dict__ to keep "
                        f"their own in; make it in __init__, of the bound method")
    made = dict_get(<dict>own, name)    # there is one already where the class has a __getattribute__ of its own
    if made is None:
        made = dict_get_or_put(<dict>own, name, make_closure(
            closure.cif, PyMethod_New(plain_callable(callable), instance), on_error, closure.on_exception_,
            closure.name, dispatch, <closure_form>closure.block.form))
    return made
