"""C spellings of types."""


cdef str spell(Type type, str inner):
    """Return the C declaration of `inner` as this type."""
    cdef Type item
    need_stack(0)
    if type.info.kind == K_PTR or is_parameter_kind(type.info.kind):
        item = <Type>type.item
        inner = f"(*{inner})" if item.info.kind == K_ARRAY else "*" + inner
        while item.info.kind == K_ARRAY:
            item = <Type>item.item
        if type.info.is_const and is_pointer_kind(item.info.kind):
            return spell(<Type>type.item, f"const {inner}")
        return ("const " if type.info.is_const else "") + spell(<Type>type.item, inner)
    if type.info.kind == K_ARRAY:
        return spell(<Type>type.item, f"{inner}[{type.info.length}]")
    if type.info.kind == K_FUNCTION:
        return spell_call(type.cif, f"({convention_of(type.cif)}*{inner})")
    if type.info.kind == K_BITS:
        packed = "" if type.info.alignment else " __attribute__((packed))"
        return f"{spell(<Type>type.item, inner)} : {type.info.length}{packed}"
    name = type_name(type)
    if not inner or name.endswith("*"):
        return name + inner
    return f"{name}{'' if inner.startswith('[') else ' '}{inner}"


cdef str shorten(str name):
    # Function types of function types double in length with each step.
    return name if len(name) <= 1000 else name[:500] + "..." + name[-100:]


cdef str spell_function(CIF cif, str inner):
    return convention_of(cif) + spell_call(cif, inner)


cdef str convention_of(CIF cif):
    """Return the attribute of what is called otherwise than C's functions are, where compilers have one."""
    if cif.state.abi == core_default_abi():
        return ""
    word = {"STDCALL": "stdcall", "FASTCALL": "fastcall", "THISCALL": "thiscall", "GNUW64": "ms_abi"}.get(
        get_abi()(<int>cif.state.abi).name)
    return "" if word is None else f"__attribute__(({word})) "


cdef str spell_call(CIF cif, str inner):
    arguments = [type_name(type) for type in cif.argtypes]
    if cif.state.variadic:
        arguments.append("...")
    return spell(cif.restype, f"{inner}({', '.join(arguments) or 'void'})")


cdef int name_as_spelled(Type type) except -1:
    return name_type(type, shorten(spell(type, "")))
