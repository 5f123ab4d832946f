"""Array: memory that is a sequence."""


@cython.no_gc_clear
cdef class Array(Memory):
    """Hold C storage for the items of an array (or the lanes of a vector); a sequence."""

    def _repr_html_(self):
        """Return a table of the items, for notebooks."""
        return look_as_table(self)

    def __len__(self):
        return self.m.type.length

    def __getitem__(self, index):
        cdef Py_ssize_t i
        cdef char *data
        if isinstance(index, slice):
            need_stack(0)
            positions = range(*index.indices(self.m.type.length))
            return items_at(item_type(self), memory_data(<MemoryObject *>self), positions, self)
        i = array_index(self, index)
        data = memory_data(<MemoryObject *>self)
        return load_value(self.m.type.item, data + i * self.m.type.item.size, <MemoryObject *>self)

    def __setitem__(self, index, value):
        cdef Py_ssize_t i
        cdef char *data
        if isinstance(index, slice):
            need_stack(0)
            store_items(self, range(*index.indices(self.m.type.length)), value)
            return
        i = array_index(self, index)
        data = memory_writable(<MemoryObject *>self)
        store_item(self.m.type.item, data + i * self.m.type.item.size, value, self,
                   "%U item %zd", type_name(self.type_), i)

    def __delitem__(self, index):
        raise TypeError(f"{type_name(self.type_)} has a fixed length: items cannot be deleted")

    def __iter__(self):
        return PySeqIter_New(self)

    def __contains__(self, value):
        need_stack(0)
        return any(item == value for item in self)

    def __eq__(self, other):
        if self is other:
            return True
        if isinstance(other, Array):
            if (<Array>other).m.type.item != self.m.type.item:
                return NotImplemented
            return (<Array>other).m.type.length == self.m.type.length and same_memory(self, <Array>other)
        need_stack(0)
        if isinstance(other, (list, tuple)):
            if len(other) != self.m.type.length:
                return False
            seen = items_seen(self)
            return seen is not None and seen == list(other)
        return NotImplemented

    __hash__ = None


cdef const type_info *item_type(Array array) except NULL:
    """Return the type of the items; `__class__` may have been set of what is no array."""
    if array.m.type.kind not in (K_ARRAY, K_VECTOR):
        raise TypeError(f"{type_name(array.type_)} memory has no items")
    return array.m.type.item


cdef int store_items(Array array, positions, values) except -1:
    cdef const type_info *item = item_type(array)
    cdef char *data
    same = same_items(item, positions, values)
    if same is not None:
        copy_items(item, memory_writable(<MemoryObject *>array), positions, same)
        return 0
    if item.kind == K_CHAR and isinstance(values, (bytes, bytearray)):
        values = [bytes([value]) for value in values]
    for i, value in zip(positions, items_for(positions, values, f"{type_name(array.type_)}: ")):
        data = memory_writable(<MemoryObject *>array)
        store_item(item, data + <Py_ssize_t>i * <Py_ssize_t>item.size, value, array,
                   "%U item %zd", type_name(array.type_), i)
    return 0


cdef Py_ssize_t array_index(Array array, index) except -1:
    cdef Py_ssize_t length = array.m.type.length, i = as_index(array.type_, index)
    if i < 0:
        i += length
    if not 0 <= i < length:
        hint = "" if length else ": a flexible array is read through c.ptr(T)(it), or c.array(T, n).at(it)"
        raise IndexError(f"{type_name(array.type_)} index {index} is out of range{hint}")
    return i
