"""Looking: what repr() and == see of C storage. An address that is stored there is a number, never followed.

A debugger, a log or a failing assertion looks at anything: a union's other members, a struct that C
has not filled in yet, storage that is gone. So nothing here raises, and texts stay short.
"""

cdef enum:
    ALL_ITEMS = 24          # a longer array shows its ends
    END_ITEMS = 3
    AROUND = 6              # brackets and what says that there is more
    SEEN_BYTES = 64


cdef str short_name(Type type):
    return clipped(type_name(type), 2 * SHORT)


cdef str short_repr(value):
    """Return the repr of a value that Python made, or that may have a repr of its own."""
    try:
        if isinstance(value, (str, bytes)) and len(value) > SHORT:
            return f"{value[:SHORT]!r}…"
        return clipped(repr(value), 2 * SHORT)
    except Exception:
        return f"<{clipped(type(value).__name__, SHORT)}>"


cdef bint can_be_seen(Memory memory):
    """Return whether the storage is known to be there; the caller has pinned it."""
    return memory.m.life == &memory.m.own or is_readable(memory.m.data, memory.m.size)


cdef str look(Memory memory):
    """Return the repr of memory."""
    cdef const type_info *type = memory.m.type
    if not lifetime_pin(memory.m.life):
        return f"<closed {short_name(memory.type_)} memory>"
    try:
        if not can_be_seen(memory):
            return f"<{short_name(memory.type_)} memory at {<uintptr_t>memory.m.data:#x}, which cannot be read>"
        seen = look_at(type, memory.m.data, ROOM)
        return seen if type.kind in (K_STRUCT, K_UNION) else f"<{short_name(memory.type_)} memory: {seen}>"
    finally:
        lifetime_unpin(memory.m.life)


cdef str look_at(const type_info *type, char *where, Py_ssize_t room):
    if is_pointer_kind(type.kind):
        address = <uintptr_t>read_address(where)
        return f"{address:#x}" if address else "NULL"
    if type.kind == K_STRUCT or type.kind == K_UNION:
        return look_at_members(type, where, room)
    if type.kind in (K_ARRAY, K_VECTOR):
        if type.item.kind == K_CHAR:
            return look_at_characters(where, type.size)
        if type.item.kind in (K_CHAR16, K_CHAR32):
            return look_at_wide_characters(type, where)
        return look_at_items(type, where, room)
    return short_repr(scalar_seen(type, where))


cdef str look_at_members(const type_info *type, char *where, Py_ssize_t room):
    cdef const field_info *field
    cdef Py_ssize_t i
    cdef Type python_type = <Type><object>type.object
    name = clipped(type_name(python_type).partition(" ")[2] or python_type.kind, 2 * SHORT)
    room -= len(name) + AROUND
    parts = []
    for i in range(type.nfields):
        field = &type.fields[i]
        start = f"{clipped(<object>field.name, SHORT)}="
        room -= len(start) + 2
        if room <= 0:
            parts.append("…")
            break
        seen = short_repr(bits_seen(field, where)) if field.bit_width else \
            look_at(field.type, where + field.offset, room)
        room -= len(seen)
        parts.append(start + seen)
    return f"{name}({', '.join(parts)})"


cdef str look_at_items(const type_info *type, char *where, Py_ssize_t room):
    cdef Py_ssize_t i, n = type.length
    room -= AROUND
    positions = range(n) if n <= ALL_ITEMS else [*range(END_ITEMS), -1, *range(n - END_ITEMS, n)]
    parts = []
    for i in positions:
        if i < 0:
            parts.append("…")
            continue
        room -= 2
        if room <= 0:
            parts.append("…")
            break
        seen = look_at(type.item, where + i * <Py_ssize_t>type.item.size, room)
        room -= len(seen)
        parts.append(seen)
    return f"[{', '.join(parts)}]"


cdef str look_at_characters(char *where, Py_ssize_t size):
    cdef Py_ssize_t seen = min(size, <Py_ssize_t>SEEN_BYTES)
    text = where[:seen]
    if b"\0" in text:
        return repr(text.split(b"\0", 1)[0])
    return f"{text!r}…" if seen < size else repr(text)


cdef str look_at_wide_characters(const type_info *type, char *where):
    cdef Py_ssize_t seen = min(type.length, <Py_ssize_t>SEEN_BYTES)
    text = wide_text(where, type.item.size, seen, "backslashreplace")
    return f"{text!r}…" if seen < type.length and len(text) >= seen else repr(text)


