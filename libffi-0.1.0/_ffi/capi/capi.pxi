# What the C API uses of its own public declarations and of our C for it.

from libffi cimport (
    LIBFFI_KIND_OUT,
    LIBFFI_KIND_REF,
    LIBFFI_KIND_UNION,
    libffi_cif,
    libffi_closure,
    libffi_field_info,
    libffi_handler,
    libffi_member,
    libffi_responder,
    libffi_type_info,
)

cdef extern from "libffi/libffi_api.h":
    const char *LIBFFI_API_CAPSULE

    # The table, which the public declarations do not show: their functions are macros over it.
    ctypedef struct libffi_api:
        object (*type_from_code)(int)
        object (*type_pointer)(PyObject *, int)
        int (*type_look)(PyObject *, libffi_type_info *, size_t) except -1
        int (*type_field)(PyObject *, Py_ssize_t, libffi_field_info *, size_t) except -1
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
        object (*type_reference)(int, PyObject *)
        object (*type_exact)(PyObject *)
        libffi_closure *(*closure_make)(PyObject *, libffi_responder, void *) except NULL
        object (*library_open)(const char *)
        void *(*library_symbol)(PyObject *, const char *) except NULL
        int (*library_close)(PyObject *) except -1
        object (*declare)(PyObject *, const char *)

cdef extern from "core.h":
    libffi_api capi_table
    object given_object(const char *, PyObject *)
    int given_count(const char *, Py_ssize_t, const void *) except -1
    int given_place(const char *, const void *) except -1
    int given_handle(const char *, const libffi_cif *) except -1
    bint is_at_home(const char *) except 0
    void prepare_handle(libffi_cif *, cif_state *, size_t *)
    libffi_closure *c_closure_new(const libffi_cif *, libffi_handler, libffi_responder, void *,
                                  ffi_status *) except? NULL
    enum:
        MOST_CODES "CODES"
    PyObject **signature_types "signatures.types"
    int signature_codes "signatures.ncodes"
    object (*signature_maker "signatures.make")(PyObject *, PyObject *const *, Py_ssize_t, Py_ssize_t, int)
    object (*signature_maker_of_codes "signatures.make_of_codes")(int, const int *, Py_ssize_t, Py_ssize_t, int)
    int store_argument_and_keep(const type_info *, void *, object, PyObject **) except -1
