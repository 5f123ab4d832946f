"""What a function says of itself: the names of its parameters, its docstring, where it was written."""


def _describe(Function function not None, *, parameters=None, defaults=(), doc=None, module=None, qualname=None,
              signature=None):
    """Say what a new function's C type does not; what is None stays as it is.

    `parameters`: the names of what callers pass, `defaults`: of the last of them.
    """
    if parameters is not None:
        parameters = tuple([PyUnicode_FromObject(name) for name in parameters])
        defaults = tuple(defaults)
        if len(parameters) != <Py_ssize_t>function.cif.state.nin or len(defaults) > len(parameters):
            raise ValueError(f"{function.name}() takes {function.cif.state.nin} arguments, not {len(parameters)}")
        function.parameters, function.defaults = parameters, defaults or None
        function.parameters_ = <PyObject *>function.parameters
        function.defaults_ = <PyObject *>function.defaults if defaults else NULL
    if doc is not None:
        function.doc = doc
    if module is not None:
        function.module = module
    if qualname is not None:
        function.qualname = qualname
    if signature is not None:
        function.signature = signature
    return function


cdef dict description_of(Function function):
    """Return what _describe() was told, for pickle."""
    told = {"parameters": function.parameters, "defaults": function.defaults, "doc": function.doc,
            "module": function.module, "qualname": function.qualname, "signature": function.signature}
    return {name: value for name, value in told.items() if value is not None}


cdef str prototype_of(Function function):
    """Return the C declaration, the docstring of a function that has none of its own."""
    names = iter(function.parameters or ())
    arguments = [spell(type, "" if (<Type>type).info.kind == K_OUT else next(names, ""))
                 for type in function.cif.argtypes]
    if function.cif.state.variadic:
        arguments.append("...")
    return shorten(spell(function.cif.restype, f"{function.name}({', '.join(arguments) or 'void'})"))


cdef object parameters_of(Function function):
    """Return the inspect.Signature: by position where C's text has no names."""
    import inspect
    kind = inspect.Parameter
    if function.parameters is None:
        parameters = [kind(f"arg{i + 1}", kind.POSITIONAL_ONLY) for i in range(function.cif.state.nin)]
    else:
        defaults = function.defaults or ()
        missing = len(function.parameters) - len(defaults)
        parameters = [
            kind(name, kind.POSITIONAL_OR_KEYWORD, default=kind.empty if i < missing else defaults[i - missing])
            for i, name in enumerate(function.parameters)]
    if function.cif.state.variadic:
        parameters.append(kind("args" if "args" not in (function.parameters or ()) else "more", kind.VAR_POSITIONAL))
    return inspect.Signature(parameters)


@cython.final
@cython.internal
cdef class FunctionAttribute:
    """An attribute that each function has of its own, and the class another or none; assigning replaces it."""
    cdef str name
    cdef object of_class

    def __get__(self, instance, owner):
        cdef Function function
        if instance is None:
            if self.of_class is None:
                raise AttributeError(f"type object {owner.__name__!r} has no attribute {self.name!r}")
            return self.of_class
        function = instance
        if self.name == "__doc__":
            return function.doc if function.doc is not None else prototype_of(function)
        if self.name == "__module__":
            return function.module if function.module is not None else self.of_class
        return function.signature if function.signature is not None else parameters_of(function)


cdef int install_function_attributes() except -1:
    cdef FunctionAttribute attribute
    for name in ("__doc__", "__module__", "__signature__"):
        attribute = FunctionAttribute.__new__(FunctionAttribute)
        attribute.name, attribute.of_class = name, getattr(Function, name, None)
        add_to_class(<PyTypeObject *>Function, name, attribute)
    return 0
