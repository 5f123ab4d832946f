"""Pointers made of anything that has an address; they keep it alive."""


cdef Pointer make_pointer(Type type, value):
    """Convert anything that has an address; the pointer keeps it alive."""
    if isinstance(value, Value):
        value = (<Value>value).value
    if isinstance(value, Memory):
        return pointer_to_memory(type, <Memory>value)
    if isinstance(value, Pointer):
        return pointer_like(type, <Pointer>value)
    if isinstance(value, Function):
        return pointer_kept(type, <void *><uintptr_t>value.address, value, (<FunctionObject *>value).target.life, -1)
    if isinstance(value, Closure):
        return pointer_kept(type, <void *><uintptr_t>value.address, value, &forever, -1)
    if isinstance(value, bool):
        raise TypeError(f"{type_name(type)}: expected an address, got bool")
    if isinstance(value, int) or value is None:
        return pointer_to_address(type, value)
    made = stand_in(&type.info, value)
    if made is None:
        made = stand_in(&(<Type>core_types["pointer"]).info, value)     # it is cast
    return pointer_to_buffer(type, value) if made is None else make_pointer(type, made)


cdef Pointer pointer_kept(Type type, void *address, owner, lifetime *life, Py_ssize_t length):
    return new_pointer(&type.info, address, NULL if owner is None else <PyObject *>owner, life, length)


cdef Pointer pointer_to_memory(Type type, Memory memory):
    cdef void *address = memory_data(<MemoryObject *>memory)
    if memory.m.readonly and not type.info.is_const:
        raise TypeError(f"{type_name(type)}: the memory is const")
    return pointer_kept(type, address, memory, memory.m.life, items_in(memory, type.info.item))


cdef Py_ssize_t items_in(Memory memory, const type_info *item):
    """Return how many items are known to be there, or -1."""
    cdef Py_ssize_t size
    if item.kind == K_VOID or not item.complete:
        return -1
    if memory.m.type == item:
        return 1
    size = size_from(memory)
    return size // <Py_ssize_t>item.size if item.size and size >= 0 else -1


cdef Pointer pointer_like(Type type, Pointer pointer):
    """Make a pointer of another type to the same place; a length stays where the items do."""
    cdef Py_ssize_t length = -1
    if pointer.p.type.item == type.info.item and pointer.p.bounded:
        length = max(pointer.p.length, 0)
    return pointer_kept(type, pointer.p.address, pointer.owner, pointer.p.life, length)


cdef Pointer pointer_to_address(Type type, value):
    """Make a pointer of a number, or of None: NULL."""
    cdef void *address = NULL
    cdef keeper k
    memset(&k, 0, sizeof(k))
    store_placed(&(<Type>core_types["pointer"]).info, &address, value, &k, "%U", type_name(type), 0)
    return pointer_kept(type, address, None, &forever, -1)


cdef Pointer pointer_to_buffer(Type type, value):
    cdef const type_info *item = type.info.item
    cdef Py_ssize_t length = -1
    cdef Export export
    try:
        export = hold_buffer(value)
    except TypeError:
        raise TypeError(f"{type_name(type)}: nothing with an address: {value.__class__.__name__}") from None
    if export.view.readonly and not type.info.is_const and type.info.kind == K_PTR:
        raise TypeError(f"{type_name(type)}: expected a writable buffer, got a read-only {value.__class__.__name__}")
    if not PyBuffer_IsContiguous(&export.view, b'C'):
        raise ValueError(f"{type_name(type)}: expected a C-contiguous buffer")
    if item.complete and item.size:
        length = export.view.len // <Py_ssize_t>item.size
    return pointer_kept(type, export.view.buf, export, &forever, length)
