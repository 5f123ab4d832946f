"""The scalar types of libffi.c."""

cdef dict core_types = {}           # name in libffi.c -> Type

# What pointers among them point to, and whether C promises not to write there.
cdef dict POINTEES = {K_POINTER: ("void", False), K_STRING: ("char", True), K_BYTES: ("char", True),
                      K_WSTRING: ("wchar_t", True)}


cdef Type make_scalar(str attribute, str name, type_kind kind):
    cdef Type type = new_type(kind), item
    cdef ffi_type *ffi = kind_ffi_type(kind)
    name_type(type, name)
    type.rebuild = (_scalar_type, (attribute,))
    type.info.ffi = ffi
    type.info.size = kinds[<int>kind].size
    type.info.alignment = kinds[<int>kind].alignment if ffi == NULL else ffi.alignment
    if ffi == NULL:
        type.refusal = f"libffi has no {name} on this platform, or this libffi is too old"
    if kind in POINTEES:
        attribute, type.info.is_const = POINTEES[kind]
        item = type.item = core_types[attribute]
        type.info.item = &item.info
    return type


def _scalar_type(str attribute):
    """Return the scalar type of that name in libffi.c (for pickle)."""
    return core_types[attribute]


cdef int add_scalars() except -1:
    cdef const scalar_name *scalar = scalar_names
    while scalar.name != NULL:
        attribute = scalar.name.decode()
        core_types[attribute] = make_scalar(attribute, scalar.spelling.decode(), scalar.kind)
        scalar += 1
    for bits in (8, 16, 32, 64):                # libffi's own spelling
        core_types[f"sint{bits}"] = core_types[f"int{bits}"]
    global promoted_int, promoted_double, promoted_string, promoted_pointer, promoted_complex
    promoted_int = &(<Type>core_types["int"]).info
    promoted_double = &(<Type>core_types["double"]).info
    promoted_string = &(<Type>core_types["string"]).info
    promoted_pointer = &(<Type>core_types["pointer"]).info
    promoted_complex = &(<Type>core_types["complex_double"]).info
    return 0


cdef dict types_of_the_system():
    cdef dict found = {}
    cdef const system_type *entry = system_types
    while entry.name != NULL:
        found[entry.name.decode()] = core_types[entry.scalar.decode()]
        entry += 1
    return found


add_scalars()
scalars = dict(core_types)
typedefs = types_of_the_system()        # time_t, off_t, ...: what C's and POSIX's headers make of them here


def exact(item):
    """Return long double as decimal.Decimal, every digit of it, instead of float."""
    if item is not core_types["longdouble"]:
        raise TypeError(f"c.exact(): only c.longdouble has digits to lose, got {item!r}")
    return exact_longdouble


cdef Type exact_longdouble = make_scalar("exact(longdouble)", "long double", K_EXACT)
core_types["exact(longdouble)"] = exact_longdouble
