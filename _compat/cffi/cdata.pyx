"""cdata objects: an address and a ctype, and whose the memory is."""

cdef extern from *:
    """
    /* Cython has no word for it: the type's instances are called by what stands at `offset`, where it is not NULL;
       and users' classes cannot be made of it. */
    static void use_vectorcall(PyTypeObject *type, Py_ssize_t offset)
    {
        type->tp_vectorcall_offset = offset;
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_flags &= ~Py_TPFLAGS_BASETYPE;
    }
    #define tuple_items(tuple) (((PyTupleObject *)(tuple))->ob_item)
    """
    PyObject *const *tuple_items(tuple)
    void use_vectorcall(PyTypeObject *, Py_ssize_t)
    ctypedef object (*vectorcallfunc)(object, PyObject *const *, size_t, PyObject *)
    Py_ssize_t PyVectorcall_NARGS(size_t)


@cython.no_gc
@cython.freelist(32)
cdef class _CDataBase:
    """A value in C's memory: numbers in itself, the others by their address. Made by the backend only."""
    cdef char *data
    cdef CType type
    cdef vectorcallfunc vectorcall      # functions
    cdef Py_ssize_t length              # arrays: items; structs with an open end, and pointers that own one: bytes
    cdef Py_ssize_t uses                # conversions, calls and exported buffers that rely on the memory just now
    cdef bint may_be_released           # other threads may take the memory away: set before they see the object
    cdef object __weakref__
    cdef char room[16]                  # of a number

    __name__ = "<cdata>"
    __module__ = "libffi.compat.cffi"

    def __repr__(self):
        return show(self)

    def __bool__(self):
        return self.data != NULL if not is_number(self.type) else number_is_true(self.type, self.data)

    def __int__(self):
        return number_as_int(self)

    def __float__(self):
        return number_as_float(self)

    def __complex__(self):
        if self.type.kind_number != COMPLEX:
            raise TypeError(f"complex() not supported on cdata '{self.type.cname}'")
        return read(self.type, self.data)

    def __len__(self):
        if self.type.kind_number != ARRAY:
            raise TypeError(f"cdata of type '{self.type.cname}' has no len()")
        return self.length

    def __iter__(self):
        cdef __CData_iterator made
        if self.type.kind_number != ARRAY:
            raise TypeError(f"cdata '{self.type.cname}' does not support iteration")
        made = __CData_iterator.__new__(__CData_iterator)
        made.array = self
        return made

    def __getitem__(self, index):
        return get_item(self, index)

    def __setitem__(self, index, value):
        set_item(self, index, value)

    def __delitem__(self, index):
        raise TypeError("'del x[n]' not supported for cdata objects")

    def __getattribute__(self, name):
        return get_member(self, name)

    def __setattr__(self, name, value):
        set_member(self, name, value)

    def __delattr__(self, name):
        raise AttributeError("cannot delete members of cdata objects")

    def __dir__(self):
        cdef CType ctype = self.type.item_type if self.type.kind_number == POINTER else self.type
        return sorted(ctype.members) if ctype.members is not None else []

    def __add__(self, count):
        return moved(self, count, 1)

    def __radd__(self, count):
        return moved(self, count, 1)

    def __sub__(self, other):
        return distance(self, <_CDataBase>other) if isinstance(other, _CDataBase) else moved(self, other, -1)

    def __call__(self, *arguments):
        if self.type.kind_number != FUNCTION:
            raise TypeError(f"cdata of type '{self.type.cname}' is not callable")
        return call(self, tuple_items(arguments), len(arguments))

    def __richcmp__(self, other, int operation):
        return compare(self, other, operation)

    def __hash__(self):
        return hash(<uintptr_t>self.data) if not is_number(self.type) else hash_number(self)

    def __enter__(self):
        check_releasable(self)
        return self

    def __exit__(self, kind, value, traceback):
        release(self)


@cython.final
cdef class __CDataOwn(_CDataBase):
    """Memory that goes with the object, and a pointer to it."""
    cdef void *memory
    cdef object allocated               # by a function of the user's: what holds it
    cdef __CDataOwn target              # pointers to structs: the struct, as soon as asked for; it owns the memory then

    def __dealloc__(self):
        PyMem_Free(self.memory)


