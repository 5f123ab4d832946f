# The declarations of our own C, as far as Cython uses it.

from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport uint32_t

include "libffi/ffi.pxi"


cdef extern from "core.h":
    object dict_get(dict, object)
    object dict_get_or_put(dict, object, object)
    object hold_view(object, Py_buffer *)
    void report_unraisable(object, object)
    object new_exception_class(const char *, object, const char *)
    void lock_interned()
    void unlock_interned()
    bint FREE_THREADED
    int has_to_stay
    int PyBUF_MAX_NDIM

    ctypedef struct lifetime:
        Py_ssize_t pins
    Py_ssize_t LIFETIME_CLOSED
    lifetime forever
    void count_no_references(object)
    int lifetime_open_library(lifetime *) except -1
    void lifetime_free_library(lifetime *)
    bint lifetime_pin(lifetime *)
    ctypedef enum closing:
        NOW_CLOSED, WAS_CLOSED, IN_USE
    closing lifetime_close(lifetime *)
    void lifetime_unpin(lifetime *)
    bint lifetime_is_open(lifetime *)

    # As far as Cython names them: the table is model/kinds.h.
    ctypedef enum type_kind:
        K_VOID, K_BOOL, K_CHAR, K_CHAR16, K_CHAR32, K_S8, K_U8, K_U16, K_U32, K_U64
        K_FLOAT, K_DOUBLE, K_LONGDOUBLE, K_EXACT, K_COMPLEX_FLOAT, K_COMPLEX_DOUBLE, K_COMPLEX_LONGDOUBLE
        K_POINTER, K_PTR, K_STRING, K_BYTES, K_WSTRING, K_FUNCTION
        K_ARRAY, K_STRUCT, K_UNION, K_VECTOR, K_ENUM, K_BITS, K_REF, K_OUT, K_INOUT, K_SWAPPED
        K_WRAPPED, K_INSTANCE, K_NDARRAY, K_OBJECT
        KIND_COUNT
    ctypedef struct kind_info:
        const char *name
        const char *format
        size_t size, alignment
    const kind_info *kinds
    ctypedef struct scalar_name:
        const char *name
        const char *spelling
        type_kind kind
    const scalar_name *scalar_names
    ctypedef struct system_type:
        const char *name
        const char *scalar
    const system_type *system_types
    bint is_integral_kind(type_kind)
    bint is_int_kind(type_kind)
    bint is_wide_int_kind(type_kind)
    bint is_complex_kind(type_kind)
    bint is_number_kind(type_kind)
    bint is_pointer_kind(type_kind)
    bint is_address_kind(type_kind)
    bint is_character_kind(type_kind)
    bint is_word_kind(type_kind)
    bint is_aggregate_kind(type_kind)
    bint is_reference_kind(type_kind)
    bint is_parameter_kind(type_kind)
    bint is_stored_kind(type_kind)
    bint is_swapped_kind(type_kind)

    ctypedef struct field_info:
        PyObject *name
        PyObject *attribute
        const type_info *type
        size_t offset
        unsigned char bit_offset, bit_width, from_the_top

    ctypedef struct array_demands:
        char order
        bint optional
        size_t alignment
        int ndim
        Py_ssize_t *shape

    ctypedef enum addresses_held:
        NO_ADDRESSES, ADDRESSES, PYTHON_OBJECTS

    ctypedef struct type_info:
        ffi_type *ffi
        size_t size, alignment
        type_kind kind
        addresses_held holds
        bint complete, is_const, is_va_list, by_position
        PyObject *object
        PyObject *name
        const type_info *item
        Py_ssize_t length
        bint flexible, padded
        size_t flexible_at
        field_info *fields
        Py_ssize_t nfields
        PyObject *field_index
        PyObject *memory_class
        bint users_class, leads_to_users
        const type_info *base
        PyObject *defaults
        PyObject *enum_members
        PyObject *enum_class
        PyObject *cif
        array_demands *demands

    const type_info *plain_type(const type_info *)
    bint pointee_matches(const type_info *, const type_info *)
    const type_info *scalar_at(const type_info *, size_t)
    int same_to_c(const type_info *, const type_info *)
    int compatible_structs(const type_info *, const type_info *)
    bint is_signed_int(const type_info *)

    ctypedef struct memory_state:
        char *data
        size_t size
        const type_info *type
        lifetime *life
        lifetime own
        bint readonly
    ctypedef struct MemoryObject:
        memory_state m
        PyObject *type
        PyObject *owner
        PyObject *keep
        PyObject *weakrefs
    ctypedef struct MemoryClassObject:
        PyObject *type
    PyObject *type_of_class(object)
    bint is_plain_class(PyTypeObject *)
    int struct_fill(MemoryObject *, object, Py_ssize_t, object) except -1
    object memory_class_plain_new(PyTypeObject *, object, PyObject *)
    int set_in_class(object, object, PyObject *) except -1
    int add_to_class(PyTypeObject *, object, object) except -1
    void freeze_class(PyTypeObject *)
    void prepare_users_class(PyTypeObject *)
    void make_memory_classes(PyTypeObject *, void *)
    void set_metaclass(PyTypeObject *, PyTypeObject *)
    void *instance_new
    int instance_fill(MemoryObject *, object) except -1
    Py_ssize_t MEMORY_WEAKREFS "offsetof(MemoryObject, weakrefs)"

    ctypedef struct pointer_state:
        char *address
        const type_info *type
        lifetime *life
        bint bounded
        Py_ssize_t length, before
    ctypedef struct PointerObject:
        pointer_state p
        PyObject *type
        PyObject *owner
    Py_ssize_t POINTER_WEAKREFS "offsetof(PointerObject, weakrefs)"

    ctypedef struct closure_block:
        void *code
        ClosureObject *closure
        PyObject *name
        uint32_t made
        char form
    ctypedef struct ClosureObject:
        closure_block *block
        PyObject *cif
        PyObject *callable
        PyObject *on_exception
    ctypedef struct ValueObject:
        PyObject *type
        PyObject *value
    ctypedef struct CIFObject:
        cif_state *state
        PyObject *variants

    ctypedef void (*c_function)() noexcept nogil
    ctypedef struct cif_state:
        int abi
        ffi_cif cif
        PyObject *object
        const type_info *result
        type_kind result_kind
        unsigned nargs, nin, nout, nfixed
        bint variadic
        bint objects
        bint closable
        unsigned exchange_size, avalues
        argument *args
    ctypedef struct argument:
        const type_info *type
        unsigned offset
        type_kind passing

    ctypedef struct PyMethodDef:
        pass
    ctypedef object (*vectorcallfunc)(object, PyObject *const *, size_t, object)
    ctypedef struct TypeObject:
        type_info info
        vectorcallfunc vectorcall
    ctypedef struct call_target:
        c_function address
        cif_state *cif
        lifetime *life
        PyObject *name
        PyObject *errcheck
        int fence
    ctypedef struct FunctionObject:
        vectorcallfunc vectorcall
        call_target target
        PyMethodDef method
        FunctionObject *next
        FunctionObject **at
        PyObject *parameters
        PyObject *defaults
        PyObject *converters

    ctypedef struct watched_what:
        PyObject *name
        const cif_state *cif
        void **values
        PyObject *const *objects
        const void *address
        bint is_callback
        Py_ssize_t mapped

    ctypedef struct keeper:
        PyObject *objects
        MemoryObject *memory

    int pin_or_raise(lifetime *) except -1
    void keep_these(MemoryObject *, PyObject *)
    void hide(object)
    void empty_nursery()
    list hidden_list()
    int hidden_set(object, object, object) except -1
    void install_memory_collection(PyTypeObject *)
    void install_cif_collection(PyTypeObject *)
    bint format_matches(const type_info *, const Py_buffer *)
    char sort_of(const type_info *)
    char sort_of_code(const char *)
    int store_placed(const type_info *, void *, object, keeper *, const char *, object, Py_ssize_t) except -1
    object load_value(const type_info *, const void *, MemoryObject *)
    int store_field(const type_info *, const field_info *, char *, object, keeper *) except -1
    object load_field(const field_info *, char *, MemoryObject *)
    object load_bits_number(const field_info *, const char *)
    void *read_address(const void *)
    enum:
        MAX_SCALAR
    void copy_swapped(const type_info *, char *, const char *)
    bint is_readable(const void *, size_t)
    object memory_new "(PyObject *)memory_new"(const type_info *)
    object memory_with_room "(PyObject *)memory_with_room"(const type_info *, size_t)
    Py_ssize_t room_behind(const MemoryObject *)
    object memory_part "(PyObject *)memory_part"(const type_info *, void *, MemoryObject *)
    object memory_view "(PyObject *)memory_view"(const type_info *, void *, PyObject *, lifetime *)
    MemoryObject *memory_root(MemoryObject *)
    void memory_release(MemoryObject *)
    char *memory_data(MemoryObject *) except NULL
    char *memory_writable(MemoryObject *) except NULL
    keeper memory_keeper(MemoryObject *)
    int copy_memory(const type_info *, void *, MemoryObject *, keeper *) except -1
    object new_pointer(const type_info *, void *, PyObject *, lifetime *, Py_ssize_t)
    void let_go(keeper *)

    cif_state *cif_prepare(int, const type_info *, const type_info *const *, unsigned, int, int,
                           ffi_status *) except? NULL
    void cif_end(cif_state *)
    void forget_known_cif(PyObject *)
    int RELEASE_GIL, SWAP_ERRNO, USES_PYTHON, SWAP_LAST_ERROR
    bint uses_python(const void *)
    int invoke(const call_target *, cif_state *, void *, void **) except -1
    int invoke_go(const call_target *, cif_state *, void *, void **) except -1
    int invoke_raw(const call_target *, cif_state *, void *, ffi_raw *) except -1
    object load_result(const cif_state *, void *)
    int store_argument(const type_info *, void *, object, keeper *, const char *, Py_ssize_t) except -1
    void forget_variant(cif_state *, const cif_state *)
    object new_exact_call(object)
    void open_function(FunctionObject *)
    void end_function(FunctionObject *)
    void watch_functions(bint)
    object map_function(const call_target *, PyObject *const *, Py_ssize_t, object)

    ctypedef enum closure_form:
        PLAIN_CLOSURE, GO_CLOSURE, RAW_CLOSURE
    closure_block *block_new(cif_state *, object, closure_form, ffi_status *) except? NULL
    int block_set_default(closure_block *, object) except -1
    void block_open(closure_block *, ClosureObject *)
    void block_expire(closure_block *, PyObject *, bint)
    bint is_closed_closure(const ClosureObject *)
    void block_retire(closure_block *)
    object get_callable(ClosureObject *)
    void set_callable(ClosureObject *, PyObject *)
    bint is_go_closure(object)
    void trim_quarantine()
    void reserve_cif(cif_state *)
    size_t sizeof_block "sizeof(closure_block)"
    double seconds_since(double)
    uint32_t hundredths()

    int saved_errno                         # once they are settled
    void settle_own_errors()
    ctypedef struct error_codes:
        int number
    error_codes this_threads_errors "own_errors.codes"
    bint HAS_LAST_ERROR
    unsigned long last_error_of(const error_codes *)
    void set_last_error_of(error_codes *, unsigned long)
    object error_of_code(unsigned long)
    void watch_closures(bint)
    void narrow_result(const type_info *, void *)
    ctypedef struct checked_block:
        char *data
        size_t size
        PyObject *type
        bint freed
        const char *told
    ctypedef struct block_place:
        const char *text
    const checked_block *look_for_block(const void *)
    void stop_looking()
    char *damage_of(const checked_block *)
    block_place place_in(const checked_block *, const char *)
    int raise_damage(const checked_block *, const char *, const char *, const char *) except -1
    void note_passed(const checked_block *, const char *)
    int next_damage(Py_ssize_t *) except -1
    void check_storage(bint, bint, size_t)
    void check_pointers(bint)
    int find_closure(const void *, PyObject **, PyObject **)

    object new_capsule(void *, const char *, object)
    int enable_crash_reports() except -1
    void disable_crash_reports()
    ctypedef struct guest_house:
        pass
    guest_house own_house
    void keep_house_open(guest_house *)
    int stop_foreign_threads()
    void settle()

    ffi_type *int_ffi_type(size_t, bint)
    ffi_type *kind_ffi_type(type_kind)
    int VECTOR_TYPE
    size_t SIZEOF_WCHAR "sizeof(wchar_t)"
    bint CHAR_IS_SIGNED, WCHAR_IS_SIGNED, ALIGN_ANONYMOUS_BITS, PY_BIG_ENDIAN
    bint MS_LAYOUT, AGGREGATES_GO_BY_SIZE
    size_t MOST_VECTOR_ALIGNMENT
    char UNION_RULE, VA_LIST_IS
    int EMPTY_IS_UNKNOWN, EMPTY_IS_BY_ADDRESS, EMPTY_ARGUMENT
    int nothing_as_argument(int)
    bint is_nothing(const type_info *)
    bint EMPTY_MEMBERS_COUNT
    Py_ssize_t ARRAYS_HIDE_FLOATS
    Py_ssize_t PY_SSIZE_T_MAX, MAX_TYPE_SIZE

    ctypedef struct named_abi:
        const char *name
        long value
    const named_abi *abi_names
    const char *libffi_version()
    unsigned long libffi_version_number()
    size_t core_closure_size()
    int core_default_abi()
    const char *long_double_format()
    int closures_are_indirect() except -1
    const char *FFIPY_LINKAGE
    const char *FFIPY_BUILD_VERSION
    const char *FFIPY_PATCHES
    bint FFIPY_HAVE_CALL_PLAN, FFIPY_HAVE_GO, FFIPY_HAVE_RAW, FFI_NATIVE_RAW_API
    size_t FFI_SIZEOF_ARG "sizeof(ffi_arg)"

    bint same_place(void *, void *)
    void own_instances(PyTypeObject *)
    void own_pointers(PyTypeObject *)
    void enable_vectorcall(PyTypeObject *)
    void replace_new(PyTypeObject *, void *)
    void intern_instances(PyTypeObject *, void *)
    object cif_plain_new(PyTypeObject *, object, PyObject *)
    void *refuse_new
    object type_vectorcall(object, PyObject *const *, size_t, PyObject *)
    int install_array_slots(PyTypeObject *) except -1
    int install_type_call(object, const char *) except -1
    int install_struct_slots(PyTypeObject *) except -1
    object name_in_class(object)


