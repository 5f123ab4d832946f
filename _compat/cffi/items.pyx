"""Items, slices, and pointers a few items on."""

cdef extern from "Python.h":
    ctypedef struct PySliceObject:
        PyObject *start
        PyObject *stop
        PyObject *step
    bint PyLong_CheckExact(object)
    Py_ssize_t PyLong_AsSsize_t(object) except? -1
    Py_ssize_t PyNumber_AsSsize_t(object, object) except? -1


@cython.nonecheck(False)
cdef char *item_at(_CDataBase cdata, object index) except NULL:
    cdef CType ctype = cdata.type
    cdef Py_ssize_t i
    if PyLong_CheckExact(index):
        i = PyLong_AsSsize_t(index)
    else:
        need_stack(0)
        i = PyNumber_AsSsize_t(index, IndexError)
    if ctype.kind_number == POINTER:
        if i != 0 and owns_memory(cdata):
            raise IndexError(f"cdata '{ctype.cname}' can only be indexed by 0")
        check_address(cdata)
        if ctype.item_type.size < 0:
            raise TypeError(f"cdata of type '{ctype.cname}' points to items of unknown size")
    elif ctype.kind_number == ARRAY:
        if i < 0:
            raise IndexError("negative index")
        if i >= cdata.length:
            raise IndexError(f"index too large for cdata '{ctype.cname}' (expected {i} < {cdata.length})")
        check_address(cdata)
    else:
        raise TypeError(f"cdata of type '{ctype.cname}' cannot be indexed")
    return cdata.data + i * ctype.item_type.size


cdef object get_item(_CDataBase cdata, object index):
    if not (FREE_THREADED and cdata.may_be_released):
        return item_of(cdata, index)
    with cython.critical_section(cdata):
        item = item_of(cdata, index)
    return item


@cython.nonecheck(False)
cdef inline object item_of(_CDataBase cdata, object index):
    cdef char *data
    if owns_memory(cdata) and (<__CDataOwn>cdata).target is not None and PyLong_CheckExact(index) and (
            PyLong_AsSsize_t(index) == 0):
        return (<__CDataOwn>cdata).target
    if isinstance(index, slice):
        return get_slice(cdata, index)
    data = item_at(cdata, index)
    if owns_memory(cdata) and cdata.type.kind_number == POINTER and is_aggregate(cdata.type.item_type):
        return target_of(<__CDataOwn>cdata)
    return read(cdata.type.item_type, data)


cdef __CDataOwn target_of(__CDataOwn pointer):
    """The struct that a pointer was made with: it takes the memory over, so that each keeps it."""
    cdef __CDataOwn made
    if pointer.target is None:
        with cython.critical_section(pointer):
            if pointer.target is None:
                made = place(__CDataOwn.__new__(__CDataOwn), pointer.type.item_type, pointer.data)
                made.length = pointer.length
                made.memory, made.allocated = pointer.memory, pointer.allocated
                made.may_be_released = pointer.may_be_released
                pointer.memory = NULL
                pointer.target = made
    return pointer.target


cdef int set_item(_CDataBase cdata, object index, object value) except -1:
    cdef char *data
    use(cdata)
    try:
        if isinstance(index, slice):
            return set_slice(cdata, index, value)
        data = item_at(cdata, index)
        return store_with_end(cdata.type.item_type, data, value,
                              cdata.length if cdata.type.kind_number == POINTER else cdata.type.item_type.size)
    finally:
        unuse(cdata)


cdef int find_bounds(_CDataBase cdata, object index, Py_ssize_t *first, Py_ssize_t *end) except -1:
    """Start and stop, which have to be said: a pointer has no end."""
    cdef Py_ssize_t start, stop
    cdef PySliceObject *parts = <PySliceObject *>index
    if parts.step != <PyObject *>None:
        raise IndexError("slice with step not supported")
    if parts.start == <PyObject *>None:
        raise IndexError("slice start must be specified")
    if parts.stop == <PyObject *>None:
        raise IndexError("slice stop must be specified")
    start, stop = <object>parts.start, <object>parts.stop
    if start > stop:
        raise IndexError("slice start > stop")
    if cdata.type.kind_number == ARRAY:
        if start < 0:
            raise IndexError("negative index")
        if stop > cdata.length:
            raise IndexError(f"index too large (expected {stop} <= {cdata.length})")
    elif cdata.type.kind_number != POINTER:
        raise TypeError(f"cdata of type '{cdata.type.cname}' cannot be indexed")
    if cdata.type.item_type.size < 0:
        raise TypeError(f"cdata of type '{cdata.type.cname}' points to items of unknown size")
    check_address(cdata)
    first[0], end[0] = start, stop
    return 0


