"""Calls: arguments into libffi's exchange block, and the result out of it."""

cdef extern from "libffi/libffi_api.h":
    object libffi_cif_new(object result, PyObject *const *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi)

cdef enum:
    MOST_ON_STACK = 512


@cython.nonecheck(False)
cdef object call_function(object function, PyObject *const *arguments, size_t flags, PyObject *names):
    if names != NULL and len(<tuple>names):
        raise TypeError("a C function takes no keyword arguments")
    return call(<_CDataBase>function, arguments, PyVectorcall_NARGS(flags))


@cython.nonecheck(False)
cdef object call(_CDataBase function, PyObject *const *arguments, Py_ssize_t count):
    cdef CType ctype = function.type
    cdef const libffi_cif *cif
    cdef char room[MOST_ON_STACK + 16]
    cdef char *block
    cdef void *memory = NULL
    cdef Py_ssize_t i, used = 0, fixed = PyTuple_GET_SIZE(ctype.parameters)
    cdef list kept = None
    if function.data == NULL:
        raise RuntimeError(f"cannot call null function pointer from cdata '{ctype.cname}'")
    if count != fixed:
        if not ctype.is_variadic or count < fixed:
            raise TypeError(f"'{ctype.cname}' expects {'at least ' if ctype.is_variadic else ''}{fixed} arguments, "
                            f"got {count}")
    if ctype.is_variadic:
        types = promoted_types(ctype, arguments, count)
        made = variadic_cif(ctype, types)       # held: others may be made meanwhile, without end
        cif = libffi_cif_get(made)
    else:
        types = ctype.parameters
        cif = shared_handle(&ctype.calls)
        if cif == NULL:
            cif = prepare(ctype)
    block = room + (16 - (<uintptr_t>room & 15))
    if cif.exchange_size > MOST_ON_STACK:
        memory = PyMem_Malloc(cif.exchange_size + cif.exchange_alignment)
        if memory == NULL:
            raise MemoryError()
        block = <char *>memory + cif.exchange_alignment - (<uintptr_t>memory & (cif.exchange_alignment - 1))
    use(function)
    try:
        for i in range(count):
            if isinstance(<object>arguments[i], _CDataBase):
                use(<_CDataBase><object>arguments[i])
                used = i + 1
            elif kept is None and not isinstance(<object>arguments[i], (int, float, bytes)):
                kept = []
            store_argument(<CType>PyTuple_GET_ITEM(types, i), block + cif.exchange_offsets[i + 1],
                           <object>arguments[i], kept)
        libffi_invoke_exchange(cif, <libffi_function>function.data, block, LIBFFI_RELEASE_GIL | LIBFFI_ERRNO)
        return read_result(ctype.item_type, block, cif.result_size)
    finally:
        for i in range(used):
            if isinstance(<object>arguments[i], _CDataBase):
                unuse(<_CDataBase><object>arguments[i])
        unuse(function)
        PyMem_Free(memory)


cdef cif_handle prepare(CType ctype) except NULL:
    """Make the CIF; for `...`, nothing is to be made once for all."""
    cif = _CIF(passed_type(ctype.item_type, "return value"),
               [passed_type(parameter, "argument") for parameter in ctype.parameters], abi=ctype.calling_convention)
    with cython.critical_section(ctype):
        if ctype.calls == NULL:
            ctype.cif = cif
            share_handle(&ctype.calls, libffi_cif_get(cif))
    return ctype.calls


cdef object passed_type(CType ctype, str role):
    try:
        return core_type(ctype)
    except NotImplementedError:
        raise NotImplementedError(
            f"ctype '{ctype.cname}' not supported as {role}.  It is a struct declared with \"...;\", but the C calling "
            "convention may depend on the missing fields; or, it contains anonymous struct/unions.  Such structs are "
            f"only supported as {role} if the function is 'API mode' and non-variadic (i.e. declared inside "
            "ffibuilder.cdef()+ffibuilder.set_source() and not taking a final '...' argument)") from None


