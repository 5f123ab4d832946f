"""ctype objects: what a type is called, how large it is, what it is made of."""

cdef enum:
    VOID
    SIGNED
    UNSIGNED
    CHARACTER           # char, and by its size wchar_t, char16_t and char32_t
    TRUTH
    FLOATING
    LONG_DOUBLE
    COMPLEX
    POINTER
    FUNCTION
    ARRAY
    STRUCT
    UNION

from libc.limits cimport CHAR_MIN

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX


@cython.final
cdef class CField:
    """A member of a struct or union."""
    cdef readonly CType type
    cdef readonly Py_ssize_t offset
    cdef readonly int bitshift          # -1: no bit-field; -2: an array that has no length
    cdef readonly int bitsize           # -1: no bit-field
    cdef readonly int flags             # 1: not part of an initializer's list, as all but the first of a union


@cython.final
cdef class CType:
    """A C type."""
    cdef int kind_number
    cdef int is_bytes                   # char, signed char, unsigned char: pointers to these go for one another
    cdef Py_ssize_t size                # -1: not known
    cdef Py_ssize_t alignment
    cdef readonly str cname
    cdef Py_ssize_t insertion           # where a declarator stands in the name
    cdef CType item_type                # pointers and arrays: what they point to; functions: the result
    cdef CType pointer_type             # arrays: the pointer they become
    cdef CType open_array               # pointers: the array of no length that slices are; None: not made yet
    cdef Py_ssize_t item_count          # arrays: -1: not known
    cdef dict members                   # structs: name -> CField; None: opaque
    cdef list member_list               # structs: (name, CField)
    cdef int has_open_array             # its last member has no length
    cdef int own_layout                 # offsets were given: no C compiler would lay it out so
    cdef dict names                     # enums: value -> name; None: no enum
    cdef dict values
    cdef tuple parameters               # functions: arrays are pointers
    cdef tuple written                  # functions: as the declaration has them
    cdef bint is_variadic
    cdef int calling_convention
    cdef object passed_as               # libffi's Type; None: not found out yet
    cdef object cif                     # functions: what calls go by; None: not made yet
    cdef cif_handle calls
    cdef dict variadic                  # the extra arguments' types -> CIF
    cdef object __weakref__

    def __repr__(self):
        return f"<ctype '{self.cname}'>"

    @property
    def kind(self):
        """"primitive", "enum", "pointer", "array", "struct", "union", "function" or "void"."""
        if self.names is not None:
            return "enum"
        if self.kind_number == VOID:
            return "void"
        if self.kind_number < POINTER:
            return "primitive"
        return ("pointer", "function", "array", "struct", "union")[self.kind_number - POINTER]

    @property
    def item(self):
        """What a pointer or an array is of."""
        need_kind(self, self.kind_number in (POINTER, ARRAY), "item")
        return self.item_type

    @property
    def length(self):
        """An array's number of items; None: not known."""
        need_kind(self, self.kind_number == ARRAY, "length")
        return None if self.item_count < 0 else self.item_count

    @property
    def fields(self):
        """The members as (name, CField); None for an opaque struct or union."""
        need_kind(self, self.kind_number in (STRUCT, UNION), "fields")
        return None if self.member_list is None else list(self.member_list)

    @property
    def args(self):
        """A function's parameters."""
        need_kind(self, self.kind_number == FUNCTION, "args")
        return self.parameters

    @property
    def result(self):
        """A function's result."""
        need_kind(self, self.kind_number == FUNCTION, "result")
        return self.item_type

    @property
    def ellipsis(self):
        """Whether a function takes more arguments."""
        need_kind(self, self.kind_number == FUNCTION, "ellipsis")
        return self.is_variadic

    @property
    def abi(self):
        """A function's ABI, by libffi's number."""
        need_kind(self, self.kind_number == FUNCTION, "abi")
        return self.calling_convention

    @property
    def elements(self):
        """An enum's names by value."""
        need_kind(self, self.names is not None, "elements")
        return dict(reversed(self.names.items()))       # the last one first, as in cffi

    @property
    def relements(self):
        """An enum's values by name."""
        need_kind(self, self.names is not None, "relements")
        return dict(reversed(self.values.items()))

    def __dir__(self):
        return [name for name in object.__dir__(self) if not name.startswith("_") and hasattr(self, name)]


cdef int need_kind(CType self, bint has_it, str name) except -1:
    if not has_it:
        raise AttributeError(f"ctype '{self.cname}' has no attribute '{name}'")
    return 0


cdef CType new_ctype(int kind, str cname, Py_ssize_t insertion, Py_ssize_t size, Py_ssize_t alignment):
    cdef CType made = CType.__new__(CType)
    made.kind_number = kind
    made.cname = cname
    made.insertion = insertion
    made.size = size
    made.alignment = alignment
    made.item_count = -1
    return made


