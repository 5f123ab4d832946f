"""Where the members of structures and unions lie; libffi.c lays out bit-fields, as the C compiler would."""


cdef int place_members(CType_Type cls, CType_Type base, list placed, bint has_bits) except -1:
    """Find each member's place, and size and alignment of the whole."""
    cdef CField member
    cdef Py_ssize_t own, end = 0 if base is None else base.size_
    cls.align = max(1 if base is None else base.align, cls.asked_align)
    for member in placed:
        own = packed_alignment(cls, member.cls)
        cls.align = max(cls.align, own)
        if member.cls.size_ > PY_SSIZE_T_MAX - end - own - cls.align:
            raise OverflowError(f"{cls.__name__} is too large")
        if not has_bits:
            member.offset = 0 if cls.kind == K_UNION else rounded(end, own)
            end = max(end, member.offset + member.cls.size_)
    if has_bits:
        place_bit_fields(cls, base, placed)
    else:
        cls.size_ = rounded(end, cls.align)
    return 0


cdef inline Py_ssize_t packed_alignment(CType_Type cls, CType_Type member):
    return min(member.align, cls.pack) if cls.pack else member.align


cdef inline Py_ssize_t rounded(Py_ssize_t offset, Py_ssize_t alignment):
    return (offset + alignment - 1) // alignment * alignment


cdef int place_bit_fields(CType_Type cls, CType_Type base, list placed) except -1:
    """The same where bit-fields are among the members."""
    cdef CField member
    cdef Py_ssize_t unit, first, end = 0 if base is None else base.size_
    whole = layout_type(cls, base, [((<CField>each).cls, (<CField>each).width) for each in placed])
    for i, member in enumerate(placed):
        if not member.cls.size_:
            member.offset = 0 if cls.kind == K_UNION else rounded(end, packed_alignment(cls, member.cls))
            continue
        if not member.width:
            member.offset = whole.offsets[f"m{i}"]
            end = member.offset + member.cls.size_
            continue
        first, width = whole.bits[f"m{i}"]
        unit = 8 * member.cls.size_
        member.offset = first // unit * member.cls.size_
        if first % unit + width > unit:
            member.offset = first // 8
        member.shift = first - 8 * member.offset
        end = (first + width + 7) // 8
        if cls.swapped:
            member.shift = unit - width - member.shift
    cls.size_, cls.align = whole.size, whole.alignment
    return 0


cdef object layout_type(CType_Type cls, CType_Type base, list members):
    """Return the libffi.Type of classes and widths of bit-fields; what has no size is left out."""
    options = {"_pack_": cls.pack} if cls.pack else {}
    if cls.asked_align or any([not (<CType_Type>member).size_ for member, _ in members]):
        options["_align_"] = cls.align
    parts = []
    if base is not None and base.size_:
        parts.append(("base", libffi_type(base)))
    for i, (member, width) in enumerate(members):
        if (<CType_Type>member).size_:
            type = libffi_type(member)
            parts.append((f"m{i}", _c.bits(type, width) if width else type))
    make = _c.union if cls.kind == K_UNION else _c.struct
    return make("layout", parts, **options)


cdef object struct_by_value(CType_Type cls):
    """Return the libffi.Type by which a structure or union is passed."""
    cdef CType_Type base = inherited(cls)
    own = own_members(cls, base)
    if not own and base is not None:
        return libffi_type(base)
    if any([(<CField>field).width for _, _, field in own]):
        whole = integers_for_bit_fields(cls, base)
    else:
        whole = layout_type(cls, base, [(member, 0) for _, member, _ in own])
    if whole.size != cls.size_:
        raise TypeError(f"{cls.__name__} cannot be passed by value: C would lay it out otherwise")
    return whole


cdef list own_members(CType_Type cls, CType_Type base):
    """Return the (name, class, CField) of the members that its own `_fields_` give."""
    return (<list>cls.members)[0 if base is None else len(<list>base.members):]


cdef object integers_for_bit_fields(CType_Type cls, CType_Type base):
    """Return the type of a structure with bit-fields: the integers that hold them take their place."""
    members = {}
    if base is not None and base.size_:
        members[0] = libffi_type(base)
    for _, member, field in cls.members:
        if (<CType_Type>member).size_:
            members.setdefault((<CField>field).offset, libffi_type(member))
    make = _c.union if cls.kind == K_UNION else _c.struct
    return make("by_value", [(f"m{offset}", type) for offset, type in members.items()], _align_=cls.align)
