"""What libffi itself gets wrong and we cannot make right: refused, not run into.

faults.h says which libffi has which fault. Each has a C program in tests/c/faults/ that shows it. Some have a patch
too: then only a libffi without it is refused.
"""

cdef extern from "core.h":
    bint WINDOWS_ABI_ON_UNIX(int abi)
    bint COUNTS_PADDING(int abi)
    bint REVERSED(int abi)
    bint MISPLACES_RESULT_ADDRESS(int abi)
    bint REOPENS_CORE_REGISTERS(int abi)
    int INTEGER_REGISTERS(int abi)
    bint ON_AARCH64, MISPLACES_SPILLED_POINTERS
    bint COMPLEX_RESULT_MISPLACES, COMPLEX_RESULT_OVERWRITES, COMPLEX_ARGUMENTS_OVERWRITE
    bint LOSES_LAST_LONG_DOUBLE, ALIGNS_LONG_DOUBLE_STRUCTS, MISPLACES_FLOATS


cdef list scalars_of(Type type):
    """Return the kind of every scalar in `type`, a complex number as two."""
    kinds = []
    for _, kind, _ in leaves_of(type):
        if kind == K_COMPLEX_LONGDOUBLE:
            kinds += [K_LONGDOUBLE, K_LONGDOUBLE]
        else:
            kinds.append(K_LONGDOUBLE if kind == K_EXACT else kind)
    return kinds


cdef bint holds(Type type, type_kind kind):
    """Is `type` of that kind, or has members that are?"""
    return kind in scalars_of(type)


cdef bint holds_wide_int(Type type):
    return any([is_wide_int_kind(kind) for kind in scalars_of(type)])


cdef bint all_floats(Type type, Py_ssize_t limit):
    """Are its scalars floating-point numbers of one kind, and no more than so many?"""
    kinds = scalars_of(type)
    return len(kinds) <= limit and kinds[0] in (K_FLOAT, K_DOUBLE, K_LONGDOUBLE) and len(set(kinds)) == 1


cdef bint spills_an_aligned_pointer(tuple types):
    """Is a large struct of 16-byte alignment passed after the general registers are used up (aarch64)?"""
    cdef Type type
    cdef size_t used = 0
    for type in types:
        if type.info.kind == K_VECTOR or all_floats(type, 4):
            continue
        if type.info.size <= 16:
            used += (type.info.size + 7) // 8
            continue
        if used >= 8 and type.info.alignment > 8:
            return True
        used += 1
    return False


cdef bint has_long_double_struct_between(Type restype, tuple types):
    """Does a struct of long doubles begin at an odd doubleword of the arguments (powerpc64)?"""
    cdef Type type
    cdef size_t at = is_aggregate_kind(restype.info.kind) and restype.info.size > 16 and not all_floats(restype, 8)
    for type in types:
        if is_aggregate_kind(type.info.kind) and holds(type, K_LONGDOUBLE) and all_floats(type, 4):
            if at % 2:
                return True
        at += (type.info.size + 7) // 8
    return False


cdef bint has_many_complex(tuple types):
    """Do arguments with a complex number among them take more than eight doublewords (powerpc64)?"""
    cdef Type type
    cdef size_t words = 1                  # the address of a result may be one
    cdef bint found = False
    for type in types:
        found |= is_complex_kind(type.info.kind)
        words += 2 if type.info.kind == K_COMPLEX_FLOAT else (type.info.size + 7) // 8
    return found and words > 8


cdef bint uses_closed_registers(Type restype, tuple types):
    """Is there an integer after what found the core registers too few and the stack in use (arm, VFP)?"""
    cdef Type type
    cdef size_t core = restype.info.size > 4 and is_aggregate_kind(restype.info.kind) and not all_floats(restype, 4)
    cdef size_t vector = 0, at, words
    cdef bint on_stack = False, closed = False
    for type in types:
        words = (type.info.size + 3) // 4
        if all_floats(type, 4):
            vector += words
            on_stack |= vector > 16
            continue
        at = core + (core % 2 if type.info.alignment == 8 else 0)
        if at + words <= 4:
            if closed:
                return True
            core = at + words
        elif on_stack:
            closed = True
        else:
            core, on_stack = 4, True
    return False


cdef bint has_misplaced_floats(Type restype, tuple types):
    """Is there a complex number, a struct of floats or a long double behind the seventh word (mips64)?"""
    cdef Type type
    cdef size_t words = 1                  # the address of a result may be one
    cdef bint long_double = False
    for type in (restype, *types):
        kinds = scalars_of(type)
        if len(kinds) > 1 and not {K_FLOAT, K_DOUBLE, K_LONGDOUBLE}.isdisjoint(kinds):
            return True
        if is_aggregate_kind(type.info.kind) and kinds[0] in (K_FLOAT, K_DOUBLE, K_LONGDOUBLE):
            return True
    for type in types:
        long_double |= holds(type, K_LONGDOUBLE)
        words += (type.info.size + 7) // 8
    return long_double and words > 7


cdef int refuse_faulty_extra(tuple extra) except -1:
    cdef Type type
    if ON_AARCH64:
        for type in extra:
            if type.info.kind == K_STRUCT and holds(type, K_VECTOR):
                raise BadTypedef("CIF(): libffi misplaces a struct of vectors behind `...`")
    return 0


