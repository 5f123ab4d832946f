"""Function pointers: made of an address, a library's symbol or a Python function, and called."""

cdef bint argtypes_are_needed = False       # a call without them is refused


cdef class _Function(_CData):
    """Function Pointer"""
    # As bare.h has it.
    cdef vectorcall entry
    cdef Prototype prototype
    cdef object source              # the closure of a Python function, or the library; of an address None
    cdef Opened opened              # the library's handle, where dlopen() has given it
    cdef object errcheck_
    cdef tuple paramflags
    cdef Py_ssize_t index           # of a method, in its interface's table
    cdef bytes iid                  # ... which errors are asked of, or None

    @property
    def errcheck(self):
        """Return the function that checks results, or None."""
        return errcheck_of(self)

    @errcheck.setter
    def errcheck(self, value):
        if not callable(value):
            raise TypeError("the errcheck attribute must be callable")
        with cython.critical_section(self):
            self.errcheck_ = value

    @errcheck.deleter
    def errcheck(self):
        with cython.critical_section(self):
            self.errcheck_ = None

    @property
    def restype(self):
        """Return the class of results, a callable that takes an int, or None."""
        return prototype_of(self).restype

    @restype.setter
    def restype(self, value):
        with cython.critical_section(self):
            self.prototype = with_restype(self.prototype, value)

    @restype.deleter
    def restype(self):
        cdef Prototype given = class_of(self).prototype
        with cython.critical_section(self):
            self.prototype = new_prototype(flags_of(given), self.prototype.argtypes, given.result, given.restype)

    @property
    def argtypes(self):
        """Return the classes of the parameters, or None."""
        return prototype_of(self).argtypes

    @argtypes.setter
    def argtypes(self, value):
        cdef Prototype prototype
        try:
            argtypes = None if value is None else given_argtypes(value)
        except TypeError:
            raise TypeError("_argtypes_ must be a sequence of types") from None
        with cython.critical_section(self):
            prototype = with_argtypes(self.prototype, argtypes)
            check_paramflags(prototype, self.paramflags)
            self.prototype = prototype

    @argtypes.deleter
    def argtypes(self):
        with cython.critical_section(self):
            self.prototype = with_argtypes(self.prototype, None)

    def __call__(self, *args, **keywords):
        return PyVectorcall_Call(self, args, <PyObject *>keywords)

    def __repr__(self):
        return f"<{type(self).__name__} object at {<uintptr_t><PyObject *>self:#x}>"

    def __bool__(self):
        return read_address(self.data) != NULL or is_method(self)


cdef inline Prototype prototype_of(_Function function):
    """Return its signature, which others may replace."""
    cdef Prototype prototype
    if not FREE_THREADED:
        return function.prototype
    with cython.critical_section(function):
        prototype = function.prototype
    return prototype


cdef inline object errcheck_of(_Function function):
    with cython.critical_section(function):
        errcheck = function.errcheck_
    return errcheck


cdef object make_function(cls, tuple args, PyObject *keywords):
    """Function pointers' tp_new."""
    if not args:
        return new_instance(cls)
    if isinstance(args[0], tuple):
        return function_of_library(cls, args[0], args[1] if len(args) > 1 else None)
    if IS_WINDOWS and len(args) > 1 and isinstance(args[0], int):
        return function_of_interface(cls, args)
    return function_of(cls, args[0], len(args) == 1)


cdef object function_of(CType_Type cls, source, bint alone):
    """Return the function at an address, or what calls a Python function."""
    cdef _Function made
    cdef void *address
    if alone and isinstance(source, int):
        made = new_instance(cls)
        write_address(made.data, PyLong_AsVoidPtr(source))
        return made
    if not callable(source):
        raise TypeError("argument must be callable or integer function address")
    made = <_Function>new_instance(cls)
    made.source = make_closure(made.prototype, source)
    libffi_address(made.source, &address)
    write_address(made.data, address)
    return made


cdef _Function callable_without_storage(CType_Type cls):
    return <_Function>make_bare_function(<PyTypeObject *>cls, function_vectorcall, cls.prototype)


cdef object function_of_library(CType_Type cls, source, paramflags):
    """Return the function of a (name, library) pair."""
    cdef _Function made
    cdef uintptr_t address
    if len(source) != 2:
        raise TypeError("the first argument must be a (name, library) tuple")
    name, library = source
    handle = library._handle
    if not isinstance(handle, int):
        raise TypeError("the _handle attribute of the second argument must be an integer")
    by_number = IS_WINDOWS and isinstance(name, int)
    if not by_number and not isinstance(name, (str, bytes)):
        raise TypeError("function name must be string, bytes object or integer")
    _sys.audit("ctypes.dlsym", library, name)
    address = ordinal_address(handle, name) if by_number else symbol_address(handle, name, AttributeError)
    made = new_instance(cls)
    check_paramflags(made.prototype, paramflags)
    made.paramflags = paramflags
    write_address(made.data, <void *>address)
    made.source = library
    made.opened = dict_get(opened_handles, handle)
    return made


