"""Signatures: what `_argtypes_`, `_restype_` and `_flags_` of a class say, or the attributes of one function."""

FUNCFLAG_CDECL = 1
FUNCFLAG_PYTHONAPI = 4
FUNCFLAG_USE_ERRNO = 8
FUNCFLAG_USE_LASTERROR = 16

cdef enum:
    FLAG_CDECL = 1
    FLAG_PYTHONAPI = 4
    FLAG_METHOD = 0x1000            # ours: a method of COM's kind, called by its number
    MAX_ARGUMENTS = 1024

CTYPES_MAX_ARGCOUNT = MAX_ARGUMENTS

cdef enum result_sort:
    RESULT_NOT_GIVEN, RESULT_VOID, RESULT_INSTANCE, RESULT_CONVERTED


@cython.final
cdef class Prototype:
    """A signature; it does not change once it is made."""
    cdef int flags                  # of libffi_invoke()
    cdef bint holds_gil
    cdef bint is_cdecl              # C's own convention; the other is Windows' stdcall
    cdef bint is_method             # of COM's kind: the interface comes before what argtypes say
    cdef int abi
    cdef tuple argtypes             # None: not given
    cdef tuple rules                # for each the class whose from_param() it is, or a callable
    cdef bint has_own_rules
    cdef int result
    cdef object restype
    cdef CType_Type result_class
    cdef object checker             # restype._check_retval_
    cdef object cif                 # of calls with as many arguments as argtypes; None until the first
    cdef cif_handle handle          # ... and what is invoked by it
    cdef object closure_cif         # of callbacks, None until the first
    cdef bint callbacks_convert     # an argument of theirs is not what closures make of it
    cdef dict cifs                  # of others: codes and types -> CIF
    cdef known_call known[KNOWN_CALLS]      # ... of which these are found first


cdef tuple given_argtypes(value):
    """Return them up to the first that is none: a pointer is a sequence, too, and goes on behind what is there."""
    if type(value) is tuple or type(value) is list:
        return tuple(value)
    given = []
    for i, argtype in enumerate(value, 1):
        rule_of(argtype, i)
        given.append(argtype)
        if i > CTYPES_MAX_ARGCOUNT:
            break                   # too many, whatever follows
    return tuple(given)


cdef Prototype new_prototype(int flags, argtypes, int result, restype):
    cdef Prototype made = Prototype.__new__(Prototype)
    made.holds_gil = flags & FLAG_PYTHONAPI
    made.is_cdecl = flags & FLAG_CDECL
    made.is_method = flags & FLAG_METHOD
    made.abi = libffi_abi_default() if made.is_cdecl or not IS_WINDOWS else stdcall()
    made.flags = (0 if made.holds_gil else LIBFFI_RELEASE_GIL) | (LIBFFI_ERRNO if flags & 8 else 0) | (
        LIBFFI_LAST_ERROR if flags & 16 else 0)
    made.cifs = {}
    if argtypes is not None:
        made.argtypes, made.rules = argtypes, tuple([rule_of(argtype, i) for i, argtype in enumerate(argtypes, 1)])
        made.has_own_rules = any([not isinstance(rule, CType_Type) for rule in made.rules])
        if len(made.argtypes) > CTYPES_MAX_ARGCOUNT:
            raise ArgumentError(f"_argtypes_ has too many arguments ({len(made.argtypes)}), "
                                f"maximum is {CTYPES_MAX_ARGCOUNT}")
    made.result, made.restype = result, restype
    if result == RESULT_INSTANCE:
        made.result_class = restype
        made.checker = getattr(restype, "_check_retval_", None)
    return made


cdef Prototype with_argtypes(Prototype prototype, argtypes):
    return new_prototype(flags_of(prototype), argtypes, prototype.result, prototype.restype)


cdef Prototype with_restype(Prototype prototype, restype):
    return new_prototype(flags_of(prototype), prototype.argtypes, result_of(restype, "restype"), restype)


