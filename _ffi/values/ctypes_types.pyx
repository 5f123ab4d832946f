"""ctypes' structures and unions, compared with ours by their fields: the formats of their buffers leave out what is
in a union, and before CPython 3.12 where padding is."""

cdef Py_ssize_t MOST_LEAVES = 4096      # that are looked at; arrays of scalars count once


cdef int ctypes_describes(const type_info *item, object cls) except -1:
    """Is that a class of ctypes', and made of what `item` is made of, member by member, whatever it is called?"""
    cdef Type own
    ctypes = ctypes_of(cls)
    if ctypes is None:
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
    ours, theirs = _Leaves(), _Leaves()
    own_leaves(own, 0, ours)
    ctypes_leaves(ctypes, cls, 0, theirs)
    return (<size_t>ctypes.sizeof(cls) == item.size and ours.looked_at <= MOST_LEAVES and ours.edges == theirs.edges)


cdef object ctypes_of(cls):
    """Return the package that a class of structures, unions or arrays is of, or None."""
    for name in ctypes_packages:
        ctypes = _sys.modules.get(name)
        if ctypes is not None and isinstance(cls, (type(ctypes.Structure), type(ctypes.Union), type(ctypes.Array))):
            return ctypes
    return None


@cython.internal
cdef class _Leaves:
    """What scalars are where, however they are nested: of each sort, size and residue of the offset, how many more
    begin to be at an index, or fewer; a bit-field's numbers are bits."""
    cdef dict edges
    cdef Py_ssize_t looked_at

    def __cinit__(self):
        self.edges = {}

    cdef int add(self, offset, size, sort, count=1) except -1:
        self.looked_at += 1
        if not size or not count:
            return 0
        key = sort, size, offset % size
        edges = self.edges.get(key)
        if edges is None:
            self.edges[key] = edges = {}
        for at, change in ((offset // size, 1), (offset // size + count, -1)):
            total = edges.get(at, 0) + change
            if total:
                edges[at] = total
            else:
                del edges[at]
        return 0

    cdef list places(self, sort):
        """Return the offsets of all of one sort."""
        found = []
        for (kind, size, residue), edges in self.edges.items():
            ordered = sorted(edges.items()) if kind == sort else []
            depth = 0
            for (at, change), (following, _) in zip(ordered, ordered[1:]):
                depth += change
                if depth:
                    found.extend(range(at * size + residue, following * size + residue, size))
        return found


cdef int own_leaves(Type type, Py_ssize_t offset, _Leaves leaves) except -1:
    cdef Type member
    cdef Py_ssize_t i, count = 1
    if leaves.looked_at > MOST_LEAVES:
        return 0
    if type.info.kind in (K_STRUCT, K_UNION):
        for name, member, at, bit, width in type.members:
            if member.info.kind != K_BITS:
                own_leaves(member, offset + at, leaves)
            elif name is not None:
                leaves.add((offset + at) * 8 + bit, width, "bits, swapped" if type.swapped else "bits")
        return 0
    while type.info.kind == K_ARRAY:
        count *= type.info.length
        type = <Type>type.item
    if type.info.kind in (K_STRUCT, K_UNION):
        for i in range(min(count, MOST_LEAVES + 1)):
            own_leaves(type, offset + i * type.info.size, leaves)
    else:
        swapped = "swapped " if plain_type(&type.info).kind == K_SWAPPED else ""
        leaves.add(offset, type.info.size, swapped + chr(sort_of(plain_type(&type.info))), count)
    return 0


cdef int ctypes_leaves(ctypes, cls, offset, _Leaves leaves) except -1:
    need_stack(0)
    if leaves.looked_at > MOST_LEAVES:
        return 0
    if issubclass(cls, (ctypes.Structure, ctypes.Union)):
        for _, item, descriptor, width in ctypes_fields(cls):
            if width is None:
                ctypes_leaves(ctypes, item, offset + descriptor.offset, leaves)
            elif PY_BIG_ENDIAN or hasattr(cls, "_swappedbytes_"):   # whose bits ctypes counts from the other end
                leaves.add(offset, 1, "not compared")
            else:
                leaves.add((offset + descriptor.offset) * 8 + (<unsigned long>descriptor.size & 0xffff), width, "bits")
        return 0
    count = 1
    while issubclass(cls, ctypes.Array):
        count *= cls._length_
        cls = cls._type_
    if issubclass(cls, (ctypes.Structure, ctypes.Union)):
        for i in range(min(count, MOST_LEAVES + 1)):
            ctypes_leaves(ctypes, cls, offset + i * ctypes.sizeof(cls), leaves)
    else:
        code = "P" if issubclass(cls, (ctypes._Pointer, ctypes._CFuncPtr)) else cls._type_
        other = getattr(cls, "__ctype_le__" if PY_BIG_ENDIAN else "__ctype_be__", None)
        swapped = "swapped " if other is cls and ctypes.sizeof(cls) > 1 else ""
        leaves.add(offset, ctypes.sizeof(cls), swapped + chr(sort_of_code(code.encode())), count)
    return 0


cdef list ctypes_fields(cls):
    """Return (name, type, descriptor, width of a bit-field or None) of each, those of its bases too."""
    found = []
    for base in reversed(cls.__mro__):
        for name, item, *width in vars(base).get("_fields_", ()):
            found.append((name, item, vars(base)[name], width[0] if width else None))
    return found
