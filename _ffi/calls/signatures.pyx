"""Signatures checked and prepared: how a CIF is made."""

cdef enum:
    MOST_ARGUMENTS = 4096


cdef object find_or_make_cif(PyTypeObject *cls, object args, PyObject *keywords):
    try:
        return _cif(*args, **(<object>keywords if keywords != NULL else {}))
    except TypeError as error:
        if str(error).startswith("_cif"):
            raise TypeError("CIF" + str(error)[4:]) from None
        raise


def _cif(restype, argtypes=(), *, abi=None):
    """Return the CIF of a signature, made at most once (what `CIF(...)` does)."""
    cdef bint variadic = False
    need_stack(0)
    if restype is None:
        restype = core_types["void"]
    restype = type_or_item(restype)
    if not isinstance(restype, Type):
        raise TypeError(f"CIF() restype: expected a libffi.Type such as c.int, got {restype.__class__.__name__}")
    if isinstance(argtypes, (str, bytes, Type, MemoryClass)):
        raise TypeError(f"CIF() argtypes: expected a sequence of types, got {argtypes.__class__.__name__}")
    cdef tuple types = argument_types(argtypes)
    if types and types[-1] is ...:
        variadic = True
        types = types[:-1]
    if abi is None:
        abi = core_default_abi()
    elif not isinstance(abi, int):
        raise TypeError(f"CIF() abi: expected an ABI, got {abi.__class__.__name__}")
    abi = int(abi)                  # as it is now: a subclass may say something else each time
    key = ("cif", id(restype), tuple([id(item) for item in types]), abi, variadic)
    return made_once(key, make_cif, (restype, types, abi, variadic))


cdef tuple argument_types(argtypes):
    """Return them up to the first that is none: what lies behind the one of a pointer of ctypes' is not there."""
    found = []
    for item in argtypes:
        item = type_or_item(item)
        found.append(item)
        if not isinstance(item, Type) and item is not ...:
            break                   # make_cif() says which
        if len(found) > MOST_ARGUMENTS + 1:     # and it may have no end
            raise BadTypedef(f"CIF(): more than {MOST_ARGUMENTS} arguments are too many")
    return tuple(found)


cdef inline object type_or_item(item):
    """Return the type of a class of memory; all else is seen to later."""
    return as_type(item) if isinstance(item, MemoryClass) and as_type(item) is not None else item


cdef object make_cif(tuple parts):
    cdef Type type
    restype, types, abi, variadic = parts
    if variadic and not types:
        raise BadTypedef("CIF(): a variadic signature needs a fixed argument before the '...'")
    check_result_type(<Type>restype)
    for i, item in enumerate(types):
        if not isinstance(item, Type):
            raise TypeError(f"CIF() argtypes[{i}]: expected a libffi.Type such as c.int, "
                            f"got {item.__class__.__name__}")
        type = <Type>item
        if type.info.kind == K_VOID:
            raise BadTypedef(f"CIF() argtypes[{i}]: void is no argument; leave argtypes empty")
        passable(type, f"CIF() argtypes[{i}]")
    return prepare_cif(<Type>restype, types, (), abi, variadic)


cdef int check_result_type(Type type) except -1:
    if is_parameter_kind(type.info.kind):
        raise BadTypedef(f"CIF() restype: {type.kind} is for parameters")
    passable(type, "CIF() restype")
    return 0


cdef CIF prepare_cif(Type restype, tuple fixed, tuple extra, abi, bint prototype):
    """Prepare a CIF. `extra`: the types of one variadic call; `prototype`: before that."""
    cdef ffi_status status = FFI_OK
    cdef tuple types = fixed + extra
    cdef Py_ssize_t i, n = len(types)
    cdef size_t bytes_ = 0
    cdef const type_info **infos
    cdef CIF cif
    if n > MOST_ARGUMENTS:
        raise BadTypedef(f"CIF(): {n} arguments are too many")
    for i in range(n):
        bytes_ += (<Type>types[i]).info.size
    if bytes_ > <size_t>MAX_BY_VALUE:
        raise BadTypedef(f"CIF(): {bytes_} bytes of arguments are too many")
    if not -1 << 31 <= abi < 1 << 31 or not is_known_abi(abi):
        raise BadABI(f"CIF() abi: {abi!r} is none of this platform's "
                     f"({', '.join(get_abi().__members__)})")
    refuse_faulty_call(core_types["void"] if is_nothing(&restype.info) else plain_of(restype),
                       plain_of_each(without_nothing(types, <int>int(abi))), <int>int(abi))
    refuse_faulty_extra(extra)
    infos = <const type_info **>PyMem_Calloc(n + 1, sizeof(type_info *))
    if infos == NULL:
        raise MemoryError
    cif = cif_plain_new(<PyTypeObject *>CIF, (), NULL)
    cif.restype = restype
    cif.argtypes = types
    if prototype:
        variants = {}
        Py_INCREF(variants)
        hide(variants)
        cif.variants = <PyObject *>variants
    try:
        for i in range(n):
            infos[i] = &(<Type>types[i]).info
        cif.state = cif_prepare(<int>int(abi), &restype.info, infos, <unsigned>n,
                                <int>len(fixed) if (prototype or extra) else -1, prototype, &status)
    finally:
        PyMem_Free(infos)
    if cif.state == NULL:
        raise status_error(status, "CIF()")
    cif.state.object = <PyObject *>cif
    return cif


cdef tuple without_nothing(tuple types, int abi):
    """Return the types of the arguments that libffi sees."""
    cdef Type type
    seen = []
    for type in types:
        if not is_nothing(&type.info):
            seen.append(type)
        elif nothing_as_argument(abi) == EMPTY_IS_BY_ADDRESS:
            seen.append(core_types["pointer"])
    return tuple(seen)
