"""Types, for C."""

# The tables of model/kinds.h are in the public enums' order.
cdef list CODES = [name for name in core_types if not name.startswith(("sint", "exact"))]
cdef dict KINDS = {name: i for i, name in enumerate(filter(None, dict.fromkeys(KIND_NAMES)))}


cdef object type_of_code(int code):
    is_at_home("libffi_type_from_code()")
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


cdef object capi_type_reference(int kind, PyObject *item):
    constructor = ref if kind == LIBFFI_KIND_REF else out if kind == LIBFFI_KIND_OUT else inout
    return constructor(given_object("libffi_type_ref(), _out() or _inout() item", item))


cdef object capi_type_exact(PyObject *item):
    return exact(given_object("libffi_type_exact() item", item))


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
    info.ffi_type = NULL if is_nothing(&this.info) else this.info.ffi
    info.is_exact = this.info.kind == K_EXACT
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
