"""The C side of a value: its address, its type, its size."""


def pointer_to(value, member=None):
    """Return a pointer to memory, or to a member or item of it.

    What C writes `&s`, `&s.x`, `&a[i]` and, of a pointer, `&p->x` and `&p[i]`. It keeps alive what it points into.
    """
    cdef const field_info *field
    cdef Type type
    cdef object made
    if isinstance(value, Pointer):
        type, made = <Type>(<Pointer>value).type_.item, value
    elif isinstance(value, Memory):
        type = (<Memory>value).type_
        made = make_pointer(ptr(type, (<Memory>value).m.readonly), value)
    else:
        raise TypeError(f"pointer_to(): expected memory or a pointer, got {value.__class__.__name__}")
    if member is None:
        return made
    if not isinstance(member, str):
        if type.info.kind in (K_ARRAY, K_VECTOR) and made is not value:
            made = pointer_to_items(<Pointer>made)
        item_address(<Pointer>made, member)     # is it there?
        return made + member
    if member not in type.fields:
        raise TypeError(f"pointer_to(): {type_name(type)} has no member {member!r}")
    field = &type.info.fields[<Py_ssize_t>(<dict>type.info.field_index)[member]]
    if field.bit_width:
        raise TypeError(f"pointer_to(): {type_name(type)}.{member} is a bit-field, which has no address")
    pointed_item(<Pointer>made)
    return pointer_kept(ptr(<object>field.type.object, (<Pointer>made).p.type.is_const),
                        item_address(<Pointer>made, 0) + field.offset, (<Pointer>made).owner, (<Pointer>made).p.life, 1)


cdef Pointer pointer_to_items(Pointer pointer):
    """Return a pointer to an array's items, of one to the array."""
    cdef const type_info *type = pointer.p.type.item
    return pointer_kept(ptr(<object>type.item.object, pointer.p.type.is_const), pointer.p.address, pointer.owner,
                        pointer.p.life, type.length)


def addressof(value, member=None):
    """Return the address of memory, a pointer's target, a closure, a function or a buffer; or of a member of it."""
    cdef Export export
    if member is not None:
        return pointer_to(value, member).address
    if isinstance(value, (Memory, Pointer, Closure, Function)):
        return make_pointer(core_types["pointer"], value).address
    try:
        export = hold_buffer(value)
    except TypeError:
        made = stand_in(&(<Type>core_types["pointer"]).info, value)
        if isinstance(made, (Pointer, Function)):
            return made.address
        raise TypeError(f"addressof(): {type(value).__name__} has no address") from None
    if not PyBuffer_IsContiguous(&export.view, b'C'):
        raise ValueError("addressof(): expected a contiguous buffer")
    return <uintptr_t>export.view.buf


def typeof(value):
    """Return the C type of memory, a pointer or a typed value, or of the memory that a class is the class of."""
    if isinstance(value, Memory):
        return (<Memory>value).type_
    if isinstance(value, Pointer):
        return (<Pointer>value).type_
    if isinstance(value, Value):
        return (<Value>value).type_
    if isinstance(value, MemoryClass) and as_type(value) is not None:
        return as_type(value)
    raise TypeError(f"typeof(): {type(value).__name__} has no C type")


@cython.binding(True)           # its name is to be another
@cython.embedsignature(False)
def sizeof_of(value):
    """Return the size in bytes of a type, or of memory, a pointer or a typed value."""
    cdef Type type_ = as_type(value)
    if type_ is None:
        if not isinstance(value, (Memory, Pointer, Value)):
            raise TypeError(f"sizeof(): {type(value).__name__} has no C type")
        type_ = typeof(value)
    if type_.size is None:
        raise TypeError(f"sizeof(): {type_} is incomplete")
    return type_.size


sizeof_of.__name__ = sizeof_of.__qualname__ = "sizeof"
