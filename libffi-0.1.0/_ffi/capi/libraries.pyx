"""Libraries and C declarations, for C: what the package makes of them, which the core does not know."""

cdef object open_library = None         # libffi.Library
cdef object declare_in = None           # (library, text) -> what it declares


def set_library(library_class, declare):
    """Let the C API open libraries by name, and read declarations into them."""
    global open_library, declare_in
    open_library, declare_in = library_class, declare


cdef LoadedLibrary need_library(what, PyObject *library):
    given = given_object(what, library)
    if not isinstance(given, LoadedLibrary):
        raise TypeError(f"{what.decode()}: expected a libffi.Library, got {type(given).__name__}")
    return <LoadedLibrary>given


cdef object capi_library_open(const char *name):
    is_at_home("libffi_library_open()")
    return open_library(None if name == NULL else _os.fsdecode(name))


cdef void *capi_library_symbol(PyObject *library, const char *name) except NULL:
    this = need_library(b"libffi_library_symbol() library", library)
    given_place("libffi_library_symbol() name", name)
    return find_symbol(this, name.decode())


cdef int capi_library_close(PyObject *library) except -1:
    need_library(b"libffi_library_close() library", library).close()
    return 0


cdef object capi_declare(PyObject *library, const char *text):
    this = need_library(b"libffi_declare() library", library)
    given_place("libffi_declare() text", text)
    declared = declare_in(this, text.decode())
    return {name: (<Function>value).cif if isinstance(value, Function) else value for name, value in declared.items()}
