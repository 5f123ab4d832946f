"""The CIFs of a variadic signature's calls, one for each list of extra types."""


cdef Py_ssize_t MOST_VARIANTS = 64      # of about 3 kB


cdef object variadic_cif(cif_state *base, const type_info *const *extra, Py_ssize_t n):
    """Return the CIF of one variadic call's types; the prototype keeps the last of them."""
    cdef CIF cif = <CIF>base.object, variant
    cdef Py_ssize_t i
    types = tuple([<object>extra[i].object for i in range(n)])
    variants = <dict>cif.variants
    variant = dict_get(variants, types)
    if variant is None:
        for i in range(n):
            passable(types[i], f"argument {base.nin + i + 1}")
        if types:
            variant = prepare_cif(cif.restype, cif.argtypes, types, <int>cif.state.abi, False)
        else:
            variant = prepare_variant_without_extra(cif)
        with cython.critical_section(cif):
            known = dict_get(variants, types)
            if known is not None:       # another thread was faster
                return known
            make_room(cif)
            hidden_set(variants, types, variant)
    return variant


cdef int make_room(CIF cif) except -1:
    """Let the oldest variants go; a call that is under way has its own."""
    cdef CIF oldest
    variants = <dict>cif.variants
    while len(variants) >= MOST_VARIANTS:
        oldest = variants.pop(next(iter(variants)))
        forget_variant(cif.state, oldest.state)
    return 0


cdef CIF prepare_variant_without_extra(CIF cif):
    cdef CIF variant = prepare_cif(cif.restype, cif.argtypes, (), <int>cif.state.abi, True)
    variant.state.variadic = False      # nothing more to come: a plain call
    return variant
