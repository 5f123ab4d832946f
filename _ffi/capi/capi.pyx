"""The capsule behind include/libffi/libffi_api.h: the table, with what of it needs the classes."""


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
