"""Where the members of structures and unions lie: libffi.c lays them out, as the C compiler would."""


@cython.final
cdef class Placed:
    """A member of a structure with its place."""
    cdef object name
    cdef CType_Type cls
    cdef object width               # of a bit-field in bits, or None
    cdef Py_ssize_t offset
    cdef unsigned shift             # of a bit-field: its first bit in the integer at `offset`


cdef object layout_members(CType_Type base, list placed):
    """Return the members as libffi.c wants them; those without size are left to place_members()."""
    members = []
    if base is not None and base.size_:
        members.append(("base", libffi_type(base)))
    for i, member in enumerate(placed):
        if (<Placed>member).cls.size_:
            type = libffi_type((<Placed>member).cls)
            members.append((f"m{i}", type if (<Placed>member).width is None else
                            _c.bits(type, (<Placed>member).width)))
    return members


cdef object place_members(CType_Type cls, CType_Type base, list placed, pack, align):
    """Find each member's place, and size and alignment of the whole; return its libffi.Type, or None."""
    cdef Placed member
    cdef Py_ssize_t end = 0 if base is None else base.size_
    cdef Py_ssize_t unit, first, alignment = 1 if base is None else base.align
    options = {"_pack_": pack} if pack else {}
    for member in placed:
        alignment = max(alignment, min(member.cls.align, pack) if pack else member.cls.align)
    alignment = max(alignment, align)
    if align or any([not (<Placed>each).cls.size_ for each in placed]):
        options["_align_"] = alignment
    members = layout_members(base, placed)
    make = _c.union if cls.kind == K_UNION else _c.struct
    whole = make("layout", members, **options) if members else None
    for i, member in enumerate(placed):
        if not member.cls.size_:
            member.offset = 0 if cls.kind == K_UNION else rounded(end, member.cls.align)
            continue
        if member.width is None:
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
    cls.size_ = whole.size if whole is not None else 0 if cls.kind == K_UNION else rounded(end, alignment)
    cls.align = whole.alignment if whole is not None else alignment
    return whole


cdef inline Py_ssize_t rounded(Py_ssize_t offset, Py_ssize_t alignment):
    return (offset + alignment - 1) // alignment * alignment


cdef object struct_by_value(CType_Type cls):
    """Return the libffi.Type of a structure with bit-fields: the integers that hold them take their place."""
    members = {}
    base = inherited(cls)
    if base is not None and (<CType_Type>base).size_:
        members[0] = libffi_type(base)
    for _, member, field in cls.members:
        if (<CType_Type>member).size_:
            members.setdefault((<CField>field).offset, libffi_type(member))
    make = _c.union if cls.kind == K_UNION else _c.struct
    whole = make("by_value", [(f"m{offset}", type) for offset, type in members.items()], _align_=cls.align)
    if whole.size != cls.size_:
        raise TypeError(f"{cls.__name__} cannot be passed by value: its bit-fields overlap")
    return whole
