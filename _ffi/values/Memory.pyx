"""Memory: C storage owned by Python, or a view of somebody's."""


@cython.no_gc_clear             # C's memory_clear() breaks cycles: who uses the storage needs its owner to the last
cdef class Memory:
    """Hold C storage for one value of a type.

    Made by `T.new()`, `T.at(address)`, calls and closures. Reading converts by
    the type's rule; the buffer protocol gives the bytes themselves. What C was
    given the address of stays alive as long as this object or anything derived from it.
    """
    cdef memory_state m
    cdef Type type_
    cdef object owner
    cdef PyObject *keep             # a dict that C hides, or None
    cdef object __weakref__

    def __init__(self, *value):
        """Store the value, where one is given."""
        if len(value) > 1:
            raise TypeError(f"{type(self).__name__}() takes one value, got {len(value)}")
        if value:
            instance_fill(<MemoryObject *>self, value[0])

    @property
    def address(self):
        """Return the address of the storage."""
        return <uintptr_t>memory_data(<MemoryObject *>self)

    @property
    def type(self):
        """Return the type of what is stored."""
        return self.type_

    @property
    def size(self):
        """Return the size in bytes."""
        return self.m.size

    @property
    def value(self):
        """Get or set the whole value; char arrays as bytes up to the NUL.

        A struct gives a dict, and its texts are read. A union gives a dict of the members
        that can be had without following an address: no texts.
        """
        return memory_value(self)

    @value.setter
    def value(self, value):
        assign_memory(self, value)

    @property
    def closed(self):
        """Return whether the storage was given up by close()."""
        return not lifetime_is_open(self.m.life)

    def close(self):
        """Free or release the storage now; later uses are ValueError.

        Its own is freed, a buffer that it was made `at()` is released, what it owns (`owned()`)
        goes to its destructor. Raises BufferError while a buffer is exported or a call uses it.
        Views close nothing: they do not own their storage.
        """
        close_memory(self)

    def __enter__(self):
        memory_data(<MemoryObject *>self)
        return self

    def __exit__(self, *exc_info):
        close_memory(self)          # a struct may have a field of the method's name

    def __repr__(self):
        return look(self)

    @classmethod
    def __class_getitem__(cls, item):
        """Return the class, annotated with the Python type of the values (`Memory[int]`)."""
        return GenericAlias(cls, item)

    def __copy__(self):
        return copy_of(self, None)

    def __deepcopy__(self, memo):
        return copy_of(self, memo)

    def __reduce__(self):
        if self.m.type.holds:
            raise TypeError(f"cannot pickle {type_name(self.type_)} memory: it holds addresses")
        made = _rebuild_memory, (self.type_, memory_data(<MemoryObject *>self)[:self.m.size])
        state = state_of(self)
        return made if state is None else (*made, state)

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef Py_ssize_t *shape
        cdef int ndim, i
        memory_data(<MemoryObject *>self)
        if self.m.readonly and flags & PyBUF_WRITABLE:
            raise BufferError("the memory is const")
        format, dimensions, strides = array_layout(self.type_)
        if self.m.size != self.m.type.size:     # with the items of a flexible array: bytes
            format, dimensions, strides = b"B", (self.m.size,), (1,)
        ndim = <int>len(dimensions)
        view.internal = NULL
        view.shape = view.strides = view.suboffsets = NULL
        view.itemsize = strides[ndim - 1] if ndim else self.m.size
        if ndim:
            shape = <Py_ssize_t *>PyMem_Malloc(2 * ndim * sizeof(Py_ssize_t))
            if shape == NULL:
                raise MemoryError
            view.internal = shape
            for i in range(ndim):
                shape[i] = dimensions[i]
                shape[ndim + i] = strides[i]
            if flags & PyBUF_ND == PyBUF_ND:
                view.shape = shape
            if flags & PyBUF_STRIDES == PyBUF_STRIDES:
                view.strides = shape + ndim
        view.buf = self.m.data
        view.len = self.m.size
        view.ndim = ndim
        view.readonly = self.m.readonly
        view.format = <char *><bytes>format if flags & PyBUF_FORMAT else NULL
        view.obj = self
        try:
            pin_or_raise(self.m.life)
        except ValueError:
            PyMem_Free(view.internal)
            raise

    def __releasebuffer__(self, Py_buffer *view):
        PyMem_Free(view.internal)
        lifetime_unpin(self.m.life)


# ---- pickle ----

