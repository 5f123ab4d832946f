"""From Python to C's memory: what initializes a value, by cffi's rules."""

cdef int store_with_end(CType ctype, char *data, object value, Py_ssize_t whole) except -1:
    """The same where a struct may end with an array: it has `whole` bytes; -1: nobody knows."""
    if is_aggregate(ctype) and ctype.has_open_array:
        return store_members(ctype, data, value, whole)
    return store(ctype, data, value)


@cython.nonecheck(False)
cdef int store(CType ctype, char *data, object value) except -1:
    """Write `value` as a `ctype` at `data`."""
    cdef int kind = ctype.kind_number
    cdef char *address
    if kind == SIGNED or kind == UNSIGNED or kind == TRUTH:
        return store_integer(ctype, data, value)
    if kind == FLOATING or kind == LONG_DOUBLE:
        return store_float(ctype, data, value)
    if kind == POINTER or kind == FUNCTION:
        address = pointer_of(ctype, value)
        memcpy(data, &address, sizeof(char *))
        return 0
    if kind == CHARACTER:
        return store_character(ctype, data, value)
    if kind == ARRAY:
        return store_array(ctype, data, value, ctype.item_count)
    if is_aggregate(ctype) and ctype.members is not None:
        return store_members(ctype, data, value, ctype.size)
    if kind == COMPLEX:
        return store_complex(ctype, data, value)
    raise TypeError(f"cannot initialize cdata of type '{ctype.cname}'")


cdef str described(object value):
    return f"cdata '{(<_CDataBase>value).type.cname}'" if isinstance(value, _CDataBase) else type(value).__name__


cdef int unfit(CType ctype, str expected, object value) except -1:
    cdef CType given
    if isinstance(value, _CDataBase):
        given = (<_CDataBase>value).type
        if given.cname == ctype.cname:
            raise TypeError(f"initializer for ctype '{ctype.cname}' appears indeed to be '{given.cname}', but the "
                            "types are different (check that you are not e.g. mixing up different ffi instances)")
    raise TypeError(f"initializer for ctype '{ctype.cname}' must be a {expected}, not {described(value)}")


@cython.nonecheck(False)
cdef char *pointer_of(CType ctype, object value) except? NULL:
    """The address in a cdata object that may stand where C wants a `ctype`."""
    cdef _CDataBase cdata
    cdef CType given
    if not isinstance(value, _CDataBase):
        unfit(ctype, "cdata pointer", value)
    cdata = <_CDataBase>value
    given = cdata.type.pointer_type if cdata.type.kind_number == ARRAY else cdata.type
    if given is not ctype:
        if given.kind_number != POINTER and given.kind_number != FUNCTION:
            unfit(ctype, "pointer or array", value)
        if not (is_void_pointer(ctype) or is_void_pointer(given) or
                ctype.kind_number == POINTER and given.kind_number == POINTER and
                ctype.item_type.is_bytes and given.item_type.is_bytes):
            unfit(ctype, "pointer to same type", value)
    if cdata.data == NULL:
        refuse_released(cdata)
    return cdata.data


cdef int refuse_released(_CDataBase cdata) except -1:
    """NULL is an address like others, but not of what had another before release()."""
    cdef bint had_memory = type(cdata) is __CDataOwn
    if isinstance(cdata, __CDataFromBuf):
        had_memory = (<__CDataFromBuf>cdata).view.len > 0
    elif isinstance(cdata, __CDataGCP):
        with cython.critical_section(cdata):
            origin = (<__CDataGCP>cdata).origin
        had_memory = origin is None or (<_CDataBase>origin).data != NULL
    if had_memory:
        raise RuntimeError(f"cdata '{cdata.type.cname}' was released")
    return 0


