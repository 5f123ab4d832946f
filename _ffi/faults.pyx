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
    """
    bint WINDOWS_ABI_ON_UNIX(int abi)


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
    return 0


cdef int refuse_faulty_closure(CIF cif) except -1:
    if WINDOWS_ABI_ON_UNIX(<int>cif.state.cif.abi) and cif.state.result_kind in (K_S128, K_U128):
        raise BadTypedef(f"closure {cif}: libffi loses half of an __int128 result under {cif.abi.name}")
    return 0
