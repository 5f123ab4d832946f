"""Pointers: an address in C storage, and the class of what is there."""


cdef class PyCPointerType(CType_Type):
    """Class of the classes of pointers."""

    def __init__(cls, name, bases, namespace, **keywords):
        begin_class(cls)
        cls.kind = K_POINTER
        cls.size_ = cls.align = sizeof(void *)
        cls.length = 1
        cls.ffi = LIBFFI_POINTER
        cls.has_pointers = True
        cls.shape = ()
        cls.format_ = "&B"
        target = namespace.get("_type_")        # its own: one that extends such a class has none
        if target is not None:
            point_to(cls, target)

    def set_type(cls, target):
        """Say what such pointers point to."""
        point_to(cls, target)
        set_type_attribute(cls, "_type_", target)


cdef int point_to(CType_Type cls, target) except -1:
    cdef CType_Type item
    if not isinstance(target, CType_Type):
        raise TypeError("_type_ must have storage info")
    item = target
    cls.item = item
    with cython.critical_section(item):
        if item.pointers is None:
            item.pointers = cls
    if item.kind == K_ABSTRACT:
        return 0
    cls.format_ = "&" + format_of(item)
    return 0


cdef dict known_pointers = {}
_pointer_type_cache = known_pointers


def POINTER(target):
    """Return the class of pointers to instances of a class."""
    known = known_pointers.get(target)
    if known is not None:
        return known
    if isinstance(target, str):
        made = PyCPointerType(f"LP_{target}", (_Pointer,), {})
        _pointer_type_cache[id(made)] = made
        return made
    if not isinstance(target, type):
        raise TypeError("must have a ctypes type")
    made = PyCPointerType(f"LP_{target.__name__}", (_Pointer,), {"_type_": target})
    return _pointer_type_cache.setdefault(target, made)


def pointer(instance):
    """Return a pointer to an instance."""
    cdef _CData made
    cls = known_pointers.get(type(instance))
    made = new_instance(POINTER(type(instance)) if cls is None else cls)
    set_contents(made, instance)
    return made


cdef class _PointerData(_CData):
    """An address, and what is there."""

    def __init__(self, value=None):
        if class_of(self).item is None:
            raise TypeError("Cannot create instance: has no _type_")
        if value is not None:
            set_contents(self, value)

    @property
    def contents(self):
        """Return what it points to."""
        return instance_at(need_item(self), pointed(self), self, 0)

    @contents.setter
    def contents(self, value):
        set_contents(self, value)

    @contents.deleter
    def contents(self):
        raise TypeError("Pointer does not support item deletion")

    def __bool__(self):
        return read_address(self.data) != NULL

    def __getitem__(self, key):
        cdef CType_Type item = need_item(self)
        cdef Py_ssize_t i
        if PyIndex_Check(key):
            i = PyNumber_AsSsize_t(key, IndexError)
            return read_value(item, pointed(self) + i * item.size_, self, i)
        if not isinstance(key, slice):
            raise TypeError("Pointer indices must be integer")
        start, step, n = bounds_behind(key)
        if n == 0:
            return b"" if item.item == "c" else "" if item.item == "u" else []
        return read_slice(item, pointed(self), self, start, step, n)

    def __setitem__(self, key, value):
        cdef CType_Type item = need_item(self)
        cdef Py_ssize_t i = key
        put_value(self, i, item, pointed(self) + i * item.size_, value)

    def __delitem__(self, key):
        raise TypeError("Pointer does not support item deletion")


cdef char *pointed(_CData pointer) except NULL:
    cdef char *address = <char *>read_address(pointer.data)
    if address == NULL:
        raise ValueError("NULL pointer access")
    return address


cdef CType_Type need_item(_CData pointer):
    item = class_of(pointer).item
    if item is None:
        raise TypeError("the pointer's class has no _type_")
    return <CType_Type>item


cdef int set_contents(_CData pointer, value) except -1:
    cdef CType_Type item = class_of(pointer).item
    cdef _CData container
    # ctypes takes any instance: arrays for pointers to their items, above all.
    if not isinstance(value, _CData):
        raise TypeError(f"expected {item.__name__} instead of {type(value).__name__}")
    if (<_CData>value).size < item.size_ and not isinstance(value, item):
        raise TypeError(f"expected {item.__name__} instead of {type(value).__name__}, which is smaller")
    need_size(value, item.size_)
    kept = kept_by(value)
    container = container_of(pointer)
    with cython.critical_section(container):
        write_address(pointer.data, (<_CData>value).data)
        keep_in(container, pointer, 1, value)
        if kept is not None:
            keep_in(container, pointer, 0, kept)
    return 0


cdef tuple bounds_behind(key):
    """Return start, step and number of a slice of items of which nobody knows how many there are."""
    cdef Py_ssize_t start, stop, step
    step = 1 if key.step is None else PyNumber_AsSsize_t(key.step, ValueError)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if key.start is None:
        if step < 0:
            raise ValueError("slice start is required for step < 0")
        start = 0
    else:
        start = PyNumber_AsSsize_t(key.start, ValueError)
    if key.stop is None:
        raise ValueError("slice stop is required")
    stop = PyNumber_AsSsize_t(key.stop, ValueError)
    return start, step, len(range(start, stop, step))
