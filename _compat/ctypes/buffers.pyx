"""Instances as buffers: their formats are the standard ones, as in ctypes."""


@cython.final
@cython.no_gc_clear             # an instance has the address to the last
cdef class Held:
    """A buffer, held by an object that nobody can release."""
    cdef Py_buffer view
    cdef object exporter            # for the collector's sake, which looks into the buffer too then

    def __dealloc__(self):
        PyBuffer_Release(&self.view)


cdef Held held(source):
    cdef Held made = Held.__new__(Held)
    made.exporter = hold_view(source, &made.view)
    return made


cdef object shown(kept):
    """Return what is kept as `_objects` shows it: a copy, since what pointers lead to stays, whatever is done to it."""
    if type(kept) is not dict:
        return kept
    return {key: PyMemoryView_FromObject(<object>(<Held>value).view.obj) if type(value) is Held else value
            for key, value in dict(kept).items()}


cdef Py_ssize_t *extents_of(tuple shape, Py_ssize_t stride) except NULL:
    """Return the lengths, and behind them the strides, which comparing a memoryview with an instance relies on."""
    cdef Py_ssize_t i, n = len(shape)
    cdef Py_ssize_t *extents = <Py_ssize_t *>PyMem_Malloc(2 * n * sizeof(Py_ssize_t))
    if extents == NULL:
        raise MemoryError
    for i in range(n - 1, -1, -1):
        extents[i], extents[n + i] = shape[i], stride
        stride *= extents[i]
    return extents


cdef str format_of(CType_Type cls):
    """Return the format of a class's values, arrays with their shape."""
    return (f"({','.join(map(str, cls.shape))})" if cls.shape else "") + (item_format(cls) or "B")


cdef str item_format(CType_Type cls):
    """Return the format of a class's values, or of an array's items."""
    if cls.format_ is None and cls.kind == K_STRUCTURE:
        need_stack(0)
        made = structure_format(cls, inherited(cls))
        with cython.critical_section(cls):
            if cls.format_ is None:         # buffers have its address
                cls.format_ = made
    return cls.format_


cdef str structure_format(CType_Type cls, CType_Type base):
    """Return a structure's format; gaps, and what it extends, are padding."""
    cdef Py_ssize_t end = 0
    cdef CField field
    own = own_members(cls, base)
    if not own and base is not None and base.size_ == cls.size_:
        return item_format(base)
    parts = ["T{"]
    for name, member, field in own:
        if field.offset > end:
            parts.append(padding(field.offset - end))
        parts.append(f"{format_of(member)}:{name}:")
        end = field.offset + (<CType_Type>member).size_
    if cls.size_ > end:
        parts.append(padding(cls.size_ - end))
    return "".join(parts) + "}"


cdef str padding(Py_ssize_t n):
    return "x" if n == 1 else f"{n}x"
