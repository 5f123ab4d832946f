"""Structs without size, and members without size: what passing them by value is, or why it is not known."""

cdef set FLOATING = {K_FLOAT, K_DOUBLE, K_LONGDOUBLE, K_EXACT, K_COMPLEX_LONGDOUBLE, K_VECTOR}


cdef object describe_nothing(Type type):
    """Say that it can be passed (libffi/nothing.h), or return the reason why nobody knows how."""
    if EMPTY_ARGUMENT == EMPTY_IS_UNKNOWN:
        return "the platform's rule for structs without size is not known"
    if not type.natural or type.info.alignment > sizeof(void *):    # some compilers make arguments behind it so aligned
        return "it has no size, but an alignment"
    set_elements(type, [])
    return None


cdef bint has_members_without_size(Type type, bint arrays):
    """Are there such members, in members too? `arrays`: of no items."""
    cdef Type member
    if type.info.kind == K_ARRAY:
        return type.info.length == 0 or has_members_without_size(<Type>type.item, arrays)
    if type.info.kind not in (K_STRUCT, K_UNION):
        return False
    for _, member, _, _, _ in type.members:
        if (member.info.size == 0 and not arrays) or has_members_without_size(member, arrays):
            return True
    return False


cdef object refuse_members_without_size(Type type):
    """Say why libffi, which must not see them, would treat the rest in another way; or return None."""
    cdef Type member
    cdef size_t end = 0
    if not has_members_without_size(type, False):
        return None
    for _, kind, _ in leaves_of(type):
        if kind in FLOATING and (EMPTY_MEMBERS_COUNT or has_members_without_size(type, True)):
            return "libffi cannot describe floating-point members beside one without size"
    if type.info.kind == K_STRUCT:
        for _, member, offset, _, _ in type.members:
            if member.info.size:
                end = round_up(end, member.info.alignment)
                if end != <size_t>offset:
                    return "a member without size moves another one, which libffi cannot describe"
                end += member.info.size
        if round_up(end, type.info.alignment) != type.info.size:
            return "a member without size makes it larger, which libffi cannot describe"
    return None
