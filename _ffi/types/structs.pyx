"""Structs and unions: their constructors, and how members make one complete."""


def struct(name, members=(), /, *, _pack_=0, _align_=0, _layout_=None, _byteorder_=None, **fields):
    """Return a struct type.

    `c.struct("point", x=c.double, y=c.double)`, or with (name, Type) pairs as the
    second argument; a member named None is anonymous, and a third item is the
    member's own alignment. Without members the struct is incomplete until
    `define()`. Or decorate a class whose annotations are the fields. `_pack_`
    limits the members' alignment, `_align_` raises the struct's; `_layout_="ms"`
    places bit-fields as Microsoft's compiler does, `_byteorder_` is that of the
    numbers: "big" or "little".
    """
    return make_struct(struct, False, name, members, fields, (_pack_, _align_, _layout_, _byteorder_))


def union(name, members=(), /, *, _pack_=0, _align_=0, _layout_=None, _byteorder_=None, **fields):
    """Return a union type; written like `struct`."""
    return make_struct(union, True, name, members, fields, (_pack_, _align_, _layout_, _byteorder_))


# How members are laid out, checked: (_pack_, _align_, _layout_, _byteorder_), nothing where nothing is said.
cdef tuple NO_OPTIONS = (0, 0, None, None)


cdef tuple OPTION_NAMES = ("_pack_", "_align_", "_layout_", "_byteorder_")


cdef tuple check_options(Type owner, tuple options):
    pack, align, layout, order = options
    if layout is not None and layout not in ("gcc", "ms"):
        raise ValueError(f"{type_name(owner)}: _layout_ must be 'gcc' or 'ms', got {layout!r}")
    if layout is not None and (layout == "ms") == MS_LAYOUT:
        layout = None               # the system's own
    return (alignment_of(owner, "_pack_", pack), alignment_of(owner, "_align_", align),
            layout, None if order_is_native(owner, order) else OTHER_ORDER)


cdef bint by_ms_rules(layout):
    """Return whether members lie as Microsoft's compiler puts them; None is the system's own layout."""
    return MS_LAYOUT if layout is None else layout == "ms"


cdef object make_struct(function, bint is_union, name, members, dict fields, tuple options):
    cdef Type result
    if isinstance(name, type):
        return struct_of_class(is_union, name)
    if not isinstance(name, str):
        raise TypeError(f"c.{function.__name__}() argument 1: expected a str name or a class, "
                        f"got {type(name).__name__}")
    name = PyUnicode_FromObject(name)   # the table of types must not run a subclass's code
    result = new_type(K_UNION if is_union else K_STRUCT)
    result.info.complete = False
    name_type(result, f"{result.kind} {name}".rstrip())
    if not isinstance(members, (tuple, list)):
        raise TypeError(f"{type_name(result)}: members are (name, Type) pairs, "
                        f"got {type(members).__name__}")
    if not members and not fields:
        if options != NO_OPTIONS:
            raise TypeError(f"{type_name(result)}: _pack_, _align_, _layout_ and _byteorder_ come with the members")
        result.rebuild = (function, (name,))
        return result
    options = check_options(result, options)
    checked = check_members(result, members, fields, options)
    key = (K_UNION if is_union else K_STRUCT, name,
           tuple([(member, id(item), own) for member, item, own in checked]), options)
    return made_once(key, complete_new_struct, (result, checked, options, function, name))


cdef object complete_new_struct(tuple parts):
    cdef Type result
    result, checked, options, function, name = parts
    complete_struct(result, checked, options)
    result.rebuild = (_rebuild_struct, (function, name, tuple(checked), *options))
    return result


cdef int define_struct(Type type, members, dict fields, tuple options) except -1:
    options = check_options(type, options)
    checked = check_members(type, members, fields, options)
    complete_struct(type, checked, options)
    type.state = (tuple(checked), *options)
    return 0


cdef tuple definition_of(Type type):
    """Return what a complete struct or union was defined by: members, and the options."""
    return type.state if type.state is not None else type.rebuild[1][2:]


def _rebuild_struct(function, name, members, pack, align, layout=None, byteorder=None):
    """Make a struct or union again (for pickle)."""
    return function(name, members, _pack_=pack, _align_=align, _layout_=layout, _byteorder_=byteorder)


