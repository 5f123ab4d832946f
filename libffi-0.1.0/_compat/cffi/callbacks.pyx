"""Callbacks: closures of libffi's core, whose callable converts by cffi's rules and reports what it raises."""

cdef extern from *:
    """
    /* To sys.unraisablehook, with what was being done. */
    static void report_unraisable(PyObject *exception, PyObject *function, const char *deed)
    {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    #if PY_VERSION_HEX >= 0x030D0000
        PyErr_FormatUnraisable("Exception ignored from cffi callback %R%s", function, deed);
    #else
        (void)deed;
        PyErr_WriteUnraisable(function);
    #endif
    }
    """
    void report_unraisable(object, object, const char *)
    object PyObject_Vectorcall(object, PyObject *const *, size_t, PyObject *)
    object PyVectorcall_Call(object, tuple, PyObject *)


@cython.final
cdef class _Callback:
    """What a closure calls: numbers and addresses come, cdata goes to the user's function."""
    cdef vectorcallfunc vectorcall
    cdef CType ctype
    cdef object function
    cdef object onerror
    cdef bytes error

    def __call__(self, *arguments):
        return PyVectorcall_Call(self, arguments, NULL)

    cdef object failed(self, object exception, const char *deed):
        try:
            if self.onerror is None:
                report_unraisable(exception, self.function, deed)
            else:
                value = self.onerror(type(exception), exception, exception.__traceback__)
                if value is not None:
                    return to_core(self.ctype.item_type, value)
        except BaseException as second:
            if second.__context__ is None:
                second.__context__ = exception
            report_unraisable(exception, self.function, deed)
            report_unraisable(second, self.onerror, b"")
        return from_bytes(self.ctype.item_type, self.error)


cdef object run_callback(object self, PyObject *const *arguments, size_t flags, PyObject *names):
    cdef _Callback callback = <_Callback>self
    cdef Py_ssize_t count = PyVectorcall_NARGS(flags), expected = PyTuple_GET_SIZE(callback.ctype.parameters)
    if count != expected or names != NULL:          # no closure, but who found this object
        raise TypeError(f"expected {expected} arguments, got {count}")
    try:
        value = call_user(callback, arguments, count)
        try:
            return to_core(callback.ctype.item_type, value)
        except Exception as failed:
            return callback.failed(failed, b", trying to convert the result back to C")
    except BaseException as failed:
        return callback.failed(failed, b"")


cdef use_callback_vectorcall():
    cdef _Callback example = _Callback.__new__(_Callback)
    use_vectorcall(<PyTypeObject *>_Callback, <char *>&example.vectorcall - <char *><PyObject *>example)


use_callback_vectorcall()


cdef object call_user(_Callback callback, PyObject *const *arguments, Py_ssize_t count):
    """Call the user's function with cffi's values, without a list of them."""
    cdef PyObject *few[8]
    cdef Py_ssize_t i, made = 0
    if count > 8:
        return callback.function(*[from_core(callback.ctype.parameters[i], <object>arguments[i])
                                   for i in range(count)])
    try:
        for i in range(count):
            value = from_core(<CType>PyTuple_GET_ITEM(callback.ctype.parameters, i), <object>arguments[i])
            Py_INCREF(value)
            few[i] = <PyObject *>value
            made += 1
        return PyObject_Vectorcall(callback.function, few, count, NULL)
    finally:
        for i in range(made):
            Py_DECREF(<object>few[i])


