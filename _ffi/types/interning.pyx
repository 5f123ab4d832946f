"""Equal types and CIFs are the same object while alive."""

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