cdef int store_character(CType ctype, char *data, object value) except -1:
    cdef _CDataBase cdata
    if isinstance(value, _CDataBase):
        cdata = <_CDataBase>value
        if cdata.type.kind_number != CHARACTER or cdata.type.size != ctype.size or cdata.type.cname != ctype.cname:
            unfit(ctype, "bytes of length 1" if ctype.size == 1 else "unicode string of length 1", value)
        memcpy(data, cdata.data, ctype.size)
        return 0
    if ctype.size == 1:
        if not isinstance(value, bytes) or len(value) != 1:
            unfit(ctype, "bytes of length 1", value)
        data[0] = PyBytes_AS_STRING(value)[0]
        return 0
    if not isinstance(value, str) or len(value) != 1 or ctype.size == 2 and ord(value) > 0xFFFF:
        unfit(ctype, "unicode string of length 1", value)
    put_integer(ctype.size, data, <unsigned long long>ord(value))
    return 0


# ---- arrays ----

cdef object as_characters(CType item, object value):
    """The bytes that a text fills an array of `item` with; None: the item is no character, or the value no text."""
    if item.size == 1 and is_integer(item):
        return value if isinstance(value, bytes) else None
    if item.kind_number != CHARACTER or not isinstance(value, str):
        return None
    form = ("utf-16" if item.size == 2 else "utf-32") + ("-le" if _sys.byteorder == "little" else "-be")
    return str.encode(value, form, "surrogatepass")     # a subclass's own might return anything


cdef int store_array(CType ctype, char *data, object value, Py_ssize_t room) except -1:
    """Write items, from the first, in an array of `room` items; -1: of as many as there are."""
    cdef CType item = ctype.item_type
    cdef Py_ssize_t count
    if isinstance(value, (list, tuple)):
        need_stack(0)
        count = len(value)
        if room >= 0 and count > room:
            raise IndexError(f"too many items for '{ctype.cname}' (got {count})")
        for each in value:
            if count == 0:
                raise RuntimeError("the list grew while it was converted")
            count -= 1
            store(item, data, each)
            data += item.size
        return 0
    if isinstance(value, _CDataBase) and (<_CDataBase>value).type is ctype and ctype.item_count >= 0:
        return copy_from(data, <_CDataBase>value, ctype.size)
    text = as_characters(item, value)
    if text is None:
        unfit(ctype, "list or tuple" if not (item.kind_number == CHARACTER or item.is_bytes)
              else "bytes or list or tuple" if item.size == 1 else "unicode or list or tuple", value)
    count = PyBytes_GET_SIZE(text) // item.size
    if room >= 0 and count > room:
        raise IndexError(f"initializer {type(value).__name__} is too long for '{ctype.cname}' "
                         f"(got {count} characters)")
    if item.kind_number == TRUTH and max(text, default=0) > 1:
        raise ValueError("an array of _Bool can only contain \\x00 or \\x01")
    memcpy(data, PyBytes_AS_STRING(text), count * item.size)
    if count != room:
        memset(data + count * item.size, 0, item.size)
    return 0


cdef Py_ssize_t array_length(CType item, object value) except -1:
    """How many items an initializer makes: a number stands for so many zeros."""
    cdef Py_ssize_t count = 0
    text = as_characters(item, value)
    if text is not None:
        return PyBytes_GET_SIZE(text) // item.size + 1
    if isinstance(value, (list, tuple)):
        need_stack(0)
        count = len(value)
    elif isinstance(value, (bytes, str)):
        unfit_length(value)
    else:
        try:
            count = as_integer(value)
        except TypeError:
            unfit_length(value)
    if count < 0:
        raise ValueError("negative array length")
    if count > PY_SSIZE_T_MAX // max(item.size, 1):
        raise OverflowError("array size would overflow a Py_ssize_t")
    return count


cdef int unfit_length(object value) except -1:
    raise TypeError(f"expected new array length or list/tuple/str, not {type(value).__name__}")


# ---- structs ----

