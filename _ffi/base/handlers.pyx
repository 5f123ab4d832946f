"""Exceptions that handlers of signals raised, in whatever Python code ran just then."""

cdef extern from "Python.h":
    ctypedef struct PyFrameObject
    PyFrameObject *PyEval_GetFrame()


cdef bint is_of_handler(error) except -1:
    """Return whether the handler of a signal raised it: Python gives one the frame that it calls it from."""
    cdef PyObject *current = <PyObject *>PyEval_GetFrame()
    before = None if current == NULL else <object>current
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        code = frame.f_code
        # f(signum, frame), f(self, signum, frame), f(*args)
        for name in code.co_varnames[:code.co_argcount + code.co_kwonlyargcount + 1]:
            given = frame.f_locals.get(name)
            if given is before or isinstance(given, tuple) and any([one is before for one in given]):
                return before is not None
        before = frame
        step = step.tb_next
    return False
