"""What a class of memory extends: classes of memory, and types, which stand for the classes of theirs."""

# Our classes, and the kinds whose memory is of one of them; what extends another comes first.
cdef dict KINDS_OF = {
    Struct: (K_STRUCT, K_UNION),
    Array: (K_ARRAY, K_VECTOR),
    Memory: tuple([kind for kind in range(KIND_COUNT) if is_stored_kind(<type_kind>kind)
                   and not is_aggregate_kind(<type_kind>kind)]),
}


cdef tuple entries_of(Type type):
    """Return what a class statement with a type among its bases extends."""
    if not type.info.complete or not is_stored_kind(type.info.kind) or type.info.is_va_list or (
            type.info.kind == K_OBJECT):
        raise TypeError(f"a class extends a complete type with storage of its own, not {type_name(type)}")
    return (type.memory_class,)


cdef Type type_extended(name, tuple bases, dict namespace):
    """Return the type that is no struct's among what a class statement, or a call of a metaclass, names; or None."""
    cdef Type found = None
    for base in (*bases, *namespace.get("__orig_bases__", ())):
        if not isinstance(base, Type) or (<Type>base).info.kind in (K_STRUCT, K_UNION):
            continue
        if found is not None and found is not base:
            raise TypeError(f"{name}: {type_name(found)} and {type_name(<Type>base)} cannot both be what it is over")
        found = <Type>base
    return found


cdef tuple bases_as_classes(tuple bases):
    """Return the bases, the class of its memory for a type, and Memory or Array only where no other is one."""
    found = []
    for base in bases:
        found += entries_of(<Type>base) if isinstance(base, Type) else (base,)
    classes = [base for base in found if isinstance(base, MemoryClass)]
    return tuple([base for i, base in enumerate(found) if base not in found[:i] and not (
        base in (Memory, Array) and any([other is not base and issubclass(other, base) for other in classes]))])


cdef object root_class(name, tuple bases):
    """Return which of ours a class extends: Struct, Array or Memory."""
    found = [root for root in KINDS_OF
             if any([isinstance(base, MemoryClass) and issubclass(base, root) for base in bases])]
    if not found:
        raise TypeError(f"{name}: a class of memory extends a type, a class of memory, or libffi.Struct")
    if Struct in found and Array in found:
        raise TypeError(f"{name}: a class of memory is a libffi.Struct or a libffi.Array, not both")
    return found[0]


cdef Type common_base(name, tuple bases, Type over):
    """Return the type that a class with those bases begins with, or None; `over`: what type_extended() found."""
    cdef Type found = None, type
    for base in bases:
        type = as_type(base)
        if type is None or not type.info.complete:
            continue
        if type.info.is_va_list:
            raise TypeError(f"{name}: {type_name(type)} is not extended, as Python makes none")
        if found is None or issubclass(base, found.memory_class):
            found = type
        elif not issubclass(found.memory_class, base):
            raise TypeError(f"{name}: {type_name(found)} and {type_name(type)} cannot both be what it begins with")
    if found is None or over is None:
        return found if over is None else over
    if not compatible_structs(&found.info, &over.info):
        raise TypeError(f"{name}: {type_name(found)} and {type_name(over)} cannot both be what it is over")
    return found


cdef Type sequence_like(Type plain):
    """Return a new type that is the same array or vector to C."""
    cdef Type type = derived(plain.info.kind, <Type>plain.item, None)
    type.info.ffi = plain.info.ffi              # its own: its base stays alive for it
    type.refusal = plain.refusal
    type.info.length = plain.info.length
    type.info.size = plain.info.size
    type.info.alignment = plain.info.alignment
    type.info.holds = plain.info.holds
    name_type(type, type_name(plain))
    return type