cdef int store_members(CType ctype, char *data, object value, Py_ssize_t whole) except -1:
    """Write members of a struct of `whole` bytes, counting an array at its end; -1: nobody knows."""
    cdef Py_ssize_t taken = 0
    cdef CField field
    if isinstance(value, _CDataBase) and (<_CDataBase>value).type is ctype:
        return copy_from(data, <_CDataBase>value, ctype.size)
    need_stack(0)
    if isinstance(value, dict):
        for name, each in value.items():
            field = ctype.members[name]
            store_field(field, data, each, whole)
        return 0
    if not isinstance(value, (list, tuple)):
        unfit(ctype, "list or tuple or dict or struct-cdata", value)
    for _name, member in ctype.member_list:
        if taken == len(value):
            return 0
        field = member
        if field.flags & 1:             # a union's second member, inside
            continue
        store_field(field, data, value[taken], whole)
        taken += 1
    if taken < len(value):
        raise ValueError(f"too many values for '{ctype.cname}' (got {len(value)})")
    return 0


cdef int store_field(CField field, char *data, object value, Py_ssize_t whole) except -1:
    """Write a member of a struct of `whole` bytes; -1: nobody knows how many."""
    cdef CType ctype = field.type
    cdef Py_ssize_t rest = -1 if whole < 0 else max(whole - field.offset, 0)
    data += field.offset
    if field.bitshift >= 0:
        return store_bits(field, data, value)
    if ctype.kind_number == ARRAY and ctype.item_count < 0:
        if isinstance(value, int):      # so many zeros, which are there
            return 0
        if rest >= 0:
            rest //= ctype.item_type.size
        elif isinstance(value, (bytes, str)):
            rest = array_length(ctype.item_type, value)
        return store_array(ctype, data, value, rest)
    return store_with_end(ctype, data, value, rest)


cdef int store_bits(CField field, char *data, object value) except -1:
    cdef CType ctype = field.type
    cdef unsigned long long mask, whole
    cdef object lowest, highest, one = 1        # C's own is not wide enough
    number = int.from_bytes(value, "little") if ctype.kind_number == CHARACTER and isinstance(value, bytes) \
        else as_integer(value)
    if ctype.kind_number == SIGNED:
        lowest, highest = -(one << (field.bitsize - 1)), (one << (field.bitsize - 1)) - 1
        if field.bitsize == 1:
            highest = 1                 # int flag : 1 takes 1, and reads as -1
    else:
        lowest, highest = 0, (one << field.bitsize) - 1
    if not lowest <= number <= highest:
        raise OverflowError(f"value {number} outside the range allowed by the bit field width: "
                            f"{lowest} <= x <= {highest}")
    mask = (~0ULL >> (64 - field.bitsize)) << field.bitshift
    whole = unsigned_at(ctype.size, data)
    whole = whole & ~mask | (PyLong_AsUnsignedLongLongMask(number) << field.bitshift) & mask
    put_integer(ctype.size, data, whole)
    return 0


cdef object read_field(CField field, char *data, Py_ssize_t whole):
    """A member; `whole`: bytes of the struct, where it ends with an array and that is known."""
    cdef CType ctype = field.type
    cdef _CDataBase made
    cdef unsigned long long bits
    data += field.offset
    if field.bitshift == -1:
        return read(ctype, data)
    if field.bitshift == -2:
        if ctype.item_count == 0 or whole < 0:
            return new_cdata(ctype.pointer_type, data)
        made = new_cdata(ctype, data)
        made.length = (whole - field.offset) // ctype.item_type.size if whole > field.offset else 0
        return made
    bits = unsigned_at(ctype.size, data) >> field.bitshift & (~0ULL >> (64 - field.bitsize))
    if ctype.kind_number == SIGNED and bits >> (field.bitsize - 1):
        return <long long>(bits | ~(~0ULL >> (64 - field.bitsize)))
    if ctype.kind_number == TRUTH:
        return PyBool_FromLong(<long>bits)
    return bits
