"""Struct: memory whose fields are attributes."""


@cython.no_gc_clear
cdef class Struct(Memory):
    """Hold C storage for a struct or union; its fields are attributes."""

    @cython.embedsignature(False)
    def __init__(self, *args, **fields):
        """Store the fields given: by position, by name, or the whole as one value."""
        if args or fields:
            struct_fill(<MemoryObject *>self, args + tuple(fields.values()), len(args), tuple(fields))

    def __iter__(self):
        if not self.m.type.by_position:
            raise TypeError(f"the fields of {type_name(self.type_)} have no order")
        return iter([load_named(self, i) for i in range(self.m.type.nfields)])

    def __replace__(self, /, **changes):
        """Return a copy with other values in some fields."""
        copy = copy_of(self, None)
        if changes:
            struct_fill(<MemoryObject *>copy, tuple(changes.values()), 0, tuple(changes))
        return copy

    def _repr_html_(self):
        """Return a table of the members, for notebooks."""
        return look_as_table(self)

    def __eq__(self, other):
        if self is other:
            return True
        if isinstance(other, Struct):
            if not same_to_c((<Struct>other).m.type, self.m.type):
                return NotImplemented
            return same_memory(self, <Struct>other)
        need_stack(0)               # for what is compared, here or by Python, with NotImplemented
        if isinstance(other, tuple) and self.m.type.by_position:
            seen = items_seen(self)
            return seen is not None and seen == list(other)
        return NotImplemented

    __hash__ = None


@cython.final
@cython.no_gc_clear
cdef class Field:
    """Read and write one field of a struct's memory (a descriptor)."""
    cdef const type_info *struct_
    cdef Py_ssize_t position        # among its fields
    cdef str name
    _made_by = "c.struct() and c.union()"
    cdef object owner               # the struct's Type

    def __get__(self, instance, owner):
        cdef char *data
        if instance is None:            # of its class: the type's attributes have no other name there
            return getattr(as_type(owner) or self.owner, self.name) if self.name in TYPE_ATTRIBUTES else self
        data = memory_data(field_memory(self, instance))
        return load_field(field_of(self), data, <MemoryObject *>instance)

    def __set__(self, instance, value):
        cdef MemoryObject *memory = field_memory(self, instance)
        cdef char *data = memory_writable(memory)
        cdef keeper k = memory_keeper(memory)
        cdef lifetime *life = memory.m.life
        pin_or_raise(life)      # a conversion may run code that closes the memory
        try:
            with cython.critical_section(<object>k.memory):
                store_field(self.struct_, field_of(self), data, value, &k)
        finally:
            lifetime_unpin(life)

    def __reduce__(self):       # cloudpickle comes here with a class that it cannot send by its name
        return field_as_sent(self)

    def __repr__(self):
        return f"<field {clipped(self.name, SHORT)} of {clipped(<object>self.struct_.name, 2 * SHORT)}>"


cdef Field make_field(Type type, Py_ssize_t i):
    cdef Field field = Field.__new__(Field)
    field.position = i
    field.name = <object>type.info.fields[i].name
    field.struct_ = &type.info
    field.owner = type
    return field


cdef const field_info *field_of(Field field) except NULL:
    """Return what C knows of it; one that a definition left behind which failed is none."""
    if field.position >= field.struct_.nfields or \
            <str><object>field.struct_.fields[field.position].name is not field.name:
        raise TypeError(f"{<object>field.struct_.name} has no field {field.name}")
    return &field.struct_.fields[field.position]


cdef MemoryObject *field_memory(Field field, instance) except NULL:
    cdef const type_info *type = (<Memory>instance).m.type if isinstance(instance, Memory) else NULL
    while type != NULL:
        if type == field.struct_:
            return <MemoryObject *>instance
        type = type.base                # which it begins with
    raise TypeError(f"expected {<object>field.struct_.name} memory, got {builtins_type(instance).__name__}")


cdef object load_named(Memory memory, Py_ssize_t i):
    return load_field(&memory.m.type.fields[i], memory_data(<MemoryObject *>memory),
                      <MemoryObject *>memory)
