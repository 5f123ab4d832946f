"""repr(): the type, and the value or whose the memory is. No address is followed."""

cdef str show(_CDataBase cdata):
    cdef CType ctype = cdata.type
    cdef str name = ctype.cname
    if is_number(ctype):
        return f"<cdata '{name}' {show_number(cdata)}>"
    if isinstance(cdata, __CDataOwn):
        return f"<cdata '{name}' owning {owned_size(cdata)} bytes>"
    if isinstance(cdata, __CDataOwnGC):
        return show_owner(<__CDataOwnGC>cdata)
    if isinstance(cdata, __CDataFromBuf):
        if not (<__CDataFromBuf>cdata).is_open:
            return f"<cdata '{name}' buffer RELEASED>"
        source = type(<object>(<__CDataFromBuf>cdata).view.obj)
        where = source.__name__ if source.__module__ == "builtins" else f"{source.__module__}.{source.__name__}"
        length = f" len {cdata.length}" if ctype.kind_number == ARRAY else ""
        return f"<cdata '{name}' buffer{length} from '{where}' object>"
    if ctype.kind_number == ARRAY and ctype.item_count < 0:
        return f"<cdata '{name}' sliced length {cdata.length}>"
    return f"<cdata '{name}{' &' if is_aggregate(ctype) else ''}' " \
           f"{'NULL' if cdata.data == NULL else hex(<uintptr_t>cdata.data)}>"


cdef str show_number(_CDataBase cdata):
    cdef CType ctype = cdata.type
    cdef char text[64]
    if ctype.kind_number == LONG_DOUBLE:
        snprintf(text, sizeof(text), "%LE", long_double_at(cdata.data))
        return text.decode("ascii")
    if ctype.kind_number == CHARACTER and ctype.size > 1 and unsigned_at(ctype.size, cdata.data) > 0x10FFFF:
        return hex(unsigned_at(ctype.size, cdata.data))
    if ctype.kind_number == TRUTH:
        truth = unsigned_at(ctype.size, cdata.data)
        return str(truth if truth > 1 else bool(truth))
    value = read(ctype, cdata.data)
    if ctype.names is not None and value in ctype.names:
        return f"{value}: {ctype.names[value]}"
    return repr(value)


cdef Py_ssize_t owned_size(_CDataBase cdata) except -1:
    if cdata.type.kind_number != POINTER:
        return size_of(cdata)
    return cdata.length if cdata.length >= 0 else cdata.type.item_type.size


cdef str show_owner(__CDataOwnGC cdata):
    if cdata.is_handle:
        return f"<cdata '{cdata.type.cname}' handle to {cdata.owner!r}>"
    if isinstance(cdata.owner, tuple):
        return f"<cdata '{cdata.type.cname}' calling {cdata.owner[1]!r}>"
    return f"<cdata '{cdata.type.cname}' {hex(<uintptr_t>cdata.data)}>"
