"""Passing by value: the ffi_type of a struct, union or vector, or the reason why it has none."""


cdef int passable(Type type, what) except -1:
    """Give the type an ffi_type, or raise BadTypedef saying why it cannot be passed."""
    with cython.critical_section(type):
        if type.info.ffi != NULL:
            return 0
        if type.refusal is None:
            if not type.info.complete:
                raise BadTypedef(f"{what}: {type_name(type)} is incomplete")
            if type.info.kind == K_STRUCT:
                type.refusal = describe_struct(type)
            elif type.info.kind == K_UNION:
                type.refusal = describe_union(type)
        if type.refusal is not None:
            raise BadTypedef(f"{what}: {type_name(type)} cannot be passed by value: {type.refusal}")
    return 0


cdef int set_elements(Type type, list pointers) except -1:
    cdef Py_ssize_t i, n = len(pointers)
    cdef ffi_type **elements = <ffi_type **>PyMem_Calloc(n + 1, sizeof(ffi_type *))
    if elements == NULL:
        raise MemoryError
    for i in range(n):
        elements[i] = <ffi_type *><uintptr_t>pointers[i]
    type.elements = elements
    type.own.size = type.info.size
    type.own.alignment = <unsigned short>type.info.alignment
    type.own.type = <unsigned short>FFI_TYPE_STRUCT
    type.own.elements = elements
    type.info.ffi = &type.own
    return 0


cdef size_t MAX_BY_VALUE = 65536


cdef object describe_struct(Type type):
    """Build the struct's ffi_type; return the reason if libffi has no way to say it."""
    cdef Type member
    cdef size_t size
    cdef Py_ssize_t count       # of a Python int, `[x] * count` is freed twice where memory runs out (Cython 3.3.1)
    if type.info.size == 0:
        return describe_nothing(type)
    if type.info.size > MAX_BY_VALUE:
        return f"it is larger than {MAX_BY_VALUE} bytes"
    if AGGREGATES_GO_BY_SIZE and not type.natural:
        return describe_by_size(type)
    for _, member, _, _, _ in type.members:
        if member.info.kind == K_BITS:
            return "libffi cannot describe bit-fields"
    if not type.natural:
        return "libffi cannot describe packed or over-aligned members"
    reason = refuse_members_without_size(type)
    if reason is not None:
        return reason
    pointers = []
    for _, member, _, _, _ in type.members:
        is_array, size = member.info.kind == K_ARRAY, member.info.size
        while member.info.kind == K_ARRAY:
            member = <Type>member.item
        if size == 0:
            continue
        count = size // member.info.size
        member = plain_of(member)
        if member.info.kind == K_SWAPPED:       # which register it takes does not depend on that
            member = plain_of(member.item)
        passable(member, type_name(type))
        if is_array and count <= ARRAYS_HIDE_FLOATS and member.info.size in (4, 8):
            pointers += [<uintptr_t>int_ffi_type(member.info.size, False)] * count
        elif is_array and ARRAYS_HIDE_FLOATS > 1 and type.info.size == 16 and (
                member.info.kind in (K_LONGDOUBLE, K_EXACT)):
            pointers += [<uintptr_t>int_ffi_type(8, False)] * 2
        else:
            pointers += [<uintptr_t>member.info.ffi] * count
    set_elements(type, pointers)
    return None


cdef object describe_by_size(Type type):
    """Build an ffi_type of nothing but the size, where that decides; return the reason if a leaf forbids it."""
    if {kind for _, kind, _ in leaves_of(type)} & {K_VECTOR}:
        return "this libffi has no vectors on this platform"
    set_elements(type, integer_chunks(type.info.size, type.info.alignment))
    return None


cdef int describe_vector(Type type, Type element) except -1:
    """Build the vector's ffi_type, or note why libffi cannot pass it."""
    cdef ffi_cif cif
    set_elements(type, [<uintptr_t>element.info.ffi] * type.info.length)
    type.own.type = <unsigned short>VECTOR_TYPE
    if VECTOR_TYPE == 0:
        type.refusal = "this libffi has no vectors on this platform"
    elif ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &type.own, NULL) != FFI_OK:
        type.refusal = "libffi has no registers for a vector this large here"
    elif type.info.length == 1 and element.info.kind == K_DOUBLE:
        type.refusal = "compilers pass a vector of one double differently than libffi"
    if type.refusal is not None:
        type.info.ffi = NULL
    return 0


cdef list integer_chunks(size_t size, size_t alignment):
    cdef size_t chunk = alignment if alignment < 8 else 8
    cdef Py_ssize_t count = size // chunk
    return [<uintptr_t>int_ffi_type(chunk, False)] * count


cdef object describe_union(Type type):
    """Build an ffi_type that the platform passes like the union, where we know the rule."""
    cdef char rule = UNION_RULE
    if type.info.size == 0:
        return describe_nothing(type)
    if type.info.size > MAX_BY_VALUE:
        return f"it is larger than {MAX_BY_VALUE} bytes"
    if AGGREGATES_GO_BY_SIZE:
        return describe_by_size(type)
    if not type.natural:
        return "libffi cannot describe bit-fields, packed or over-aligned members"
    reason = refuse_members_without_size(type)
    if reason is not None:
        return reason
    leaves = leaves_of(type)
    size, alignment = type.info.size, type.info.alignment
    integers = integer_chunks(size, alignment)
    kinds = {kind for _, kind, _ in leaves}
    floats = kinds <= {K_FLOAT, K_DOUBLE}
    if kinds & {K_LONGDOUBLE, K_EXACT, K_COMPLEX_LONGDOUBLE, K_VECTOR, K_BITS} or (
            any([is_wide_int_kind(kind) for kind in kinds])):
        return "the platform's rule for unions with such members is not one libffi can follow"
    if rule == c'x' and size <= 16:
        elements = []
        for start in range(0, size, 8):
            here = [leaf for leaf in leaves if start <= leaf[0] < start + 8]
            length = min(8, size - start)
            if not here:                # padding, behind a member without size: no register
                continue
            if any(kind not in (K_FLOAT, K_DOUBLE) for _, kind, _ in here):
                elements += integer_chunks(length, alignment)
            elif any(kind == K_DOUBLE for _, kind, _ in here):
                elements.append(<uintptr_t>&ffi_type_double)
            else:
                elements += [<uintptr_t>&ffi_type_float] * <Py_ssize_t>(length // 4)
    elif rule == c'h' and floats and len(kinds) == 1 and size <= 4 * leaves[0][2]:
        one = &ffi_type_float if K_FLOAT in kinds else &ffi_type_double
        elements = [<uintptr_t>one] * <Py_ssize_t>(size // leaves[0][2])
    elif rule in (c'x', c'h', c'm') or not kinds & {K_FLOAT, K_DOUBLE}:
        elements = integers
    else:
        return "the platform's rule for unions with floating-point members is not known"
    set_elements(type, elements)
    return None