def _rebuild_memory(type, bytes data):
    """Make memory of these bytes (for pickle)."""
    cdef Type this = need_type("_rebuild_memory()", type)
    need_maker(this)
    if this.info.holds or <size_t>len(data) < this.info.size or (
            not this.info.flexible and <size_t>len(data) != this.info.size):
        raise TypeError(f"{type_name(this)} memory cannot be made of {len(data)} bytes")
    cdef Memory memory = memory_with_room(&this.info, len(data))
    memcpy(memory.m.data, <const char *>data, len(data))
    return memory


# ---- helpers ----

cdef int close_memory(Memory memory) except -1:
    owner = owner_of(memory)
    if owner is not None:
        done = end_owned(owner)
    elif memory.m.life == &memory.m.own:
        done = lifetime_close(&memory.m.own)
    else:
        raise ValueError("only memory that owns its storage, or has borrowed a buffer's, can be closed")
    if done == IN_USE:
        raise BufferError("the memory is in use by a call or an exported buffer")
    if done == NOW_CLOSED:
        memory_release(<MemoryObject *>memory)
        if isinstance(memory.owner, Export):
            release_buffer(<Export>memory.owner)
    return 0


cdef object flexible_items(Memory memory):
    """Return the flexible array at the end of a struct."""
    return load_named(memory, memory.m.type.nfields - 1)


cdef bint has_storage(Memory memory):
    """Return whether the storage is its own, neither somebody's nor borrowed of a buffer."""
    return memory.m.life == &memory.m.own and memory.owner is None


cdef object view_memory(Type type, void *address, owner, lifetime *life, bint readonly):
    cdef Memory memory = memory_view(&type.info, address, NULL if owner is None else <PyObject *>owner, life)
    memory.m.readonly = readonly
    return memory


cdef object copy_of(Memory memory, memo):
    """Return memory of its own; with a memo, what a user's class keeps in it is copied too."""
    cdef Memory copy = memory_with_room(memory.m.type, memory.m.size)
    cdef keeper k = memory_keeper(<MemoryObject *>copy)
    lifetime_pin(copy.m.life)       # gc.get_objects() may find it, and code may close it
    try:
        copy_memory(memory.m.type, copy.m.data, <MemoryObject *>memory, &k)
        if room_behind(<MemoryObject *>memory):
            assign_memory(flexible_items(copy), flexible_items(memory))
    finally:
        lifetime_unpin(copy.m.life)
    state = state_of(memory)
    if state is not None:
        if memo is not None:
            from copy import deepcopy
            memo[id(memory)] = copy
            state = deepcopy(state, memo)
        take_state(copy, state)
    return copy


cdef object state_of(Memory memory):
    """Return what a user's class keeps in slots or a dictionary, as pickle wants it, or None."""
    cls = type(memory)
    return None if is_plain_class(<PyTypeObject *>cls) else cls.__getstate__(memory)


cdef int take_state(Memory memory, state) except -1:
    setstate = getattr(type(memory), "__setstate__", None)
    if setstate is not None:
        setstate(memory, state)
        return 0
    for attributes in state if isinstance(state, tuple) else (state,):
        for name, value in (attributes or {}).items():
            setattr(memory, name, value)
    return 0


cdef object memory_value(Memory memory):
    cdef const type_info *type = memory.m.type
    cdef char *data = memory_data(<MemoryObject *>memory)
    if type.kind == K_INSTANCE:
        return load_value(type.item, data, <MemoryObject *>memory)
    if type.kind == K_ARRAY and type.item.kind == K_CHAR:
        return data[:type.size].split(b"\0", 1)[0]
    if type.kind == K_ARRAY and type.item.kind in (K_CHAR16, K_CHAR32):
        return wide_text(data, type.item.size, type.length)
    if type.kind in (K_ARRAY, K_VECTOR):
        return items_at(type.item, data, range(type.length), memory)
    if type.kind == K_UNION:
        return union_value(memory)
    if type.kind == K_STRUCT:
        return {<object>type.fields[i].name: load_named(memory, i) for i in range(type.nfields)}
    return load_value(type, data, <MemoryObject *>memory)


cdef dict union_value(Memory memory):
    """Return the members by name, but for those that the bytes may not be: texts, and code points that are none."""
    cdef const type_info *type = memory.m.type
    value = {}
    for i in range(type.nfields):
        if type.fields[i].type.kind in (K_STRING, K_BYTES, K_WSTRING):
            continue
        try:
            value[<object>type.fields[i].name] = load_named(memory, i)
        except ValueError:
            if type.fields[i].type.kind not in (K_CHAR16, K_CHAR32):
                raise
    return value


cdef int assign_memory(Memory memory, value) except -1:
    cdef char *data = memory_writable(<MemoryObject *>memory)
    return store_item(memory.m.type, data, value, memory, "%U.value", type_name(memory.type_), 0)
