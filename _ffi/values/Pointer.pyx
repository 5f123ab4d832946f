"""Pointer: an address and the type of what is there."""


@cython.final
@cython.no_gc_clear             # its owner has its lifetime
cdef class Pointer:
    """Point to C storage; owns nothing, keeps alive what it was derived from.

    Made by `c.ptr(T)(x)`, calls, closures and memory. `p[i]`, `p.value` read and
    write by the item's type, `p.x` a field of the struct there that has no name of
    the pointer's own; there are no bounds, as in C.
    """
    cdef pointer_state p
    cdef Type type_
    cdef object owner
    cdef object __weakref__

    _made_by = "c.ptr(T)(x)"

    @property
    def address(self):
        """Return the address; 0 is NULL."""
        return <uintptr_t>self.p.address

    @property
    def type(self):
        """Return the pointer's type."""
        return self.type_

    @property
    def value(self):
        """Get or set what is pointed to, as `p[0]`."""
        return self[0]

    @value.setter
    def value(self, value):
        self[0] = value

    @property
    def closed(self):
        """Return whether what it points to was given up by close(), its own or that of the memory it was made of."""
        return not lifetime_is_open(self.p.life)

    def owned(self, free):
        """Return this pointer, owned: `free` is called with it once, as `owned(p, free)` says."""
        return owned(self, free)

    def close(self):
        """Call the destructor of an owned pointer now; later calls do nothing, later uses are ValueError."""
        owner = owner_of(self)
        if owner is None:
            raise ValueError(f"this {type_name(self.type_)} owns nothing: only what owned() made can be closed")
        owner.close()

    def __enter__(self):
        if not lifetime_is_open(self.p.life):
            raise ValueError(f"the storage this {type_name(self.type_)} points to is closed")
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __getattr__(self, name):
        if name in (<Type>self.type_.item).fields:
            return getattr(self[0], name)
        raise AttributeError(f"{type_name(self.type_)} has no attribute {name!r}", name=name, obj=self)

    def __dir__(self):
        return [*object.__dir__(self), *(<Type>self.type_.item).fields]

    def __setattr__(self, name, value):
        if name not in (<Type>self.type_.item).fields or name in POINTERS_OWN:
            PyObject_GenericSetAttr(self, name, value)
            return
        if self.p.type.is_const:
            raise TypeError(f"cannot write through {type_name(self.type_)}")
        setattr(self[0], name, value)

    def __bool__(self):
        return self.p.address != NULL

    def __len__(self):
        if not self.p.bounded:
            raise TypeError(f"how many items are behind this {type_name(self.type_)} is not known")
        return max(self.p.length, 0)

    def __eq__(self, other):
        if isinstance(other, Pointer):
            return self.p.address == (<Pointer>other).p.address
        if other is None:
            return self.p.address == NULL
        return NotImplemented if address_compared(other) is None else <uintptr_t>self.p.address == other

    def __lt__(self, other):
        address = address_compared(other)
        return NotImplemented if address is None else <uintptr_t>self.p.address < address

    def __le__(self, other):
        address = address_compared(other)
        return NotImplemented if address is None else <uintptr_t>self.p.address <= address

    def __gt__(self, other):
        address = address_compared(other)
        return NotImplemented if address is None else <uintptr_t>self.p.address > address

    def __ge__(self, other):
        address = address_compared(other)
        return NotImplemented if address is None else <uintptr_t>self.p.address >= address

    def __hash__(self):
        return hash(<uintptr_t>self.p.address)

    def __int__(self):
        return <uintptr_t>self.p.address

    def text(self, size=None, *, encoding=None, errors=None):
        """Return the text there: up to the NUL, or `size` characters of the type's.

        By default `char` is UTF-8 with surrogateescape, wider characters are UTF-16 or UTF-32.
        """
        return text_behind(self, size, encoding, errors)

    def __getitem__(self, index):
        cdef const type_info *item = pointed_item(self)
        cdef Memory root
        if isinstance(index, slice):
            positions = slice_range(self, index)
            return items_at(pointed_item(self), self.p.address, positions, pointed_memory(self))
        where = item_address(self, index)
        root = pointed_memory(self)
        pointed_item(self)              # an index may have run code that closed the storage
        return load_value(item, where, <MemoryObject *>root)

    def __setitem__(self, index, value):
        cdef const type_info *item = pointed_item(self)
        if self.p.type.is_const:
            raise TypeError(f"cannot write through {type_name(self.type_)}")
        if isinstance(index, slice):
            positions = slice_range(self, index)
            same = same_items(item, positions, value)
            if same is not None:
                pointed_item(self)      # the buffer may have run code that closed the storage
                copy_items(item, self.p.address, positions, same)
                return
            for i, one in zip(positions, items_for(positions, value, "")):
                self[i] = one
            return
        where = item_address(self, index)
        store_item(pointed_item(self), where, value, pointed_memory(self),
                   "%U[%zd]", type_name(self.type_), index)

    def __iter__(self):
        len(self)                       # without a known length there is no end
        return PySeqIter_New(self)

    def __delitem__(self, index):
        raise TypeError(f"what {type_name(self.type_)} points to cannot be deleted")

    @classmethod
    def __class_getitem__(cls, item):
        """Return the class, annotated with the Python type of the items (`Pointer[int]`)."""
        return GenericAlias(cls, item)

    def __add__(self, other):
        return moved(self, other)

    def __radd__(self, other):
        return moved(self, other)

    def __sub__(self, other):
        if not isinstance(other, Pointer):
            return moved(self, -distance_of(self, other))
        if (<Pointer>other).p.type.item != self.p.type.item:
            raise TypeError(f"{type_name(self.type_)} - {type_name((<Pointer>other).type_)}: "
                            "pointers to different types")
        return (self.p.address - (<Pointer>other).p.address) // step_of(self)

    def __repr__(self):
        return f"<{short_name(self.type_)} {f'{<uintptr_t>self.p.address:#x}' if self.p.address else 'NULL'}>"

    def __reduce__(self):
        raise TypeError("cannot pickle a pointer: it is an address")