def callback(CType ctype not None, function, error=None, onerror=None):
    """Return a C function pointer that calls a Python function.

    What the function raises goes to sys.unraisablehook, or to onerror(type, exception, traceback), whose result is C's,
    too. C gets `error`, by default zeros. A call that comes after the object is gone raises ClosureExpired.
    """
    cdef _Callback made
    cdef __CDataOwnGC cdata
    if ctype.kind_number != FUNCTION:
        raise TypeError(f"expected a function ctype, got '{ctype.cname}'")
    if not callable(function):
        raise TypeError(f"expected a callable object, not {type(function).__name__}")
    if onerror is not None and not callable(onerror):
        raise TypeError(f"expected a callable object for 'onerror', not {type(onerror).__name__}")
    try:
        if ctype.is_variadic:
            raise NotImplementedError
        cif = _CIF(closure_type(ctype.item_type), [closure_type(each) for each in ctype.parameters],
                   abi=ctype.calling_convention)
    except NotImplementedError:
        raise NotImplementedError(f"{ctype.cname}: callback with unsupported argument or return type or with '...'"
                                  ) from None
    made = _Callback.__new__(_Callback)
    made.vectorcall = run_callback
    made.ctype = ctype
    made.function = function
    made.onerror = onerror
    made.error = to_bytes(ctype.item_type, error)
    closure = cif.closure(made)
    cdata = place(__CDataOwnGC.__new__(__CDataOwnGC), ctype, <char *><uintptr_t>closure.address)
    cdata.owner = (closure, function)
    return cdata


cdef object closure_type(CType ctype):
    """Pointers come as numbers."""
    return _c.uintptr_t if ctype.kind_number == POINTER or ctype.kind_number == FUNCTION else core_type(ctype)


cdef object from_core(CType ctype, object value):
    """An argument of the core's as cffi's."""
    cdef _CDataBase made
    cdef Py_buffer view
    cdef int kind = ctype.kind_number
    if kind == POINTER or kind == FUNCTION:
        return new_cdata(ctype, <char *><uintptr_t>value)
    if kind == CHARACTER or kind == LONG_DOUBLE:
        made = new_number(ctype)
        if kind == CHARACTER:
            put_integer(ctype.size, made.data, PyLong_AsUnsignedLongLongMask(value))
        else:
            store_float(ctype, made.data, value)
        return read(ctype, made.data)
    if not is_aggregate(ctype):
        return value
    PyObject_GetBuffer(value, &view, PyBUF_SIMPLE)
    try:
        if view.len < ctype.size:
            raise ValueError(f"the buffer has {view.len} bytes, not {ctype.size}")
        return copied_struct(ctype, view.buf)
    finally:
        PyBuffer_Release(&view)


cdef bytes to_bytes(CType ctype, object value):
    """What C gets for a result, as bytes; None: zeros."""
    cdef Py_ssize_t size = max(ctype.size, 0)
    data = PyBytes_FromStringAndSize(NULL, size)
    memset(PyBytes_AS_STRING(data), 0, size)
    if ctype.kind_number == VOID:
        if value is not None:
            raise TypeError(f"expected no error value for a void function, got {type(value).__name__}")
    elif value is not None:
        store(ctype, PyBytes_AS_STRING(data), value)
    return data


cdef object from_bytes(CType ctype, bytes data):
    """The same for the core."""
    cdef char *at = PyBytes_AS_STRING(data)
    if ctype.kind_number == VOID:
        return None
    if ctype.kind_number == POINTER or ctype.kind_number == FUNCTION:
        return <uintptr_t>address_at(at)
    if is_integer(ctype):
        if ctype.kind_number == CHARACTER and ctype.passed_as is _c.int8:
            return signed_at(1, at)
        return integer_at(ctype, at) if ctype.kind_number != TRUTH else read_truth(ctype, at)
    if ctype.kind_number == LONG_DOUBLE:
        return <double>long_double_at(at)
    return ctype.passed_as.read(data) if is_aggregate(ctype) else read(ctype, at)


cdef object to_core(CType ctype, object value):
    """A result of the user's as the core's."""
    if ctype.kind_number == VOID:
        if value is not None:
            raise TypeError("callback with the return type 'void' must return None")
        return None
    if ctype.kind_number == SIGNED and ctype.size == 4 and PyLong_CheckExact(value) and (
            -0x80000000 <= value <= 0x7FFFFFFF):
        return value
    if value is None:
        unfit(ctype, "value", value)
    return from_bytes(ctype, to_bytes(ctype, value))


get_errno = _libffi.get_errno
set_errno = _libffi.set_errno
