"""Arrays; those of characters are texts as well."""


cdef class PyCArrayType(CType_Type):
    """Class of the classes of arrays."""

    def __init__(cls, name, bases, namespace, **keywords):
        begin_class(cls)
        define_array(cls)


cdef int define_array(CType_Type cls) except -1:
    cdef CType_Type item
    if not hasattr(cls, "_length_"):
        raise AttributeError("class must define a '_length_' attribute")
    length = cls._length_
    if not isinstance(length, int):
        raise TypeError("The '_length_' attribute must be an integer")
    if length < 0:
        raise ValueError("The '_length_' attribute must not be negative")
    if length > _sys.maxsize:
        raise OverflowError("The '_length_' attribute is too large")
    if not hasattr(cls, "_type_"):
        raise AttributeError("class must define a '_type_' attribute")
    if not isinstance(cls._type_, CType_Type) or (<CType_Type>cls._type_).kind == K_ABSTRACT:
        raise TypeError("_type_ must have storage info")
    item = cls._type_
    if item.size_ * length > _sys.maxsize:
        raise OverflowError("array too large")
    cls.kind = K_ARRAY
    cls.item = item
    cls.length = length
    cls.size_ = item.size_ * cls.length
    cls.align = item.align
    cls.ffi = LIBFFI_POINTER
    cls.has_pointers = item.has_pointers or item.kind == K_POINTER or item.kind == K_FUNCTION
    cls.format_ = item_format(item)
    cls.shape = (length, *item.shape)
    if cls.__getitem__ is Array.__getitem__:
        give_item(cls, array_item_of)       # the class's own slot would look for the method each time
    if is_character(item):
        set_type_attribute(cls, "value", characters_value)
        if item.item == "c":
            set_type_attribute(cls, "raw", characters_raw)
    return 0


cdef inline bint is_character(CType_Type cls):
    return cls.code == c"c" or cls.code == c"u"


cdef object array_class(CType_Type cls, length):
    known = None if cls.arrays is None or not isinstance(length, int) else dict_get(cls.arrays, length)
    found = None if known is None else known()
    return new_array_class(cls, length) if found is None else found


cdef object new_array_class(CType_Type cls, length):
    cdef dict arrays
    if not isinstance(length, int):
        raise TypeError(f"can't multiply sequence by non-int of type '{type(length).__name__}'")
    if length < 0:
        raise ValueError(f"Array length must be >= 0, not {length}")
    need_concrete(cls)
    made = PyCArrayType(f"{cls.__name__}_Array_{length}", (Array,), {"_length_": length, "_type_": cls})
    with cython.critical_section(cls):
        if cls.arrays is None:
            cls.arrays = {}
        arrays = cls.arrays
    place = _weak_reference(made, lambda gone: dict_forget(arrays, length, gone))
    while True:
        known = dict_get_or_put(arrays, length, place)      # another thread may have made one meanwhile
        found = known()
        if found is not None:
            return found
        dict_forget(arrays, length, known)


cdef class _Array(_CData):
    """A number of values of one class, in a row."""

    def __init__(self, *args, **keywords):      # which are not looked at, as in ctypes
        cdef Py_ssize_t i
        for i, value in enumerate(args):
            set_array_item(self, i, value)

    def __len__(self):
        return self.length

    def __getitem__(self, key):
        cdef Py_ssize_t i, start, stop, step, n
        cdef CType_Type item
        if PyIndex_Check(key):
            i = key
            return array_item(self, i + self.length if i < 0 else i)
        if not isinstance(key, slice):
            raise TypeError("indices must be integers")
        PySlice_Unpack(key, &start, &stop, &step)
        n = PySlice_AdjustIndices(self.length, &start, &stop, step)
        item = <CType_Type>class_as(self, K_ARRAY).item
        need_size(self, self.length * item.size_)
        return read_slice(item, self.data, self, start, step, n)

    def __setitem__(self, key, value):
        cdef Py_ssize_t i, start, stop, step, n
        if PyIndex_Check(key):
            i = key
            set_array_item(self, i + self.length if i < 0 else i, value)
            return
        if not isinstance(key, slice):
            raise TypeError("indices must be integer")
        PySlice_Unpack(key, &start, &stop, &step)
        n = PySlice_AdjustIndices(self.length, &start, &stop, step)
        need_stack(0)
        if len(value) != n:
            raise ValueError("Can only assign sequence of same size")
        for i in range(n):
            set_array_item(self, start + i * step, value[i])

    def __delitem__(self, key):
        raise TypeError("Array does not support item deletion")