@cython.trashcan(True)          # a handle of a handle of ...
@cython.final
cdef class __CDataOwnGC(_CDataBase):
    """What an object of Python's keeps: a callback, a handle, a function of a library."""
    cdef object owner
    cdef object handle                  # without a GIL its address as a number, until the collector clears it
    cdef bint is_handle

    def __dealloc__(self):
        if self.is_handle:
            if not FREE_THREADED:
                forget_handle(self.data)
            else:
                _handles.pop(<uintptr_t>self.data if self.handle is None else self.handle, None)


@cython.final
cdef class __CDataFromBuf(_CDataBase):
    """The memory of a buffer."""
    cdef Py_buffer view
    cdef bint is_open

    def __dealloc__(self):
        if self.is_open:
            PyBuffer_Release(&self.view)


@cython.trashcan(True)
@cython.final
cdef class __CDataGCP(_CDataBase):
    """What has a destructor."""
    cdef object origin
    cdef object destructor              # None: it was called

    def __del__(self):
        destroy(self, False)


@cython.no_gc
@cython.freelist(8)
@cython.final
cdef class __CData_iterator:
    """The items of an array, one by one."""
    cdef _CDataBase array
    cdef Py_ssize_t next_index

    def __iter__(self):
        return self

    @cython.nonecheck(False)
    def __next__(self):
        cdef Py_ssize_t i = self.next_index     # once: other threads may go on with the same iterator
        cdef Py_ssize_t size
        if i >= self.array.length:
            raise StopIteration
        self.next_index = i + 1
        if FREE_THREADED and self.array.may_be_released:
            return get_item(self.array, i)
        if self.array.data == NULL:
            check_address(self.array)
        size = self.array.type.item_type.size
        if self.array.type.item_type.kind_number == SIGNED:     # no references to count
            return PyLong_FromLongLong(signed_at(size, self.array.data + i * size))
        return read(self.array.type.item_type, self.array.data + i * size)


cdef use_vectorcalls():
    """Let functions be called without a tuple of their arguments."""
    cdef _CDataBase example = _CDataBase.__new__(_CDataBase)
    cdef Py_ssize_t offset = <char *>&example.vectorcall - <char *><PyObject *>example
    for cls in (_CDataBase, __CDataOwn, __CDataOwnGC, __CDataFromBuf, __CDataGCP):
        use_vectorcall(<PyTypeObject *>cls, offset)


use_vectorcalls()


cdef inline _CDataBase place(_CDataBase made, CType ctype, char *data):
    """Give a new object its type and address."""
    made.type = ctype
    made.data = data
    made.length = -1
    if ctype.kind_number == FUNCTION:
        made.vectorcall = call_function
    return made


cdef inline _CDataBase new_cdata(CType ctype, char *data):
    """Return an object that owns nothing."""
    return place(_CDataBase.__new__(_CDataBase), ctype, data)


cdef _CDataBase new_number(CType ctype):
    """Return an object for a number, which is to be stored at its `data`."""
    cdef _CDataBase made = _CDataBase.__new__(_CDataBase)
    return place(made, ctype, made.room)


cdef inline bint owns_memory(_CDataBase cdata) noexcept:
    return type(cdata) is __CDataOwn


cdef int check_releasable(_CDataBase cdata) except -1:
    if not isinstance(cdata, (__CDataOwn, __CDataFromBuf, __CDataGCP)) or is_aggregate(cdata.type):
        raise ValueError("only 'cdata' object from ffi.new(), ffi.gc(), ffi.from_buffer() or ffi.new_allocator()() "
                         "can be used with the 'with' keyword or ffi.release()")
    return 0


@cython.nonecheck(False)
cdef inline void use(_CDataBase cdata) noexcept:
    """What follows relies on the object's memory and may run Python code: release() is refused until unuse()."""
    shared_count(&cdata.uses, 1)


@cython.nonecheck(False)
cdef inline void unuse(_CDataBase cdata) noexcept:
    shared_count(&cdata.uses, -1)


# What reads a value in one go, without Python code on the way, locks the object instead, where there is no GIL:
# release() waits for that, which would be refused by chance otherwise.

cdef int copy_from(char *data, _CDataBase source, Py_ssize_t size) except -1:
    """Copy what another object refers to."""
    with cython.critical_section(source):
        check_address(source)
        c_memmove(data, source.data, size)
    return 0