cdef object get_slice(_CDataBase cdata, object index):
    """An array in the same memory."""
    cdef CType pointer = cdata.type.pointer_type if cdata.type.kind_number == ARRAY else cdata.type
    cdef Py_ssize_t start, stop
    cdef _CDataBase made
    find_bounds(cdata, index, &start, &stop)
    made = new_cdata(open_array_of(pointer), cdata.data + start * pointer.item_type.size)
    made.length = stop - start
    return made


cdef CType open_array_of(CType pointer):
    if pointer.open_array is None:
        made = new_array_type(pointer, None)
        with cython.critical_section(pointer):
            if pointer.open_array is None:
                pointer.open_array = made
    return pointer.open_array


cdef int set_slice(_CDataBase cdata, object index, object value) except -1:
    cdef CType item
    cdef char *data
    cdef Py_ssize_t start, stop, count, i = 0
    find_bounds(cdata, index, &start, &stop)
    item = cdata.type.item_type
    data = cdata.data + start * item.size
    count = stop - start
    if isinstance(value, _CDataBase) and (<_CDataBase>value).type.kind_number == ARRAY and (
            <_CDataBase>value).type.item_type is item and (<_CDataBase>value).length == count:
        return copy_from(data, <_CDataBase>value, count * item.size)
    text = as_characters(item, bytes(value) if isinstance(value, bytearray) else value)
    if text is not None:
        if PyBytes_GET_SIZE(text) != count * item.size:
            raise ValueError(f"need a text of length {count}, got {PyBytes_GET_SIZE(text) // item.size}")
        memcpy(data, PyBytes_AS_STRING(text), count * item.size)
        return 0
    if isinstance(value, (str, bytes)) and item.kind_number == CHARACTER:
        unfit(item, "text of its own kind", value)
    if isinstance(value, memoryview):
        len(value)          # CPython 3.13's iterator does not ask whether it was released
    for each in value:
        if i >= count:
            raise ValueError(f"got more than {count} values to unpack")
        store(item, data + i * item.size, each)
        i += 1
    if i != count:
        raise ValueError(f"need {count} values to unpack, got {i}")
    return 0


cdef object moved(_CDataBase cdata, object count, int sign):
    """A pointer some items on, or NotImplemented."""
    cdef CType ctype = cdata.type.pointer_type if cdata.type.kind_number == ARRAY else cdata.type
    cdef Py_ssize_t size, steps
    if not PyLong_CheckExact(count):
        need_stack(0)
        if isinstance(count, _CDataBase) or not hasattr(count, "__index__"):
            return NotImplemented
    if ctype.kind_number != POINTER:
        raise TypeError(f"cannot add a cdata '{cdata.type.cname}' and a number")
    size = 1 if ctype.item_type.kind_number == VOID else ctype.item_type.size
    if size < 0:
        raise TypeError(f"ctype '{ctype.cname}' points to items of unknown size")
    steps = count
    return new_cdata(ctype, cdata.data + sign * steps * size)


cdef object distance(_CDataBase left, _CDataBase right):
    """How many items lie between two pointers of one type."""
    cdef CType ctype = left.type.pointer_type if left.type.kind_number == ARRAY else left.type
    cdef CType other = right.type.pointer_type if right.type.kind_number == ARRAY else right.type
    cdef Py_ssize_t size, bytes_between
    if ctype is not other or ctype.kind_number != POINTER or (
            ctype.item_type.size <= 0 and ctype.item_type.kind_number != VOID):
        raise TypeError(f"cannot subtract cdata '{ctype.cname}' and cdata '{other.cname}'")
    size = 1 if ctype.item_type.kind_number == VOID else ctype.item_type.size
    bytes_between = left.data - right.data
    if bytes_between % size:
        raise ValueError("pointer subtraction: the distance between the two pointers is not a multiple of the item "
                         "size")
    return bytes_between // size
