"""Type: an ffi_type and the rule that converts Python values."""

from libc.stdint cimport uint16_t, uint32_t, uintptr_t
from libc.string cimport memcmp, memcpy, memmove, memset, strlen
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.weakref cimport PyWeakref_NewRef


@cython.final
@cython.no_gc_clear             # see clear_type()
cdef class Type:
    """Describe a C type and convert its values.

    Types come from `libffi.c`: scalars by name, the rest from constructors such as
    `c.ptr(T)` and `c.struct(...)`. They are immutable and interned, except that
    an incomplete struct may be defined once. C: ffi_type.
    """
    cdef type_info info
    cdef vectorcallfunc vectorcall
    cdef object __weakref__
    cdef object _name               # C spelling, or None until asked for
    cdef readonly str kind
    cdef readonly object item
    cdef readonly object fields
    cdef readonly object offsets
    cdef readonly object cif
    cdef readonly object enum
    cdef object index, memory_class, members
    cdef object rebuild             # (callable, arguments) that make it again
    cdef object state               # what pickle restores afterwards
    cdef object refusal             # why it cannot be passed by value, or None
    cdef bint natural, in_definition
    cdef int depth                  # of nesting: what recursion over the type costs
    cdef ffi_type own
    cdef ffi_type **elements
    cdef object pointer_to, const_pointer_to
    cdef object array_layout        # (format, shape, strides) of the buffer protocol

    _made_by = "libffi.c, such as c.int or c.ptr(c.int)"

    def __dealloc__(self):
        PyMem_Free(self.elements)
        PyMem_Free(self.info.fields)

    @property
    def name(self):
        """Return the type's C spelling."""
        return type_name(self)

    @property
    def size(self):
        """Return the size in bytes, or None while the type is incomplete."""
        return self.info.size if self.info.complete else None

    @property
    def alignment(self):
        """Return the alignment in bytes, or None while the type is incomplete."""
        return self.info.alignment if self.info.complete else None

    @property
    def length(self):
        """Return the number of items of an array or vector, or the width of a bit-field."""
        return self.info.length if self.info.kind in (K_ARRAY, K_VECTOR, K_BITS) else None

    @property
    def const(self):
        """Return whether C promises not to write through this pointer."""
        return bool(self.info.is_const)

    def __class_getitem__(cls, item):
        """Return the class, annotated with the Python type of its values (`Type[float]`)."""
        return GenericAlias(cls, item)

    def __repr__(self):
        return f"<libffi.Type {clipped(type_name(self), ROOM)}>"

    def __str__(self):
        return type_name(self)

    def __reduce__(self):
        function, arguments = self.rebuild
        if self.state is None:
            return function, arguments
        return function, arguments, self.state

    def __setstate__(self, state):
        if not self.info.complete:
            self.define(*state)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __call__(self, *args, **fields):
        """Make a typed value.

        Scalars give a Value, pointers a Pointer (converting anything that has an
        address), arrays, structs and unions new Memory; structs also from their
        fields, by name or all by position.
        """
        if is_aggregate_kind(self.info.kind):
            return self.new(*args, **fields)
        if fields or len(args) != 1:
            raise TypeError(f"{type_name(self)} takes exactly one value")
        return make_value(self, args[0])

    def new(self, *args, **fields):
        """Allocate memory for one value, zeroed or initialised.

        `T.new()`, `T.new(value)`, or for structs `T.new(x=1, y=2)`. The memory
        lives as long as anything that was derived from it.
        """
        need_storage(self)
        if len(args) + (len(fields) > 0) > 1:
            raise TypeError(f"{type_name(self)}.new() takes one " + (
                "sequence, such as [1, 2]" if self.info.kind in (K_ARRAY, K_VECTOR) else "value or fields by name"))
        cdef MemoryObject *memory = memory_new(&self.info)
        result = <object>memory
        Py_XDECREF(<PyObject *>memory)
        cdef keeper k
        if args or fields:
            if fields and self.info.kind not in (K_STRUCT, K_UNION):
                raise TypeError(f"{type_name(self)}.new(): {type_name(self)} has no fields")
            k = memory_keeper(memory)
            lifetime_pin(memory.m.life)     # gc.get_objects() may find it, and code may close it
            try:
                with cython.critical_section(result):
                    store_placed(&self.info, memory.m.data, fields if fields else args[0], &k, "%U.new()",
                                 type_name(self), 0)
            finally:
                lifetime_unpin(memory.m.life)
        return result

    def at(self, address):
        """View the storage at `address` as memory of this type, without owning it.

        `address` is an int, or Memory, a Pointer or a buffer that is then kept
        alive; what is known to be too small for the type is ValueError. Memory of
        a read-only buffer is const.
        """
        need_storage(self)
        cdef Pointer pointer = make_pointer(ptr(core_types["void"], True), address)
        if pointer.p.address == NULL:
            raise ValueError(f"{type_name(self)}.at(): NULL address")
        if isinstance(pointer.owner, memoryview):       # which was exported once; another time it may be another
            address = pointer.owner
        known = known_size(address)
        if known is not None and known < self.info.size:
            raise ValueError(f"{type_name(self)}.at(): expected at least {self.info.size} bytes, "
                             f"got {known}")
        return view_memory(self, pointer.p.address, pointer.owner, pointer.p.life, is_const(address))

    def read(self, buffer):
        """Return the Python value of this type at the start of a bytes-like object."""
        need_storage(self)
        view = memoryview(buffer)
        if not view.c_contiguous:
            raise ValueError(f"{type_name(self)}.read(): expected a contiguous buffer")
        if <size_t>view.nbytes < self.info.size:
            raise ValueError(f"{type_name(self)}.read(): expected at least {self.info.size} "
                             f"bytes, got {view.nbytes}")
        return load_value(&self.info, buffer_address(view), NULL)

    def define(self, members=(), _pack_=0, _align_=0, **fields):
        """Complete an incomplete struct or union, once."""
        with cython.critical_section(self):
            if self.info.kind not in (K_STRUCT, K_UNION) or self.info.complete:
                raise TypeError(f"{type_name(self)} is already complete")
            if self.in_definition:      # by code that members' iterators or ints run
                raise TypeError(f"{type_name(self)} is being defined")
            self.in_definition = True
            try:
                checked = check_members(self, members, fields)
                _pack_, _align_ = alignment_of(self, "_pack_", _pack_), alignment_of(self, "_align_", _align_)
                complete_struct(self, checked, _pack_, _align_)
            finally:
                self.in_definition = False
            self.state = (tuple(checked), _pack_, _align_)


