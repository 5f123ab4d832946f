"""How much is known to be behind an address, and whether it may be written."""


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
    elif isinstance(value, Export):
        size = (<Export>value).view.len
    else:
        need_stack(0)
        return memoryview(value).nbytes
    return None if size < 0 else size


cdef Py_ssize_t size_from(Memory memory):
    """Return how many bytes are known to be there, -1 if nobody knows.

    C's flexible array, T[0], goes on to the end of what its struct lies in.
    """
    if memory.m.size or has_storage(memory):
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
        if not has_storage(root):
            owner = root.owner
    if isinstance(owner, Export):
        start, whole = <uintptr_t>(<Export>owner).view.buf, (<Export>owner).view.len
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
    if isinstance(value, Export):
        return (<Export>value).view.readonly
    need_stack(0)
    return memoryview(value).readonly


# ---- in debug mode ----

cdef str text_of_place(const checked_block *block, const char *address):
    cdef block_place place = place_in(block, address)   # which the text is part of
    return place.text.decode()


cdef int check_read(str what, const char *address, Py_ssize_t count, Py_ssize_t width) except -1:
    """Check that Python may read so many units at an address, or, where that is -1, those before a NUL."""
    cdef Py_ssize_t left
    cdef const checked_block *block = look_for_block(address)
    try:
        if block == NULL:
            return 0
        told = block.told.decode("utf-8", "replace")
        told = f"{text_of_place(block, address)} {'freed ' if block.freed else ''}{told}"
        left = block.size - (address - block.data)
        if block.freed or address < block.data or left < 0:
            raise MisuseError(f"{what} reads {told}")
        if count * width > left:
            raise MisuseError(f"{what}: expected {count * width} bytes, but there are {left}, {told}")
        if count < 0 and not has_zero(address, left // width, width):
            raise MisuseError(f"{what}: no NUL in the {left} bytes that are there, {told}")
        return 0
    finally:
        stop_looking()
