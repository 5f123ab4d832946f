"""CIF: a prepared call interface."""


@cython.final
@cython.no_gc_clear             # what a call needs is borrowed from its types
cdef class CIF:
    """Describe a function's signature: result type, argument types, calling convention.

    `CIF(c.int, [c.string, ...])`: a last argument type of `...` marks a variadic
    signature. Equal signatures are the same object. Raises BadTypedef, BadABI,
    BadArgType. C: ffi_prep_cif, ffi_prep_cif_var, ffi_call_plan_alloc,
    ffi_call_plan_size, ffi_call_plan_free.
    """
    cdef cif_state *state
    cdef readonly Type restype
    cdef readonly tuple argtypes
    cdef dict variants              # variadic: extra types -> CIF
    cdef object handle              # what the C API sees of it, or None until asked for
    cdef object __weakref__

    def __del__(self):
        reserve_cif(self.state)

    def __dealloc__(self):
        cif_end(self.state)

    @property
    def abi(self):
        """Return the calling convention, an ABI."""
        return get_abi()(<int>self.state.abi)

    @property
    def nfixed(self):
        """Return the number of arguments before the `...`."""
        return self.state.nfixed

    @property
    def variadic(self):
        """Return whether the signature ends in `...`."""
        return bool(self.state.variadic)

    def __str__(self):
        return shorten(spell_function(self, ""))

    def __repr__(self):
        return f"<libffi.CIF {self}>"

    def __reduce__(self):
        argtypes = (*self.argtypes, ...) if self.state.variadic else self.argtypes
        return _rebuild_cif, (self.restype, argtypes, <int>self.state.abi)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def bind(self, address, name=None, *, gil="release", errno=False, errcheck=None):
        """Return the Function of this signature at `address`.

        `address` is an int, a Pointer, a Closure or a Function. `gil="hold"` keeps
        the GIL, for functions that return at once. `errno=True` saves errno after
        each call for get_errno(). `errcheck(result, function, arguments)` replaces the result.
        """
        audit_address(address)
        return bind_function(self, address, name, None, gil, errno, errcheck)

    def call(self, address, *args):
        """Call the function at `address` once. C: ffi_call."""
        audit_address(address)
        return bind_function(self, address, None, None, "release", False, None)(*args)

    def closure(self, callable=None, *, on_error=None, on_exception=None, name=None, dispatch=None):
        """Make a C function pointer of a Python callable; without one, return a decorator.

        C gets `on_error` (default: zero bytes) when the callable raises, and the call into C raises it;
        or `on_exception(exception)` is called at once, and C gets what it returns. `dispatch`, for
        void functions, has it run elsewhere, and C does not wait: it is called with the callable
        and the arguments (`loop.call_soon_threadsafe`, `executor.submit`), or is a queue that
        gets them as a `functools.partial`.
        C: ffi_closure_alloc, ffi_prep_closure_loc.
        """
        return closure_or_decorator(self, callable, on_error, on_exception, name, dispatch, PLAIN_CLOSURE)

    def go_closure(self, callable=None, *, on_error=None, on_exception=None, name=None):
        """Make a closure for the Go convention: C finds it through the static chain.

        Its address is that of the closure, not of code; call it with call_go().
        C: ffi_prep_go_closure.
        """
        return closure_or_decorator(self, callable, on_error, on_exception, name, None, GO_CLOSURE)

    def raw_closure(self, callable=None, *, on_error=None, on_exception=None, name=None):
        """Make a closure that receives its arguments through libffi's raw API.

        C: ffi_prep_raw_closure_loc.
        """
        return closure_or_decorator(self, callable, on_error, on_exception, name, None, RAW_CLOSURE)

    def call_raw(self, address, rvalue, avalues):
        """Call with storage instead of values, converting nothing.

        `rvalue` is a writable buffer for the result, at least an ffi_arg wide, an
        address, or None to drop it; `avalues` has a buffer or an address of each
        argument. C: ffi_call.
        """
        call_storage(self, address, rvalue, avalues)

    def call_go(self, closure, *args):
        """Call a Go closure: `closure` is its address, passed in the static chain. C: ffi_call_go."""
        return call_go_closure(self, closure, args)

    @property
    def exchange_size(self):
        """Return the size in bytes of the exchange block that call_exchange() takes."""
        return self.state.exchange_size

    @property
    def exchange_offsets(self):
        """Return the offsets in the exchange block: of the result, then of each argument."""
        return (0, *[self.state.args[i].offset for i in range(self.state.nargs)])

    def call_exchange(self, address, buffer):
        """Call with arguments and result in one writable buffer, laid out by exchange_offsets.

        Each slot is at least an ffi_arg wide. C: ffi_call.
        """
        call_block(self, address, buffer)

    @property
    def raw_size(self):
        """Return the bytes that the raw API needs for the arguments. C: ffi_raw_size."""
        check_raw(self, "raw_size")
        return ffi_raw_size(&self.state.cif)

    def ptrarray_to_raw(self, avalues):
        """Pack buffers or addresses of the arguments into raw form. C: ffi_ptrarray_to_raw."""
        return pack_raw(self, avalues)

    def raw_to_ptrarray(self, raw):
        """Return the address of each argument inside a raw block. C: ffi_raw_to_ptrarray."""
        return unpack_raw(self, raw)

    def raw_call(self, address, rvalue, raw):
        """Call with arguments in raw form. C: ffi_raw_call."""
        call_raw_block(self, address, rvalue, raw)


