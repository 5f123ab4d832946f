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
    if name == "_fields_":
        set_fields(cls, value)
    return set_type_attribute(cls, name, value)


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
        cls.members = list(base.members)
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


cdef CField described_member(item, Py_ssize_t i):
    """Return one of `_fields_` as it was written."""
    if not isinstance(item, tuple) or not 2 <= len(item) <= 3 or not isinstance(item[0], str):
        raise TypeError("'_fields_' must be a sequence of (name, C type) pairs")
    if not isinstance(item[1], CType_Type) or (<CType_Type>item[1]).kind == K_ABSTRACT:
        raise TypeError(f"second item in _fields_ tuple (index {i}) must be a C type")
    return new_field(item[0], item[1], width_of_bits(item[0], item[1], item[2]) if len(item) == 3 else 0)


cdef int set_fields(CType_Type cls, fields) except -1:
    cdef CType_Type base = inherited(cls)
    cdef CField field
    cdef Py_ssize_t i, first = 0 if base is None else base.length
    if cls.final:
        raise AttributeError("_fields_ is final")
    placed = python_layout(cls, base, fields) if LAYOUT_IS_PYTHON else our_layout(cls, base, fields)
    cls.by_value = None
    cls.length = first + len(placed)
    for i, field in enumerate(placed):
        give_field(cls, field, first + i)
    members = [((<CField>field).name, (<CField>field).cls, field) for field in placed]
    cls.members = members if base is None else <list>base.members + members
    promote_anonymous(cls)
    cls.final = True
    return 0


cdef int need_parts(CType_Type cls, list placed) except -1:
    """A member's class does not change any more; what is one cannot contain itself."""
    cdef CField field
    for field in placed:
        field.cls.final = True
        cls.has_pointers |= field.cls.has_pointers or field.cls.kind == K_POINTER or field.cls.kind == K_FUNCTION
    if cls.final:
        raise AttributeError("Structure or union cannot contain itself")
    return 0


cdef list our_layout(CType_Type cls, CType_Type base, fields):
    """Return the members, placed as the C compiler does."""
    need_stack(0)
    if not isinstance(fields, (tuple, list)):
        try:
            fields = iter(fields)       # not a list of them: that of a pointer has no end
        except TypeError:
            raise TypeError("'_fields_' must be a sequence of pairs") from None
    cls.pack, cls.asked_align = option_of(cls, "_pack_"), option_of(cls, "_align_")
    placed = [described_member(item, i) for i, item in enumerate(fields)]
    need_parts(cls, placed)
    place_members(cls, base, placed, any([(<CField>field).width for field in placed]))
    cls.format_ = None if cls.kind == K_STRUCTURE else "B"
    return placed


cdef list python_layout(CType_Type cls, CType_Type base, fields):
    """Return the members, placed by the interpreter's own ctypes._layout, as since CPython 3.14."""
    get_layout = _imported("libffi.compat.ctypes._layout").get_layout
    layout = get_layout(cls, fields, is_struct=cls.kind == K_STRUCTURE, base=base)
    placed = list(layout.fields)
    for field in placed:
        if type(field) is not CField:
            raise TypeError(f"fields must be of type CField, got {type(field).__name__}")
        if (<CField>field).owner is not None:
            raise ValueError(f"field {(<CField>field).name!r} is another class's")
    if cls.final:
        raise AttributeError("_fields_ is final")
    need_parts(cls, placed)
    cls.pack, cls.asked_align = option_of(cls, "_pack_"), option_of(cls, "_align_")
    cls.size_, cls.align, cls.format_ = layout.size, layout.align, layout.format_spec
    return placed


from libffi.compat._sources import imported as _imported


cdef int promote_anonymous(CType_Type cls) except -1:
    """The fields of the members that `_anonymous_` names are the structure's own."""
    anonymous = dict_get(own_names(<PyTypeObject *>cls), "_anonymous_")
    if anonymous is None:
        return 0
    try:
        anonymous = iter(anonymous)
    except TypeError:
        raise TypeError("_anonymous_ must be a sequence") from None
    for name in anonymous:
        field = getattr(cls, name)
        if not isinstance(field, CField):
            raise AttributeError(f"'{name}' is specified in _anonymous_ but not in _fields_")
        (<CField>field).is_anonymous = True
        promote_members(cls, field, (<CField>field).cls, (<CField>field).offset)
    return 0


cdef int promote_members(CType_Type cls, CField outer, CType_Type inner, Py_ssize_t offset) except -1:
    cdef CField field, promoted
    for item in inner._fields_:
        field = getattr(inner, item[0])
        if field.is_anonymous:
            promote_members(cls, outer, field.cls, offset + field.offset)
            continue
        promoted = new_field(item[0], field.cls, field.width)
        promoted.offset, promoted.shift = offset + field.offset, field.shift
        give_field(cls, promoted, outer.index)
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
