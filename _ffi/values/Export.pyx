"""Export: a buffer that is held. A memoryview that held it could be found by code of the user's, and released."""


@cython.final
@cython.internal
@cython.no_gc_clear             # who has the address needs it to the last
cdef class Export:
    """Hold a buffer for as long as this object lives."""
    cdef Py_buffer view
    cdef object exporter            # for the collector's sake, which looks into the buffer too then
    cdef bint has_view              # NumPy leaves objects in buffers that it did not give

    def __dealloc__(self):
        if self.has_view:
            PyBuffer_Release(&self.view)


cdef Export hold_buffer(value):
    """Return the buffer of an object, held; TypeError where it has none.

    A memoryview is held by way of another, so that the user's own can be released.
    """
    cdef Export export = Export.__new__(Export)
    need_stack(0)
    if isinstance(value, memoryview):
        value = memoryview(value)
    PyObject_GetBuffer(value, &export.view, PyBUF_FULL_RO)
    export.has_view = True
    export.exporter = value
    return export


cdef void release_buffer(Export export):
    PyBuffer_Release(&export.view)
    export.exporter = None


cdef object hold_for_c(object value, const Py_buffer **view):
    cdef Export export = hold_buffer(value)
    view[0] = &export.view
    return export
