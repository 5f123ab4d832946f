"""The raw layer: calls on addresses and buffers, no conversion."""


@cython.internal
@cython.no_gc                   # nobody else finds it, or what it holds
cdef class Storage:
    """The addresses of buffers, and the buffers, for one call."""
    cdef void **addresses
    cdef list views

    def __dealloc__(self):
        PyMem_Free(self.addresses)


cdef void *storage_address(what, value, size_t size, bint writable, list views) except? NULL:
    """Return the address of a buffer of at least `size` bytes (kept in `views`), or of an int."""
    cdef Pointer pointer
    cdef Export export
    if isinstance(value, int) or isinstance(value, Pointer):
        pointer = make_pointer(core_types["pointer"], value)
        if pointer.p.address == NULL:
            raise ValueError(f"{what}: NULL")
        views.append(pointer)
        return pointer.p.address
    try:
        export = hold_buffer(value)
    except TypeError:
        raise TypeError(f"{what}: expected a buffer or an address, got {type(value).__name__}") from None
    if writable and export.view.readonly:
        raise TypeError(f"{what}: expected a writable buffer, got a read-only {type(value).__name__}")
    if not PyBuffer_IsContiguous(&export.view, b'C'):
        raise ValueError(f"{what}: expected a contiguous buffer")
    if <size_t>export.view.len < size:
        raise ValueError(f"{what}: expected at least {size} bytes, got {export.view.len}")
    views.append(export)
    return export.view.buf


cdef call_target find_target(what, address, list views, bint wants_go=False) except *:
    """Return what is called: for as long as `what` and `views` are there."""
    cdef Pointer pointer
    cdef call_target target
    if not isinstance(address, (int, Pointer, Closure, Function)):
        raise TypeError(f"{what}() address: expected an int, Pointer, Closure or Function, "
                        f"got {type(address).__name__}")
    if is_go_closure(address) != wants_go and not isinstance(address, (int, Pointer)):
        raise TypeError(f"{what}() address: expected {'a Go closure' if wants_go else 'a function'}, got {address!r}")
    audit_address(address)
    pointer = make_pointer(core_types["pointer"], address)
    if pointer.p.address == NULL:
        raise ValueError(f"{what}() address: NULL is no function")
    views.append(pointer)
    memset(&target, 0, sizeof(target))
    target.address = <c_function>pointer.p.address
    target.life = pointer.p.life
    target.name = <PyObject *>what
    return target


cdef Storage collect_arguments(CIF cif, what, avalues):
    cdef Storage storage = Storage()
    cdef Py_ssize_t i
    cdef cif_state *c = cif.state
    cdef size_t size
    need_stack(0)
    values = []
    for value in iterator_of(avalues):
        values.append(value)
        if len(values) > <Py_ssize_t>c.nargs:       # of what has no end, no more is asked
            break
    if len(values) != <Py_ssize_t>c.nargs:
        raise TypeError(f"{what} takes {c.nargs} argument{'' if c.nargs == 1 else 's'}, "
                        f"got {max(len(values), PyObject_LengthHint(avalues, 0))}")
    storage.views = hidden_list()
    storage.addresses = <void **>PyMem_Calloc(c.nargs + 1, sizeof(void *))
    if storage.addresses == NULL:
        raise MemoryError
    for i, value in enumerate(values):
        size = c.args[i].type.size if c.args[i].passing == K_VOID else sizeof(void *)
        storage.addresses[i] = storage_address(f"{what} avalues[{i}]", value, size, False, storage.views)
    return storage


@cython.internal
cdef class Scratch:
    """Room for a result nobody asked for."""
    cdef void *data

    def __dealloc__(self):
        PyMem_Free(self.data)


cdef void *result_storage(CIF cif, what, rvalue, list views) except NULL:
    cdef size_t size = max(cif.state.result.size, FFI_SIZEOF_ARG)
    cdef Scratch scratch
    if cif.state.result_kind == K_VOID and rvalue is not None:
        raise TypeError(f"{what} rvalue: a void function has no result, pass None")
    if rvalue is None:
        scratch = Scratch()
        scratch.data = PyMem_Calloc(1, size + 64)
        if scratch.data == NULL:
            raise MemoryError
        views.append(scratch)
        return <void *>((<uintptr_t>scratch.data + 63) & ~<uintptr_t>63)
    return storage_address(f"{what} rvalue", rvalue, size, True, views)


cdef int call_storage(CIF cif, address, rvalue, avalues) except -1:
    cdef Storage storage
    cdef call_target target
    no_variadic(cif, "call_raw")
    storage = collect_arguments(cif, "call_raw()", avalues)
    target = find_target("call_raw", address, storage.views)
    return invoke(&target, cif.state, result_storage(cif, "call_raw()", rvalue, storage.views), storage.addresses)


