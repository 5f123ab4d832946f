"""Memory: C storage owned by Python, or a view of somebody's."""


@cython.no_gc_clear             # a buffer of it may be released when the collector has had its owner
cdef class Memory:
    """Hold C storage for one value of a type.

    Made by `T.new()`, `T.at(address)`, calls and closures. Reading converts by
    the type's rule; the buffer protocol gives the bytes themselves. What C was
    given the address of stays alive as long as this object or anything derived from it.
    """
    cdef memory_state m
    cdef Type type_
    cdef object owner
    cdef object keep
    cdef object __weakref__

    _made_by = "T.new() or T.at(address)"

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
        """Free the storage now; later uses are ValueError.

        Raises BufferError while a buffer is exported or a call uses it. Views
        close nothing: they do not own their storage.
        """
        close_memory(self)

    def __enter__(self):
        memory_data(<MemoryObject *>self)
        return self

    def __exit__(self, *exc_info):
        close_memory(self)          # a struct may have a field of the method's name

    def __repr__(self):
        return look(self)

    def __class_getitem__(cls, item):
        """Return the class, annotated with the Python type of the values (`Memory[int]`)."""
        return GenericAlias(cls, item)

    def __copy__(self):
        return copy_of(self)

    def __deepcopy__(self, memo):
        return copy_of(self)

    def __reduce__(self):
        if self.m.type.holds_addresses:
            raise TypeError(f"cannot pickle {type_name(self.type_)} memory: it holds addresses")
        return _rebuild_memory, (self.type_, memory_data(<MemoryObject *>self)[:self.m.size])

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef Py_ssize_t *shape
        cdef int ndim, i
        memory_data(<MemoryObject *>self)
        if self.m.readonly and flags & PyBUF_WRITABLE:
            raise BufferError("the memory is const")
        format, dimensions, strides = array_layout(self.type_)
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
        if not lifetime_pin(self.m.life):
            PyMem_Free(view.internal)
            closed_meanwhile()

    def __releasebuffer__(self, Py_buffer *view):
        PyMem_Free(view.internal)
        lifetime_unpin(self.m.life)


@cython.no_gc_clear
cdef class Array(Memory):
    """Hold C storage for the items of an array (or the lanes of a vector); a sequence."""

    def __len__(self):
        return self.m.type.length

    def __getitem__(self, index):
        cdef Py_ssize_t i
        cdef char *data
        if isinstance(index, slice):
            need_stack(0)
            positions = range(*index.indices(self.m.type.length))
            return items_at(self.m.type.item, memory_data(<MemoryObject *>self), positions, self)
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
        return any(item == value for item in self)

    def __eq__(self, other):
        if self is other:
            return True
        if isinstance(other, Array):
            if (<Array>other).m.type.item != self.m.type.item:
                return NotImplemented
            return (<Array>other).m.type.length == self.m.type.length and same_memory(self, <Array>other)
        if isinstance(other, (list, tuple)):
            if len(other) != self.m.type.length:
                return False
            seen = items_seen(self)
            need_stack(0)
            return seen is not None and seen == list(other)
        return NotImplemented

    __hash__ = None


@cython.no_gc_clear
cdef class Struct(Memory):
    """Hold C storage for a struct or union; its fields are attributes."""

    def __eq__(self, other):
        if self is other:
            return True
        if isinstance(other, Struct):
            if not same_to_c((<Struct>other).m.type, self.m.type):
                return NotImplemented
            return same_memory(self, <Struct>other)
        if isinstance(other, tuple) and self.m.type.by_position:
            seen = items_seen(self)
            need_stack(0)
            return seen is not None and seen == list(other)
        return NotImplemented

    __hash__ = None


@cython.final
@cython.no_gc_clear
cdef class Field:
    """Read and write one field of a struct's memory (a descriptor)."""
    cdef const field_info *field
    cdef const type_info *struct_
    _made_by = "c.struct() and c.union()"
    cdef object owner               # the struct's Type, weakly: its class holds us

    def __get__(self, instance, owner):
        cdef char *data
        if instance is None:
            return self
        data = memory_data(field_memory(self, instance))
        return load_field(self.field, data, <MemoryObject *>instance)

    def __set__(self, instance, value):
        cdef MemoryObject *memory = field_memory(self, instance)
        cdef char *data = memory_writable(memory)
        cdef keeper k = memory_keeper(memory)
        cdef lifetime *life = memory.m.life
        if not lifetime_pin(life):      # a conversion may run code that closes the memory
            closed_meanwhile()
        try:
            with cython.critical_section(<object>k.memory):
                store_field(self.struct_, self.field, data, value, &k)
        finally:
            lifetime_unpin(life)

    def __repr__(self):
        return f"<field {clipped(<object>self.field.name, SHORT)} of {clipped(<object>self.struct_.name, 2 * SHORT)}>"


