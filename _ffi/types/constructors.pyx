"""The constructors of libffi.c but those of structs and unions."""


cdef Type need_type(what, item):
    cdef Type found = as_type(item)
    if found is None:
        raise TypeError(f"{what}: expected a libffi.Type, got {type(item).__name__}")
    return found


cdef Type derived(type_kind kind, Type item, rebuild):
    cdef Type result = new_type(kind)
    deepen(result, item)
    result.item = item
    result.info.item = &item.info
    result.info.leads_to_users = item.info.leads_to_users
    result.rebuild = rebuild
    return result


cdef int as_address(Type result) except -1:
    result.info.ffi = &ffi_type_pointer
    result.info.size = sizeof(void *)
    result.info.alignment = ffi_type_pointer.alignment
    return 0


def ptr(item, object const=False):
    """Return the type of a pointer to `item`; `const` ones also take read-only buffers."""
    cdef Type target = need_type("c.ptr()", item), result
    if target.info.kind == K_BITS or is_parameter_kind(target.info.kind):
        raise BadTypedef(f"c.ptr(): there is no pointer to {type_name(target)}")
    if target.info.kind == K_VOID and not const:
        return core_types["pointer"]
    with cython.critical_section(target):
        known = target.const_pointer_to if const else target.pointer_to
        if known is not None:
            return known
        result = derived(K_PTR, target, (ptr, (target, bool(const))))
        result.info.is_const = bool(const)
        as_address(result)
        name_as_spelled(result)
        known = target.const_pointer_to if const else target.pointer_to
        if known is not None:       # the section was left while something above waited
            return known
        if const:
            target.const_pointer_to = result
        else:
            target.pointer_to = result
        return result


cdef Py_ssize_t count_of(what, length, Py_ssize_t least) except -1:
    cdef Py_ssize_t count
    try:
        count = as_size(length)
    except TypeError:
        raise TypeError(f"{what}: expected an int length, got {type(length).__name__}") from None
    except OverflowError:
        raise ValueError(f"{what}: length {length} is out of range") from None
    if not least <= count < MAX_TYPE_SIZE:
        raise ValueError(f"{what}: length {count} is out of range")
    return count


def array(item, length):
    """Return the type of `length` contiguous items; length 0 only ends a struct."""
    cdef Type element = need_type("c.array()", item)
    cdef Py_ssize_t count = count_of("c.array()", length, 0)
    if not element.info.complete or not is_stored_kind(element.info.kind) or element.info.is_va_list:
        raise BadTypedef(f"c.array(): {type_name(element)} cannot be an element")
    if element.info.size and count > PY_SSIZE_T_MAX // 2 // <Py_ssize_t>element.info.size:
        raise ValueError(f"c.array(): length {count} is out of range")
    return made_once((K_ARRAY, id(element), count), make_array, (element, count))


cdef object make_array(tuple parts):
    cdef Type element = parts[0], result = derived_sequence(K_ARRAY, parts, array)
    result.info.holds = element.info.holds
    result.info.padded = element.info.padded
    result.info.size = result.info.length * element.info.size
    result.info.alignment = element.info.alignment
    result.refusal = "arrays are passed by pointer (c.ptr) or inside a struct"
    name_as_spelled(result)
    return result


cdef Type derived_sequence(type_kind kind, tuple parts, function):
    """Make the type of so many items, without its size yet."""
    cdef Type result = derived(kind, parts[0], (function, parts))
    result.info.length = parts[1]
    result.memory_class = Array
    result.info.memory_class = <PyObject *>Array
    return result


def vector(item, lanes):
    """Return the type of a SIMD vector, as gcc's vector_size makes it (libffi 3.8 or newer)."""
    cdef Type element = need_type("c.vector()", item)
    cdef Py_ssize_t count = count_of("c.vector()", lanes, 1)
    if count > 64 or not (is_int_kind(element.info.kind) or element.info.kind in (K_FLOAT, K_DOUBLE)):
        raise BadTypedef(f"c.vector(): {count} lanes of {type_name(element)} are no vector")
    return made_once((K_VECTOR, id(element), count), make_vector, (element, count))


cdef object make_vector(tuple parts):
    cdef Type element = parts[0], result = derived_sequence(K_VECTOR, parts, vector)
    cdef Py_ssize_t count = result.info.length
    result.info.size = 1 << (int(count * <Py_ssize_t>element.info.size) - 1).bit_length()
    result.info.alignment = min(<size_t>result.info.size, <size_t>MOST_VECTOR_ALIGNMENT)
    describe_vector(result, element)
    name_type(result, f"{type_name(element)} __attribute__((vector_size({result.info.size})))")
    return result


def bits(base, width, packed=False):
    """Return the type of a bit-field member of `width` bits; width 0 ends a storage unit.

    Its values are ints, those of a `char`'s too. A packed one follows the member before it bit by bit, and
    does not align the struct: its alignment is 0.
    """
    cdef Type unit = need_type("c.bits()", base)
    cdef Py_ssize_t count = count_of("c.bits()", width, 0)
    plain = plain_of(unit)
    if not (plain.info.kind in (K_BOOL, K_CHAR) or is_int_kind(plain.info.kind)):
        raise BadTypedef(f"c.bits(): {type_name(unit)} cannot be the base of a bit-field")
    if count > (1 if plain.info.kind == K_BOOL else <Py_ssize_t>unit.info.size * 8):
        raise BadTypedef(f"c.bits(): {count} bits do not fit {type_name(unit)}")
    if packed and not count:
        raise BadTypedef("c.bits(): what ends a storage unit cannot be packed")
    return made_once((K_BITS, id(unit), count, bool(packed)), make_bits, (unit, count, bool(packed)))


