"""Methods of COM's kind, which are called by their number in an interface's table of functions."""

cdef extern from "com.h":
    object com_details(void *interface, const void *iid)
    void com_take(void *interface) nogil


class COMError(Exception):
    """Raised when a COM method call failed."""

    def __init__(self, hresult, text, details, /):
        self.hresult, self.text, self.details = hresult, text, details


cdef object function_of_interface(CType_Type cls, tuple args):
    """Return the method of (number in an interface's table, name for readers[, paramflags[, IID]])."""
    cdef _Function made
    index, name, paramflags, iid = args + (None,) * (4 - len(args))
    if not isinstance(name, str):
        raise TypeError(f"argument 2 must be str, not {type(name).__name__}")
    if index < 0:
        raise ValueError(f"no interface has a method of number {index}")
    made = new_instance(cls)
    check_paramflags(made.prototype, paramflags)
    made.prototype = new_prototype(flags_of(made.prototype) | FLAG_METHOD, made.prototype.argtypes,
                                   made.prototype.result, made.prototype.restype)
    made.paramflags = paramflags
    made.index = index
    if iid is not None and len(iid) == 16:
        made.iid = bytes(iid)
    return made


cdef inline bint is_method(_Function function):
    return IS_WINDOWS and prototype_of(function).is_method


cdef void *interface_of(object this) except NULL:
    """Return the interface that a method is called of: what its first argument points to."""
    cdef void *interface
    if not isinstance(this, _CData):
        raise TypeError("Expected a COM this pointer as first argument")
    interface = NULL if (<_CData>this).size < <Py_ssize_t>sizeof(void *) else read_address((<_CData>this).data)
    if interface == NULL:
        raise ValueError("NULL COM pointer access")
    if read_address(<char *>interface) == NULL:
        raise ValueError("COM method call without VTable")
    return interface


cdef void *address_of_method(_Function function, Prototype prototype, Argument *arguments, PyObject *const *args,
                             Py_ssize_t nargs) except? NULL:
    """Convert a method's arguments, and return what the first one's table of functions has under its number."""
    cdef void *interface
    if nargs == 0:
        raise ValueError("native com method call without 'this' parameter")
    interface = interface_of(<object>args[0])
    pass_address(&arguments[0], interface)
    convert_arguments(prototype, arguments + 1, args + 1, nargs - 1)
    return (<void **>read_address(<char *>interface))[function.index]


cdef object com_result(int code, bytes iid, void *interface):
    """Return a method's code that says success; COMError, with what the interface knows, for another."""
    if code < 0:
        raise COMError(code, words_of_code(<unsigned int>code), com_details(interface, PyBytes_AS_STRING(iid)))
    return code


def CopyComPointer(source, destination):
    """Copy an interface's address to where `destination` points, with a reference of its own; return an HRESULT."""
    cdef Argument arguments[2]
    cdef void *interface
    cdef void *place
    cdef int i
    for i in range(2):
        arguments[i].keep = NULL
    try:
        for i in range(2):
            pass_value(&arguments[i], destination if i else source, i)
        interface, place = read_address(arguments[0].where), read_address(arguments[1].where)
        if place == NULL:
            return -2147467261      # E_POINTER
        if interface != NULL:
            with nogil:
                com_take(interface)
        write_address(<char *>place, interface)
        return 0
    finally:
        for i in range(2):
            drop(&arguments[i])


if not IS_WINDOWS:
    del COMError, CopyComPointer
