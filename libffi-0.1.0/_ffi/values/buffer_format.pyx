"""The buffer protocol's description of a type (PEP 3118): formats, shapes, strides."""


cdef str format_of(Type type, bint ordered=False):
    """Return the format of one item; a type that struct codes cannot describe is bytes.

    A pointer is an unsigned integer, as NumPy has no code of its own. `ordered`: inside something where each number
    says its order, and that it may lie anywhere.
    """
    cdef const char *known = kinds[<int>type.info.kind].format
    if is_pointer_kind(type.info.kind):
        known = unsigned_format(sizeof(void *))
    if known[0]:
        return ("^" if ordered else "") + known.decode()
    if plain_of(type) is not type:
        return format_of(plain_of(type), ordered)
    if type.info.kind == K_SWAPPED:
        return swapped_format(type)
    if type.info.kind == K_STRUCT:
        return struct_format(type, ordered or says_order(type))
    return f"{type.info.size}s"


cdef const char *unsigned_format(size_t size):
    return kinds[<int>(K_U8 if size == 1 else K_U16 if size == 2 else K_U32 if size == 4 else K_U64)].format


cdef str struct_format(Type type, bint ordered):
    """Return the format of a struct, or that of its bytes where members lie on one another."""
    cdef Py_ssize_t at = 0
    parts = []
    for offset, size, text, name in sorted(described_members(type, ordered)):
        if offset < at:
            return f"{type.info.size}s"
        if offset > at:
            parts.append(f"{offset - at}x")
        parts.append(f"{text}:{name}:")
        at = offset + size
    if <Py_ssize_t>type.info.size > at:
        parts.append(f"{<Py_ssize_t>type.info.size - at}x")
    return "T{" + "".join(parts) + "}"


cdef list described_members(Type type, bint ordered):
    """Return (offset, size, format, name) of each member, and of the bytes of bit-fields."""
    cdef const field_info *field
    cdef Type member
    cdef Py_ssize_t i
    found = []
    for i in range(type.info.nfields):
        field = &type.info.fields[i]
        if field.bit_width:
            continue
        shape = []
        member = <Type><object>field.type.object
        while plain_of(member).info.kind == K_ARRAY:
            member = plain_of(member)
            shape.append(str(member.info.length))
            member = <Type>member.item
        text = format_of(member, ordered)
        if text.endswith("s"):                  # NumPy would cut text at its zeros
            text = text[:-1] + "x"
        found.append((field.offset, field.type.size, (f"({','.join(shape)})" if shape else "") + text,
                      <object>field.name))
    for name, offset, size, is_signed in _bytes_of_bits(type):
        if size not in (1, 2, 4, 8):
            text = f"{size}x"
        else:
            text = unsigned_format(size).decode()
            text = text.lower() if is_signed else text
            text = in_other_order(text) if type.swapped and size > 1 else ("^" if ordered else "") + text
        found.append((offset, size, text, name))
    return found


def _bytes_of_bits(type):
    """Return (name, offset, size, whether it is signed) of the bytes that bit-fields lie in.

    Those that share a byte are one member, named "{a,b}"; one that is all of an integer's bits is that integer.
    """
    cdef Type this = need_type("_bytes_of_bits()", type), base
    cdef Py_ssize_t start, end, last
    groups = []
    for (first, width), name in sorted([(place, name) for name, place in this.bits.items()]):
        start, end = first // 8, (first + width + 7) // 8
        if groups and start < groups[-1][2]:
            names, start, last = groups.pop()
            groups.append(([*names, name], start, max(last, end)))
        else:
            groups.append(([name], start, end))
    found = []
    for names, start, end in groups:
        base = (<Type>this.fields[names[0]]).item
        size = end - start
        if len(names) == 1 and size in (1, 2, 4, 8) and this.bits[names[0]][1] == 8 * size and (
                is_int_kind(plain_type(&base.info).kind)):
            found.append((names[0], start, end - start, is_signed_int(plain_type(&base.info))))
        else:
            found.append((f"{{{','.join(names)}}}", start, end - start, False))
    return found


cdef str swapped_format(Type type):
    """Return the format of a number in the other byte order: standard sizes, in which no long has eight bytes."""
    cdef str code = format_of(<Type>type.item)
    return code if code.endswith("s") else in_other_order(code)


cdef str in_other_order(str code):
    return ("<" if PY_BIG_ENDIAN else ">") + {"l": "q", "L": "Q"}.get(code, code)


cdef bint says_order(Type type):
    """Return whether a struct holds numbers of the other byte order, or what may not be aligned."""
    cdef const field_info *field
    cdef Py_ssize_t i
    type = plain_of(type)
    if type.info.kind == K_ARRAY:
        return says_order(<Type>type.item)
    if type.info.kind != K_STRUCT:
        return plain_type(&type.info).kind == K_SWAPPED
    for i in range(type.info.nfields):
        field = &type.info.fields[i]
        if field.bit_width or (
                field.offset % field.type.alignment or type.info.size % field.type.alignment
                or says_order(<Type><object>field.type.object)):
            return True
    return type.swapped or type.info.size % type.info.alignment != 0


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
