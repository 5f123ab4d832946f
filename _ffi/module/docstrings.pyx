"""Docstrings of `readonly` attributes, to which Cython gives none; help() and the reference show them."""

cdef extern from "Python.h":
    ctypedef struct PyGetSetDef:
        const char *doc
    ctypedef struct PyGetSetDescrObject:
        PyGetSetDef *d_getset

cdef list docstrings = []       # C points into them


cdef int document(cls, dict texts) except -1:
    for attribute, text in texts.items():
        descriptor = vars(cls)[attribute]
        if type(descriptor).__name__ != "getset_descriptor":
            raise SystemError(f"libffi._ffi: {cls.__name__}.{attribute} is no readonly attribute")
        docstrings.append(text.encode())
        (<PyGetSetDescrObject *>descriptor).d_getset.doc = <const char *><bytes>docstrings[-1]
    return 0
