# The C API of libffi for Python in Cython: `from libffi cimport libffi_import, libffi_call, ...`.
#
# libffi_api.h, which this declares, says of each function what it owns, raises, and needs.
# Compile with libffi.get_include() among the include folders, and call libffi_import() first.

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t


cdef extern from "libffi/libffi_api.h":
    enum:
        LIBFFI_API_ABI_VERSION
        LIBFFI_API_VERSION
        LIBFFI_API_MINIMUM

    enum libffi_code:
        LIBFFI_VOID, LIBFFI_BOOL, LIBFFI_CHAR, LIBFFI_SCHAR, LIBFFI_UCHAR
        LIBFFI_SHORT, LIBFFI_USHORT, LIBFFI_INT, LIBFFI_UINT, LIBFFI_LONG, LIBFFI_ULONG
        LIBFFI_LONGLONG, LIBFFI_ULONGLONG
        LIBFFI_INT8, LIBFFI_UINT8, LIBFFI_INT16, LIBFFI_UINT16, LIBFFI_INT32, LIBFFI_UINT32
        LIBFFI_INT64, LIBFFI_UINT64, LIBFFI_INT128, LIBFFI_UINT128
        LIBFFI_SIZE_T, LIBFFI_SSIZE_T, LIBFFI_PTRDIFF_T, LIBFFI_INTPTR_T, LIBFFI_UINTPTR_T
        LIBFFI_INTMAX_T, LIBFFI_UINTMAX_T
        LIBFFI_WCHAR_T, LIBFFI_CHAR16_T, LIBFFI_CHAR32_T
        LIBFFI_FLOAT, LIBFFI_DOUBLE, LIBFFI_LONGDOUBLE
        LIBFFI_COMPLEX_FLOAT, LIBFFI_COMPLEX_DOUBLE, LIBFFI_COMPLEX_LONGDOUBLE
        LIBFFI_POINTER, LIBFFI_STRING, LIBFFI_BYTES, LIBFFI_WSTRING, LIBFFI_PY_OBJECT

    enum libffi_kind:
        LIBFFI_KIND_VOID, LIBFFI_KIND_BOOL, LIBFFI_KIND_CHAR, LIBFFI_KIND_WCHAR
        LIBFFI_KIND_SIGNED, LIBFFI_KIND_UNSIGNED, LIBFFI_KIND_FLOAT, LIBFFI_KIND_COMPLEX
        LIBFFI_KIND_POINTER, LIBFFI_KIND_STRING, LIBFFI_KIND_BYTES, LIBFFI_KIND_WSTRING
        LIBFFI_KIND_FUNCTION, LIBFFI_KIND_ARRAY, LIBFFI_KIND_STRUCT, LIBFFI_KIND_UNION
        LIBFFI_KIND_VECTOR, LIBFFI_KIND_ENUM, LIBFFI_KIND_BITS
        LIBFFI_KIND_REF, LIBFFI_KIND_OUT, LIBFFI_KIND_INOUT, LIBFFI_KIND_SWAPPED, LIBFFI_KIND_NDARRAY
        LIBFFI_KIND_OBJECT

    enum libffi_flags:
        LIBFFI_RELEASE_GIL
        LIBFFI_ERRNO
        LIBFFI_LAST_ERROR

    # Whether the package at run time has what came later: LIBFFI_API_HAS(HAS_declare).
    enum libffi_entry:
        HAS_raise "raise"
        HAS_type_reference "type_reference"
        HAS_type_exact "type_exact"
        HAS_closure_make "closure_make"
        HAS_closure_cif "closure_cif"
        HAS_closure_user "closure_user"
        HAS_closure_retarget "closure_retarget"
        HAS_library_open "library_open"
        HAS_library_symbol "library_symbol"
        HAS_library_close "library_close"
        HAS_declare "declare"
        HAS_get_errno "get_errno"
        HAS_set_errno "set_errno"
        HAS_python_enter "python_enter"
        HAS_python_leave "python_leave"
    bint LIBFFI_API_HAS(libffi_entry entry) noexcept nogil

    ctypedef struct libffi_type_info:
        size_t size, alignment
        int kind, is_complete, is_const, is_exact
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

    ctypedef void (*libffi_function)() noexcept nogil
    ctypedef void (*libffi_handler)(void *ffi_cif, void *result, void **arguments, void *user) noexcept nogil

    ctypedef void (*libffi_invoker)(void *prepared, libffi_function function, void *result,
                                    void **arguments) noexcept nogil

    ctypedef struct libffi_cif:
        libffi_invoker invoke
        void *prepared
        unsigned nargs, nfixed
        int abi
        int has_plan
        size_t result_size, exchange_size, exchange_alignment
        const size_t *exchange_offsets
        void *ffi_cif
        PyObject *object

    ctypedef struct libffi_closure:
        pass
    ctypedef void (*libffi_responder)(const libffi_closure *closure, void *result, void **arguments,
                                      void *user) noexcept nogil
    ctypedef struct libffi_visit:
        pass
    ctypedef struct libffi_fence:
        pass

    # GIL

    int libffi_import() except -1
    ctypedef struct libffi_api:
        pass
    const libffi_api *libffi_find_api() except NULL
    object libffi_type_from_code(int code)
    object libffi_type_pointer(object item, int is_const)
    object libffi_type_array(object item, Py_ssize_t length)
    object libffi_type_vector(object item, Py_ssize_t lanes)
    object libffi_type_struct(const char *name, const libffi_member *members, Py_ssize_t nmembers,
                              unsigned pack, unsigned align)
    object libffi_type_union(const char *name, const libffi_member *members, Py_ssize_t nmembers,
                             unsigned pack, unsigned align)
    int libffi_type_define(object type, const libffi_member *members, Py_ssize_t nmembers,
                           unsigned pack, unsigned align) except -1
    object libffi_type_bits(object base, int width)
    object libffi_type_function(object cif)
    object libffi_type_enum(object cls, PyObject *base)
    object libffi_type_ref(object item)
    object libffi_type_out(object item)
    object libffi_type_inout(object item)
    object libffi_type_exact(object item)
    int libffi_type_look(object type, libffi_type_info *info) except -1
    int libffi_type_field(object type, Py_ssize_t index, libffi_field_info *info) except -1
    object libffi_cif_new(object result, PyObject *const *arguments, Py_ssize_t nargs,
                          Py_ssize_t nfixed, int abi)
    object libffi_cif_from_codes(int result, const int *arguments, Py_ssize_t nargs,
                                 Py_ssize_t nfixed, int abi)
    const libffi_cif *libffi_cif_get(object cif) except NULL
    PyObject *libffi_cif_type(const libffi_cif *cif, Py_ssize_t index) except NULL
    int libffi_invoke(const libffi_cif *cif, libffi_function function, void *result,
                      void **arguments, int flags) except -1
    int libffi_invoke_exchange(const libffi_cif *cif, libffi_function function, void *block,
                               int flags) except -1
    libffi_closure *libffi_closure_new(object cif, libffi_handler handler, void *user) except NULL
    libffi_closure *libffi_closure_make(object cif, libffi_responder responder, void *user) except NULL
    object libffi_closure_from_callable(object cif, object callable)
    int libffi_address(object value, void **address) except -1
    int libffi_store(object type, void *where, object value, PyObject **keep) except -1
    object libffi_load(object type, const void *where)
    int libffi_store_result(const libffi_cif *cif, void *result, object value, PyObject **keep) except -1
    object libffi_load_result(const libffi_cif *cif, void *result)
    object libffi_features()
    object libffi_library_open(const char *name)
    void *libffi_library_symbol(object library, const char *name) except NULL
    int libffi_library_close(object library) except -1
    object libffi_declare(object library, const char *text)
    void libffi_raise() noexcept

    # The GIL is released and taken inside: call them with the GIL, do not wrap them in `with nogil`.
    void libffi_enter(libffi_fence *fence, int flags) noexcept
    int libffi_leave(libffi_fence *fence) except -1

    # no GIL

    void libffi_call(const libffi_cif *cif, libffi_function function, void *result,
                     void **arguments) noexcept nogil
    void libffi_call_exchange(const libffi_cif *cif, libffi_function function, void *block) noexcept nogil
    libffi_function libffi_closure_code(const libffi_closure *closure) noexcept nogil
    const libffi_cif *libffi_closure_cif(const libffi_closure *closure) noexcept nogil
    void *libffi_closure_user(const libffi_closure *closure) noexcept nogil
    int libffi_closure_retarget(libffi_closure *closure, libffi_responder responder, void *user) noexcept nogil
    void libffi_closure_free(libffi_closure *closure) noexcept nogil
    int libffi_get_errno() noexcept nogil
    void libffi_set_errno(int number) noexcept nogil

    # libffi_python_enter() takes the GIL and libffi_python_leave() gives it back: what is between them is in
    # a function that is declared `with gil`.

    bint libffi_python_enter(libffi_visit *visit) noexcept nogil
    void libffi_python_leave(libffi_visit *visit) noexcept nogil
    int libffi_abi_default() noexcept nogil
    int libffi_abi_find(const char *name, int *abi) noexcept nogil
    const char *libffi_abi_name(Py_ssize_t index, int *abi) noexcept nogil
    const char *libffi_version() noexcept nogil