cdef object MappingProxyType = type(Memory.__dict__)
cdef object NO_FIELDS = MappingProxyType({})
cdef object GenericAlias = type(list[int])


cdef Type new_type(str kind, type_kind code):
    cdef Type type = Type.__new__(Type)
    type.kind = kind
    type.vectorcall = <vectorcallfunc>type_vectorcall
    type.info.kind = code
    type.info.holds_addresses = is_pointer_kind(code)
    type.info.object = <PyObject *>type
    type.info.complete = True
    type.fields = type.offsets = NO_FIELDS
    type.memory_class = Memory
    type.info.memory_class = <PyObject *>Memory
    return type


cdef int clear_type(garbage) except -1:
    """Break cycles of types, for the collector. Code that it runs meanwhile may still use them.

    Every such cycle goes through a pointer: that now points to void, and whatever C borrows from other types stays.
    """
    cdef Type type = <Type>garbage, void
    type.pointer_to = type.const_pointer_to = None
    if type.info.kind in (K_PTR, K_FUNCTION):
        void = core_types["void"]
        type.info.kind = K_POINTER if type.info.kind == K_FUNCTION else K_PTR
        type.info.item = &void.info
        type.info.cif = NULL
        type.item, type.cif, type.rebuild = void, None, None
    return 0


cdef int MAX_DEPTH = 100


cdef int deepen(Type type, Type part) except -1:
    """Note that `type` is made of `part`; C recursion over types must end."""
    if part.depth >= MAX_DEPTH:
        raise BadTypedef(f"types nested more than {MAX_DEPTH} deep: {type_name(part)[:60]}...")
    if type.depth <= part.depth:
        type.depth = part.depth + 1
    return 0


cdef int name_type(Type type, name) except -1:
    type._name = name
    type.info.name = <PyObject *>type._name
    return 0


cdef str type_name(Type type):
    return type._name


cdef int need_storage(Type type) except -1:
    if not type.info.complete:
        raise TypeError(f"{type_name(type)} is incomplete: its size is not known")
    if type.info.kind == K_VOID or type.info.kind >= K_BITS:
        raise TypeError(f"{type_name(type)} has no storage of its own")
    return 0


# ---- C spellings ----

cdef str spell(Type type, str inner):
    """Return the C declaration of `inner` as this type."""
    cdef Type item
    if type.info.kind == K_PTR or (type.info.kind in (K_REF, K_OUT, K_INOUT)):
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
        return spell_function(type.cif, f"(*{inner})")
    if type.info.kind == K_BITS:
        return f"{spell(<Type>type.item, inner)} : {type.info.length}"
    name = type_name(type)
    if not inner or name.endswith("*"):
        return name + inner
    return f"{name}{'' if inner.startswith('[') else ' '}{inner}"


cdef str shorten(str name):
    # Function types of function types double in length with each step.
    return name if len(name) <= 1000 else name[:500] + "..." + name[-100:]


# ---- interning: equal types are the same object while alive ----
# Keys name parts by id: the interned object keeps its parts alive, the key must not.

cdef dict interned = {}


cdef object find_interned(key):
    reference = dict_get(interned, key)
    return None if reference is None else reference()


@cython.final
@cython.internal
cdef class Forget:
    """Drop a key whose object died (a weak reference's callback)."""
    cdef object key

    def __call__(self, reference):
        lock_interned()
        try:
            if dict_get(interned, self.key) is reference:
                del interned[self.key]
        finally:
            unlock_interned()


