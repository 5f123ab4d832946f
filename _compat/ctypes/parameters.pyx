"""Arguments: how a Python value is passed, by the class of the parameter or by what it is."""

cdef struct Argument:
    int code                        # enum libffi_code; BY_VALUE: `type` says
    PyObject *type                  # a libffi.Type, borrowed from the class of what is passed
    char *where
    PyObject *keep                  # a reference of ours, or NULL
    char room[LARGEST_SCALAR]

cdef enum:
    BY_VALUE = -1


@cython.final
cdef class CArgObject:
    """What a call passes: byref(x), or what from_param() made of a value."""
    cdef Argument passed
    cdef readonly object _obj
    cdef char tag                   # the letter of the scalar; P: byref()

    def __dealloc__(self):
        drop(&self.passed)

    def __repr__(self):
        cdef const scalar_code *scalar = scalar_of(self.tag)
        tag = chr(self.tag)
        if tag in "bBhHiIlLqQfd":
            return f"<cparam '{tag}' ({scalar.get(self.passed.room)})>"
        if tag == "c":
            character = scalar.get(self.passed.room)
            return f"<cparam 'c' ('{repr(character)[2:-1]}')>"
        if tag in "zZP":
            return f"<cparam '{tag}' (0x{<uintptr_t>read_address(self.passed.room):x})>"
        return f"<cparam '{NAMES.get(tag, tag)}' at 0x{<uintptr_t><PyObject *>self:x}>"


cdef inline void drop(Argument *argument):
    if argument.keep != NULL:
        decref(<object>argument.keep)
        argument.keep = NULL


cdef inline int keep_for_call(Argument *argument, value) except -1:
    """Hold what was passed until C is back."""
    cdef PyObject *previous = argument.keep
    if previous != NULL:
        value = (value, <object>previous)
    incref(value)
    argument.keep = <PyObject *>value
    if previous != NULL:
        decref(<object>previous)
    return 0


cdef inline int pass_address(Argument *argument, const void *address) except -1:
    argument.code = LIBFFI_POINTER
    write_address(argument.room, address)
    argument.where = argument.room
    return 0


cdef inline int pass_instance(Argument *argument, _CData value) except -1:
    return pass_instance_as(argument, value, class_of(value))


cdef int pass_instance_as(Argument *argument, _CData value, CType_Type cls) except -1:
    """Pass an instance by the rule of a class, which may be one that its own extends."""
    need_size(value, cls.size_)
    if cls.kind == K_STRUCTURE or cls.kind == K_UNION:
        type = libffi_type(cls)
        argument.code = BY_VALUE
        argument.type = <PyObject *>type
        if cls.size_ <= <Py_ssize_t>sizeof(argument.room):
            memcpy(argument.room, value.data, cls.size_)
            argument.where = argument.room
        else:                                   # where it goes by address, C may change what it is given
            copied = PyBytes_FromStringAndSize(value.data, cls.size_)
            argument.where = PyBytes_AS_STRING(copied)
            keep_for_call(argument, copied)
        return 0
    if cls.kind == K_ARRAY:
        return pass_address(argument, value.data)
    argument.code = cls.ffi
    memcpy(argument.room, value.data, cls.size_)
    argument.where = argument.room
    return 0


cdef int pass_argument(Argument *argument, CArgObject value) except -1:
    argument.code = value.passed.code
    argument.type = value.passed.type
    memcpy(argument.room, value.passed.room, sizeof(argument.room))
    argument.where = value.passed.where
    if value.passed.where == value.passed.room:
        argument.where = argument.room
    return 0


cdef enum:
    MOST_STEPS = 1000               # from one _as_parameter_ to the next


cdef inline bint has_parameter(value) except -1:
    need_stack(0)
    return hasattr(value, "_as_parameter_")


cdef object next_step(value, int step):
    if step > MOST_STEPS:
        raise RecursionError("maximum recursion depth exceeded while processing _as_parameter_")
    return value._as_parameter_


