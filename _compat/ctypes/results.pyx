"""Results of calls."""


cdef object load_result(Prototype prototype, char *result):
    """Return what C gave, by restype."""
    cdef CType_Type cls
    cdef PyObject *returned
    if prototype.result == RESULT_INSTANCE:
        cls = prototype.result_class
        if cls.ffi != LIBFFI_FLOAT and cls.kind == K_SIMPLE:
            result = narrow(result, cls.size_)
        if cls.code == c"O":
            returned = <PyObject *>read_address(result)
            value = cls.get(result) if cls.plain else instance_of_copy(cls, result)
            decref(<object>returned)            # C has given its reference to us
        elif cls.plain:
            value = cls.get(result)
        else:
            value = instance_of_copy(cls, result)
        return value if prototype.checker is None else prototype.checker(value)
    if prototype.result == RESULT_VOID:
        return None
    value = (<int *>narrow(result, sizeof(int)))[0]
    return prototype.restype(value) if prototype.result == RESULT_CONVERTED else value
