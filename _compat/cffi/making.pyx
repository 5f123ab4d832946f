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
        made.may_be_released = True
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
    need_stack(0)
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
            need_stack(0)
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

# The living ones' addresses: a dead one is found out. They are in a table that is full by half at most, each in the
# first free place from that which its hash says.
cdef char **handle_table = NULL
cdef size_t handle_count = 0
cdef unsigned handle_bits = 0           # the table has 1 << handle_bits places

# Without a GIL, where another thread may end one while it is looked at: address -> weak reference.
cdef dict _handles = {}


cdef inline size_t handle_place(const char *address) noexcept:
    return <uint32_t>(<uint32_t>(<uintptr_t>address >> 4) * <uint32_t>2654435769) >> (32 - handle_bits)


cdef inline size_t next_place(size_t i) noexcept:
    return (i + 1) & ((<size_t>1 << handle_bits) - 1)


cdef int remember_handle(char *address) except -1:
    global handle_count
    cdef size_t i
    if handle_table == NULL or 2 * (handle_count + 1) > <size_t>1 << handle_bits:
        enlarge_handle_table()
    i = handle_place(address)
    while handle_table[i] != NULL:
        i = next_place(i)
    handle_table[i] = address
    handle_count += 1
    return 0


cdef int enlarge_handle_table() except -1:
    global handle_table, handle_bits, handle_count
    cdef char **before = handle_table
    cdef size_t i, n = <size_t>1 << handle_bits if before != NULL else 0
    cdef unsigned bits = handle_bits + 1 if before != NULL else 6
    cdef char **table = <char **>PyMem_Calloc(<size_t>1 << bits, sizeof(char *)) if bits < 31 else NULL
    if table == NULL:
        raise MemoryError()
    handle_table, handle_bits, handle_count = table, bits, 0
    for i in range(n):
        if before[i] != NULL:
            remember_handle(before[i])
    PyMem_Free(before)
    return 0


cdef bint is_living_handle(const char *address) noexcept:
    cdef size_t i
    if handle_table == NULL:
        return False
    i = handle_place(address)
    while handle_table[i] != NULL:
        if handle_table[i] == address:
            return True
        i = next_place(i)
    return False


cdef void forget_handle(const char *address) noexcept:
    """Take one out that is in; those behind it that its place is nearer to their own move up."""
    global handle_count
    cdef size_t hole = handle_place(address), i
    cdef size_t mask = (<size_t>1 << handle_bits) - 1
    while handle_table[hole] != address:
        hole = next_place(hole)
    i = next_place(hole)
    while handle_table[i] != NULL:
        if ((i - handle_place(handle_table[i])) & mask) >= ((i - hole) & mask):
            handle_table[hole] = handle_table[i]
            hole = i
        i = next_place(i)
    handle_table[hole] = NULL
    handle_count -= 1


def newp_handle(CType ctype not None, x):
    """Return a void * that stands for a Python object, and keeps it."""
    cdef __CDataOwnGC made
    if not is_void_pointer(ctype):
        raise TypeError(f"needs 'void *', got '{ctype.cname}'")
    made = place(__CDataOwnGC.__new__(__CDataOwnGC), ctype, NULL)
    made.data = <char *><PyObject *>made
    made.owner = x
    if not FREE_THREADED:
        remember_handle(made.data)
    else:
        made.handle = <uintptr_t>made.data
        _handles[made.handle] = _weakref.ref(made)
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
    if not FREE_THREADED:
        if not is_living_handle(cdata.data):
            raise SystemError("ffi.from_handle(): dead or bogus handle")
        return (<__CDataOwnGC><PyObject *>cdata.data).owner
    living = dict_get(_handles, <uintptr_t>cdata.data)
    handle = None if living is None else living()
    if handle is None:
        raise SystemError("ffi.from_handle(): dead or bogus handle")
    return (<__CDataOwnGC>handle).owner
