"""Value: a Python value that says its C type, as variadic calls need."""


@cython.final
@cython.trashcan(True)          # what it holds may hold one, and so on
cdef class Value:
    """Hold a Python value together with its C type; immutable, made by `c.long(7)`."""
    cdef Type type_
    cdef readonly object value

    _made_by = "T(value), such as c.long(7)"

    @property
    def type(self):
        """Return the C type."""
        return self.type_

    @classmethod
    def __class_getitem__(cls, item):
        """Return the class, annotated with the Python type of its value (`Value[int]`)."""
        return GenericAlias(cls, item)

    def __repr__(self):
        return f"<{short_name(self.type_)} {short_repr(self.value)}>"

    def __eq__(self, other):
        if isinstance(other, Value):
            return self.type_ is (<Value>other).type_ and self.value == (<Value>other).value
        need_stack(0)               # Python asks the other one now
        return NotImplemented

    def __hash__(self):
        return hash((self.type_, self.value))

    def __reduce__(self):
        return _make_value, (self.type_, self.value)


def _make_value(type, value):
    """Make a typed value again (for pickle)."""
    return make_value(need_type("_make_value()", type), value)


cdef object make_value(Type type, value):
    """Convert `value` to a typed value (what `T(value)` does)."""
    cdef Value result
    cdef keeper k
    cdef long double storage[2]
    if isinstance(value, Value):    # none in another: neither hash() nor the end of one goes deeper
        value = (<Value>value).value
    if type.info.kind in (K_PTR, K_POINTER, K_FUNCTION) and isinstance(value, int):
        PySys_Audit("libffi.call_function" if type.info.kind == K_FUNCTION else "libffi.cdata", "O", <PyObject *>value)
    if type.info.kind in (K_PTR, K_POINTER):
        return make_pointer(type, value)
    if type.info.kind == K_FUNCTION and isinstance(value, int):     # a cast
        value = make_pointer(core_types["pointer"], value)
    if not is_stored_kind(type.info.kind) or is_aggregate_kind(type.info.kind):
        raise TypeError(f"{type_name(type)} has no values")
    memset(&k, 0, sizeof(k))
    try:
        store_placed(&type.info, storage, value, &k, "%U", type_name(type), 0)
        if type.info.kind == K_FUNCTION:
            return load_value(&type.info, storage, NULL)
        if not is_pointer_kind(type.info.kind):
            value = load_value(&type.info, storage, NULL)
    finally:
        let_go(&k)
    result = Value.__new__(Value)
    result.type_ = type
    result.value = value
    return result