cdef int refuse_faulty_call(Type restype, tuple types, int abi) except -1:
    cdef Type type
    if WINDOWS_ABI_ON_UNIX(abi):
        for type in (restype, *types):
            if holds(type, K_VECTOR):
                raise BadTypedef(f"CIF(): libffi has no vectors under {get_abi()(abi).name}")
    if MISPLACES_SPILLED_POINTERS and spills_an_aligned_pointer(types):
        raise BadTypedef("CIF(): libffi crashes at a large struct of 16-byte alignment passed on the stack")
    if ALIGNS_LONG_DOUBLE_STRUCTS and has_long_double_struct_between(restype, types):
        raise BadTypedef("CIF(): libffi misplaces a struct of long doubles among other arguments")
    if REOPENS_CORE_REGISTERS(abi) and uses_closed_registers(restype, types):
        raise BadTypedef("CIF(): libffi misplaces an integer after a struct that the registers were too few for")
    if COMPLEX_RESULT_MISPLACES and is_complex_kind(restype.info.kind) and any(
            holds(type, K_FLOAT) or holds(type, K_DOUBLE) or holds(type, K_LONGDOUBLE) for type in types[:2]):
        raise BadTypedef("CIF(): libffi misplaces floating-point arguments of a function with a complex result")
    if MISPLACES_FLOATS and has_misplaced_floats(restype, types):
        raise BadTypedef("CIF(): libffi misplaces complex numbers, structs of floats and a late long double")
    if MISPLACES_RESULT_ADDRESS(abi) and restype.info.size not in (1, 2, 4, 8) and (
            is_aggregate_kind(restype.info.kind) or is_complex_kind(restype.info.kind)):
        raise BadTypedef(f"CIF(): libffi misplaces the address of such a result under {get_abi()(abi).name}")
    if ON_AARCH64:
        for type in types:
            if type.info.kind == K_STRUCT and type.info.size == 16 and holds_wide_int(type):
                raise BadTypedef("CIF(): libffi misplaces a struct around an __int128 among the registers")
    if INTEGER_REGISTERS(abi):
        refuse_integers_after_structs(restype, types, abi)
    if REVERSED(abi) and not all_in_registers(restype, types, abi):
        raise BadTypedef(f"CIF(): libffi misplaces arguments on the stack under {get_abi()(abi).name}")
    return 0


cdef bint is_word(Type type):
    """Does it go in one general register?"""
    return is_reference_kind(type.info.kind) or is_address_kind(type.info.kind) or (
        is_integral_kind(type.info.kind) and type.info.size <= 4)


cdef bint all_in_registers(Type restype, tuple types, int abi):
    """Under i386's conventions that push from left to right: Pascal's without registers, Borland's with three."""
    if restype.info.kind not in (K_VOID, K_FLOAT, K_DOUBLE, K_LONGDOUBLE, K_EXACT) and (
            not is_integral_kind(restype.info.kind) and not is_word(restype)):
        return False
    return len(types) <= (0 if get_abi()(abi).name == "PASCAL" else 3) and all(map(is_word, types))


cdef int refuse_integers_after_structs(Type restype, tuple types, int abi) except -1:
    """libffi uses no register after a struct.  gcc looks at what is in the struct; Microsoft's compiler uses them.

    On Windows, where that address is no argument, compilers do not agree after what else has no register either.
    """
    cdef bint windows = MISPLACES_RESULT_ADDRESS(abi)
    cdef int free = INTEGER_REGISTERS(abi) - (not windows and restype.info.kind in (K_STRUCT, K_UNION))
    cdef bint after_struct = False
    cdef Type type
    for type in types:
        if type.info.kind in (K_STRUCT, K_UNION) or windows and (
                is_complex_kind(type.info.kind) or is_integral_kind(type.info.kind) and type.info.size > 4):
            after_struct = True
        elif is_parameter_kind(type.info.kind) or is_word_kind(type.info.kind):
            if after_struct and free > 0:
                raise BadTypedef("CIF(): libffi and compilers disagree about an integer after a struct "
                                 f"under {get_abi()(abi).name}")
            free = 0 if not is_parameter_kind(type.info.kind) and type.info.size > 4 else free - 1
    return 0


cdef bint has_half_of_padding(tuple types):
    """Is there a struct for two registers whose second has nothing to carry (x86-64)?"""
    cdef Type type
    for type in types:
        if is_aggregate_kind(type.info.kind) and type.info.size == 16 and all(
                offset + size <= 8 for offset, _, size in leaves_of(type)):
            return True
    return False


cdef int refuse_faulty_closure(CIF cif) except -1:
    cdef type_kind result = plain_type(cif.state.result).kind
    if COUNTS_PADDING(<int>cif.state.abi) and has_half_of_padding(cif.argtypes):
        raise BadTypedef(f"closure {cif}: libffi misplaces what follows a struct whose second half is padding")
    if WINDOWS_ABI_ON_UNIX(<int>cif.state.abi) and is_wide_int_kind(result):
        raise BadTypedef(f"closure {cif}: libffi loses half of an __int128 result under {cif.abi.name}")
    if COMPLEX_RESULT_OVERWRITES and result in (K_COMPLEX_DOUBLE, K_COMPLEX_LONGDOUBLE):
        raise BadTypedef(f"closure {cif}: libffi overwrites the caller's registers with a complex result")
    if COMPLEX_ARGUMENTS_OVERWRITE and has_many_complex(plain_of_each(cif.argtypes)):
        raise BadTypedef(f"closure {cif}: libffi overwrites the caller's variables with so many complex arguments")
    if LOSES_LAST_LONG_DOUBLE and cif.argtypes and scalars_of(cif.argtypes[-1]) == [K_LONGDOUBLE]:
        raise BadTypedef(f"closure {cif}: libffi loses half of a long double that is the last argument")
    return 0
