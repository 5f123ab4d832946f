"""Items of arrays and of what pointers point to: one, or several in a row."""


cdef extern from "base/iterators.h":
    object iterator_of(object)


cdef extern from "Python.h":
    Py_ssize_t PyObject_LengthHint(object, Py_ssize_t) except -1


cdef Py_ssize_t as_index(Type type, index) except? -1:
    try:
        return as_size(index)
    except TypeError:
        raise TypeError(f"{type_name(type)} indices are ints or slices, got {index.__class__.__name__}") from None
    except OverflowError:
        raise IndexError(f"{type_name(type)} index {index} is out of range") from None


cdef int store_item(const type_info *type, char *where, value, Memory memory, const char *place,
                    name, Py_ssize_t index) except -1:
    cdef keeper k = memory_keeper(<MemoryObject *>memory)
    cdef lifetime *life = memory.m.life
    pin_or_raise(life)      # a conversion may run code that closes the memory
    try:
        with cython.critical_section(<object>k.memory):
            return store_placed(type, where, value, &k, place, name, index)
    finally:
        lifetime_unpin(life)


cdef list items_for(positions, values, name):
    """Return what a slice is given, one for each position; of what has no end, no more is asked."""
    cdef list given
    need_stack(0)
    if type(values) is list or type(values) is tuple:
        given = list(values)
        n = len(given)
    else:
        given = []
        for value in iterator_of(values):
            given.append(value)
            if len(given) > len(positions):
                break
        n = len(given) if len(given) <= len(positions) else max(len(given), PyObject_LengthHint(values, 0))
    if n != len(positions):
        raise ValueError(f"{name}cannot assign {n} items to a slice of {len(positions)}")
    return given


cdef object items_at(const type_info *item, char *data, positions, Memory root):
    if item.kind == K_CHAR and positions.step == 1:
        return (data + <Py_ssize_t>positions.start)[:len(positions)]
    if item.kind == K_CHAR:
        return b"".join([data[i:i + 1] for i in positions])
    pin_or_raise(root.m.life)       # an enum's _missing_ may run code that closes the memory
    try:
        return [load_value(item, data + <Py_ssize_t>i * <Py_ssize_t>item.size, <MemoryObject *>root)
                for i in positions]
    finally:
        lifetime_unpin(root.m.life)


cdef object same_items(const type_info *item, positions, values):
    """Return the buffer of as many such items in a row, which may be copied as it is, or None."""
    cdef Export export
    cdef Py_buffer *view
    if isinstance(values, (list, tuple)) or positions.step != 1 or not is_number_kind(item.kind) or \
            item.kind in (K_BOOL, K_CHAR16, K_CHAR32):
        return None
    try:
        export = hold_buffer(values)
    except TypeError:
        return None
    view = &export.view
    if view.ndim != 1 or not PyBuffer_IsContiguous(view, b'C') or <size_t>view.itemsize != item.size or \
            view.shape[0] != len(positions):
        return None
    if item.kind in (K_S8, K_U8):       # a byte is one or the other
        return export if view.format == (b"b" if item.kind == K_S8 else b"B") else None
    return export if format_matches(item, view) else None


cdef int copy_items(const type_info *item, char *data, positions, Export export) except -1:
    """Copy what same_items() found; it may be of the same storage."""
    memmove(data + <Py_ssize_t>positions.start * <Py_ssize_t>item.size, export.view.buf,
            export.view.len)
    return 0
