"""Results of calls."""


cdef object converted(convert, value):
    """Return what code of the user's makes of a result."""
    need_stack(0)
    return convert(value)


cdef object load_result(Prototype prototype, const libffi_cif *handle, char *result):
    """Return what C gave, by restype."""
    cdef CType_Type cls
    if prototype.result == RESULT_INSTANCE:
        cls = prototype.result_class
        if cls.code == c"O":
            if read_address(result) == NULL and not PyErr_Occurred():
                raise ValueError("PyObject is NULL")
            value = libffi_load_result(handle, result)
            if not cls.plain:
                value = as_instance(cls, value)
            return value if prototype.checker is None else converted(prototype.checker, value)
        if cls.ffi != LIBFFI_FLOAT and cls.kind == K_SIMPLE:
            result = narrow(result, cls.size_)
        if cls.plain:
            value = cls.get(result)
        else:
            value = instance_of_copy(cls, result)
        return value if prototype.checker is None else converted(prototype.checker, value)
    if prototype.result == RESULT_VOID:
        return None
    value = (<int *>narrow(result, sizeof(int)))[0]
    return converted(prototype.restype, value) if prototype.result == RESULT_CONVERTED else value


cdef object as_instance(CType_Type cls, value):
    """Return a py_object of a user's class, which keeps what is in it."""
    made = new_instance(cls)
    set_simple(made, value)
    return made