cdef extern from *:
    # The hooks are fields of one C struct; Cython sees them as variables.
    PyTypeObject *core_memory "core.memory"
    PyTypeObject *core_pointer "core.pointer"
    PyTypeObject *core_function "core.function"
    PyTypeObject *core_closure "core.closure"
    PyTypeObject *core_cif "core.cif"
    PyTypeObject *core_type "core.type"
    PyTypeObject *core_value "core.value"
    PyTypeObject *core_struct "core.struct_"
    PyTypeObject *core_memory_class "core.memory_class"
    PyObject *core_closure_expired "core.closure_expired"
    PyObject *core_bad_arg_type "core.bad_arg_type"
    PyObject *core_misuse_error "core.misuse_error"
    PyObject *core_argument_error "core.argument_error"
    PyObject *core_argument_errors "core.argument_errors"
    object (*core_function_at "core.function_at")(const type_info *, void *, PyObject *)
    object (*core_pin "core.pin")(lifetime *, object)
    object (*core_hold_buffer "core.hold_buffer")(object, const Py_buffer **)
    object (*core_variadic_cif "core.variadic_cif")(cif_state *, const type_info *const *, Py_ssize_t)
    object (*core_exact_number "core.exact_number")(object)
    object (*core_array_of "core.array_of")(const type_info *, Py_ssize_t)
    object (*core_new_array "core.new_array")(const type_info *, const Py_ssize_t *, int)
    object (*core_stand_in "core.stand_in")(const type_info *, object)
    int (*core_foreign_describes "core.foreign_describes")(const type_info *, object) except -1
    object (*core_watch_begins "core.watch_begins")(const watched_what *, PyObject *, const char **)
    int (*core_watch_ends "core.watch_ends")(object, const watched_what *, const void *, PyObject *, int) except -1
    const type_info *promoted_int "promoted.int_"
    const type_info *promoted_double "promoted.double_"
    const type_info *promoted_string "promoted.string"
    const type_info *promoted_pointer "promoted.pointer"
    const type_info *promoted_complex "promoted.complex_double"
    Py_ssize_t quarantine_limit "quarantine.limit"