cdef tuple promoted_types(CType ctype, PyObject *const *arguments, Py_ssize_t count):
    """The types of all arguments of a call with `...`: C's promotions for those that no parameter names."""
    cdef Py_ssize_t i
    cdef CType given
    types = list(ctype.parameters)
    for i in range(len(types), count):
        if not isinstance(<object>arguments[i], _CDataBase):
            raise TypeError(f"argument {i + 1} passed in the variadic part needs to be a cdata object "
                            f"(got {type(<object>arguments[i]).__name__})")
        given = (<_CDataBase><object>arguments[i]).type
        if is_integer(given) and given.size < <Py_ssize_t>sizeof(int):
            given = _int
        elif given.kind_number == FLOATING:
            given = _double
        elif given.kind_number == ARRAY:
            given = given.pointer_type
        types.append(given)
    return tuple(types)


cdef CType _int = new_primitive_type("int")
cdef CType _double = new_primitive_type("double")


cdef object variadic_cif(CType ctype, tuple types):
    """One CIF for each list of types that a function was called with."""
    cdef PyObject *arguments[64]
    cdef Py_ssize_t i
    with cython.critical_section(ctype):
        if ctype.variadic is None:
            ctype.variadic = {}
    cif = dict_get(ctype.variadic, types)
    if cif is None:
        if len(types) > 64:
            raise TypeError(f"'{ctype.cname}': {len(types)} arguments, more than 64")
        passed = [passed_type(each, "argument") for each in types]
        for i in range(len(passed)):
            arguments[i] = <PyObject *>passed[i]
        cif = libffi_cif_new(passed_type(ctype.item_type, "return value"), arguments, len(passed),
                             len(ctype.parameters), ctype.calling_convention)
        if len(ctype.variadic) >= 1000:     # a program that makes up types has no end of them
            ctype.variadic.clear()
        ctype.variadic[types] = cif
    return cif


@cython.nonecheck(False)
cdef int store_argument(CType ctype, char *data, object value, list kept) except -1:
    cdef char *address
    if ctype.kind_number == POINTER and not isinstance(value, _CDataBase):
        address = temporary(ctype, value, kept)
        memcpy(data, &address, sizeof(char *))
        return 0
    return store(ctype, data, value)


cdef char *temporary(CType ctype, object value, list kept) except? NULL:
    """What Python values a pointer parameter takes: bytes as they are, lists and texts in memory for the call."""
    cdef CType item = ctype.item_type
    cdef char *data
    cdef Py_ssize_t count
    if isinstance(value, bytes) and (item.is_bytes or item.kind_number == VOID or item.kind_number == TRUTH):
        if item.kind_number == TRUTH and max(value, default=0) > 1:
            raise ValueError("an array of _Bool can only contain \\x00 or \\x01")
        return PyBytes_AS_STRING(value)
    if is_file_pointer(ctype) and isinstance(value, _io.IOBase):
        return file_address(value)
    if item.size < 0 or not (isinstance(value, (list, tuple)) or isinstance(value, str) and as_characters(
            item, value) is not None):
        unfit(ctype, "bytes or list or tuple or cdata pointer" if item.is_bytes else "cdata pointer", value)
    count = array_length(item, value)
    room = PyBytes_FromStringAndSize(NULL, max(count, 1) * item.size)
    data = PyBytes_AS_STRING(room)
    memset(data, 0, max(count, 1) * item.size)
    store_array(open_array_of(ctype), data, value, count)
    kept.append(room)
    return data


cdef object read_result(CType ctype, char *data, size_t given):
    """Integers come widened to a machine word; a struct is copied."""
    if ctype.kind_number == VOID:
        return None
    if is_integer(ctype) and given > <size_t>ctype.size:
        put_integer(ctype.size, data, unsigned_at(given, data))
    return copied_struct(ctype, data) if is_aggregate(ctype) else read(ctype, data)
