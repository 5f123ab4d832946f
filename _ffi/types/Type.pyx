"""Type: an ffi_type and the rule that converts Python values."""


@cython.final
@cython.no_gc_clear             # see clear_type()
@cython.trashcan(True)          # it may be the last to hold another one, and so on, CIFs in between
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
    cdef object memory_class, members
    cdef object base                # the struct that it begins with, whose class its class extends, or None
    cdef object defaults            # tuple of position, value, ... of what a call of its class leaves out, or None
    cdef object rebuild             # (callable, arguments) that make it again
    cdef object state               # what pickle restores afterwards
    cdef object refusal             # why it cannot be passed by value, or None
    cdef bint natural, in_definition
    cdef bint swapped               # a struct of the other byte order
    cdef int depth                  # of nesting: what recursion over the type costs
    cdef ffi_type own
    cdef ffi_type **elements
    cdef object pointer_to, const_pointer_to
    cdef object array_layout        # (format, shape, strides) of the buffer protocol

    _made_by = "libffi.c, such as c.int or c.ptr(c.int)"

    def __dealloc__(self):
        PyMem_Free(self.elements)
        PyMem_Free(self.info.fields)
        Py_XDECREF(self.info.field_index)
        PyMem_Free(self.info.demands)

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
    def byteorder(self):
        """Return "big" or "little": that of a number, or of a struct's own numbers and bit-fields."""
        return OTHER_ORDER if self.swapped or self.info.kind == K_SWAPPED else BYTE_ORDER

    @property
    def bits(self):
        """Return where each bit-field of a struct or union lies: its name -> (offset, width), in bits.

        The offset counts from the struct's first byte, in a little-endian struct from the lowest bit of each
        byte, in a big-endian one from the highest.
        """
        cdef const field_info *field
        cdef Py_ssize_t i
        found = {}
        for i in range(self.info.nfields):
            field = &self.info.fields[i]
            if field.bit_width:
                found[<object>field.name] = (<object>field.offset * 8 + field.bit_offset, <int>field.bit_width)
        return MappingProxyType(found)

    @property
    def const(self):
        """Return whether C promises not to write through this pointer."""
        return bool(self.info.is_const)

    @property
    def dtype(self):
        """Return NumPy's dtype of the values, which `numpy.dtype(T)` is too; TypeError where it has none."""
        return foreign().dtype_of(self)

    @property
    def closure(self):
        """Make a closure of a callable, or decorate one: CIF.closure of what a function pointer points to."""
        if self.cif is None:
            raise AttributeError(f"{type_name(self)} is no function pointer: it has no closures",
                                 name="closure", obj=self)
        return self.cif.closure

    @classmethod
    def __class_getitem__(cls, item):
        """Return the class, annotated with the Python type of its values (`Type[float]`)."""
        return GenericAlias(cls, item)

    def __repr__(self):
        return f"<libffi.Type {clipped(type_name(self), ROOM)}>"

    def __str__(self):
        return type_name(self)

    def __reduce__(self):
        function, arguments = self.rebuild
        if self.state is None or self.info.users_class:
            return function, arguments
        return function, arguments, self.state

    def __setstate__(self, state):
        if type(state) is not tuple:        # what has no end would be asked for ever
            raise TypeError(f"{type_name(self)}: expected the state that pickle stores, a tuple, "
                            f"got {state.__class__.__name__}")
        if not self.info.complete:
            self.define(*state)

    def __mro_entries__(self, bases):
        """Return what a class statement with this type among its bases extends: the class of its memory."""
        return entries_of(self)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __call__(self, *args, **fields):
        """Make a typed value.

        Scalars give a Value, pointers a Pointer (converting anything that has an
        address), arrays, structs, unions and users' classes new Memory; structs also
        from their fields, by name or all by position.
        """
        if is_aggregate_kind(self.info.kind) or self.info.kind == K_INSTANCE:
            return self.new(*args, **fields)
        if fields or len(args) != 1:
            raise TypeError(f"{type_name(self)} takes exactly one value")
        return make_value(self, args[0])

    def new(self, *args, **fields):
        """Allocate memory for one value, zeroed or initialised.

        `T.new()`, `T.new(value)`, or for structs `T.new(x=1, y=2)`. The memory
        lives as long as anything that was derived from it.
        """
        need_maker(self)
        if len(args) + (len(fields) > 0) > 1:
            raise TypeError(f"{type_name(self)}.new() takes one " + (
                "sequence, such as [1, 2]" if self.info.kind in (K_ARRAY, K_VECTOR) else "value or fields by name"))
        cdef Memory memory = memory_new(&self.info)
        cdef keeper k
        if args or fields:
            if fields and self.info.kind not in (K_STRUCT, K_UNION):
                raise TypeError(f"{type_name(self)}.new(): {type_name(self)} has no fields")
            k = memory_keeper(<MemoryObject *>memory)
            lifetime_pin(memory.m.life)     # gc.get_objects() may find it, and code may close it
            try:
                with cython.critical_section(memory):
                    store_placed(&self.info, memory.m.data, fields if fields else args[0], &k, "%U.new()",
                                 type_name(self), 0)
            finally:
                lifetime_unpin(memory.m.life)
        return memory

    def at(self, address, offset=0):
        """View the storage at `address`, so many bytes further on, as memory of this type, without owning it.

        `address` is an int, or Memory, a Pointer or a buffer that is then kept
        alive; what is known to be too small for the type is ValueError, and so is
        a place in a buffer or memory that is not aligned for it. Memory of a
        read-only buffer is const. A buffer is released by `close()`, or `with`.
        """
        cdef Py_ssize_t distance = distance_into(self, "at", offset)
        need_maker(self)
        cdef Type any_pointer = ptr(core_types["void"], True)
        made = stand_in(&any_pointer.info, address)
        if made is not None:
            address = made
        if isinstance(address, (Function, Closure)):
            raise TypeError(f"{type_name(self)}.at(): code is no storage, got {type(address).__name__}")
        if isinstance(address, int):
            PySys_Audit("libffi.cdata", "O", <PyObject *>address)
        cdef Pointer pointer = make_pointer(any_pointer, address)
        if pointer.p.address == NULL:
            raise ValueError(f"{type_name(self)}.at(): NULL address")
        if isinstance(pointer.owner, Export) and not isinstance(address, (Memory, Pointer)):
            # It was exported once; another time it may be another.
            address = pointer.owner
        known = known_size(address)
        if known is not None:
            need_bytes(self, "at", known, distance)
        if debugging:
            check_read(f"{type_name(self)}.at()", pointer.p.address + distance,
                       self.info.size if known is None else 0, 1)
        if not isinstance(address, (int, Pointer)) and (<uintptr_t>pointer.p.address + distance) % self.info.alignment:
            raise ValueError(f"{type_name(self)}.at(): the place is not aligned to {self.info.alignment} bytes "
                             "(T.read() reads from any)")
        cdef Memory memory = view_memory(self, pointer.p.address + distance, pointer.owner, pointer.p.life,
                                         is_const(address))
        if self.info.flexible and known is not None:
            memory.m.size = known - distance
        if address is pointer.owner and isinstance(address, Export):
            memory.m.life = &memory.m.own       # which ends before its object does, where close() releases the buffer
        return memory

    def read(self, buffer, offset=0):
        """Return the Python value of this type in a bytes-like object, so many bytes after its start."""
        cdef Py_ssize_t distance = distance_into(self, "read", offset)
        need_maker(self)
        cdef Export export = hold_buffer(buffer)
        if not PyBuffer_IsContiguous(&export.view, b'C'):
            raise ValueError(f"{type_name(self)}.read(): expected a contiguous buffer")
        need_bytes(self, "read", export.view.len, distance)
        return load_value(&self.info, <char *>export.view.buf + distance, NULL)

    def define(self, members=(), _pack_=0, _align_=0, _layout_=None, _byteorder_=None, **fields):
        """Complete an incomplete struct or union, once."""
        with cython.critical_section(self):
            if self.info.kind not in (K_STRUCT, K_UNION) or self.info.complete:
                raise TypeError(f"{type_name(self)} is already complete")
            if self.in_definition:      # by code that members' iterators or ints run
                raise TypeError(f"{type_name(self)} is being defined")
            self.in_definition = True
            try:
                define_struct(self, members, fields, (_pack_, _align_, _layout_, _byteorder_))
            finally:
                self.in_definition = False


