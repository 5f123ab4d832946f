"""Closures, addresses and values, for C."""


cdef libffi_closure *capi_closure_new(PyObject *cif, libffi_handler handler, void *user) except NULL:
    given_place("libffi_closure_new() handler", <const void *>handler)
    return new_closure("libffi_closure_new()", cif, handler, NULL, user)


cdef libffi_closure *capi_closure_make(PyObject *cif, libffi_responder responder, void *user) except NULL:
    given_place("libffi_closure_make() responder", <const void *>responder)
    return new_closure("libffi_closure_make()", cif, NULL, responder, user)


cdef libffi_closure *new_closure(str what, PyObject *cif, libffi_handler handler, libffi_responder responder,
                                 void *user) except NULL:
    cdef CIF this = need_cif(what, given_object("libffi_closure_new() cif", cif))
    cdef ffi_status status = FFI_OK
    cdef libffi_closure *result
    check_closable(this, PLAIN_CLOSURE)
    result = c_closure_new(capi_cif_get(<PyObject *>this), handler, responder, user, &status)
    if result == NULL:
        raise status_error(status, what)
    return result


cdef object capi_closure_from_callable(PyObject *cif, PyObject *callable):
    this = need_cif("libffi_closure_from_callable()", given_object("libffi_closure_from_callable() cif", cif))
    function = given_object("libffi_closure_from_callable() callable", callable)
    return make_closure(this, function, None, None, None, None, PLAIN_CLOSURE)


cdef int capi_address(PyObject *given, void **address) except -1:
    cdef Pointer pointer
    address[0] = NULL
    value = given_object("libffi_address() value", given)
    if value is None:
        return 0
    if type(value) is Closure:
        address[0] = need_block(<Closure>value).code
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
    return store_argument_and_keep(&this.info, where, stored, keep)


cdef object capi_load(PyObject *type, const void *where):
    cdef Type this = need_type("libffi_load()", given_object("libffi_load() type", type))
    given_place("libffi_load() where", where)
    need_storage(this)
    return load_value(&this.info, where, NULL)