# ---- calls ----

cdef object function_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names):
    """All function pointers' vectorcall."""
    cdef _Function function = <_Function>self
    cdef Py_ssize_t nargs = VECTORCALL_NARGS(nargsf)
    cdef Argument few[8]
    cdef Argument *arguments = few
    cdef Py_ssize_t i
    if function.paramflags is not None:
        return call_with_flags(function, args, nargs, names)
    if nargs > 8:
        arguments = <Argument *>PyMem_Malloc(nargs * sizeof(Argument))
        if arguments == NULL:
            raise MemoryError
    for i in range(nargs):
        arguments[i].keep = NULL
    try:
        result = call_c(function, arguments, args, nargs)
    finally:
        for i in range(nargs):
            drop(&arguments[i])
        if arguments != few:
            PyMem_Free(arguments)
    if function.errcheck_ is not None:
        errcheck = errcheck_of(function)
        if errcheck is not None:
            return checked(function, errcheck, result,
                           tuple([<object>args[i] for i in range(is_method(function), nargs)]))
    return result


cdef object call_c(_Function function, Argument *arguments, PyObject *const *args, Py_ssize_t nargs):
    cdef Prototype prototype = prototype_of(function)
    cdef const libffi_cif *handle
    cdef void *address
    cdef char few[32]
    cdef _CData made
    if nargs > MAX_ARGUMENTS:
        raise ArgumentError(f"too many arguments ({nargs}), maximum is {CTYPES_MAX_ARGCOUNT}")
    if IS_WINDOWS and prototype.is_method:
        address = address_of_method(function, prototype, arguments, args, nargs)
        handle = known_cif(prototype, arguments, nargs)
    else:
        address = read_address(function.data)
        convert_arguments(prototype, arguments, args, nargs)
        if prototype.argtypes is None or prototype.has_own_rules or nargs != len(prototype.argtypes):
            handle = known_cif(prototype, arguments, nargs)
        else:
            handle = shared_handle(&prototype.handle)
            if handle == NULL:
                handle = first_handle(prototype, arguments, nargs)
    if prototype.result == RESULT_INSTANCE and prototype.result_class.size_ > <Py_ssize_t>sizeof(few):
        made = new_instance(prototype.result_class)
        invoke_function(function, prototype, handle, address, made.data, arguments, nargs)
        return made if prototype.checker is None else converted(prototype.checker, made)
    invoke_function(function, prototype, handle, address, few, arguments, nargs)
    if IS_WINDOWS and function.iid is not None:
        return com_result((<int *>narrow(few, sizeof(int)))[0], function.iid, read_address(arguments[0].room))
    return load_result(prototype, handle, few)


cdef int convert_arguments(Prototype prototype, Argument *arguments, PyObject *const *args,
                           Py_ssize_t nargs) except -1:
    cdef Py_ssize_t i = 0, declared = 0
    if prototype.argtypes is not None:
        declared = len(prototype.argtypes)
        if nargs < declared or nargs > declared and not prototype.is_cdecl:
            raise TypeError(f"this function takes {'at least ' if prototype.is_cdecl else ''}{declared} "
                            f"argument{'' if declared == 1 else 's'} ({nargs} given)")
    elif argtypes_are_needed:
        raise TypeError("argtypes are not given (and libffi.compat.ctypes is strict)")
    try:
        while i < declared:
            rule = <object>PyTuple_GET_ITEM(prototype.rules, i)
            if not prototype.has_own_rules or isinstance(rule, CType_Type):
                pass_as(&arguments[i], <CType_Type>rule, <object>args[i])
            else:
                need_stack(0)
                value = rule(<object>args[i])
                pass_value(&arguments[i], value, i)
                keep_for_call(&arguments[i], value)
            i += 1
        while i < nargs:
            pass_value(&arguments[i], <object>args[i], i)
            i += 1
    except Exception as error:
        if is_no_answer(error):
            raise
        raise ArgumentError(f"argument {i + 1}: {type(error).__name__}: {error}") from None
    return 0


cdef int invoke_function(_Function function, Prototype prototype, const libffi_cif *handle, void *address,
                         void *result, Argument *arguments, Py_ssize_t nargs) except -1:
    cdef void *few[8]
    cdef void **places = few
    cdef Py_ssize_t i
    if address == NULL:
        raise ValueError("attempt to call a NULL function pointer")
    if function.opened is not None and function.opened.count == 0:
        raise ValueError("the function's library was closed")
    if nargs > 8:
        places = <void **>PyMem_Malloc(nargs * sizeof(void *))
        if places == NULL:
            raise MemoryError
    for i in range(nargs):
        places[i] = arguments[i].where
    try:
        libffi_invoke(handle, <libffi_function>address, result, places, prototype.flags)
    finally:
        if places != few:
            PyMem_Free(places)
    return 0