cdef object make_bits(tuple parts):
    cdef Type unit = parts[0], result = derived(K_BITS, unit, (bits, parts))
    result.info.length = parts[1]
    result.info.size = unit.info.size
    result.info.alignment = 0 if parts[2] else unit.info.alignment
    result.refusal = "libffi cannot describe bit-fields"
    name_as_spelled(result)
    return result


def enum(cls, base=None):
    """Return the type of an enum.IntEnum (or IntFlag) stored as `base`, by default int."""
    need_stack(0)
    if not (isinstance(cls, type) and issubclass(cls, int) and hasattr(cls, "__members__")):
        raise TypeError(f"c.enum(): expected an enum.IntEnum class, got {cls!r}")
    cdef Type storage = need_type("c.enum() base", core_types["int"] if base is None else base)
    if not is_int_kind(storage.info.kind):
        raise BadTypedef(f"c.enum() base: {type_name(storage)} is no integer type")
    return made_once((K_ENUM, id(cls), id(storage)), make_enum, (cls, storage))


cdef object make_enum(tuple parts):
    cdef Type storage = parts[1], result
    cls = parts[0]
    members = {int(member): member for member in cls.__members__.values()}
    for number in members:
        make_value(storage, number)
    name = f"enum {cls.__name__}"
    result = derived(K_ENUM, storage, (enum, parts))    # last: other code may find it from now on
    result.enum = cls
    result.members = members
    result.info.enum_class = <PyObject *>cls
    result.info.enum_members = <PyObject *>result.members
    result.info.ffi = storage.info.ffi
    result.info.size = storage.info.size
    result.info.alignment = storage.info.alignment
    name_type(result, name)
    return result


def wrap(item):
    """Return the type of a number that any number is converted to as C does: modulo 2**n, towards zero, to infinity.

    Only a float whose whole part does not fit an integer type is an OverflowError, since C does not define what it
    becomes; NaN is a ValueError.
    """
    cdef Type scalar = need_type("c.wrap()", item)
    if scalar.info.kind == K_WRAPPED:
        return scalar
    if scalar.info.kind == K_SWAPPED:
        return in_order(wrap(scalar.item), "c.wrap()", False)
    if not is_number_kind(scalar.info.kind):
        raise BadTypedef(f"c.wrap(): {type_name(scalar)} is no number")
    return made_once((K_WRAPPED, id(scalar)), make_wrapped, (scalar,))


cdef object make_wrapped(tuple parts):
    return stored_as(K_WRAPPED, parts[0], (wrap, parts))


cdef Type stored_as(type_kind kind, Type scalar, rebuild):
    """Return a new type that is the other one to C, and another to Python."""
    cdef Type result = derived(kind, scalar, rebuild)
    result.kind = scalar.kind
    result.info.ffi = scalar.info.ffi
    result.refusal = scalar.refusal
    result.info.size = scalar.info.size
    result.info.alignment = scalar.info.alignment
    result.info.holds = scalar.info.holds
    name_type(result, type_name(scalar))
    return result


def func(cif):
    """Return the type of a pointer to a function of that CIF."""
    if not isinstance(cif, CIF):
        raise TypeError(f"c.func(): expected a CIF, got {type(cif).__name__}")
    return made_once((K_FUNCTION, id(cif)), make_func, (cif,))


cdef object make_func(tuple parts):
    cdef Type result = new_type(K_FUNCTION), part
    cdef CIF cif = parts[0]
    deepen(result, cif.restype)
    for part in cif.argtypes:
        deepen(result, part)
    result.cif = cif
    result.info.cif = <PyObject *>cif
    result.rebuild = (func, parts)
    as_address(result)
    name_as_spelled(result)
    return result


cdef object by_reference(type_kind kind, item, function):
    cdef str name = KIND_NAMES[<int>kind]
    cdef Type target = need_type(f"c.{name}()", item)
    if not target.info.complete or not is_stored_kind(target.info.kind) or target.info.is_va_list or (
            target.info.kind == K_OBJECT):      # whose reference would it be?
        raise BadTypedef(f"c.{name}(): {type_name(target)} cannot be passed by reference")
    return made_once((kind, id(target)), make_reference, (kind, target, function))


cdef object make_reference(tuple parts):
    kind, target, function = parts
    cdef Type result = derived(kind, target, (function, (target,)))
    as_address(result)
    name_as_spelled(result)
    return result


def ref(item):
    """Return the parameter type that passes a pointer to a copy of the value given."""
    return by_reference(K_REF, item, ref)


def out(item):
    """Return the parameter type that the call allocates, C fills, and the call returns."""
    return by_reference(K_OUT, item, out)


def inout(item):
    """Return the parameter type that passes a pointer to a copy, which the call returns."""
    return by_reference(K_INOUT, item, inout)
