"""Instances: C storage of their own, or a part of another's, and what must stay alive for what is written there."""


cdef class _CData:
    """Base class of all instances."""
    # As bare.h has it, which makes and frees instances. The room comes where malloc() would align it for any type.
    cdef char *data
    cdef object base                # whose storage this is a part of, or None
    cdef object objects             # _objects: None, one object, or a dict
    cdef Py_ssize_t size
    cdef Py_ssize_t length          # how many places for _objects
    cdef Py_ssize_t index           # which one of its base's this is
    cdef char room[ROOM]
    cdef char allocated             # data is from PyMem_Calloc() ...
    cdef char resized               # ... behind a header
    cdef char lent                  # others keep `objects` as they are now

    @property
    def _b_base_(self):
        """Return the instance whose storage this is a part of, or None."""
        return self.base

    @property
    def _b_needsfree_(self):
        """Return whether the storage is its own."""
        return int(self.allocated or self.data == self.room)

    @property
    def _objects(self):
        """Return what is kept alive for what C may follow."""
        return shown(self.objects if class_of(self).kind != K_FUNCTION else kept_by(self))

    @property
    def __class__(self):
        """Return the class."""
        return type(self)

    @__class__.setter
    def __class__(self, cls):
        exchange_class(self, cls)

    def __ctypes_from_outparam__(self):
        """Return what a call gives for an output parameter."""
        return self

    def __hash__(self):
        raise TypeError("unhashable type")

    def __reduce__(self):
        if class_of(self).has_pointers:
            raise ValueError("ctypes objects containing pointers cannot be pickled")
        return _unpickle, (type(self), (self.__dict__, PyBytes_FromStringAndSize(self.data, self.size)))

    def __setstate__(self, attributes, bytes data):
        if class_of(self).has_pointers:
            raise ValueError("ctypes objects containing pointers cannot be pickled")
        own = self.__dict__
        if not isinstance(own, dict):
            raise TypeError(f"{type(self).__name__}.__dict__ must be a dictionary, not {type(own).__name__}")
        memcpy(self.data, PyBytes_AS_STRING(data), min(self.size, len(data)))
        own.update(attributes)

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef CType_Type cls = class_of(self), item = cls
        while item.kind == K_ARRAY:
            item = item.item
        need_size(self, cls.size_)
        view.buf = self.data
        view.obj = self
        view.len = self.size
        view.readonly = 0
        view.itemsize = item.size_
        view.format = <char *>PyUnicode_AsUTF8(item_format(cls)) if flags & PyBUF_FORMAT else NULL
        view.ndim = len(cls.shape)
        view.shape = extents_of(cls.shape, item.size_) if view.ndim else NULL
        view.strides = view.shape + view.ndim if view.ndim and flags & PyBUF_STRIDES == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = view.shape

    def __releasebuffer__(self, Py_buffer *view):
        PyMem_Free(view.internal)


cdef inline CType_Type class_of(_CData instance):
    return <CType_Type><object>Py_TYPE(<PyObject *>instance)


cdef inline CType_Type class_as(_CData instance, int kind):
    """Return the class of an instance, for a method of such classes: `__bases__` and `mro()` may lend it to others."""
    cdef CType_Type cls = class_of(instance)
    if cls.kind != kind or cls.item is None:
        raise TypeError(f"{cls.__name__} has a method of other ctypes classes")
    return cls


cdef inline bint has_values_of(_CData instance, CType_Type cls):
    """Is what lies there what that class reads?  One that extends it may have another letter, or other items."""
    cdef CType_Type own = class_of(instance)
    return own is cls or (own.kind == cls.kind and own.code == cls.code and own.item is cls.item and (
        not cls.has_pointers or PyType_IsSubtype(<PyTypeObject *>own, <PyTypeObject *>cls)))


cdef object class_of_object = vars(object)["__class__"]


cdef int exchange_class(_CData instance, cls) except -1:
    """Have another class: one that extends its own or that it extends, which sees the same in the storage."""
    cdef CType_Type own = class_of(instance), other
    if not isinstance(cls, CType_Type) or not (issubclass(cls, own) or issubclass(own, cls)):
        raise TypeError(f"__class__ of a {own.__name__} instance: it and {cls!r} are not related")
    other = cls
    if other.kind != own.kind or other.code != own.code or other.item is not own.item:
        raise TypeError(f"__class__ of a {own.__name__} instance: {other.__name__} has other values")
    class_of_object.__set__(instance, cls)
    return 0


# ---- making instances ----

