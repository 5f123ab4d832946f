"""Fields of structures and unions: the descriptors in their classes."""


@cython.final
cdef class CField:
    """Structure/Union member"""
    cdef CType_Type cls, owner
    cdef readonly str name
    cdef readonly Py_ssize_t offset
    cdef Py_ssize_t index, bytes_, end
    cdef unsigned shift, width      # width 0: no bit-field
    cdef readonly bint is_anonymous
    cdef value_getter get           # NULL: not a plain value
    cdef bint is_text               # an array of characters, read as one text
    cdef bint swapped

    @property
    def size(self):
        """Return the size in bytes; of a bit-field its bits and first bit, as `bits << 16 | first`."""
        return self.width << 16 | self.shift if self.width else self.bytes_

    @property
    def type(self):
        """Return the member's class."""
        return self.cls

    @property
    def byte_offset(self):
        """Return the offset in bytes, of a bit-field that of its integer."""
        return self.offset

    @property
    def byte_size(self):
        """Return the size in bytes, of a bit-field that of its integer."""
        return self.bytes_

    @property
    def bit_offset(self):
        """Return the first bit of a bit-field in its integer; 0 for others."""
        return self.shift

    @property
    def bit_size(self):
        """Return the size in bits."""
        return self.width or 8 * <object>self.bytes_

    @property
    def is_bitfield(self):
        """Return whether it is a bit-field."""
        return self.width != 0

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
            put_value(data, self.index, self.cls, data.data + self.offset, value)

    def __delete__(self, instance):
        raise TypeError("can't delete attribute")

    def __repr__(self):
        if not LAYOUT_IS_PYTHON:
            bits = f":{self.shift}, bits={self.width}" if self.width else f", size={self.bytes_}"
            return f"<Field type={self.cls.__name__}, ofs={self.offset}{bits}>"
        size = f"bit_size={self.width}, bit_offset={self.shift}" if self.width else f"size={self.bytes_}"
        return f"<ctypes.CField {self.name!r} type={self.cls.__name__}, ofs={self.offset}, {size}>"


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


cdef instance_maker bare_field      # what Cython made


cdef CField new_field(name, CType_Type cls, unsigned width):
    """Return a member that lies nowhere yet."""
    cdef CField field = <CField>bare_field(CField, (), NULL)
    field.name = PyUnicode_FromObject(name)
    field.cls = cls
    field.bytes_ = cls.size_
    field.width = width
    field.is_text = cls.kind == K_ARRAY and is_character(cls.item)
    field.get = cls.get if cls.plain and not width and not (FREE_THREADED and cls.is_followed) else NULL
    return field


cdef int give_field(CType_Type owner, CField field, Py_ssize_t index) except -1:
    """Make a member that has its place the class's."""
    field.owner = owner
    field.index = index
    field.end = field.offset + field.bytes_
    set_type_attribute(owner, field.name, field)
    return 0


cdef object make_field(cls, tuple args, PyObject *keywords):
    """CField's tp_new, for CPython 3.14's own ctypes._layout."""
    return laid_out_field(*args, **({} if keywords == NULL else <dict>keywords))


def laid_out_field(*, name, type, Py_ssize_t byte_size, Py_ssize_t byte_offset, Py_ssize_t index,
                   bint _internal_use, bit_size=None, bit_offset=None):
    """Return a member where ctypes._layout has placed it."""
    cdef CField field
    if not _internal_use:
        raise TypeError("cannot create 'ctypes.CField' instances")
    if not isinstance(name, str):
        raise TypeError(f"a field's name must be a string, not {(<object>name).__class__.__name__}")
    if not isinstance(type, CType_Type) or (<CType_Type>type).kind == K_ABSTRACT:
        raise TypeError(f"type of field {name!r} must be a C type")
    if byte_size < 0 or byte_size != (<CType_Type>type).size_:
        raise ValueError(f"byte size of field {name!r} ({byte_size}) does not match type size "
                         f"({(<CType_Type>type).size_})")
    if byte_offset < 0 or byte_offset > PY_SSIZE_T_MAX - byte_size:
        raise OverflowError(f"byte offset of field {name!r} is out of range: {byte_offset}")
    field = new_field(name, type, 0 if bit_size is None else width_of_bits(name, type, bit_size))
    field.offset = byte_offset
    field.index = index
    if field.width:
        if not isinstance(bit_offset, int) or not 0 <= bit_offset <= 8 * byte_size - field.width:
            raise ValueError(f"bit field {name!r} overflows its type ({bit_offset} + {bit_size} > {8 * byte_size})")
        field.shift = bit_offset
    elif bit_offset is not None:
        raise ValueError(f"field {name!r}: bit_offset must be specified if bit_size is")
    return field


cdef unsigned width_of_bits(name, CType_Type cls, bits) except 0:
    """Return how many bits a bit-field has."""
    cdef Py_ssize_t width
    if cls.kind != K_SIMPLE or cls.item not in "bBhHiIlLqQ?":
        raise TypeError(f"bit fields not allowed for type {cls.__name__}")
    width = bits
    if not 0 < width <= 8 * cls.size_:
        raise ValueError("number of bits invalid for bit field")
    return width