cdef tuple check_member(Type owner, what, pair, tuple options):
    cdef Type type
    try:
        if not isinstance(pair, (tuple, list)):     # a pointer of ctypes' goes on behind what is there
            raise TypeError
        name, item, *rest = (<tuple>pair)[:] if isinstance(pair, tuple) else (<list>pair)[:]
        own = alignment_of(owner, f"the alignment of {name!r} (bit-fields: c.bits(T, n))", rest[0]) if rest else 0
        if len(rest) > 1:
            raise TypeError
    except TypeError:
        raise TypeError(f"{what}: members are (name, Type) pairs, got {pair!r}") from None
    if name is not None and not (isinstance(name, str) and name):
        raise TypeError(f"{what}: a member's name is a str or None, got {name!r}")
    type = as_type(item)
    if type is None:
        raise TypeError(f"{what}.{name}: expected a libffi.Type, got {item.__class__.__name__}")
    if type is owner:
        raise BadTypedef(f"{what}.{name}: a {owner.kind} cannot contain itself")
    if (not type.info.complete or type.info.kind == K_VOID or is_parameter_kind(type.info.kind)
            or type.info.is_va_list):
        raise BadTypedef(f"{what}.{name}: {type_name(type)} cannot be a member")
    if name is None and type.info.kind not in (K_STRUCT, K_UNION, K_BITS):
        raise BadTypedef(f"{what}: only structs, unions and bit-fields can be anonymous")
    if type.info.kind == K_BITS and type.info.length == 0 and name is not None:
        raise BadTypedef(f"{what}.{name}: a named bit-field has at least 1 bit")
    if type.info.kind == K_BITS and type.info.alignment == 0 and by_ms_rules(options[2]):
        raise BadTypedef(f"{what}.{name}: Microsoft's compiler packs no bit-field by itself")
    if options[3] is not None:
        type = member_in_order(owner, name, type)
    return name if name is None else _sys.intern(name), type, own


cdef list check_members(Type owner, members, dict fields, tuple options):
    """Return members as (name, Type, alignment), 0 for the type's own, or raise what is wrong with them."""
    what = type_name(owner)
    checked = []
    need_stack(0)
    for pair in list(members) if type(members) is list else members:    # which an alignment's code may change
        checked.append(check_member(owner, what, pair, options))
    for named in fields.items():        # no iterator: making one without memory crashes CPython 3.11
        checked.append(check_member(owner, what, named, options))
    names = [name for name, _, _ in checked if name is not None]
    if len(set(names)) != len(names):
        raise BadTypedef(f"{what}: two members have the same name")
    return checked


cdef object alignment_of(Type owner, option, value):
    if isinstance(value, int):
        value = int(value)          # as it is now: a subclass may say something else each time
        if 0 <= value <= 1 << 15 and not value & (value - 1):
            return value
    raise ValueError(f"{type_name(owner)}: {option} must be a power of two up to {1 << 15}, got {value!r}")


cdef list visible_members(_Layout layout, bint from_the_top):
    """Return what is a field, members of anonymous ones too.

    (name, Type, offset, bit offset, bit width, whether the first bit is the highest) of each.
    """
    cdef const field_info *field
    cdef Type member
    cdef Py_ssize_t i
    visible = []
    for name, member, offset, bit, width in layout.fields:
        if name is not None:
            visible.append((name, member, offset, bit, width, from_the_top))
        elif member.info.kind != K_BITS:
            for i in range(member.info.nfields):
                field = &member.info.fields[i]
                visible.append((<object>field.name, <Type><object>field.type.object,
                                offset + field.offset, field.bit_offset, field.bit_width, field.from_the_top))
    return visible


