"""The classes of classes: what each knows of its C type, and what all classes can do."""

cdef enum:
    K_ABSTRACT, K_SIMPLE, K_STRUCTURE, K_UNION, K_ARRAY, K_POINTER, K_FUNCTION


cdef class CType_Type(type):
    """Class of all classes of instances."""
    cdef int kind
    cdef bint final                 # its fields are not set any more
    cdef bint has_no_room           # it extends another class than that metaclass is for: there are no instances
    cdef bint plain                 # a value of it is Python's own, not an instance
    cdef bint has_pointers          # it cannot be pickled
    cdef bint swapped               # the other byte order
    cdef char code                  # of simple ones their letter
    cdef bint is_followed           # reading it follows an address: text, objects
    cdef bint is_address            # c_void_p, c_char_p, c_wchar_p, and what extends them
    cdef Py_ssize_t size_, align, length
    cdef int pack, asked_align      # of structures and unions: `_pack_` and `_align_`, 0 for none
    cdef object item                # of arrays and pointers the class, of simple ones the letter
    cdef value_getter get           # NULL: read as an instance
    cdef value_setter set           # NULL: only instances are written
    cdef int ffi                    # of what is passed: an enum libffi_code ...
    cdef object by_value            # ... or a libffi.Type, made when it is asked for
    cdef object members             # of structures and unions: list of (name, class, CField)
    cdef object pointers            # `__pointer_type__`: the class of pointers to them, None before the first
    cdef object other_order         # of simple ones: the class of the other byte order, or a dict to make it of
    cdef dict arrays                # length -> weak reference to the class of arrays of them; None before the first
    cdef str format_                # None: of a structure, and not asked for yet
    cdef tuple shape
    cdef Prototype prototype        # of function pointers

    def __mul__(cls, length):
        """Return the class of arrays of them."""
        return array_class(cls, length)

    def __rmul__(cls, length):
        return array_class(cls, length)

    @property
    def __pointer_type__(cls):
        """Return the class of pointers to them, which CPython 3.14's POINTER() asks for and makes."""
        with cython.critical_section(cls):
            made = cls.pointers
        if made is None:
            raise AttributeError(f"type {cls!r} has no attribute '__pointer_type__'")
        return made

    @__pointer_type__.setter
    def __pointer_type__(cls, value):
        with cython.critical_section(cls):
            cls.pointers = value

    @__pointer_type__.deleter
    def __pointer_type__(cls):
        with cython.critical_section(cls):
            cls.pointers = None

    def __sizeof__(cls):
        return type.__sizeof__(cls) + 128

    def from_address(cls, address):
        """Return an instance at an address, which nobody keeps."""
        if not PyLong_Check(address):
            raise TypeError("integer expected")
        PySys_Audit("ctypes.cdata", "n", <Py_ssize_t>PyLong_AsVoidPtr(address))
        return instance_at(cls, <char *>PyLong_AsVoidPtr(address), None, 0)

    def from_buffer(cls, source, Py_ssize_t offset=0):
        """Return an instance that is a part of a writable buffer."""
        cdef Held buffered
        cdef Py_buffer *view
        cdef _CData instance
        need_concrete(cls)
        buffered = held(source)
        view = &buffered.view
        if view.readonly:
            raise TypeError("underlying buffer is not writable")
        if not PyBuffer_IsContiguous(view, c"C"):
            raise TypeError("underlying buffer is not C contiguous")
        check_room(cls, view.len, offset)
        PySys_Audit("ctypes.cdata/buffer", "nnn", <Py_ssize_t>view.buf, view.len, offset)
        instance = instance_at(cls, <char *>view.buf + offset, None, 0)
        keep(instance, -1, buffered)
        return instance

    def from_buffer_copy(cls, source, Py_ssize_t offset=0):
        """Return an instance with a copy of what is in a buffer."""
        cdef Py_buffer view
        need_concrete(cls)
        PyObject_GetBuffer(source, &view, 0)
        try:
            check_room(cls, view.len, offset)
            PySys_Audit("ctypes.cdata/buffer", "nnn", <Py_ssize_t>view.buf, view.len, offset)
            return instance_of_copy(cls, <char *>view.buf + offset)
        finally:
            PyBuffer_Release(&view)

    def in_dll(cls, library, name):
        """Return the variable of a library."""
        cdef uintptr_t address
        _sys.audit("ctypes.dlsym", library, name)
        handle = library._handle
        if not isinstance(handle, int):
            raise TypeError("the _handle attribute of the second argument must be an integer")
        address = symbol_address(handle, name, ValueError)
        return instance_at(cls, <char *>address, None, 0)

    def from_param(cls, value):
        """Return what a call passes for a parameter of that class."""
        return as_parameter(cls, value)


cdef int begin_class(CType_Type cls, bint of_functions=False) except -1:
    """The beginning of every metaclass's `__init__`."""
    need_stack(0)
    if cls.kind != K_ABSTRACT or is_frozen(<PyTypeObject *>cls):
        raise SystemError(f"{cls.__name__} is already initialized")
    cls.has_no_room = not PyType_IsSubtype(<PyTypeObject *>cls, <PyTypeObject *>_CData) or (
        PyType_IsSubtype(<PyTypeObject *>cls, <PyTypeObject *>_Function) != of_functions)
    give_class_vectorcall(<PyTypeObject *>cls, class_vectorcall)
    return 0


cdef int need_concrete(CType_Type cls) except -1:
    if cls.kind == K_ABSTRACT or cls.size_ < 0:
        raise TypeError("abstract class")
    return 0


cdef int check_room(CType_Type cls, Py_ssize_t length, Py_ssize_t offset) except -1:
    if offset < 0:
        raise ValueError("offset cannot be negative")
    if cls.size_ > length - offset:
        raise ValueError(f"Buffer size too small ({length} instead of at least {cls.size_ + offset} bytes)")
    return 0


cdef CType_Type inherited(CType_Type cls):
    """Return the class of ours that a new one extends first, or None where that is abstract."""
    base = base_of(<PyTypeObject *>cls)
    if isinstance(base, CType_Type) and (<CType_Type>base).kind != K_ABSTRACT:
        return base
    return None


cdef libffi_type(CType_Type cls):
    """Return the libffi.Type by which values of a class are passed and laid out."""
    if cls.kind != K_STRUCTURE and cls.kind != K_UNION and cls.kind != K_ARRAY:
        return libffi_type_from_code(cls.ffi)
    if cls.by_value is None:
        need_stack(0)
        made = struct_by_value(cls) if cls.kind != K_ARRAY else _c.array(libffi_type(cls.item), cls.length)
        with cython.critical_section(cls):
            if cls.by_value is None:        # arguments are passed by it without a reference of their own
                cls.by_value = made
    return cls.by_value
