"""Where the members of a struct or union lie: gcc's rules for the platform's C ABI."""


cdef inline object round_up(object value, object unit):
    return (value + unit - 1) // unit * unit


@cython.internal
cdef class _Layout:
    cdef object fields, size, alignment, natural
    # fields: (name or None, Type, byte offset, bit offset, bit width) of every member


cdef _Layout lay_out(list members, int pack, int align, bint is_union):
    """Lay (name, Type, alignment) out; `natural` says whether libffi, given the types, would do the same.

    An alignment that is not 0 is a member's in place of its type's, and `pack` is no limit to it; a bit-field
    begins at it, and keeps its type's rules besides.
    """
    cdef _Layout layout = _Layout()
    cdef Type type
    bits = 0                    # position after the last member
    alignment = 1
    largest = 0
    natural = align == 0
    fields = []
    for name, type, own in members:
        if is_union:
            bits = 0
        if type.info.kind == K_BITS:
            natural = False
            base = <Type>type.item
            unit = base.info.size * 8
            boundary = base.info.alignment * 8
            width = type.info.length
            packed = type.info.alignment == 0 and not pack
            if packed:
                boundary = 8
            if own:
                bits = round_up(bits, own * 8)
            if pack and boundary > pack * 8:
                boundary = pack * 8
            if width == 0:
                bits = round_up(bits, base.info.alignment * 8)
            elif not pack and not packed and (bits % boundary + width + boundary - 1) // boundary > unit // boundary:
                bits = round_up(bits, boundary)
            if name is not None or ALIGN_ANONYMOUS_BITS:
                # One of no width is not packed.
                alignment = max(alignment, own, boundary // 8 if width else base.info.alignment)
            fields.append((name, type, bits // 8, bits % 8, width))
            bits += width
        else:
            boundary = type.info.alignment
            if own or (pack and boundary > pack):
                natural = natural and own == boundary
                boundary = own or pack
            offset = round_up((bits + 7) // 8, boundary)
            alignment = max(alignment, boundary)
            fields.append((name, type, offset, 0, 0))
            bits = (offset + type.info.size) * 8
        largest = max(largest, bits)
    alignment = max(alignment, align)
    layout.fields = fields
    layout.alignment = alignment
    layout.size = round_up((largest + 7) // 8, alignment)
    layout.natural = natural
    return layout


def struct_offsets(type, abi=None):
    """Return the member offsets that libffi computes for a struct. C: ffi_get_struct_offsets."""
    cdef Type struct_type = need_type("struct_offsets()", type)
    cdef ffi_type copy
    cdef size_t *offsets
    cdef Py_ssize_t i, n = 0
    passable(struct_type, "struct_offsets()")
    if struct_type.info.kind != K_STRUCT:
        raise TypeError(f"struct_offsets(): expected a struct, got {type_name(struct_type)}")
    if is_nothing(&struct_type.info):
        return ()
    copy = struct_type.own
    copy.size = copy.alignment = 0
    while copy.elements[n] != NULL:
        n += 1
    offsets = <size_t *>PyMem_Calloc(n + 1, sizeof(size_t))
    if offsets == NULL:
        raise MemoryError
    try:
        status = ffi_get_struct_offsets(<ffi_abi><int>(core_default_abi() if abi is None else int(abi)), &copy, offsets)
        if status != FFI_OK:
            raise status_error(status, "struct_offsets()")
        return tuple([offsets[i] for i in range(n)])
    finally:
        PyMem_Free(offsets)
