"""Function: a CIF bound to an address."""


@cython.final
@cython.no_gc_clear             # what a call needs is borrowed from what it holds
@cython.trashcan(True)          # its errcheck may be a function, whose errcheck is one, and so on
cdef class Function:
    """Call a C function: arguments are converted by the CIF's types, and by position unless their names are known.

    Made by `Library.function`, `CIF.bind` and function pointers. Errors in
    arguments name the function and the argument; exceptions that closures raised
    during the call come out of it. C: ffi_call_plan_invoke, ffi_call.
    """
    cdef vectorcallfunc vectorcall
    cdef call_target target
    cdef PyMethodDef method
    cdef FunctionObject *next           # among all functions
    cdef FunctionObject **at
    cdef PyObject *parameters_
    cdef PyObject *defaults_
    cdef PyObject *converters_
    cdef readonly CIF cif
    cdef readonly str name
    cdef readonly object library
    cdef object errcheck_
    cdef object owner                   # keeps the code alive: a closure
    cdef str symbol                     # the library's name for it
    cdef readonly tuple parameters
    cdef tuple defaults
    cdef tuple converters
    cdef object doc, module, qualname, signature
    cdef dict __dict__
    cdef object __weakref__

    _made_by = "Library.function() or CIF.bind()"

    def __dealloc__(self):
        end_function(<FunctionObject *>self)

    def __call__(self, *args, **keywords):      # `f.__call__(x)`; f(x) goes by vectorcall
        return PyVectorcall_Call(self, args, keywords)

    @property
    def address(self):
        """Return the address of the C function."""
        return <uintptr_t>self.target.address

    @property
    def restype(self):
        """Return the result type; a signature never changes, unlike ctypes'."""
        return self.cif.restype

    @property
    def argtypes(self):
        """Return the argument types, as CIF.argtypes."""
        return self.cif.argtypes

    @property
    def __name__(self):
        return self.name

    @property
    def __qualname__(self):
        return self.name if self.qualname is None else self.qualname

    @property
    def gil(self):
        """Return "release" or "hold"."""
        return "release" if self.target.fence & RELEASE_GIL else "hold"

    @property
    def errno(self):
        """Return whether errno is saved after each call."""
        return bool(self.target.fence & SWAP_ERRNO)

    @property
    def last_error(self):
        """Return whether Windows' error code is saved after each call."""
        return bool(self.target.fence & SWAP_LAST_ERROR)

    @property
    def errcheck(self):
        """Return the callable that checks results, or None."""
        return self.errcheck_

    @property
    def convert(self):
        """Return the callables that convert refused arguments, by position, or None."""
        return converters_of(self)

    @property
    def call(self):
        """Return the same call as an exact built-in: the fastest spelling, for hot loops."""
        return new_exact_call(self)

    def map(self, *args, out=None):
        """Call over arrays element by element, releasing the GIL once.

        Arguments are buffers of the parameter's type, strided or not, lists, what has an `__array__` (pandas'
        Series), or single values; their shapes are broadcast as NumPy does. Returns `out`, or new array memory.
        """
        cdef Py_ssize_t i, n = len(args)
        cdef PyObject **values = <PyObject **>PyMem_Malloc((n + 1) * sizeof(PyObject *))
        if values == NULL:
            raise MemoryError
        try:
            arrays = list(args)
            for i in range(n):
                if i < <Py_ssize_t>self.target.cif.nargs:
                    arrays[i] = as_column(self, i, arrays[i])
                values[i] = <PyObject *>arrays[i]
            return map_function(&self.target, values, n, out)
        finally:
            PyMem_Free(values)

    @cython.embedsignature(False)
    def __get__(self, instance, owner):
        """Return the function itself: in a class it is a static method."""
        return self

    def call_async(self, *args, executor=None, **named):
        """Return a future of the call, made by a thread of `executor` (None: the event loop's own).

        For coroutines: `await f.call_async(...)`. The call sees the context variables of the coroutine; errno,
        which each thread has its own of, is for `errcheck` to look at.
        """
        import asyncio
        from contextvars import copy_context
        from functools import partial
        return asyncio.get_running_loop().run_in_executor(executor, partial(copy_context().run, self, *args, **named))

    @classmethod
    def __class_getitem__(cls, item):
        """Return the class, annotated with parameters and result (`Function[[float], float]`)."""
        return GenericAlias(cls, item)

    def __repr__(self):
        return f"<libffi.Function {clipped(spell_function(self.cif, clipped(self.name, 2 * SHORT)), ROOM)}>"

    def __reduce__(self):
        if self.library is None or self.symbol is None:
            raise TypeError(f"cannot pickle {self.name}(): it is not from a library")
        reduced = function_reducer(self.library, self.symbol, self.cif, {
            "gil": self.gil, "errno": self.errno, "last_error": self.last_error,
            "errcheck": self.errcheck_, "convert": converters_of(self)}, description_of(self))
        return (*reduced, vars(self)) if vars(self) else reduced

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


