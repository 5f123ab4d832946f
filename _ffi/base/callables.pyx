"""What callables call themselves."""

cdef extern from *:
    """
    /* The name of a function or a built-in, which is no attribute that has to be looked up; None for all else.
       New; NULL raises. */
    static inline PyObject *name_of_function(PyObject *callable)
    {
    #ifndef Py_GIL_DISABLED             /* where another thread may be giving it another name */
        if (PyFunction_Check(callable))
            return Py_NewRef(((PyFunctionObject *)callable)->func_name);
    #endif
        if (PyCFunction_CheckExact(callable))
            return PyUnicode_FromString(((PyCFunctionObject *)callable)->m_ml->ml_name);
        Py_RETURN_NONE;
    }
    """
    object name_of_function(object)


cdef object callable_name(callable):
    """Return its `__name__`, or its class's where it has none."""
    name = name_of_function(callable)
    if name is None:
        name = getattr(callable, "__name__", None)
        if not isinstance(name, str):
            name = type(callable).__name__
    return PyUnicode_FromObject(name)