cdef int call_block(CIF cif, address, buffer) except -1:
    cdef Storage storage = Storage()
    cdef char *block
    cdef unsigned i
    cdef cif_state *c = cif.state
    cdef call_target target
    no_variadic(cif, "call_exchange")
    storage.views = hidden_list()
    target = find_target("call_exchange", address, storage.views)
    block = <char *>storage_address("call_exchange() buffer", buffer, c.exchange_size, True, storage.views)
    storage.addresses = <void **>PyMem_Calloc(c.nargs + 1, sizeof(void *))
    if storage.addresses == NULL:
        raise MemoryError
    for i in range(c.nargs):
        storage.addresses[i] = block + c.args[i].offset
    return invoke(&target, c, block, storage.addresses)


# ---- Go closures ----

cdef object call_go_closure(CIF cif, closure, tuple args):
    cdef Storage storage = Storage()
    cdef cif_state *c = cif.state
    cdef unsigned i
    cdef call_target target
    cdef Memory memory
    cdef keeper k
    no_variadic(cif, "call_go")
    if not FFIPY_HAVE_GO:
        raise FFIError("this libffi has no Go closures on this platform")
    if <Py_ssize_t>c.nin != len(args) or c.nout or c.nin != c.nargs:
        raise TypeError(f"call_go() takes {c.nargs} plain arguments, got {len(args)}")
    storage.views = hidden_list()
    target = find_target("call_go", closure, storage.views, True)
    storage.addresses = <void **>PyMem_Calloc(c.nargs + 1, sizeof(void *))
    if storage.addresses == NULL:
        raise MemoryError
    for i in range(c.nargs):
        if c.args[i].passing != K_VOID:
            raise TypeError("call_go(): parameters by reference are not for Go closures")
        memory = memory_new(c.args[i].type)
        storage.views.append(memory)
        lifetime_pin(memory.m.life)     # for good: it goes with the call
        k = memory_keeper(<MemoryObject *>memory)
        store_argument(c.args[i].type, memory.m.data, args[i], &k, "call_go()", i + 1)
        storage.addresses[i] = memory.m.data
    result = result_storage(cif, "call_go()", None, storage.views)
    invoke_go(&target, c, result, storage.addresses)
    return load_result(c, result)


# ---- libffi's raw API ----

cdef int check_raw(CIF cif, what) except -1:
    """Refuse what a raw block has only the address of, or not at its alignment."""
    cdef unsigned i
    cdef type_kind kind
    no_variadic(cif, what)
    for i in range(cif.state.nargs):
        kind = plain_type(cif.state.args[i].type).kind
        if not cif.state.args[i].passing and (is_aggregate_kind(kind) or is_complex_kind(kind)):
            raise BadTypedef(f"CIF.{what}: libffi's raw API takes no {<object>cif.state.args[i].type.name} by value")
    return 0


cdef object pack_raw(CIF cif, avalues):
    cdef Storage storage
    check_raw(cif, "ptrarray_to_raw")
    storage = collect_arguments(cif, "ptrarray_to_raw()", avalues)
    raw = bytearray(ffi_raw_size(&cif.state.cif) + 8)
    ffi_ptrarray_to_raw(&cif.state.cif, storage.addresses, <ffi_raw *>PyByteArray_AS_STRING(raw))
    del raw[-8:]
    return raw


cdef object unpack_raw(CIF cif, raw):
    cdef Storage storage = Storage()
    cdef unsigned i
    check_raw(cif, "raw_to_ptrarray")
    storage.views = hidden_list()
    block = storage_address("raw_to_ptrarray() raw", raw, ffi_raw_size(&cif.state.cif), False, storage.views)
    storage.addresses = <void **>PyMem_Calloc(cif.state.nargs + 1, sizeof(void *))
    if storage.addresses == NULL:
        raise MemoryError
    ffi_raw_to_ptrarray(&cif.state.cif, <ffi_raw *>block, storage.addresses)
    return [<uintptr_t>storage.addresses[i] for i in range(cif.state.nargs)]


cdef int call_raw_block(CIF cif, address, rvalue, raw) except -1:
    cdef call_target target
    views = hidden_list()
    check_raw(cif, "raw_call")
    target = find_target("raw_call", address, views)
    block = storage_address("raw_call() raw", raw, ffi_raw_size(&cif.state.cif), False, views)
    return invoke_raw(&target, cif.state, result_storage(cif, "raw_call()", rvalue, views), <ffi_raw *>block)