cdef dict make_fields(Type type, list visible):
    """Write down the fields for C; return their descriptors by what they are called in the class."""
    cdef field_info *field = <field_info *>PyMem_Calloc(len(visible) + 1, sizeof(field_info))
    cdef Type member
    if field == NULL:
        raise MemoryError
    PyMem_Free(type.info.fields)            # of a definition that failed
    type.info.fields = field
    descriptors = {}
    for i, (name, member, offset, bit, width, from_the_top) in enumerate(visible):
        field[i].name = field[i].attribute = <PyObject *>name
        field[i].type = &member.info
        field[i].offset = offset
        field[i].bit_offset = bit
        field[i].bit_width = width
        field[i].from_the_top = from_the_top
        descriptors[name_in_class(name)] = make_field(type, i)
    return descriptors


cdef bint extends(Type type, Type other):
    """Return whether a class of the one's memory extends one of the other's."""
    while type.base is not None:
        type = type.base
        if type is other:
            return True
    return False


cdef bint is_padded(Type type, list visible, size_t size) except -1:
    """Are there bytes between the members of a struct, or behind them? Where there are bit-fields, none are known."""
    cdef Type member
    cdef bint inside = False
    if type.info.kind != K_STRUCT:
        return False
    for _, member, *_ in visible:
        if member.info.kind == K_BITS:
            return False
        inside |= member.info.padded
        size -= member.info.size
    return inside or size != 0


cdef bint ends_flexibly(Type type, list visible) except -1:
    """Is a struct's last member a flexible array, one of no length?"""
    cdef Type last
    if type.info.kind != K_STRUCT or not visible:
        return False
    last = visible[-1][1]
    return last.info.kind == K_ARRAY and last.info.length == 0 and last.info.item.size != 0


cdef int complete_struct(Type type, list members, tuple options) except -1:
    """Lay the members out and make the class of the struct's memory."""
    cdef _Layout layout
    cdef Type member
    cdef addresses_held holds = NO_ADDRESSES
    for _, member, _ in members:
        deepen(type, member)
        if member.info.holds > holds:
            holds = member.info.holds
    pack, align, rules, order = options
    if not by_ms_rules(rules):
        layout = lay_out(members, pack, align, type.info.kind == K_UNION)
    else:
        layout = lay_out_ms(members, pack, align, type.info.kind == K_UNION)
    if layout.size >= MAX_TYPE_SIZE:
        raise BadTypedef(f"{type_name(type)}: {layout.size} bytes are too many")
    visible = visible_members(layout, PY_BIG_ENDIAN == (order is None))
    index = {entry[0]: i for i, entry in enumerate(visible)}
    if len(index) != len(visible):
        raise BadTypedef(f"{type_name(type)}: two members have the same name")
    fields = MappingProxyType({entry[0]: entry[1] for entry in visible})
    offsets = MappingProxyType({entry[0]: entry[2] for entry in visible})
    descriptors = make_fields(type, visible)
    promoted = any([name is None and (<Type>one).info.kind != K_BITS and not extends(type, one)
                    for name, one, *_ in layout.fields])
    by_position = type.info.kind == K_STRUCT and not promoted and (
        type.base is None or (<Type>type.base).info.by_position)
    names = tuple(index) if by_position else None
    padded = is_padded(type, visible, layout.size)
    laid_out = tuple(layout.fields)         # which the collector never empties
    if type.info.users_class:
        memory_class = type.memory_class
        give_fields(type, descriptors, names)
    else:
        memory_class = class_of_struct(type, type_name(type).partition(" ")[2], descriptors, names)
    check_class_layout(memory_class)
    # From here on nothing fails: what others may read already is set once.
    type.members = laid_out
    type.fields = fields
    type.offsets = offsets
    type.memory_class = memory_class
    type.natural = layout.natural
    type.swapped = order is not None
    type.info.nfields = len(visible)
    Py_INCREF(index)
    hide(index)                 # C trusts it
    type.info.field_index = <PyObject *>index
    type.info.by_position = by_position
    type.info.holds = holds
    type.info.leads_to_users = type.info.users_class or any([(<Type>entry[1]).info.leads_to_users for entry in members])
    type.info.flexible = ends_flexibly(type, visible)
    if type.info.flexible:
        type.info.flexible_at = visible[-1][2]
    type.info.size = layout.size
    type.info.alignment = layout.alignment
    type.info.padded = padded
    type.info.memory_class = <PyObject *>memory_class
    own_instances(<PyTypeObject *>type.info.memory_class)
    type.info.complete = True
    return 0