cdef inline _CData without_storage(CType_Type cls):
    if cls.kind == K_FUNCTION:
        return callable_without_storage(cls)
    return <_CData>make_bare(<PyTypeObject *>cls)


cdef inline int give_storage(_CData instance, Py_ssize_t size) except -1:
    instance.size = size
    if size <= <Py_ssize_t>sizeof(instance.room):
        instance.data = instance.room
        return 0
    instance.data = <char *>PyMem_Calloc(1, size)
    if instance.data == NULL:
        raise MemoryError
    instance.allocated = True
    return 0


# Parts, buffers and pointers may look at the storage that resize() replaced: it stays as long as the instance.

cdef struct storage_block:          # the storage follows it
    storage_block *before
    void *first                     # the storage that the instance was made with, unless it was in the instance
    Py_ssize_t room
    void *_alignment


cdef inline storage_block *block_of(_CData instance):
    return <storage_block *>(instance.data - sizeof(storage_block))


cdef void free_blocks(void *storage) noexcept:
    cdef storage_block *block = <storage_block *>(<char *>storage - sizeof(storage_block))
    cdef storage_block *before
    while block != NULL:
        before = block.before
        PyMem_Free(block.first)
        PyMem_Free(block)
        block = before


cdef int enlarge(_CData instance, Py_ssize_t size) except -1:
    """Have storage of `size` bytes; at least twice of what was there, so that all of it stays in proportion."""
    cdef Py_ssize_t known = block_of(instance).room if instance.resized else \
        instance.size if instance.allocated else <Py_ssize_t>sizeof(instance.room)
    cdef storage_block *block
    if size > known:
        known = max(size, min(2 * known, PY_SSIZE_T_MAX // 2))
        if known > PY_SSIZE_T_MAX - <Py_ssize_t>sizeof(storage_block):
            raise MemoryError
        block = <storage_block *>PyMem_Calloc(1, sizeof(storage_block) + known)
        if block == NULL:
            raise MemoryError
        block.room = known
        block.before = block_of(instance) if instance.resized else NULL
        block.first = instance.data if instance.allocated and not instance.resized else NULL
        memcpy(<char *>block + sizeof(storage_block), instance.data, instance.size)
        instance.data = <char *>block + sizeof(storage_block)
        instance.allocated = instance.resized = True
    share_size(&instance.size, size)        # after what has as much
    return 0


cdef inline _CData new_instance(CType_Type cls):
    """Return zeroed storage for one of that class; its `__init__` does not run."""
    cdef _CData instance
    if cls.kind == K_ABSTRACT or cls.size_ < 0 or cls.has_no_room:
        raise TypeError("abstract class")
    cls.final = True
    instance = without_storage(cls)
    give_storage(instance, cls.size_)
    instance.length = cls.length
    return instance


cdef object make_instance(cls, tuple args, PyObject *keywords):
    """All classes' tp_new."""
    return new_instance(cls)


cdef _CData instance_at(CType_Type cls, char *data, base, Py_ssize_t index):
    """Return an instance that is a part of `base`; where that is None, of what lies at that address."""
    cdef _CData instance
    if cls.kind == K_ABSTRACT or cls.size_ < 0 or cls.has_no_room:
        raise TypeError("abstract class")
    cls.final = True
    instance = without_storage(cls)
    instance.data = data
    instance.base = base
    instance.size = cls.size_
    instance.length = cls.length
    instance.index = index
    return instance


cdef _CData instance_of_copy(CType_Type cls, const char *data):
    cdef _CData instance = new_instance(cls)
    memcpy(instance.data, data, cls.size_)
    return instance


def _unpickle(cls, state):
    """Return the instance that was pickled."""
    instance = cls.__new__(cls)
    instance.__setstate__(*state)
    return instance


# ---- what stays alive ----

cdef _CData container_of(_CData instance):
    """Return the instance that keeps what the parts of its storage need."""
    while instance.base is not None:
        instance = instance.base
    return instance


cdef object kept_in(_CData container):
    """Return what it keeps, made if there is nothing yet: a dict, another object, or None.  Under its lock."""
    if container.objects is None and container.length:
        container.objects = first_kept(container)
    return container.objects


cdef dict first_kept(_CData instance):
    """Return what is kept before anything is written: of functions what they were made of."""
    if class_of(instance).kind == K_FUNCTION and (<_Function>instance).source is not None:
        return {"0": (<_Function>instance).source}
    return {}


cdef object kept_by(_CData instance):
    cdef _CData container = container_of(instance)
    with cython.critical_section(container):
        kept = kept_in(container)
    return kept


cdef object lend_kept_by(_CData instance):
    """Return what another instance keeps with a copy of the storage: it does not change when this one's does."""
    cdef _CData container = container_of(instance)
    with cython.critical_section(container):
        container.lent = True
        kept = kept_in(container)
    return kept


cdef list SHORT_KEYS = [f"{i:x}" for i in range(64)] + ["ffffffff"]      # the last is of -1


cdef int keep(_CData instance, Py_ssize_t index, what) except -1:
    """Keep what was written at one of an instance's places, in place of what was there."""
    cdef _CData container
    if what is None:
        return 0
    container = container_of(instance)
    with cython.critical_section(container):
        keep_in(container, instance, index, what)
    return 0


cdef int keep_in(_CData container, _CData instance, Py_ssize_t index, what) except -1:
    """The same, under the container's lock."""
    kept_in(container)
    if type(container.objects) is not dict and type(what) is not dict and index >= 0:
        container.objects = what
        return 0
    if container.lent or type(container.objects) is not dict:       # a dict is always its own
        container.objects = dict(container.objects) if type(container.objects) is dict else {}
        container.lent = False
    key = <str>SHORT_KEYS[index] if -1 <= index < 64 else f"{index & 0xFFFFFFFF:x}"
    while instance.base is not None:
        key += f":{instance.index & 0xFFFFFFFF:x}"
        instance = instance.base
    (<dict>container.objects)[key] = what
    return 0


# ---- a value in storage ----

cdef inline int need_size(_CData instance, Py_ssize_t size) except -1:
    """Refuse an instance whose class was exchanged, or is smaller than the one that it extends."""
    if size > instance.size:
        raise TypeError(f"{type(instance).__name__} instance has {instance.size} bytes, not {size}")
    return 0


cdef object read_value(CType_Type cls, char *data, base, Py_ssize_t index):
    """Return what lies there as Python's own, or an instance that is a part of `base`."""
    if not cls.plain:
        return instance_at(cls, data, base, index)
    return cls.get(data) if not (FREE_THREADED and cls.is_followed) else read_followed(cls, data, base)


cdef object read_followed(CType_Type cls, const char *data, _CData owner):
    """Return what an address leads to, while nobody writes another: who wrote it keeps it in the same moment."""
    cdef _CData container = container_of(owner)
    with cython.critical_section(container):
        value = cls.get(data)
    return value


cdef int put_value(_CData instance, Py_ssize_t index, CType_Type cls, char *data, value) except -1:
    """Write to one of an instance's places, and keep what must stay alive for it: both at once, if threads are."""
    cdef _CData container
    if not FREE_THREADED:
        return keep(instance, index, write_value(cls, data, value))
    container = container_of(instance)
    with cython.critical_section(container):
        needed = write_value(cls, data, value)
        if needed is not None:
            keep_in(container, instance, index, needed)
    return 0


cdef bint is_no_answer(error) except -1:
    """Return whether what a conversion raised says nothing of the value: all else comes in ctypes' own exceptions."""
    return isinstance(error, MemoryError) or is_of_handler(error)


cdef object write_value(CType_Type cls, char *data, value):
    """Write what a place of that class takes; return what must stay alive, or None."""
    cdef PyObject *needed = NULL
    cdef _CData source
    if cls.set != NULL and not isinstance(value, _CData):
        cls.set(data, value, &needed)
        return taken(needed)
    if not isinstance(value, _CData):
        if isinstance(value, tuple):
            need_stack(0)
            try:
                made = cls(*value)
            except Exception as error:
                if is_no_answer(error):
                    raise
                raise RuntimeError(f"({cls.__name__}) {type(error).__name__}: {error}") from None
            return write_value(cls, data, made)
        if cls.kind == K_POINTER and value is None:
            write_address(data, NULL)
            return None
        raise TypeError(f"expected {cls.__name__} instance, got {type(value).__name__}")
    source = value
    if is_instance(value, cls) and has_values_of(source, cls):
        need_size(source, cls.size_)
        memmove(data, source.data, cls.size_)
        return lend_kept_by(source)
    if cls.kind == K_POINTER and class_of(source).kind == K_ARRAY and issubclass(class_of(source).item, cls.item):
        write_address(data, source.data)
        return (kept_by(source), value)     # the array as well, which is what is pointed to
    raise TypeError(f"incompatible types, {type(value).__name__} instance instead of {cls.__name__} instance")


cdef object taken(PyObject *reference):
    """Return an object whose reference is ours, or None for NULL."""
    if reference == NULL:
        return None
    kept = <object>reference
    decref(kept)
    return kept
