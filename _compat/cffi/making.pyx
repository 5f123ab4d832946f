"""What ffi.new() makes, and handles to Python objects."""


def newp(CType ctype not None, init=None):
    """Allocate what a pointer or array ctype says, zeros first, and return a cdata object that owns it."""
    return allocate(ctype, init, None)


cdef object allocate(CType ctype, object init, object allocator):
    cdef __CDataOwn made = place(__CDataOwn.__new__(__CDataOwn), ctype, NULL)
    cdef CType item = ctype.item_type
    cdef Py_ssize_t size, count
    if ctype.kind_number == POINTER:
        if item.size < 0:
            raise TypeError(f"cannot instantiate ctype '{item.cname}' of unknown size")
        size = item.size
        if item.has_open_array:
            size = open_size(item, init)
            made.length = size
        if item.kind_number == CHARACTER:
            size += item.size           # so that it is a text, too
    elif ctype.kind_number == ARRAY:
        count = ctype.item_count
        if count < 0:
            count = array_length(item, init)
            if not isinstance(init, (list, tuple, bytes, str)):
                init = None
        made.length = count
        size = count * item.size
    else:
        raise TypeError(f"expected a pointer or array ctype, got '{ctype.cname}'")
    if allocator is not None:
        made.allocated = allocator(size)
        made.data = (<_CDataBase>made.allocated).data
    elif size <= <Py_ssize_t>sizeof(made.room) and not is_aggregate(item):
        made.data = made.room
    else:
        made.data = <char *>PyMem_Calloc(1, max(size, 1))
        made.memory = made.data
        if made.memory == NULL:
            raise MemoryError()
    if init is not None:
        if ctype.kind_number == POINTER:
            store_with_end(item, made.data, init, made.length)
        else:
            store_array(ctype, made.data, init, made.length)
    return made


cdef __CDataOwn copied_struct(CType ctype, const void *data):
    """Return a struct in memory of its own."""
    cdef __CDataOwn made = place(__CDataOwn.__new__(__CDataOwn), ctype, NULL)
    made.memory = PyMem_Calloc(1, max(ctype.size, 1))
    if made.memory == NULL:
        raise MemoryError()
    made.data = <char *>made.memory
    memcpy(made.data, data, ctype.size)
    return made


cdef Py_ssize_t open_size(CType ctype, object init) except -1:
    """The bytes of a struct that ends with an array, by what initializes the array."""
    cdef CField field
    cdef Py_ssize_t size = ctype.size
    if isinstance(init, dict):
        pairs = [(ctype.members[name], value) for name, value in init.items()]
    elif isinstance(init, (list, tuple)):
        pairs = [(member, value) for (name, member), value in zip(
            [entry for entry in ctype.member_list if not (<CField>entry[1]).flags & 1], init)]
    else:
        return size
    for member, value in pairs:
        field = member
        if field.type.kind_number == ARRAY and field.type.item_count < 0:
            size = max(size, field.offset + array_length(field.type.item_type, value) * field.type.item_type.size)
        elif field.type.has_open_array:
            size = max(size, field.offset + open_size(field.type, value))
    return size


cdef class FFI:
    """What of _cffi_backend.FFI an in-line cffi.FFI() asks for: allocators."""

    def new_allocator(self, alloc=None, free=None, bint should_clear_after_alloc=True):
        """Return a function like newp() that takes its memory from `alloc` and gives it back to `free`."""
        if alloc is None and free is not None:
            raise TypeError("cannot pass 'free' without 'alloc'")
        if alloc is None:
            return newp

        def allocator(Py_ssize_t size):
            cdef _CDataBase memory
            result = alloc(size)
            if not isinstance(result, _CDataBase):
                raise TypeError(f"alloc() must return a cdata object (got {type(result).__name__})")
            memory = result
            if is_number(memory.type):
                raise TypeError(f"alloc() must return a cdata pointer, not '{memory.type.cname}'")
            if memory.data == NULL:
                raise MemoryError("alloc() returned NULL")
            if should_clear_after_alloc:
                memset(memory.data, 0, size)
            return gcp(memory, free) if free is not None else memory

        def allocate_so(CType ctype not None, init=None):
            return allocate(ctype, init, allocator)
        return allocate_so


# ---- handles ----

# The living ones by their addresses: a dead one is found out. With weak references where another thread may end one
# while it is looked at.
cdef dict _handles = {}


def newp_handle(CType ctype not None, x):
    """Return a void * that stands for a Python object, and keeps it."""
    cdef __CDataOwnGC made
    if not is_void_pointer(ctype):
        raise TypeError(f"needs 'void *', got '{ctype.cname}'")
    made = place(__CDataOwnGC.__new__(__CDataOwnGC), ctype, NULL)
    made.data = <char *><PyObject *>made
    made.owner = x
    made.handle = <uintptr_t>made.data
    _handles[made.handle] = _weakref.ref(made) if FREE_THREADED else None
    made.is_handle = True
    return made


cdef bint is_char_pointer(CType ctype):
    return ctype.kind_number == POINTER and ctype.item_type.kind_number == CHARACTER and ctype.item_type.size == 1


def from_handle(_CDataBase cdata not None):
    """Return the object that a handle stands for."""
    if not is_void_pointer(cdata.type) and not is_char_pointer(cdata.type):
        raise TypeError(f"expected a 'cdata' object with a 'void *' out of new_handle(), got '{cdata.type.cname}'")
    if cdata.data == NULL:
        raise RuntimeError("cannot use from_handle() on NULL pointer")
    if <uintptr_t>cdata.data not in _handles:
        raise SystemError("ffi.from_handle(): dead or bogus handle")
    if not FREE_THREADED:
        return (<__CDataOwnGC><PyObject *>cdata.data).owner
    living = dict_get(_handles, <uintptr_t>cdata.data)
    handle = None if living is None else living()
    if handle is None:
        raise SystemError("ffi.from_handle(): dead or bogus handle")
    return (<__CDataOwnGC>handle).owner
