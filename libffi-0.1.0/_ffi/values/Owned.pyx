"""Owned: what C wants freed, closed or released, once."""


@cython.final
@cython.no_gc_clear             # pointers have its lifetime
@cython.trashcan(True)          # what frees it may be the last to hold another one, and so on
cdef class Owned:
    """Hold a number that C knows something by, a file descriptor say; made by `owned(number, free)`.

    It goes where C wants the number. `free` is called with it once: by `close()`, at the end of `with`, when the
    last reference goes, or before the interpreter ends.
    """
    cdef lifetime life
    cdef object handle              # what `free` is called with: a number, a pointer, a struct
    cdef object free
    cdef object key                 # its id: made early, as there may be no memory for it later
    cdef object __weakref__

    _made_by = "owned(number, free)"

    @property
    def value(self):
        """Return the number."""
        if not lifetime_is_open(&self.life):
            raise ValueError(f"{short_repr(self.handle)} was given to its destructor: it is closed")
        return self.handle

    @property
    def closed(self):
        """Return whether the destructor has been called."""
        return not lifetime_is_open(&self.life)

    def close(self):
        """Call the destructor now, and raise what it raises; later calls do nothing, later uses are ValueError."""
        if end_owned(self) == IN_USE:
            raise BufferError("it is in use by a call or an exported buffer")

    def __enter__(self):
        self.value
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __index__(self):
        return self.value

    def __int__(self):
        return self.value

    def __repr__(self):
        return f"<{'' if lifetime_is_open(&self.life) else 'closed '}owned {short_repr(self.handle)}>"

    def __reduce__(self):
        raise TypeError("cannot pickle what is owned: it would be freed twice")

    def __del__(self):
        if end_owned_quietly(self) == IN_USE:
            hidden_set(needed_at_the_end, self.key, (self.free, self.handle))

    def __dealloc__(self):
        # A buffer may have been exported when the collector asked above.
        if self.handle is not None and lifetime_is_open(&self.life):
            end_owned_quietly(self)


# Who owns something, weakly, by id: the newest last, and freed first when the interpreter ends. Then no more is.
cdef dict owners = {}
cdef bint owners_are_done = False

# Of owners that the collector found while a buffer of theirs was exported, by id: what to call, and with what. It takes
# functions and classes apart before the buffer goes, but nothing that this reaches.
cdef dict needed_at_the_end = {}

# What to call, and with what, once there is stack for it again.
cdef list waiting = []


def owned(value, free):
    """Return what C gave, owned: `free` is called with it once.

    That is at `close()`, at the end of `with`, when nothing derived from it is left, or before the interpreter ends,
    whichever comes first. `value` is a pointer, a struct, or a number (then it is an `Owned`); `free` any callable.
    """
    cdef Owned owner
    cdef Memory memory
    if isinstance(value, Value):
        value = (<Value>value).value
    if isinstance(value, (Pointer, Memory)):
        check_ownable(value)
    elif not isinstance(value, int) or isinstance(value, bool):
        hint = ": NULL is nothing to free" if value is None else ""
        raise TypeError(f"owned(): expected a pointer, a struct or an int, got {type(value).__name__}{hint}")
    if not callable(free):
        raise TypeError(f"owned(): expected a callable that frees it, got {type(free).__name__}")
    if isinstance(free, Function) and len((<Function>free).argtypes) != 1:
        raise TypeError(f"owned(): {free.name}() takes {len((<Function>free).argtypes)} arguments, expected one")
    owner = Owned.__new__(Owned)
    owner.handle, owner.free = value, free
    owner.key = id(owner)
    hidden_set(owners, owner.key, PyWeakref_NewRef(owner, None))
    if isinstance(value, Pointer):
        return owned_pointer(<Pointer>value, owner)
    if isinstance(value, Memory):
        memory = <Memory>value
        return view_memory(memory.type_, memory.m.data, owner, &owner.life, memory.m.readonly)
    return owner


cdef int check_ownable(value) except -1:
    cdef object owner = (<Pointer>value).owner if isinstance(value, Pointer) else (<Memory>value).owner
    if isinstance(value, Memory):
        memory_data(<MemoryObject *>value)
    elif not lifetime_is_open((<Pointer>value).p.life):
        raise ValueError(f"owned(): the storage this {type_name((<Pointer>value).type_)} points to is closed")
    elif (<Pointer>value).p.address == NULL:
        raise ValueError(f"owned(): NULL {type_name((<Pointer>value).type_)}")
    if isinstance(owner, Owned):
        raise ValueError("owned(): it is owned already")
    return 0


cdef Pointer owned_pointer(Pointer pointer, Owned owner):
    cdef Pointer result = pointer_kept(pointer.type_, pointer.p.address, owner, &owner.life, -1)
    result.p.bounded, result.p.length, result.p.before = pointer.p.bounded, pointer.p.length, pointer.p.before
    return result


cdef Owned owner_of(value):
    """Return who owns just this pointer or memory, not only storage behind or around it; or None."""
    cdef Owned owner
    if isinstance(value, Pointer) and isinstance((<Pointer>value).owner, Owned):
        owner = <Owned>(<Pointer>value).owner
        if isinstance(owner.handle, Pointer) and (<Pointer>owner.handle).p.address == (<Pointer>value).p.address:
            return owner
    if isinstance(value, Memory) and isinstance((<Memory>value).owner, Owned):
        owner = <Owned>(<Memory>value).owner
        if isinstance(owner.handle, Memory) and (<Memory>owner.handle).m.type == (<Memory>value).m.type:
            return owner
    return None


cdef closing begin_to_end(Owned owner) except *:
    """Say whether it is the caller's to call the destructor."""
    done = lifetime_close(&owner.life)
    if done == NOW_CLOSED:
        owners.pop(owner.key, None)
        needed_at_the_end.pop(owner.key, None)
    return done


cdef closing end_owned(Owned owner) except *:
    """Call the destructor, if nobody has and nobody uses it; it may raise anything."""
    done = begin_to_end(owner)
    if done == NOW_CLOSED:
        free, owner.free = owner.free, None
        need_stack(0)
        free(owner.handle)
    return done


cdef closing end_owned_quietly(Owned owner) except *:
    """The same, where nobody is there to be told: what it raises goes to sys.unraisablehook.

    What it is, or gives, may be the last to hold another owner, and so on: those for whom there is no stack wait.
    """
    if owners_are_done:
        return WAS_CLOSED
    done = begin_to_end(owner)
    if done == NOW_CLOSED:
        free, owner.free = owner.free, None
        if stack_is_short():
            waiting.append((free, owner.handle))
            return done
        call_quietly(free, owner.handle)
        free = None                         # which may end the next one
        end_waiting()
    return done


cdef int end_waiting() except -1:
    while waiting:
        try:
            free, handle = waiting.pop()
        except IndexError:                  # another thread has freed the last one
            break
        call_quietly(free, handle)
        free = handle = None
    return 0


cdef int call_quietly(free, handle) except -1:
    cdef PyObject *result = PyObject_CallOneArg(free, handle)
    if result == NULL:
        PyErr_WriteUnraisable(free)
    Py_XDECREF(result)
    return 0


def _end_all_owned():
    """Free what is still owned, the newest first; afterwards modules go, and no destructor can be sure of anything."""
    global owners_are_done
    while owners:
        try:
            _, reference = owners.popitem()
        except KeyError:                # another thread has freed the last one
            break
        owner = reference()
        if owner is not None:
            end_owned_quietly(<Owned>owner)
    end_waiting()
    owners_are_done = True
