"""The capsule behind include/libffi/libffi_api.h: what of the C API needs the classes."""

cdef extern from "libffi/libffi_api.h":
    const char *LIBFFI_API_CAPSULE

    ctypedef struct libffi_closure:
        pass
    ctypedef void (*libffi_handler)(void *, void *, void **, void *) noexcept nogil

    ctypedef struct libffi_cif:
        PyObject *object

    ctypedef struct libffi_type_info:
        size_t size, alignment
        int kind, is_complete, is_const
        const char *name
        PyObject *item
        PyObject *cif
        Py_ssize_t length, nfields
        void *ffi_type

    ctypedef struct libffi_field_info:
        const char *name
        PyObject *type
        size_t offset
        unsigned bit_offset, bit_width

    ctypedef struct libffi_member:
        const char *name
        PyObject *type

    int LIBFFI_KIND_UNION

    ctypedef struct libffi_api:
        object (*type_from_code)(int)
        object (*type_pointer)(PyObject *, int)
        int (*type_look)(PyObject *, libffi_type_info *, size_t) except -1
        int (*type_field)(PyObject *, Py_ssize_t, libffi_field_info *, size_t) except -1
        object (*cif_new)(PyObject *, PyObject *const *, Py_ssize_t, Py_ssize_t, int)
        object (*cif_from_codes)(int, const int *, Py_ssize_t, Py_ssize_t, int)
        const libffi_cif *(*cif_get)(PyObject *) except NULL
        libffi_closure *(*closure_new)(PyObject *, libffi_handler, void *) except NULL
        object (*closure_from_callable)(PyObject *, PyObject *)
        int (*address)(PyObject *, void **) except -1
        int (*store)(PyObject *, void *, PyObject *, PyObject **) except -1
        object (*load)(PyObject *, const void *)
        object (*features)()
        object (*type_array)(PyObject *, Py_ssize_t)
        object (*type_vector)(PyObject *, Py_ssize_t)
        object (*type_struct)(int, const char *, const libffi_member *, Py_ssize_t, unsigned, unsigned)
        int (*type_define)(PyObject *, const libffi_member *, Py_ssize_t, unsigned, unsigned) except -1
        object (*type_bits)(PyObject *, int)
        object (*type_function)(PyObject *)
        object (*type_enum)(PyObject *, PyObject *)
        PyObject *(*cif_type)(const libffi_cif *, Py_ssize_t) except NULL

cdef extern from "core.h":
    libffi_api capi_table
    object given_object(const char *, PyObject *)
    int given_count(const char *, Py_ssize_t, const void *) except -1
    int given_place(const char *, const void *) except -1
    void prepare_handle(libffi_cif *, cif_state *, size_t *)
    libffi_closure *c_closure_new(cif_state *, libffi_handler, void *, ffi_status *) except? NULL
    int store_and_keep(const type_info *, void *, object, PyObject **) except -1


# ---- types ----

# The tables of model/kinds.h are in the public enums' order.
cdef list CODES = [name for name in core_types if not name.startswith(("sint", "exact"))]
cdef dict KINDS = {name: i for i, name in enumerate(dict.fromkeys(KIND_NAMES))}


cdef object type_of_code(int code):
    if not 0 <= code < len(CODES):
        raise ValueError(f"{code} is no type code (0 to {len(CODES) - 1})")
    return core_types[CODES[code]]


cdef object capi_type_from_code(int code):
    return type_of_code(code)


cdef object capi_type_pointer(PyObject *item, int is_const):
    return ptr(given_object("libffi_type_pointer() item", item), bool(is_const))


cdef object capi_type_array(PyObject *item, Py_ssize_t length):
    return array(given_object("libffi_type_array() item", item), length)


cdef object capi_type_vector(PyObject *item, Py_ssize_t lanes):
    return vector(given_object("libffi_type_vector() item", item), lanes)


cdef list pairs_of(const libffi_member *members, Py_ssize_t nmembers):
    cdef Py_ssize_t i
    given_count("libffi_member array", nmembers, members)
    pairs = []
    for i in range(nmembers):
        type = given_object("libffi_member type", members[i].type)
        pairs.append((None if members[i].name == NULL else members[i].name.decode(), type))
    return pairs


cdef object capi_type_struct(int kind, const char *name, const libffi_member *members, Py_ssize_t nmembers,
                             unsigned pack, unsigned align):
    constructor = union if kind == LIBFFI_KIND_UNION else struct
    pairs = pairs_of(members, nmembers)
    return constructor("" if name == NULL else name.decode(), pairs, _pack_=pack, _align_=align)


cdef int capi_type_define(PyObject *type, const libffi_member *members, Py_ssize_t nmembers,
                          unsigned pack, unsigned align) except -1:
    this = need_type("libffi_type_define()", given_object("libffi_type_define() type", type))
    this.define(pairs_of(members, nmembers), pack, align)
    return 0


cdef object capi_type_bits(PyObject *base, int width):
    return bits(given_object("libffi_type_bits() base", base), width)


cdef object capi_type_function(PyObject *cif):
    return func(given_object("libffi_type_function() cif", cif))


cdef object capi_type_enum(PyObject *cls, PyObject *base):
    return enum(given_object("libffi_type_enum() cls", cls), None if base == NULL else <object>base)


