"""Equal types and CIFs are the same object while alive."""

# Keys name parts by id: the interned object keeps its parts alive, the key must not.
cdef dict interned = {}


cdef object made_once(key, object (*make)(tuple), tuple parts):
    """Return the object of that key; where there is none, make it of its parts."""
    reference = dict_get(interned, key)
    known = None if reference is None else reference()
    return intern_object(key, make(parts)) if known is None else known


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
    lock_interned()
    try:                        # not setdefault(): CPython 3.13.0 loses its error where memory runs out
        known = dict_get(interned, key)
        other = None if known is None else known()
        if other is None:       # or it died, and was not forgotten yet
            hidden_set(interned, key, reference)
            return value
        return other
    finally:
        unlock_interned()
