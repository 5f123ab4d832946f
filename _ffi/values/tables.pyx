"""Structs and arrays as HTML tables, for notebooks: the same that repr() sees (look.pyx)."""


cdef str look_as_table(Memory memory):
    """Return HTML of the members of a struct or union, or the items of an array; None where nothing is seen."""
    return see(memory, table_of_items if memory.m.type.kind in (K_ARRAY, K_VECTOR) else table_of_members)


cdef object table_of_items(Memory memory):
    cdef const type_info *type = memory.m.type
    cdef Py_ssize_t i
    rows = []
    for i in seen_positions(type.length):
        rows.append(("…", "…") if i < 0 else
                    (i, look_at(type.item, memory.m.data + i * <Py_ssize_t>type.item.size, ROOM)))
    return html_table(short_name(memory.type_), ("", "value"), rows)


cdef object table_of_members(Memory memory):
    cdef const type_info *type = memory.m.type
    cdef const field_info *field
    cdef Py_ssize_t i, behind = room_behind(<MemoryObject *>memory)
    rows = []
    for i in range(min(type.nfields, <Py_ssize_t>SEEN_BYTES)):
        field = &type.fields[i]
        rows.append((clipped(<object>field.name, SHORT), short_name(<Type><object>field.type.object),
                     look_at_member(type, i, memory.m.data, ROOM, behind)))
    if type.nfields > SEEN_BYTES:
        rows.append(("…", "", ""))
    return html_table(short_name(memory.type_), ("member", "type", "value"), rows)


cdef str html_table(str caption, heads, rows):
    def cells(kind, row):
        return "".join([f"<{kind}>{html_text(str(cell))}</{kind}>" for cell in row])
    body = "".join([f"<tr>{cells('td', row)}</tr>" for row in rows])
    return f"<table><caption>{html_text(caption)}</caption><tr>{cells('th', heads)}</tr>{body}</table>"


cdef str html_text(str text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