cdef Field make_field(Type type, Py_ssize_t i):
    cdef Field field = Field.__new__(Field)
    field.field = &type.info.fields[i]
    field.struct_ = &type.info
    field.owner = type
    return field


cdef inline MemoryObject *field_memory(Field field, instance) except NULL:
    if not isinstance(instance, Memory) or (<Memory>instance).m.type != field.struct_:
        raise TypeError(f"expected {<object>field.struct_.name} memory, got {type(instance).__name__}")
    return <MemoryObject *>instance


cdef object load_named(Memory memory, Py_ssize_t i):
    return load_field(&memory.m.type.fields[i], memory_data(<MemoryObject *>memory),
                      <MemoryObject *>memory)


# ---- pickle ----

def _rebuild_memory(type, bytes data):
    """Make memory of these bytes (for pickle)."""
    cdef Type this = need_type("_rebuild_memory()", type)
    need_storage(this)
    if this.info.holds_addresses or <size_t>len(data) != this.info.size:
        raise TypeError(f"{type_name(this)} memory cannot be made of {len(data)} bytes")
    cdef Memory memory = memory_new(&this.info)
    memcpy(memory.m.data, <const char *>data, this.info.size)
    return memory


# ---- helpers ----

cdef object known_size(value):
    """Return how many bytes are known to be behind what has an address, or None."""
    if isinstance(value, Memory):
        size = size_from(<Memory>value)
    elif isinstance(value, Pointer):
        if (<Pointer>value).p.bounded and (<Pointer>value).p.type.item.complete:
            return max((<Pointer>value).p.length, 0) * (<Pointer>value).p.type.item.size
        size = size_behind((<Pointer>value).owner, (<Pointer>value).p.address)
    elif isinstance(value, (int, Closure, Function, Value)) or value is None:
        return None
    else:
        need_stack(0)
        return memoryview(value).nbytes
    return None if size < 0 else size


cdef Py_ssize_t size_from(Memory memory):
    """Return how many bytes are known to be there, -1 if nobody knows.

    C's flexible array, T[0], goes on to the end of what its struct lies in.
    """
    if memory.m.size or memory.m.life == &memory.m.own:
        return memory.m.size
    return size_behind(memory, memory.m.data)


cdef Py_ssize_t size_behind(owner, const char *address):
    """Return how many bytes of an owner's storage there are from `address` on; -1: nobody knows, or none of it is."""
    cdef uintptr_t start = 0
    cdef Py_ssize_t whole = 0, before
    cdef Memory root
    if isinstance(owner, Memory):
        root = <Memory>memory_root(<MemoryObject *>owner)   # views may lie in views
        start, whole = <uintptr_t>root.m.data, root.m.size
        if root.m.life != &root.m.own:
            owner = root.owner
    if isinstance(owner, memoryview):
        start, whole = <uintptr_t>buffer_address(owner), owner.nbytes
    elif not isinstance(owner, Memory):
        return -1
    before = <Py_ssize_t>(<uintptr_t>address - start)
    return whole - before if 0 <= before <= whole else -1


cdef bint is_const(value):
    if isinstance(value, Memory):
        return (<Memory>value).m.readonly
    if isinstance(value, Pointer):
        return (<Pointer>value).p.type.is_const
    if isinstance(value, (int, Closure, Function, Value)):
        return False
    need_stack(0)
    return memoryview(value).readonly


cdef int close_memory(Memory memory) except -1:
    if memory.m.life != &memory.m.own:
        raise ValueError("only memory that owns its storage can be closed")
    done = lifetime_close(&memory.m.own)
    if done == IN_USE:
        raise BufferError("the memory is in use by a call or an exported buffer")
    if done == NOW_CLOSED:
        memory_release(<MemoryObject *>memory)
    return 0


cdef object view_memory(Type type, void *address, owner, lifetime *life, bint readonly):
    cdef Memory memory = memory_view(&type.info, address, NULL if owner is None else <PyObject *>owner, life)
    memory.m.readonly = readonly
    return memory


cdef object copy_of(Memory memory):
    cdef Memory copy = memory_new(memory.m.type)
    cdef keeper k = memory_keeper(<MemoryObject *>copy)
    lifetime_pin(copy.m.life)       # gc.get_objects() may find it, and code may close it
    try:
        copy_memory(memory.m.type, copy.m.data, <MemoryObject *>memory, &k)
    finally:
        lifetime_unpin(copy.m.life)
    return copy


cdef object memory_value(Memory memory):
    cdef const type_info *type = memory.m.type
    cdef char *data = memory_data(<MemoryObject *>memory)
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


