"""What == sees of C storage: numbers by value, addresses as addresses; nothing raises and nothing is followed."""


cdef bint same_stored(const type_info *type, char *one, char *other) except -1:
    """Return whether the same is stored: numbers by value, addresses as addresses."""
    cdef Py_ssize_t i
    type = plain_type(type)
    if type.kind == K_STRUCT:
        return same_members(type, one, other)
    if type.kind == K_UNION:            # whichever member it is
        return memcmp(one, other, type.size) == 0 or same_members(type, one, other)
    if type.kind in (K_ARRAY, K_VECTOR):
        if compares_bytewise(type.item.kind):
            return memcmp(one, other, type.length * type.item.size) == 0
        for i in range(type.length):
            if not same_stored(type.item, one + i * <Py_ssize_t>type.item.size,
                               other + i * <Py_ssize_t>type.item.size):
                return False
        return True
    if compares_bytewise(type.kind):
        return memcmp(one, other, type.size) == 0
    return scalar_seen(type, one) == scalar_seen(type, other)


cdef bint compares_bytewise(type_kind kind):
    return (is_integral_kind(kind) and kind != K_BOOL) or is_address_kind(kind)


cdef bint same_members(const type_info *type, char *one, char *other) except -1:
    cdef const field_info *field
    cdef Py_ssize_t i
    for i in range(type.nfields):
        field = &type.fields[i]
        if field.bit_width:
            same = load_bits_number(field, one) == load_bits_number(field, other)
        else:
            same = same_stored(field.type, one + field.offset, other + field.offset)
        if not same:
            return False
    return True


cdef bint same_behind(Memory one, Memory other) except -1:
    """Compare the items of flexible arrays."""
    cdef Py_ssize_t n = room_behind(<MemoryObject *>one)
    cdef Type items
    if n != room_behind(<MemoryObject *>other):
        return False
    if n == 0:
        return True
    items = array(<object>one.m.type.fields[one.m.type.nfields - 1].type.item.object, n)
    return same_stored(&items.info, one.m.data + one.m.type.flexible_at, other.m.data + other.m.type.flexible_at)


cdef object same_memory(Memory one, Memory other):
    """Compare two of one type; what cannot be looked at is not equal."""
    if not lifetime_pin(one.m.life):
        return False
    if not lifetime_pin(other.m.life):
        lifetime_unpin(one.m.life)
        return False
    try:
        return can_be_seen(one) and can_be_seen(other) and same_stored(one.m.type, one.m.data, other.m.data) and \
            same_behind(one, other)
    finally:
        lifetime_unpin(one.m.life)
        lifetime_unpin(other.m.life)


cdef object value_seen(const type_info *type, char *where, Memory root):
    """Return what a Python value is compared with: a pointer for a text or a function."""
    if type.kind == K_INSTANCE:
        return value_seen(type.item, where, root)
    if type.kind in (K_STRING, K_BYTES, K_WSTRING):
        return new_pointer(&(<Type>ptr(<object>type.item.object, True)).info, read_address(where), NULL, &forever, -1)
    if type.kind in (K_FUNCTION, K_OBJECT):
        return new_pointer(&(<Type>core_types["pointer"]).info, read_address(where), NULL, &forever, -1)
    if type.kind in (K_ENUM, K_CHAR16, K_CHAR32, K_SWAPPED):
        return scalar_seen(type, where)
    return load_value(type, where, <MemoryObject *>root)


cdef list items_seen(Memory memory):
    """Return the items of an array, or the members of a struct, to compare; None: they cannot be looked at."""
    cdef const type_info *type = memory.m.type
    cdef const field_info *field
    cdef Py_ssize_t i
    if not lifetime_pin(memory.m.life):
        return None
    try:
        if not can_be_seen(memory):
            return None
        if type.kind in (K_ARRAY, K_VECTOR):
            return [value_seen(type.item, memory.m.data + i * <Py_ssize_t>type.item.size, memory)
                    for i in range(type.length)]
        seen = []
        for i in range(type.nfields):
            field = &type.fields[i]
            seen.append(bits_seen(field, memory.m.data) if field.bit_width
                        else value_seen(field.type, memory.m.data + field.offset, memory))
        return seen
    finally:
        lifetime_unpin(memory.m.life)
