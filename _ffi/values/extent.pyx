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
