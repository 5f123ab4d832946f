"""The scalar types of libffi.c."""

cdef dict core_types = {}           # name in libffi.c -> Type


cdef Type add_scalar(str attribute, str name, str kind, type_kind code, ffi_type *ffi,
                     size_t size, size_t alignment):
    cdef Type type = new_type(kind, code)
    name_type(type, name)
    type.info.ffi = ffi
    type.info.size = size
    type.info.alignment = alignment
    type.rebuild = (_scalar_type, (attribute,))
    core_types[attribute] = type
    return type


cdef int add_int(str attribute, str name, size_t size, bint is_signed) except -1:
    cdef ffi_type *ffi = int_ffi_type(size, is_signed)
    cdef Type type = add_scalar(attribute, name, "signed" if is_signed else "unsigned",
                                int_kind(size, is_signed), ffi, size,
                                ffi.alignment if ffi != NULL else 16)
    if ffi == NULL:
        type.refusal = "libffi has no 128-bit integers on this platform, or this libffi is too old"
    return 0


cdef Type add_pointer(str attribute, str name, str kind, type_kind code, Type item, bint is_const):
    cdef Type type = add_scalar(attribute, name, kind, code, &ffi_type_pointer,
                                sizeof(void *), ffi_type_pointer.alignment)
    type.item = item
    type.info.item = &item.info
    type.info.is_const = is_const
    return type


def _scalar_type(str attribute):
    """Return the scalar type of that name in libffi.c (for pickle)."""
    return core_types[attribute]


cdef int add_scalars() except -1:
    add_scalar("void", "void", "void", K_VOID, &ffi_type_void, 0, 1)
    add_scalar("bool", "_Bool", "bool", K_BOOL, int_ffi_type(1, False), 1, 1)
    add_scalar("char", "char", "char", K_CHAR, int_ffi_type(1, CHAR_IS_SIGNED), 1, 1)
    for attribute, name, size, is_signed in (
            ("schar", "signed char", sizeof(char), True),
            ("uchar", "unsigned char", sizeof(char), False),
            ("short", "short", sizeof(short), True),
            ("ushort", "unsigned short", sizeof(short), False),
            ("int", "int", sizeof(int), True),
            ("uint", "unsigned int", sizeof(int), False),
            ("long", "long", sizeof(long), True),
            ("ulong", "unsigned long", sizeof(long), False),
            ("longlong", "long long", sizeof(long long), True),
            ("ulonglong", "unsigned long long", sizeof(long long), False),
            ("size_t", "size_t", sizeof(size_t), False),
            ("ssize_t", "ssize_t", sizeof(size_t), True),
            ("ptrdiff_t", "ptrdiff_t", sizeof(size_t), True),
            ("intptr_t", "intptr_t", sizeof(void *), True),
            ("uintptr_t", "uintptr_t", sizeof(void *), False),
            ("intmax_t", "intmax_t", sizeof(long long), True),
            ("uintmax_t", "uintmax_t", sizeof(long long), False)):
        add_int(attribute, name, size, is_signed)
    for bits in (8, 16, 32, 64):
        add_int(f"int{bits}", f"int{bits}_t", bits // 8, True)
        add_int(f"uint{bits}", f"uint{bits}_t", bits // 8, False)
        core_types[f"sint{bits}"] = core_types[f"int{bits}"]
    add_int("int128", "__int128", 16, True)
    add_int("uint128", "unsigned __int128", 16, False)
    for attribute, size in (("wchar_t", SIZEOF_WCHAR), ("char16_t", SIZEOF_CHAR16),
                            ("char32_t", SIZEOF_CHAR32)):
        add_scalar(attribute, attribute, "wchar", K_CHAR16 if size == 2 else K_CHAR32,
                   int_ffi_type(size, False), size, int_ffi_type(size, False).alignment)
    for attribute, name, code in (("float", "float", K_FLOAT), ("double", "double", K_DOUBLE),
                                  ("longdouble", "long double", K_LONGDOUBLE)):
        add_float(attribute, name, "float", code)
    add_complex("complex_float", "float _Complex", K_COMPLEX_FLOAT, COMPLEX_FLOAT_FFI,
                sizeof(float), ffi_type_float.alignment)
    add_complex("complex_double", "double _Complex", K_COMPLEX_DOUBLE, COMPLEX_DOUBLE_FFI,
                sizeof(double), ffi_type_double.alignment)
    add_complex("complex_longdouble", "long double _Complex", K_COMPLEX_LONGDOUBLE,
                COMPLEX_LONGDOUBLE_FFI, sizeof(long double), ffi_type_longdouble.alignment)
    add_pointer("pointer", "void *", "pointer", K_POINTER, core_types["void"], False)
    add_pointer("string", "const char *", "string", K_STRING, core_types["char"], True)
    add_pointer("bytes", "const char *", "bytes", K_BYTES, core_types["char"], True)
    add_pointer("wstring", "const wchar_t *", "wstring", K_WSTRING, core_types["wchar_t"], True)
    global promoted_int, promoted_double, promoted_string, promoted_pointer, promoted_complex
    promoted_int = &(<Type>core_types["int"]).info
    promoted_double = &(<Type>core_types["double"]).info
    promoted_string = &(<Type>core_types["string"]).info
    promoted_pointer = &(<Type>core_types["pointer"]).info
    promoted_complex = &(<Type>core_types["complex_double"]).info
    return 0


cdef Type add_float(str attribute, str name, str kind, type_kind code):
    cdef ffi_type *ffi = (&ffi_type_float if code == K_FLOAT else
                          &ffi_type_double if code == K_DOUBLE else &ffi_type_longdouble)
    return add_scalar(attribute, name, kind, code, ffi, ffi.size, ffi.alignment)


cdef int add_complex(str attribute, str name, type_kind code, ffi_type *ffi, size_t part,
                     size_t alignment) except -1:
    cdef Type type = add_scalar(attribute, name, "complex", code, ffi, 2 * part, alignment)
    if ffi == NULL:
        type.refusal = "libffi has no complex numbers on this platform"
    return 0


add_scalars()
scalars = dict(core_types)


def exact(item):
    """Return long double as decimal.Decimal, every digit of it, instead of float."""
    if item is not core_types["longdouble"]:
        raise TypeError(f"c.exact(): only c.longdouble has digits to lose, got {item!r}")
    return exact_longdouble


cdef Type exact_longdouble = add_float("exact(longdouble)", "long double", "float", K_EXACT)
