"""CIF: a prepared call interface."""


@cython.final
@cython.no_gc_clear             # what a call needs is borrowed from its types
cdef class CIF:
    """Describe a function's signature: result type, argument types, calling convention.

    `CIF(c.int, [c.string, ...])`: a last argument type of `...` marks a variadic
    signature. Equal signatures are the same object. Raises BadTypedef, BadABI,
    BadArgType. C: ffi_prep_cif, ffi_prep_cif_var, ffi_call_plan_alloc,
    ffi_call_plan_size, ffi_call_plan_free.
    """
    cdef cif_state *state
    cdef readonly Type restype
    cdef readonly tuple argtypes
    cdef PyObject *variants         # variadic: a hidden dict, extra types -> CIF
    cdef object handle              # what the C API sees of it, or None until asked for
    cdef object __weakref__

    def __del__(self):
        reserve_cif(self.state)

    def __dealloc__(self):
        Py_XDECREF(self.variants)
        forget_known_cif(<PyObject *>self)
        cif_end(self.state)

    @property
    def abi(self):
        """Return the calling convention, an ABI."""
        return get_abi()(<int>self.state.abi)

    @property
    def nfixed(self):
        """Return the number of arguments before the `...`."""
        return self.state.nfixed

    @property
    def variadic(self):
        """Return whether the signature ends in `...`."""
        return bool(self.state.variadic)

    def __str__(self):
        return shorten(spell_function(self, ""))

    def __repr__(self):
        return f"<libffi.CIF {self}>"

    def __reduce__(self):
        argtypes = (*self.argtypes, ...) if self.state.variadic else self.argtypes
        return _rebuild_cif, (self.restype, argtypes, <int>self.state.abi)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def bind(self, address, name=None, *, gil="release", errno=False, last_error=False, errcheck=None, convert=None):
        """Return the Function of this signature at `address`.

        `address` is an int, a Pointer, a Closure or a Function. `gil="hold"` keeps
        the GIL, for functions that return at once. `errno=True` saves errno after
        each call for get_errno(), `last_error=True` on Windows its code for
        get_last_error(). `errcheck(result, function, arguments)` replaces the result.
        `convert` has callables for what callers pass: one for each, or by position (`...`: behind
        those). Where the type refuses a value, its callable says what to pass instead.
        """
        audit_address(address)
        return bind_function(self, address, name, None, gil, errno, last_error, errcheck, convert)

    def call(self, address, *args):
        """Call the function at `address` once. C: ffi_call."""
        audit_address(address)
        return bind_function(self, address, None, None, "release", False, False, None)(*args)

    def closure(self, callable=None, *, on_error=None, on_exception=None, name=None, dispatch=None):
        """Make a C function pointer of a Python callable; without one, return a decorator.

        C gets `on_error` (default: zero bytes) when the callable raises, and the call into C raises it;
        or `on_exception(exception)` is called at once, and C gets what it returns. `dispatch`, for
        void functions, has it run elsewhere, and C does not wait: it is called with the callable
        and the arguments (`loop.call_soon_threadsafe`, `executor.submit`), or is a queue that
        gets them as a `functools.partial`.
        C: ffi_closure_alloc, ffi_prep_closure_loc.
        """
        return closure_or_decorator(self, callable, on_error, on_exception, name, dispatch, PLAIN_CLOSURE)

    def go_closure(self, callable=None, *, on_error=None, on_exception=None, name=None):
        """Make a closure for the Go convention: C finds it through the static chain.

        Its address is that of the closure, not of code; call it with call_go().
        C: ffi_prep_go_closure.
        """
        return closure_or_decorator(self, callable, on_error, on_exception, name, None, GO_CLOSURE)

    def raw_closure(self, callable=None, *, on_error=None, on_exception=None, name=None):
        """Make a closure that receives its arguments through libffi's raw API.

        C: ffi_prep_raw_closure_loc.
        """
        return closure_or_decorator(self, callable, on_error, on_exception, name, None, RAW_CLOSURE)

    def call_raw(self, address, rvalue, avalues):
        """Call with storage instead of values, converting nothing.

        `rvalue` is a writable buffer for the result, at least an ffi_arg wide, an
        address, or None to drop it; `avalues` has a buffer or an address of each
        argument. C: ffi_call.
        """
        call_storage(self, address, rvalue, avalues)

    def call_go(self, closure, *args):
        """Call a Go closure: `closure` is its address, passed in the static chain. C: ffi_call_go."""
        return call_go_closure(self, closure, args)

    @property
    def exchange_size(self):
        """Return the size in bytes of the exchange block that call_exchange() takes."""
        return self.state.exchange_size

    @property
    def exchange_offsets(self):
        """Return the offsets in the exchange block: of the result, then of each argument."""
        return (0, *[self.state.args[i].offset for i in range(self.state.nargs)])

    def call_exchange(self, address, buffer):
        """Call with arguments and result in one writable buffer, laid out by exchange_offsets.

        Each slot is at least an ffi_arg wide. C: ffi_call.
        """
        call_block(self, address, buffer)

    @property
    def raw_size(self):
        """Return the bytes that the raw API needs for the arguments. C: ffi_raw_size."""
        check_raw(self, "raw_size")
        return ffi_raw_size(&self.state.cif)

    def ptrarray_to_raw(self, avalues):
        """Pack buffers or addresses of the arguments into raw form. C: ffi_ptrarray_to_raw."""
        return pack_raw(self, avalues)

    def raw_to_ptrarray(self, raw):
        """Return the address of each argument inside a raw block. C: ffi_raw_to_ptrarray."""
        return unpack_raw(self, raw)

    def raw_call(self, address, rvalue, raw):
        """Call with arguments in raw form. C: ffi_raw_call."""
        call_raw_block(self, address, rvalue, raw)


cdef int no_variadic(CIF cif, what) except -1:
    if cif.state.variadic:
        raise TypeError(f"CIF.{what}: {cif} has no fixed list of arguments")
    return 0


def _rebuild_cif(restype, argtypes, abi):
    """Make a CIF again (for pickle)."""
    return _cif(restype, argtypes, abi=abi)
