"""Structures and unions: classes that are given `_fields_`."""


cdef class PyCStructType(CType_Type):
    """Class of the classes of structures."""

    def __init__(cls, name, bases, namespace, **keywords):
        begin_class(cls)
        begin_structure(cls, K_STRUCTURE, namespace)

    def __setattr__(cls, name, value):
        set_structure_attribute(cls, name, value)


cdef class UnionType(CType_Type):
    """Class of the classes of unions."""

    def __init__(cls, name, bases, namespace, **keywords):
        begin_class(cls)
        begin_structure(cls, K_UNION, namespace)

    def __setattr__(cls, name, value):
        set_structure_attribute(cls, name, value)


cdef int set_structure_attribute(CType_Type cls, name, value) except -1:
    if name == "_fields_" and cls.kind == K_ABSTRACT:
        raise TypeError("ctypes state is not initialized")
    set_type_attribute(cls, name, value)
    if name == "_fields_":
        set_fields(cls, value)
    return 0


cdef int begin_structure(CType_Type cls, int kind, dict namespace) except -1:
    cdef CType_Type base = inherited(cls)
    if "_abstract_" in namespace:
        return 0
    cls.kind = kind
    cls.members = []
    cls.align = 1
    cls.format_ = "B"
    cls.shape = ()
    cls.swapped = hasattr(cls, "_swappedbytes_")
    if base is not None:
        base.final = True
        cls.has_pointers = base.has_pointers
        cls.size_, cls.align, cls.length = base.size_, base.align, base.length
        cls.format_ = base.format_
        cls.members = base.members
    if "_fields_" in namespace:
        (<object>cls)._fields_ = namespace["_fields_"]      # by way of metaclasses that extend ours
    return 0


cdef int option_of(CType_Type cls, name) except -1:
    """Return `_pack_` or `_align_`, 0 for none."""
    value = getattr(cls, name, None)
    if value is None:
        return 0
    if not isinstance(value, int) or not 0 <= value < 1 << 31:
        raise ValueError(f"{name} must be a non-negative integer")
    return value


cdef Placed described_member(item, Py_ssize_t i):
    """Return one of `_fields_` as it was written."""
    cdef Placed member = Placed()
    if not isinstance(item, tuple) or not 2 <= len(item) <= 3 or not isinstance(item[0], str):
        raise TypeError("_fields_ must be a sequence of (name, C type) pairs")
    if not isinstance(item[1], CType_Type) or (<CType_Type>item[1]).kind == K_ABSTRACT:
        raise TypeError(f"second item in _fields_ tuple (index {i}) must be a C type")
    member.name, member.cls = item[0], item[1]
    if len(item) == 3:
        if member.cls.kind != K_SIMPLE or member.cls.item not in "bBhHiIlLqQ?":
            raise TypeError(f"bit fields not allowed for type {member.cls.__name__}")
        member.width = int(item[2])
        if not 0 < member.width <= 8 * member.cls.size_:
            raise ValueError("number of bits invalid for bit field")
    return member


cdef int set_fields(CType_Type cls, fields) except -1:
    cdef CType_Type base = inherited(cls)
    cdef Placed member
    cdef CField field
    if cls.final:
        raise AttributeError("_fields_ is final")
    if not isinstance(fields, (tuple, list)):
        try:
            fields = list(fields)
        except TypeError:
            raise TypeError("_fields_ must be a sequence of pairs") from None
    cls.pack, cls.asked_align = option_of(cls, "_pack_"), option_of(cls, "_align_")
    placed = [described_member(item, i) for i, item in enumerate(fields)]
    for member in placed:
        member.cls.final = True
        cls.has_pointers |= member.cls.has_pointers or member.cls.kind == K_POINTER or member.cls.kind == K_FUNCTION
    if cls.final:
        raise AttributeError("Structure or union cannot contain itself")
    place_members(cls, base, placed, any([(<Placed>each).width is not None for each in placed]))
    cls.by_value = None
    cls.length = (0 if base is None else base.length) + len(placed)
    cls.members = [] if base is None else list(base.members)
    for i, member in enumerate(placed, cls.length - len(placed)):
        field = new_field(cls, member.cls, member.offset, i, member.shift, member.width or 0)
        set_type_attribute(cls, member.name, field)
        cls.members.append((member.name, member.cls, field))
    cls.format_ = None if cls.kind == K_STRUCTURE else "B"
    promote_anonymous(cls)
    cls.final = True
    return 0


cdef int promote_anonymous(CType_Type cls) except -1:
    """The fields of the members that `_anonymous_` names are the structure's own."""
    anonymous = vars(cls).get("_anonymous_")
    if anonymous is None:
        return 0
    try:
        anonymous = list(anonymous)
    except TypeError:
        raise TypeError("_anonymous_ must be a sequence") from None
    for name in anonymous:
        field = getattr(cls, name)
        if not isinstance(field, CField):
            raise AttributeError(f"'{name}' is specified in _anonymous_ but not in _fields_")
        promote_members(cls, field, (<CField>field).cls, (<CField>field).offset)
    return 0


cdef int promote_members(CType_Type cls, CField outer, CType_Type inner, Py_ssize_t offset) except -1:
    cdef CField field, promoted
    for item in inner._fields_:
        field = getattr(inner, item[0])
        promoted = new_field(cls, field.cls, offset + field.offset, outer.index, field.shift, field.width)
        set_type_attribute(cls, item[0], promoted)
        if item[0] in getattr(inner, "_anonymous_", ()):
            promote_members(cls, outer, field.cls, offset + field.offset)
    return 0


cdef class _Aggregate(_CData):
    """A structure or union in C storage."""

    def __init__(self, *args, **keywords):
        cdef list members = class_of(self).members
        if len(args) > len(members):
            raise TypeError("too many initializers")
        for i, value in enumerate(args):
            name = members[i][0]
            if name in keywords:
                raise TypeError(f"duplicate values for field {name!r}")
            setattr(self, name, value)
        for name, value in keywords.items():
            setattr(self, name, value)
