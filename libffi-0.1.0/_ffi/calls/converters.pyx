"""What a function has for arguments that the rules of their types refuse."""


cdef int set_converters(Function function, convert) except -1:
    cdef Py_ssize_t n = function.cif.state.nin
    cdef list found = [None] * (n + 1)          # the last one: of those behind the fixed ones
    if isinstance(convert, dict):
        items = list(convert.items())
    elif isinstance(convert, (list, tuple)):
        items = list(enumerate(convert))
        if len(items) != n:
            raise ValueError(f"convert: {takes(function)}, not {len(items)}")
    else:
        raise TypeError(f"convert: expected a dict, list or tuple of callables, got {type(convert).__name__}")
    for place, converter in items:
        if converter is not None and not callable(converter):
            raise TypeError(f"convert[{place!r}]: expected a callable or None, got {type(converter).__name__}")
        if place is ...:
            if not function.cif.state.variadic:
                raise ValueError(f"convert[...]: {function.name}() is not variadic")
            found[n] = converter
            continue
        if type(place) is not int:
            raise TypeError(f"convert: expected positions of arguments, got {place!r}"
                            + (", and no names are known" if isinstance(place, str) else ""))
        if not 0 <= place < n:
            raise ValueError(f"convert[{place}]: {takes(function)}")
        found[place] = converter
    if any([converter is not None for converter in found]):
        function.converters = tuple(found)
        function.converters_ = <PyObject *>function.converters
    return 0


cdef str takes(Function function):
    cdef unsigned n = function.cif.state.nin
    return f"{function.name}() takes {n} argument{'' if n == 1 else 's'}"


cdef object converters_of(Function function):
    """Return what set_converters() was given, as a dict."""
    if function.converters is None:
        return None
    last = len(function.converters) - 1
    return {(... if place == last else place): converter
            for place, converter in enumerate(function.converters) if converter is not None}