cdef object checked(_Function function, errcheck, result, tuple args):
    """Return what errcheck makes of a result."""
    need_stack(0)
    checked_result = errcheck(result, function, args)
    return result if checked_result is args else checked_result


# ---- paramflags: names, defaults and outputs ----

cdef enum:
    FLAG_IN = 1
    FLAG_OUT = 2
    FLAG_LCID = 4


cdef int check_paramflags(Prototype prototype, paramflags) except -1:
    cdef CType_Type cls
    if paramflags is None or prototype.argtypes is None:
        return 0
    if not isinstance(paramflags, tuple):
        raise TypeError("paramflags must be a tuple or None")
    if len(paramflags) != len(prototype.argtypes):
        raise ValueError("paramflags must have the same length as argtypes")
    for i, item in enumerate(paramflags):
        if not isinstance(item, tuple) or not 1 <= len(item) <= 3 or not isinstance(item[0], int) or (
                len(item) > 1 and not isinstance(item[1], (str, type(None)))):
            raise TypeError("paramflags must be a sequence of (int [,string [,value]]) tuples")
        flag = <int>item[0] & 7
        if flag == FLAG_OUT:
            argtype = prototype.argtypes[i]
            cls = argtype if isinstance(argtype, CType_Type) else None
            if cls is None or not (cls.kind == K_POINTER or cls.kind == K_ARRAY or
                                   cls.kind == K_SIMPLE and cls.item in "PzZ"):
                raise TypeError(f"'out' parameter {i + 1} must be a pointer type, not {argtype.__name__}")
        elif flag not in (0, FLAG_IN, FLAG_IN | FLAG_LCID, FLAG_IN | FLAG_OUT):
            raise TypeError(f"paramflag value {item[0]} not supported")
    return 0


cdef object call_with_flags(_Function function, PyObject *const *args, Py_ssize_t nargs, PyObject *names):
    cdef Prototype prototype = prototype_of(function)
    given = [<object>args[i] for i in range(nargs)]
    named = {} if names == NULL else {name: <object>args[nargs + i] for i, name in enumerate(<tuple>names)}
    outputs = []                    # (what is passed, whether it was given)
    passed = given[:1] if is_method(function) else []
    taken_ones = len(passed)
    for i, item in enumerate(function.paramflags):
        flag, name, has_default = <int>item[0] & 7, item[1] if len(item) > 1 else None, len(item) > 2
        if flag == FLAG_IN | FLAG_LCID:
            value = item[2] if has_default else 0
        elif flag == FLAG_OUT:
            value = item[2] if has_default else new_output(prototype.argtypes[i])
            outputs.append((value, False))
        else:
            if taken_ones < nargs:
                value = given[taken_ones]
                taken_ones += 1
            elif name is not None and name in named:
                value = named[name]
                taken_ones += 1
            elif has_default:
                value = item[2]
            else:
                raise TypeError("not enough arguments" if name is None else f"required argument '{name}' missing")
            if flag == FLAG_IN | FLAG_OUT:
                outputs.append((value, True))
        passed.append(value)
    if taken_ones != nargs + len(named):
        raise TypeError(f"call takes exactly {taken_ones} arguments ({nargs + len(named)} given)")
    return call_and_return(function, tuple(passed), outputs)


cdef object new_output(CType_Type argtype):
    if argtype.kind == K_ARRAY:
        return (<object>argtype)()
    if argtype.kind == K_SIMPLE or argtype.item is None:
        raise TypeError(f"{argtype.__name__} 'out' parameter must be passed as default value")
    return argtype.item()


cdef object call_and_return(_Function function, tuple passed, list outputs):
    cdef Py_ssize_t i, nargs = len(passed)
    cdef PyObject **args = <PyObject **>PyMem_Malloc((nargs + 1) * sizeof(PyObject *))
    cdef Argument *arguments = <Argument *>PyMem_Calloc(nargs + 1, sizeof(Argument))
    try:
        if args == NULL or arguments == NULL:
            raise MemoryError
        for i in range(nargs):
            args[i] = <PyObject *>passed[i]
        result = call_c(function, arguments, args, nargs)
    finally:
        if arguments != NULL:
            for i in range(nargs):
                drop(&arguments[i])
        PyMem_Free(arguments)
        PyMem_Free(args)
    errcheck = errcheck_of(function)
    if errcheck is not None:
        if is_method(function):
            passed = passed[1:]
        need_stack(0)
        result, before = errcheck(result, function, passed), result
        if result is not passed:
            return result
        result = before
    if not outputs:
        return result
    values = [value if given else value.__ctypes_from_outparam__() for value, given in outputs]
    return values[0] if len(values) == 1 else tuple(values)
