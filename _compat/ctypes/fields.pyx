"""Fields of structures and unions: the descriptors in their classes."""


@cython.final
cdef class CField:
    """Structure/Union member"""
    cdef CType_Type cls, owner
    cdef readonly Py_ssize_t offset
    cdef Py_ssize_t index, bytes_, end
    cdef unsigned shift, width      # width 0: no bit-field
    cdef value_getter get           # NULL: not a plain value
    cdef bint is_text               # an array of characters, read as one text
    cdef bint swapped

    @property
    def size(self):
        """Return the size in bytes; of a bit-field its bits and first bit, as `bits << 16 | first`."""
        return self.width << 16 | self.shift if self.width else self.bytes_

    def __get__(self, instance, owner):
        cdef _CData data
        if instance is None:
            return self
        if self.get != NULL and is_of(self, instance) and self.end <= (<_CData>instance).size:
            return self.get((<_CData>instance).data + self.offset)
        data = need_instance(self, instance)
        need_size(data, self.end)
        if self.width:
            return get_field_bits(self, data.data + self.offset)
        if self.is_text:
            return read_characters(self.cls, data.data + self.offset)
        return read_value(self.cls, data.data + self.offset, data, self.index)

    def __set__(self, instance, value):
        cdef _CData data
        cdef PyObject *needed = NULL
        if self.get != NULL and is_of(self, instance) and not isinstance(value, _CData) and \
                self.end <= (<_CData>instance).size:
            self.cls.set((<_CData>instance).data + self.offset, value, &needed)
            if needed != NULL:
                keep(<_CData>instance, self.index, taken(needed))
            return
        data = need_instance(self, instance)
        need_size(data, self.end)
        if self.width:
            set_field_bits(self, data.data + self.offset, value)
        elif self.is_text and not isinstance(value, _CData):
            write_characters(self.cls, data.data + self.offset, value, True)
        else:
            keep(data, self.index, write_value(self.cls, data.data + self.offset, value))

    def __delete__(self, instance):
        raise TypeError("can't delete attribute")

    def __repr__(self):
        if self.width:
            return f"<Field type={self.cls.__name__}, ofs={self.offset}:{self.shift}, bits={self.width}>"
        return f"<Field type={self.cls.__name__}, ofs={self.offset}, size={self.bytes_}>"


cdef inline bint is_of(CField field, instance):
    """Is it an instance of the class whose field that is, or of one that extends it?"""
    cdef PyTypeObject *owner = <PyTypeObject *>field.owner
    return Py_TYPE(<PyObject *>instance) == owner or PyType_IsSubtype(Py_TYPE(<PyObject *>instance), owner)


cdef _CData need_instance(CField field, instance):
    need_data(instance)
    if not is_of(field, instance):
        raise TypeError(f"a field of {field.owner.__name__} instances, not of {type(instance).__name__}")
    return instance


cdef _CData need_data(instance):
    if not isinstance(instance, _CData):
        raise TypeError("not a ctype instance")
    return instance


cdef object get_field_bits(CField field, const char *where):
    value = get_bits(where, field.cls.size_, field.cls.swapped, field.cls.item in "bhilq", field.shift, field.width)
    return bool(value) if field.cls.item == "?" else value


cdef int set_field_bits(CField field, char *where, value) except -1:
    cdef unsigned long long bits
    if field.cls.item == "?":
        bits = 1 if value else 0
    else:
        integer_bits(value, &bits)
    put_bits(where, field.cls.size_, field.cls.swapped, field.shift, field.width, bits)
    return 0


cdef CField new_field(CType_Type owner, CType_Type cls, Py_ssize_t offset, Py_ssize_t index, unsigned shift,
                      unsigned width):
    cdef CField field = CField.__new__(CField)
    field.owner = owner
    field.cls = cls
    field.offset = offset
    field.index = index
    field.bytes_ = cls.size_
    field.end = offset + cls.size_
    field.shift = shift
    field.width = width
    field.is_text = cls.kind == K_ARRAY and is_character(cls.item)
    field.get = cls.get if cls.plain and not width else NULL
    return field