# Equal types are one object: by kind and what they are made of, which they keep.
cdef object _known = _weakref.WeakValueDictionary()
cdef object _remembering = _thread.RLock()      # what is collected meanwhile may make types, too


cdef CType remembered(key, CType made):
    """Return the type of that key: a new one, unless another thread was faster."""
    with _remembering:
        return _known.setdefault(key, made)


cdef str with_declarator(CType ctype, str declarator):
    return ctype.cname[:ctype.insertion] + declarator + ctype.cname[ctype.insertion:]


@cython.nonecheck(False)
cdef inline bint is_number(CType ctype) noexcept:
    return VOID < ctype.kind_number < POINTER


@cython.nonecheck(False)
cdef inline bint is_integer(CType ctype) noexcept:
    return SIGNED <= ctype.kind_number <= TRUTH


@cython.nonecheck(False)
cdef inline bint is_void_pointer(CType ctype) noexcept:
    return ctype.kind_number == POINTER and ctype.item_type.kind_number == VOID


@cython.nonecheck(False)
cdef inline bint is_aggregate(CType ctype) noexcept:
    return ctype.kind_number == STRUCT or ctype.kind_number == UNION


FFI_DEFAULT_ABI = FFI_CDECL = libffi_abi_default()


cdef add_abis():
    cdef int number
    if libffi_abi_find("STDCALL", &number):
        globals()["FFI_STDCALL"] = number


add_abis()


# ---- numbers ----

cdef dict _numbers = {}


cdef add_number(str name, int kind, passed_as):
    _numbers[name] = (kind, passed_as)


def _integer(size_t size, bint is_signed):
    """Return libffi's integer of a size."""
    return getattr(_c, f"{'' if is_signed else 'u'}int{8 * size}")


