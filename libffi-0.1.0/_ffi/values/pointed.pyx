"""What a pointer points to: an item, a slice, the memory that both go through."""


cdef const type_info *pointed_item(Pointer pointer) except NULL:
    cdef const type_info *item = pointer.p.type.item
    if not item.complete or item.kind == K_VOID:
        raise TypeError(f"{type_name(pointer.type_)}: what it points to has no known size")
    if not lifetime_is_open(pointer.p.life):
        raise ValueError(f"the storage this {type_name(pointer.type_)} points to is closed")
    return item


cdef Py_ssize_t furthest_item(Pointer pointer):
    """Return an index beyond which no address is."""
    return (PY_SSIZE_T_MAX // 2) // max(<Py_ssize_t>pointer.p.type.item.size, 1)


cdef char *item_address(Pointer pointer, index) except NULL:
    cdef Py_ssize_t i
    if pointer.p.address == NULL:
        raise ValueError(f"NULL {type_name(pointer.type_)}")
    i = as_index(pointer.type_, index)
    if abs(i) > furthest_item(pointer):
        raise IndexError(f"{type_name(pointer.type_)} index {i} is out of range")
    if pointer.p.bounded and not -pointer.p.before <= i < pointer.p.length:
        raise IndexError(f"{type_name(pointer.type_)} index {i} is out of range: items "
                         f"{-pointer.p.before} to {pointer.p.length - 1} are known to be there")
    return pointer.p.address + i * <Py_ssize_t>pointer.p.type.item.size


cdef object slice_range(Pointer pointer, index):
    need_stack(0)
    if pointer.p.bounded:
        return range(*index.indices(max(pointer.p.length, 0)))
    start = 0 if index.start is None else index.start.__index__()
    step = 1 if index.step is None else index.step.__index__()
    if index.stop is None:
        raise ValueError(f"a slice of {type_name(pointer.type_)} needs an end")
    positions = range(start, index.stop.__index__(), step)
    if len(positions) > 1 << 40:
        raise ValueError(f"a slice of {len(positions)} items of {type_name(pointer.type_)} is too long")
    if positions and pointer.p.address == NULL:
        raise ValueError(f"NULL {type_name(pointer.type_)}")
    if positions and max(abs(positions[0]), abs(positions[-1])) > furthest_item(pointer):
        raise IndexError(f"{type_name(pointer.type_)}: a slice from {positions[0]} to {positions[-1]} is out of range")
    return positions


cdef Memory pointed_memory(Pointer pointer):
    """Return what item access goes through: the owning memory, or a view that owns nothing."""
    cdef Memory memory
    if isinstance(pointer.owner, Memory):
        memory = <Memory>pointer.owner
        if <uintptr_t>memory.m.data <= <uintptr_t>pointer.p.address < \
                <uintptr_t>memory.m.data + memory.m.size:
            return memory
    return view_memory(<Type>pointer.type_.item, pointer.p.address, pointer.owner, pointer.p.life,
                       pointer.p.type.is_const)
