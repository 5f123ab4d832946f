"""What C has Python code for: pins, arrays of results, exact numbers."""


@cython.final
@cython.internal
@cython.no_gc_clear             # unpins before it lets its owner go
cdef class Pin:
    """Keep a lifetime pinned for as long as this object lives."""
    cdef lifetime *life
    cdef object owner

    def __dealloc__(self):
        if self.life != NULL:
            lifetime_unpin(self.life)


cdef object make_pin(lifetime *life, object owner):
    cdef Pin pin = Pin.__new__(Pin)
    pin_or_raise(life)
    pin.owner = owner
    pin.life = life
    return pin


cdef object array_of(const type_info *item, Py_ssize_t length):
    return array(<object>item.object, length)


cdef object new_array(const type_info *item, const Py_ssize_t *shape, int ndim):
    cdef int i
    result = <object>item.object
    for i in reversed(range(ndim)):
        result = array(result, shape[i])
    return result.new()


cdef object exact_number(object digits):
    import decimal
    return decimal.Decimal(digits)
