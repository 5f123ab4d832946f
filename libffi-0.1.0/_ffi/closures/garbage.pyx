"""Closures that the garbage collector finds in cycles."""

# It takes a closure's callable apart in any order, and code that it runs meanwhile, or a thread of C's, may call
# the closure: a function without its globals crashes. So the finalizer of a closure saves it from this
# collection, and with it all that it refers to. When the collection is over, the closure expires and lets its
# callable go, whole; that breaks the cycle.
cdef list saved_from_collection = []


cdef void save_from_collection(Closure closure) noexcept:
    saved_from_collection.append(closure)
    try:
        call_at_collections(_at_collection)
    except Exception:               # the interpreter is taking itself apart
        pass


def _at_collection(phase, info):
    if phase == "stop":
        expire_saved()


cdef void expire_saved() noexcept:
    while True:
        try:
            closure = saved_from_collection.pop()
        except IndexError:          # the last; without a GIL another thread may have taken it
            return
        expire_for_good(closure, False)


@cython.final
@cython.internal
cdef class _AtEnd:
    """Expire what the interpreter's last collections found: those do not call gc.callbacks."""

    def __dealloc__(self):
        expire_saved()


_at_end = _AtEnd()                  # the module's dictionary is cleared after them
