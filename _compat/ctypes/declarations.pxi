"""What we use of our C, and of CPython's."""

cdef extern from "codes.h":
    ctypedef object (*value_getter)(const char *where)
    ctypedef int (*value_setter)(char *where, object value, PyObject **keep) except -1

    ctypedef struct scalar_code:
        char code, standard
        int ffi
        unsigned size
        value_getter get, get_swapped
        value_setter set, set_swapped

    enum:
        LARGEST_SCALAR
        HAS_COMPLEX

    const scalar_code *scalar_of(Py_UCS4 code)
    char *narrow(char *result, Py_ssize_t size)
    void *read_address(const char *where)
    void write_address(char *where, const void *address)
    int integer_bits(object value, unsigned long long *bits) except -1
    int int_of_any(object value, int *number) except -1
    object get_bits(const char *where, unsigned size, int swapped, int is_signed, unsigned shift, unsigned width)
    void put_bits(char *where, unsigned size, int swapped, unsigned shift, unsigned width, uint64_t bits)
    int set_text(char *where, object value, PyObject **keep) except -1
    int set_wide_text(char *where, object value, PyObject **keep) except -1

cdef extern from "slots.h":
    ctypedef object (*instance_maker)(cls, tuple args, PyObject *keywords)
    ctypedef object (*vectorcall)(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names)

    enum:
        LAYOUT_IS_PYTHON

    void give_vectorcall(PyTypeObject *type, Py_ssize_t offset)
    void give_maker(PyTypeObject *type, instance_maker maker)
    instance_maker maker_of(PyTypeObject *type)
    Py_ssize_t VECTORCALL_NARGS(size_t nargsf)
    void report_unraisable(object error, const char *doing, object callable)
    int lend_method(object cls, object name, object method) except -1
    int set_type_attribute(object cls, object name, object value) except -1
    int adopt(object cls, PyTypeObject *made) except -1
    void freeze(object cls)
    dict own_names(PyTypeObject *type)
    object base_of(PyTypeObject *type)
    ctypedef int (*initializer)(object, object, object)
    initializer init_of(PyTypeObject *type)
    object call_class(PyObject *cls, PyObject *const *args, size_t nargsf, PyObject *names)
    void give_class_vectorcall(PyTypeObject *type, vectorcall call)
    ctypedef PyObject *(*item_getter)(PyObject *, Py_ssize_t) except? NULL
    void give_item(object cls, item_getter get)
    void refuse_instances(PyTypeObject *type)
    void end_extending(PyTypeObject *type)
    bint is_frozen(PyTypeObject *type)
    void inherit_vectorcall(PyTypeObject *type)
    object call_vector(object callable, PyObject *const *args, Py_ssize_t nargs)

cdef extern from "bare.h":
    enum:
        ROOM

    ctypedef struct bare_instance:
        char *data
        char lent

    ctypedef struct bare_function:
        bare_instance instance
        vectorcall entry
        Py_ssize_t index
    object make_bare(PyTypeObject *type)
    object make_bare_function(PyTypeObject *type, vectorcall entry, object prototype)
    void give_free(PyTypeObject *type, PyTypeObject *functions, void (*free_blocks)(void *storage) noexcept)

cdef extern from "loaded.h":
    enum:
        LOADED_ARE_KNOWN

    object loaded_libraries()

cdef extern from "base/locks.h":
    ctypedef struct short_lock:
        pass
    void LOCK(short_lock *)
    void UNLOCK(short_lock *)

cdef extern from "base/shared_dict.h":
    object dict_get(dict, object)
    object dict_get_or_put(dict, object, object)
    int dict_forget(dict, object, object) except -1

cdef extern from "../shared.h":
    bint FREE_THREADED

    ctypedef const libffi_cif *cif_handle
    const libffi_cif *shared_handle(cif_handle *)
    void share_handle(cif_handle *, const libffi_cif *)
    void share_size(Py_ssize_t *, Py_ssize_t)

cdef extern from "base/stack.h":
    int need_stack(size_t) except -1        # before code of the user's, and where types nest

cdef extern from "base/held_view.h":
    object hold_view(object, Py_buffer *)

cdef extern from "known_calls.h":
    enum:
        KNOWN_CALLS

    ctypedef struct known_call:
        pass

    const libffi_cif *known_call_find(known_call *calls, uint64_t key)
    void known_call_add(known_call *calls, uint64_t key, const libffi_cif *handle)

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX
    PyTypeObject *Py_TYPE(PyObject *)
    PyObject *PyTuple_GET_ITEM(tuple, Py_ssize_t)
    object PyUnicode_FromWideChar(const wchar_t *, Py_ssize_t)
    Py_ssize_t PyUnicode_AsWideChar(object, wchar_t *, Py_ssize_t) except -1
    int PySlice_Unpack(object, Py_ssize_t *, Py_ssize_t *, Py_ssize_t *) except -1
    Py_ssize_t PySlice_AdjustIndices(Py_ssize_t, Py_ssize_t *, Py_ssize_t *, Py_ssize_t)
    bint PyLong_Check(object)
    bint PyUnicode_Check(object)
    bint PyBytes_Check(object)
    void *PyLong_AsVoidPtr(object) except? NULL
    object PyLong_FromVoidPtr(void *)
    Py_ssize_t PyNumber_AsSsize_t(object, object) except? -1
    int PySys_Audit(const char *, const char *, ...) except -1
    PyObject *PyErr_Occurred()
    void PyErr_SetString(PyObject *, const char *)
    object PyVectorcall_Call(object, tuple, PyObject *)
    const char *PyUnicode_AsUTF8(object) except NULL
    object PyUnicode_FromObject(object)
    object PyMemoryView_FromObject(object)
    object PyMemoryView_FromMemory(char *, Py_ssize_t, int)
    enum:
        PyBUF_READ, PyBUF_WRITE
    bint PyType_IsSubtype(PyTypeObject *, PyTypeObject *)
    bint PyIndex_Check(object)