cdef object array_item(_CData array, Py_ssize_t i):
    cdef CType_Type item
    if not 0 <= i < array.length:
        raise IndexError("invalid index")
    item = <CType_Type>class_as(array, K_ARRAY).item
    need_size(array, (i + 1) * item.size_)
    return read_value(item, array.data + i * item.size_, array, i)


cdef int set_array_item(_CData array, Py_ssize_t i, value) except -1:
    cdef CType_Type item
    cdef PyObject *needed = NULL
    if not 0 <= i < array.length:
        raise IndexError("invalid index")
    item = <CType_Type>class_as(array, K_ARRAY).item
    need_size(array, (i + 1) * item.size_)
    if item.set != NULL and not isinstance(value, _CData) and not (FREE_THREADED and item.is_followed):
        item.set(array.data + i * item.size_, value, &needed)
        if needed != NULL:
            keep(array, i, taken(needed))
        return 0
    return put_value(array, i, item, array.data + i * item.size_, value)


cdef object read_slice(CType_Type item, char *data, _CData owner, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n):
    """Return n items as a list; of characters as a text."""
    cdef Py_ssize_t i
    if is_character(item):
        if step == 1 and item.item == "c":
            return PyBytes_FromStringAndSize(data + start, n)
        if step == 1:
            return PyUnicode_FromWideChar(<wchar_t *>data + start, n)
        parts = [item.get(data + (start + i * step) * item.size_) for i in range(n)]
        return b"".join(parts) if item.item == "c" else "".join(parts)
    return [read_value(item, data + (start + i * step) * item.size_, owner, start + i * step) for i in range(n)]


# ---- arrays of characters ----

cdef object read_characters(CType_Type cls, char *data):
    """Return the text up to its NUL, or the end of the array."""
    cdef Py_ssize_t n = 0
    cdef char *end
    if (<CType_Type>cls.item).item == "c":
        end = <char *>memchr(data, 0, cls.length)
        return PyBytes_FromStringAndSize(data, cls.length if end == NULL else end - data)
    while n < cls.length and (<wchar_t *>data)[n]:
        n += 1
    return PyUnicode_FromWideChar(<wchar_t *>data, n)


cdef int write_characters(CType_Type cls, char *data, value, bint is_field) except -1:
    """Write a text, and its NUL where there is room."""
    cdef Py_ssize_t n
    if (<CType_Type>cls.item).item == "c":
        if not isinstance(value, bytes):
            raise TypeError(f"expected bytes, {type(value).__name__} found" if is_field
                            else f"bytes expected instead of {type(value).__name__} instance")
        n = <Py_ssize_t>strlen(value) if is_field else PyBytes_GET_SIZE(value)
        if n > cls.length:
            raise ValueError(f"bytes too long ({n}, maximum length {cls.length})" if is_field
                             else "byte string too long")
        memcpy(data, PyBytes_AS_STRING(value), n)
        if n < cls.length:
            data[n] = 0
        return 0
    if not isinstance(value, str):
        raise TypeError(f"unicode string expected instead of {type(value).__name__} instance")
    n = PyUnicode_AsWideChar(value, NULL, 0) - 1
    if n > cls.length:
        raise ValueError(f"string too long ({n}, maximum length {cls.length})" if is_field else "string too long")
    PyUnicode_AsWideChar(value, <wchar_t *>data, min(n + 1, cls.length))
    return 0


cdef CType_Type need_characters(instance):
    """Return the class of an array of characters."""
    cdef CType_Type cls = class_of(need_data(instance))
    if cls.kind != K_ARRAY or not is_character(cls.item):
        raise TypeError(f"expected an array of characters, got {cls.__name__}")
    need_size(instance, cls.size_)
    return cls


@cython.final
cdef class CharactersValue:
    """The attribute `value` of arrays of characters."""

    def __get__(self, instance, owner):
        return self if instance is None else read_characters(need_characters(instance), (<_CData>instance).data)

    def __set__(self, instance, value):
        write_characters(need_characters(instance), (<_CData>instance).data, value, False)

    def __delete__(self, instance):
        raise TypeError("can't delete attribute")


@cython.final
cdef class CharactersRaw:
    """The attribute `raw` of arrays of `char`."""

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return PyBytes_FromStringAndSize(need_data(instance).data, (<_CData>instance).size)

    def __set__(self, instance, value):
        cdef Py_buffer view
        PyObject_GetBuffer(value, &view, 0)
        try:
            if view.len > need_data(instance).size:
                raise ValueError("byte string too long")
            memcpy((<_CData>instance).data, view.buf, view.len)
        finally:
            PyBuffer_Release(&view)

    def __delete__(self, instance):
        raise AttributeError("cannot delete attribute")


cdef object characters_value = CharactersValue(), characters_raw = CharactersRaw()

from _weakref import ref as _weak_reference      # weakref takes a while to import
