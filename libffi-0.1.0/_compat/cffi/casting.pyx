"""Casts: numbers wrap and addresses are taken, as in C."""


def cast(CType ctype not None, source):
    """Return `source` as a value of another type."""
    cdef _CDataBase made
    cdef int kind = ctype.kind_number
    if is_integer(ctype):
        made = new_number(ctype)
        put_integer(ctype.size, made.data, cast_to_integer(ctype, source))
        return made
    if kind == FLOATING or kind == LONG_DOUBLE or kind == COMPLEX:
        return cast_to_float(ctype, source)
    if kind == POINTER or kind == FUNCTION or kind == ARRAY and ctype.item_count >= 0:
        made = new_cdata(ctype, <char *><uintptr_t>cast_to_address(ctype, source))
        if kind == ARRAY:
            made.length = ctype.item_count
        return made
    raise TypeError(f"cannot cast to ctype '{ctype.cname}'")


cdef object one_character(CType ctype, object source):
    """The code of a text of one character."""
    if len(source) != 1:
        raise TypeError(f"cannot cast {type(source).__name__} of length {len(source)} to ctype '{ctype.cname}'")
    return source[0] if isinstance(source, bytes) else ord(source)


cdef unsigned long long cast_to_integer(CType ctype, object source) except? 0xFFFFFFFFFFFFFFFF:
    cdef _CDataBase cdata
    if isinstance(source, _CDataBase):
        cdata = <_CDataBase>source
        if not is_number(cdata.type):
            if is_aggregate(cdata.type):
                raise TypeError(f"cannot cast cdata '{cdata.type.cname}' to ctype '{ctype.cname}'")
            source = <uintptr_t>cdata.data
        elif cdata.type.kind_number == COMPLEX:
            raise TypeError(f"cannot cast cdata '{cdata.type.cname}' to ctype '{ctype.cname}'")
        elif ctype.kind_number == TRUTH:
            return number_is_true(cdata.type, cdata.data)
        else:
            source = number_as_int(cdata)
    elif isinstance(source, (bytes, str)):
        source = one_character(ctype, source)
    if ctype.kind_number == TRUTH:
        return PyObject_IsTrue(source) if isinstance(source, (int, float)) else PyNumber_Long(source) != 0
    if not PyLong_Check(source):
        source = PyNumber_Long(source)
    return PyLong_AsUnsignedLongLongMask(source)


cdef object cast_to_float(CType ctype, object source):
    cdef _CDataBase made = new_number(ctype)
    cdef _CDataBase cdata
    if isinstance(source, _CDataBase):
        cdata = <_CDataBase>source
        if not is_number(cdata.type):
            raise TypeError(f"cannot cast cdata '{cdata.type.cname}' to ctype '{ctype.cname}'")
        if ctype.kind_number == LONG_DOUBLE and cdata.type.kind_number == LONG_DOUBLE:
            memcpy(made.data, cdata.data, ctype.size)
            return made
        source = number_as_int(cdata) if is_integer(cdata.type) else number_as_float(cdata) \
            if cdata.type.kind_number != COMPLEX else read(cdata.type, cdata.data)
    elif isinstance(source, (bytes, str)):
        source = one_character(ctype, source)
    if ctype.kind_number == COMPLEX:
        store_complex(ctype, made.data, source)
    else:
        store_float(ctype, made.data, source)
    return made


cdef object cast_to_address(CType ctype, object source):
    cdef _CDataBase cdata
    if isinstance(source, _CDataBase):
        cdata = <_CDataBase>source
        if not is_number(cdata.type):
            if is_aggregate(cdata.type):
                raise TypeError(f"cannot cast cdata '{cdata.type.cname}' to ctype '{ctype.cname}'")
            return <uintptr_t>cdata.data
        if not is_integer(cdata.type):
            raise TypeError(f"cannot cast cdata '{cdata.type.cname}' to ctype '{ctype.cname}'")
        source = number_as_int(cdata)
    elif is_file_pointer(ctype) and isinstance(source, _io.IOBase):
        return <uintptr_t>file_address(source)
    elif not isinstance(source, int):
        raise TypeError(f"cannot cast {described(source)} to ctype '{ctype.cname}'")
    return PyLong_AsUnsignedLongLongMask(source) & <uintptr_t>-1