cdef int no_variadic(CIF cif, what) except -1:
    if cif.state.variadic:
        raise TypeError(f"CIF.{what}: {cif} has no fixed list of arguments")
    return 0


def _rebuild_cif(restype, argtypes, abi):
    """Make a CIF again (for pickle)."""
    return _cif(restype, argtypes, abi=abi)


# ---- construction ----

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
    if restype is None:
        restype = core_types["void"]
    if not isinstance(restype, Type):
        raise TypeError(f"CIF() restype: expected a libffi.Type such as c.int, got {restype.__class__.__name__}")
    if isinstance(argtypes, (str, bytes, Type)):
        raise TypeError(f"CIF() argtypes: expected a sequence of types, got {argtypes.__class__.__name__}")
    need_stack(0)
    cdef tuple types = tuple(argtypes)
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
    if type.info.kind in (K_REF, K_OUT, K_INOUT):
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
    if n > 4096:
        raise BadTypedef(f"CIF(): {n} arguments are too many")
    for i in range(n):
        bytes_ += (<Type>types[i]).info.size
    if bytes_ > <size_t>MAX_BY_VALUE:
        raise BadTypedef(f"CIF(): {bytes_} bytes of arguments are too many")
    if not -1 << 31 <= abi < 1 << 31 or not is_known_abi(abi):
        raise BadABI(f"CIF() abi: {abi!r} is none of this platform's "
                     f"({', '.join(get_abi().__members__)})")
    refuse_faulty_call(restype, types, <int>int(abi))
    refuse_faulty_extra(extra)
    infos = <const type_info **>PyMem_Calloc(n + 1, sizeof(type_info *))
    if infos == NULL:
        raise MemoryError
    cif = cif_plain_new(<PyTypeObject *>CIF, (), NULL)
    cif.restype = restype
    cif.argtypes = types
    cif.variants = {} if prototype else None
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


cdef Py_ssize_t MOST_VARIANTS = 64      # of about 3 kB


cdef object variadic_cif(cif_state *base, const type_info *const *extra, Py_ssize_t n):
    """Return the CIF of one variadic call's types; the prototype keeps the last of them."""
    cdef CIF cif = <CIF>base.object, variant
    cdef Py_ssize_t i
    types = tuple([<object>extra[i].object for i in range(n)])
    variant = dict_get(cif.variants, types)
    if variant is None:
        for i in range(n):
            passable(types[i], f"argument {base.nin + i + 1}")
        if types:
            variant = prepare_cif(cif.restype, cif.argtypes, types, <int>cif.state.abi, False)
        else:
            variant = prepare_variant_without_extra(cif)
        with cython.critical_section(cif):
            known = dict_get(cif.variants, types)
            if known is not None:       # another thread was faster
                return known
            make_room(cif)
            cif.variants[types] = variant
    return variant


cdef int make_room(CIF cif) except -1:
    """Let the oldest variants go; a call that is under way has its own."""
    cdef CIF oldest
    while len(cif.variants) >= MOST_VARIANTS:
        oldest = cif.variants.pop(next(iter(cif.variants)))
        forget_variant(cif.state, oldest.state)
    return 0


cdef CIF prepare_variant_without_extra(CIF cif):
    cdef CIF variant = prepare_cif(cif.restype, cif.argtypes, (), <int>cif.state.abi, True)
    variant.state.variadic = False      # nothing more to come: a plain call
    return variant


def closure(restype, argtypes=(), *, abi=None, on_error=None, on_exception=None, name=None, dispatch=None):
    """Return a decorator that makes a Closure of that signature; options as for CIF.closure.

    C: ffi_closure_alloc, ffi_prep_closure_loc.
    """
    return (<CIF>_cif(restype, argtypes, abi=abi)).closure(
        on_error=on_error, on_exception=on_exception, name=name, dispatch=dispatch)


def struct_offsets(type, abi=None):
    """Return the member offsets that libffi computes for a struct. C: ffi_get_struct_offsets."""
    cdef Type struct_type = need_type("struct_offsets()", type)
    cdef ffi_type copy
    cdef size_t *offsets
    cdef Py_ssize_t i, n = 0
    passable(struct_type, "struct_offsets()")
    if struct_type.info.kind != K_STRUCT:
        raise TypeError(f"struct_offsets(): expected a struct, got {type_name(struct_type)}")
    copy = struct_type.own
    copy.size = copy.alignment = 0
    while copy.elements[n] != NULL:
        n += 1
    offsets = <size_t *>PyMem_Calloc(n + 1, sizeof(size_t))
    if offsets == NULL:
        raise MemoryError
    try:
        status = ffi_get_struct_offsets(<ffi_abi><int>(core_default_abi() if abi is None else int(abi)), &copy, offsets)
        if status != FFI_OK:
            raise status_error(status, "struct_offsets()")
        return tuple([offsets[i] for i in range(n)])
    finally:
        PyMem_Free(offsets)
