"""Looking: what repr() sees of C storage, and == (same.pyx). An address stored there is a number, never followed.

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


cdef bint can_be_seen(Memory memory):
    """Return whether the storage is known to be there; the caller has pinned it."""
    return has_storage(memory) or is_readable(memory.m.data, memory.m.size)


cdef str look(Memory memory):
    """Return the repr of memory."""
    cdef const type_info *type = memory.m.type
    if not lifetime_pin(memory.m.life):
        return f"<closed {short_name(memory.type_)} memory>"
    try:
        if not can_be_seen(memory):
            return f"<{short_name(memory.type_)} memory at {<uintptr_t>memory.m.data:#x}, which cannot be read>"
        seen = look_at(type, memory.m.data, ROOM, room_behind(<MemoryObject *>memory))
        if type.kind in (K_STRUCT, K_UNION):
            return seen
        if type.users_class:
            return f"{name_of_class(type)}({seen})"
        return f"<{short_name(memory.type_)} memory: {seen}>"
    finally:
        lifetime_unpin(memory.m.life)


cdef str look_at(const type_info *type, char *where, Py_ssize_t room, Py_ssize_t behind=0):
    if type.kind == K_INSTANCE:
        return look_at(type.item, where, room)
    if is_address_kind(type.kind):
        address = <uintptr_t>read_address(where)
        return f"{address:#x}" if address else "NULL"
    if type.kind == K_STRUCT or type.kind == K_UNION:
        return look_at_members(type, where, room, behind)
    if type.kind in (K_ARRAY, K_VECTOR):
        if type.item.kind == K_CHAR:
            return look_at_characters(where, type.size)
        if type.item.kind in (K_CHAR16, K_CHAR32):
            return look_at_wide_characters(type, where)
        return look_at_items(type, where, room)
    return short_repr(scalar_seen(type, where))


cdef str name_of_class(const type_info *type):
    return clipped((<PyTypeObject *>type.memory_class).tp_name.decode(), 2 * SHORT)


cdef str look_at_members(const type_info *type, char *where, Py_ssize_t room, Py_ssize_t behind):
    """`behind`: how many items there are in its flexible array."""
    cdef const field_info *field
    cdef Type last
    cdef Py_ssize_t i
    name = name_of_class(type)
    room -= len(name) + AROUND
    parts = []
    for i in range(type.nfields):
        field = &type.fields[i]
        start = f"{clipped(<object>field.name, SHORT)}="
        room -= len(start) + 2
        if room <= 0:
            parts.append("…")
            break
        if field.bit_width:
            seen = short_repr(bits_seen(field, where))
        elif behind and i == type.nfields - 1:
            last = array(<object>field.type.item.object, behind)
            seen = look_at(&last.info, where + field.offset, room)
        else:
            seen = look_at(field.type, where + field.offset, room)
        room -= len(seen)
        parts.append(start + seen)
    return f"{name}({', '.join(parts)})"


cdef str look_at_items(const type_info *type, char *where, Py_ssize_t room):
    cdef Py_ssize_t i, n = type.length
    room -= AROUND
    parts = []
    for i in seen_positions(n):
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


cdef object seen_positions(Py_ssize_t n):
    """Return the positions of items that are shown; -1: there are more."""
    return range(n) if n <= ALL_ITEMS else [*range(END_ITEMS), -1, *range(n - END_ITEMS, n)]


cdef str look_as_table(Memory memory):
    """Return HTML of the members of a struct or union, or the items of an array; None where nothing is seen."""
    cdef const type_info *type = memory.m.type
    cdef const field_info *field
    cdef Py_ssize_t i
    if not lifetime_pin(memory.m.life):
        return None
    try:
        if not can_be_seen(memory):
            return None
        rows = []
        if type.kind in (K_ARRAY, K_VECTOR):
            for i in seen_positions(type.length):
                rows.append(("…", "…") if i < 0 else
                            (i, look_at(type.item, memory.m.data + i * <Py_ssize_t>type.item.size, ROOM)))
            return html_table(short_name(memory.type_), ("", "value"), rows)
        for i in range(min(type.nfields, <Py_ssize_t>SEEN_BYTES)):
            field = &type.fields[i]
            seen = short_repr(bits_seen(field, memory.m.data)) if field.bit_width else \
                look_at(field.type, memory.m.data + field.offset, ROOM)
            rows.append((clipped(<object>field.name, SHORT), short_name(<Type><object>field.type.object), seen))
        if type.nfields > SEEN_BYTES:
            rows.append(("…", "", ""))
        return html_table(short_name(memory.type_), ("member", "type", "value"), rows)
    finally:
        lifetime_unpin(memory.m.life)


cdef str html_table(str caption, heads, rows):
    def cells(kind, row):
        return "".join([f"<{kind}>{html_text(str(cell))}</{kind}>" for cell in row])
    body = "".join([f"<tr>{cells('td', row)}</tr>" for row in rows])
    return f"<table><caption>{html_text(caption)}</caption><tr>{cells('th', heads)}</tr>{body}</table>"


cdef str html_text(str text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
    cdef char native[MAX_SCALAR]
    if type.kind == K_SWAPPED:
        copy_swapped(type.item, native, where)
        return scalar_seen(type.item, native)
    if type.kind == K_WRAPPED or type.kind == K_INSTANCE:
        return scalar_seen(type.item, where)
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
