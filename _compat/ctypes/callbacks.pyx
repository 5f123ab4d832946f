"""Python functions that C calls: libffi's closures, with ctypes' rules for arguments, results and exceptions."""

cdef bint exceptions_are_raised = False     # by the call that C runs under, as libffi's own closures do


@cython.freelist(16)
@cython.final
cdef class Callback:
    """What a closure calls: the user's function, with arguments and result converted."""
    cdef vectorcall entry
    cdef readonly object callable
    cdef Prototype prototype
    cdef bint converts              # an argument is not what the closure makes of it

    @property
    def __name__(self):
        """Return the function's name, which is the closure's too."""
        return callable_name(self.callable)


cdef object run_callback(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names):
    cdef Callback callback = <Callback>self
    cdef Py_ssize_t nargs = VECTORCALL_NARGS(nargsf)
    try:
        if callback.converts:
            value = call_converted(callback, args, nargs)
        else:
            value = call_vector(callback.callable, args, nargs)
    except BaseException as error:
        if exceptions_are_raised:
            raise
        report_unraisable(error, "calling", callback.callable)
        return 0 if callback.prototype.result == RESULT_INSTANCE else None
    if callback.prototype.result != RESULT_INSTANCE:
        return None
    try:
        return to_c(callback.prototype.result_class, value)
    except BaseException as error:
        if exceptions_are_raised:
            raise
        report_unraisable(error, "converting result of", callback.callable)
        return 0


cdef object call_converted(Callback callback, PyObject *const *args, Py_ssize_t nargs):
    cdef PyObject *few[6]
    cdef Py_ssize_t i, made = 0
    if nargs > 6:
        return callback.callable(*[from_c(parameter_of(callback, i), <object>args[i]) for i in range(nargs)])
    try:
        for i in range(nargs):
            value = from_c(parameter_of(callback, i), <object>args[i])
            incref(value)
            few[i] = <PyObject *>value
            made += 1
        return call_vector(callback.callable, few, nargs)
    finally:
        for i in range(made):
            decref(<object>few[i])


cdef inline CType_Type parameter_of(Callback callback, Py_ssize_t i):
    """Return a parameter's class, of which closure_cif() has seen that it is one."""
    return <CType_Type><object>PyTuple_GET_ITEM(callback.prototype.argtypes, i)


cdef object from_c(CType_Type cls, value):
    """Return an argument as ctypes has it, from what the closure made of it."""
    cdef char room[LARGEST_SCALAR]
    cdef PyObject *needed = NULL
    cdef uintptr_t address
    cdef _CData made
    if cls.kind == K_STRUCTURE or cls.kind == K_UNION:
        address = value.address
        return instance_of_copy(cls, <char *>address)
    if cls.plain and arrives_as_it_is(cls):
        return value
    if cls.plain and cls.code == c"P":
        return value or None
    if cls.ffi == LIBFFI_POINTER:
        address = value
        write_address(room, <void *>address)
    else:
        cls.set(room, value, &needed)
    if cls.plain:
        return cls.get(room)
    made = instance_of_copy(cls, room)
    keep(made, 0, taken(needed))
    return made


cdef bint arrives_as_it_is(CType_Type cls):
    return cls.kind == K_SIMPLE and cls.ffi != LIBFFI_POINTER and cls.code != c"v"


cdef object to_c(CType_Type cls, value):
    """Return a result as the closure takes it."""
    cdef char room[LARGEST_SCALAR]
    cdef PyObject *needed = NULL
    if cls.code == c"Z" and isinstance(value, str):
        return _c.array(_c.wchar_t, len(value) + 1).new(value)
    if cls.code == c"z" and isinstance(value, bytes):
        return value
    if type(value) is float and cls.code == c"d":
        return value
    cls.set(room, value, &needed)
    if cls.code == c"O":
        incref(value)               # which C takes over
    taken(needed)
    return <uintptr_t>read_address(room) if is_address_for_c(cls) else cls.get(room)


cdef inline bint is_address_for_c(CType_Type cls):
    """An object is one as a result: what fails gives NULL."""
    return cls.ffi == LIBFFI_POINTER or cls.ffi == LIBFFI_PY_OBJECT


cdef object closure_type(CType_Type cls, bint is_result):
    """Return the libffi.Type of what a closure takes or returns for a class."""
    if (is_address_for_c(cls) if is_result else cls.ffi == LIBFFI_POINTER) and (
            cls.kind != K_STRUCTURE and cls.kind != K_UNION):
        return _c.pointer if is_result else _c.uintptr_t
    return libffi_type(cls)


cdef object closure_cif(Prototype prototype):
    """Return the CIF of closures, or refuse what none can be made of."""
    if prototype.argtypes is None:
        raise TypeError("cannot construct instance of this class: no argtypes")
    if prototype.result == RESULT_NOT_GIVEN or prototype.result == RESULT_CONVERTED or (
            prototype.result == RESULT_INSTANCE and prototype.result_class.set == NULL):
        raise TypeError("invalid result type for callback function")
    for item in prototype.argtypes:
        if not isinstance(item, CType_Type):
            raise TypeError(f"item in _argtypes_ cannot be an argument of a callback: {item!r}")
    prototype.callbacks_convert = any([not (<CType_Type>item).plain or not arrives_as_it_is(item)
                                       for item in prototype.argtypes])
    restype = _c.void if prototype.result == RESULT_VOID else closure_type(prototype.result_class, True)
    return _libffi.CIF(restype, [closure_type(item, False) for item in prototype.argtypes], abi=prototype.abi)


cdef object make_closure(Prototype prototype, callable):
    """Return the libffi.Closure through which C calls a function."""
    cdef Callback callback
    with cython.critical_section(prototype):
        if prototype.closure_cif is None:
            prototype.closure_cif = closure_cif(prototype)
    callback = Callback.__new__(Callback)
    callback.entry = run_callback
    callback.callable = callable
    callback.prototype = prototype
    callback.converts = prototype.callbacks_convert
    return libffi_closure_from_callable(prototype.closure_cif, callback)