cdef object as_column(Function function, Py_ssize_t i, value):
    """Return memory of a list's items, or the array that a value has; any other value as it is."""
    cdef Type type = <Type><object>function.target.cif.args[i].type.object
    if not is_number_kind(plain_type(&type.info).kind):
        return value
    need_stack(0)
    if isinstance(value, (list, tuple, range)):
        try:
            return memory_of_lists(type, value)
        except (TypeError, ValueError, OverflowError) as error:
            raise argument_errors.get(error.__class__, error.__class__)(
                f"{function.name}.map() argument {i + 1}: {error}") from None
    if not PyObject_CheckBuffer(value) and hasattr(value, "__array__"):
        return value.__array__()
    return value


cdef object memory_of_lists(Type type, items):
    """Return new memory of the nested lists' shape, which their first items tell."""
    shape, inner = [], items
    while isinstance(inner, (list, tuple, range)):
        shape.append(len(inner))
        if not inner or len(shape) > 64:
            break
        inner = inner[0]
    rows = rows_of(items, shape, 0)
    for length in reversed(shape):
        type = array(type, length)
    return type.new(rows)


cdef object rows_of(items, list shape, Py_ssize_t depth):
    """Return a copy of nested lists, which no item's `__index__` shortens: memory would fill up with zeros."""
    cdef Py_ssize_t length = shape[depth]
    if not isinstance(items, (list, tuple, range)) or len(items) != length:
        raise ValueError("expected lists of one length")
    rows = []
    for item in iterator_of(items):
        if len(rows) == length:
            raise ValueError("expected lists of one length")
        rows.append(rows_of(item, shape, depth + 1) if depth + 1 < len(shape) else item)
    if len(rows) != length:
        raise ValueError("expected lists of one length")
    return tuple(rows)


cdef object function_reducer = None     # the package's: it knows libraries by name


def set_function_reducer(reducer):
    """Have functions of libraries pickled as what `reducer(library, symbol, cif, options, description)` returns."""
    global function_reducer
    function_reducer = reducer


cdef int audit_address(address) except -1:
    """Tell audit hooks that Python code wants to call what may be any address."""
    if isinstance(address, (int, Pointer)):
        PySys_Audit("libffi.call_function", "O", <PyObject *>address)
    return 0


cdef Function bind_function(CIF cif, address, name, library, gil, errno, last_error, errcheck, convert=None):
    cdef Function function
    cdef Pointer pointer
    if address is not None and not isinstance(address, (int, Pointer, Closure, Function, Value)):
        hint = "; a buffer's address is libffi.addressof of it" if PyObject_CheckBuffer(address) else ""
        raise TypeError(f"CIF.bind() address: expected an int, Pointer, Closure or Function, "
                        f"got {type(address).__name__}{hint}")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"CIF.bind() name: expected str, got {type(name).__name__}")
    if gil not in ("release", "hold"):
        raise ValueError(f"gil: expected 'release' or 'hold', got {gil!r}")
    if last_error and not HAS_LAST_ERROR:
        raise ValueError("last_error: only Windows has GetLastError(); errno=True saves errno")
    if errcheck is not None and not callable(errcheck):
        raise TypeError(f"errcheck: expected a callable, got {type(errcheck).__name__}")
    if is_go_closure(address):
        raise TypeError("CIF.bind() address: a Go closure is no function; call it with call_go()")
    try:
        pointer = make_pointer(core_types["pointer"], address)
    except TypeError:
        raise TypeError(f"CIF.bind() address: expected an int, Pointer, Closure or Function, "
                        f"got {type(address).__name__}") from None
    if pointer.p.address == NULL:
        raise ValueError(f"{name or 'CIF.bind()'}: NULL is no function")
    function = Function.__new__(Function)
    function.cif = cif
    function.name = PyUnicode_FromObject(name) if name is not None else \
        address.name if isinstance(address, (Closure, Function)) else f"<{<uintptr_t>pointer.p.address:#x}>"
    function.library = library
    function.errcheck_ = errcheck
    function.owner = pointer.owner
    function.target.address = <c_function>pointer.p.address
    function.target.cif = cif.state
    function.target.life = pointer.p.life if library is None else &(<LoadedLibrary>library).life
    function.target.name = <PyObject *>function.name
    function.target.errcheck = <PyObject *>function.errcheck_
    if cif.state.objects:
        function.target.fence = USES_PYTHON
    elif gil == "release":
        function.target.fence = RELEASE_GIL
    else:
        function.target.fence = USES_PYTHON if uses_python(pointer.p.address) else 0
    if errno:
        function.target.fence |= SWAP_ERRNO
    if last_error:
        function.target.fence |= SWAP_LAST_ERROR
    if convert is not None:
        set_converters(function, convert)
    open_function(<FunctionObject *>function)
    return function


cdef object function_at(const type_info *type, void *address, PyObject *owner):
    """Return the Function of a function pointer read from C; `owner` holds the pointer."""
    cdef Function function = bind_function(<CIF><object>type.cif, <uintptr_t>address, None, None,
                                           "release", False, False, None)
    if owner != NULL:
        held = <object>owner
        if isinstance(held, Function):  # whoever it is of: functions read and stored again are no chain
            function.target.life = (<Function>held).target.life
            held = (<Function>held).owner if (<Function>held).library is None else (<Function>held).library
        function.owner = held
    return function
