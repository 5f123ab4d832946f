"""The scalars that a type is made of, which is what calling conventions go by."""


cdef Type plain_of(Type type):
    """Return what an enum, c.wrap(T) or a user's class over a scalar is to C; any other type is itself."""
    return <Type><object>plain_type(&type.info).object


cdef tuple plain_of_each(tuple types):
    return tuple([plain_of(type) for type in types])


cdef list leaves_of(Type type):
    """Return (offset, kind, size) of every scalar in `type`; a complex number of floats or doubles is two."""
    leaves = []
    flatten(type, 0, leaves)
    return leaves


cdef int flatten(Type type, size_t offset, list leaves) except -1:
    cdef Type member
    cdef Py_ssize_t i
    if type.info.kind in (K_STRUCT, K_UNION):
        if not type.natural:            # packed, over-aligned or with bit-fields
            leaves.append((offset, K_BITS, 0))
        for _, member, where, _, _ in type.members:
            flatten(member, offset + <size_t>where, leaves)
    elif type.info.kind == K_ARRAY:
        for i in range(type.info.length):
            flatten(<Type>type.item, offset + i * (<Type>type.item).info.size, leaves)
    elif plain_of(type) is not type or type.info.kind == K_SWAPPED:
        flatten(<Type>type.item, offset, leaves)
    elif type.info.kind in (K_COMPLEX_FLOAT, K_COMPLEX_DOUBLE):
        part = K_FLOAT if type.info.kind == K_COMPLEX_FLOAT else K_DOUBLE
        leaves.append((offset, part, type.info.size // 2))
        leaves.append((offset + type.info.size // 2, part, type.info.size // 2))
    else:
        leaves.append((offset, type.info.kind, type.info.size))
    return 0
