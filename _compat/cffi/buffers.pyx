"""ffi.buffer(), ffi.from_buffer() and ffi.memmove()."""

from cpython.exc cimport PyErr_WarnEx


@cython.trashcan(True)          # of what has the memory of a buffer of ...
@cython.final
cdef class buffer:
    """The bytes of what a cdata object points to, or is: read and written in place."""
    cdef _CDataBase owner
    cdef Py_ssize_t count
    cdef object __weakref__

    def __cinit__(self, _CDataBase cdata not None, Py_ssize_t size=-1):
        cdef Py_ssize_t known
        if cdata.type.kind_number == POINTER:
            known = cdata.length if cdata.length >= 0 else cdata.type.item_type.size
        elif cdata.type.kind_number == ARRAY:
            known = size_of(cdata)
        else:
            raise TypeError(f"expected a pointer or array cdata, got '{cdata.type.cname}'")
        if size < 0:
            size = known
            if size < 0:
                raise TypeError(f"don't know the size pointed to by '{cdata.type.cname}'")
        elif size > known >= 0 and is_owner(cdata):
            PyErr_WarnEx(UserWarning, (f"ffi.buffer(cdata, bytes): creating a buffer of {size} bytes over a cdata that "
                                       f"owns only {known} bytes.  This will crash if you access the extra memory"
                                       ).encode(), 1)
        self.owner = cdata
        self.count = size

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        use(self.owner)
        try:
            if isinstance(index, slice):
                start, stop = self.places(index)
                return PyBytes_FromStringAndSize(self.at(start), max(stop - start, 0))
            return PyBytes_FromStringAndSize(self.at(self.place(index)), 1)
        finally:
            unuse(self.owner)

    def __setitem__(self, index, value):
        use(self.owner)
        try:
            self.put(index, value)
        finally:
            unuse(self.owner)

    cdef int put(self, object index, object value) except -1:
        cdef Py_buffer view
        if isinstance(index, slice):
            start, stop = self.places(index)
            PyObject_GetBuffer(value, &view, PyBUF_SIMPLE)
            try:
                if view.len != max(stop - start, 0):
                    raise ValueError("right operand length must match slice length")
                c_memmove(self.at(start), view.buf, view.len)
            finally:
                PyBuffer_Release(&view)
            return 0
        if not isinstance(value, bytes) or len(value) != 1:
            raise TypeError(f"must assign a bytes of length 1, not {type(value).__name__}")
        self.at(self.place(index))[0] = PyBytes_AS_STRING(value)[0]
        return 0

    def __delitem__(self, index):
        raise TypeError("a buffer's bytes cannot be deleted")

    cdef char *at(self, Py_ssize_t i) except NULL:
        """Return the address of a byte: NULL and released memory have none."""
        check_address(self.owner)
        return self.owner.data + i

    cdef Py_ssize_t place(self, object index) except -1:
        cdef Py_ssize_t i = PyNumber_AsSsize_t(index, IndexError)
        if i < 0:
            i += self.count
        if not 0 <= i < self.count:
            raise IndexError("index out of range")
        return i

    cdef tuple places(self, object index):
        start, stop, step = index.indices(self.count)
        if step != 1:
            raise TypeError("slices of buffers have no step")
        return start, stop

    def __getbuffer__(self, Py_buffer *view, int flags):
        use(self.owner)
        try:
            PyBuffer_FillInfo(view, self, self.at(0), self.count, 0, flags)
        except BaseException:
            unuse(self.owner)
            raise

    def __releasebuffer__(self, Py_buffer *view):
        unuse(self.owner)

    def __richcmp__(self, other, int operation):
        if not PyObject_CheckBuffer(other):
            return NotImplemented
        need_stack(0)
        return PyObject_RichCompare(bytes(self), bytes(other), operation)

    __hash__ = None


cdef bint is_owner(_CDataBase cdata):
    """Has it memory of its own, not C's or a buffer's?"""
    return type(cdata) is __CDataOwn or type(cdata) is __CDataOwnGC


def from_buffer(CType ctype not None, python_buffer, bint require_writable=False):
    """Return a cdata object of the memory of a buffer, which it holds."""
    cdef __CDataFromBuf made
    cdef CType item = ctype.item_type
    if ctype.kind_number != ARRAY and ctype.kind_number != POINTER:
        raise TypeError(f"expected a pointer or array ctype, got '{ctype.cname}'")
    if isinstance(python_buffer, str):
        raise TypeError("from_buffer() cannot return the address of a unicode object")
    made = place(__CDataFromBuf.__new__(__CDataFromBuf), ctype, NULL)
    PyObject_GetBuffer(python_buffer, &made.view, PyBUF_WRITABLE if require_writable else PyBUF_SIMPLE)
    made.is_open = True
    made.data = <char *>made.view.buf
    made.may_be_released = True
    if ctype.kind_number == ARRAY:
        if ctype.item_count < 0:
            if item.size == 0:
                raise ZeroDivisionError(f"from_buffer('{ctype.cname}', ..): the actual length of the array cannot be "
                                        "computed")
            made.length = made.view.len // item.size
        else:
            made.length = ctype.item_count
            if made.view.len < ctype.size:
                raise ValueError(f"buffer is too small ({made.view.len} bytes) for '{ctype.cname}' "
                                 f"({ctype.size} bytes)")
    return made


def memmove(dest, src, Py_ssize_t n):
    """Copy `n` bytes from cdata or a buffer to another."""
    cdef Py_buffer target, source
    cdef bint has_target = False, has_source = False
    cdef char *to
    cdef char *origin
    if n < 0:
        raise ValueError("negative size")
    for each in (dest, src):
        if isinstance(each, _CDataBase):
            use(<_CDataBase>each)
    try:
        to = bytes_of(dest, n, &target, PyBUF_WRITABLE, &has_target)
        origin = bytes_of(src, n, &source, PyBUF_SIMPLE, &has_source)
        c_memmove(to, origin, n)
    finally:
        for each in (dest, src):
            if isinstance(each, _CDataBase):
                unuse(<_CDataBase>each)
        if has_target:
            PyBuffer_Release(&target)
        if has_source:
            PyBuffer_Release(&source)


cdef char *bytes_of(object value, Py_ssize_t n, Py_buffer *view, int flags, bint *has_view) except? NULL:
    cdef CType ctype
    if isinstance(value, _CDataBase):
        ctype = (<_CDataBase>value).type
        if ctype.kind_number != POINTER and ctype.kind_number != ARRAY:
            raise TypeError(f"expected a pointer or array ctype, got '{ctype.cname}'")
        if n:
            check_address(<_CDataBase>value)
        return (<_CDataBase>value).data
    PyObject_GetBuffer(value, view, flags)
    has_view[0] = True
    if view.len < n:
        raise ValueError(f"the buffer has {view.len} bytes, not {n}")
    return <char *>view.buf
