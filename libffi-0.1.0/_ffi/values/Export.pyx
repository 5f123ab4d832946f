"""Export: a buffer that is held. A memoryview that held it could be found by code of the user's, and released."""


@cython.final
@cython.internal
@cython.no_gc_clear             # who has the address needs it to the last
cdef class Export:
    """Hold a buffer for as long as this object lives."""
    cdef Py_buffer view
    cdef object exporter            # for the collector's sake, which looks into the buffer too then

    def __dealloc__(self):
        PyBuffer_Release(&self.view)


cdef Export hold_buffer(value):
    """Return the buffer of an object, held; TypeError where it has none."""
    cdef Export export = Export.__new__(Export)
    need_stack(0)
    export.exporter = hold_view(value, &export.view)
    return export


cdef void release_buffer(Export export):
    PyBuffer_Release(&export.view)
    export.exporter = None


cdef object hold_for_c(object value, const Py_buffer **view):
    cdef Export export = hold_buffer(value)
    view[0] = &export.view
    return export