def release(_CDataBase cdata not None):
    """Let go at once of what the object holds: a buffer, or what its destructor frees. It is NULL from then on."""
    cdef __CDataFromBuf buffered
    cdef Py_buffer view
    cdef bint was_open = False
    check_releasable(cdata)
    if isinstance(cdata, __CDataFromBuf):
        buffered = <__CDataFromBuf>cdata
        with cython.critical_section(cdata):
            if buffered.is_open:
                take_address(cdata)
                view, was_open, buffered.is_open = buffered.view, True, False
        if was_open:
            PyBuffer_Release(&view)
    elif isinstance(cdata, __CDataGCP):
        destroy(<__CDataGCP>cdata, True)
    else:
        give_back(<__CDataOwn>cdata)


cdef int take_address(_CDataBase cdata) except -1:
    """Make it NULL: who uses it from now on finds that, and who uses it already is found here."""
    cdef char *data = cdata.data
    cdata.data = NULL
    shared_fence()
    if cdata.uses:
        cdata.data = data
        raise BufferError(f"cdata '{cdata.type.cname}' is in use: it cannot be released now")
    return 0


cdef give_back(__CDataOwn cdata):
    """Let go of memory of the user's allocator; our own stays for as long as the object."""
    with cython.critical_section(cdata):
        allocated = cdata.allocated
        if cdata.uses or cdata.target is not None and cdata.target.uses:
            raise BufferError(f"cdata '{cdata.type.cname}' is in use: it cannot be released now")
        if allocated is not None:
            if cdata.target is not None:
                with cython.critical_section(cdata.target):
                    take_address(cdata.target)
                cdata.target.allocated = None
            take_address(cdata)
            cdata.allocated = None


cdef destroy(__CDataGCP cdata, bint is_early):
    with cython.critical_section(cdata):        # of several threads, one
        if is_early and cdata.destructor is not None:
            take_address(cdata)
        destructor, origin = cdata.destructor, cdata.origin
        if destructor is not None:
            cdata.data = NULL
            cdata.destructor = None
            if is_early:                        # else it goes with this object, which the trashcan counts
                cdata.origin = None
    if destructor is not None:
        destructor(origin)


def gcp(_CDataBase cdata not None, destructor, Py_ssize_t size=0):
    """Return the same with a destructor, called with the given object once; None: it has none any more."""
    cdef __CDataGCP made
    if destructor is None:
        if not isinstance(cdata, __CDataGCP):
            raise TypeError("Can remove destructor only on a object previously returned by ffi.gc()")
        with cython.critical_section(cdata):
            (<__CDataGCP>cdata).destructor = None   # the origin stays: the memory may be its own
        return None
    if is_number(cdata.type):
        raise TypeError("can't use ffi.gc() on numbers")
    made = __CDataGCP.__new__(__CDataGCP)
    place(made, cdata.type, cdata.data)
    made.length = cdata.length
    made.may_be_released = True
    made.origin = cdata
    made.destructor = destructor
    return made


def typeof(_CDataBase cdata not None):
    """Return the ctype of a cdata object."""
    return cdata.type


cdef Py_ssize_t size_of(_CDataBase cdata) except -1:
    if cdata.type.kind_number == ARRAY:
        return cdata.length * cdata.type.item_type.size
    if is_aggregate(cdata.type) and cdata.length >= 0:
        return cdata.length
    return known_size(cdata.type)


cdef Py_ssize_t known_size(CType ctype) except -1:
    if ctype.size < 0:
        raise ValueError(f"ctype '{ctype.cname}' is of unknown size")
    return ctype.size


def sizeof(what):
    """Return the bytes of a ctype or of a cdata object."""
    if isinstance(what, _CDataBase):
        return size_of(<_CDataBase>what)
    if isinstance(what, CType):
        return known_size(<CType>what)
    raise TypeError(f"expected a 'cdata' or 'ctype' object, got {type(what).__name__}")


def alignof(CType ctype not None):
    """Return a ctype's alignment."""
    if ctype.kind_number == VOID or ctype.alignment < 0:
        raise ValueError(f"ctype '{ctype.cname}' is of unknown alignment")
    return ctype.alignment