cdef object intern_object(key, value):
    cdef Forget forget = Forget.__new__(Forget)
    forget.key = key
    reference = PyWeakref_NewRef(value, forget)
    while True:
        known = interned.setdefault(key, reference)
        if known is reference:
            return value
        other = known()
        if other is not None:
            return other
        forget(known)       # it died, and was not forgotten yet


# ---- passing by value ----

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
    cdef Py_ssize_t i
    if type.info.size == 0:
        return "it has no size"
    if type.info.size > MAX_BY_VALUE:
        return f"it is larger than {MAX_BY_VALUE} bytes"
    for _, member, _, _, _ in type.members:
        if member.info.kind == K_BITS:
            return "libffi cannot describe bit-fields"
    if not type.natural:
        return "libffi cannot describe packed or over-aligned members"
    pointers = []
    for _, member, _, _, _ in type.members:
        is_array, count = member.info.kind == K_ARRAY, 1
        while member.info.kind == K_ARRAY:
            count *= member.info.length
            member = <Type>member.item
        if member.info.size == 0:
            return "it has a member without size"
        passable(member, type_name(type))
        if is_array and count <= ARRAYS_HIDE_FLOATS and member.info.size in (4, 8):
            pointers += [<uintptr_t>int_ffi_type(member.info.size, False)] * count
        elif is_array and ARRAYS_HIDE_FLOATS > 1 and type.info.size == 16 and member.info.kind in (K_LONGDOUBLE, K_EXACT):
            pointers += [<uintptr_t>int_ffi_type(8, False)] * 2
        else:
            pointers += [<uintptr_t>member.info.ffi] * count
    set_elements(type, pointers)
    return None


cdef int flatten(Type type, size_t offset, list leaves) except -1:
    """Append (offset, kind, size) of every scalar in `type`."""
    cdef Type member
    cdef Py_ssize_t i
    if type.info.kind in (K_STRUCT, K_UNION):
        if not type.natural:            # packed, over-aligned or with bit-fields
            leaves.append((offset, K_BITS, 0))
        for _, member, where, _, _ in type.members:
            flatten(member, offset + <size_t>where, leaves)
    elif type.info.kind == K_ARRAY:
        for i in range(type.info.length):
            flatten(<Type>type.item, offset + i * (<Type>type.item).info.size, leaves)
    elif type.info.kind == K_ENUM:
        flatten(<Type>type.item, offset, leaves)
    elif type.info.kind in (K_COMPLEX_FLOAT, K_COMPLEX_DOUBLE):
        part = K_FLOAT if type.info.kind == K_COMPLEX_FLOAT else K_DOUBLE
        leaves.append((offset, part, type.info.size // 2))
        leaves.append((offset + type.info.size // 2, part, type.info.size // 2))
    else:
        leaves.append((offset, type.info.kind, type.info.size))
    return 0


cdef list integer_chunks(size_t size, size_t alignment):
    cdef size_t chunk = alignment if alignment < 8 else 8
    cdef Py_ssize_t count = size // chunk
    return [<uintptr_t>int_ffi_type(chunk, False)] * count


cdef object describe_union(Type type):
    """Build an ffi_type that the platform passes like the union, where we know the rule."""
    cdef char rule = UNION_RULE
    if type.info.size == 0:
        return "it has no size"
    if type.info.size > MAX_BY_VALUE:
        return f"it is larger than {MAX_BY_VALUE} bytes"
    if not type.natural:
        return "libffi cannot describe bit-fields, packed or over-aligned members"
    leaves = []
    flatten(type, 0, leaves)
    size, alignment = type.info.size, type.info.alignment
    integers = integer_chunks(size, alignment)
    kinds = {kind for _, kind, _ in leaves}
    floats = kinds <= {K_FLOAT, K_DOUBLE}
    if kinds & {K_LONGDOUBLE, K_EXACT, K_COMPLEX_LONGDOUBLE, K_S128, K_U128, K_VECTOR, K_BITS}:
        return "the platform's rule for unions with such members is not one libffi can follow"
    if rule == c'x' and size <= 16:
        elements = []
        for start in range(0, size, 8):
            here = [leaf for leaf in leaves if start <= leaf[0] < start + 8]
            length = min(8, size - start)
            if any(kind not in (K_FLOAT, K_DOUBLE) for _, kind, _ in here):
                elements += integer_chunks(length, alignment)
            elif any(kind == K_DOUBLE for _, kind, _ in here):
                elements.append(<uintptr_t>&ffi_type_double)
            else:
                elements += [<uintptr_t>&ffi_type_float] * (length // 4)
    elif rule == c'h' and floats and len(kinds) == 1 and size <= 4 * leaves[0][2]:
        one = &ffi_type_float if K_FLOAT in kinds else &ffi_type_double
        elements = [<uintptr_t>one] * (size // leaves[0][2])
    elif rule in (c'x', c'h', c'm') or not kinds & {K_FLOAT, K_DOUBLE}:
        elements = integers
    else:
        return "the platform's rule for unions with floating-point members is not known"
    set_elements(type, elements)
    return None