cdef int pass_value(Argument *argument, value, Py_ssize_t i) except -1:
    """Pass a value by what it is: the rule of functions without argtypes."""
    cdef int steps = 0
    while not passed_plainly(argument, value):
        if not has_parameter(value):
            raise TypeError(f"Don't know how to convert parameter {i + 1}")
        steps += 1
        value = next_step(value, steps)
    return keep_for_call(argument, value) if steps else 0


cdef int passed_plainly(Argument *argument, value) except -1:
    """Pass what has a rule of its own. 0: it has none."""
    cdef PyObject *needed = NULL
    argument.where = argument.room
    if PyLong_Check(value):
        int_of_any(value, <int *>argument.room)
        argument.code = LIBFFI_INT
        return 1
    if PyBytes_Check(value):
        set_text(argument.room, value, &needed)
    elif isinstance(value, _CData):
        return pass_instance(argument, value) == 0
    elif type(value) is CArgObject:
        return pass_argument(argument, value) == 0
    elif value is None:
        return pass_address(argument, NULL) == 0
    elif isinstance(value, str):
        set_wide_text(argument.room, value, &needed)
    else:
        return 0
    argument.code = LIBFFI_POINTER
    argument.keep = needed
    return 1


cdef int pass_as(Argument *argument, CType_Type cls, value) except -1:
    """Pass a value for a parameter of that class: what from_param() does, without an object for it."""
    cdef int steps = 0
    if cls.kind == K_ABSTRACT:
        raise TypeError("abstract class")
    while not passed_as(argument, cls, value):
        if not has_parameter(value):
            raise TypeError(refused(cls, value))
        steps += 1
        value = next_step(value, steps)
    return keep_for_call(argument, value) if steps else 0


cdef int passed_as(Argument *argument, CType_Type cls, value) except -1:
    """Pass what goes for a class by itself. 0: it does not."""
    cdef PyObject *needed = NULL
    if cls.kind == K_POINTER:
        return pass_pointer(argument, cls, value)
    if cls.kind != K_SIMPLE:
        return pass_same(argument, cls, value)
    if cls.is_address:
        return pass_text(argument, cls, value)
    if PyType_IsSubtype(Py_TYPE(<PyObject *>value), <PyTypeObject *>cls):
        return has_values_of(value, cls) and pass_instance_as(argument, value, cls) == 0
    try:
        cls.set(argument.room, value, &needed)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        if not has_parameter(value):
            raise
        return 0
    argument.code = cls.ffi
    argument.where = argument.room
    argument.keep = needed
    return 1


cdef object refused(CType_Type cls, value):
    if cls.kind == K_SIMPLE:
        return f"'{type(value).__name__}' object cannot be interpreted as ctypes.{cls.__name__}"
    if type(value) is CArgObject:
        pointee = type((<CArgObject>value)._obj).__name__
        return f"expected {cls.__name__} instance instead of pointer to {pointee}"
    return f"expected {cls.__name__} instance instead of {type(value).__name__}"


cdef int pass_same(Argument *argument, CType_Type cls, value) except -1:
    """Pass an instance of the class. 0: it is none."""
    if not is_instance(value, cls):
        return 0
    pass_instance_as(argument, value, cls)
    return 1


cdef int pass_pointer(Argument *argument, CType_Type cls, value) except -1:
    """Pass what goes for a pointer to a class. 0: it does not."""
    cdef CType_Type given
    if value is None:
        pass_address(argument, NULL)
        return 1
    if isinstance(value, _CData):
        given = class_of(value)
        if given is cls:
            return pass_instance(argument, value) == 0
        if cls.item is not None and is_subclass(given, cls.item):
            pass_address(argument, (<_CData>value).data)
            return 1
        if (given.kind == K_ARRAY or given.kind == K_POINTER) and given.item is not None and cls.item is not None \
                and is_subclass(given.item, cls.item):
            pass_instance(argument, value)
            return 1
    elif type(value) is CArgObject:
        if (<CArgObject>value)._obj is None or cls.item is None or not is_instance((<CArgObject>value)._obj, cls.item):
            return 0
        pass_argument(argument, value)
        return 1
    return pass_same(argument, cls, value)


