"""ctypes' structures and unions, compared with ours by their fields: the formats of their buffers leave out what is
in a union, and before CPython 3.12 where padding is."""

cdef Py_ssize_t MOST_LEAVES = 4096


cdef int ctypes_describes(const type_info *item, object cls) except -1:
    """Is that a class of ctypes', and made of what `item` is made of, member by member, whatever it is called?"""
    cdef Type own
    ctypes = _sys.modules.get("ctypes")
    if ctypes is None or not isinstance(cls, (type(ctypes.Structure), type(ctypes.Union), type(ctypes.Array))):
        return False
    while item.kind == K_ARRAY:
        item = item.item
    while issubclass(cls, ctypes.Array):
        cls = cls._type_
    if item.kind not in (K_STRUCT, K_UNION) or not issubclass(cls, (ctypes.Structure, ctypes.Union)):
        return False
    own = <Type><object>item.object
    for name, _, descriptor, width in ctypes_fields(cls):   # what has the name of a member is that member
        if width is None and own.offsets.get(name, descriptor.offset) != descriptor.offset:
            return False
    ours, theirs = [], []
    own_leaves(own, 0, ours)
    ctypes_leaves(ctypes, cls, 0, theirs)
    return (<size_t>ctypes.sizeof(cls) == item.size and len(ours) <= MOST_LEAVES and sorted(ours) == sorted(theirs))


cdef int own_leaves(Type type, Py_ssize_t offset, list leaves) except -1:
    """Append (offset, size, sort) of every scalar; of a bit-field the first two are in bits."""
    cdef Type member
    cdef Py_ssize_t i
    if len(leaves) > MOST_LEAVES:
        return 0
    if type.info.kind in (K_STRUCT, K_UNION):
        for name, member, at, bit, width in type.members:
            if member.info.kind != K_BITS:
                own_leaves(member, offset + at, leaves)
            elif name is not None:
                leaves.append(((offset + at) * 8 + bit, width, "bits, swapped" if type.swapped else "bits"))
    elif type.info.kind == K_ARRAY:
        for i in range(min(type.info.length, MOST_LEAVES + 1)):
            own_leaves(<Type>type.item, offset + i * (<Type>type.item).info.size, leaves)
    else:
        swapped = "swapped " if plain_type(&type.info).kind == K_SWAPPED else ""
        leaves.append((offset, type.info.size, swapped + chr(sort_of(plain_type(&type.info)))))
    return 0


cdef int ctypes_leaves(ctypes, cls, offset, list leaves) except -1:
    need_stack(0)
    if len(leaves) > MOST_LEAVES:
        return 0
    if issubclass(cls, (ctypes.Structure, ctypes.Union)):
        for _, item, descriptor, width in ctypes_fields(cls):
            if width is None:
                ctypes_leaves(ctypes, item, offset + descriptor.offset, leaves)
            elif PY_BIG_ENDIAN or hasattr(cls, "_swappedbytes_"):   # whose bits ctypes counts from the other end
                leaves.append((offset, 0, "not compared"))
            else:
                leaves.append(((offset + descriptor.offset) * 8 + (<unsigned long>descriptor.size & 0xffff), width,
                               "bits"))
    elif issubclass(cls, ctypes.Array):
        for i in range(min(cls._length_, MOST_LEAVES + 1)):
            ctypes_leaves(ctypes, cls._type_, offset + i * ctypes.sizeof(cls._type_), leaves)
    else:
        code = "P" if issubclass(cls, (ctypes._Pointer, ctypes._CFuncPtr)) else cls._type_
        other = getattr(cls, "__ctype_le__" if PY_BIG_ENDIAN else "__ctype_be__", None)
        swapped = "swapped " if other is cls and ctypes.sizeof(cls) > 1 else ""
        leaves.append((offset, ctypes.sizeof(cls), swapped + chr(sort_of_code(code.encode()))))
    return 0


cdef list ctypes_fields(cls):
    """Return (name, type, descriptor, width of a bit-field or None) of each, those of its bases too."""
    found = []
    for base in reversed(cls.__mro__):
        for name, item, *width in vars(base).get("_fields_", ()):
            found.append((name, item, vars(base)[name], width[0] if width else None))
    return found
