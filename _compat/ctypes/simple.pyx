"""Single values: numbers, characters, addresses, texts and Python objects."""


@cython.final
cdef class ByteOrder:
    """An attribute of classes, until they are given another one: the class of such values in a byte order."""
    cdef str order

    def __cinit__(self, order):
        self.order = order

    def __get__(self, cls, metaclass):
        if cls is None:
            return self
        if (<CType_Type?>cls).other_order is None and inherited(cls) is not None:   # a user's metaclass makes none
            cls = inherited(cls)
        return in_byte_order(cls, self.order)


cdef class PyCSimpleType(CType_Type):
    """Class of the classes of single values."""

    def __init__(cls, name, bases, namespace, **keywords):
        begin_class(cls)
        cdef const scalar_code *scalar = scalar_of_class(cls)
        define_simple(cls, scalar, False)
        if cls.plain and cls.is_address:
            lend_method(cls, "from_param", from_param)
        if type(cls) is not PyCSimpleType or scalar.get_swapped == NULL:
            return
        cls.other_order = dict(namespace)

    __ctype_le__ = ByteOrder("little")
    __ctype_be__ = ByteOrder("big")


cdef object from_param = vars(CType_Type)["from_param"]


cdef object in_byte_order(CType_Type cls, str order):
    """Return a class, or that of the other byte order, made when it is asked for: most programs never do."""
    cdef CType_Type swapped
    if cls.other_order is None:
        raise AttributeError(f"type object {cls.__name__!r} has no attribute '__ctype_{order[0]}e__'")
    if (order == _sys.byteorder) != cls.swapped:
        return cls
    if isinstance(cls.other_order, dict):
        swapped = PyCSimpleType.__new__(type(cls), f"{cls.__name__}_{order[0]}e", (<object>cls).__bases__,
                                        cls.other_order)
        define_simple(swapped, scalar_of_class(cls), True)
        swapped.other_order = cls
        with cython.critical_section(cls):
            if isinstance(cls.other_order, dict):       # or another thread, or the collector's code, was faster
                cls.other_order = swapped
    return cls.other_order


# Complex numbers have a letter in CPython 3.14, and since then what they are called in buffers' formats.
cdef dict LETTERS = {"Zf": "F", "Zd": "D", "Zg": "G"} if _sys.version_info >= (3, 15) else {}
cdef dict NAMES = {letter: name for name, letter in LETTERS.items()}
cdef str KNOWN_LETTERS = "cbBhHiIlLdfuzZqQPXOv?g" if not HAS_COMPLEX else \
    "cbBhHiIlLdfuzZqQPOv?g" if LETTERS else "cbBhHiIlLdDFGfuzZqQPOv?g"


cdef const scalar_code *scalar_of_class(cls) except NULL:
    cdef const scalar_code *scalar
    if not hasattr(cls, "_type_"):
        raise AttributeError("class must define a '_type_' attribute")
    code = (<object>cls)._type_
    if not isinstance(code, str):
        raise TypeError("class must define a '_type_' string attribute")
    letter = LETTERS.get(code, code)
    if len(letter) != 1:
        raise ValueError("class must define a '_type_' attribute which must be a string of length 1")
    scalar = scalar_of(ord(letter))
    if scalar == NULL:
        also = f" or one of {', '.join(map(repr, LETTERS))}" if LETTERS else ""
        raise AttributeError("class must define a '_type_' attribute which must be\n"
                             f"a single character string containing one of '{KNOWN_LETTERS}'{also}.")
    return scalar


cdef int define_simple(CType_Type cls, const scalar_code *scalar, bint swapped) except -1:
    cls.kind = K_SIMPLE
    cls.item = chr(scalar.code)
    cls.code = scalar.code
    cls.ffi = scalar.ffi
    cls.is_followed = scalar.code in b"zZO"
    cls.is_address = scalar.code in b"zZP"
    cls.size_ = cls.align = scalar.size
    if scalar.size >= 8:
        cls.align = libffi_type_from_code(scalar.ffi).alignment      # i686 aligns them to four
    cls.swapped = swapped
    cls.get = scalar.get_swapped if swapped else scalar.get
    cls.set = scalar.set_swapped if swapped else scalar.set
    cls.plain = (<object>cls).__base__ is _SimpleCData
    cls.has_pointers = scalar.code in b"PzZO"
    order = ">" if (_sys.byteorder == "big") != swapped else "<"
    cls.format_ = order + NAMES.get(chr(scalar.standard), chr(scalar.standard))
    cls.shape = ()
    return 0


cdef class _Simple(_CData):
    """A single value in C storage."""

    def __init__(self, *args, **keywords):      # which are not looked at, as in ctypes
        if len(args) > 1:
            raise TypeError(f"__init__ expected at most 1 argument, got {len(args)}")
        if args:
            set_simple(self, args[0])

    @property
    def value(self):
        """Return the value as Python's own."""
        cdef CType_Type cls = class_as(self, K_SIMPLE)
        need_size(self, cls.size_)
        return cls.get(self.data) if not (FREE_THREADED and cls.is_followed) else read_followed(cls, self.data, self)

    @value.setter
    def value(self, value):
        set_simple(self, value)

    @value.deleter
    def value(self):
        raise TypeError("can't delete attribute")

    def __bool__(self):
        cdef Py_ssize_t i
        for i in range(self.size):
            if self.data[i]:
                return True
        return False

    def __repr__(self):
        if type(self).__base__ is not _SimpleCData:
            return f"<{type(self).__name__} object at {<uintptr_t><PyObject *>self:#x}>"
        return f"{type(self).__name__}({self.value!r})"

    def __ctypes_from_outparam__(self):
        """Return what a call gives for an output parameter: the value, unless the class is a user's."""
        return self.value if class_of(self).plain else self


cdef int set_simple(_CData instance, value) except -1:
    cdef PyObject *needed = NULL
    cdef CType_Type cls = class_as(instance, K_SIMPLE)
    need_size(instance, cls.size_)
    if FREE_THREADED and cls.is_followed and not isinstance(value, _CData):
        return put_value(instance, 0, cls, instance.data, value)
    cls.set(instance.data, value, &needed)
    if needed != NULL:
        keep(instance, 0, taken(needed))
    return 0