cdef fill_numbers():
    for name, ours in [("char", "char"), ("signed char", "schar"), ("unsigned char", "uchar"), ("short", "short"),
                       ("unsigned short", "ushort"), ("int", "int"), ("unsigned int", "uint"), ("long", "long"),
                       ("unsigned long", "ulong"), ("long long", "longlong"), ("unsigned long long", "ulonglong")]:
        is_signed = ours in ("schar", "short", "int", "long", "longlong") or ours == "char" and CHAR_MIN < 0
        add_number(name, CHARACTER if name == "char" else SIGNED if is_signed else UNSIGNED,
                   _integer(getattr(_c, ours).size, is_signed))
    for bits in (8, 16, 32, 64):
        for form in ("int{}_t", "int_least{}_t"):
            add_number(form.format(bits), SIGNED, _integer(bits // 8, True))
            add_number("u" + form.format(bits), UNSIGNED, _integer(bits // 8, False))
        size = fast_size(bits)
        add_number(f"int_fast{bits}_t", SIGNED, _integer(size, True))
        add_number(f"uint_fast{bits}_t", UNSIGNED, _integer(size, False))
    for name in ("intptr_t", "ptrdiff_t", "ssize_t", "intmax_t"):
        add_number(name, SIGNED, _integer(getattr(_c, name).size, True))
    for name in ("uintptr_t", "size_t", "uintmax_t"):
        add_number(name, UNSIGNED, _integer(getattr(_c, name).size, False))
    add_number("wchar_t", CHARACTER, _integer(_c.wchar_t.size, WCHAR_IS_SIGNED))
    add_number("char16_t", CHARACTER, _c.uint16)
    add_number("char32_t", CHARACTER, _c.uint32)
    add_number("_Bool", TRUTH, _c.bool)
    add_number("float", FLOATING, _c.float)
    add_number("double", FLOATING, _c.double)
    add_number("long double", LONG_DOUBLE, _c.longdouble)
    for name in ("float", "double"):
        for form in ("_cffi_{}_complex_t", "{} _Complex"):
            add_number(form.format(name), COMPLEX, getattr(_c, f"complex_{name}"))


cdef extern from *:
    """
    #include <stdint.h>
    #include <wchar.h>
    #if WCHAR_MIN < 0
    #define WCHAR_IS_SIGNED 1
    #else
    #define WCHAR_IS_SIGNED 0
    #endif
    static size_t fast_size(int bits)
    {
        return bits == 8 ? sizeof(int_fast8_t) : bits == 16 ? sizeof(int_fast16_t)
             : bits == 32 ? sizeof(int_fast32_t) : sizeof(int_fast64_t);
    }
    """
    size_t fast_size(int bits)
    enum: WCHAR_IS_SIGNED


fill_numbers()


def new_primitive_type(str name):
    """Return the ctype of a number; KeyError for other names."""
    cdef CType made = _known.get(name)
    if made is not None:
        return made
    kind, passed_as = _numbers[name]
    made = new_ctype(kind, name, len(name), passed_as.size, passed_as.alignment)
    made.passed_as = passed_as
    made.is_bytes = made.size == 1 and kind != TRUTH
    return remembered(name, made)


# ---- derived types ----

def new_void_type():
    """Return the ctype of void."""
    return _known.get("void") or remembered("void", new_ctype(VOID, "void", 4, -1, 1))


def new_pointer_type(CType item not None):
    """Return the ctype of a pointer to `item`."""
    cdef str declarator = "(*)" if item.kind_number == ARRAY else " *"
    key = POINTER, id(item)
    cdef CType made = _known.get(key)
    if made is not None:
        return made
    made = new_ctype(POINTER, with_declarator(item, declarator), item.insertion + 2, sizeof(void *), sizeof(void *))
    made.item_type = item
    made.passed_as = _c.pointer
    return remembered(key, made)


def new_array_type(CType pointer not None, length):
    """Return the ctype of an array of what `pointer` points to; None: of a length not known."""
    cdef CType item = pointer.item_type
    cdef Py_ssize_t count = -1
    if pointer.kind_number != POINTER:
        raise TypeError("first arg must be a pointer ctype")
    if item.size < 0:
        raise ValueError(f"array item of unknown size: '{item.cname}'")
    if length is not None:
        count = length
        if count < 0:
            raise ValueError("negative array length")
        if item.size and count > PY_SSIZE_T_MAX // item.size:
            raise OverflowError("array size would overflow a Py_ssize_t")
    key = ARRAY, id(pointer), count
    cdef CType made = _known.get(key)
    if made is not None:
        return made
    made = new_ctype(ARRAY, with_declarator(item, "[]" if count < 0 else f"[{count}]"), item.insertion,
                     -1 if count < 0 else count * item.size, item.alignment)
    made.item_type = item
    made.item_count = count
    made.pointer_type = pointer
    return remembered(key, made)


def new_struct_type(str name not None):
    """Return the ctype of a struct, opaque until complete_struct_or_union()."""
    return new_ctype(STRUCT, name, len(name), -1, -1)


def new_union_type(str name not None):
    """Return the ctype of a union, opaque until complete_struct_or_union()."""
    return new_ctype(UNION, name, len(name), -1, -1)


def new_enum_type(str name not None, tuple enumerators not None, tuple values not None, CType base not None):
    """Return the ctype of an enum whose values are numbers of `base`."""
    if len(enumerators) != len(values):
        raise ValueError("tuple args must have the same size")
    if base.kind_number not in (SIGNED, UNSIGNED):
        raise TypeError("expected a primitive signed or unsigned base type")
    cdef CType made = new_ctype(base.kind_number, name, len(name), base.size, base.alignment)
    cdef char room[8]
    for value in values:
        store_integer(base, room, value)
    made.passed_as = base.passed_as
    made.values = dict(zip(enumerators, values))
    made.names = {}
    for enumerator, value in zip(enumerators, values):
        if value not in made.names:
            made.names[value] = enumerator
    return made


def new_function_type(tuple parameters not None, CType result not None, bint ellipsis=False, int abi=FFI_DEFAULT_ABI):
    """Return the ctype of a pointer to a function."""
    cdef CType parameter
    cdef str listed
    key = FUNCTION, tuple([id(item) for item in parameters]), id(result), ellipsis, abi
    cdef CType made = _known.get(key)
    if made is not None:
        return made
    for item in parameters:
        parameter = item
        if parameter.kind_number == VOID:
            raise TypeError("void is no type of a parameter")
    if result.kind_number == ARRAY or is_aggregate(result) and result.members is None:
        raise TypeError(f"invalid result type: '{result.cname}'")
    listed = ", ".join([(<CType>item).cname for item in parameters] + (["..."] if ellipsis else []))
    made = new_ctype(FUNCTION, with_declarator(result, f"(*)({listed})"), result.insertion + 2,
                     sizeof(void *), sizeof(void *))
    made.item_type = result
    made.written = parameters
    made.parameters = tuple([(<CType>item).pointer_type if (<CType>item).kind_number == ARRAY else item
                             for item in parameters])
    made.is_variadic = ellipsis
    made.calling_convention = abi
    made.passed_as = _c.pointer
    return remembered(key, made)


def getcname(CType ctype not None, str declarator not None):
    """Return the type's name with a declarator in its place."""
    return with_declarator(ctype, declarator)


def _get_types():
    """Return the classes of cdata and ctype objects."""
    return _CDataBase, CType


def _get_common_types(dict found not None):
    """Add the typedefs that everybody knows."""
    found["bool"] = "_Bool"
