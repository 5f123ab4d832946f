"""Byte order: c.big(T) and c.little(T), and what a struct of an order makes of its members."""

cdef str BYTE_ORDER = "big" if PY_BIG_ENDIAN else "little"
cdef str OTHER_ORDER = "little" if PY_BIG_ENDIAN else "big"


def big(item):
    """Return the type of a number in big-endian (network) byte order, in memory."""
    return in_order(need_type("c.big()", item), "c.big()", PY_BIG_ENDIAN)


def little(item):
    """Return the type of a number in little-endian byte order, in memory."""
    return in_order(need_type("c.little()", item), "c.little()", not PY_BIG_ENDIAN)


cdef Type in_order(Type type, what, bint native):
    """Return the type whose numbers are in the machine's order, or in the other one."""
    if type.info.kind == K_SWAPPED:
        return <Type>type.item if native else type
    if type.info.kind == K_ARRAY:
        return array(in_order(<Type>type.item, what, native), type.info.length)
    if plain_type(&type.info).kind in (K_LONGDOUBLE, K_EXACT, K_COMPLEX_LONGDOUBLE):
        raise BadTypedef(f"{what}: {type_name(type)} is not the same on other machines")
    if not is_number_kind(type.info.kind) and type.info.kind != K_ENUM:
        hint = ("; a struct's is given with its members: _byteorder_" if type.info.kind in (K_STRUCT, K_UNION) else
                "; a class of another byte order is one over c.big(T) or c.little(T)" if type.info.kind == K_INSTANCE
                else "")
        raise BadTypedef(f"{what}: {type_name(type)} is no number{hint}")
    if native or type.info.size == 1:
        return type
    return made_once((K_SWAPPED, id(type)), make_swapped, (type,))


cdef object make_swapped(tuple parts):
    cdef Type scalar = parts[0], result = derived(K_SWAPPED, scalar, (little if PY_BIG_ENDIAN else big, parts))
    result.info.size = scalar.info.size
    result.info.alignment = scalar.info.alignment
    result.refusal = "only in memory has a number another byte order than the machine's"
    name_type(result, f"{OTHER_ORDER}-endian {type_name(scalar)}")
    return result


cdef bint order_is_native(Type owner, order) except -1:
    """Return whether an order that a struct was given, None for none, is the machine's."""
    if order is None or (isinstance(order, str) and order == BYTE_ORDER):
        return True
    if isinstance(order, str) and order == OTHER_ORDER:
        return False
    raise ValueError(f"{type_name(owner)}: _byteorder_ must be 'big' or 'little', got {order!r}")


cdef Type member_in_order(Type owner, name, Type type):
    """Return the member's type in a struct of the other order: as gcc's scalar_storage_order has it.

    Arrays go with their items. Pointers, vectors, and structs, which have an order of their own, stay as they
    are; a bit-field's order is its struct's.
    """
    cdef Type item = type
    while item.info.kind == K_ARRAY:
        item = <Type>item.item
    if is_number_kind(item.info.kind) or item.info.kind == K_ENUM or (
            item.info.kind == K_INSTANCE and is_number_kind(plain_type(&item.info).kind)
            and plain_type(&item.info).kind != K_SWAPPED):
        return in_order(type, f"{type_name(owner)}.{name}", False)
    return type