cdef object POINTERS_OWN = frozenset(dir(Pointer))     # which no field of what it points to hides


cdef Py_ssize_t step_of(Pointer pointer) except -1:
    """Return how many bytes `p + 1` is further on: one for `void *`, as gcc has it."""
    if pointer.p.type.item.kind != K_VOID:
        return pointed_item(pointer).size
    if not lifetime_is_open(pointer.p.life):
        raise ValueError(f"the storage this {type_name(pointer.type_)} points to is closed")
    return 1


cdef object address_compared(other):
    """Return the address to compare with, or None."""
    need_stack(0)
    if isinstance(other, Pointer):
        return <uintptr_t>(<Pointer>other).p.address
    return other if isinstance(other, int) and not isinstance(other, bool) else None


cdef Py_ssize_t distance_of(Pointer pointer, other) except? -1:
    need_stack(0)
    if isinstance(other, Pointer) or not hasattr(other, "__index__"):
        raise TypeError(f"{type_name(pointer.type_)} +- {type(other).__name__}: expected an int")
    distance = PyNumber_Index(other)
    if abs(distance) > PY_SSIZE_T_MAX // 2:
        raise OverflowError(f"{type_name(pointer.type_)} + {distance} is out of range")
    return distance


cdef object moved(Pointer pointer, other):
    cdef Py_ssize_t distance = distance_of(pointer, other)
    cdef Pointer result
    cdef Py_ssize_t size = step_of(pointer)
    if abs(distance) > (PY_SSIZE_T_MAX // 2) // max(size, 1):
        raise OverflowError(f"{type_name(pointer.type_)} + {distance} is out of range")
    result = new_pointer(pointer.p.type, <char *>(<uintptr_t>pointer.p.address + <uintptr_t>(distance * size)),
                         NULL if pointer.owner is None else <PyObject *>pointer.owner,
                         pointer.p.life, -1)
    if pointer.p.bounded:
        result.p.bounded = True
        result.p.length = pointer.p.length - distance
        result.p.before = pointer.p.before + distance
    return result
