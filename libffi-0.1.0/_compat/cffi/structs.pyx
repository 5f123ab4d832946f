"""The layout of structs and unions: libffi's core lays them out as the C compiler does, unless offsets are given."""

cdef enum:
    MSVC_BITFIELDS = 0x01               # cffi's numbers
    PACKED = 0x08


def complete_struct_or_union(CType ctype not None, list fields not None, ignored=None, Py_ssize_t totalsize=-1,
                             Py_ssize_t totalalignment=-1, int sflags=0, int pack=0):
    """Give an opaque struct or union its members: (name, ctype, bits=-1, offset=-1).

    The sizes and offsets are C's where -1 stands; others that differ from C's make a struct that cannot be passed by
    value.
    """
    cdef CField field
    cdef Py_ssize_t size, alignment, end = 0
    cdef bint is_union = ctype.kind_number == UNION
    if not is_aggregate(ctype):
        raise TypeError(f"first arg must be a non-initialized struct or union ctype, not '{ctype.cname}'")
    if ctype.members is not None:
        raise TypeError(f"'{ctype.cname}' is complete already")
    if not fields:                      # C has none: one byte, as in C++, unless it is said otherwise
        ctype.members, ctype.member_list = {}, []
        ctype.size, ctype.alignment = totalsize if totalsize >= 0 else 1, max(totalalignment, 1)
        return
    entries = [checked_entry(ctype, entry, i == len(fields) - 1) for i, entry in enumerate(fields)]
    laid = (_c.union if is_union else _c.struct)(
        ctype.cname.rpartition(" ")[2],
        [core_member(i, name, item, bits) for i, (name, item, bits, _offset) in enumerate(entries)],
        _pack_=1 if sflags & PACKED else pack if pack > 0 else 0, _layout_="ms" if sflags & MSVC_BITFIELDS else None)
    offsets, bit_places = laid.offsets, laid.bits
    given = [entry[3] for entry in entries]
    ctype.own_layout = any(offset >= 0 and offset != offsets[f"m{i}"] for i, offset in enumerate(given))
    found = []
    alignment = laid.alignment
    for i, (name, item, bits, offset) in enumerate(entries):
        if ctype.own_layout and offset < 0:
            offset = 0 if is_union else -(-end // alignment_of(item)) * alignment_of(item)
        field = CField.__new__(CField)
        field.type = item
        field.flags = is_union and i > 0
        field.bitshift = field.bitsize = -1
        if bits >= 0:
            if not name:
                continue
            place_bits(field, bit_places[f"m{i}"])
        else:
            field.offset = offset if ctype.own_layout else offsets[f"m{i}"]
            if field.offset > PY_SSIZE_T_MAX - max((<CType>item).size, 0) - alignment:
                raise OverflowError(f"{ctype.cname} is too large")
            if (<CType>item).kind_number == ARRAY and (<CType>item).item_count <= 0:
                field.bitshift = -2
        end = max(end, field.offset + max((<CType>item).size, 0))
        found += [(name, field)] if name else inner_members(field)
    names = [entry[0] for entry in found]
    for name in names:
        if names.count(name) > 1:
            raise KeyError(f"duplicate field name '{name}'")
    size = -(-end // alignment) * alignment if ctype.own_layout else laid.size
    if 0 <= totalsize < end:
        raise TypeError(f"{ctype.cname} cannot be of size {totalsize}: there are fields at least up to {end}")
    if totalsize >= 0 and totalsize != size or totalalignment >= 0 and totalalignment != alignment:
        ctype.own_layout = True
    if ctype.members is not None:       # a number among the fields, which completed it meanwhile
        raise TypeError(f"'{ctype.cname}' is complete already")
    ctype.size = totalsize if totalsize >= 0 else size
    ctype.alignment = totalalignment if totalalignment >= 0 else alignment
    ctype.passed_as = None if ctype.own_layout or ctype.has_open_array or empty_arrays(entries) else laid
    ctype.member_list = found
    ctype.members = dict(found)


cdef tuple checked_entry(CType ctype, tuple entry, bint is_last):
    """An entry of the list with its defaults; TypeError for what C would not take."""
    name, item, *rest = entry
    cdef Py_ssize_t bits = rest[0] if rest else -1
    cdef Py_ssize_t offset = rest[1] if len(rest) > 1 else -1
    cdef CType member = item
    if member.size < 0:
        if member.kind_number != ARRAY or bits >= 0 or not (is_last or offset >= 0):
            raise TypeError(f"field '{ctype.cname}.{name}' has ctype '{member.cname}' of unknown size")
        ctype.has_open_array = True
    elif is_last and member.has_open_array:
        ctype.has_open_array = True
    if bits >= 0:
        if offset >= 0:
            raise TypeError(f"field '{ctype.cname}.{name}' is a bitfield, but a fixed offset is specified")
        if not is_integer(member):
            raise TypeError(f"field '{ctype.cname}.{name}' declared as '{member.cname}' cannot be a bit field")
        if bits > 8 * member.size:
            raise TypeError(f"bit field '{ctype.cname}.{name}' is declared '{member.cname}:{bits}', "
                            "which exceeds the width of the type")
        if bits == 0 and name:
            raise TypeError(f"field '{ctype.cname}.{name}' is declared with :0")
    return name, member, bits, offset


cdef Py_ssize_t alignment_of(CType ctype):
    return max(ctype.alignment, 1)


cdef tuple core_member(Py_ssize_t i, str name, CType item, Py_ssize_t bits):
    """The member for libffi's core, by a name of its own."""
    if bits >= 0:
        return f"m{i}" if name else None, _c.bits(item.passed_as, bits)
    try:
        return f"m{i}", core_type(item)
    except NotImplementedError:
        return f"m{i}", _c.array(_c.uint8, max(item.size, 0)), alignment_of(item)   # of its size and alignment


cdef object core_type(CType ctype):
    """libffi's type, as calls and structs have it; NotImplementedError: only cffi knows such a layout."""
    if ctype.passed_as is not None:
        return ctype.passed_as
    if ctype.kind_number == ARRAY:
        return _c.array(core_type(ctype.item_type), max(ctype.item_count, 0))
    if ctype.kind_number == VOID:
        return _c.void
    raise NotImplementedError(f"ctype '{ctype.cname}'")


cdef place_bits(CField field, tuple place):
    """Where a bit-field lies, in an aligned number of its type."""
    start, width = place
    cdef Py_ssize_t unit = 8 * alignment_of(field.type)
    cdef Py_ssize_t base = start // unit * unit
    field.offset = base // 8
    field.bitsize = width
    field.bitshift = start - base
    if _sys.byteorder == "big":
        field.bitshift = 8 * field.type.size - width - field.bitshift


cdef list inner_members(CField outer):
    """The members of an anonymous one, which count as the outer one's."""
    cdef CField member, inner
    found = []
    for name, each in outer.type.member_list or ():
        inner = each
        member = CField.__new__(CField)
        member.type = inner.type
        member.offset = outer.offset + inner.offset
        member.bitshift = inner.bitshift
        member.bitsize = inner.bitsize
        member.flags = inner.flags | outer.flags
        found.append((name, member))
    return found


cdef bint empty_arrays(list entries):
    return any((<CType>item).kind_number == ARRAY and (<CType>item).item_count <= 0 for _name, item, *_rest in entries)


def typeoffsetof(CType ctype not None, field_or_index, bint following=False):
    """Return the ctype and the offset of a member or an item."""
    cdef CField field
    cdef CType inner
    if isinstance(field_or_index, str):
        inner = ctype.item_type if ctype.kind_number == POINTER and not following else ctype
        if not is_aggregate(inner):
            raise TypeError("with a field name argument, expected a struct or union ctype"
                            + ("" if following else " or a pointer to that"))
        if inner.members is None:
            raise TypeError("struct/union is opaque")
        field = inner.members[field_or_index]
        if field.bitshift >= 0:
            raise TypeError("not supported for bitfields")
        return field.type, field.offset
    if not isinstance(field_or_index, int):
        raise TypeError("field name or array index expected")
    if ctype.kind_number not in (ARRAY, POINTER) or ctype.kind_number == POINTER and following:
        raise TypeError("with an integer argument, expected an array ctype or a pointer ctype")
    if ctype.item_type.size < 0:
        raise TypeError(f"pointer to opaque: '{ctype.cname}'")
    offset = field_or_index * ctype.item_type.size
    if not -PY_SSIZE_T_MAX <= offset <= PY_SSIZE_T_MAX:
        raise OverflowError("array offset would overflow a Py_ssize_t")
    return ctype.item_type, offset


def rawaddressof(CType pointer not None, _CDataBase cdata not None, Py_ssize_t offset=0):
    """Return a pointer to what is `offset` bytes into what a cdata object is, or points to."""
    if pointer.kind_number != POINTER:
        raise TypeError(f"expected a pointer ctype, got '{pointer.cname}'")
    if is_number(cdata.type) or cdata.type.kind_number == FUNCTION:
        raise TypeError(f"expected a cdata struct/union/array/pointer object, got '{cdata.type.cname}'")
    return new_cdata(pointer, cdata.data + offset)
