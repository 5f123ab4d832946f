"""The classes that users extend: of our classes, with ctypes' names."""

libffi_import()

give_vectorcall(<PyTypeObject *>_Function, check_layout(maker_of(<PyTypeObject *>_Function)(_Function, (), NULL)))
give_free(<PyTypeObject *>_CData, <PyTypeObject *>_Function, free_blocks)
bare_field = maker_of(<PyTypeObject *>CField)
give_maker(<PyTypeObject *>_CData, make_instance)
give_maker(<PyTypeObject *>_Function, make_function)
give_vectorcall(<PyTypeObject *>Callback, callback_offset(Callback.__new__(Callback)))

if LAYOUT_IS_PYTHON:
    give_maker(<PyTypeObject *>CField, make_field)
else:
    refuse_instances(<PyTypeObject *>CField)
# The last four have no class of ours.
for alone in (CArgObject, Callback, Prototype, _Simple, _Aggregate, _Array, _PointerData):
    refuse_instances(<PyTypeObject *>alone)


cdef Py_ssize_t check_layout(_Function function) except -1:
    """Compare how bare.h sees instances with what Cython made; return where the vectorcall of functions is."""
    cdef bare_function *seen = <bare_function *><PyObject *>function
    if _CData.__basicsize__ != sizeof(bare_instance) or _Function.__basicsize__ != sizeof(bare_function) or (
            &seen.instance.data != &function.data or &seen.instance.lent != &function.lent or
            &seen.entry != &function.entry or &seen.index != &function.index):
        raise SystemError("libffi.compat._ctypes: bare.h does not match the classes")
    return <char *>&function.entry - <char *><PyObject *>function


cdef Py_ssize_t callback_offset(Callback callback):
    return <char *>&callback.entry - <char *><PyObject *>callback


cdef object abstract_class(metaclass, name, made, dict more=None):
    """Return a class that is made without its metaclass's `__init__`, which would ask what it is of."""
    bases = (_CData if made is not _Function else made,)
    cls = metaclass.__new__(metaclass, name, bases,
                            {"__slots__": (), "__module__": "_ctypes", "__doc__": made.__doc__, **(more or {})})
    if made is not _Function:
        adopt(cls, <PyTypeObject *>made)
    freeze(cls)
    return cls


cdef initializer init_simple = init_of(<PyTypeObject *>_Simple)
cdef initializer init_aggregate = init_of(<PyTypeObject *>_Aggregate)
cdef initializer init_array = init_of(<PyTypeObject *>_Array)
cdef initializer init_pointer = init_of(<PyTypeObject *>_PointerData)
cdef initializer init_function = init_of(<PyTypeObject *>_Function)


cdef object class_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *names):
    """All classes' vectorcall: without tuples and dicts, where `__new__` and `__init__` are ours."""
    cdef CType_Type cls
    cdef initializer init = init_of(<PyTypeObject *>self)
    cdef Py_ssize_t i, nargs = VECTORCALL_NARGS(nargsf)
    cdef _CData made
    if nargs == 0 and names == NULL and maker_of(<PyTypeObject *>self) == make_instance and (
            init == init_simple or init == init_aggregate or init == init_array):
        return new_instance(<CType_Type>self)
    cls = <CType_Type>self
    if names != NULL or maker_of(<PyTypeObject *>self) != make_instance:
        if names == NULL and nargs == 1 and maker_of(<PyTypeObject *>self) == make_function and (
                init == init_function and not isinstance(<object>args[0], tuple)):
            return function_of(cls, <object>args[0], True)
        return call_class(self, args, nargsf, names)
    if init == init_simple and nargs == 1:
        made = new_instance(cls)
        set_simple(made, <object>args[0])
    elif init == init_aggregate and cls.kind != K_ABSTRACT and nargs <= len(cls.members):
        made = new_instance(cls)
        for i in range(nargs):
            setattr(made, (<tuple>(<list>cls.members)[i])[0], <object>args[i])
    elif init == init_array:
        made = new_instance(cls)
        for i in range(nargs):
            set_array_item(made, i, <object>args[i])
    elif init == init_pointer and cls.item is not None and nargs == 1 and args[0] != <PyObject *>None:
        made = new_instance(cls)
        set_contents(made, <object>args[0])
    else:
        return call_class(self, args, nargsf, names)
    return made


cdef PyObject *array_item_of(PyObject *array, Py_ssize_t i) except? NULL:
    """Return what iteration asks for; its end has no traceback."""
    cdef CType_Type item
    if not 0 <= i < (<_CData>array).length:
        PyErr_SetString(<PyObject *>IndexError, "invalid index")
        return NULL
    item = <CType_Type>class_as(<_CData>array, K_ARRAY).item
    need_size(<_CData>array, (i + 1) * item.size_)
    value = read_value(item, (<_CData>array).data + i * item.size_, <_CData>array, i)
    incref(value)
    return <PyObject *>value


_SimpleCData = abstract_class(PyCSimpleType, "_SimpleCData", _Simple)
Structure = abstract_class(PyCStructType, "Structure", _Aggregate)
Union = abstract_class(UnionType, "Union", _Aggregate)
Array = abstract_class(PyCArrayType, "Array", _Array,
                       {"__class_getitem__": classmethod(type(list.__class_getitem__(int)))})
_Pointer = abstract_class(PyCPointerType, "_Pointer", _PointerData)
give_item(Array, array_item_of)
CFuncPtr = abstract_class(PyCFuncPtrType, "CFuncPtr", _Function)
for alone in (_CData, _Function):       # classes that extend these have a metaclass of ours, or none of our instances
    end_extending(<PyTypeObject *>alone)
