"""CIFs, and what calls see of them, for C."""


cdef object concrete_cif(object restype, list types, Py_ssize_t nfixed, int abi):
    """Return the CIF of a signature, or of one call of a variadic one."""
    cdef CIF base
    cdef const type_info **extra
    cdef Py_ssize_t i, n = len(types) - nfixed
    cdef Type type
    if nfixed == -1:
        return _cif(restype, types, abi=abi)
    if nfixed < 0:
        raise ValueError(f"nfixed: expected a count, or -1 for a plain signature, got {nfixed}")
    if n < 0:
        raise ValueError(f"{nfixed} fixed arguments of {len(types)}")
    base = _cif(restype, types[:nfixed] + [...], abi=abi)
    extra = <const type_info **>PyMem_Calloc(n + 1, sizeof(type_info *))
    if extra == NULL:
        raise MemoryError
    try:
        for i in range(n):
            type = need_type("libffi_cif_new()", types[nfixed + i])
            extra[i] = &type.info
        return variadic_cif(base.state, extra, n)
    finally:
        PyMem_Free(extra)


cdef object make_signature(PyObject *restype, PyObject *const *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi):
    cdef Py_ssize_t i
    result = given_object("libffi_cif_new() result", restype)
    given_count("libffi_cif_new() arguments", nargs, arguments)
    types = []
    for i in range(nargs):
        types.append(given_object("libffi_cif_new() argument", arguments[i]))
    return concrete_cif(result, types, nfixed, abi)


cdef object make_signature_of_codes(int restype, const int *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi):
    cdef Py_ssize_t i
    given_count("libffi_cif_from_codes() arguments", nargs, arguments)
    types = []
    for i in range(nargs):
        types.append(type_of_code(arguments[i]))
    return concrete_cif(type_of_code(restype), types, nfixed, abi)


@cython.final
@cython.internal
cdef class Handle:
    """What the C API sees of a CIF, for as long as that lives."""
    cdef libffi_cif head
    cdef size_t *offsets

    def __dealloc__(self):
        PyMem_Free(self.offsets)


cdef Handle make_handle(CIF cif):
    cdef Handle handle = Handle.__new__(Handle)
    handle.offsets = <size_t *>PyMem_Calloc(cif.state.nargs + 1, sizeof(size_t))
    if handle.offsets == NULL:
        raise MemoryError
    prepare_handle(&handle.head, cif.state, handle.offsets)
    return handle


cdef CIF need_cif(what, cif):
    if not isinstance(cif, CIF):
        raise TypeError(f"{what}: expected a libffi.CIF, got {type(cif).__name__}")
    return <CIF>cif


cdef const libffi_cif *capi_cif_get(PyObject *given) except NULL:
    cdef CIF this = need_cif("libffi_cif_get()", given_object("libffi_cif_get() cif", given))
    no_variadic(this, "libffi_cif_get")
    if this.handle is None:
        made = make_handle(this)
        lock_interned()
        if this.handle is None:     # two threads may come here at once; the first one's handle stays
            this.handle = made
        unlock_interned()
    return &(<Handle>this.handle).head


cdef PyObject *capi_cif_type(const libffi_cif *handle, Py_ssize_t index) except NULL:
    cdef CIF cif
    given_handle("libffi_cif_type() cif", handle)
    cif = <CIF>handle.object
    if index == -1:
        return <PyObject *>cif.restype
    if not 0 <= index < len(cif.argtypes):
        raise IndexError(f"{cif} has {len(cif.argtypes)} arguments, none at {index}")
    return <PyObject *>cif.argtypes[index]
