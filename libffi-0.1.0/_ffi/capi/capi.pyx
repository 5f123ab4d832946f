"""The capsule behind include/libffi/libffi_api.h: the table, with what of it needs the classes."""


cdef int fill_in_codes() except -1:
    """Tell C the types of scalars by their codes."""
    global signature_codes
    assert len(CODES) <= MOST_CODES
    for code, name in enumerate(CODES):
        type = core_types[name]
        signature_types[<int>code] = <PyObject *>type
    signature_codes = <int>len(CODES)
    return 0


cdef object capi_features():
    is_at_home("libffi_features()")
    return features()


capi_table.type_from_code = capi_type_from_code
capi_table.type_pointer = capi_type_pointer
capi_table.type_look = capi_type_look
capi_table.type_field = capi_type_field
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
capi_table.type_reference = capi_type_reference
capi_table.type_exact = capi_type_exact
capi_table.closure_make = capi_closure_make
capi_table.library_open = capi_library_open
capi_table.library_symbol = capi_library_symbol
capi_table.library_close = capi_library_close
capi_table.declare = capi_declare
signature_maker = make_signature
signature_maker_of_codes = make_signature_of_codes
fill_in_codes()


def __getattr__(name):
    """Return what is made when it is asked for: the ABI enum, and the table, which C then has the address of."""
    global has_to_stay
    if name == "ABI":
        return get_abi()
    if name in ("_C_API", "_C_API_of_module"):
        if name == "_C_API":            # else it is for who goes no later than we do
            has_to_stay = 1
        keep_house_open(&own_house)     # C's threads may enter
        return PyCapsule_New(&capi_table, LIBFFI_API_CAPSULE, NULL)
    raise AttributeError(f"module 'libffi._ffi' has no attribute {name!r}")
