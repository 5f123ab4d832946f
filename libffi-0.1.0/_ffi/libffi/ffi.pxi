# The declarations of <ffi.h>, nothing else.

cdef extern from "ffi.h" nogil:
    ctypedef int ffi_abi
    ctypedef int ffi_status

    ctypedef struct ffi_type:
        size_t size
        unsigned short alignment
        unsigned short type
        ffi_type **elements

    ctypedef struct ffi_cif:
        ffi_abi abi
        unsigned nargs
        ffi_type **arg_types
        ffi_type *rtype
        unsigned bytes

    ctypedef struct ffi_raw:
        pass

    ffi_type ffi_type_void, ffi_type_float, ffi_type_double, ffi_type_longdouble, ffi_type_pointer

    int FFI_TYPE_STRUCT, FFI_OK, FFI_BAD_TYPEDEF, FFI_BAD_ABI, FFI_BAD_ARGTYPE
    int FFI_DEFAULT_ABI

    ffi_status ffi_prep_cif(ffi_cif *, ffi_abi, unsigned, ffi_type *, ffi_type **)
    void ffi_ptrarray_to_raw(ffi_cif *, void **, ffi_raw *)
    void ffi_raw_to_ptrarray(ffi_cif *, ffi_raw *, void **)
    size_t ffi_raw_size(ffi_cif *)
    ffi_status ffi_get_struct_offsets(ffi_abi, ffi_type *, size_t *)