cdef str new_signature = "new($self, /, *args, **fields)\n--\n\n" + Type.new.__doc__


cdef Py_ssize_t distance_into(Type type, method, offset) except -1:
    """Return an offset as a number of bytes."""
    cdef Py_ssize_t distance
    try:
        distance = as_size(offset)
    except TypeError:
        raise TypeError(f"{type_name(type)}.{method}(): expected an int offset, "
                        f"got {offset.__class__.__name__}") from None
    except OverflowError:
        distance = -1
    if not 0 <= distance < PY_SSIZE_T_MAX // 2:
        raise ValueError(f"{type_name(type)}.{method}(): offset {offset} is out of range")
    return distance


cdef int need_bytes(Type type, method, Py_ssize_t known, Py_ssize_t distance) except -1:
    """Raise ValueError where a type does not fit into what is known to be there."""
    if known - distance < <Py_ssize_t>type.info.size:
        place = f" at offset {distance}" if distance else ""
        raise ValueError(f"{type_name(type)}.{method}(): expected at least {type.info.size} bytes{place}, "
                         f"got {max(known - distance, 0)}")
    return 0


cdef object NO_FIELDS = MappingProxyType({})


cdef list KIND_NAMES = [_sys.intern(kinds[i].name.decode()) for i in range(KIND_COUNT)]


cdef Type new_type(type_kind kind):
    cdef Type type = Type.__new__(Type)
    type.kind = KIND_NAMES[<int>kind]
    type.vectorcall = <vectorcallfunc>type_vectorcall
    type.info.kind = kind
    type.info.holds = PYTHON_OBJECTS if kind == K_OBJECT else ADDRESSES if is_address_kind(kind) else NO_ADDRESSES
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
    type.info.defaults = NULL
    type.defaults = None
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
    if not is_stored_kind(type.info.kind):
        raise TypeError(f"{type_name(type)} has no storage of its own")
    return 0


cdef int need_maker(Type type) except -1:
    need_storage(type)
    if type.info.is_va_list:
        raise TypeError(f"{type_name(type)}: a va_list is passed on from a closure's argument; none can be made")
    return 0
