"""The buffer protocol's description of a type (PEP 3118): formats, shapes, strides."""


cdef str format_of(Type type, bint ordered=False):
    """Return the format of one item; a type that struct codes cannot describe is bytes.

    `ordered`: inside something with numbers of the other byte order, where each says its own.
    """
    cdef Type member
    cdef size_t at = 0
    cdef const char *known = kinds[<int>type.info.kind].format
    if known[0]:
        return ("@" if ordered else "") + known.decode()
    if plain_of(type) is not type:
        return format_of(plain_of(type), ordered)
    if type.info.kind == K_SWAPPED:
        return swapped_format(type)
    if type.info.kind != K_STRUCT or not type.natural or not type.info.by_position:
        return f"{type.info.size}s"
    ordered = ordered or holds_swapped(type)
    parts = []
    for name, member, offset, _, _ in type.members:
        if name is None:                        # what its class extends, at the beginning
            begins = format_of(member)
            if not begins.startswith("T{"):
                return f"{type.info.size}s"
            parts.append(begins[2:-1])
            at = member.info.size
            continue
        if offset > at:
            parts.append(f"{offset - at}x")
        shape = []
        at = offset + member.info.size
        while member.info.kind == K_ARRAY:
            shape.append(str(member.info.length))
            member = <Type>member.item
        parts.append((f"({','.join(shape)})" if shape else "") + format_of(member, ordered) + f":{name}:")
    if type.info.size > at:
        parts.append(f"{type.info.size - at}x")
    return "T{" + "".join(parts) + "}"


cdef str swapped_format(Type type):
    """Return the format of a number in the other byte order: standard sizes, in which no long has eight bytes."""
    cdef str code = format_of(<Type>type.item)
    if not code.endswith("s"):
        code = {"l": "q", "L": "Q"}.get(code, code)
        return ("<" if PY_BIG_ENDIAN else ">") + code
    return code


cdef bint holds_swapped(Type type):
    cdef Type part
    if type.info.kind == K_ARRAY:
        return holds_swapped(<Type>type.item)
    if type.info.kind == K_STRUCT:
        for _, part, _, _, _ in type.members:
            if holds_swapped(part):
                return True
    return plain_type(&type.info).kind == K_SWAPPED


cdef tuple array_layout(Type type):
    """Return (format, shape, strides) of memory of this type."""
    found = None
    with cython.critical_section(type):
        if type.array_layout is None:
            found = find_array_layout(type)     # which may wait for another thread, and let one in here
        if type.array_layout is None:           # exported buffers point into it: it is never another
            type.array_layout = found
        return type.array_layout


cdef tuple find_array_layout(Type item):
    shape = []
    while item.info.kind in (K_ARRAY, K_VECTOR):
        shape.append(item.info.length)
        item = <Type>item.item
    strides = []
    stride = item.info.size
    for length in reversed(shape):
        strides.insert(0, stride)
        stride *= length
    return format_of(item).encode(), tuple(shape), tuple(strides)