cdef int flags_of(Prototype prototype):
    return (FLAG_PYTHONAPI if prototype.holds_gil else 0) | (8 if prototype.flags & LIBFFI_ERRNO else 0) | (
        16 if prototype.flags & LIBFFI_LAST_ERROR else 0) | (FLAG_CDECL if prototype.is_cdecl else 0) | (
        FLAG_METHOD if prototype.is_method else 0)


cdef int stdcall() noexcept:
    """Return the convention of Windows' functions; only i386 has one that is not C's own."""
    cdef int abi
    return abi if libffi_abi_find("STDCALL", &abi) else libffi_abi_default()


cdef int result_of(restype, name) except -1:
    if restype is None:
        return RESULT_VOID
    if isinstance(restype, CType_Type) and (<CType_Type>restype).kind != K_ABSTRACT:
        return RESULT_INSTANCE
    if not callable(restype):
        raise TypeError(f"{name} must be a type, a callable, or None")
    return RESULT_CONVERTED


cdef object rule_of(argtype, i):
    """Return the class whose own from_param() converts a parameter, or else the callable that does."""
    try:
        rule = argtype.from_param
    except AttributeError:
        raise TypeError(f"item {i} in _argtypes_ has no from_param method") from None
    owner = getattr(rule, "__self__", None)
    if type(rule) is _BUILTIN_METHOD and isinstance(owner, CType_Type) and rule.__name__ == "from_param":
        return owner
    return rule


_BUILTIN_METHOD = type([].append)


cdef class PyCFuncPtrType(CType_Type):
    """Class of the classes of function pointers."""

    def __init__(cls, name, bases, namespace, **keywords):
        begin_class(cls, True)
        inherit_vectorcall(<PyTypeObject *>cls)
        cls.size_ = cls.align = sizeof(void *)
        cls.length = 1
        cls.ffi = LIBFFI_POINTER
        cls.has_pointers = True
        cls.format_ = "X{}"
        cls.shape = ()
        flags = getattr(cls, "_flags_", None)
        if not isinstance(flags, int):
            raise TypeError("class must define _flags_ which must be an integer")
        argtypes = getattr(cls, "_argtypes_", None)
        if argtypes is not None and not isinstance(argtypes, tuple):
            raise TypeError("_argtypes_ must be a sequence of types")
        given = hasattr(cls, "_restype_")
        restype = getattr(cls, "_restype_", None)
        cls.prototype = new_prototype(flags, argtypes,
                                      result_of(restype, "_restype_") if given else RESULT_NOT_GIVEN, restype)
        cls.kind = K_FUNCTION       # last: what failed before is none


# ---- CIFs ----

cdef inline Py_ssize_t fixed_arguments(Prototype prototype, Py_ssize_t nargs):
    """Return how many arguments are not behind the last of argtypes, where C's `...` would be."""
    if prototype.argtypes is None:
        return nargs
    return min(nargs, len(prototype.argtypes) + prototype.is_method)


cdef object result_type(Prototype prototype):
    if prototype.result == RESULT_VOID:
        return libffi_type_from_code(LIBFFI_VOID)
    if prototype.result != RESULT_INSTANCE:
        return libffi_type_from_code(LIBFFI_INT)
    return libffi_type(prototype.result_class)


cdef object cif_of(Prototype prototype, Argument *arguments, Py_ssize_t nargs):
    """Return the CIF of a call with those arguments; those behind the last of argtypes are behind C's `...`."""
    cdef Py_ssize_t i, fixed = fixed_arguments(prototype, nargs)
    cdef PyObject **types = <PyObject **>PyMem_Malloc((nargs + 1) * sizeof(PyObject *))
    kept = []
    if types == NULL:
        raise MemoryError
    try:
        for i in range(nargs):
            if i >= fixed:
                promote(&arguments[i])
            kept.append(<object>arguments[i].type if arguments[i].code == BY_VALUE
                        else libffi_type_from_code(arguments[i].code))
            types[i] = <PyObject *>kept[i]
        result = result_type(prototype)
        return libffi_cif_new(result, types, nargs, -1 if fixed == nargs else fixed, prototype.abi)
    finally:
        PyMem_Free(types)


