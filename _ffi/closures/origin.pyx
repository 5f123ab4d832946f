"""The Python code behind a callable, found without running any."""


cdef object code_of(callable):
    """Find the Python code behind a callable without running any; never fails."""
    cdef int _depth
    for _depth in range(8):
        if PyFunction_Check(callable):
            return <object>PyFunction_GET_CODE(callable)
        if PyMethod_Check(callable):
            callable = <object>PyMethod_GET_FUNCTION(callable)
        elif type(callable) is Dispatcher:
            callable = (<Dispatcher>callable).callable
        elif PyType_HasFeature(Py_TYPE(callable), Py_TPFLAGS_HEAPTYPE) and is_partial(callable):
            callable = partial_function(callable)
        else:
            return None
    return None


cdef object partial_class = None        # functools.partial, once that is loaded


cdef bint is_partial(callable):
    global partial_class
    if partial_class is None:
        try:                    # not loaded, or the interpreter is taking itself apart: then this is none
            functools = _sys.modules.get("functools")
            if functools is None:
                return False
            partial_class = functools.partial
        except BaseException:
            return False
    return type(callable) is partial_class


cdef object partial_function(partial):
    try:                        # `functools.partial` may be anybody's class
        return partial.func
    except BaseException:
        return None