cdef object scalar_seen(const type_info *type, char *where):
    """Return a number, a character or an enum's member; what is none of them is an int."""
    cdef uint32_t code
    cdef uint16_t unit
    if type.kind == K_ENUM:
        return known_member(type, load_value(type.item, where, NULL))
    if type.kind == K_CHAR16:
        memcpy(&unit, where, sizeof(unit))
        return chr(unit)
    if type.kind == K_CHAR32:
        memcpy(&code, where, sizeof(code))
        return chr(code) if code <= 0x10FFFF else code
    return load_value(type, where, NULL)


cdef object bits_seen(const field_info *field, const char *base):
    number = load_bits_number(field, base)
    return known_member(field.type.item, number) if field.type.item.kind == K_ENUM else number


cdef object known_member(const type_info *type, number):
    """Return the member for a number, without asking the class, which may run code of its own."""
    member = dict_get(<dict>type.enum_members, number)
    return number if member is None else member


# ---- comparing ----

cdef bint same_stored(const type_info *type, char *one, char *other) except -1:
    """Return whether the same is stored: numbers by value, addresses as addresses."""
    cdef Py_ssize_t i
    if type.kind == K_ENUM:
        return same_stored(type.item, one, other)
    if type.kind == K_STRUCT:
        return same_members(type, one, other)
    if type.kind == K_UNION:            # whichever member it is
        return memcmp(one, other, type.size) == 0 or same_members(type, one, other)
    if type.kind in (K_ARRAY, K_VECTOR):
        if compares_bytewise(type.item.kind):
            return memcmp(one, other, type.length * type.item.size) == 0
        for i in range(type.length):
            if not same_stored(type.item, one + i * <Py_ssize_t>type.item.size,
                               other + i * <Py_ssize_t>type.item.size):
                return False
        return True
    if compares_bytewise(type.kind):
        return memcmp(one, other, type.size) == 0
    return load_value(type, one, NULL) == load_value(type, other, NULL)


cdef bint compares_bytewise(type_kind kind):
    return (is_integral_kind(kind) and kind != K_BOOL) or is_pointer_kind(kind)


cdef bint same_members(const type_info *type, char *one, char *other) except -1:
    cdef const field_info *field
    cdef Py_ssize_t i
    for i in range(type.nfields):
        field = &type.fields[i]
        if field.bit_width:
            same = load_bits_number(field, one) == load_bits_number(field, other)
        else:
            same = same_stored(field.type, one + field.offset, other + field.offset)
        if not same:
            return False
    return True


cdef object same_memory(Memory one, Memory other):
    """Compare two of one type; what cannot be looked at is not equal."""
    if not lifetime_pin(one.m.life):
        return False
    if not lifetime_pin(other.m.life):
        lifetime_unpin(one.m.life)
        return False
    try:
        return can_be_seen(one) and can_be_seen(other) and same_stored(one.m.type, one.m.data, other.m.data)
    finally:
        lifetime_unpin(one.m.life)
        lifetime_unpin(other.m.life)


cdef object value_seen(const type_info *type, char *where, Memory root):
    """Return what a Python value is compared with: a pointer for a text or a function."""
    if type.kind in (K_STRING, K_BYTES, K_WSTRING):
        return new_pointer(&(<Type>ptr(<object>type.item.object, True)).info, read_address(where), NULL, &forever, -1)
    if type.kind == K_FUNCTION:
        return new_pointer(&(<Type>core_types["pointer"]).info, read_address(where), NULL, &forever, -1)
    if type.kind == K_ENUM or type.kind in (K_CHAR16, K_CHAR32):
        return scalar_seen(type, where)
    return load_value(type, where, <MemoryObject *>root)


cdef list items_seen(Memory memory):
    """Return the items of an array, or the members of a struct, to compare; None: they cannot be looked at."""
    cdef const type_info *type = memory.m.type
    cdef const field_info *field
    cdef Py_ssize_t i
    if not lifetime_pin(memory.m.life):
        return None
    try:
        if not can_be_seen(memory):
            return None
        if type.kind in (K_ARRAY, K_VECTOR):
            return [value_seen(type.item, memory.m.data + i * <Py_ssize_t>type.item.size, memory)
                    for i in range(type.length)]
        seen = []
        for i in range(type.nfields):
            field = &type.fields[i]
            seen.append(bits_seen(field, memory.m.data) if field.bit_width
                        else value_seen(field.type, memory.m.data + field.offset, memory))
        return seen
    finally:
        lifetime_unpin(memory.m.life)