cdef void promote(Argument *argument):
    """Widen what C would behind `...`."""
    cdef double number
    if argument.code == LIBFFI_FLOAT:
        number = (<float *>argument.room)[0]
        argument.code = LIBFFI_DOUBLE
        (<double *>argument.room)[0] = number
    elif argument.code == LIBFFI_SHORT:
        (<int *>argument.room)[0] = (<short *>argument.room)[0]
        argument.code = LIBFFI_INT
    elif argument.code == LIBFFI_USHORT:
        (<int *>argument.room)[0] = (<unsigned short *>argument.room)[0]
        argument.code = LIBFFI_INT
    elif argument.code == LIBFFI_SCHAR or argument.code == LIBFFI_CHAR:
        (<int *>argument.room)[0] = (<signed char *>argument.room)[0]
        argument.code = LIBFFI_INT
    elif argument.code == LIBFFI_UCHAR or argument.code == LIBFFI_BOOL:
        (<int *>argument.room)[0] = (<unsigned char *>argument.room)[0]
        argument.code = LIBFFI_INT


cdef cif_handle first_handle(Prototype prototype, Argument *arguments, Py_ssize_t nargs) except NULL:
    """Make the CIF of calls with as many arguments as argtypes."""
    made = cif_of(prototype, arguments, nargs)
    with cython.critical_section(prototype):
        if prototype.handle == NULL:
            prototype.cif = made
            share_handle(&prototype.handle, libffi_cif_get(made))
    return prototype.handle


cdef const libffi_cif *known_cif(Prototype prototype, Argument *arguments, Py_ssize_t nargs) except NULL:
    """Return the CIF of a call whose arguments are not those that argtypes say, as made before."""
    cdef const libffi_cif *found = NULL
    cdef uint64_t key = call_key(arguments, nargs)
    cdef Py_ssize_t i
    if key:
        found = known_call_find(prototype.known, key)
    if found != NULL:
        for i in range(fixed_arguments(prototype, nargs), nargs):
            promote(&arguments[i])
        return found
    found = libffi_cif_get(cif_of_codes(prototype, arguments, nargs))
    if key:
        known_call_add(prototype.known, key, found)
    return found


cdef inline uint64_t call_key(Argument *arguments, Py_ssize_t nargs):
    """Return the codes of a few arguments as a number; 0: they are many, or have a struct among them."""
    cdef uint64_t key = 1
    cdef Py_ssize_t i
    if nargs > 7:
        return 0
    for i in range(nargs):
        if arguments[i].code == BY_VALUE:
            return 0
        key = key << 8 | <unsigned char>arguments[i].code
    return key


cdef object cif_of_codes(Prototype prototype, Argument *arguments, Py_ssize_t nargs):
    """Return the same, kept by the prototype."""
    cdef unsigned char codes[MAX_ARGUMENTS]
    cdef Py_ssize_t i
    structs = None
    codes[0] = 0
    for i in range(nargs):
        codes[i] = <unsigned char>arguments[i].code
        if arguments[i].code == BY_VALUE:
            if structs is None:
                structs = []
            structs.append(<object>arguments[i].type)
    key = PyBytes_FromStringAndSize(<char *>codes, nargs)
    if structs is not None:
        key = (key, *structs)
    cif = dict_get(prototype.cifs, key)
    if cif is None:
        cif = dict_get_or_put(prototype.cifs, key, cif_of(prototype, arguments, nargs))
    else:
        for i in range(fixed_arguments(prototype, nargs), nargs):
            promote(&arguments[i])
    return cif
