"""What libffi itself gets wrong and we cannot make right: refused, not run into.

Each has a C program in tests/c/ that shows it.
"""

cdef extern from *:
    """
    #if defined(__x86_64__) && !defined(_WIN32)
    #define WINDOWS_ABI_ON_UNIX(abi) ((abi) != FFI_UNIX64)
    #else
    #define WINDOWS_ABI_ON_UNIX(abi) 0
    #endif
    #if defined(__i386__) && !defined(_WIN32)
    #define INTEGER_REGISTERS(abi) ((abi) == FFI_FASTCALL ? 2 : (abi) == FFI_THISCALL ? 1 : 0)
    #else
    #define INTEGER_REGISTERS(abi) 0
    #endif
    """
    bint WINDOWS_ABI_ON_UNIX(int abi)
    int INTEGER_REGISTERS(int abi)


cdef bint holds(Type type, type_kind kind):
    """Is `type` of that kind, or has members that are?"""
    leaves = []
    flatten(type, 0, leaves)
    return any(leaf == kind for _, leaf, _ in leaves)


cdef int refuse_faulty_call(Type restype, tuple types, int abi) except -1:
    if WINDOWS_ABI_ON_UNIX(abi):
        for type in (restype, *types):
            if holds(type, K_VECTOR):
                raise BadTypedef(f"CIF(): libffi has no vectors under {get_abi()(abi).name}")
    if INTEGER_REGISTERS(abi):
        refuse_integers_after_structs(restype, types, abi)
    return 0


cdef int refuse_integers_after_structs(Type restype, tuple types, int abi) except -1:
    """libffi follows Microsoft: after a struct no register is used.  gcc looks at what is in the struct."""
    cdef int free = INTEGER_REGISTERS(abi) - (restype.info.kind in (K_STRUCT, K_UNION))
    cdef bint after_struct = False
    cdef Type type
    for type in types:
        if type.info.kind in (K_STRUCT, K_UNION):
            after_struct = True
        elif type.info.kind >= K_REF or is_pointer_kind(type.info.kind) or plain_type(&type.info).kind <= K_CHAR32:
            if after_struct and free > 0:
                raise BadTypedef("CIF(): libffi and compilers disagree about an integer after a struct "
                                 f"under {get_abi()(abi).name}")
            free = 0 if type.info.kind < K_REF and type.info.size > 4 else free - 1
    return 0


cdef int refuse_faulty_closure(CIF cif) except -1:
    if WINDOWS_ABI_ON_UNIX(<int>cif.state.cif.abi) and cif.state.result_kind in (K_S128, K_U128):
        raise BadTypedef(f"closure {cif}: libffi loses half of an __int128 result under {cif.abi.name}")
    return 0
