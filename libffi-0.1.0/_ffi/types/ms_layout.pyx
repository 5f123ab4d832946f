"""Where the members of a struct or union lie by the rules of Microsoft's compiler."""


cdef _Layout lay_out_ms(list members, int pack, int align, bint is_union):
    """Lay (name, Type, alignment) out, as lay_out() does.

    Bit-fields share a unit of storage as long as their types have one size and the next one fits; a unit is
    allocated whole. One of no width ends the unit, and counts only behind another bit-field. In a union bit-fields
    align nothing. `pack` limits the alignment of units, too.
    """
    cdef _Layout layout = _Layout()
    cdef Type type
    size = 0                    # of what there is so far
    left = 0                    # bits that the last unit has room for
    unit = 0                    # its size; 0: the last member was no bit-field, or ended the unit
    alignment = 1
    natural = align == 0
    fields = []
    for name, type, own in members:
        boundary = own or (min(<size_t>pack, type.info.alignment) if pack else type.info.alignment)
        if type.info.kind != K_BITS:
            natural = natural and boundary == type.info.alignment
            offset = 0 if is_union else round_up(size, boundary)
            size = max(size, offset + type.info.size)
            alignment = max(alignment, boundary)
            unit = 0
            fields.append((name, type, offset, 0, 0))
            continue
        natural = False
        width, last = type.info.length, unit
        unit = type.info.size if width else 0
        if is_union:
            size = max(size, type.info.size if width or last else 0)
            fields.append((name, type, 0, 0, width))
        elif width and last == unit and width <= left:
            bit = unit * 8 - left
            left -= width
            fields.append((name, type, size - unit + bit // 8, bit % 8, width))
        else:
            if width or last:
                size = round_up(size, boundary)
                alignment = max(alignment, boundary)
            fields.append((name, type, size, 0, width))
            size += unit
            left = unit * 8 - width
    alignment = max(alignment, align)
    layout.fields = fields
    layout.alignment = alignment
    layout.size = round_up(size, alignment)
    layout.natural = natural
    return layout
