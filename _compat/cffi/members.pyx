"""Members of structs, also through a pointer, and the other attributes of cdata objects."""


@cython.nonecheck(False)
cdef inline PyObject *member_named(_CDataBase cdata, object name) except? NULL:
    """The CField, borrowed, of a struct or of what a pointer points to, which is there; NULL: no such member."""
    cdef CType ctype = cdata.type.item_type if cdata.type.kind_number == POINTER else cdata.type
    cdef PyObject *field
    if ctype.members is None:
        return NULL
    field = PyDict_GetItemWithError(ctype.members, name)
    if field != NULL:
        check_address(cdata)
    return field


cdef object get_member(_CDataBase cdata, object name):
    if not (FREE_THREADED and cdata.may_be_released):
        return member_of(cdata, name)
    with cython.critical_section(cdata):
        member = member_of(cdata, name)
    return member


@cython.nonecheck(False)
cdef inline object member_of(_CDataBase cdata, object name):
    cdef PyObject *field = member_named(cdata, name)
    if field != NULL:
        return read_field(<CField>field, cdata.data, cdata.length)
    try:
        return PyObject_GenericGetAttr(cdata, name)
    except AttributeError:
        no_member(cdata, name, "read")


cdef int set_member(_CDataBase cdata, object name, object value) except -1:
    cdef PyObject *field = member_named(cdata, name)
    if field != NULL:
        use(cdata)
        try:
            return set_field(<CField>field, cdata, value)
        finally:
            unuse(cdata)
    no_member(cdata, name, "write")


cdef int set_field(CField field, _CDataBase cdata, object value) except -1:
    """An open array has the room that it was made with."""
    if field.bitshift == -2 and cdata.length >= 0 and isinstance(value, int):
        unfit(field.type, "list or tuple", value)
    return store_field(field, cdata.data, value, cdata.length)


cdef int check_address(_CDataBase cdata) except -1:
    if cdata.data == NULL:
        raise RuntimeError(f"cannot dereference null pointer from cdata '{cdata.type.cname}'")
    return 0


cdef int no_member(_CDataBase cdata, object name, str deed) except -1:
    cdef CType ctype = cdata.type
    cdef CType inner = ctype.item_type if ctype.kind_number == POINTER else ctype
    if is_aggregate(inner):
        if inner.members is None and ctype is not inner:
            raise AttributeError(f"cdata '{ctype.cname}' points to an opaque type: cannot {deed} fields")
        raise AttributeError(f"cdata '{ctype.cname}' has no field '{name}'")
    raise AttributeError(f"cdata '{ctype.cname}' has no attribute '{name}'")