cdef int capi_type_look(PyObject *type, libffi_type_info *out, size_t size) except -1:
    cdef Type this = need_type("libffi_type_look()", given_object("libffi_type_look() type", type))
    cdef libffi_type_info info
    memset(&info, 0, sizeof(info))
    if this.info.complete:
        info.size = this.info.size
        info.alignment = this.info.alignment
    info.kind = KINDS[this.kind]
    info.is_complete = this.info.complete
    info.is_const = this.info.is_const
    info.name = PyUnicode_AsUTF8(type_name(this))
    info.item = NULL if this.item is None else <PyObject *>this.item
    info.cif = NULL if this.cif is None else <PyObject *>this.cif
    info.length = this.info.length if this.info.kind in (K_ARRAY, K_VECTOR, K_BITS) else -1
    info.nfields = this.info.nfields
    info.ffi_type = this.info.ffi
    memset(out, 0, size)
    memcpy(out, &info, min(size, sizeof(info)))
    return 0


cdef int capi_type_field(PyObject *type, Py_ssize_t index, libffi_field_info *out, size_t size) except -1:
    cdef Type this = need_type("libffi_type_field()", given_object("libffi_type_field() type", type))
    cdef libffi_field_info info
    cdef const field_info *field
    if not 0 <= index < this.info.nfields:
        raise IndexError(f"{type_name(this)} has {this.info.nfields} fields, none at {index}")
    field = &this.info.fields[index]
    memset(&info, 0, sizeof(info))
    info.name = PyUnicode_AsUTF8(<object>field.name)
    info.type = field.type.object
    info.offset = field.offset
    info.bit_offset = field.bit_offset
    info.bit_width = field.bit_width
    memset(out, 0, size)
    memcpy(out, &info, min(size, sizeof(info)))
    return 0


# ---- CIFs ----

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


cdef object capi_cif_new(PyObject *restype, PyObject *const *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi):
    cdef Py_ssize_t i
    result = given_object("libffi_cif_new() result", restype)
    given_count("libffi_cif_new() arguments", nargs, arguments)
    types = []
    for i in range(nargs):
        types.append(given_object("libffi_cif_new() argument", arguments[i]))
    return concrete_cif(result, types, nfixed, abi)


cdef object capi_cif_from_codes(int restype, const int *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi):
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
    given_place("libffi_cif_type() cif", handle)
    cif = <CIF>handle.object
    if index == -1:
        return <PyObject *>cif.restype
    if not 0 <= index < len(cif.argtypes):
        raise IndexError(f"{cif} has {len(cif.argtypes)} arguments, none at {index}")
    return <PyObject *>cif.argtypes[index]


# ---- closures ----

cdef libffi_closure *capi_closure_new(PyObject *cif, libffi_handler handler, void *user) except NULL:
    cdef CIF this = need_cif("libffi_closure_new()", given_object("libffi_closure_new() cif", cif))
    cdef ffi_status status = FFI_OK
    cdef libffi_closure *result
    given_place("libffi_closure_new() handler", <const void *>handler)
    check_closable(this, PLAIN_CLOSURE)
    result = c_closure_new(this.state, handler, user, &status)
    if result == NULL:
        raise status_error(status, "libffi_closure_new()")
    return result


cdef object capi_closure_from_callable(PyObject *cif, PyObject *callable):
    this = need_cif("libffi_closure_from_callable()", given_object("libffi_closure_from_callable() cif", cif))
    function = given_object("libffi_closure_from_callable() callable", callable)
    return make_closure(this, function, None, None, None, None, PLAIN_CLOSURE)


# ---- values ----

cdef int capi_address(PyObject *given, void **address) except -1:
    cdef Pointer pointer
    address[0] = NULL
    value = given_object("libffi_address() value", given)
    if value is None:
        return 0
    if isinstance(value, (Memory, int, Pointer, Closure, Function)):
        pointer = make_pointer(core_types["pointer"], value)
        address[0] = pointer.p.address
        return 0
    raise TypeError(f"libffi_address(): {type(value).__name__} has no address")


cdef int capi_store(PyObject *type, void *where, PyObject *value, PyObject **keep) except -1:
    cdef Type this
    if keep != NULL:
        keep[0] = NULL
    this = need_type("libffi_store()", given_object("libffi_store() type", type))
    stored = given_object("libffi_store() value", value)
    given_place("libffi_store() where", where)
    need_storage(this)
    return store_and_keep(&this.info, where, stored, keep)


cdef object capi_load(PyObject *type, const void *where):
    cdef Type this = need_type("libffi_load()", given_object("libffi_load() type", type))
    given_place("libffi_load() where", where)
    need_storage(this)
    return load_value(&this.info, where, NULL)


cdef object capi_features():
    return features()


capi_table.type_from_code = capi_type_from_code
capi_table.type_pointer = capi_type_pointer
capi_table.type_look = capi_type_look
capi_table.type_field = capi_type_field
capi_table.cif_new = capi_cif_new
capi_table.cif_from_codes = capi_cif_from_codes
capi_table.cif_get = capi_cif_get
capi_table.closure_new = capi_closure_new
capi_table.closure_from_callable = capi_closure_from_callable
capi_table.address = capi_address
capi_table.store = capi_store
capi_table.load = capi_load
capi_table.features = capi_features
capi_table.type_array = capi_type_array
capi_table.type_vector = capi_type_vector
capi_table.type_struct = capi_type_struct
capi_table.type_define = capi_type_define
capi_table.type_bits = capi_type_bits
capi_table.type_function = capi_type_function
capi_table.type_enum = capi_type_enum
capi_table.cif_type = capi_cif_type
_C_API = PyCapsule_New(&capi_table, LIBFFI_API_CAPSULE, NULL)