cdef inline bint is_subclass(given, cls) except -1:
    """`issubclass()`, which metaclasses may answer: what is plainly so needs not ask them."""
    return PyType_IsSubtype(<PyTypeObject *>given, <PyTypeObject *>cls) or (
        need_stack(0) == 0 and issubclass(given, cls))


cdef inline bint is_instance(value, cls) except -1:
    return PyType_IsSubtype(Py_TYPE(<PyObject *>value), <PyTypeObject *>cls) or (
        need_stack(0) == 0 and isinstance(value, cls))


cdef int pass_text(Argument *argument, CType_Type cls, value) except -1:
    """Pass what goes for c_char_p, c_wchar_p or c_void_p. 0: it does not."""
    cdef CType_Type given
    cdef PyObject *needed = NULL
    if value is None:
        pass_address(argument, NULL)
        return 1
    if isinstance(value, bytes) and cls.item != "Z":
        set_text(argument.room, value, &needed)
    elif isinstance(value, str) and cls.item != "z":
        set_wide_text(argument.room, value, &needed)
    elif isinstance(value, int) and cls.item == "P":
        cls.set(argument.room, value, &needed)
    else:
        if type(value) is CArgObject:
            if cls.item != "P" and not is_text_item(cls, type((<CArgObject>value)._obj)):
                return 0
            pass_argument(argument, value)
            return 1
        if not isinstance(value, _CData):
            return 0
        given = class_of(value)
        if not (is_instance(value, cls) and has_values_of(value, cls)):
            if given.kind == K_ARRAY or given.kind == K_POINTER:
                if cls.item != "P" and not is_text_item(cls, given.item):
                    return 0
            elif cls.item != "P" or not (given.kind == K_FUNCTION or given.kind == K_SIMPLE and given.item in "zZP"):
                return 0
        pass_instance(argument, value)
        return 1
    argument.code = LIBFFI_POINTER
    argument.where = argument.room
    argument.keep = needed
    return 1


cdef bint is_text_item(CType_Type cls, item):
    """Is an array of those, or a pointer to one, such a text?"""
    return isinstance(item, CType_Type) and (<CType_Type>item).kind == K_SIMPLE \
        and (<CType_Type>item).item == ("c" if cls.item == "z" else "u")


cdef object as_parameter(CType_Type cls, value):
    """Return what from_param() does: the value itself where it is passed as it is."""
    cdef CArgObject passed
    cdef bint is_number = cls.kind == K_SIMPLE and not cls.is_address
    if is_number and isinstance(value, cls):
        return value
    passed = CArgObject.__new__(CArgObject)
    pass_as(&passed.passed, cls, value)
    if not is_number:
        if value is None or type(value) is CArgObject:
            return value
        if isinstance(value, _CData):
            is_target = cls.kind == K_POINTER and isinstance(value, cls.item) and not isinstance(value, cls)
            return byref(value) if is_target else value
    passed._obj = value
    passed.tag = c"P" if cls.kind != K_SIMPLE else ord(cls.item)
    if passed.tag == c"P" and isinstance(value, (bytes, str)):
        passed.tag = c"z" if isinstance(value, bytes) else c"Z"
    return passed


def byref(instance, Py_ssize_t offset=0):
    """Return a pointer to an instance, for an argument of a call only."""
    cdef CArgObject passed
    if not isinstance(instance, _CData):
        raise TypeError(f"byref() argument must be a ctypes instance, not '{type(instance).__name__}'")
    passed = CArgObject.__new__(CArgObject)
    pass_address(&passed.passed, (<_CData>instance).data + offset)
    passed._obj = instance
    passed.tag = c"P"
    return passed