cdef str wide_text(const char *data, size_t size, Py_ssize_t limit, str errors="surrogatepass"):
    """Decode up to the NUL, or `limit` units."""
    codec = ("utf-16-be" if PY_BIG_ENDIAN else "utf-16-le") if size == 2 else \
        ("utf-32-be" if PY_BIG_ENDIAN else "utf-32-le")
    cdef Py_ssize_t n = 0
    cdef const char *end
    while n < limit:
        end = data + n * size
        if size == 2 and end[0] == 0 and end[1] == 0:
            break
        if size == 4 and end[0] == 0 and end[1] == 0 and end[2] == 0 and end[3] == 0:
            break
        n += 1
    return data[:n * size].decode(codec, errors)


cdef int assign_memory(Memory memory, value) except -1:
    cdef char *data = memory_writable(<MemoryObject *>memory)
    return store_item(memory.m.type, data, value, memory, "%U.value", type_name(memory.type_), 0)


cdef int store_item(const type_info *type, char *where, value, Memory memory, const char *place,
                    name, Py_ssize_t index) except -1:
    cdef keeper k = memory_keeper(<MemoryObject *>memory)
    cdef lifetime *life = memory.m.life
    if not lifetime_pin(life):      # a conversion may run code that closes the memory
        closed_meanwhile()
    try:
        with cython.critical_section(<object>k.memory):
            return store_placed(type, where, value, &k, place, name, index)
    finally:
        lifetime_unpin(life)


cdef object items_at(const type_info *item, char *data, positions, Memory root):
    if item.kind == K_CHAR and positions.step == 1:
        return (data + <Py_ssize_t>positions.start)[:len(positions)]
    if item.kind == K_CHAR:
        return b"".join([data[i:i + 1] for i in positions])
    if not lifetime_pin(root.m.life):       # an enum's _missing_ may run code that closes the memory
        closed_meanwhile()
    try:
        return [load_value(item, data + <Py_ssize_t>i * <Py_ssize_t>item.size, <MemoryObject *>root)
                for i in positions]
    finally:
        lifetime_unpin(root.m.life)


cdef object same_items(const type_info *item, positions, values):
    """Return the buffer of as many such items in a row, which may be copied as it is, or None."""
    if isinstance(values, (list, tuple)) or positions.step != 1 or not is_number_kind(item.kind) or \
            item.kind in (K_BOOL, K_CHAR16, K_CHAR32):
        return None
    try:
        need_stack(0)
        view = memoryview(values)
    except TypeError:
        return None
    if view.ndim != 1 or not view.c_contiguous or <size_t>view.itemsize != item.size or len(view) != len(positions):
        return None
    if item.kind in (K_S8, K_U8):       # a byte is one or the other
        return view if view.format == ("b" if item.kind == K_S8 else "B") else None
    return view if format_matches(item, PyMemoryView_GET_BUFFER(view)) else None


cdef int copy_items(const type_info *item, char *data, positions, view) except -1:
    """Copy what same_items() found; it may be of the same storage."""
    memmove(data + <Py_ssize_t>positions.start * <Py_ssize_t>item.size, buffer_address(view), view.nbytes)
    return 0


cdef int store_items(Array array, positions, values) except -1:
    cdef const type_info *item = array.m.type.item
    cdef char *data
    same = same_items(item, positions, values)
    if same is not None:
        copy_items(item, memory_writable(<MemoryObject *>array), positions, same)
        return 0
    if item.kind == K_CHAR and isinstance(values, (bytes, bytearray)):
        values = [bytes([value]) for value in values]
    else:
        need_stack(0)
        values = list(values)
    if len(values) != len(positions):
        raise ValueError(f"{type_name(array.type_)}: cannot assign {len(values)} items "
                         f"to a slice of {len(positions)}")
    for i, value in zip(positions, values):
        data = memory_writable(<MemoryObject *>array)
        store_item(item, data + <Py_ssize_t>i * <Py_ssize_t>item.size, value, array,
                   "%U item %zd", type_name(array.type_), i)
    return 0


cdef Py_ssize_t array_index(Array array, index) except -1:
    cdef Py_ssize_t i, length = array.m.type.length
    try:
        i = as_size(index)
    except TypeError:
        raise TypeError(f"{type_name(array.type_)} indices are ints or slices, "
                        f"got {type(index).__name__}") from None
    except OverflowError:
        i = length
    if i < 0:
        i += length
    if not 0 <= i < length:
        hint = "" if length else ": a flexible array is read through c.ptr(T)(it), or c.array(T, n).at(it)"
        raise IndexError(f"{type_name(array.type_)} index {index} is out of range{hint}")
    return i
